//! One exact text for each preset, of fixed certificates: written by hand from what OpenSSL, `base64`
//! and the products' documentation say, never from our own output.

use edge_mtls::{ClientAuthPolicy, ClientIdentity, HeaderProfile};

use crate::appendix_a::{INTERMEDIATE, LEAF, SHA256, identity, policy};
use crate::{forwarded, listed};

/// `openssl x509` of the leaf, with all but unreserved characters percent-encoded.
const LEAF_URL: &str = "\
    -----BEGIN%20CERTIFICATE-----%0AMIIBqDCCAU6gAwIBAgIBBzAKBggqhkjOPQQDAjA6MRswGQYDVQQKDBJM\
    ZXQncyBB%0AdXRoZW50aWNhdGUxGzAZBgNVBAMMEkxBIEludGVybWVkaWF0ZSBDQTAeFw0yMDAx%0AMTQyMjU1Mz\
    NaFw0yMTAxMjMyMjU1MzNaMA0xCzAJBgNVBAMMAkJDMFkwEwYHKoZI%0Azj0CAQYIKoZIzj0DAQcDQgAE8YnXXfa\
    UgmnMtOXU%2FIncWalRhebrXmckC8vdgJ1p%0A5Be5F%2F3YC8OthxM4%2Bk1M6aEAEFcGzkJiNy6J84y7uzo9M6\
    NyMHAwCQYDVR0TBAIw%0AADAfBgNVHSMEGDAWgBRm3WjLa38lbEYCuiCPct0ZaSED2DAOBgNVHQ8BAf8EBAMC%0A\
    BsAwEwYDVR0lBAwwCgYIKwYBBQUHAwIwHQYDVR0RAQH%2FBBMwEYEPYmRjQGV4YW1w%0AbGUuY29tMAoGCCqGSM4\
    9BAMCA0gAMEUCIBHda%2Fr1vaL6G3VliL4%2FDi6YK0Q6bMje%0ASkC3dFCOOB8TAiEAx%2FkHSB4urmiZ0NX5r5\
    XarmPk0wmuydBVoU4hBVZ1yhk%3D%0A-----END%20CERTIFICATE-----%0A";

/// The same of the intermediate.
const INTERMEDIATE_URL: &str = "\
    -----BEGIN%20CERTIFICATE-----%0AMIIB5jCCAYugAwIBAgIBFjAKBggqhkjOPQQDAjBWMQswCQYDVQQGEwJV\
    UzEbMBkG%0AA1UECgwSTGV0J3MgQXV0aGVudGljYXRlMSowKAYDVQQDDCFMZXQncyBBdXRoZW50%0AaWNhdGUgUm\
    9vdCBBdXRob3JpdHkwHhcNMjAwMTE0MjEzMjMwWhcNMzAwMTExMjEz%0AMjMwWjA6MRswGQYDVQQKDBJMZXQncyB\
    BdXRoZW50aWNhdGUxGzAZBgNVBAMMEkxB%0AIEludGVybWVkaWF0ZSBDQTBZMBMGByqGSM49AgEGCCqGSM49AwEH\
    A0IABJf%2BaA54%0ARC5pyLAR5yfXVYmNpgd%2BCGUTDp2KOGhc0gK91zxhHesEYkdXkpS2UN8Kati%2ByHtW%0A\
    CV3kkhCngGyv7RqjZjBkMB0GA1UdDgQWBBRm3WjLa38lbEYCuiCPct0ZaSED2DAf%0ABgNVHSMEGDAWgBTEA2Q6e\
    ecKu9g9yb5glbkhhVINGDASBgNVHRMBAf8ECDAGAQH%2F%0AAgEAMA4GA1UdDwEB%2FwQEAwIBhjAKBggqhkjOPQ\
    QDAgNJADBGAiEA5pLvaFwRRkxo%0AmIAtDIwg9D7gC1xzxBl4r28EzmSO1pcCIQCJUShpSXO9HDIQMUgH69fNDEM\
    HXD3R%0ARX5gP7kuu2KGMg%3D%3D%0A-----END%20CERTIFICATE-----%0A";

/// `openssl x509` of the leaf, with line feeds and spaces percent-encoded.
const LEAF_ALB: &str = "\
    -----BEGIN%20CERTIFICATE-----%0AMIIBqDCCAU6gAwIBAgIBBzAKBggqhkjOPQQDAjA6MRswGQYDVQQKDBJM\
    ZXQncyBB%0AdXRoZW50aWNhdGUxGzAZBgNVBAMMEkxBIEludGVybWVkaWF0ZSBDQTAeFw0yMDAx%0AMTQyMjU1Mz\
    NaFw0yMTAxMjMyMjU1MzNaMA0xCzAJBgNVBAMMAkJDMFkwEwYHKoZI%0Azj0CAQYIKoZIzj0DAQcDQgAE8YnXXfa\
    UgmnMtOXU/IncWalRhebrXmckC8vdgJ1p%0A5Be5F/3YC8OthxM4+k1M6aEAEFcGzkJiNy6J84y7uzo9M6NyMHAw\
    CQYDVR0TBAIw%0AADAfBgNVHSMEGDAWgBRm3WjLa38lbEYCuiCPct0ZaSED2DAOBgNVHQ8BAf8EBAMC%0ABsAwEw\
    YDVR0lBAwwCgYIKwYBBQUHAwIwHQYDVR0RAQH/BBMwEYEPYmRjQGV4YW1w%0AbGUuY29tMAoGCCqGSM49BAMCA0g\
    AMEUCIBHda/r1vaL6G3VliL4/Di6YK0Q6bMje%0ASkC3dFCOOB8TAiEAx/kHSB4urmiZ0NX5r5XarmPk0wmuydBV\
    oU4hBVZ1yhk=%0A-----END%20CERTIFICATE-----%0A";

/// The same of the intermediate.
const INTERMEDIATE_ALB: &str = "\
    -----BEGIN%20CERTIFICATE-----%0AMIIB5jCCAYugAwIBAgIBFjAKBggqhkjOPQQDAjBWMQswCQYDVQQGEwJV\
    UzEbMBkG%0AA1UECgwSTGV0J3MgQXV0aGVudGljYXRlMSowKAYDVQQDDCFMZXQncyBBdXRoZW50%0AaWNhdGUgUm\
    9vdCBBdXRob3JpdHkwHhcNMjAwMTE0MjEzMjMwWhcNMzAwMTExMjEz%0AMjMwWjA6MRswGQYDVQQKDBJMZXQncyB\
    BdXRoZW50aWNhdGUxGzAZBgNVBAMMEkxB%0AIEludGVybWVkaWF0ZSBDQTBZMBMGByqGSM49AgEGCCqGSM49AwEH\
    A0IABJf+aA54%0ARC5pyLAR5yfXVYmNpgd+CGUTDp2KOGhc0gK91zxhHesEYkdXkpS2UN8Kati+yHtW%0ACV3kkh\
    CngGyv7RqjZjBkMB0GA1UdDgQWBBRm3WjLa38lbEYCuiCPct0ZaSED2DAf%0ABgNVHSMEGDAWgBTEA2Q6eecKu9g\
    9yb5glbkhhVINGDASBgNVHRMBAf8ECDAGAQH/%0AAgEAMA4GA1UdDwEB/wQEAwIBhjAKBggqhkjOPQQDAgNJADBG\
    AiEA5pLvaFwRRkxo%0AmIAtDIwg9D7gC1xzxBl4r28EzmSO1pcCIQCJUShpSXO9HDIQMUgH69fNDEMHXD3R%0ARX\
    5gP7kuu2KGMg==%0A-----END%20CERTIFICATE-----%0A";

/// `openssl x509` of the leaf, with a space for every line feed but the last.
const LEAF_SPACES: &str = "\
    -----BEGIN CERTIFICATE----- MIIBqDCCAU6gAwIBAgIBBzAKBggqhkjOPQQDAjA6MRswGQYDVQQKDBJMZXQn\
    cyBB dXRoZW50aWNhdGUxGzAZBgNVBAMMEkxBIEludGVybWVkaWF0ZSBDQTAeFw0yMDAx MTQyMjU1MzNaFw0yMT\
    AxMjMyMjU1MzNaMA0xCzAJBgNVBAMMAkJDMFkwEwYHKoZI zj0CAQYIKoZIzj0DAQcDQgAE8YnXXfaUgmnMtOXU/\
    IncWalRhebrXmckC8vdgJ1p 5Be5F/3YC8OthxM4+k1M6aEAEFcGzkJiNy6J84y7uzo9M6NyMHAwCQYDVR0TBAI\
    w ADAfBgNVHSMEGDAWgBRm3WjLa38lbEYCuiCPct0ZaSED2DAOBgNVHQ8BAf8EBAMC BsAwEwYDVR0lBAwwCgYIK\
    wYBBQUHAwIwHQYDVR0RAQH/BBMwEYEPYmRjQGV4YW1w bGUuY29tMAoGCCqGSM49BAMCA0gAMEUCIBHda/r1vaL6\
    G3VliL4/Di6YK0Q6bMje SkC3dFCOOB8TAiEAx/kHSB4urmiZ0NX5r5XarmPk0wmuydBVoU4hBVZ1yhk= -----E\
    ND CERTIFICATE-----";

/// The same of the intermediate.
const INTERMEDIATE_SPACES: &str = "\
    -----BEGIN CERTIFICATE----- MIIB5jCCAYugAwIBAgIBFjAKBggqhkjOPQQDAjBWMQswCQYDVQQGEwJVUzEb\
    MBkG A1UECgwSTGV0J3MgQXV0aGVudGljYXRlMSowKAYDVQQDDCFMZXQncyBBdXRoZW50 aWNhdGUgUm9vdCBBdX\
    Rob3JpdHkwHhcNMjAwMTE0MjEzMjMwWhcNMzAwMTExMjEz MjMwWjA6MRswGQYDVQQKDBJMZXQncyBBdXRoZW50a\
    WNhdGUxGzAZBgNVBAMMEkxB IEludGVybWVkaWF0ZSBDQTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABJf+aA5\
    4 RC5pyLAR5yfXVYmNpgd+CGUTDp2KOGhc0gK91zxhHesEYkdXkpS2UN8Kati+yHtW CV3kkhCngGyv7RqjZjBkM\
    B0GA1UdDgQWBBRm3WjLa38lbEYCuiCPct0ZaSED2DAf BgNVHSMEGDAWgBTEA2Q6eecKu9g9yb5glbkhhVINGDAS\
    BgNVHRMBAf8ECDAGAQH/ AgEAMA4GA1UdDwEB/wQEAwIBhjAKBggqhkjOPQQDAgNJADBGAiEA5pLvaFwRRkxo mI\
    AtDIwg9D7gC1xzxBl4r28EzmSO1pcCIQCJUShpSXO9HDIQMUgH69fNDEMHXD3R RX5gP7kuu2KGMg== -----EN\
    D CERTIFICATE-----";

const ISSUER: &str = "CN=LA Intermediate CA,O=Let's Authenticate";
const VALIDITY: &str = "NotBefore=2020-01-14T22:55:33Z;NotAfter=2021-01-23T22:55:33Z";

type Lines = Vec<(&'static str, String)>;

/// The headers of the appendix's client, verified.
fn golden(preset: &str) -> Lines {
    let status = || ("client-cert-status", "verified".to_owned());
    let text = |name, value: &str| (name, value.to_owned());
    match preset {
        "akamai" => vec![("akamai-cc-der", format!(":{LEAF}:")), status()],
        "apache" => vec![
            text("ssl_client_cert", LEAF_SPACES),
            text("ssl_client_cert_chain_0", INTERMEDIATE_SPACES),
            text("ssl_client_verify", "SUCCESS"),
        ],
        "aspnet" => vec![text("x-client-cert", LEAF), status()],
        "aws-alb-passthrough" => vec![
            (
                "x-amzn-mtls-clientcert",
                format!("{LEAF_ALB}{INTERMEDIATE_ALB}"),
            ),
            status(),
        ],
        "aws-alb-verify" => vec![
            text("x-amzn-mtls-clientcert-serial-number", "07"),
            text("x-amzn-mtls-clientcert-issuer", ISSUER),
            text("x-amzn-mtls-clientcert-subject", "CN=BC"),
            text("x-amzn-mtls-clientcert-validity", VALIDITY),
            text("x-amzn-mtls-clientcert-leaf", LEAF_ALB),
            status(),
        ],
        "azure-app-gateway" => vec![
            text("x-client-certificate", LEAF_URL),
            text("x-client-certificate-verification", "SUCCESS"),
        ],
        "azure-app-service" => vec![text("x-arr-clientcert", LEAF), status()],
        "caddy" => vec![text("x-client-cert-der", LEAF), status()],
        "cloud-foundry" => vec![text("x-forwarded-client-cert", LEAF), status()],
        "cloudflare" => vec![
            text("cf-client-cert-der-base64", LEAF),
            text("cf-client-cert-sha256", SHA256),
            status(),
        ],
        "cloudflare-rfc9440" => vec![
            ("client-cert", format!(":{LEAF}:")),
            ("client-cert-chain", format!(":{INTERMEDIATE}:")),
            text("client-cert-too-large", "false"),
            text("client-cert-chain-too-large", "false"),
            status(),
        ],
        "cloudfront" => vec![
            text("cloudfront-viewer-cert-serial-number", "07"),
            text("cloudfront-viewer-cert-issuer", ISSUER),
            text("cloudfront-viewer-cert-subject", "CN=BC"),
            text("cloudfront-viewer-cert-present", "1"),
            text("cloudfront-viewer-cert-sha256", SHA256),
            text("cloudfront-viewer-cert-validity", VALIDITY),
            text("cloudfront-viewer-cert-pem", LEAF_URL),
            status(),
        ],
        "envoy" => vec![
            (
                "x-forwarded-client-cert",
                format!(
                    "Hash={SHA256};Cert=\"{LEAF_URL}\";Chain=\"{LEAF_URL}{INTERMEDIATE_URL}\";\
                     Subject=\"CN=BC\";URI="
                ),
            ),
            status(),
        ],
        "google-cloud" => vec![
            text("x-client-cert-present", "true"),
            text("x-client-cert-chain-verified", "true"),
            text(
                "x-client-cert-hash",
                "v68ffgcPn6jdYpBfFY2nP4ShE2Yk+6/Mk5PI9yh6aes",
            ),
            text(
                "x-client-cert-valid-not-before",
                "2020-01-14T22:55:33+00:00",
            ),
            text("x-client-cert-valid-not-after", "2021-01-23T22:55:33+00:00"),
            text(
                "x-client-cert-issuer-dn",
                "MDoxGzAZBgNVBAoMEkxldCdzIEF1dGhlbnRpY2F0ZTEbMBkGA1UEAwwSTEEgSW50ZXJtZWRpYXRlIENB",
            ),
            text("x-client-cert-subject-dn", "MA0xCzAJBgNVBAMMAkJD"),
            ("x-client-cert-leaf", format!(":{LEAF}:")),
            ("x-client-cert-chain", format!(":{INTERMEDIATE}:")),
        ],
        "haproxy" => vec![
            text("x-ssl-client-used", "1"),
            text("x-ssl-client-verify", "0"),
            text("x-ssl-client-der", LEAF),
            text("x-ssl-client-chain-der", INTERMEDIATE),
            text("x-ssl-client-dn", "/CN=BC"),
            text("x-ssl-client-dn2253", "CN=BC"),
            text(
                "x-ssl-client-sha1",
                "CA083F269FB4FC71920E94070EAACB731929E6F9",
            ),
            text("x-ssl-client-cn", "BC"),
        ],
        "ingress-nginx" => vec![
            text("ssl-client-cert", LEAF_URL),
            text("ssl-client-verify", "SUCCESS"),
            text("ssl-client-subject-dn", "CN=BC"),
            text("ssl-client-issuer-dn", ISSUER),
        ],
        "nginx" => vec![
            text("x-ssl-client-verify", "SUCCESS"),
            text("x-ssl-client-escaped-cert", LEAF_URL),
            text("x-ssl-client-s-dn", "CN=BC"),
            text("x-ssl-client-i-dn", ISSUER),
            text("x-ssl-client-serial", "07"),
            text(
                "x-ssl-client-fingerprint",
                "ca083f269fb4fc71920e94070eaacb731929e6f9",
            ),
            text("x-ssl-client-v-end", "Jan 23 22:55:33 2021 GMT"),
        ],
        "puppet" => vec![
            text("x-client-verify", "SUCCESS"),
            text("x-client-dn", "CN=BC"),
            text("x-client-cert", LEAF_URL),
        ],
        "rfc9440" => vec![
            ("client-cert", format!(":{LEAF}:")),
            ("client-cert-chain", format!(":{INTERMEDIATE}:")),
            status(),
        ],
        "traefik" => vec![
            (
                "x-forwarded-tls-client-cert",
                format!("{LEAF},{INTERMEDIATE}"),
            ),
            status(),
        ],
        "weblogic" => vec![text("wl-proxy-client-cert", LEAF), status()],
        "websphere" => vec![text("$wscc", LEAF), status()],
        other => panic!("{other} has no golden value"),
    }
}

/// What is sent for a client without a certificate; nothing but the status header for the others.
fn golden_anonymous(preset: &str) -> Lines {
    let lines: &[(&str, &str)] = match preset {
        "apache" => &[("ssl_client_cert", "(null)"), ("ssl_client_verify", "NONE")],
        "azure-app-gateway" => &[("x-client-certificate-verification", "NONE")],
        "cloudflare-rfc9440" => &[
            ("client-cert-too-large", "false"),
            ("client-cert-chain-too-large", "false"),
            ("client-cert-status", "none"),
        ],
        "cloudfront" => &[
            ("cloudfront-viewer-cert-present", "0"),
            ("client-cert-status", "none"),
        ],
        "google-cloud" => &[
            ("x-client-cert-present", "false"),
            ("x-client-cert-chain-verified", "false"),
            ("x-client-cert-error", "client_cert_not_provided"),
        ],
        "haproxy" => &[
            ("x-ssl-client-used", "0"),
            ("x-ssl-client-verify", "0"),
            ("x-ssl-client-der", ""),
            ("x-ssl-client-chain-der", ""),
            ("x-ssl-client-dn", ""),
            ("x-ssl-client-dn2253", ""),
            ("x-ssl-client-sha1", ""),
            ("x-ssl-client-cn", ""),
        ],
        "ingress-nginx" => &[("ssl-client-verify", "NONE")],
        "nginx" => &[("x-ssl-client-verify", "NONE")],
        "puppet" => &[("x-client-verify", "NONE")],
        _ => &[("client-cert-status", "none")],
    };
    lines
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect()
}

fn check(preset: &str, identity: &ClientIdentity, mut expected: Lines) {
    let headers = forwarded(HeaderProfile::preset(preset).unwrap(), identity);
    expected.sort_unstable();
    let expected: Vec<(&str, &str)> = expected
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    assert_eq!(listed(&headers), expected, "{preset}");
}

#[test]
fn every_preset_has_its_exact_text() {
    let verified = identity(ClientAuthPolicy::required(policy()));
    for preset in HeaderProfile::preset_names() {
        check(preset, &verified, golden(preset));
        check(preset, &ClientIdentity::Anonymous, golden_anonymous(preset));
    }
}

/// In passthrough, the words for the verdict are others, and CloudFront and Google Cloud send the
/// certificates elsewhere, or not at all.
#[test]
fn every_preset_has_its_exact_text_in_passthrough() {
    let unverified = identity(ClientAuthPolicy::passthrough());
    for preset in HeaderProfile::preset_names() {
        let mut expected = golden(preset);
        for (name, value) in &mut expected {
            let word = match (*name, preset) {
                ("client-cert-status", _) => "unverified;reason=passthrough",
                ("ssl_client_verify", "apache") => "GENEROUS",
                ("x-client-cert-chain-verified", _) => "false",
                ("x-ssl-client-verify", "haproxy") => "50",
                (name, _) if name.contains("verif") => "FAILED:unverified",
                _ => continue,
            };
            *value = word.to_owned();
        }
        match preset {
            "cloudfront" => {
                expected.retain(|(name, _)| *name != "cloudfront-viewer-cert-pem");
                expected.push(("client-cert", format!(":{LEAF}:")));
                expected.push(("client-cert-chain", format!(":{INTERMEDIATE}:")));
            }
            "google-cloud" => {
                expected.retain(|(name, _)| {
                    !matches!(*name, "x-client-cert-leaf" | "x-client-cert-chain")
                });
                let error = "client_cert_validation_not_performed".to_owned();
                expected.push(("x-client-cert-error", error));
            }
            _ => {}
        }
        check(preset, &unverified, expected);
    }
}
