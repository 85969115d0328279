//! The view of one certificate (RFC 5280 section 4.1).

use core::fmt;

use sha2::{Digest, Sha256};
use thiserror::Error;

use super::der::{
    BIT_STRING, Element, INTEGER, OBJECT_IDENTIFIER, Reader, SEQUENCE, context,
    context_constructed, only,
};
use super::extensions::{BasicConstraints, ExtendedKeyUsage, Extension, Extensions, KeyUsage, id};
use super::name::Name;
use super::san::SubjectAltNames;
use super::spiffe::SpiffeId;
use super::text::{LONGEST_TEXT, capped, visible_ascii};
use super::time::Validity;

/// A certificate that is not one DER SEQUENCE of the parts that RFC 5280 section 4.1 names.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("{part} cannot be read as DER (RFC 5280 section 4.1)")]
pub struct MalformedCertificate {
    pub(crate) part: &'static str,
}

/// A borrowed, lazy view of a certificate's DER.
///
/// Making one walks over the certificate's parts and copies nothing; what a part holds is read when
/// it is asked for. The view is for describing a certificate; it says nothing about its worth.
///
/// ```
/// use edge_mtls::Certificate;
///
/// fn describe(der: &[u8]) -> Result<String, edge_mtls::MalformedCertificate> {
///     let certificate = Certificate::from_der(der)?;
///     Ok(format!(
///         "{} issued by {}",
///         certificate.subject(),
///         certificate.issuer()
///     ))
/// }
/// assert!(describe(b"not a certificate").is_err());
/// ```
#[derive(Clone, Copy)]
pub struct Certificate<'a> {
    der: &'a [u8],
    tbs: &'a [u8],
    version: u8,
    serial: &'a [u8],
    inner_signature_algorithm: &'a [u8],
    issuer: &'a [u8],
    validity: &'a [u8],
    subject: &'a [u8],
    spki: &'a [u8],
    extensions: &'a [u8],
    signature_algorithm: &'a [u8],
    signature: &'a [u8],
}

impl<'a> Certificate<'a> {
    /// Views `der`, which must be exactly one certificate with nothing behind it.
    ///
    /// # Errors
    ///
    /// [`MalformedCertificate`] names the first part that is not where RFC 5280 section 4.1 puts
    /// it. What the parts hold is hardly looked at: an unknown version, a serial number of 40 octets
    /// or an unreadable extension is no error here.
    pub fn from_der(der: &'a [u8]) -> Result<Self, MalformedCertificate> {
        let mut certificate = Self::unread(der);
        certificate.read()?;
        Ok(certificate)
    }

    /// Views as much of `der` as can be read; what cannot be read is empty.
    pub(crate) fn describe(der: &'a [u8]) -> Self {
        let mut certificate = Self::unread(der);
        // As far as it goes.
        let _ = certificate.read();
        certificate
    }

    fn unread(der: &'a [u8]) -> Self {
        Self {
            der,
            tbs: &[],
            version: 1,
            serial: &[],
            inner_signature_algorithm: &[],
            issuer: &[],
            validity: &[],
            subject: &[],
            spki: &[],
            extensions: &[],
            signature_algorithm: &[],
            signature: &[],
        }
    }

    fn read(&mut self) -> Result<(), MalformedCertificate> {
        let outer = only(self.der, SEQUENCE).ok_or(malformed("Certificate"))?;
        let mut outer = Reader::new(outer.contents);
        let tbs = part(outer.expect(SEQUENCE), "tbsCertificate")?;
        self.tbs = tbs.full;

        let mut tbs = Reader::new(tbs.contents);
        self.version = read_version(&mut tbs).ok_or(malformed("version"))?;
        self.serial = part(tbs.expect(INTEGER), "serialNumber")?.contents;
        self.inner_signature_algorithm = part(tbs.expect(SEQUENCE), "signature")?.contents;
        self.issuer = part(tbs.expect(SEQUENCE), "issuer")?.full;
        self.validity = part(tbs.expect(SEQUENCE), "validity")?.contents;
        self.subject = part(tbs.expect(SEQUENCE), "subject")?.full;
        self.spki = part(tbs.expect(SEQUENCE), "subjectPublicKeyInfo")?.full;
        for unique_id in [context(1), context(2)] {
            tbs.optional(unique_id)
                .ok_or(malformed("issuerUniqueID or subjectUniqueID"))?;
        }
        if let Some(extensions) = tbs
            .optional(context_constructed(3))
            .ok_or(malformed("extensions"))?
        {
            self.extensions = only(extensions.contents, SEQUENCE)
                .ok_or(malformed("extensions"))?
                .contents;
        }
        if !tbs.is_empty() {
            return Err(malformed("the end of tbsCertificate"));
        }

        self.signature_algorithm = part(outer.expect(SEQUENCE), "signatureAlgorithm")?.contents;
        self.signature = match part(outer.expect(BIT_STRING), "signatureValue")?.contents {
            [0, bits @ ..] => bits,
            _ => return Err(malformed("signatureValue")),
        };
        if !outer.is_empty() {
            return Err(malformed("the end of Certificate"));
        }
        Ok(())
    }

    /// The DER that this is a view of.
    pub fn der(&self) -> &'a [u8] {
        self.der
    }

    /// The X.509 version: 1, 2 or 3, or what the certificate claims beyond that.
    pub fn version(&self) -> u8 {
        self.version
    }

    /// The serial number.
    pub fn serial(&self) -> SerialNumber<'a> {
        SerialNumber(self.serial)
    }

    /// The issuer's name.
    pub fn issuer(&self) -> Name<'a> {
        Name(self.issuer)
    }

    /// The subject's name; it may be empty where a subject alternative name says who it is.
    pub fn subject(&self) -> Name<'a> {
        Name(self.subject)
    }

    /// The validity period, or `None` if a date is not in the form of RFC 5280 section 4.1.2.5.
    pub fn validity(&self) -> Option<Validity> {
        Validity::read(self.validity)
    }

    /// The subject alternative names, in the certificate's order; none if there is no such
    /// extension or more than one (which RFC 5280 section 4.2 forbids), or if the list of extensions
    /// cannot be read.
    pub fn subject_alt_names(&self) -> SubjectAltNames<'a> {
        match self.find_extension(id::SUBJECT_ALT_NAME) {
            Ok(Some(extension)) => SubjectAltNames::new(extension.value),
            Ok(None) | Err(_) => SubjectAltNames::new(&[0x30, 0x00]),
        }
    }

    /// The SPIFFE ID, if this is a certificate in the form of an X.509-SVID: exactly one URI among
    /// its subject alternative names, and that a valid SPIFFE ID.
    pub fn spiffe_id(&self) -> Option<SpiffeId<'a>> {
        SpiffeId::from_names(self.subject_alt_names())
    }

    /// The key usage, or `None` if there is no such extension or it cannot be read.
    pub fn key_usage(&self) -> Option<KeyUsage> {
        self.key_usage_extension()
            .ok()
            .flatten()
    }

    /// The extended key usages, or `None` if there is no such extension or it cannot be read.
    pub fn extended_key_usage(&self) -> Option<ExtendedKeyUsage<'a>> {
        self.extended_key_usage_extension()
            .ok()
            .flatten()
    }

    /// Where the issuer answers questions about the status of the certificate (RFC 5280 section 4.2.2.1,
    /// RFC 6960): the first such address that is a URI in visible ASCII. It is the CA's word; the crate
    /// never asks there.
    pub fn ocsp_address(&self) -> Option<&'a str> {
        let extension = self
            .find_extension(id::AUTHORITY_INFO_ACCESS)
            .ok()??;
        let mut descriptions = Reader::new(only(extension.value, SEQUENCE)?.contents);
        while let Some(description) = descriptions.expect(SEQUENCE) {
            let mut fields = Reader::new(description.contents);
            let method = fields.expect(OBJECT_IDENTIFIER)?;
            let location = fields.next()?;
            if method.contents == id::OCSP && location.tag == context(6) {
                return visible_ascii(location.contents).filter(|uri| !uri.is_empty());
            }
        }
        None
    }

    /// The SHA-256 of the DER: the certificate's usual fingerprint.
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(self.der).into()
    }

    /// The DER of the SubjectPublicKeyInfo.
    pub fn subject_public_key_info(&self) -> &'a [u8] {
        self.spki
    }

    pub(crate) fn tbs(&self) -> &'a [u8] {
        self.tbs
    }

    /// The contents of the outer AlgorithmIdentifier.
    pub(crate) fn signature_algorithm(&self) -> &'a [u8] {
        self.signature_algorithm
    }

    pub(crate) fn has_one_signature_algorithm(&self) -> bool {
        self.signature_algorithm == self.inner_signature_algorithm
    }

    pub(crate) fn signature(&self) -> &'a [u8] {
        self.signature
    }

    pub(crate) fn extensions(&self) -> Extensions<'a> {
        Extensions::new(self.extensions)
    }

    pub(crate) fn key_usage_extension(&self) -> Result<Option<KeyUsage>, MalformedCertificate> {
        self.read_extension(id::KEY_USAGE, "keyUsage", KeyUsage::read)
    }

    pub(crate) fn extended_key_usage_extension(
        &self,
    ) -> Result<Option<ExtendedKeyUsage<'a>>, MalformedCertificate> {
        self.read_extension(
            id::EXTENDED_KEY_USAGE,
            "extKeyUsage",
            ExtendedKeyUsage::read,
        )
    }

    pub(crate) fn basic_constraints(
        &self,
    ) -> Result<Option<BasicConstraints>, MalformedCertificate> {
        self.read_extension(
            id::BASIC_CONSTRAINTS,
            "basicConstraints",
            BasicConstraints::read,
        )
    }

    /// The subject key identifier, if there is one that can be read.
    pub(crate) fn subject_key_identifier(&self) -> Option<&'a [u8]> {
        let extension = self
            .find_extension(id::SUBJECT_KEY_IDENTIFIER)
            .ok()??;
        Some(only(extension.value, super::der::OCTET_STRING)?.contents)
    }

    /// The key identifier within the authority key identifier, if there is one that can be read.
    pub(crate) fn authority_key_identifier(&self) -> Option<&'a [u8]> {
        let extension = self
            .find_extension(id::AUTHORITY_KEY_IDENTIFIER)
            .ok()??;
        let sequence = only(extension.value, SEQUENCE)?;
        let identifier = Reader::new(sequence.contents).optional(context(0))??;
        Some(identifier.contents)
    }

    fn read_extension<T>(
        &self,
        oid: &[u8],
        part: &'static str,
        read: impl FnOnce(&'a [u8]) -> Option<T>,
    ) -> Result<Option<T>, MalformedCertificate> {
        match self.find_extension(oid)? {
            Some(extension) => read(extension.value)
                .map(Some)
                .ok_or_else(|| malformed(part)),
            None => Ok(None),
        }
    }

    /// The extension `oid`; an error if it is there twice, or any cannot be read and may hide it.
    pub(crate) fn find_extension(
        &self,
        oid: &[u8],
    ) -> Result<Option<Extension<'a>>, MalformedCertificate> {
        let mut found = None;
        for extension in self.extensions() {
            let extension = extension?;
            if extension.oid.as_bytes() == oid && found.replace(extension).is_some() {
                return Err(malformed("an extension that appears twice"));
            }
        }
        Ok(found)
    }
}

impl fmt::Debug for Certificate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field(
                "serial",
                &format_args!("{}", capped(self.serial(), LONGEST_TEXT)),
            )
            .field(
                "subject",
                &format_args!("{}", capped(self.subject(), LONGEST_TEXT)),
            )
            .field(
                "issuer",
                &format_args!("{}", capped(self.issuer(), LONGEST_TEXT)),
            )
            .finish_non_exhaustive()
    }
}

/// A serial number: the contents octets of a DER INTEGER, big-endian two's complement.
///
/// Displays as upper-case hexadecimal without separators and without the octet that only carries
/// the sign, as `openssl x509 -serial` does (`03A5B1`); zero is `00`. A negative number, which
/// RFC 5280 section 4.1.2.2 forbids, displays as its octets.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct SerialNumber<'a>(&'a [u8]);

impl<'a> SerialNumber<'a> {
    /// The contents octets of an INTEGER.
    pub(crate) fn from_contents(contents: &'a [u8]) -> Self {
        Self(contents)
    }

    /// The octets as the certificate has them.
    pub fn as_bytes(&self) -> &'a [u8] {
        self.0
    }

    /// The octets without a leading zero octet that only carries the sign.
    pub fn magnitude(&self) -> &'a [u8] {
        match self.0 {
            [0, rest @ ..] if !rest.is_empty() => rest,
            all => all,
        }
    }
}

impl fmt::Display for SerialNumber<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.magnitude()
            .iter()
            .try_for_each(|octet| write!(f, "{octet:02X}"))
    }
}

/// The SubjectPublicKeyInfo of `der` by the smallest possible walk: what stands behind it is not
/// looked at, so that possession can be proven for any leaf that a client can sign with.
pub(crate) fn subject_public_key_info(der: &[u8]) -> Result<&[u8], MalformedCertificate> {
    let outer = only(der, SEQUENCE).ok_or(malformed("Certificate"))?;
    let tbs = part(
        Reader::new(outer.contents).expect(SEQUENCE),
        "tbsCertificate",
    )?;
    let mut tbs = Reader::new(tbs.contents);
    read_version(&mut tbs).ok_or(malformed("version"))?;
    part(tbs.expect(INTEGER), "serialNumber")?;
    for name in ["signature", "issuer", "validity", "subject"] {
        part(tbs.expect(SEQUENCE), name)?;
    }
    Ok(part(tbs.expect(SEQUENCE), "subjectPublicKeyInfo")?.full)
}

fn read_version(tbs: &mut Reader<'_>) -> Option<u8> {
    let Some(tagged) = tbs.optional(context_constructed(0))? else {
        return Some(1);
    };
    match only(tagged.contents, INTEGER)?.contents {
        [version @ 0..=0x7e] => Some(version + 1),
        _ => None,
    }
}

fn part<'a>(
    element: Option<Element<'a>>,
    name: &'static str,
) -> Result<Element<'a>, MalformedCertificate> {
    element.ok_or_else(|| malformed(name))
}

pub(crate) const fn malformed(part: &'static str) -> MalformedCertificate {
    MalformedCertificate { part }
}
