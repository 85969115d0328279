//! Stripping what a client may have forged.

use core::num::NonZeroU64;

use http::header::{CONNECTION, HeaderMap, HeaderName, HeaderValue, TRAILER};

use super::field::Field;
use super::known;
use super::names::{Entry, Names, folded};
use super::profile::HeaderProfile;

/// Names to strip, compared in folded form.
#[derive(Clone, Debug)]
pub(crate) struct StripSet {
    names: Names<Kind>,
}

/// What a header of a name is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    /// The list of this number in [`LISTS`].
    List(usize),
    Ours,
}

/// What there is in a request.
#[derive(Default)]
struct Found {
    forged: Vec<HeaderName>,
    /// Which of [`LISTS`].
    lists: [bool; LIST_COUNT],
}

/// Lists of names of headers.
static LISTS: [HeaderName; LIST_COUNT] = [
    CONNECTION,
    HeaderName::from_static("proxy-connection"),
    TRAILER,
];

const LIST_COUNT: usize = 3;

impl StripSet {
    /// The names that any product gives a certificate header, those of the profile, and those given.
    pub(crate) fn new(profile: &HeaderProfile, extra: &[HeaderName]) -> Self {
        let known = known::NAMES
            .iter()
            .map(|name| Entry::name(*name, Kind::Ours));
        let beginnings = known::PREFIXES
            .iter()
            .map(|prefix| Entry::beginning(*prefix, Kind::Ours));
        let extra = extra
            .iter()
            .map(|name| Entry::name(folded(name.as_str()), Kind::Ours));
        Self::of(
            own(profile)
                .chain(known)
                .chain(beginnings)
                .chain(extra),
        )
    }

    /// The names of the profile, and no others.
    pub(crate) fn only(profile: &HeaderProfile) -> Self {
        Self::of(own(profile))
    }

    fn of(ours: impl Iterator<Item = Entry<Kind>>) -> Self {
        let lists = LISTS
            .iter()
            .enumerate()
            .map(|(number, name)| Entry::name(folded(name.as_str()), Kind::List(number)));
        Self {
            names: Names::new(lists.chain(ours).collect()),
        }
    }

    /// Removes every header of these names, and their names from `Connection` and `Trailer`.
    pub(crate) fn strip(&self, headers: &mut HeaderMap) {
        let mut found = None;
        for name in headers.keys() {
            let octets = name.as_str().as_bytes();
            if let Some(groups) = self.names.groups(octets) {
                self.look_at(name, groups, found.get_or_insert_default());
            }
        }
        // Most requests have none.
        if let Some(found) = found {
            self.strip_found(headers, &found);
        }
    }

    /// Looks at a name that may be one of these. It is seldom asked, and must not crowd out what is asked of
    /// every name.
    #[inline(never)]
    fn look_at(&self, name: &HeaderName, groups: NonZeroU64, found: &mut Found) {
        let octets = name.as_str().as_bytes();
        let is_ours = self
            .names
            .any(groups, octets, |kind| match kind {
                Kind::Ours => true,
                Kind::List(number) => {
                    if let Some(has) = found.lists.get_mut(*number) {
                        *has = true;
                    }
                    false
                }
            });
        if is_ours {
            found.forged.push(name.clone());
        }
    }

    #[inline(never)]
    fn strip_found(&self, headers: &mut HeaderMap, found: &Found) {
        for name in &found.forged {
            headers.remove(name);
        }
        for (list, has) in LISTS.iter().zip(&found.lists) {
            if *has {
                self.strip_list(headers, list);
            }
        }
    }

    /// Whether `name` is one of these names, in any spelling.
    pub(crate) fn contains(&self, name: &[u8]) -> bool {
        self.names
            .groups(name)
            .is_some_and(|groups| {
                self.names
                    .any(groups, name, |kind| *kind == Kind::Ours)
            })
    }

    /// Whether a member of a list names one of these, also for a hop that takes quotes, parameters or
    /// white space of other alphabets off it.
    fn names(&self, token: &[u8]) -> bool {
        let is_word = token
            .iter()
            .all(|octet| is_token_octet(*octet));
        let is_letter = |octet: &u8| octet.is_ascii_alphanumeric();
        let is_name = |word: &[u8]| {
            let start = word.iter().position(is_letter);
            let end = word.iter().rposition(is_letter);
            let inner = start
                .zip(end)
                .and_then(|(start, end)| word.get(start..=end))
                .filter(|inner| inner.len() < word.len());
            self.contains(word) || inner.is_some_and(|inner| self.contains(inner))
        };
        is_name(token)
            || !is_word
                && token
                    .split(|octet| !is_token_octet(*octet))
                    .any(is_name)
    }

    /// Removes these names from the comma-separated lists of tokens in a header.
    fn strip_list(&self, headers: &mut HeaderMap, list: &HeaderName) {
        let names_ours = |value: &HeaderValue| match value.as_bytes() {
            // As most requests have it.
            word @ (b"close" | b"keep-alive") => self.contains(word),
            _ => tokens(value).any(|token| self.names(token)),
        };
        if !headers
            .get_all(list)
            .iter()
            .any(names_ours)
        {
            return;
        }
        let lines: Vec<HeaderValue> = headers
            .get_all(list)
            .iter()
            .filter_map(|line| self.without_ours(line))
            .collect();
        headers.remove(list);
        for line in lines {
            // Should the map be full, the list is lost, and nothing of ours is set either.
            let _ = headers.try_append(list, line);
        }
    }

    fn without_ours(&self, line: &HeaderValue) -> Option<HeaderValue> {
        let kept: Vec<&[u8]> = tokens(line)
            .filter(|token| !token.is_empty() && !self.names(token))
            .collect();
        match kept.is_empty() {
            true => None,
            false => HeaderValue::from_bytes(&kept.join(&b", "[..])).ok(),
        }
    }
}

fn tokens(value: &HeaderValue) -> impl Iterator<Item = &[u8]> {
    value
        .as_bytes()
        .split(|octet| *octet == b',')
        .map(<[u8]>::trim_ascii)
}

/// What a name may hold (RFC 9110 section 5.6.2).
fn is_token_octet(octet: u8) -> bool {
    octet.is_ascii_alphanumeric()
        || matches!(
            octet,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}

/// The names of a profile.
fn own(profile: &HeaderProfile) -> impl Iterator<Item = Entry<Kind>> {
    profile.rows().iter().map(|row| {
        let name = folded(row.name.as_str());
        match row.field {
            Field::NumberedChain(_) => Entry::beginning(name, Kind::Ours),
            _ => Entry::name(name, Kind::Ours),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::header::names::fold;

    fn map(headers: &[(&str, &str)]) -> HeaderMap {
        headers
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_bytes(name.as_bytes()).unwrap(),
                    HeaderValue::from_str(value).unwrap(),
                )
            })
            .collect()
    }

    fn stripped(headers: &[(&str, &str)]) -> Vec<(String, String)> {
        let own = HeaderName::from_static("x-my-cert");
        let mut headers = map(headers);
        StripSet::new(&HeaderProfile::empty(), &[own]).strip(&mut headers);
        headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect()
    }

    #[test]
    fn every_spelling_of_every_name_goes() {
        for name in known::NAMES
            .iter()
            .chain(&["x-my-cert"])
        {
            for separator in ["-", "_", ".", "~", "!"] {
                let spelling = name.replace('-', separator);
                let headers = [(&*spelling, "forged"), (&*spelling, "again"), ("host", "a")];
                assert_eq!(stripped(&headers).len(), 1, "{spelling}");
            }
        }
        for name in [
            "ssl_client_cert_chain_3",
            "CloudFront-Viewer-Cert-New",
            "ssl-client-s-dn",
        ] {
            assert_eq!(stripped(&[(name, "forged")]), [], "{name}");
        }
    }

    #[test]
    fn the_names_of_others_stay() {
        let headers = [
            ("host", "a.example"),
            ("x-client", "1"),
            ("client-certificate-policy", "x"),
            ("x-forwarded-for", "192.0.2.1"),
            ("connection", "keep-alive, x-client"),
        ];
        let owned: Vec<(String, String)> = headers
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect();
        assert_eq!(stripped(&headers), owned);
    }

    #[test]
    fn names_go_out_of_connection_and_trailer() {
        assert_eq!(
            stripped(&[
                ("connection", "close , CLIENT_CERT,  te"),
                ("connection", "client-cert"),
                ("trailer", "Client-Cert"),
                ("connection", "upgrade"),
                ("proxy-connection", "\"Client-Cert\""),
                ("trailer", "\"$wscc\""),
                ("trailer", "x-arr-clientcert;q=1"),
                ("connection", "keep-alive client-cert"),
            ]),
            [
                ("connection".to_owned(), "close, te".to_owned()),
                ("connection".to_owned(), "upgrade".to_owned()),
            ]
        );
    }

    #[test]
    fn the_table_is_folded() {
        for name in known::NAMES
            .iter()
            .chain(known::PREFIXES)
        {
            assert!(
                name.bytes()
                    .all(|octet| fold(octet) == octet),
                "{name}"
            );
        }
    }
}
