//! SPIFFE IDs (the SPIFFE-ID and X509-SVID standards).

use core::fmt;

use super::san::{SubjectAltName, SubjectAltNames};

/// A SPIFFE ID such as `spiffe://example.org/billing/api`, checked against the standard: scheme,
/// trust domain and path, and nothing else (no port, user, query or fragment).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct SpiffeId<'a> {
    id: &'a str,
    trust_domain: &'a str,
    path: &'a str,
}

impl<'a> SpiffeId<'a> {
    /// Reads a SPIFFE ID; `None` if `id` is not one.
    pub fn parse(id: &'a str) -> Option<Self> {
        const LONGEST_ID: usize = 2_048;
        const LONGEST_TRUST_DOMAIN: usize = 255;

        let rest = id.strip_prefix("spiffe://")?;
        let (trust_domain, path) = match rest.find('/') {
            Some(slash) => rest.split_at_checked(slash)?,
            None => (rest, ""),
        };
        let trust_domain_is_valid = (1..=LONGEST_TRUST_DOMAIN).contains(&trust_domain.len())
            && trust_domain
                .bytes()
                .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_'));
        let path_is_valid = path
            .split('/')
            .skip(1)
            .all(is_path_segment);
        (id.len() <= LONGEST_ID && trust_domain_is_valid && path_is_valid).then_some(Self {
            id,
            trust_domain,
            path,
        })
    }

    /// The only URI among `names`, if it is a SPIFFE ID (X509-SVID section 2).
    pub(crate) fn from_names(names: SubjectAltNames<'a>) -> Option<Self> {
        let mut uris = names.filter(SubjectAltName::may_be_uri);
        match (uris.next(), uris.next()) {
            (Some(SubjectAltName::Uri(uri)), None) => Self::parse(uri),
            _ => None,
        }
    }

    /// The whole ID.
    pub fn as_str(&self) -> &'a str {
        self.id
    }

    /// The trust domain, `example.org` above.
    pub fn trust_domain(&self) -> &'a str {
        self.trust_domain
    }

    /// The path with its leading slash, `/billing/api` above; empty if there is none.
    pub fn path(&self) -> &'a str {
        self.path
    }
}

impl fmt::Display for SpiffeId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

fn is_path_segment(segment: &str) -> bool {
    !matches!(segment, "" | "." | "..")
        && segment
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_the_standard_allows() {
        let id = SpiffeId::parse("spiffe://example.org/ns/prod/sa/Api_1.a-b").unwrap();
        assert_eq!(id.trust_domain(), "example.org");
        assert_eq!(id.path(), "/ns/prod/sa/Api_1.a-b");
        assert_eq!(
            SpiffeId::parse("spiffe://td")
                .unwrap()
                .path(),
            ""
        );
    }

    #[test]
    fn refuses_everything_else() {
        for bad in [
            "",
            "https://example.org/a",
            "SPIFFE://example.org/a",
            "spiffe://",
            "spiffe:///a",
            "spiffe://Example.org/a",
            "spiffe://example.org:443/a",
            "spiffe://user@example.org/a",
            "spiffe://example.org/",
            "spiffe://example.org/a/",
            "spiffe://example.org//a",
            "spiffe://example.org/a/../b",
            "spiffe://example.org/a?b",
            "spiffe://example.org/a#b",
            "spiffe://example.org/a%20b",
        ] {
            assert!(SpiffeId::parse(bad).is_none(), "{bad}");
        }
        assert!(SpiffeId::parse(&format!("spiffe://{}", "a".repeat(256))).is_none());
        assert!(SpiffeId::parse(&format!("spiffe://a/{}", "b".repeat(2_048))).is_none());
    }
}
