//! What RFC 5280 section 4 asks of whoever issues certificates, and a path can hold without: judged only
//! where the policy demands it.

use crate::policy::ProfileFault;
use crate::x509::der::{Reader, SEQUENCE, context, only};
use crate::x509::{Certificate, Extension, SubjectAltName, SubjectAltNames, id};

/// What a certificate is on its path.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Role {
    Leaf,
    Issuer,
}

/// The first rule that `certificate` breaks, if any.
pub(super) fn check(certificate: &Certificate<'_>, role: Role) -> Result<(), ProfileFault> {
    check_serial(certificate)?;
    check_key_identifiers(certificate, role)?;
    for extension in certificate
        .extensions()
        .map_while(Result::ok)
    {
        check_extension(&extension, certificate, role)?;
    }
    Ok(())
}

/// Section 4.1.2.2.
fn check_serial(certificate: &Certificate<'_>) -> Result<(), ProfileFault> {
    const LONGEST: usize = 20;
    let octets = certificate.serial().as_bytes();
    let is_positive = octets
        .first()
        .is_some_and(|first| *first < 0x80)
        && octets.iter().any(|octet| *octet != 0);
    match is_positive && octets.len() <= LONGEST {
        true => Ok(()),
        false => Err(ProfileFault::SerialNumber),
    }
}

/// Sections 4.2.1.1 and 4.2.1.2.
fn check_key_identifiers(certificate: &Certificate<'_>, role: Role) -> Result<(), ProfileFault> {
    let is_self_issued = certificate.issuer().as_der() == certificate.subject().as_der();
    if !is_self_issued
        && certificate
            .authority_key_identifier()
            .is_none()
    {
        return Err(ProfileFault::NoAuthorityKeyIdentifier);
    }
    let has_identifier = certificate
        .subject_key_identifier()
        .is_some();
    match role == Role::Issuer && !has_identifier {
        true => Err(ProfileFault::NoSubjectKeyIdentifier),
        false => Ok(()),
    }
}

fn check_extension(
    extension: &Extension<'_>,
    certificate: &Certificate<'_>,
    role: Role,
) -> Result<(), ProfileFault> {
    let not_critical = |name| match extension.critical {
        true => Ok(()),
        false => Err(ProfileFault::NotCritical(name)),
    };
    match extension.oid.as_bytes() {
        id::BASIC_CONSTRAINTS if role == Role::Issuer => not_critical("basicConstraints"),
        id::POLICY_CONSTRAINTS => not_critical("policyConstraints"),
        id::INHIBIT_ANY_POLICY => not_critical("inhibitAnyPolicy"),
        id::NAME_CONSTRAINTS if role == Role::Leaf => Err(ProfileFault::NameConstraintsOfLeaf),
        id::NAME_CONSTRAINTS => {
            not_critical("nameConstraints")?;
            match are_constraints(extension.value) {
                Some(true) => Ok(()),
                _ => Err(ProfileFault::Unreadable("nameConstraints")),
            }
        }
        id::SUBJECT_ALT_NAME => {
            if certificate.subject().is_empty() {
                not_critical("subjectAltName beside an empty subject")?;
            }
            check_alternative_names(SubjectAltNames::new(extension.value))
        }
        id::AUTHORITY_INFO_ACCESS => match is_sequence_of_sequences(extension.value) {
            true => Ok(()),
            false => Err(ProfileFault::Unreadable("authorityInfoAccess")),
        },
        _ => Ok(()),
    }
}

/// Section 4.2.1.6: at least one name, each of its form.
fn check_alternative_names(names: SubjectAltNames<'_>) -> Result<(), ProfileFault> {
    let mut count = 0;
    for name in names {
        count += 1;
        let is_in_form = match name {
            SubjectAltName::Dns(name) => is_preferred_syntax(name),
            SubjectAltName::Malformed { .. } => false,
            _ => true,
        };
        if !is_in_form {
            return Err(ProfileFault::AlternativeName);
        }
    }
    match count {
        0 => Err(ProfileFault::Unreadable("subjectAltName")),
        _ => Ok(()),
    }
}

/// RFC 1034 section 3.5 with RFC 1123 section 2.1, and a wildcard as its first label.
fn is_preferred_syntax(name: &str) -> bool {
    let name = name.strip_prefix("*.").unwrap_or(name);
    let mut label = 0;
    let mut last = b'.';
    for octet in name.bytes() {
        match octet {
            b'.' if matches!(last, b'.' | b'-') => return false,
            b'.' => label = 0,
            b'-' if last == b'.' => return false,
            b'-' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => label += 1,
            _ => return false,
        }
        if label > 63 {
            return false;
        }
        last = octet;
    }
    name.len() <= 253 && !matches!(last, b'.' | b'-')
}

/// Section 4.2.1.10: one list at least, each of one base at least, and each base of its form.
fn are_constraints(value: &[u8]) -> Option<bool> {
    let mut lists = Reader::new(only(value, SEQUENCE)?.contents);
    let mut are_in_form = !lists.is_empty();
    while !lists.is_empty() {
        let mut subtrees = Reader::new(lists.next()?.contents);
        are_in_form &= !subtrees.is_empty();
        while !subtrees.is_empty() {
            let subtree = subtrees.expect(SEQUENCE)?;
            let base = Reader::new(subtree.contents).next()?;
            are_in_form &= match base.tag {
                DNS_NAME => is_dns_constraint(base.contents),
                IP_ADDRESS => is_network(base.contents),
                _ => true,
            };
        }
    }
    Some(are_in_form)
}

const DNS_NAME: u8 = context(2);
const IP_ADDRESS: u8 = context(7);

/// A host or a domain, without a period or a wildcard before it; the empty one is that of all names.
fn is_dns_constraint(name: &[u8]) -> bool {
    core::str::from_utf8(name)
        .is_ok_and(|name| name.is_empty() || !name.starts_with("*.") && is_preferred_syntax(name))
}

/// An address and a mask of as many octets, whose ones all stand before its zeros (RFC 4632).
fn is_network(octets: &[u8]) -> bool {
    let Some((_, mask)) = octets.split_at_checked(octets.len() / 2) else {
        return false;
    };
    let mut rest = mask
        .iter()
        .skip_while(|octet| **octet == 0xff);
    matches!(octets.len(), 8 | 32)
        && rest
            .next()
            .is_none_or(|border| border.leading_ones() + border.trailing_zeros() == 8)
        && rest.all(|octet| *octet == 0)
}

/// Section 4.2.2.1: AccessDescriptions, at least one.
fn is_sequence_of_sequences(value: &[u8]) -> bool {
    let Some(list) = only(value, SEQUENCE) else {
        return false;
    };
    let mut reader = Reader::new(list.contents);
    let mut count = 0;
    while !reader.is_empty() {
        if reader.expect(SEQUENCE).is_none() {
            return false;
        }
        count += 1;
    }
    count > 0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same, label by label.
    fn has_good_labels(name: &str) -> bool {
        let name = name.strip_prefix("*.").unwrap_or(name);
        name.len() <= 253
            && name.split('.').all(|label| {
                (1..=63).contains(&label.len())
                    && !label.starts_with('-')
                    && !label.ends_with('-')
                    && label
                        .bytes()
                        .all(|octet| octet.is_ascii_alphanumeric() || octet == b'-')
            })
    }

    #[test]
    fn names_are_of_labels() {
        for good in ["a", "a.b", "*.a", "1-a.B", &"a".repeat(63)] {
            assert!(is_preferred_syntax(good), "{good}");
        }
        let long = [
            "a".repeat(60),
            "b".repeat(60),
            "c".repeat(60),
            "d".repeat(60),
        ]
        .join(".");
        assert!(is_preferred_syntax(&format!("{long}.{}", "e".repeat(9))));
        for bad in [
            "",
            ".",
            "a.",
            ".a",
            "a..b",
            "-a",
            "a-",
            "a.-b",
            "a-.b",
            "a_b",
            "*",
            "*.",
            "a.*.b",
            "*.*.a",
            "\u{e4}",
            &"a".repeat(64),
            &format!("{long}.{}", "e".repeat(10)),
        ] {
            assert!(!is_preferred_syntax(bad), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn names_are_of_such_labels(name in "[*]?[.]?([aZ0_-]{0,3}[.]?){0,4}|[a.]{240,260}|a{60,66}") {
            prop_assert_eq!(is_preferred_syntax(&name), has_good_labels(&name));
        }
    }
}
