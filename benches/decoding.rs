//! Decoding chains of three, over many different ones in turn, beside the crates that one would take
//! for it. The crates look at nothing but the encoding; our receiver also reads every certificate's outline.

#[path = "shared/chains.rs"]
mod chains;
mod shared;

use base64::Engine;
use base64::engine::Simd;
use base64::engine::general_purpose::PAD;
use chains::{identities, requests};
use edge_mtls::pki_types::CertificateDer;
use edge_mtls::pki_types::pem::PemObject;
use edge_mtls::{
    CertEncoding, CertForwarder, CertMarks, CertReceiver, Field, HeaderProfile, HeaderRow,
    PercentEncoding, TrustedHop, Xfcc,
};
use http::{HeaderMap, HeaderName};
use percent_encoding::percent_decode;
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
    let of = |name, profile: HeaderProfile| Case {
        name,
        requests: requests(
            &CertForwarder::new(profile.clone().without_status_header()),
            &identities,
        ),
        receiver: CertReceiver::new(profile),
    };

    println!("name\tours_ns\tpeer\tpeer_ns\tratio");
    for (name, profile) in [
        ("URL-encoded PEM", escaped),
        ("Envoy's form", HeaderProfile::envoy(Xfcc::new().chain())),
        ("ALB's form", HeaderProfile::aws_alb_passthrough()),
    ] {
        let case = of(name, profile);
        case.beside("urlencoding and pki-types", |headers| {
            let text = urlencoding::decode_binary(only(headers));
            CertificateDer::pem_slice_iter(&text)
                .map(Result::unwrap)
                .collect::<Vec<_>>()
        });
        case.beside("percent-encoding and pem", |headers| {
            let text: Vec<u8> = percent_decode(only(headers)).collect();
            pem::parse_many(text)
                .unwrap()
                .into_iter()
                .map(pem::Pem::into_contents)
                .collect::<Vec<_>>()
        });
    }

    let simd = Simd::standard(PAD);
    let texts: Vec<Vec<String>> = identities
        .iter()
        .map(|identity| {
            let certificates = identity.chain().unwrap().certificates();
            certificates
                .map(|der| simd.encode(der))
                .collect()
        })
        .collect();
    let mut texts = texts.iter().cycle();
    of("RFC 9440", HeaderProfile::rfc9440()).beside("SIMD base64 of the same", |_| {
        let texts = texts.next().unwrap().iter();
        texts
            .map(|text| simd.decode(text).unwrap())
            .collect::<Vec<_>>()
    });
}

struct Case<'a> {
    name: &'a str,
    requests: Vec<HeaderMap>,
    receiver: CertReceiver,
}

impl Case<'_> {
    fn beside<T>(&self, peer: &str, mut decode: impl FnMut(&HeaderMap) -> T) {
        let hop = TrustedHop::private_network("bench");
        let mut ours = self.requests.iter().cycle();
        let mut theirs = self.requests.iter().cycle();
        compare(
            &format!("decode a chain of three, {}", self.name),
            || {
                self.receiver
                    .receive(ours.next().unwrap(), &hop)
                    .unwrap()
            },
            peer,
            || decode(theirs.next().unwrap()),
        );
    }
}

/// The PEM in the one header of a request.
fn only(headers: &HeaderMap) -> &[u8] {
    let value = headers.values().next().unwrap();
    let text = value.to_str().unwrap();
    text[text.find("-----BEGIN").unwrap()..]
        .trim_end_matches('"')
        .as_bytes()
}
