//! Names of headers in folded form, and finding which of many a name is.

use core::num::NonZeroU64;
use std::borrow::Cow;

/// A name in folded form.
pub(crate) fn folded(name: &str) -> String {
    name.bytes()
        .map(|octet| char::from(fold(octet)))
        .collect()
}

/// Whatever their letter case, and with every character that is no letter or digit taken for the
/// same one, as CGI and its heirs do.
pub(super) const fn fold(octet: u8) -> u8 {
    match octet {
        b'a'..=b'z' | b'0'..=b'9' => octet,
        b'A'..=b'Z' => octet.to_ascii_lowercase(),
        _ => b'-',
    }
}

/// A folded name, or the folded beginning of names.
#[derive(Clone, Debug)]
pub(super) struct Entry<T> {
    text: Cow<'static, str>,
    is_beginning: bool,
    kind: T,
}

impl<T> Entry<T> {
    pub(super) fn name(text: impl Into<Cow<'static, str>>, kind: T) -> Self {
        Self {
            text: text.into(),
            is_beginning: false,
            kind,
        }
    }

    pub(super) fn beginning(text: impl Into<Cow<'static, str>>, kind: T) -> Self {
        Self {
            is_beginning: true,
            ..Self::name(text, kind)
        }
    }

    fn may_have(&self, length: usize) -> bool {
        match self.is_beginning {
            true => length >= self.text.len(),
            false => length == self.text.len(),
        }
    }

    fn is(&self, name: &[u8]) -> bool {
        let text = self.text.as_bytes();
        let Some((beginning, rest)) = name.split_at_checked(text.len()) else {
            return false;
        };
        (self.is_beginning || rest.is_empty())
            && text
                .iter()
                .zip(beginning)
                .all(|(own, octet)| own == octet || *own == fold(*octet))
    }
}

/// Many of them, in 64 groups.
#[derive(Clone, Debug)]
pub(super) struct Names<T> {
    /// Every 64th of all entries is of the same one.
    groups: Vec<Vec<Entry<T>>>,
    /// For each of the first places in a name and each octet there, which groups have an entry that
    /// allows it: a bit for each.
    filter: Box<[[u64; 256]; PLACES]>,
    /// The same for each length of a name; the last is for all that are longer, too.
    lengths: [u64; LENGTHS],
}

const GROUPS: usize = 64;
/// More would not pay: what is left has another length, or is soon seen to be another name.
const PLACES: usize = 3;
const LENGTHS: usize = 64;

impl<T> Names<T> {
    pub(super) fn new(entries: Vec<Entry<T>>) -> Self {
        let mut filter = Box::new([[0; 256]; PLACES]);
        let mut lengths = [0; LENGTHS];
        let mut in_groups: Vec<Vec<Entry<T>>> = (0..GROUPS)
            .map(|_| Vec::new())
            .collect();
        for (entry, number) in entries
            .into_iter()
            .zip((0..GROUPS).cycle())
        {
            for (place, allowed) in filter.iter_mut().enumerate() {
                let own = entry.text.as_bytes().get(place);
                for (octet, groups) in (0..=u8::MAX).zip(allowed) {
                    let is_allowed = match own {
                        Some(own) => *own == fold(octet),
                        None => entry.is_beginning,
                    };
                    *groups |= u64::from(is_allowed) << number;
                }
            }
            for (length, groups) in lengths.iter_mut().enumerate() {
                let is_last = length == LENGTHS - 1;
                let is_allowed = entry.may_have(length) || is_last && entry.text.len() > length;
                *groups |= u64::from(is_allowed) << number;
            }
            if let Some(group) = in_groups.get_mut(number) {
                group.push(entry);
            }
        }
        Self {
            groups: in_groups,
            filter,
            lengths,
        }
    }

    /// In which groups there may be an entry that a name is, or begins with. For most names there is
    /// none, and that is seen from their second and third characters.
    #[inline]
    pub(super) fn groups(&self, name: &[u8]) -> Option<NonZeroU64> {
        let allowed = |place: &[u64; 256], octet: &u8| {
            place
                .get(usize::from(*octet))
                .copied()
                .unwrap_or(0)
        };
        let of_length = || {
            self.lengths
                .get(name.len().min(LENGTHS - 1))
                .copied()
                .unwrap_or(0)
        };
        let [in_first, in_second, in_third] = &*self.filter;
        match name {
            [first, second, third, ..] => {
                let likely =
                    NonZeroU64::new(allowed(in_second, second) & allowed(in_third, third))?;
                NonZeroU64::new(likely.get() & of_length() & allowed(in_first, first))
            }
            _ => NonZeroU64::new(of_length()),
        }
    }

    /// Whether one of the entries in these groups is such that a name is it, or begins with it.
    pub(super) fn any(
        &self,
        groups: NonZeroU64,
        name: &[u8],
        mut is_it: impl FnMut(&T) -> bool,
    ) -> bool {
        let mut left = groups.get();
        while left != 0 {
            let number = usize::try_from(left.trailing_zeros()).unwrap_or(0);
            left &= left.wrapping_sub(1);
            let group = self
                .groups
                .get(number)
                .map_or(&[][..], Vec::as_slice);
            for entry in group {
                if entry.is(name) && is_it(&entry.kind) {
                    return true;
                }
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The filter passes nothing over.
        #[test]
        fn finds_what_a_look_at_each_one_finds(
            entries in proptest::collection::vec(("[a-c0-]{1,20}|[a-c]{60,70}", any::<bool>()), 0..150),
            names in proptest::collection::vec("[a-cA-C0_.~-]{0,22}|[a-c]{60,70}", 1..20),
        ) {
            let entries: Vec<Entry<usize>> = entries
                .into_iter()
                .enumerate()
                .map(|(index, (text, is_beginning))| Entry { text: text.into(), is_beginning, kind: index })
                .collect();
            let all = Names::new(entries.clone());
            let known = entries.iter().map(|entry| entry.text.replace('-', "_").to_uppercase());
            for name in names.into_iter().chain(known) {
                let mut found: Vec<usize> = Vec::new();
                if let Some(groups) = all.groups(name.as_bytes()) {
                    all.any(groups, name.as_bytes(), |kind| {
                        found.push(*kind);
                        false
                    });
                }
                found.sort_unstable();
                let expected: Vec<usize> = entries
                    .iter()
                    .filter(|entry| match entry.is_beginning {
                        true => folded(&name).starts_with(&*entry.text),
                        false => folded(&name) == entry.text,
                    })
                    .map(|entry| entry.kind)
                    .collect();
                prop_assert_eq!(found, expected);
            }
        }
    }
}
