//! The names that products give to headers about client certificates, in folded form.
//!
//! All of them are stripped from every request, whatever the profile in use: an origin may read
//! any of them.

/// Each of these, exactly.
pub(super) const NAMES: &[&str] = &[
    // RFC 9440, and this crate.
    "client-cert",
    "client-cert-chain",
    "client-cert-status",
    // Akamai.
    "akamai-cc-der",
    // Alibaba ALB.
    "x-forwarded-clientcert-clientverify",
    "x-forwarded-clientcert-fingerprint",
    "x-forwarded-clientcert-issuerdn",
    "x-forwarded-clientcert-subjectdn",
    // Azure App Service.
    "x-arr-clientcert",
    // Cloudflare.
    "cf-client-cert-der-base64",
    "cf-client-cert-sha256",
    // Envoy, Cloud Foundry.
    "x-forwarded-client-cert",
    // Kong, Puppet, ASP.NET Core, Azure App Gateway, Google Cloud's samples.
    "x-client-cert",
    "x-client-certificate",
    "x-client-dn",
    "x-client-verify",
    // Linkerd.
    "l5d-client-id",
    // Traefik.
    "x-forwarded-tls-client-cert",
    "x-forwarded-tls-client-cert-info",
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
    // HAProxy, nginx.
    "x-ssl-client-",
];
