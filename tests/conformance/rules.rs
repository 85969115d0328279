//! Why a verdict is not the one expected: by what the certificates hold, or by the words of the refusal.

use edge_mtls::Certificate;
use x509_cert::Certificate as Parsed;
use x509_cert::der::{Decode, Encode};

use crate::case::Case;
use crate::{Profile, judge};

/// Refusals of chains that should be accepted: words of the rejection, and what accepting would take.
const REFUSED: &[(&str, &str)] = &[
    (
        "1.2.840.10040.4.3",
        "DSA: a provider of rustls that verifies it",
    ),
    ("BadDerTime", "a date before 1970: a webpki that reads it"),
    (
        "neither the trust store nor the chain holds that name",
        "names that differ in string type, case or white space: a webpki that does not compare octets",
    ),
    (
        "TrailingData(CertificateExtensions)",
        "unique identifiers of issuer or subject: a webpki that reads them",
    ),
    (
        "is a CA's",
        "a client with a CA's certificate: a webpki that takes one as a leaf",
    ),
    (
        "with two CAs of one name on it",
        "self-issued CAs: a webpki that follows them and leaves them out of path lengths",
    ),
    (
        "a CA's name constraints do not permit",
        "constraints on directory names, e-mail addresses or URIs: a webpki that judges them",
    ),
    (
        "more than the limit of 6",
        "a longer chain: `ChainLimits`, or a client that leaves out what is not on its path",
    ),
    (
        "has a basicConstraints that is not critical",
        "a CA of RFC 5280's predecessors: a policy that does not demand the profile",
    ),
    (
        "limit the path of what is no CA",
        "a pathLenConstraint of what is no CA: a webpki that ignores it",
    ),
];

/// Whether words say that a chain is refused that should be accepted, for a reason that is known.
pub fn refused(words: &str) -> Option<&'static str> {
    REFUSED
        .iter()
        .find(|(known, _)| words.contains(known))
        .map(|(_, reason)| *reason)
}

/// Why a chain is accepted that should be refused.
pub fn accepted(case: &Case, profile: Profile) -> Option<&'static str> {
    if profile == Profile::NotDemanded
        && let Err(words) = judge(case, Profile::Demanded)
        && words.contains("require_rfc5280_profile")
    {
        return Some("asked of CAs, and no path is more certain for it: `require_rfc5280_profile`");
    }
    // Rules of the CA/Browser Forum, for certificates of servers.
    WEB_PKI_ONLY
        .iter()
        .find(|(_, holds)| holds(case))
        .map(|(reason, _)| *reason)
}

type Fact = fn(&Case) -> bool;

const WEB_PKI_ONLY: &[(&str, Fact)] = &[
    ("a root with an authority key identifier", |case| {
        case.anchors
            .iter()
            .any(|anchor| has_extension(anchor, "2.5.29.35"))
    }),
    ("a root with an extended key usage", |case| {
        case.anchors
            .iter()
            .any(|anchor| has_extension(anchor, "2.5.29.37"))
    }),
    (
        "a leaf without extended key usage, with a critical one, or with others beside clientAuth",
        |case| {
            let leaf = parsed(case.chain.leaf_der());
            let is_critical = leaf
                .tbs_certificate()
                .extensions()
                .into_iter()
                .flatten()
                .any(|extension| {
                    extension.extn_id.to_string() == "2.5.29.37" && extension.critical
                });
            let purposes = Certificate::from_der(case.chain.leaf_der())
                .unwrap()
                .extended_key_usage()
                .map_or(0, |usage| usage.purposes().count());
            is_critical || purposes != 1
        },
    ),
    (
        "a key that the web's CAs may not certify: a leaf's that no handshake takes is refused there",
        |case| {
            certificates(case).any(|der| {
                let key = parsed(der)
                    .tbs_certificate()
                    .subject_public_key_info()
                    .clone();
                let size = key.subject_public_key.raw_bytes().len();
                match key.algorithm.oid.to_string().as_str() {
                    // A modulus of whole octets has one that carries the sign, behind two headers.
                    "1.2.840.113549.1.1.1" => {
                        let sign = key
                            .subject_public_key
                            .raw_bytes()
                            .get(8);
                        sign != Some(&0) || size < 270
                    }
                    "1.2.840.10045.2.1" => ![65, 97, 133].contains(&size),
                    "1.3.101.112" => false,
                    _ => true,
                }
            })
        },
    ),
];

/// Whether the crate may accept what rustls's own verifier refuses: lists that are signed with a key of
/// their own, whose certificate is presented; webpki knows the issuer's key alone.
pub fn may_go_beyond_rustls(case: &Case) -> bool {
    !case.lists.is_empty()
        && case
            .chain
            .certificates()
            .skip(1)
            .any(|der| {
                Certificate::from_der(der).is_ok_and(|certificate| {
                    certificate
                        .key_usage()
                        .is_some_and(|usage| usage.crl_sign() && !usage.key_cert_sign())
                })
            })
}

fn certificates(case: &Case) -> impl Iterator<Item = &[u8]> {
    case.chain
        .certificates()
        .chain(case.anchors.iter().map(AsRef::as_ref))
}

fn has_extension(der: &[u8], oid: &str) -> bool {
    parsed(der)
        .tbs_certificate()
        .extensions()
        .into_iter()
        .flatten()
        .any(|extension| extension.extn_id.to_string() == oid)
}

fn parsed(der: &[u8]) -> Parsed {
    let parsed = Parsed::from_der(der).unwrap();
    assert!(parsed.to_der().is_ok());
    parsed
}
