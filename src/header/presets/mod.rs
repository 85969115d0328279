//! The formats of products: rows of data.

mod cloud;
mod origins;
mod proxies;

use http::HeaderName;

use super::field::{CertEncoding, Field};
use super::marks::{CertMarks, PercentEncoding};
use super::profile::HeaderProfile;
use super::row::HeaderRow;

impl HeaderProfile {
    /// The names of the presets, as [`preset`](Self::preset) takes them.
    pub fn preset_names() -> impl Iterator<Item = &'static str> {
        PRESETS.iter().map(|(name, _)| *name)
    }

    /// The preset of this name, such as `rfc9440` or `nginx`: for hosts that read it from a
    /// configuration. `envoy` is [`Self::envoy`] with all fields and Envoy's `SANITIZE_SET`.
    pub fn preset(name: &str) -> Option<Self> {
        PRESETS
            .iter()
            .find(|(own, _)| *own == name)
            .map(|(_, preset)| preset())
    }
}

type Preset = fn() -> HeaderProfile;

const PRESETS: &[(&str, Preset)] = &[
    ("akamai", HeaderProfile::akamai),
    ("apache", HeaderProfile::apache),
    ("aspnet", HeaderProfile::aspnet),
    ("aws-alb-passthrough", HeaderProfile::aws_alb_passthrough),
    ("aws-alb-verify", HeaderProfile::aws_alb_verify),
    ("azure-app-gateway", HeaderProfile::azure_app_gateway),
    ("azure-app-service", HeaderProfile::azure_app_service),
    ("caddy", HeaderProfile::caddy),
    ("cloud-foundry", HeaderProfile::cloud_foundry),
    ("cloudflare", HeaderProfile::cloudflare),
    ("cloudflare-rfc9440", HeaderProfile::cloudflare_rfc9440),
    ("cloudfront", HeaderProfile::cloudfront),
    ("envoy", proxies::envoy_with_all_fields),
    ("google-cloud", HeaderProfile::google_cloud),
    ("haproxy", HeaderProfile::haproxy),
    ("ingress-nginx", HeaderProfile::ingress_nginx),
    ("nginx", HeaderProfile::nginx),
    ("puppet", HeaderProfile::puppet),
    ("rfc9440", HeaderProfile::rfc9440),
    ("traefik", HeaderProfile::traefik),
    ("weblogic", HeaderProfile::weblogic),
    ("websphere", HeaderProfile::websphere),
];

/// A header that is sent for all certificates.
fn row(name: &'static str, field: Field) -> HeaderRow {
    HeaderRow::new(HeaderName::from_static(name), field)
}

/// A profile of these rows.
fn profile(rows: impl Into<Vec<HeaderRow>>) -> HeaderProfile {
    HeaderProfile::from_rows(rows.into())
}

/// PEM with all but unreserved characters percent-encoded.
const PEM_URL: CertEncoding =
    CertEncoding::Marked(CertMarks::pem_percent_encoded(PercentEncoding::Reserved));

/// Base64 of the DER; several joined by `,`.
const BASE64: CertEncoding = CertEncoding::Marked(CertMarks::base64());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_one_that_a_user_could_add() {
        for name in HeaderProfile::preset_names() {
            let preset = HeaderProfile::preset(name).unwrap();
            let rebuilt = preset
                .rows()
                .iter()
                .cloned()
                .try_fold(HeaderProfile::empty(), HeaderProfile::with);
            assert_eq!(rebuilt, Ok(preset), "{name}");
        }
        assert_eq!(HeaderProfile::preset("x509"), None);
    }

    #[test]
    fn the_table_lists_every_preset_and_every_header() {
        let mut rows: Vec<String> = Vec::new();
        for line in include_str!("table.md").lines().skip(2) {
            let names: Vec<String> = line
                .split('`')
                .skip(1)
                .step_by(2)
                .map(Into::into)
                .collect();
            rows.push(names.join(" "));
        }
        let presets: Vec<String> = PRESETS
            .iter()
            .map(|(name, preset)| {
                let mut words = vec![(*name).to_owned()];
                words.extend(
                    preset()
                        .header_names()
                        .map(ToString::to_string),
                );
                words.join(" ")
            })
            .collect();
        assert_eq!(rows, presets, "\n{}\n", presets.join("\n"));
    }

    /// Whatever the profile in use, the names of all are stripped.
    #[test]
    fn every_name_is_in_the_table_of_stripped_names() {
        let stripped = super::super::sanitise::StripSet::new(&HeaderProfile::empty(), &[]);
        for (preset, make) in PRESETS {
            for name in make().header_names() {
                assert!(
                    stripped.contains(name.as_str().as_bytes()),
                    "{preset}: {name}"
                );
            }
        }
    }
}
