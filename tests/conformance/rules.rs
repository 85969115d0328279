//! Why a verdict is not the one expected: by the reason of the refusal, and by what the certificates hold
//! that makes it true.

use std::collections::{BTreeMap, BTreeSet};

use edge_mtls::{
    AnchorFault, ChainFault, ProfileFault, Rejection, TrustStoreError, UntrustedCause,
    VerifiedChain,
};
use x509_cert::crl::CertificateList;
use x509_cert::der::{Decode, Encode};

use crate::case::Case;
use crate::facts::{self, Facts, Kind};
use crate::judge::{Judge, Profile, Refusal};

/// A reason, and whether it is that of a case.
type Rule<Of> = (&'static str, fn(&Case, &Of) -> bool);

/// Refusals of chains that should be accepted, and what accepting them would take.
const REFUSED: &[Rule<Rejection>] = &[
    (
        "DSA: a provider of rustls that verifies it",
        |case, rejection| match rejection {
            Rejection::UnsupportedAlgorithm {
                certificate,
                algorithm,
            } => facts::at(case, certificate.index).is_some_and(|certificate| {
                // The arc of ANSI's DSA, and that of NIST's hashes with it.
                (algorithm.starts_with("1.2.840.10040.4.")
                    || algorithm.starts_with("2.16.840.1.101.3.4.3."))
                    && certificate.signature_algorithm() == *algorithm
            }),
            _ => false,
        },
    ),
    (
        "a date before 1970: a webpki that reads it",
        |case, rejection| {
            is_refused_by_webpki(rejection, &webpki::Error::BadDerTime)
                .is_some_and(|index| facts::has_date_before_1970(case, index))
        },
    ),
    (
        "unique identifiers of issuer or subject: a webpki that reads them",
        |case, rejection| {
            let error = webpki::Error::TrailingData(webpki::DerTypeId::CertificateExtensions);
            is_refused_by_webpki(rejection, &error)
                .and_then(|index| facts::at(case, index))
                .is_some_and(|certificate| certificate.has_unique_identifier())
        },
    ),
    (
        "names that differ in string type, case or white space: a webpki that does not compare octets",
        |case, rejection| match rejection {
            Rejection::Untrusted {
                certificate,
                cause: UntrustedCause::IssuerNotFound,
                ..
            } => facts::has_issuer_but_for_octets(case, certificate.index),
            _ => false,
        },
    ),
    (
        "a client with a CA's certificate: a webpki that takes one as a leaf",
        |case, rejection| {
            is_invalid(rejection, &ChainFault::LeafIsCa)
                && facts::at(case, 0).is_some_and(|leaf| leaf.is_ca())
        },
    ),
    (
        "self-issued CAs: a webpki that follows them and leaves them out of path lengths",
        |case, rejection| {
            is_invalid(rejection, &ChainFault::NotFollowed) && facts::has_rolled_over(case)
        },
    ),
    (
        "constraints on directory names, e-mail addresses or URIs: a webpki that judges them",
        |case, rejection| {
            is_invalid(rejection, &ChainFault::NameConstraint)
                && facts::has_name_that_is_not_judged(case)
        },
    ),
    (
        "a longer chain: `ChainLimits`, or a client that leaves out what is not on its path",
        |case, rejection| {
            matches!(rejection, Rejection::TooManyCertificates { limit: 6, .. })
                && case.chain.len() > 6
        },
    ),
    (
        "an extension that RFC 5280's predecessors let be not critical: a policy that does not demand the \
         profile",
        |case, rejection| match rejection {
            Rejection::Invalid {
                certificate,
                fault: ChainFault::Profile(ProfileFault::NotCritical(name)),
            } => facts::at(case, certificate.index).is_some_and(|certificate| {
                MUST_BE_CRITICAL
                    .iter()
                    .any(|(oid, known)| {
                        known == name && certificate.criticality(oid) == Some(false)
                    })
            }),
            _ => false,
        },
    ),
];

const MUST_BE_CRITICAL: [(&str, &str); 4] = [
    (facts::BASIC_CONSTRAINTS, "basicConstraints"),
    (facts::INHIBIT_ANY_POLICY, "inhibitAnyPolicy"),
    (facts::NAME_CONSTRAINTS, "nameConstraints"),
    (facts::POLICY_CONSTRAINTS, "policyConstraints"),
];

/// Refusals that no case of the standard folder shows; cases made for them do.
const REFUSED_ELSEWHERE: &[Rule<Refusal>] = &[
    (
        "an anchor that constrains directory names: a webpki that judges them",
        |case, refusal| {
            matches!(
                refusal,
                Refusal::Anchors(TrustStoreError::Anchor {
                    fault: AnchorFault::DirectoryNameConstraint,
                    ..
                })
            ) && facts::anchors(case)
                .iter()
                .any(|anchor| {
                    anchor
                        .constrained_kinds()
                        .contains(&Kind::Directory)
                })
        },
    ),
    (
        "critical extensions about policies: an RFC 5280 section 6.1 with policies, which webpki leaves out",
        |case, refusal| match refusal {
            Refusal::Chain(Rejection::Invalid {
                certificate,
                fault: ChainFault::UnhandledCriticalExtension,
            }) => facts::at(case, certificate.index).is_some_and(|certificate| {
                [
                    facts::POLICIES,
                    facts::POLICY_MAPPINGS,
                    facts::POLICY_CONSTRAINTS,
                    facts::INHIBIT_ANY_POLICY,
                ]
                .iter()
                .any(|oid| certificate.criticality(oid) == Some(true))
            }),
            _ => false,
        },
    ),
];

/// Chains that should be refused and are accepted: rules of the CA/Browser Forum for certificates of
/// servers, which the leaf or the anchor of the path breaks.
const WEB_PKI_ONLY: &[Rule<Path>] = &[
    (
        "a root whose authority key identifier names more than its own key",
        |_, path| {
            path.anchor
                .has_authority_key_identifier_of_no_root()
        },
    ),
    ("a root with an extended key usage", |_, path| {
        path.anchor.is_self_issued()
            && path
                .anchor
                .criticality(facts::EXTENDED_KEY_USAGE)
                .is_some()
    }),
    (
        "a leaf without extended key usage, with a critical one, or with one for any purpose",
        |_, path| {
            path.leaf
                .has_extended_key_usage_of_no_server()
        },
    ),
    (
        "a key that the web's CAs may not certify: a leaf's that no handshake takes is refused there",
        |_, path| path.leaf.has_key_of_no_server() || path.anchor.has_key_of_no_server(),
    ),
];

const PROFILE: &str =
    "asked of those who issue, and no path is more certain for it: `require_rfc5280_profile`";

const SEPARATE_KEY: &str =
    "rustls refuses lists that are signed with a key of their own, whose certificate is presented";

/// The ends of an accepted path.
struct Path {
    leaf: Facts,
    anchor: Facts,
}

/// Which rules explained which cases.
#[derive(Default)]
pub struct Explained(BTreeMap<&'static str, BTreeSet<String>>);

impl Explained {
    /// Whether a rule says why a chain is refused that should be accepted.
    pub fn refused(&mut self, case: &Case, refusal: &Refusal) -> bool {
        let of_rejection = match refusal {
            Refusal::Chain(rejection) => first(REFUSED, case, rejection),
            _ => None,
        };
        self.note(
            case,
            of_rejection.or_else(|| first(REFUSED_ELSEWHERE, case, refusal)),
        )
    }

    /// Whether a rule says why a chain is accepted that should be refused.
    pub fn accepted(&mut self, case: &Case, judge: Judge<'_>, verified: &VerifiedChain) -> bool {
        if !others_accept(case) {
            return false;
        }
        let is_out_of_profile = judge.profile == Profile::NotDemanded
            && matches!(
                judge.with_profile().verdict(case),
                Err(Refusal::Chain(Rejection::Invalid {
                    fault: ChainFault::Profile(_) | ChainFault::ProfileOfAnchor { .. },
                    ..
                }))
            );
        if is_out_of_profile {
            return self.note(case, Some(PROFILE));
        }
        let leaf = verified
            .path()
            .next()
            .and_then(Facts::of);
        let anchor = facts::anchor(case, verified.anchor().unwrap().sha256());
        let rule = match (leaf, anchor) {
            (Some(leaf), Some(anchor)) => first(WEB_PKI_ONLY, case, &Path { leaf, anchor }),
            _ => None,
        };
        self.note(case, rule)
    }

    /// Whether the crate may accept what rustls's own verifier refuses: webpki knows but the issuer's key,
    /// and a list is signed with another that a presented certificate names for that alone.
    pub fn refused_by_rustls(&mut self, case: &Case) -> bool {
        let holds = case.rustls_error == "InvalidCertRevocationList(BadSignature)"
            && case
                .lists
                .iter()
                .any(|list| has_separate_key(case, list));
        self.note(case, holds.then_some(SEPARATE_KEY))
    }

    fn note(&mut self, case: &Case, rule: Option<&'static str>) -> bool {
        if let Some(rule) = rule {
            self.0
                .entry(rule)
                .or_default()
                .insert(case.id.clone());
        }
        rule.is_some()
    }

    /// A line for each rule, with the number of cases that it explained.
    pub fn print(&self) {
        for rule in standard() {
            let count = self
                .0
                .get(rule)
                .map_or(0, BTreeSet::len);
            println!("{count:4} {rule}");
        }
        for rule in elsewhere() {
            let count = self
                .0
                .get(rule)
                .map_or(0, BTreeSet::len);
            println!("{count:4} {rule} (none in the standard folder)");
        }
    }

    /// The rules for the standard folder that explained nothing.
    pub fn unused(&self) -> Vec<&'static str> {
        standard()
            .filter(|rule| !self.0.contains_key(rule))
            .collect()
    }

    /// The rules that explained something.
    pub fn used(&self) -> Vec<&'static str> {
        self.0.keys().copied().collect()
    }
}

fn standard() -> impl Iterator<Item = &'static str> {
    let accepted = WEB_PKI_ONLY
        .iter()
        .map(|(reason, _)| *reason);
    REFUSED
        .iter()
        .map(|(reason, _)| *reason)
        .chain([PROFILE])
        .chain(accepted)
        .chain([SEPARATE_KEY])
}

/// The rules that cases of other folders need.
pub fn elsewhere() -> impl Iterator<Item = &'static str> {
    REFUSED_ELSEWHERE
        .iter()
        .map(|(reason, _)| *reason)
}

fn first<Of>(rules: &[Rule<Of>], case: &Case, of: &Of) -> Option<&'static str> {
    rules
        .iter()
        .find(|(_, holds)| holds(case, of))
        .map(|(reason, _)| *reason)
}

/// Whether nothing may be wrong but what some do not ask for: another validator accepts the case, too.
/// Where none was asked, only the suite's own rules of the web PKI can be meant.
fn others_accept(case: &Case) -> bool {
    match case.others.is_empty() {
        true => case.group == "limbo::webpki",
        false => case
            .others
            .iter()
            .any(|(_, verdict)| *verdict == crate::Verdict::Accept),
    }
}

fn is_invalid(rejection: &Rejection, wanted: &ChainFault) -> bool {
    matches!(rejection, Rejection::Invalid { fault, .. } if fault == wanted)
}

/// The place of the certificate that webpki refuses with this error.
fn is_refused_by_webpki(rejection: &Rejection, error: &webpki::Error) -> Option<usize> {
    match rejection {
        Rejection::Invalid {
            certificate,
            fault: ChainFault::Other(words),
        } if *words == error.to_string() => Some(certificate.index),
        _ => None,
    }
}

/// Whether the issuer of `list` has a certificate in the chain that may sign lists alone.
fn has_separate_key(case: &Case, list: &[u8]) -> bool {
    let Ok(list): Result<CertificateList, _> = Decode::from_der(list) else {
        return false;
    };
    let issuer = list
        .tbs_cert_list
        .issuer
        .to_der()
        .unwrap();
    case.chain
        .certificates()
        .skip(1)
        .filter_map(|der| edge_mtls::Certificate::from_der(der).ok())
        .any(|certificate| {
            let signs_lists_alone = certificate
                .key_usage()
                .is_some_and(|usage| usage.crl_sign() && !usage.key_cert_sign());
            signs_lists_alone && certificate.subject().as_der() == issuer
        })
}
