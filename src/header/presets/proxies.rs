//! Proxies and web servers.

use super::{BASE64, PEM_URL, profile, row};
use crate::header::field::{
    CertEncoding as E, Field as F, Flag, NameFormat as N, OctetFormat as O, TimeFormat,
    VerdictWords,
};
use crate::header::marks::CertMarks;
use crate::header::profile::HeaderProfile;
use crate::header::xfcc::Xfcc;

impl HeaderProfile {
    /// RFC 9440: the leaf in `Client-Cert`, the others in `Client-Cert-Chain`; and the status header.
    ///
    /// For a verified client the others are its path without the anchor; for an unverified one,
    /// what it presented, in its order. `Client-Cert-Chain` is left out where there is none.
    pub fn rfc9440() -> Self {
        profile([
            row("client-cert", F::Leaf(E::StructuredField)),
            row("client-cert-chain", F::Chain(E::StructuredField)),
        ])
        .with_status_header()
    }

    /// Apache httpd with `RequestHeader set SSL_CLIENT_CERT "%{SSL_CLIENT_CERT}s"` and the like: PEM
    /// with spaces for line feeds in `SSL_CLIENT_CERT` and `SSL_CLIENT_CERT_CHAIN_0`, `_1` and so on,
    /// and `SSL_CLIENT_VERIFY`. Without a certificate, `SSL_CLIENT_CERT` is `(null)`. Tomcat's
    /// `SSLValve` reads it.
    pub fn apache() -> Self {
        let marks = CertMarks::pem()
            .line_break(" ")
            .after_each("");
        profile([
            row("ssl_client_cert", F::Leaf(E::Marked(marks.clone()))).absent("(null)"),
            row("ssl_client_cert_chain_", F::NumberedChain(E::Marked(marks))),
            row("ssl_client_verify", F::Verdict(VerdictWords::Apache)),
        ])
    }

    /// Caddy with `header_up X-Client-Cert-Der {http.request.tls.client.certificate_der_base64}`
    /// (Caddy lets the user name it): the leaf as base64; and the status header.
    pub fn caddy() -> Self {
        profile([row("x-client-cert-der", F::Leaf(BASE64))]).with_status_header()
    }

    /// Cloud Foundry's gorouter: the leaf as base64 in `X-Forwarded-Client-Cert`, which is Envoy's
    /// name and not Envoy's grammar; and the status header.
    pub fn cloud_foundry() -> Self {
        profile([row("x-forwarded-client-cert", F::Leaf(BASE64))]).with_status_header()
    }

    /// Envoy's `x-forwarded-client-cert`, with the fields and the mode of `xfcc`; and the status
    /// header.
    ///
    /// A receiver needs `Cert` or `Chain`: from the hash alone there is no certificate to judge.
    ///
    /// ```
    /// use edge_mtls::{HeaderProfile, Xfcc, XfccForwarding};
    ///
    /// let profile = HeaderProfile::envoy(
    ///     Xfcc::new().by("spiffe://example.org/edge").chain().subject().uri()
    ///         .forwarding(XfccForwarding::AppendForward),
    /// );
    /// # let _ = profile;
    /// ```
    pub fn envoy(xfcc: Xfcc) -> Self {
        profile([row("x-forwarded-client-cert", F::Xfcc(xfcc))]).with_status_header()
    }

    /// HAProxy with `http-request set-header`, under names such as `X-SSL-Client-Der`, which its
    /// user chooses.
    ///
    /// | header | sample fetch |
    /// |---|---|
    /// | `X-SSL-Client-Used` | `ssl_c_used` |
    /// | `X-SSL-Client-Verify` | `ssl_c_verify`: 0 for a verified certificate **and without one** |
    /// | `X-SSL-Client-Der` | `ssl_c_der,base64` |
    /// | `X-SSL-Client-Chain-Der` | `ssl_c_chain_der,base64`: without the leaf, unless the client sent it twice |
    /// | `X-SSL-Client-DN` | `ssl_c_s_dn`, but for [`NameFormat::Oneline`](crate::NameFormat)'s escapes |
    /// | `X-SSL-Client-DN2253` | `ssl_c_s_dn,rfc2253` |
    /// | `X-SSL-Client-Sha1` | `ssl_c_sha1,hex` |
    /// | `X-SSL-Client-CN` | `ssl_c_s_dn(cn)`, with RFC 4514's escapes |
    ///
    /// All are sent for all clients, empty where there is nothing to say.
    ///
    /// What an origin behind HAProxy has to know: on a resumed session the chain is empty, whatever the
    /// client sent first. Names in `X-SSL-Client-DN` and `-CN` may hold raw UTF-8, which a receiver
    /// refuses: take the two out ([`without`](Self::without)) and use `-DN2253`.
    pub fn haproxy() -> Self {
        profile([
            row("x-ssl-client-used", F::Present(Flag::OneOrZero)),
            row(
                "x-ssl-client-verify",
                F::Verdict(VerdictWords::OpenSslNumber),
            ),
            row("x-ssl-client-der", F::Leaf(BASE64)).absent(""),
            row("x-ssl-client-chain-der", F::Chain(E::Concatenated)).absent(""),
            row("x-ssl-client-dn", F::Subject(N::Oneline)).absent(""),
            row("x-ssl-client-dn2253", F::Subject(N::Rfc2253)).absent(""),
            row("x-ssl-client-sha1", F::Sha1(O::UpperHex)).absent(""),
            row("x-ssl-client-cn", F::CommonName).absent(""),
        ])
    }

    /// The Kubernetes ingress controller ingress-nginx with `auth-tls-pass-certificate-to-upstream`:
    /// `ssl-client-cert`, `-verify`, `-subject-dn` and `-issuer-dn`, as nginx writes them.
    pub fn ingress_nginx() -> Self {
        profile([
            row("ssl-client-cert", F::Leaf(PEM_URL)),
            row("ssl-client-verify", F::Verdict(VerdictWords::Nginx)),
            row("ssl-client-subject-dn", F::Subject(N::Rfc2253)),
            row("ssl-client-issuer-dn", F::Issuer(N::Rfc2253)),
        ])
    }

    /// nginx with `proxy_set_header`, under names such as `X-SSL-Client-Escaped-Cert`, which its user
    /// chooses.
    ///
    /// | header | variable |
    /// |---|---|
    /// | `X-SSL-Client-Verify` | `$ssl_client_verify` |
    /// | `X-SSL-Client-Escaped-Cert` | `$ssl_client_escaped_cert`: the leaf alone |
    /// | `X-SSL-Client-S-DN`, `-I-DN` | `$ssl_client_s_dn`, `$ssl_client_i_dn` |
    /// | `X-SSL-Client-Serial` | `$ssl_client_serial` |
    /// | `X-SSL-Client-Fingerprint` | `$ssl_client_fingerprint`: SHA-1 |
    /// | `X-SSL-Client-V-End` | `$ssl_client_v_end` |
    pub fn nginx() -> Self {
        profile([
            row("x-ssl-client-verify", F::Verdict(VerdictWords::Nginx)),
            row("x-ssl-client-escaped-cert", F::Leaf(PEM_URL)),
            row("x-ssl-client-s-dn", F::Subject(N::Rfc2253)),
            row("x-ssl-client-i-dn", F::Issuer(N::Rfc2253)),
            row("x-ssl-client-serial", F::SerialNumber(O::UpperHex)),
            row("x-ssl-client-fingerprint", F::Sha1(O::LowerHex)),
            row("x-ssl-client-v-end", F::NotAfter(TimeFormat::OpenSsl)),
        ])
    }

    /// Traefik's `passTLSClientCert` with `pem: true`: the base64 of each certificate, leaf first,
    /// joined by `,` in `X-Forwarded-Tls-Client-Cert`; and the status header.
    pub fn traefik() -> Self {
        profile([row("x-forwarded-tls-client-cert", F::LeafAndChain(BASE64))]).with_status_header()
    }
}

pub(super) fn envoy_with_all_fields() -> HeaderProfile {
    HeaderProfile::envoy(
        Xfcc::new()
            .cert()
            .chain()
            .subject()
            .uri()
            .dns(),
    )
}
