//! The names that products give to headers about client certificates, in folded form.
//!
//! All of them are stripped from every request, whatever the profile in use: an origin may read
//! any of them.

/// Each of these, exactly.
pub(super) const NAMES: &[&str] = &[
    // RFC 9440, and this crate.
    "client-cert",
    // Akamai.
    "akamai-cc-der",
    // Azure App Service.
    "x-arr-clientcert",
    // Kong, Puppet, ASP.NET Core, Google Cloud's samples.
    "x-client-cert",
    "x-client-dn",
    "x-client-verify",
    // Linkerd.
    "l5d-client-id",
    // Cloud Foundry's HAProxy.
    "x-ssl-client",
    // WebSphere, WebLogic.
    "-wscc",
    "wl-proxy-client-cert",
];

/// Everything that begins with one of these.
pub(super) const PREFIXES: &[&str] = &[
    // Cloudflare's managed transform.
    "cf-cert-",
    "cf-client-cert-",
    "client-cert-",
    "cloudfront-viewer-cert-",
    // Apache httpd (`SSL_CLIENT_CERT_CHAIN_0`), ingress-nginx, nginx, Tomcat's valve.
    "ssl-client-",
    // AWS ALB.
    "x-amzn-mtls-",
    // Google Cloud's samples, Kong.
    "x-client-cert-",
    // Azure App Gateway.
    "x-client-certificate",
    // Envoy, Cloud Foundry.
    "x-forwarded-client-cert",
    // Alibaba ALB.
    "x-forwarded-clientcert",
    // Traefik.
    "x-forwarded-tls-client-cert",
    // HAProxy, nginx.
    "x-ssl-cert",
    "x-ssl-client-",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_names_are_the_names() {
        let mut documented: Vec<String> = include_str!("known.md")
            .split('`')
            .skip(1)
            .step_by(2)
            .map(|name| name.replace('$', "-"))
            .collect();
        documented.sort_unstable();
        let mut names: Vec<String> = NAMES
            .iter()
            .map(|name| (*name).to_owned())
            .chain(
                PREFIXES
                    .iter()
                    .map(|prefix| format!("{prefix}*")),
            )
            .collect();
        names.sort_unstable();
        assert_eq!(names, documented);
    }
}
