//! Distinguished names as text: RFC 4514, in the form that `openssl -nameopt RFC2253` prints and
//! that nginx, HAProxy and Envoy put into headers.

use core::fmt::{self, Write as _};

use super::der::{OBJECT_IDENTIFIER, Reader, SEQUENCE, SET, only};
use super::oid::ObjectIdentifier;
use super::text::{ascii, write_escaped_octet, write_octets};

/// A distinguished name.
///
/// It displays as OpenSSL's `-nameopt RFC2253` prints it: the last RDN first, `,` between RDNs and
/// `+` within one, attribute types by OpenSSL's short names, and every octet of the value's UTF-8
/// that is not visible ASCII or a space as `\XX`. A value that is no character string, or of a type
/// without a short name, displays as `#` and its DER in upper-case hexadecimal. The text is visible
/// ASCII and spaces, always; a space at its end can only be an escaped one, as OpenSSL writes it
/// (`CN=a\ `), and a format that trims spaces must see to that.
///
/// The text differs from OpenSSL's in these cases:
///
/// - A value of a single `#` is escaped, as RFC 4514 section 2.4 demands.
/// - Short names are those of the attribute types of names; OpenSSL has some for other object
///   identifiers (`msUPN`), which stand as numbers here.
/// - The numbers of a type stand in full, where OpenSSL cuts them after 79 characters; arcs above
///   2^128 - 1 stand as [`ObjectIdentifier`] displays them.
/// - A value that is BER and not DER (a string in pieces, or a BIT STRING whose unused bits are not
///   zero) displays as `#` and its octets as they are.
/// - What OpenSSL does not read at all has a text here: strings of the types VisibleString, UTCTime
///   and GeneralizedTime display as text; other types, and strings that hold what is no character
///   (a surrogate in a BMPString), as `#` and their DER; a name that is not DER as `#` and its
///   octets.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct Name<'a>(pub(crate) &'a [u8]);

impl<'a> Name<'a> {
    /// The DER of the name, its outer SEQUENCE included.
    pub fn as_der(&self) -> &'a [u8] {
        self.0
    }

    /// Whether the name has no RDN at all.
    pub fn is_empty(&self) -> bool {
        self.contents()
            .is_none_or(<[u8]>::is_empty)
    }

    /// What stands within the outer SEQUENCE: the form in which webpki compares names.
    pub(crate) fn contents(&self) -> Option<&'a [u8]> {
        Some(only(self.0, SEQUENCE)?.contents)
    }

    /// The value of the first common name, escaped as in the whole name's text.
    #[cfg(feature = "http")]
    pub(crate) fn common_name(&self) -> Option<String> {
        const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
        let attributes = self.attributes()?;
        let common_name = attributes
            .iter()
            .rfind(|attribute| attribute.oid.as_bytes() == COMMON_NAME)?;
        let text = common_name.to_string();
        text.split_once('=')
            .map(|(_, value)| value.to_owned())
    }

    /// `/C=GB/CN=alice`, in the certificate's order: a value that holds `/`, `\`, or what is not
    /// visible ASCII has `\XX` in its place.
    #[cfg(feature = "http")]
    pub(crate) fn oneline(&self) -> String {
        let Some(attributes) = self.attributes() else {
            return self.to_string();
        };
        let mut text = String::new();
        for attribute in attributes.iter().rev() {
            text.push('/');
            text.push_str(&attribute.oneline());
        }
        text
    }

    /// The attributes in the order of OpenSSL's text, each with what stands before it.
    pub(super) fn attributes(&self) -> Option<Vec<Attribute<'a>>> {
        let mut attributes = Vec::new();
        let mut rdns = Reader::new(self.contents()?);
        while !rdns.is_empty() {
            let mut set = Reader::new(rdns.expect(SET)?.contents);
            let mut separator = ",";
            while !set.is_empty() {
                let mut pair = Reader::new(set.expect(SEQUENCE)?.contents);
                let oid = ObjectIdentifier(pair.expect(OBJECT_IDENTIFIER)?.contents);
                let value = pair.next()?;
                if !pair.is_empty() {
                    return None;
                }
                attributes.push(Attribute {
                    oid,
                    tag: value.tag,
                    contents: value.contents,
                    der: value.full,
                    separator,
                });
                separator = "+";
            }
        }
        // Reversed, an attribute stands behind the one that followed it: so does its separator.
        attributes.reverse();
        Some(attributes)
    }
}

impl fmt::Debug for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({self})")
    }
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        let Some(attributes) = self.attributes() else {
            return write_hex(f, self.0);
        };
        let mut separator = "";
        for attribute in attributes {
            f.write_str(separator)?;
            attribute.fmt(f)?;
            separator = attribute.separator;
        }
        Ok(())
    }
}

pub(super) struct Attribute<'a> {
    pub(super) oid: ObjectIdentifier<'a>,
    pub(super) tag: u8,
    contents: &'a [u8],
    pub(super) der: &'a [u8],
    /// What separates it from the attribute that the certificate has before it.
    separator: &'static str,
}

#[cfg(feature = "http")]
impl Attribute<'_> {
    fn oneline(&self) -> String {
        let value = short_name(self.oid.as_bytes())
            .zip(utf8(self.tag, self.contents))
            .map(|(name, value)| {
                let value: String = value
                    .iter()
                    .enumerate()
                    .map(|(index, octet)| match octet {
                        b'/' | b'\\' => format!("\\{octet:02X}"),
                        b'#' if index == 0 => "\\23".to_owned(),
                        0x20..=0x7e => char::from(*octet).to_string(),
                        _ => format!("\\{octet:02X}"),
                    })
                    .collect();
                format!("{name}={value}")
            });
        value.unwrap_or_else(|| self.to_string())
    }
}

impl fmt::Display for Attribute<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(name) = short_name(self.oid.as_bytes()) else {
            write!(f, "{}=", self.oid)?;
            return write_hex(f, self.der);
        };
        f.write_str(name)?;
        f.write_str("=")?;
        match utf8(self.tag, self.contents) {
            Some(utf8) => write_escaped(f, &utf8),
            None => write_hex(f, self.der),
        }
    }
}

fn write_hex(f: &mut fmt::Formatter<'_>, der: &[u8]) -> fmt::Result {
    f.write_str("#")?;
    write_octets(f, der)
}

fn write_escaped(f: &mut fmt::Formatter<'_>, utf8: &[u8]) -> fmt::Result {
    let last = utf8.len().saturating_sub(1);
    // Where what stands as it is begins: written at once, since each call of a formatter costs more than a
    // character.
    let mut begin = 0;
    for (index, octet) in utf8.iter().enumerate() {
        let is_escaped = match octet {
            b' ' => index == 0 || index == last,
            b'#' => index == 0,
            b'"' | b'+' | b',' | b';' | b'<' | b'>' | b'\\' => true,
            _ => false,
        };
        let is_visible = matches!(octet, 0x20..=0x7e);
        if is_visible && !is_escaped {
            continue;
        }
        f.write_str(ascii(
            utf8.get(begin..index)
                .unwrap_or_default(),
        ))?;
        begin = index + 1;
        match is_visible {
            true => {
                f.write_str("\\")?;
                f.write_char(char::from(*octet))?;
            }
            false => write_escaped_octet(f, *octet)?,
        }
    }
    f.write_str(ascii(utf8.get(begin..).unwrap_or_default()))
}

/// The value of a character string as UTF-8; `None` if `tag` is no character string of OpenSSL's
/// (`tag2nbyte` in its `crypto/asn1/tbl_standard.h` has the same list) or a character is none.
fn utf8(tag: u8, contents: &[u8]) -> Option<Vec<u8>> {
    const UTF8: u8 = 12;
    const NUMERIC: u8 = 18;
    const PRINTABLE: u8 = 19;
    const TELETEX: u8 = 20;
    const IA5: u8 = 22;
    const UTC_TIME: u8 = 23;
    const GENERALIZED_TIME: u8 = 24;
    const VISIBLE: u8 = 26;
    const UNIVERSAL: u8 = 28;
    const BMP: u8 = 30;

    match tag {
        UTF8 => core::str::from_utf8(contents)
            .ok()
            .map(|text| text.as_bytes().to_vec()),
        // Octets stand for the characters of Latin-1.
        NUMERIC | PRINTABLE | TELETEX | IA5 | UTC_TIME | GENERALIZED_TIME | VISIBLE => Some(
            contents
                .iter()
                .map(|octet| char::from(*octet))
                .collect::<String>()
                .into_bytes(),
        ),
        BMP => wide(contents, 2),
        UNIVERSAL => wide(contents, 4),
        _ => None,
    }
}

/// Characters of `width` octets each, big-endian, as UTF-8.
fn wide(contents: &[u8], width: usize) -> Option<Vec<u8>> {
    let mut chunks = contents.chunks_exact(width);
    let mut text = String::with_capacity(contents.len());
    for chunk in chunks.by_ref() {
        let value = chunk
            .iter()
            .fold(0, |value, octet| value << 8 | u32::from(*octet));
        text.push(char::from_u32(value)?);
    }
    chunks
        .remainder()
        .is_empty()
        .then(|| text.into_bytes())
}

/// OpenSSL's short name of an attribute type, for those that occur in names.
fn short_name(oid: &[u8]) -> Option<&'static str> {
    let (table, arc): (&[(u8, &str)], u8) = match oid {
        [0x55, 0x04, arc] => (X520, *arc),
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, arc] => (PILOT, *arc),
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, arc] => (PKCS9, *arc),
        [
            0x2b,
            0x06,
            0x01,
            0x04,
            0x01,
            0x82,
            0x37,
            0x3c,
            0x02,
            0x01,
            arc,
        ] => (JURISDICTION, *arc),
        [0x2a, 0x85, 0x03, 0x64, arc] => (RUSSIAN, *arc),
        [0x2a, 0x85, 0x03, 0x03, 0x81, 0x03, 0x01, 0x01] => return Some("INN"),
        _ => return None,
    };
    table
        .binary_search_by_key(&arc, |(arc, _)| *arc)
        .ok()
        .and_then(|index| table.get(index))
        .map(|(_, name)| *name)
}

/// X.520: 2.5.4.
const X520: &[(u8, &str)] = &[
    (3, "CN"),
    (4, "SN"),
    (5, "serialNumber"),
    (6, "C"),
    (7, "L"),
    (8, "ST"),
    (9, "street"),
    (10, "O"),
    (11, "OU"),
    (12, "title"),
    (13, "description"),
    (14, "searchGuide"),
    (15, "businessCategory"),
    (16, "postalAddress"),
    (17, "postalCode"),
    (18, "postOfficeBox"),
    (19, "physicalDeliveryOfficeName"),
    (20, "telephoneNumber"),
    (21, "telexNumber"),
    (22, "teletexTerminalIdentifier"),
    (23, "facsimileTelephoneNumber"),
    (24, "x121Address"),
    (25, "internationaliSDNNumber"),
    (26, "registeredAddress"),
    (27, "destinationIndicator"),
    (28, "preferredDeliveryMethod"),
    (29, "presentationAddress"),
    (30, "supportedApplicationContext"),
    (31, "member"),
    (32, "owner"),
    (33, "roleOccupant"),
    (34, "seeAlso"),
    (35, "userPassword"),
    (36, "userCertificate"),
    (37, "cACertificate"),
    (38, "authorityRevocationList"),
    (39, "certificateRevocationList"),
    (40, "crossCertificatePair"),
    (41, "name"),
    (42, "GN"),
    (43, "initials"),
    (44, "generationQualifier"),
    (45, "x500UniqueIdentifier"),
    (46, "dnQualifier"),
    (47, "enhancedSearchGuide"),
    (48, "protocolInformation"),
    (49, "distinguishedName"),
    (50, "uniqueMember"),
    (51, "houseIdentifier"),
    (52, "supportedAlgorithms"),
    (53, "deltaRevocationList"),
    (54, "dmdName"),
    (65, "pseudonym"),
    (72, "role"),
    (97, "organizationIdentifier"),
    (98, "c3"),
    (99, "n3"),
    (100, "dnsName"),
];

/// RFC 4524: 0.9.2342.19200300.100.1.
const PILOT: &[(u8, &str)] = &[
    (1, "UID"),
    (2, "textEncodedORAddress"),
    (3, "mail"),
    (4, "info"),
    (5, "favouriteDrink"),
    (6, "roomNumber"),
    (7, "photo"),
    (8, "userClass"),
    (9, "host"),
    (10, "manager"),
    (11, "documentIdentifier"),
    (12, "documentTitle"),
    (13, "documentVersion"),
    (14, "documentAuthor"),
    (15, "documentLocation"),
    (20, "homeTelephoneNumber"),
    (21, "secretary"),
    (22, "otherMailbox"),
    (23, "lastModifiedTime"),
    (24, "lastModifiedBy"),
    (25, "DC"),
    (26, "aRecord"),
    (27, "pilotAttributeType27"),
    (28, "mXRecord"),
    (29, "nSRecord"),
    (30, "sOARecord"),
    (31, "cNAMERecord"),
    (37, "associatedDomain"),
    (38, "associatedName"),
    (39, "homePostalAddress"),
    (40, "personalTitle"),
    (41, "mobileTelephoneNumber"),
    (42, "pagerTelephoneNumber"),
    (43, "friendlyCountryName"),
    (44, "uid"),
    (45, "organizationalStatus"),
    (46, "janetMailbox"),
    (47, "mailPreferenceOption"),
    (48, "buildingName"),
    (49, "dSAQuality"),
    (50, "singleLevelQuality"),
    (51, "subtreeMinimumQuality"),
    (52, "subtreeMaximumQuality"),
    (53, "personalSignature"),
    (54, "dITRedirect"),
    (55, "audio"),
    (56, "documentPublisher"),
];

/// PKCS #9: 1.2.840.113549.1.9.
const PKCS9: &[(u8, &str)] = &[
    (1, "emailAddress"),
    (2, "unstructuredName"),
    (3, "contentType"),
    (4, "messageDigest"),
    (5, "signingTime"),
    (6, "countersignature"),
    (7, "challengePassword"),
    (8, "unstructuredAddress"),
    (9, "extendedCertificateAttributes"),
    (14, "extReq"),
    (15, "SMIME-CAPS"),
    (16, "SMIME"),
    (20, "friendlyName"),
    (21, "localKeyID"),
];

/// Extended validation: 1.3.6.1.4.1.311.60.2.1.
const JURISDICTION: &[(u8, &str)] = &[
    (1, "jurisdictionL"),
    (2, "jurisdictionST"),
    (3, "jurisdictionC"),
];

/// Russian identifiers: 1.2.643.100.
const RUSSIAN: &[(u8, &str)] = &[
    (1, "OGRN"),
    (3, "SNILS"),
    (5, "OGRNIP"),
    (111, "subjectSignTool"),
    (112, "issuerSignTool"),
    (113, "classSignTool"),
];
