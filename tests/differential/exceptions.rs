//! Where OpenSSL's verdict is another, for reasons that are known.

use crate::list::{List, Signer};
use crate::model::Coverage;
use crate::world::{Subject, World};

/// Why OpenSSL's verdict may be another.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Exception {
    /// It refuses, since it chooses the latest date, and the first list of equal ones, whatever the
    /// numbers.
    DatesAgainstNumbers,
    /// It refuses, since it takes a list without key identifier for one that the issuer's own key
    /// signed, and not one for signing lists.
    DelegateUnnamed,
    /// It accepts, since the command goes on after a list that has expired or is not valid yet, and
    /// forgets about it where it asks about a delegate.
    DelegateOutOfDate,
    /// It accepts, since it takes a list without nextUpdate as proof for ever.
    NoNextUpdate,
    /// It accepts or refuses by an older list that has not expired where a newer one has.
    OlderListChosen,
    /// It accepts, since it asks one list, and another one revokes.
    OtherListRevokes,
    /// It refuses, since it takes any list for one of those reasons alone that the certificate's first
    /// distribution point names.
    ReasonsOfPoint,
    /// It refuses, since it chooses a list before it looks at the signature and at the signer's key
    /// usage, which do not hold.
    UnusableListChosen,
}

impl Exception {
    /// Why OpenSSL may refuse what we accept.
    pub fn of_refusals(world: &World) -> Option<Self> {
        judged(world).find_map(|judged| {
            if judged
                .any(|list| list.key_identifier.is_none() && list.signer == Some(Signer::Delegate))
            {
                return Some(Self::DelegateUnnamed);
            }
            if judged.any(|list| judged.is_unusable(list)) {
                return Some(Self::UnusableListChosen);
            }
            if judged.any(|list| {
                judged.is_revoked_by(list)
                    && judged.any(|other| list.is_older_by_number_alone(other))
            }) {
                return Some(Self::DatesAgainstNumbers);
            }
            if judged.any(|list| {
                judged.is_revoked_by(list) && judged.any(|other| other.has_expired_before(list))
            }) {
                return Some(Self::OlderListChosen);
            }
            judged
                .subject
                .points
                .iter()
                .any(|point| point.is_for_some_reasons)
                .then_some(Self::ReasonsOfPoint)
        })
    }

    /// Why OpenSSL may accept what we refuse.
    pub fn of_acceptances(world: &World) -> Option<Self> {
        judged(world).find_map(|judged| {
            let any = |test: &dyn Fn(&List) -> bool| {
                judged.any(|list| {
                    list.is_signed_by(&[Signer::Authority, Signer::Delegate]) && test(list)
                })
            };
            if any(&|list| judged.is_revoked_by(list)) {
                return Some(Self::OtherListRevokes);
            }
            if any(&|list| list.next_update.is_none()) {
                return Some(Self::NoNextUpdate);
            }
            if any(&|list| any(&|other| other.has_expired_before(list))) {
                return Some(Self::OlderListChosen);
            }
            (judged.is_delegate && any(&|list| !list.is_current()))
                .then_some(Self::DelegateOutOfDate)
        })
    }
}

/// A certificate that is asked about, and the lists of its issuer that cover it.
struct Judged<'a> {
    subject: &'a Subject,
    is_delegate: bool,
    /// Whether its issuer may sign lists.
    may_sign: bool,
    lists: Vec<&'a List>,
}

fn judged(world: &World) -> impl Iterator<Item = Judged<'_>> {
    let delegates = world
        .levels
        .iter()
        .enumerate()
        .filter_map(|(level, each)| Some((each.delegate.as_ref()?, level - 1)))
        .map(|(subject, issuer)| (subject, issuer, true));
    world
        .path()
        .map(|(subject, issuer)| (subject, issuer, false))
        .chain(delegates)
        .map(|(subject, issuer, is_delegate)| Judged {
            subject,
            is_delegate,
            may_sign: world.levels[issuer].may_sign,
            lists: world
                .lists
                .iter()
                .filter(|list| list.level == issuer && list.coverage(subject) != Coverage::Nothing)
                .collect(),
        })
}

impl Judged<'_> {
    fn any(&self, test: impl Fn(&List) -> bool) -> bool {
        self.lists.iter().any(|list| test(list))
    }

    fn is_revoked_by(&self, list: &List) -> bool {
        list.revoked
            .contains(&self.subject.serial)
    }

    /// Whether OpenSSL may choose a list that it then finds not to hold.
    fn is_unusable(&self, list: &List) -> bool {
        list.believed() != Some(Signer::Stranger)
            && (list.signer != list.believed()
                || list.signer == Some(Signer::Authority) && !self.may_sign)
    }
}

impl List {
    /// Whose key OpenSSL believes to have signed it.
    fn believed(&self) -> Option<Signer> {
        self.key_identifier
            .or(Some(Signer::Authority))
    }

    fn is_older_by_number_alone(&self, other: &Self) -> bool {
        self.is_of_group(other)
            && self.this_update >= other.this_update
            && self.number.is_some()
            && self.number < other.number
    }

    /// Whether it has expired, and an `older` one of its group has not.
    fn has_expired_before(&self, older: &Self) -> bool {
        let is_expired = self
            .next_update
            .is_some_and(|days| days <= 0);
        let is_older = older.this_update <= self.this_update || older.number < self.number;
        is_expired && older.is_current() && is_older && self.is_of_group(older)
    }
}
