//! Stripping what a client may have forged.

use std::borrow::Cow;

use http::header::{CONNECTION, HeaderMap, HeaderName, HeaderValue, TRAILER};

use super::field::Field;
use super::known;
use super::profile::HeaderProfile;

/// Names to strip, compared in folded form: whatever their letter case, and with every character
/// that is no letter or digit taken for the same one, as CGI and its heirs do.
#[derive(Clone, Debug)]
pub(crate) struct StripSet {
    /// Folded names, sorted.
    names: Vec<String>,
    /// Folded beginnings of names.
    prefixes: Vec<Cow<'static, str>>,
}

impl StripSet {
    /// The names that any product gives a certificate header, those of the profile, and those given.
    pub(crate) fn new(profile: &HeaderProfile, extra: &[HeaderName]) -> Self {
        let mut set = Self::only(profile);
        set.names.extend(
            known::NAMES
                .iter()
                .copied()
                .map(Into::into),
        );
        set.names.extend(
            extra
                .iter()
                .map(|name| folded(name.as_str())),
        );
        set.prefixes.extend(
            known::PREFIXES
                .iter()
                .copied()
                .map(Into::into),
        );
        set.sorted()
    }

    /// The names of the profile, and no others.
    pub(crate) fn only(profile: &HeaderProfile) -> Self {
        let mut set = Self {
            names: Vec::new(),
            prefixes: Vec::new(),
        };
        for row in profile.rows() {
            let name = folded(row.name.as_str());
            match row.field {
                Field::NumberedChain(_) => set.prefixes.push(name.into()),
                _ => set.names.push(name),
            }
        }
        set.sorted()
    }

    fn sorted(mut self) -> Self {
        self.names.sort_unstable();
        self.names.dedup();
        self
    }

    /// Removes every header of these names, and their names from `Connection` and `Trailer`.
    pub(crate) fn strip(&self, headers: &mut HeaderMap) {
        let forged: Vec<HeaderName> = headers
            .keys()
            .filter(|name| self.contains(name.as_str().as_bytes()))
            .cloned()
            .collect();
        for name in &forged {
            headers.remove(name);
        }
        for list in [CONNECTION, PROXY_CONNECTION, TRAILER] {
            self.strip_list(headers, &list);
        }
    }

    /// Whether `name` is one of these names, in any spelling.
    pub(crate) fn contains(&self, name: &[u8]) -> bool {
        let found = self.names.binary_search_by(|known| {
            known
                .bytes()
                .cmp(name.iter().map(|octet| fold(*octet)))
        });
        found.is_ok()
            || self.prefixes.iter().any(|prefix| {
                name.len() >= prefix.len()
                    && prefix.bytes().eq(name
                        .iter()
                        .take(prefix.len())
                        .map(|octet| fold(*octet)))
            })
    }

    /// Whether a member of a list names one of these, also for a hop that takes quotes, parameters or
    /// white space of other alphabets off it.
    fn names(&self, token: &[u8]) -> bool {
        let is_letter = |octet: &u8| octet.is_ascii_alphanumeric();
        let is_name = |word: &[u8]| {
            let start = word.iter().position(is_letter);
            let end = word.iter().rposition(is_letter);
            let inner = start
                .zip(end)
                .and_then(|(start, end)| word.get(start..=end));
            self.contains(word) || inner.is_some_and(|inner| self.contains(inner))
        };
        is_name(token)
            || token
                .split(|octet| !is_token_octet(*octet))
                .any(is_name)
    }

    /// Removes these names from the comma-separated lists of tokens in a header.
    fn strip_list(&self, headers: &mut HeaderMap, list: &HeaderName) {
        let names_ours = |value: &HeaderValue| tokens(value).any(|token| self.names(token));
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
    octet.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&octet)
}

const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");

/// A name in folded form.
pub(crate) fn folded(name: &str) -> String {
    name.bytes()
        .map(|octet| char::from(fold(octet)))
        .collect()
}

pub(super) fn fold(octet: u8) -> u8 {
    match octet {
        b'a'..=b'z' | b'0'..=b'9' => octet,
        b'A'..=b'Z' => octet.to_ascii_lowercase(),
        _ => b'-',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
