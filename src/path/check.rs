//! Checking one path whose signatures hold: our rules first, then webpki, and revocation last.

use super::breadth::{Checks, Toll};
use super::by_webpki::check_is_read_by_webpki;
use super::presented::{Node, Presented};
use super::profile::{self, Role};
use super::revoked::{self, Statuses};
use super::signatures::Metered;
use super::{Question, Rules};
use crate::policy::{ChainFault, PresentedCertificate, PurposeFault, Rejection, name_text};
use crate::revocation::{OnUnknown, RevocationStatus};
use crate::trust_store::TrustAnchor;
use crate::x509::{
    ExtensionFault, LONGEST_TEXT, MOST_EXTENSIONS, MOST_PURPOSES, MalformedCertificate, Time,
    Validity, capped,
};

/// A leaf, each issuer of the one before, and an anchor: their names fit, their signatures hold.
pub(super) struct CandidatePath<'p, 'a> {
    /// The leaf first.
    pub(super) nodes: &'p [&'p Node<'a>],
    pub(super) anchor: TrustAnchor<'p>,
    /// What the path is from.
    pub(super) presented: &'p Presented<'a>,
}

/// What our own rules say of a path that keeps them.
struct Rulings {
    holds_until: Option<Time>,
    /// When webpki is to judge it.
    instant: Time,
    /// What it costs to ask webpki.
    toll: Toll,
}

/// What is known of a path that holds.
pub(super) struct Verdict {
    /// The last instant at which it does.
    pub(super) holds_until: Time,
    /// Of each certificate.
    pub(super) statuses: Vec<RevocationStatus>,
    pub(super) is_provisional: bool,
}

impl CandidatePath<'_, '_> {
    /// Whether the path holds now; [`Rejection::TooCostly`] if webpki is not asked about it any more.
    pub(super) fn check(
        &self,
        question: &Question<'_>,
        algorithms: &[Metered<'_>],
        on_unknown: &mut OnUnknown<'_>,
        checks: &mut Checks,
    ) -> Result<Verdict, Rejection> {
        revoked::check_deny_list(self, question.deny)?;
        let mut judged = 0;
        let Rulings {
            holds_until,
            instant,
            toll,
        } = self
            .check_rules(question, &mut judged)
            .map_err(|rejection| {
                self.unreadable_by_webpki(judged)
                    .unwrap_or(rejection)
            })?;
        if !checks.allow(toll) {
            return Err(Rejection::TooCostly {
                signatures: question.verifications(),
            });
        }
        self.check_by_webpki(algorithms, instant)?;
        let Statuses {
            statuses,
            until,
            is_provisional,
        } = revoked::check(self, question, algorithms, on_unknown)?;
        Ok(Verdict {
            holds_until: Time::earlier(holds_until, until).unwrap_or(ALL_TIME.not_after),
            statuses,
            is_provisional,
        })
    }

    /// Our own rules. `judged` is how many certificates kept those that are about one alone.
    fn check_rules(
        &self,
        question: &Question<'_>,
        judged: &mut usize,
    ) -> Result<Rulings, Rejection> {
        let mut holds_until = None;
        let mut common = ALL_TIME;
        // Intermediates between here and the leaf that are not self-issued (RFC 5280, 6.1.4 (l)).
        let mut intermediates_below = 0;
        for (depth, node) in self.nodes.iter().enumerate() {
            let validity = check_node(node, question, depth, intermediates_below)?;
            if !question.rules.ignore_expiry {
                holds_until = Time::earlier(holds_until, Some(validity.not_after));
            }
            common = common.overlap(validity);
            intermediates_below += usize::from(depth > 0 && !node.is_self_issued());
            *judged = depth + 1;
        }
        if question.rules.require_rfc5280_profile {
            self.check_profile()?;
        }
        self.check_path_len_of_anchor(intermediates_below)?;
        if !question.rules.allow_expired_anchors {
            check_dates_of_anchor(self.anchor, question.now)?;
            holds_until = Time::earlier(holds_until, Some(self.anchor.validity().not_after));
        }
        let toll = self.check_breadth()?;
        self.check_names_that_repeat()?;
        let instant = common
            .nearest_to(question.now)
            .ok_or_else(|| self.rejected(ChainFault::NoCommonInstant))?;
        Ok(Rulings {
            holds_until,
            instant,
            toll,
        })
    }

    fn check_path_len_of_anchor(&self, intermediates: usize) -> Result<(), Rejection> {
        match (self.anchor.path_len(), self.nodes.last()) {
            (Some(path_len), Some(top)) if intermediates > path_len => Err(Rejection::Invalid {
                certificate: top.presented_certificate(),
                fault: ChainFault::PathLengthOfAnchor,
            }),
            _ => Ok(()),
        }
    }

    /// What RFC 5280 asks of those who issue certificates, the anchor's own included.
    fn check_profile(&self) -> Result<(), Rejection> {
        for node in self.nodes {
            node.profile()
                .map_err(|fault| invalid(node, ChainFault::Profile(fault)))?;
        }
        profile::check(&self.anchor.certificate(), Role::Issuer).map_err(|fault| {
            self.rejected(ChainFault::ProfileOfAnchor {
                anchor: name_text(self.anchor.subject()),
                fault,
            })
        })
    }

    /// The whole path breaks a rule.
    pub(super) fn rejected(&self, fault: ChainFault) -> Rejection {
        match self.nodes.first() {
            Some(leaf) => invalid(leaf, fault),
            None => Rejection::Missing,
        }
    }
}

/// Whether a certificate can stand at `depth` of a path, the leaf at 0; of the intermediates below it,
/// those that are not self-issued count. Returns when it is valid.
fn check_node(
    node: &Node<'_>,
    question: &Question<'_>,
    depth: usize,
    intermediates_below: usize,
) -> Result<Validity, Rejection> {
    let validity = validity(node)?;
    if !question.rules.ignore_expiry {
        check_dates(|| node.presented_certificate(), validity, question.now)?;
    }
    check_version(node)?;
    check_extensions(node, revoked::is_asked_for(question, depth))?;
    match depth.checked_sub(1) {
        None => check_leaf(node, question.rules)?,
        Some(all_below) => check_issuer(node, intermediates_below, all_below)?,
    }
    Ok(validity)
}

/// All that a certificate breaks by itself, as the leaf or as the issuer of one, whatever else is on the
/// path: the first is what a verdict says.
pub(super) fn faults_alone(node: &Node<'_>, question: &Question<'_>, role: Role) -> Vec<Rejection> {
    let depth = match role {
        Role::Leaf => 0,
        Role::Issuer => 1,
    };
    let dates = validity(node).and_then(|validity| match question.rules.ignore_expiry {
        true => Ok(()),
        false => check_dates(|| node.presented_certificate(), validity, question.now),
    });
    let version = check_version(node);
    let extensions = check_extensions(node, revoked::is_asked_for(question, depth));
    let use_of_it = match role {
        Role::Leaf => check_leaf(node, question.rules),
        Role::Issuer => check_issuer(node, 0, 0),
    };
    let profile = match question.rules.require_rfc5280_profile {
        true => profile::check(&node.certificate, role)
            .map_err(|fault| invalid(node, ChainFault::Profile(fault))),
        false => Ok(()),
    };
    let mut faults: Vec<Rejection> = [dates, version, extensions, use_of_it, profile]
        .into_iter()
        .filter_map(Result::err)
        .collect();
    // webpki's words where there are none of ours.
    if faults.is_empty() {
        faults.extend(check_is_read_by_webpki(node).err());
    }
    faults
}

pub(super) fn check_dates_of_anchor(anchor: TrustAnchor<'_>, now: Time) -> Result<(), Rejection> {
    let validity = anchor.validity();
    match validity.contains(now) {
        true => Ok(()),
        false => Err(Rejection::AnchorExpired {
            anchor: name_text(anchor.subject()),
            not_before: validity.not_before,
            not_after: validity.not_after,
            now,
        }),
    }
}

/// What webpki can judge at: from 1970 to the end of RFC 5280's dates.
pub(super) const ALL_TIME: Validity = Validity {
    not_before: Time::from_unix_seconds(0),
    not_after: Time::from_unix_seconds(253_402_300_799),
};

fn validity(node: &Node<'_>) -> Result<Validity, Rejection> {
    node.certificate
        .validity()
        .ok_or_else(|| Rejection::Malformed {
            certificate: node.presented_certificate(),
            part: "validity is not in the form of RFC 5280 section 4.1.2.5".into(),
        })
}

pub(super) fn check_dates(
    certificate: impl Fn() -> PresentedCertificate,
    validity: Validity,
    now: Time,
) -> Result<(), Rejection> {
    if now < validity.not_before {
        return Err(Rejection::NotYetValid {
            certificate: certificate(),
            not_before: validity.not_before,
            now,
        });
    }
    if now > validity.not_after {
        return Err(Rejection::Expired {
            certificate: certificate(),
            not_after: validity.not_after,
            now,
        });
    }
    Ok(())
}

fn check_version(node: &Node<'_>) -> Result<(), Rejection> {
    match node.certificate.version() {
        3 => Ok(()),
        version => Err(invalid(node, ChainFault::Version(version))),
    }
}

/// No more extensions than a certificate needs, and no critical one that is not enforced; where its
/// lists are is enforced by asking them.
fn check_extensions(node: &Node<'_>, asks_lists: bool) -> Result<(), Rejection> {
    match node.extensions.fault(asks_lists) {
        None => Ok(()),
        Some(ExtensionFault::UnhandledCritical) => {
            Err(invalid(node, ChainFault::UnhandledCriticalExtension))
        }
        Some(ExtensionFault::Unreadable(error)) => Err(malformed(node, error)),
        Some(ExtensionFault::TooMany) => Err(Rejection::Malformed {
            certificate: node.presented_certificate(),
            part: format!("it has more than {MOST_EXTENSIONS} extensions"),
        }),
        Some(ExtensionFault::TooManyPurposes) => Err(Rejection::Malformed {
            certificate: node.presented_certificate(),
            part: format!("it has more than {MOST_PURPOSES} extended key usages"),
        }),
    }
}

fn check_leaf(leaf: &Node<'_>, rules: Rules) -> Result<(), Rejection> {
    let malformed = |error| malformed(leaf, error);
    let constraints = leaf
        .extensions
        .basic_constraints()
        .map_err(malformed)?;
    if constraints.is_some_and(|constraints| constraints.ca) {
        return Err(invalid(leaf, ChainFault::LeafIsCa));
    }
    let usage = leaf
        .extensions
        .key_usage()
        .map_err(malformed)?;
    if usage.is_some_and(|usage| usage.key_cert_sign()) {
        return Err(invalid(leaf, ChainFault::LeafMaySign));
    }
    if let Some(usage) = usage
        && !usage.digital_signature()
    {
        let allows = capped(usage, LONGEST_TEXT);
        return Err(wrong_purpose(leaf, PurposeFault::KeyUsage { allows }));
    }
    let has_purpose = check_client_auth(leaf)?;
    match rules.require_client_auth_eku && !has_purpose {
        true => Err(wrong_purpose(leaf, PurposeFault::NoExtendedKeyUsage)),
        false => Ok(()),
    }
}

/// `intermediates_below` leaves out those that are self-issued, as RFC 5280 does; `all_below` counts
/// them, as webpki does.
fn check_issuer(
    issuer: &Node<'_>,
    intermediates_below: usize,
    all_below: usize,
) -> Result<(), Rejection> {
    let malformed = |error| malformed(issuer, error);
    let constraints = issuer
        .extensions
        .basic_constraints()
        .map_err(malformed)?;
    let Some(constraints) = constraints.filter(|constraints| constraints.ca) else {
        return Err(invalid(issuer, ChainFault::IssuerIsNotCa));
    };
    match constraints.path_len {
        Some(path_len) if intermediates_below > path_len => {
            return Err(invalid(issuer, ChainFault::PathLength));
        }
        Some(path_len) if all_below > path_len => {
            return Err(invalid(issuer, ChainFault::NotFollowed));
        }
        _ => {}
    }
    let may_sign = issuer
        .extensions
        .key_usage()
        .map_err(malformed)?
        .is_none_or(|usage| usage.key_cert_sign());
    if !may_sign {
        return Err(invalid(issuer, ChainFault::IssuerMayNotSign));
    }
    check_client_auth(issuer).map(|_| ())
}

/// Whether an extended key usage is there at all; it must then allow client authentication, on
/// the leaf and on every intermediate.
fn check_client_auth(node: &Node<'_>) -> Result<bool, Rejection> {
    let usage = node
        .extensions
        .extended_key_usage()
        .map_err(|error| malformed(node, error))?;
    match usage {
        None => Ok(false),
        Some(usage) if usage.client_auth() => Ok(true),
        Some(usage) => Err(wrong_purpose(
            node,
            PurposeFault::ExtendedKeyUsage {
                allows: capped(usage, LONGEST_TEXT),
            },
        )),
    }
}

fn malformed(node: &Node<'_>, error: MalformedCertificate) -> Rejection {
    Rejection::Malformed {
        certificate: node.presented_certificate(),
        part: error.to_string(),
    }
}

pub(super) fn invalid(node: &Node<'_>, fault: ChainFault) -> Rejection {
    Rejection::Invalid {
        certificate: node.presented_certificate(),
        fault,
    }
}

fn wrong_purpose(node: &Node<'_>, fault: PurposeFault) -> Rejection {
    Rejection::WrongPurpose {
        certificate: node.presented_certificate(),
        fault,
    }
}
