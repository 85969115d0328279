//! Clouds and content delivery networks.

use super::{BASE64, PEM_URL, profile, row};
use crate::header::field::{
    AltNameFormat as AF, AltNameType as AT, Carrier, CertEncoding as E, Field as F, Flag,
    NameFormat as N, OctetFormat as O, ReasonWords, TimeFormat, VerdictWords,
};
use crate::header::marks::{CertMarks, PercentEncoding};
use crate::header::profile::HeaderProfile;
use crate::header::row::When;

impl HeaderProfile {
    /// Akamai: the leaf as an RFC 9440 byte sequence in `AKAMAI-CC-DER`, and the status header.
    pub fn akamai() -> Self {
        profile([row("akamai-cc-der", F::Leaf(E::StructuredField))]).with_status_header()
    }

    /// AWS Application Load Balancer in passthrough mode: `X-Amzn-Mtls-Clientcert` with the PEM of
    /// every certificate, leaf first, in which line feeds and spaces are percent-encoded; and the
    /// status header.
    ///
    /// `+`, `/` and `=` stand as they are, as AWS documents it; receivers take both.
    pub fn aws_alb_passthrough() -> Self {
        profile([row("x-amzn-mtls-clientcert", F::LeafAndChain(ALB))]).with_status_header()
    }

    /// AWS Application Load Balancer in verify mode: `X-Amzn-Mtls-Clientcert-Serial-Number`,
    /// `-Issuer`, `-Subject`, `-Validity` and `-Leaf`, and the status header.
    pub fn aws_alb_verify() -> Self {
        profile([
            row(
                "x-amzn-mtls-clientcert-serial-number",
                F::SerialNumber(O::UpperHex),
            ),
            row("x-amzn-mtls-clientcert-issuer", F::Issuer(N::Rfc2253)),
            row("x-amzn-mtls-clientcert-subject", F::Subject(N::Rfc2253)),
            row("x-amzn-mtls-clientcert-validity", F::Validity),
            row("x-amzn-mtls-clientcert-leaf", F::Leaf(ALB)),
        ])
        .with_status_header()
    }

    /// Azure Application Gateway, under the names of its documentation's samples: the leaf as
    /// percent-encoded PEM, and the verdict in nginx's words.
    pub fn azure_app_gateway() -> Self {
        profile([
            row("x-client-certificate", F::Leaf(PEM_URL)),
            row(
                "x-client-certificate-verification",
                F::Verdict(VerdictWords::Nginx),
            ),
        ])
    }

    /// Azure App Service: the leaf as base64 in `X-ARR-ClientCert`, and the status header.
    pub fn azure_app_service() -> Self {
        profile([row("x-arr-clientcert", F::Leaf(BASE64))]).with_status_header()
    }

    /// Cloudflare: `Cf-Client-Cert-Der-Base64` and `Cf-Client-Cert-Sha256`, and the status header.
    pub fn cloudflare() -> Self {
        profile([
            row("cf-client-cert-der-base64", F::Leaf(BASE64)),
            row("cf-client-cert-sha256", F::Sha256(O::LowerHex)),
        ])
        .with_status_header()
    }

    /// Cloudflare's RFC 9440 fields with their caps: a leaf over 10 KiB or a chain over 16 KiB has an
    /// empty value, and a flag says so. Cloudflare lets the user name the headers; the flags are
    /// called `Client-Cert-Too-Large` and `Client-Cert-Chain-Too-Large` here. With the status header.
    ///
    /// A chain of 16 KiB needs a higher [budget](crate::CertForwarder::max_line_bytes) than the default.
    pub fn cloudflare_rfc9440() -> Self {
        profile([
            row("client-cert", F::Leaf(E::StructuredField)).max_bytes(10 * 1024),
            row("client-cert-chain", F::Chain(E::StructuredField)).max_bytes(16 * 1024),
            row(
                "client-cert-too-large",
                F::TooLarge(Carrier::Leaf, Flag::TrueOrFalse),
            ),
            row(
                "client-cert-chain-too-large",
                F::TooLarge(Carrier::Chain, Flag::TrueOrFalse),
            ),
        ])
        .with_status_header()
    }

    /// The viewer headers of Amazon CloudFront, in all three modes, and the status header.
    ///
    /// `CloudFront-Viewer-Cert-Present`, `-Serial-Number`, `-Issuer`, `-Subject`, `-Sha256` and
    /// `-Validity` always; `-Pem` for verified clients, `Client-Cert` and `Client-Cert-Chain` in
    /// passthrough. Without a certificate only `-Present: 0` and the status header are sent.
    pub fn cloudfront() -> Self {
        profile([
            row(
                "cloudfront-viewer-cert-serial-number",
                F::SerialNumber(O::ColonHex),
            ),
            row("cloudfront-viewer-cert-issuer", F::Issuer(N::Rfc2253)),
            row("cloudfront-viewer-cert-subject", F::Subject(N::Rfc2253)),
            row(
                "cloudfront-viewer-cert-present",
                F::Present(Flag::OneOrZero),
            ),
            row("cloudfront-viewer-cert-sha256", F::Sha256(O::LowerHex)),
            row("cloudfront-viewer-cert-validity", F::Validity),
            row("cloudfront-viewer-cert-pem", F::Leaf(PEM_URL)).when(When::Verified),
            row("client-cert", F::Leaf(E::StructuredField)).when(When::Unverified),
            row("client-cert-chain", F::Chain(E::StructuredField)).when(When::Unverified),
        ])
        .with_status_header()
    }

    /// Google Cloud's Application Load Balancer, under the names of its documentation's samples.
    ///
    /// `X-Client-Cert-Leaf` and `-Chain` are sent for verified clients alone, as there; a client in
    /// passthrough is described by the other headers, so that a receiver of this profile refuses it.
    /// Names of more than 512 bytes, and a SPIFFE ID of more than 2,048, are left empty, and a token in
    /// `X-Client-Cert-Error` says so. The serial number is left out, since the exact form that Google
    /// Cloud gives it is not documented; the digest is without padding, as its logs have it.
    pub fn google_cloud() -> Self {
        profile([
            row("x-client-cert-present", F::Present(Flag::TrueOrFalse)),
            row(
                "x-client-cert-chain-verified",
                F::Verified(Flag::TrueOrFalse),
            ),
            row("x-client-cert-error", F::Reason(ReasonWords::GoogleCloud)),
            row("x-client-cert-hash", F::Sha256(O::Base64NoPadding)),
            row("x-client-cert-spiffe", F::SpiffeId)
                .max_bytes_or(2_048, "client_cert_spiffe_id_exceeded_size_limit"),
            row(
                "x-client-cert-uri-sans",
                F::AltNames(AT::UriNotSpiffe, AF::Base64),
            )
            .max_bytes_or(512, "client_cert_uri_sans_exceeded_size_limit"),
            row(
                "x-client-cert-dnsname-sans",
                F::AltNames(AT::Dns, AF::Base64),
            )
            .max_bytes_or(512, "client_cert_dnsname_sans_exceeded_size_limit"),
            row(
                "x-client-cert-valid-not-before",
                F::NotBefore(TimeFormat::Rfc3339Offset),
            ),
            row(
                "x-client-cert-valid-not-after",
                F::NotAfter(TimeFormat::Rfc3339Offset),
            ),
            row("x-client-cert-issuer-dn", F::Issuer(N::DerBase64))
                .max_bytes_or(512, "client_cert_issuer_dn_exceeded_size_limit"),
            row("x-client-cert-subject-dn", F::Subject(N::DerBase64))
                .max_bytes_or(512, "client_cert_subject_dn_exceeded_size_limit"),
            row("x-client-cert-leaf", F::Leaf(E::StructuredField)).when(When::Verified),
            row("x-client-cert-chain", F::Chain(E::StructuredField)).when(When::Verified),
        ])
    }
}

const ALB: E = E::Marked(CertMarks::pem_percent_encoded(
    PercentEncoding::LineFeedSpace,
));
