//! The extensions that a path is judged by, read in one pass.

use super::certificate::{MalformedCertificate, malformed};
use super::der::{OCTET_STRING, Reader, SEQUENCE, context, only};
use super::extensions::{
    BasicConstraints, ExtendedKeyUsage, Extensions, KeyUsage, MOST_EXTENSIONS, id, is_enforced,
};

/// What one pass over a certificate's extensions finds, at most [`MOST_EXTENSIONS`] of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct KnownExtensions<'a> {
    authority_key_identifier: Found<'a>,
    subject_key_identifier: Found<'a>,
    key_usage: Found<'a>,
    basic_constraints: Found<'a>,
    extended_key_usage: Found<'a>,
    alternative_names: Found<'a>,
    name_constraints: Found<'a>,
    /// How many were read.
    count: usize,
    /// Whether one cannot be read, and may be any.
    is_unreadable: bool,
    fault: Option<ExtensionFault>,
    /// Whether a critical cRLDistributionPoints stands before the fault, if there is one.
    has_critical_points: bool,
}

/// The first thing wrong with a list of extensions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ExtensionFault {
    /// One is critical, and nobody enforces it.
    UnhandledCritical,
    Unreadable(MalformedCertificate),
    /// There are more than [`MOST_EXTENSIONS`].
    TooMany,
    /// There are more than [`MOST_PURPOSES`] extended key usages.
    TooManyPurposes,
}

/// More extended key usages than any certificate needs; each question passes over all of them.
pub(crate) const MOST_PURPOSES: usize = 64;

/// The value of an extension.
#[derive(Clone, Copy, Debug, Default)]
enum Found<'a> {
    #[default]
    Nowhere,
    Once(&'a [u8]),
    Twice,
}

impl<'a> KnownExtensions<'a> {
    pub(crate) fn read(extensions: Extensions<'a>) -> Self {
        let mut known = Self::default();
        for (count, extension) in extensions.enumerate() {
            let extension = match extension {
                Ok(_) if count >= MOST_EXTENSIONS => {
                    known.note(ExtensionFault::TooMany);
                    break;
                }
                Ok(extension) => extension,
                Err(error) => {
                    known.is_unreadable = true;
                    known.note(ExtensionFault::Unreadable(error));
                    break;
                }
            };
            known.count = count + 1;
            if let Some(found) = known.place(extension.oid.as_bytes()) {
                found.add(extension.value);
            }
            if let (id::EXTENDED_KEY_USAGE, Found::Once(value)) =
                (extension.oid.as_bytes(), known.extended_key_usage)
                && has_too_many_purposes(value)
            {
                known.note(ExtensionFault::TooManyPurposes);
            }
            if extension.critical && !is_enforced(extension.oid) {
                match extension.oid.as_bytes() == id::CRL_DISTRIBUTION_POINTS {
                    true => known.has_critical_points |= known.fault.is_none(),
                    false => known.note(ExtensionFault::UnhandledCritical),
                }
            }
        }
        known
    }

    /// How many there are, as far as they were read.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// The first thing wrong with the list; where the certificate's revocation lists are is enforced by
    /// asking them.
    pub(crate) fn fault(&self, asks_lists: bool) -> Option<ExtensionFault> {
        match self.has_critical_points && !asks_lists {
            true => Some(ExtensionFault::UnhandledCritical),
            false => self.fault,
        }
    }

    pub(crate) fn key_usage(&self) -> Result<Option<KeyUsage>, MalformedCertificate> {
        self.one(self.key_usage, "keyUsage", KeyUsage::read)
    }

    pub(crate) fn extended_key_usage(
        &self,
    ) -> Result<Option<ExtendedKeyUsage<'a>>, MalformedCertificate> {
        self.one(
            self.extended_key_usage,
            "extKeyUsage",
            ExtendedKeyUsage::read,
        )
    }

    pub(crate) fn basic_constraints(
        &self,
    ) -> Result<Option<BasicConstraints>, MalformedCertificate> {
        self.one(
            self.basic_constraints,
            "basicConstraints",
            BasicConstraints::read,
        )
    }

    /// The subject key identifier, if there is one that can be read.
    pub(crate) fn subject_key_identifier(&self) -> Option<&'a [u8]> {
        let value = self
            .value(self.subject_key_identifier)
            .ok()??;
        Some(only(value, OCTET_STRING)?.contents)
    }

    /// The key identifier within the authority key identifier, if there is one that can be read.
    pub(crate) fn authority_key_identifier(&self) -> Option<&'a [u8]> {
        let value = self
            .value(self.authority_key_identifier)
            .ok()??;
        let sequence = only(value, SEQUENCE)?;
        let identifier = Reader::new(sequence.contents).optional(context(0))??;
        Some(identifier.contents)
    }

    /// The DER of the subject alternative name, if there is one.
    pub(crate) fn alternative_names(&self) -> Option<&'a [u8]> {
        self.value(self.alternative_names)
            .ok()
            .flatten()
    }

    /// The DER of the name constraints, if there are any.
    pub(crate) fn name_constraints(&self) -> Option<&'a [u8]> {
        self.value(self.name_constraints)
            .ok()
            .flatten()
    }

    fn one<T>(
        &self,
        found: Found<'a>,
        part: &'static str,
        read: impl FnOnce(&'a [u8]) -> Option<T>,
    ) -> Result<Option<T>, MalformedCertificate> {
        match self.value(found)? {
            Some(value) => read(value)
                .map(Some)
                .ok_or_else(|| malformed(part)),
            None => Ok(None),
        }
    }

    fn value(&self, found: Found<'a>) -> Result<Option<&'a [u8]>, MalformedCertificate> {
        match found {
            _ if self.is_unreadable => Err(malformed("an extension")),
            Found::Nowhere => Ok(None),
            Found::Once(value) => Ok(Some(value)),
            Found::Twice => Err(malformed("an extension that appears twice")),
        }
    }

    fn place(&mut self, oid: &[u8]) -> Option<&mut Found<'a>> {
        match oid {
            id::AUTHORITY_KEY_IDENTIFIER => Some(&mut self.authority_key_identifier),
            id::SUBJECT_KEY_IDENTIFIER => Some(&mut self.subject_key_identifier),
            id::KEY_USAGE => Some(&mut self.key_usage),
            id::BASIC_CONSTRAINTS => Some(&mut self.basic_constraints),
            id::EXTENDED_KEY_USAGE => Some(&mut self.extended_key_usage),
            id::SUBJECT_ALT_NAME => Some(&mut self.alternative_names),
            id::NAME_CONSTRAINTS => Some(&mut self.name_constraints),
            _ => None,
        }
    }

    fn note(&mut self, fault: ExtensionFault) {
        self.fault.get_or_insert(fault);
    }
}

impl<'a> Found<'a> {
    fn add(&mut self, value: &'a [u8]) {
        *self = match self {
            Self::Nowhere => Self::Once(value),
            Self::Once(_) | Self::Twice => Self::Twice,
        };
    }
}

fn has_too_many_purposes(value: &[u8]) -> bool {
    only(value, SEQUENCE).is_some_and(|purposes| {
        let mut reader = Reader::new(purposes.contents);
        (0..=MOST_PURPOSES).all(|_| reader.next().is_some())
    })
}
