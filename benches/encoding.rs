//! Encoding chains of three, over many different ones in turn, beside the crates that one would take
//! for it.

#[path = "shared/chains.rs"]
mod chains;
mod shared;

use base64::Engine;
use base64::engine::Simd;
use base64::engine::general_purpose::PAD;
use chains::identities;
use edge_mtls::{
    CertChain, CertEncoding, CertForwarder, CertMarks, ClientIdentity, Field, HeaderProfile,
    HeaderRow, PercentEncoding, Xfcc,
};
use http::{HeaderName, HeaderValue};
use pem::{EncodeConfig, LineEnding, Pem};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use shared::{compare, now};

fn main() {
    let identities = identities();
    let escaped_pem = CertMarks::pem_percent_encoded(PercentEncoding::Reserved);
    let escaped = HeaderProfile::empty()
        .with(HeaderRow::new(
            HeaderName::from_static("x-client-chain"),
            Field::LeafAndChain(CertEncoding::Marked(escaped_pem)),
        ))
        .unwrap();

    println!("name\tours_ns\tpeer\tpeer_ns\tratio");
    let url_encoded = Case::new("URL-encoded PEM", &identities, escaped);
    url_encoded.beside("pem and urlencoding", pem_and_urlencoding);
    url_encoded.beside("pem-rfc7468 and urlencoding", |chain| {
        let text: String = chain
            .certificates()
            .map(|der| {
                pem_rfc7468::encode_string("CERTIFICATE", pem_rfc7468::LineEnding::LF, der).unwrap()
            })
            .collect();
        HeaderValue::try_from(urlencoding::encode(&text).into_owned()).unwrap()
    });

    let envoy = HeaderProfile::envoy(Xfcc::new().chain());
    Case::new("Envoy's form", &identities, envoy).beside("pem and percent-encoding", |chain| {
        HeaderValue::try_from(utf8_percent_encode(&pem(chain), ENVOY).to_string()).unwrap()
    });

    let alb = Case::new(
        "ALB's form",
        &identities,
        HeaderProfile::aws_alb_passthrough(),
    );
    let rfc9440 = Case::new("RFC 9440", &identities, HeaderProfile::rfc9440());
    let simd = Simd::standard(PAD);
    for case in [&alb, &rfc9440] {
        case.beside("pem and urlencoding", pem_and_urlencoding);
        case.beside("SIMD base64 of the same octets", |chain| {
            chain
                .certificates()
                .map(|der| simd.encode(der))
                .fold(0, |length, text| length + text.len())
        });
        case.beside("SIMD base64, each made a HeaderValue", |chain| {
            chain
                .certificates()
                .map(|der| HeaderValue::try_from(simd.encode(der)).unwrap())
                .fold(0, |length, value| length + value.len())
        });
    }
}

struct Case<'a> {
    name: &'a str,
    identities: &'a [ClientIdentity],
    forwarder: CertForwarder,
}

impl<'a> Case<'a> {
    fn new(name: &'a str, identities: &'a [ClientIdentity], profile: HeaderProfile) -> Self {
        Self {
            name,
            identities,
            forwarder: CertForwarder::new(profile.without_status_header()),
        }
    }

    fn beside<T>(&self, peer: &str, encode: impl Fn(&CertChain) -> T) {
        let mut ours = self.identities.iter().cycle();
        let mut theirs = self.identities.iter().cycle();
        compare(
            &format!("encode a chain of three, {}", self.name),
            || {
                self.forwarder
                    .encode(ours.next().unwrap())
                    .unwrap()
            },
            peer,
            || encode(theirs.next().unwrap().chain().unwrap()),
        );
    }
}

fn pem_and_urlencoding(chain: &CertChain) -> HeaderValue {
    HeaderValue::try_from(urlencoding::encode(&pem(chain)).into_owned()).unwrap()
}

fn pem(chain: &CertChain) -> String {
    let line_feeds = EncodeConfig::new().set_line_ending(LineEnding::LF);
    chain
        .certificates()
        .map(|der| pem::encode_config(&Pem::new("CERTIFICATE", der), line_feeds))
        .collect()
}

/// What Envoy encodes.
const ENVOY: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'%')
    .add(b'+')
    .add(b'/')
    .add(b'=');
