//! Where OpenSSL's verdict is another, for reasons that are known.

use edge_mtls::{ChainFault, PurposeFault, Rejection, UntrustedCause};

use crate::certificate::{Basic, CERT_SIGN, KEY_AGREEMENT, Made, More, NOW, Purpose};
use crate::judge::{Refused, judge};
use crate::names::Kind;
use crate::openssl::{self, Openssl};
use crate::paths::Path;
use crate::world::World;

/// Why OpenSSL's verdict may be another.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Exception {
    /// It refuses, since it wants clientAuth by name of an anchor, too, which a store takes with
    /// anyExtendedKeyUsage.
    AnchorForAnyPurpose,
    /// It accepts, since it takes an anchor that is not marked as a CA's if it is of version 1 or may
    /// sign certificates; no store does.
    AnchorNotMarkedAsCa,
    /// It refuses, since it compares a common name that looks like a host's with the constraints on
    /// DNS names, which RFC 5280 does not ask for.
    CommonNameAsHost,
    /// It accepts, since it judges constraints on directory names, e-mail addresses and URIs; webpki
    /// refuses whoever has such a name below such a constraint.
    ConstraintsNotJudged,
    /// It accepts, since it knows critical policies; here nobody enforces them.
    CriticalPolicies,
    /// It accepts, since it takes keyAgreement for as good as digitalSignature, as static keys of
    /// Diffie-Hellman once were; a client that proves its key by a signature needs the latter.
    KeyAgreement,
    /// It refuses, since to it a certificate ends with its last second, which RFC 5280 counts in.
    LastSecond,
    /// It accepts, since it takes a CA as a client.
    LeafIsCa,
    /// It accepts, since it lets a client's key usage have keyCertSign; RFC 5280 does not (4.2.1.9).
    LeafMayCertify,
    /// It accepts, since it asks nothing of a client's version; what version 1 may be used for is
    /// not said.
    LeafVersion1,
    /// It accepts, since it compares names without regard to case; webpki compares octets.
    NamesInOtherCase,
    /// It refuses, since it knows Netscape's certificate type, which is not of RFC 5280.
    NetscapeType,
    /// It refuses, since it follows the first path that names and key identifiers lead to; it accepts
    /// ours when it has no other.
    OtherPath,
    /// It refuses, since it does not follow a link whose key identifiers differ, which are a hint
    /// and no rule of RFC 5280 section 6.1; the signature holds.
    OtherKeyIdentifier,
    /// It accepts, since it follows a CA that certifies its own new key; webpki counts that one
    /// in path lengths.
    RolledOver,
    /// It refuses, since it takes a certificate of its issuer's name as self-signed, if its key
    /// identifiers do not tell otherwise, without looking at the signature.
    TakenAsSelfSigned,
    /// It accepts, since it takes a wildcard for a label like others; webpki refuses one that stands
    /// for an excluded name, too.
    WildcardForExcluded,
}

// `X509_V_ERR_*`.
const NO_ISSUER_HERE: u32 = 20;
const EXPIRED: u32 = 10;
const SELF_SIGNED_LEAF: u32 = 18;
const SELF_SIGNED_CA: u32 = 19;
const WRONG_PURPOSE: u32 = 26;
const NOT_PERMITTED: u32 = 47;
const EXCLUDED: u32 = 48;

impl Exception {
    /// Why OpenSSL may refuse what we accept by `path`.
    pub fn of_refusal(openssl: &Openssl, path: &Path) -> Result<Self, openssl::Refused> {
        let (below, anchor) = path.split_at(path.len() - 1);
        let (leaf, others) = below.split_first().unwrap();
        let Err(refused) = openssl.verify(anchor, others, leaf) else {
            return Ok(Self::OtherPath);
        };
        let (leaf, anchor) = (&leaf.facts, &anchor[0].facts);
        let exception = match refused.number {
            EXPIRED if any(path, |of| of.facts.not_after == NOW) => Self::LastSecond,
            WRONG_PURPOSE if anchor.purposes == [Purpose::Any] => Self::AnchorForAnyPurpose,
            WRONG_PURPOSE
                if leaf
                    .more
                    .contains(&More::NetscapeServer) =>
            {
                Self::NetscapeType
            }
            NO_ISSUER_HERE
                if path
                    .windows(2)
                    .any(has_other_key_identifier) =>
            {
                Self::OtherKeyIdentifier
            }
            NOT_PERMITTED | EXCLUDED
                if leaf.subject.common.contains('.')
                    && leaf
                        .names
                        .iter()
                        .all(|name| name.kind != Kind::Dns)
                    && has_constraints(path, &[Kind::Dns]) =>
            {
                Self::CommonNameAsHost
            }
            SELF_SIGNED_LEAF | SELF_SIGNED_CA if any(below, is_taken_as_self_signed) => {
                Self::TakenAsSelfSigned
            }
            _ => return Err(refused),
        };
        Ok(exception)
    }

    /// Why OpenSSL may accept what we refuse: by what we say of a path that it accepts alone. Otherwise
    /// what that is.
    pub fn of_acceptance(openssl: &Openssl, world: &World) -> Result<Self, String> {
        let alone = world
            .paths()
            .into_iter()
            .map(|path| world.of_path(&path))
            .find(|alone| {
                openssl
                    .verify(&alone.anchors, &alone.others, &alone.leaf)
                    .is_ok()
            })
            .ok_or("nothing about the path that OpenSSL took")?;
        let Err(refused) = judge(&alone) else {
            return Err("that it holds alone".into());
        };
        let all: Vec<Made> = alone
            .presented()
            .chain(&alone.anchors)
            .cloned()
            .collect();
        Self::of_refused_path(&all, &refused).ok_or_else(|| refused.text())
    }

    /// `path` is all that there is.
    fn of_refused_path(path: &[Made], refused: &Refused) -> Option<Self> {
        let leaf = &path[0].facts;
        let anchor = &path[path.len() - 1].facts;
        let (exception, holds) = match refused.rejection.as_ref() {
            None => (
                Self::AnchorNotMarkedAsCa,
                anchor.version == 1 || anchor.basic == Basic::Absent,
            ),
            Some(Rejection::Untrusted {
                cause: UntrustedCause::IssuerNotFound,
                ..
            }) => (
                Self::NamesInOtherCase,
                path.windows(2)
                    .any(|link| link[0].facts.issuer != link[1].facts.subject),
            ),
            Some(Rejection::WrongPurpose {
                fault: PurposeFault::KeyUsage { .. },
                ..
            }) => (
                Self::KeyAgreement,
                leaf.usage
                    .is_some_and(|usage| usage & KEY_AGREEMENT != 0),
            ),
            Some(Rejection::Invalid { fault, .. }) => match fault {
                ChainFault::LeafIsCa => (Self::LeafIsCa, leaf.is_ca()),
                ChainFault::LeafMaySign => (
                    Self::LeafMayCertify,
                    leaf.usage
                        .is_some_and(|usage| usage & CERT_SIGN != 0),
                ),
                ChainFault::NameConstraint if has_wildcard_for_excluded(path) => {
                    (Self::WildcardForExcluded, true)
                }
                ChainFault::NameConstraint => (
                    Self::ConstraintsNotJudged,
                    has_name_that_is_not_judged(path),
                ),
                ChainFault::UnhandledCriticalExtension => (
                    Self::CriticalPolicies,
                    any(path, |of| of.facts.more == [More::CriticalPolicies]),
                ),
                ChainFault::Version(1) => (Self::LeafVersion1, leaf.version == 1),
                ChainFault::NotFollowed => (
                    Self::RolledOver,
                    any(&path[1..path.len() - 1], |of| {
                        of.facts.is_self_issued() && of.facts.key != of.facts.signer
                    }),
                ),
                _ => return None,
            },
            Some(_) => return None,
        };
        holds.then_some(exception)
    }
}

fn any(all: &[Made], test: impl Fn(&Made) -> bool) -> bool {
    all.iter().any(test)
}

/// Whether the first of two names another key than the second, its issuer, has.
fn has_other_key_identifier(link: &[Made]) -> bool {
    let [certificate, issuer] = link else {
        return false;
    };
    certificate
        .facts
        .authority_key
        .is_some_and(|key| issuer.facts.has_key_identifier && key != issuer.facts.key)
}

/// Whether its issuer has the same name and another key, and it has not both key identifiers.
fn is_taken_as_self_signed(made: &Made) -> bool {
    let facts = &made.facts;
    facts.is_self_issued()
        && facts.key != facts.signer
        && !(facts.has_key_identifier && facts.authority_key.is_some())
}

/// Whether a certificate has a name of a kind that one above it constrains, and webpki does not judge;
/// all have the name of a directory.
fn has_name_that_is_not_judged(path: &[Made]) -> bool {
    (1..path.len()).any(|issuer| {
        Kind::NOT_JUDGED.iter().any(|kind| {
            let is_named = any(&path[..issuer], |of| {
                *kind == Kind::Directory
                    || of
                        .facts
                        .names
                        .iter()
                        .any(|name| name.kind == *kind)
            });
            is_named && has_constraints(&path[issuer..=issuer], &[*kind])
        })
    })
}

fn has_constraints(all: &[Made], kinds: &[Kind]) -> bool {
    any(all, |of| {
        of.facts
            .permitted
            .iter()
            .chain(&of.facts.excluded)
            .any(|base| kinds.contains(&base.kind))
    })
}

/// Whether a name stands for several, of which one is excluded.
fn has_wildcard_for_excluded(all: &[Made]) -> bool {
    let mut names = all
        .iter()
        .flat_map(|of| &of.facts.names);
    names.any(|name| {
        any(all, |of| {
            of.facts
                .excluded
                .iter()
                .any(|base| name.is_wildcard_for(base))
        })
    })
}
