//! One thing that is wrong, or odd, with a chain that is good otherwise.

use crate::certificate::{
    Basic, CERT_SIGN, CRL_SIGN, DIGITAL_SIGNATURE, Facts, KEY_AGREEMENT, KEY_ENCIPHERMENT, More,
    NOW, Purpose, SECOND_AFTER, SECOND_BEFORE,
};
use crate::keys::Fresh;
use crate::names::{Kind, Name};
use crate::random::Random;

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Mutation {
    AnchorAnyPurpose,
    AnchorExpired,
    AnchorIsNoCa,
    AnchorMayNotSign,
    AnchorNotYetValid,
    AnchorServerAuth,
    AnchorUnknownCritical,
    AnchorVersion1,
    AnchorWithoutBasic,
    AnyPurpose,
    ConstraintNotJudged,
    ConstraintViolated,
    CriticalPolicies,
    Expired,
    FirstSecond,
    IntermediateIsNoCa,
    IntermediateMayNotSign,
    IntermediateVersion1,
    IntermediateWithoutBasic,
    IssuerInOtherCase,
    KeyUsageTwice,
    LastSecond,
    LeafIsCa,
    LeafKeyAgreement,
    LeafMayCertify,
    LeafMayNotSign,
    LeafNamedAsHost,
    LeafNamedAsIssuer,
    LeafVersion1,
    MissingIntermediate,
    NetscapeServer,
    NotYetValid,
    OtherAuthorityKey,
    PathLengthExceeded,
    RandomNames,
    RolledOver,
    ServerAuth,
    SignatureFlipped,
    UnknownCritical,
    WrongAnchor,
    WrongSigner,
}

use Mutation::*;

impl Mutation {
    /// Those after which a path is refused by everybody; [`RandomNames`] at times.
    pub const FAULTS: [Self; 24] = [
        AnchorExpired,
        AnchorIsNoCa,
        AnchorMayNotSign,
        AnchorNotYetValid,
        AnchorServerAuth,
        AnchorUnknownCritical,
        AnyPurpose,
        ConstraintViolated,
        Expired,
        IntermediateIsNoCa,
        IntermediateMayNotSign,
        IntermediateVersion1,
        IntermediateWithoutBasic,
        KeyUsageTwice,
        LeafMayNotSign,
        MissingIntermediate,
        NotYetValid,
        PathLengthExceeded,
        RandomNames,
        ServerAuth,
        SignatureFlipped,
        UnknownCritical,
        WrongAnchor,
        WrongSigner,
    ];

    /// Those on which verdicts differ, or that are of no effect.
    pub const ODDITIES: [Self; 17] = [
        AnchorAnyPurpose,
        AnchorVersion1,
        AnchorWithoutBasic,
        ConstraintNotJudged,
        CriticalPolicies,
        FirstSecond,
        IssuerInOtherCase,
        LastSecond,
        LeafIsCa,
        LeafKeyAgreement,
        LeafMayCertify,
        LeafNamedAsHost,
        LeafNamedAsIssuer,
        LeafVersion1,
        NetscapeServer,
        OtherAuthorityKey,
        RolledOver,
    ];

    /// Words of the refusal, if there is but the one path; `None` if it is accepted.
    pub fn refusal(self) -> Option<&'static str> {
        Some(match self {
            AnchorExpired | AnchorNotYetValid => "the trust anchor 'CN=CA 0,O=Good' is valid from",
            AnchorIsNoCa => "its basicConstraints say CA:FALSE",
            AnchorMayNotSign => "its keyUsage lacks keyCertSign",
            AnchorServerAuth => "its extended key usage allows serverAuth",
            AnchorUnknownCritical => "critical extension 1.3.6.1.4.1.55555.1",
            AnchorVersion1 => "X.509 v1 has no basicConstraints",
            AnchorWithoutBasic => "it has no basicConstraints",
            AnyPurpose => "is for anyExtendedKeyUsage",
            ConstraintNotJudged | ConstraintViolated | RandomNames => {
                "name constraints do not permit"
            }
            CriticalPolicies | UnknownCritical => "has a critical extension that is not enforced",
            Expired => "expired at",
            IntermediateIsNoCa | IntermediateWithoutBasic => "do not say that it is a CA's",
            IntermediateMayNotSign => "lacks keyCertSign",
            IntermediateVersion1 | LeafVersion1 => "is X.509 version 1",
            IssuerInOtherCase | MissingIntermediate => "neither the trust store nor the chain",
            KeyUsageTwice => "cannot be read",
            LeafIsCa => "is a CA's; a client needs",
            LeafKeyAgreement => "may be used for keyAgreement, which leaves out digitalSignature",
            LeafMayCertify => "is no CA's, but its keyUsage has keyCertSign",
            LeafMayNotSign => "may be used for keyEncipherment, which leaves out digitalSignature",
            NotYetValid => "is valid from",
            PathLengthExceeded => "(pathLenConstraint)",
            RolledOver => "with two CAs of one name on it",
            ServerAuth => "is for serverAuth",
            SignatureFlipped | WrongAnchor | WrongSigner => "made its signature",
            AnchorAnyPurpose | FirstSecond | LastSecond | LeafNamedAsHost | LeafNamedAsIssuer
            | NetscapeServer | OtherAuthorityKey => {
                return None;
            }
        })
    }

    /// Whether it may happen to change nothing.
    pub fn may_be_harmless(self) -> bool {
        matches!(self, RandomNames | RolledOver)
    }

    /// How many intermediates it takes.
    pub fn depth(self) -> usize {
        match self {
            IntermediateIsNoCa
            | IntermediateMayNotSign
            | IntermediateVersion1
            | IntermediateWithoutBasic
            | MissingIntermediate
            | PathLengthExceeded
            | RolledOver => 1,
            _ => 0,
        }
    }

    /// Changes `chain`, the anchor first and the leaf last.
    pub fn apply(self, random: &mut Random, fresh: &mut Fresh, chain: &mut Vec<Facts>) {
        let leaf = chain.len() - 1;
        let issuer = random.below(leaf);
        let below_anchor = 1 + random.below(leaf);
        let intermediate = 1 + random.below(leaf.max(2) - 1);
        let at = |chain: &mut Vec<Facts>, place: usize, change: &dyn Fn(&mut Facts)| {
            change(&mut chain[place]);
        };
        match self {
            AnchorAnyPurpose => at(chain, 0, &|of| of.purposes = vec![Purpose::Any]),
            AnchorExpired => at(chain, 0, &|of| of.not_after = SECOND_BEFORE),
            AnchorIsNoCa => at(chain, 0, &|of| of.basic = Basic::NoCa),
            AnchorMayNotSign => at(chain, 0, &|of| of.usage = Some(CRL_SIGN)),
            AnchorNotYetValid => at(chain, 0, &|of| of.not_before = SECOND_AFTER),
            AnchorServerAuth => at(chain, 0, &|of| of.purposes = vec![Purpose::Server]),
            AnchorUnknownCritical => at(chain, 0, &|of| of.more.push(More::CriticalUnknown)),
            AnchorVersion1 => at(chain, 0, &|of| of.version = 1),
            AnchorWithoutBasic => at(chain, 0, &|of| of.basic = Basic::Absent),
            AnyPurpose => at(chain, below_anchor, &|of| of.purposes = vec![Purpose::Any]),
            ConstraintNotJudged => {
                let kind = random.of(&Kind::NOT_JUDGED);
                chain[leaf]
                    .names
                    .push(kind.good(random));
                chain[issuer]
                    .permitted
                    .push(kind.permitted(random));
                // No trust store takes an anchor with one on directory names.
                if issuer == 0 && kind == Kind::Directory {
                    chain[issuer].permitted.pop();
                    let kind = Kind::Email;
                    chain[leaf]
                        .names
                        .push(kind.good(random));
                    chain[issuer]
                        .permitted
                        .push(kind.permitted(random));
                }
            }
            ConstraintViolated => {
                let kind = random.of(&Kind::JUDGED);
                chain[leaf].names.push(kind.bad(random));
                match random.happens(50) {
                    true => chain[issuer]
                        .permitted
                        .push(kind.permitted(random)),
                    false => chain[issuer]
                        .excluded
                        .push(kind.excluded(random)),
                }
            }
            CriticalPolicies => {
                at(chain, below_anchor, &|of| {
                    of.more = vec![More::CriticalPolicies]
                });
            }
            Expired => at(chain, below_anchor, &|of| of.not_after = SECOND_BEFORE),
            FirstSecond => at(chain, below_anchor, &|of| of.not_before = NOW),
            IntermediateIsNoCa => at(chain, intermediate, &|of| of.basic = Basic::NoCa),
            IntermediateMayNotSign => at(chain, intermediate, &|of| of.usage = Some(CRL_SIGN)),
            IntermediateVersion1 => at(chain, intermediate, &|of| of.version = 1),
            IntermediateWithoutBasic => at(chain, intermediate, &|of| of.basic = Basic::Absent),
            IssuerInOtherCase => at(chain, below_anchor, &|of| {
                of.issuer.common = of.issuer.common.to_lowercase();
            }),
            KeyUsageTwice => at(chain, below_anchor, &|of| {
                of.usage
                    .get_or_insert(DIGITAL_SIGNATURE | CERT_SIGN);
                of.more.push(More::KeyUsageTwice);
            }),
            LastSecond => at(chain, below_anchor, &|of| of.not_after = NOW),
            LeafIsCa => at(chain, leaf, &|of| {
                of.basic = Basic::Ca(None);
                of.usage = Some(DIGITAL_SIGNATURE | CERT_SIGN);
            }),
            LeafKeyAgreement => at(chain, leaf, &|of| of.usage = Some(KEY_AGREEMENT)),
            LeafMayCertify => at(chain, leaf, &|of| {
                of.usage = Some(DIGITAL_SIGNATURE | CERT_SIGN);
            }),
            LeafMayNotSign => at(chain, leaf, &|of| of.usage = Some(KEY_ENCIPHERMENT)),
            LeafNamedAsHost => {
                chain[leaf].subject = Name::new("www.b.test");
                chain[leaf]
                    .names
                    .retain(|name| name.kind != Kind::Dns);
                chain[issuer]
                    .permitted
                    .push(Kind::Dns.permitted(random));
            }
            LeafNamedAsIssuer => at(chain, leaf, &|of| of.subject = of.issuer.clone()),
            LeafVersion1 => at(chain, leaf, &|of| of.version = 1),
            MissingIntermediate => {
                chain.remove(intermediate);
            }
            NetscapeServer => at(chain, leaf, &|of| of.more = vec![More::NetscapeServer]),
            NotYetValid => at(chain, below_anchor, &|of| of.not_before = SECOND_AFTER),
            OtherAuthorityKey => {
                chain[below_anchor].authority_key = Some(fresh.next());
                chain[below_anchor - 1].has_key_identifier = true;
            }
            PathLengthExceeded => {
                let issuer = random.below(leaf - 1);
                let below = u8::try_from(leaf - 1 - issuer).unwrap();
                let len = u8::try_from(random.below(usize::from(below))).unwrap();
                chain[issuer].basic = Basic::Ca(Some(len));
            }
            RandomNames => {
                for _ in 0..1 + random.below(3) {
                    let kind = random.of(&Kind::JUDGED);
                    let named = [leaf, leaf, below_anchor][random.below(3)];
                    chain[named]
                        .names
                        .push(kind.any(random));
                    let issuer = random.below(leaf);
                    match random.happens(60) {
                        true => chain[issuer]
                            .permitted
                            .push(kind.any_base(random)),
                        false => chain[issuer]
                            .excluded
                            .push(kind.any_base(random)),
                    }
                }
            }
            // Its CA has a new key, which the old one certifies.
            RolledOver => {
                let old = chain[intermediate].clone();
                let new = Facts {
                    key: fresh.next(),
                    ..old.clone()
                };
                let new = new.issued_by(&old);
                let next = &chain[intermediate + 1];
                let next = next.clone().issued_by(&new);
                chain[intermediate + 1] = next;
                chain.insert(intermediate + 1, new);
            }
            ServerAuth => at(chain, below_anchor, &|of| {
                of.purposes = vec![Purpose::Server]
            }),
            SignatureFlipped => at(chain, below_anchor, &|of| of.is_signature_flipped = true),
            UnknownCritical => at(chain, below_anchor, &|of| {
                of.more = vec![More::CriticalUnknown]
            }),
            WrongAnchor => chain[0].key = fresh.next(),
            WrongSigner => chain[below_anchor].signer = fresh.next(),
        }
    }
}
