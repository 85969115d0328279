//! Reading a CertificateList (RFC 5280 section 5.1).

use sha2::{Digest, Sha256};

use super::entries::Entries;
use super::serials::LONGEST_SERIAL;
use super::{Inner, KnownSignatures, ListFault, ListScope};
use crate::x509::der::{
    BIT_STRING, GENERALIZED_TIME, INTEGER, Reader, SEQUENCE, UTC_TIME, context,
    context_constructed, only,
};
use crate::x509::{
    Extension, Extensions, LONGEST_TEXT, MOST_EXTENSIONS, Name, ObjectIdentifier, Time, capped, id,
};

pub(super) fn parse(der: &[u8]) -> Result<Inner, ListFault> {
    let mut outer = Reader::new(part(only(der, SEQUENCE), "CertificateList")?.contents);
    let tbs_element = part(outer.expect(SEQUENCE), "tbsCertList")?;
    let signature_algorithm = part(outer.expect(SEQUENCE), "signatureAlgorithm")?.contents;
    let bits = part(outer.expect(BIT_STRING), "signatureValue")?.contents;
    let [0, signature @ ..] = bits else {
        return Err(ListFault::Malformed("signatureValue"));
    };
    if !outer.is_empty() {
        return Err(ListFault::Malformed("the end of CertificateList"));
    }

    let mut tbs = Reader::new(tbs_element.contents);
    let is_v2 = match part(tbs.optional(INTEGER), "version")? {
        None => false,
        Some(version) if version.contents == [1] => true,
        Some(_) => return Err(ListFault::Malformed("version, which is neither 1 nor 2,")),
    };
    if part(tbs.expect(SEQUENCE), "signature")?.contents != signature_algorithm {
        return Err(ListFault::Malformed(
            "the signature algorithm, which is named twice and differently,",
        ));
    }
    let issuer = Name(part(tbs.expect(SEQUENCE), "issuer")?.full);
    if issuer.is_empty() {
        return Err(ListFault::EmptyIssuer);
    }
    let this_update = part(Time::read(&mut tbs), "thisUpdate")?;
    let next_update = match tbs.rest().first() {
        Some(&(UTC_TIME | GENERALIZED_TIME)) => Some(part(Time::read(&mut tbs), "nextUpdate")?),
        _ => None,
    };
    let revoked = part(tbs.optional(SEQUENCE), "revokedCertificates")?;
    let behind_entries = tbs.rest();
    let extensions = match part(tbs.optional(context_constructed(0)), "crlExtensions")? {
        Some(_) if !is_v2 => {
            return Err(ListFault::Malformed("a v1 list, which has extensions,"));
        }
        Some(tagged) => part(only(tagged.contents, SEQUENCE), "crlExtensions")?.contents,
        None => &[],
    };
    if !tbs.is_empty() {
        return Err(ListFault::Malformed("the end of tbsCertList"));
    }
    // The extensions first: they say what kind of list it is.
    let extensions = ListExtensions::read(extensions, issuer)?;
    let entries = revoked.map_or(&[][..], |revoked| revoked.contents);
    let head = tbs_element
        .full
        .len()
        .saturating_sub(entries.len() + behind_entries.len());
    Ok(Inner {
        issuer: issuer.as_der().into(),
        number: extensions.number.map(Into::into),
        authority_key_identifier: extensions
            .authority_key_identifier
            .map(Into::into),
        scope: extensions.scope,
        this_update,
        next_update,
        head: tbs_element
            .full
            .get(..head)
            .unwrap_or_default()
            .into(),
        entries: Entries::read(entries, is_v2)?,
        tail: behind_entries.into(),
        signature_algorithm: signature_algorithm.into(),
        signature: signature.into(),
        known_signatures: KnownSignatures::default(),
        sha256: Sha256::digest(der).into(),
    })
}

/// The issuer of a list, as far as one can be read, for reports of what is refused.
pub(in super::super) fn issuer_of(der: &[u8]) -> Option<Name<'_>> {
    let outer = only(der, SEQUENCE)?;
    let mut tbs = Reader::new(
        Reader::new(outer.contents)
            .expect(SEQUENCE)?
            .contents,
    );
    tbs.optional(INTEGER)?;
    tbs.expect(SEQUENCE)?;
    Some(Name(tbs.expect(SEQUENCE)?.full))
}

/// What the extensions of a list say.
struct ListExtensions<'a> {
    number: Option<&'a [u8]>,
    authority_key_identifier: Option<&'a [u8]>,
    scope: ListScope,
}

impl<'a> ListExtensions<'a> {
    fn read(extensions: &'a [u8], issuer: Name<'_>) -> Result<Self, ListFault> {
        let mut found = Self {
            number: None,
            authority_key_identifier: None,
            scope: ListScope::ALL,
        };
        let mut seen: Vec<ObjectIdentifier<'_>> = Vec::new();
        for extension in Extensions::new(extensions) {
            let extension = extension.map_err(|_| ListFault::Malformed("crlExtensions"))?;
            if seen.len() >= MOST_EXTENSIONS {
                return Err(ListFault::Malformed("more than 64 extensions"));
            }
            if seen.contains(&extension.oid) {
                return Err(ListFault::DuplicateExtension {
                    oid: capped(extension.oid, LONGEST_TEXT),
                });
            }
            seen.push(extension.oid);
            found.add(extension, issuer)?;
        }
        Ok(found)
    }

    fn add(&mut self, extension: Extension<'a>, issuer: Name<'_>) -> Result<(), ListFault> {
        match extension.oid.as_bytes() {
            id::AUTHORITY_KEY_IDENTIFIER => {
                self.authority_key_identifier = part(
                    read_key_identifier(extension.value),
                    "authorityKeyIdentifier",
                )?;
            }
            id::CRL_NUMBER if extension.critical => return Err(ListFault::CriticalNumber),
            id::CRL_NUMBER => {
                self.number = Some(part(read_number(extension.value), "cRLNumber")?);
            }
            id::DELTA_CRL_INDICATOR => return Err(ListFault::Delta),
            id::ISSUING_DISTRIBUTION_POINT => {
                self.scope = ListScope::read(extension.value, issuer)?;
            }
            _ if extension.critical => {
                return Err(ListFault::UnhandledCriticalExtension {
                    oid: capped(extension.oid, LONGEST_TEXT),
                });
            }
            _ => {}
        }
        Ok(())
    }
}

/// The keyIdentifier of an AuthorityKeyIdentifier, which may have none.
fn read_key_identifier(value: &[u8]) -> Option<Option<&[u8]>> {
    let sequence = only(value, SEQUENCE)?;
    let identifier = Reader::new(sequence.contents).optional(context(0))?;
    Some(identifier.map(|identifier| identifier.contents))
}

/// An INTEGER that is not negative.
fn read_number(value: &[u8]) -> Option<&[u8]> {
    match only(value, INTEGER)?.contents {
        contents @ [0..=0x7f, ..] if contents.len() <= LONGEST_SERIAL => Some(contents),
        _ => None,
    }
}

fn part<T>(found: Option<T>, name: &'static str) -> Result<T, ListFault> {
    found.ok_or(ListFault::Malformed(name))
}
