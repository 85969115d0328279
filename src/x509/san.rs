//! Subject alternative names (RFC 5280 section 4.2.1.6).

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::der::{Reader, SEQUENCE, context, only};
use super::text::{Escaped, visible_ascii};

const RFC822_NAME: u8 = context(1);
const DNS_NAME: u8 = context(2);
const URI: u8 = context(6);
const IP_ADDRESS: u8 = context(7);

/// What [`SubjectAltName::Other`] says of what is no name at all; no name has this tag.
const UNREADABLE: u8 = 31;

/// One subject alternative name.
///
/// The texts are visible ASCII; a name that holds anything else (a NUL, a line feed, a space, an
/// octet above 0x7e) is [`Malformed`](Self::Malformed), as is an address of the wrong length.
/// They can hold `,`, `;`, `"` and `=`: a format that gives these a meaning must quote them.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum SubjectAltName<'a> {
    /// A `dNSName`, as it stands: letter case and wildcards are the certificate's.
    Dns(&'a str),
    /// An `rfc822Name`.
    Email(&'a str),
    /// An `iPAddress`.
    Ip(IpAddr),
    /// A name of one of the types above that is not of its form.
    Malformed {
        /// The context-specific tag of RFC 5280 section 4.2.1.6: 1, 2, 6 or 7.
        tag: u8,
        /// The octets that were found.
        value: &'a [u8],
    },
    /// A name of another type (`otherName`, `directoryName` and the like).
    Other {
        /// The context-specific tag; 31 for octets that are no element with such a tag.
        tag: u8,
        /// The contents octets.
        value: &'a [u8],
    },
    /// A `uniformResourceIdentifier`, as it stands.
    Uri(&'a str),
}

impl SubjectAltName<'_> {
    /// Whether this is a URI, was meant to be one, or may hide one behind what cannot be read.
    pub(crate) fn may_be_uri(&self) -> bool {
        match self {
            Self::Uri(_) => true,
            Self::Malformed { tag, .. } => *tag == 6,
            Self::Other { tag, .. } => matches!(*tag, UNREADABLE | 6),
            Self::Dns(_) | Self::Email(_) | Self::Ip(_) => false,
        }
    }
}

/// `DNS:…`, `email:…`, `IP:…`, `URI:…`, as OpenSSL prints them; for other and malformed names the
/// tag, and the octets escaped to visible ASCII.
impl fmt::Display for SubjectAltName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => write!(f, "DNS:{name}"),
            Self::Email(name) => write!(f, "email:{name}"),
            Self::Ip(address) => write!(f, "IP:{address}"),
            Self::Malformed { tag, value } => write!(f, "malformed[{tag}]:{}", Escaped(value)),
            Self::Other { tag, value } => write!(f, "other[{tag}]:{}", Escaped(value)),
            Self::Uri(uri) => write!(f, "URI:{uri}"),
        }
    }
}

/// Iterates over the subject alternative names in the certificate's order.
///
/// A bad name never hides the others. Where the extension is not a sequence of DER elements, one
/// [`SubjectAltName::Other`] with the rest of its octets and the tag 31 ends the iteration.
#[derive(Clone, Copy, Debug)]
pub struct SubjectAltNames<'a> {
    rest: &'a [u8],
    broken: bool,
}

impl<'a> SubjectAltNames<'a> {
    /// Iterates over the names in the extension's DER.
    pub(crate) fn new(value: &'a [u8]) -> Self {
        match only(value, SEQUENCE) {
            Some(sequence) => Self {
                rest: sequence.contents,
                broken: false,
            },
            None => Self {
                rest: value,
                broken: true,
            },
        }
    }
}

impl<'a> Iterator for SubjectAltNames<'a> {
    type Item = SubjectAltName<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let element = match self.broken {
            true => None,
            false => Reader::new(self.rest).next(),
        };
        let Some(element) = element else {
            let value = core::mem::take(&mut self.rest);
            return Some(SubjectAltName::Other {
                tag: UNREADABLE,
                value,
            });
        };
        self.rest = self
            .rest
            .get(element.full.len()..)
            .unwrap_or_default();
        Some(read_name(element.tag, element.contents))
    }
}

fn read_name(tag: u8, value: &[u8]) -> SubjectAltName<'_> {
    let read = match tag {
        DNS_NAME => visible_ascii(value)
            .filter(|name| !name.is_empty())
            .map(SubjectAltName::Dns),
        RFC822_NAME => visible_ascii(value)
            .filter(|name| !name.is_empty())
            .map(SubjectAltName::Email),
        URI => visible_ascii(value)
            .filter(|uri| !uri.is_empty())
            .map(SubjectAltName::Uri),
        IP_ADDRESS => read_address(value).map(SubjectAltName::Ip),
        _ => {
            const CLASS: u8 = 0xc0;
            return SubjectAltName::Other {
                tag: match tag & CLASS == context(0) {
                    true => tag & 0x1f,
                    false => UNREADABLE,
                },
                value,
            };
        }
    };
    read.unwrap_or(SubjectAltName::Malformed {
        tag: tag & 0x1f,
        value,
    })
}

fn read_address(octets: &[u8]) -> Option<IpAddr> {
    if let Ok(v4) = <[u8; 4]>::try_from(octets) {
        return Some(IpAddr::V4(Ipv4Addr::from(v4)));
    }
    let v6 = <[u8; 16]>::try_from(octets).ok()?;
    Some(IpAddr::V6(Ipv6Addr::from(v6)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extension(names: &[(u8, &[u8])]) -> Vec<u8> {
        let mut contents = Vec::new();
        for (tag, value) in names {
            contents.extend([*tag, u8::try_from(value.len()).unwrap()]);
            contents.extend_from_slice(value);
        }
        let mut der = vec![0x30];
        match u8::try_from(contents.len()).unwrap() {
            short @ 0..=0x7f => der.push(short),
            long => der.extend([0x81, long]),
        }
        der.extend(contents);
        der
    }

    #[test]
    fn a_bad_name_never_hides_the_others() {
        let der = extension(&[
            (DNS_NAME, b"a.example"),
            (DNS_NAME, b"b.example\0.evil"),
            (IP_ADDRESS, &[10, 0, 0, 1, 9]),
            (URI, "https://ü.example".as_bytes()),
            (RFC822_NAME, b"x@a.example\r\nSubject: y"),
            (0xa0, b"\x06\x01\x2a"),
            (0x9f - 1, b"?"),
            (IP_ADDRESS, &[192, 0, 2, 7]),
            (IP_ADDRESS, &[0; 16]),
            (URI, b"https://a.example/;,"),
            (RFC822_NAME, b"x@a.example"),
        ]);
        let names: Vec<String> = SubjectAltNames::new(&der)
            .map(|name| name.to_string())
            .collect();
        assert_eq!(
            names,
            [
                "DNS:a.example",
                "malformed[2]:b.example\\00.evil",
                "malformed[7]:\\0A\\00\\00\\01\\09",
                "malformed[6]:https://\\C3\\BC.example",
                "malformed[1]:x@a.example\\0D\\0ASubject: y",
                "other[0]:\\06\\01*",
                "other[30]:?",
                "IP:192.0.2.7",
                "IP:::",
                "URI:https://a.example/;,",
                "email:x@a.example",
            ]
        );
    }

    #[test]
    fn what_is_not_der_ends_the_iteration_and_is_shown() {
        let mut der = extension(&[(DNS_NAME, b"a.example"), (DNS_NAME, b"b")]);
        der[14] = 0x7f; // the second name claims more octets than there are
        let names: Vec<String> = SubjectAltNames::new(&der)
            .map(|name| name.to_string())
            .collect();
        assert_eq!(names.len(), 2, "{names:?}");
        assert_eq!(names[0], "DNS:a.example");
        assert!(names[1].starts_with("other[31]:"));
        assert_eq!(SubjectAltNames::new(b"\x30").count(), 1);
        assert_eq!(SubjectAltNames::new(&[0x30, 0]).count(), 0);
    }
}
