//! What a certificate must be to become a trust anchor.

use pki_types::{CertificateDer, SubjectPublicKeyInfoDer, TrustAnchor};

use super::{AnchorFault, Parts};
use crate::x509::der::{Reader, SEQUENCE, context_constructed, only};
use crate::x509::{
    Certificate, LONGEST_TEXT, MOST_EXTENSIONS, ObjectIdentifier, Validity, capped, id, is_enforced,
};

/// The exceptions that a host allows.
#[derive(Debug, Default)]
pub(super) struct AnchorRules {
    pub(super) allow_non_ca: bool,
    pub(super) allow_unhandled_critical_extensions: bool,
    pub(super) allow_other_purposes: bool,
}

/// What the checks found out.
pub(super) struct Checked {
    pub(super) parts: Parts,
    pub(super) validity: Validity,
    pub(super) path_len: Option<usize>,
}

pub(super) fn check(
    certificate: &Certificate<'_>,
    rules: &AnchorRules,
) -> Result<Checked, AnchorFault> {
    let malformed = |part: &str| AnchorFault::Malformed(part.into());

    let subject = certificate
        .subject()
        .contents()
        .ok_or_else(|| malformed("subject"))?;
    if subject.is_empty() {
        return Err(AnchorFault::EmptySubject);
    }
    let validity = check_validity(certificate)?;
    if !certificate.has_one_signature_algorithm() {
        return Err(malformed(
            "signature algorithm, which is named twice and differently,",
        ));
    }
    check_extensions(certificate, rules)?;
    let path_len = check_is_ca(certificate, rules)?;
    check_purpose(certificate, rules)?;

    check_name_constraints(certificate)?;
    check_key(certificate)?;
    let der = CertificateDer::from(certificate.der());
    let anchor = webpki::anchor_from_trusted_cert(&der)
        .map_err(|error| AnchorFault::Malformed(format!("structure ({error})")))?;
    let parts = parts(certificate, &anchor).ok_or_else(|| malformed("structure"))?;
    Ok(Checked {
        parts,
        validity,
        path_len,
    })
}

/// What webpki made of an anchor lies within its DER; `None` if not.
fn parts(certificate: &Certificate<'_>, anchor: &TrustAnchor<'_>) -> Option<Parts> {
    let der = certificate.der();
    let range = |part: &[u8]| {
        let start = part
            .as_ptr()
            .addr()
            .checked_sub(der.as_ptr().addr())?;
        let range = start..start.checked_add(part.len())?;
        (der.get(range.clone()) == Some(part)).then_some(range)
    };
    Some(Parts {
        spki: range(certificate.subject_public_key_info())?,
        subject: range(&anchor.subject)?,
        spki_contents: range(&anchor.subject_public_key_info)?,
        name_constraints: match &anchor.name_constraints {
            Some(constraints) => Some(range(constraints)?),
            None => None,
        },
    })
}

/// Whether a leaf can be pinned: it must say when it is valid, and have a key that can prove possession.
pub(super) fn check_pinned(certificate: &Certificate<'_>) -> Result<Validity, AnchorFault> {
    let validity = check_validity(certificate)?;
    check_key(certificate)?;
    Ok(validity)
}

fn check_validity(certificate: &Certificate<'_>) -> Result<Validity, AnchorFault> {
    let validity = certificate
        .validity()
        .ok_or_else(|| AnchorFault::Malformed("validity".into()))?;
    match validity.not_before > validity.not_after {
        true => Err(AnchorFault::EmptyValidity {
            not_before: validity.not_before,
            not_after: validity.not_after,
        }),
        false => Ok(validity),
    }
}

fn check_key(certificate: &Certificate<'_>) -> Result<(), AnchorFault> {
    let spki = SubjectPublicKeyInfoDer::from(certificate.subject_public_key_info());
    match webpki::RawPublicKeyEntity::try_from(&spki) {
        Ok(_) => Ok(()),
        Err(_) => Err(AnchorFault::Malformed("subjectPublicKeyInfo".into())),
    }
}

fn check_extensions(certificate: &Certificate<'_>, rules: &AnchorRules) -> Result<(), AnchorFault> {
    let mut seen: Vec<ObjectIdentifier<'_>> = Vec::new();
    for extension in certificate.extensions() {
        let extension = extension.map_err(|_| AnchorFault::Malformed("extensions".into()))?;
        let oid = extension.oid;
        if seen.len() >= MOST_EXTENSIONS {
            return Err(AnchorFault::Malformed(format!(
                "list of more than {MOST_EXTENSIONS} extensions"
            )));
        }
        if seen.contains(&oid) {
            return Err(AnchorFault::DuplicateExtension {
                oid: capped(oid, LONGEST_TEXT),
            });
        }
        seen.push(oid);
        if extension.critical && !is_enforced(oid) && !rules.allow_unhandled_critical_extensions {
            return Err(AnchorFault::UnhandledCriticalExtension {
                oid: capped(oid, LONGEST_TEXT),
            });
        }
    }
    if !seen.is_empty() && certificate.version() != 3 {
        return Err(AnchorFault::Malformed(
            "version, which is not 3 although there are extensions,".into(),
        ));
    }
    Ok(())
}

/// Whether it is a CA's; returns the path length that it allows.
fn check_is_ca(
    certificate: &Certificate<'_>,
    rules: &AnchorRules,
) -> Result<Option<usize>, AnchorFault> {
    let malformed = |error: crate::MalformedCertificate| AnchorFault::Malformed(error.part.into());
    let constraints = certificate
        .basic_constraints()
        .map_err(malformed)?;
    let key_usage = certificate
        .key_usage_extension()
        .map_err(malformed)?;
    let may_sign = key_usage.is_none_or(|usage| usage.key_cert_sign());

    let path_len = constraints.and_then(|constraints| constraints.path_len);
    let is_ca = constraints.is_some_and(|constraints| constraints.ca);
    if path_len.is_some() && !is_ca {
        return Err(AnchorFault::Malformed(
            "basicConstraints, which limit the path of what is no CA,".into(),
        ));
    }
    let missing_mark = match constraints {
        _ if rules.allow_non_ca => None,
        None if certificate.version() < 3 => Some("X.509 v1 has no basicConstraints"),
        None => Some("it has no basicConstraints"),
        Some(_) if !is_ca => Some("its basicConstraints say CA:FALSE"),
        Some(_) if !may_sign => Some("its keyUsage lacks keyCertSign"),
        Some(_) => None,
    };
    match missing_mark {
        Some(mark) => Err(AnchorFault::NotCa(mark)),
        None => Ok(path_len),
    }
}

fn check_purpose(certificate: &Certificate<'_>, rules: &AnchorRules) -> Result<(), AnchorFault> {
    const ANY_EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25, 0];
    let usage = certificate
        .extended_key_usage_extension()
        .map_err(|error| AnchorFault::Malformed(error.part.into()))?;
    match usage {
        Some(usage)
            if !rules.allow_other_purposes
                && !usage.client_auth()
                && !usage
                    .purposes()
                    .any(|purpose| purpose.as_bytes() == ANY_EXTENDED_KEY_USAGE) =>
        {
            Err(AnchorFault::OtherPurpose(capped(usage, LONGEST_TEXT)))
        }
        _ => Ok(()),
    }
}

/// Name constraints are enforced by webpki, which accepts nothing below those that it cannot judge
/// for every certificate: an anchor with such is an error here, not for each client.
fn check_name_constraints(certificate: &Certificate<'_>) -> Result<(), AnchorFault> {
    let malformed = || AnchorFault::Malformed("nameConstraints".into());
    let constraints = certificate
        .extensions()
        .filter_map(Result::ok)
        .find(|extension| extension.oid.as_bytes() == id::NAME_CONSTRAINTS);
    let Some(constraints) = constraints else {
        return Ok(());
    };
    let sequence = only(constraints.value, SEQUENCE).ok_or_else(malformed)?;
    let mut lists = Reader::new(sequence.contents);
    for list in [context_constructed(0), context_constructed(1)] {
        let Some(list) = lists
            .optional(list)
            .ok_or_else(malformed)?
        else {
            continue;
        };
        let mut subtrees = Reader::new(list.contents);
        while !subtrees.is_empty() {
            let subtree = subtrees
                .expect(SEQUENCE)
                .ok_or_else(malformed)?;
            let mut subtree = Reader::new(subtree.contents);
            let base = subtree.next().ok_or_else(malformed)?;
            if base.tag == context_constructed(4) {
                return Err(AnchorFault::DirectoryNameConstraint);
            }
            if !subtree.is_empty() {
                return Err(malformed()); // minimum and maximum, which RFC 5280 forbids
            }
        }
    }
    match lists.is_empty() {
        true => Ok(()),
        false => Err(malformed()),
    }
}
