//! What each preset carries, and where.

mod both_ways;

use edge_mtls::{CertChain, CertReceiver, ClientIdentity, HeaderProfile};

/// Of a preset: the name, the header with the leaf, the header with the chain (the same if it
/// carries both), and whose words say what the certificate is worth.
pub struct Preset {
    pub name: &'static str,
    pub leaf: &'static str,
    pub chain: Option<&'static str>,
    words: Words,
}

/// In whose words a preset says what the certificate is worth.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Words {
    Apache,
    Google,
    Nginx,
    OpenSsl,
    /// The status header.
    Ours,
}

const fn preset(
    name: &'static str,
    leaf: &'static str,
    chain: Option<&'static str>,
    words: Words,
) -> Preset {
    Preset {
        name,
        leaf,
        chain,
        words,
    }
}

pub const PRESETS: &[Preset] = &[
    preset("akamai", "akamai-cc-der", None, Words::Ours),
    preset(
        "apache",
        "ssl_client_cert",
        Some("ssl_client_cert_chain_0"),
        Words::Apache,
    ),
    preset("aspnet", "x-client-cert", None, Words::Ours),
    preset(
        "aws-alb-passthrough",
        "x-amzn-mtls-clientcert",
        Some("x-amzn-mtls-clientcert"),
        Words::Ours,
    ),
    preset(
        "aws-alb-verify",
        "x-amzn-mtls-clientcert-leaf",
        None,
        Words::Ours,
    ),
    preset(
        "azure-app-gateway",
        "x-client-certificate",
        None,
        Words::Nginx,
    ),
    preset("azure-app-service", "x-arr-clientcert", None, Words::Ours),
    preset("caddy", "x-client-cert-der", None, Words::Ours),
    preset(
        "cloud-foundry",
        "x-forwarded-client-cert",
        None,
        Words::Ours,
    ),
    preset("cloudflare", "cf-client-cert-der-base64", None, Words::Ours),
    preset(
        "cloudflare-rfc9440",
        "client-cert",
        Some("client-cert-chain"),
        Words::Ours,
    ),
    preset(
        "cloudfront",
        "client-cert",
        Some("client-cert-chain"),
        Words::Ours,
    ),
    preset(
        "envoy",
        "x-forwarded-client-cert",
        Some("x-forwarded-client-cert"),
        Words::Ours,
    ),
    preset(
        "google-cloud",
        "x-client-cert-leaf",
        Some("x-client-cert-chain"),
        Words::Google,
    ),
    preset(
        "haproxy",
        "x-ssl-client-der",
        Some("x-ssl-client-chain-der"),
        Words::OpenSsl,
    ),
    preset("ingress-nginx", "ssl-client-cert", None, Words::Nginx),
    preset("nginx", "x-ssl-client-escaped-cert", None, Words::Nginx),
    preset("puppet", "x-client-cert", None, Words::Nginx),
    preset(
        "rfc9440",
        "client-cert",
        Some("client-cert-chain"),
        Words::Ours,
    ),
    preset(
        "traefik",
        "x-forwarded-tls-client-cert",
        Some("x-forwarded-tls-client-cert"),
        Words::Ours,
    ),
    preset("weblogic", "wl-proxy-client-cert", None, Words::Ours),
    preset("websphere", "$wscc", None, Words::Ours),
];

impl Preset {
    pub fn profile(&self) -> HeaderProfile {
        HeaderProfile::preset(self.name).unwrap()
    }

    /// A receiver that demands the status header where the preset has one.
    fn receiver(&self) -> CertReceiver {
        let receiver = CertReceiver::new(self.profile());
        match self.words {
            Words::Ours => receiver.expect_status_header(),
            _ => receiver,
        }
    }

    /// What an origin gets of a chain.
    fn carried(&self, identity: &ClientIdentity) -> Option<CertChain> {
        let certificates: Vec<Vec<u8>> = match identity.verified() {
            Some(verified) => verified
                .path()
                .map(<[u8]>::to_vec)
                .collect(),
            None => {
                let chain = identity.chain()?;
                chain
                    .certificates()
                    .map(<[u8]>::to_vec)
                    .collect()
            }
        };
        let is_pem = self.name == "cloudfront" && identity.verified().is_some();
        let most = match self.chain {
            Some(_) if !is_pem => usize::MAX,
            _ => 1,
        };
        CertChain::from_der(certificates.into_iter().take(most))
    }

    /// The status of an unverified certificate, with what an advisory policy says.
    fn unverified(&self, advisory: Option<&str>) -> String {
        match (self.words, advisory) {
            (Words::Ours, None) => "unverified;reason=passthrough".into(),
            (Words::Ours, Some(advisory)) => {
                format!("unverified;reason=passthrough;advisory={advisory}")
            }
            (Words::Apache, None | Some("verified")) => "unverified;reason=GENEROUS".into(),
            (Words::Nginx, None | Some("verified")) => "unverified;reason=unverified".into(),
            (Words::OpenSsl, None | Some("verified")) => "unverified;reason=50".into(),
            (words, advisory) => panic!("{words:?} {advisory:?}"),
        }
    }
}

#[test]
fn the_table_has_every_preset() {
    let names: Vec<&str> = PRESETS
        .iter()
        .map(|preset| preset.name)
        .collect();
    assert_eq!(HeaderProfile::preset_names().collect::<Vec<_>>(), names);
    for preset in PRESETS {
        let profile = preset.profile();
        let has = |name: &str| {
            profile
                .header_names()
                .any(|own| own == name)
        };
        let chain = preset.chain.unwrap_or(preset.leaf);
        assert!(has(preset.leaf), "{}", preset.name);
        assert!(
            has(chain) || has(chain.trim_end_matches('0')),
            "{}",
            preset.name
        );
        assert_eq!(
            has(HeaderProfile::STATUS_HEADER),
            preset.words == Words::Ours,
            "{}",
            preset.name
        );
    }
}
