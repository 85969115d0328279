//! The view of a certificate, against text that is written down here, against the `openssl`
//! command where there is one, and against the certificates of rcgen as x509-cert reads them.

mod support;

use std::collections::BTreeSet;
use std::fmt::{Debug, Display};
use std::fs;
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use edge_mtls::{CertChain, Certificate, KeyUsage, SpiffeId, SubjectAltName, Time};
use proptest::prelude::*;
use proptest::sample::Index;
use rcgen::{
    CertificateParams, CustomExtension, DistinguishedName, DnType, DnValue,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PublicKeyData, SanType,
};
use support::der::*;
use x509_cert::der::{Decode, Encode};
use x509_cert::ext::pkix;

static KEY: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate().unwrap());

// Names as text.

/// What OpenSSL makes of a name.
enum Openssl {
    /// The same text.
    Same,
    /// Another text: one of the cases that the documentation of `Name` lists.
    Differs(&'static str),
    /// It cannot read a certificate with this name.
    Refuses,
}
use Openssl::{Differs, Refuses, Same};

/// Names, our text, and OpenSSL's.
#[rustfmt::skip]
fn vectors() -> Vec<(Vec<u8>, &'static str, Openssl)> {
    let of = |kind, value: &str| attribute(kind, UTF8_STRING, value.as_bytes());
    let a = |value| of(COMMON_NAME, value);
    let cn = |tag, value: &[u8]| name(COMMON_NAME, tag, value);
    let utf8 = |value: &str| cn(UTF8_STRING, value.as_bytes());
    let nothing: [&[u8]; 0] = [];

    vec![
        // The order of RDNs, and within one.
        (sequence(&nothing), "", Same),
        (sequence(&[set(&[a("a")]), set(&[a("b")])]), "CN=b,CN=a", Same),
        (sequence(&[set(&[a("a"), a("b"), a("c")])]), "CN=c+CN=b+CN=a", Same),
        (sequence(&[set(&[a("a"), a("a")])]), "CN=a+CN=a", Same),
        (
            sequence(&[
                set(&[of("2.5.4.6", "DE")]),
                set(&[of("2.5.4.10", "O"), of("2.5.4.11", "U")]),
                set(&[a("a"), of("0.9.2342.19200300.100.1.1", "u")]),
            ]),
            "UID=u+CN=a,OU=U+O=O,C=DE",
            Same,
        ),
        (sequence(&[set(&nothing)]), "", Same),
        (sequence(&[set(&[a("a")]), set(&nothing), set(&[a("b")])]), "CN=b,CN=a", Same),

        // Every escape, and its neighbours that need none.
        (utf8(r#"Jim "x" <y>;\z"#), r#"CN=Jim \"x\" \<y\>\;\\z"#, Same),
        (utf8("R+D, Inc."), r"CN=R\+D\, Inc.", Same),
        (utf8("a=b/c'd!$%&()*-.:?@[]^_`{|}~"), "CN=a=b/c'd!$%&()*-.:?@[]^_`{|}~", Same),
        (utf8(""), "CN=", Same),
        (utf8(" "), r"CN=\ ", Same),
        (utf8("  "), r"CN=\ \ ", Same),
        (utf8("   "), r"CN=\  \ ", Same),
        (utf8(" a b "), r"CN=\ a b\ ", Same),
        (utf8("# "), r"CN=\#\ ", Same),
        (utf8(" #"), r"CN=\ #", Same),
        (utf8("##"), r"CN=\##", Same),
        (utf8("a#"), "CN=a#", Same),
        (utf8("#0C0161"), r"CN=\#0C0161", Same),
        (utf8("#"), r"CN=\#", Differs("CN=#")),
        (utf8("a\\"), r"CN=a\\", Same),

        // What could split a line or a text, or turn it around.
        (utf8("a\r\nb"), r"CN=a\0D\0Ab", Same),
        (utf8("a\0b"), r"CN=a\00b", Same),
        (utf8("\t\u{7f}\u{1b}"), r"CN=\09\7F\1B", Same),
        (utf8("Люк"), r"CN=\D0\9B\D1\8E\D0\BA", Same),
        (utf8("\u{202e}a\u{2066}"), r"CN=\E2\80\AEa\E2\81\A6", Same),
        (utf8("\u{85}\u{a0}"), r"CN=\C2\85\C2\A0", Same),
        (utf8("\u{1f600}\u{10ffff}"), r"CN=\F0\9F\98\80\F4\8F\BF\BF", Same),
        (utf8("\u{feff}a\u{2028}"), r"CN=\EF\BB\BFa\E2\80\A8", Same),

        // Every string type.
        (cn(PRINTABLE_STRING, b"a_@*\xff"), r"CN=a_@*\C3\BF", Same),
        (cn(IA5_STRING, b"a@b\x80"), r"CN=a@b\C2\80", Same),
        (cn(TELETEX_STRING, b"caf\xe9"), r"CN=caf\C3\A9", Same),
        (cn(NUMERIC_STRING, b"1 2"), "CN=1 2", Same),
        (cn(BMP_STRING, b"\0a\x20\xac\0,"), r"CN=a\E2\82\AC\,", Same),
        (cn(BMP_STRING, b"\0 \0a\0 "), r"CN=\ a\ ", Same),
        (cn(BMP_STRING, b""), "CN=", Same),
        (cn(UNIVERSAL_STRING, b"\0\0\0#\0\x01\xf6\0"), r"CN=\#\F0\9F\98\80", Same),
        (cn(VISIBLE_STRING, b"vis\xe9"), r"CN=vis\C3\A9", Refuses),
        (cn(UTC_TIME, b"230921015017Z"), "CN=230921015017Z", Refuses),
        (cn(GENERALIZED_TIME, b"20230921015017Z"), "CN=20230921015017Z", Refuses),

        // Strings of what is no character.
        (cn(UTF8_STRING, b"a\xff"), "CN=#0C0261FF", Refuses),
        (cn(UTF8_STRING, b"\xc0\x80"), "CN=#0C02C080", Refuses),
        (cn(UTF8_STRING, b"\xed\xa0\x80"), "CN=#0C03EDA080", Refuses),
        (cn(BMP_STRING, b"\xd8\x3d\xde\x00"), "CN=#1E04D83DDE00", Refuses),
        (cn(BMP_STRING, b"\0ab"), "CN=#1E03006162", Refuses),
        (cn(UNIVERSAL_STRING, b"\0\x11\0\0"), "CN=#1C0400110000", Refuses),
        (cn(UNIVERSAL_STRING, b"\0\0\xd8\0"), "CN=#1C040000D800", Refuses),
        (cn(UNIVERSAL_STRING, b"\0\0a"), "CN=#1C03000061", Refuses),

        // Values that are no character string, or none that OpenSSL has in names.
        (cn(BIT_STRING, b"\0\xa0"), "CN=#030200A0", Same),
        (cn(0x30, b"\x05\0"), "CN=#30020500", Same),
        (cn(0x09, b"\x01"), "CN=#090101", Same),
        (cn(0x1d, b"x"), "CN=#1D0178", Same),
        (cn(0x01, b"\xff"), "CN=#0101FF", Refuses),
        (cn(0x02, b"\x05"), "CN=#020105", Refuses),
        (cn(0x04, b"abc"), "CN=#0403616263", Refuses),
        (cn(0x05, b""), "CN=#0500", Refuses),
        (cn(0x06, b"\x2a\x03"), "CN=#06022A03", Refuses),
        (cn(VIDEOTEX_STRING, b"v"), "CN=#150176", Refuses),
        (cn(GRAPHIC_STRING, b"g"), "CN=#190167", Refuses),
        (cn(GENERAL_STRING, b"g"), "CN=#1B0167", Refuses),
        (cn(0x31, b"\x05\0"), "CN=#31020500", Refuses),
        (cn(0x80, b"a"), "CN=#800161", Refuses),
        (cn(0x5e, b"a"), "CN=#5E0161", Refuses),

        // What is BER and not DER: a string in pieces, and unused bits that are not zero.
        (cn(0x2c, b"\x0c\x01a"), "CN=#2C030C0161", Differs("CN=a")),
        (cn(BIT_STRING, b"\x04\xff"), "CN=#030204FF", Differs("CN=#030204F0")),

        // Attribute types without a short name.
        (name("1.2.3", UTF8_STRING, b"x"), "1.2.3=#0C0178", Same),
        (name("2.5.4.200", BMP_STRING, b"\0x"), "2.5.4.200=#1E020078", Same),
        (name("2.999", UTF8_STRING, b""), "2.999=#0C00", Same),
        (
            name("2.25.340282366920938463463374607431768211455", UTF8_STRING, b"x"),
            "2.25.340282366920938463463374607431768211455=#0C0178",
            Same,
        ),
        (
            // 2.25 and then 2^128.
            name_of_type(&[0x69, 0x84, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
                0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00]),
            "0.6984808080808080808080808080808080808000=#0C0178",
            Differs("2.25.340282366920938463463374607431768211456=#0C0178"),
        ),
        (
            name(&["1.3", &".1234567".repeat(10)].concat(), UTF8_STRING, b"x"),
            "1.3.1234567.1234567.1234567.1234567.1234567.1234567.1234567.1234567.1234567.1234567\
             =#0C0178",
            Differs(
                "1.3.1234567.1234567.1234567.1234567.1234567.1234567.1234567.1234567.1234567.123\
                 =#0C0178",
            ),
        ),
        (
            name("1.3.6.1.4.1.311.20.2.3", UTF8_STRING, b"x"),
            "1.3.6.1.4.1.311.20.2.3=#0C0178",
            Differs("msUPN=x"),
        ),
        (name_of_type(&[]), "0.=#0C0178", Refuses),
        (name_of_type(&[0x55, 0x84]), "0.5584=#0C0178", Refuses),
        (name_of_type(&[0x55, 0x80, 0x01]), "0.558001=#0C0178", Refuses),

        // What is a SEQUENCE and no name.
        (tlv(0x30, b"\xff\xff"), "#3002FFFF", Refuses),
        (sequence(&[sequence(&[a("a")])]), "#300C300A300806035504030C0161", Refuses),
        (sequence(&[set(&[set(&nothing)])]), "#300431023100", Refuses),
        (sequence(&[set(&[sequence(&[oid("2.5.4.3")])])]), "#3009310730050603550403", Refuses),
        (
            sequence(&[set(&[sequence(&[oid("2.5.4.3"), tlv(12, b"a"), tlv(5, b"")])])]),
            "#300E310C300A06035504030C01610500",
            Refuses,
        ),
    ]
}

/// A name with one attribute, of the type that has these contents octets.
fn name_of_type(contents: &[u8]) -> Vec<u8> {
    sequence(&[set(&[sequence(&[
        tlv(0x06, contents),
        tlv(UTF8_STRING, b"x"),
    ])])])
}

#[test]
fn names_have_the_text_that_is_written_down() {
    for (name, expected, _) in vectors() {
        assert_eq!(text(&name), expected, "{name:02x?}");
    }
}

#[test]
fn names_have_the_text_of_openssl() {
    let Some(openssl) = OpensslCommand::find("names") else {
        return;
    };
    let names: Vec<_> = vectors()
        .into_iter()
        .map(|(name, _, _)| name)
        .collect();
    let subjects = openssl.subjects(&names);
    for ((name, ours, theirs), subject) in vectors().iter().zip(subjects) {
        let expected = match theirs {
            Same => Some(*ours),
            Differs(theirs) => Some(*theirs),
            Refuses => None,
        };
        assert_eq!(subject.as_deref(), expected, "{name:02x?}");
    }
}

/// The attribute types that have a short name: their common arcs, then the last arcs and names.
const ATTRIBUTE_TYPES: [(&str, &str); 6] = [
    (
        "2.5.4.",
        "3 CN 4 SN 5 serialNumber 6 C 7 L 8 ST 9 street 10 O 11 OU 12 title 13 description \
         14 searchGuide 15 businessCategory 16 postalAddress 17 postalCode 18 postOfficeBox \
         19 physicalDeliveryOfficeName 20 telephoneNumber 21 telexNumber \
         22 teletexTerminalIdentifier 23 facsimileTelephoneNumber 24 x121Address \
         25 internationaliSDNNumber 26 registeredAddress 27 destinationIndicator \
         28 preferredDeliveryMethod 29 presentationAddress 30 supportedApplicationContext \
         31 member 32 owner 33 roleOccupant 34 seeAlso 35 userPassword 36 userCertificate \
         37 cACertificate 38 authorityRevocationList 39 certificateRevocationList \
         40 crossCertificatePair 41 name 42 GN 43 initials 44 generationQualifier \
         45 x500UniqueIdentifier 46 dnQualifier 47 enhancedSearchGuide 48 protocolInformation \
         49 distinguishedName 50 uniqueMember 51 houseIdentifier 52 supportedAlgorithms \
         53 deltaRevocationList 54 dmdName 65 pseudonym 72 role 97 organizationIdentifier 98 c3 \
         99 n3 100 dnsName",
    ),
    (
        "0.9.2342.19200300.100.1.",
        "1 UID 2 textEncodedORAddress 3 mail 4 info 5 favouriteDrink 6 roomNumber 7 photo \
         8 userClass 9 host 10 manager 11 documentIdentifier 12 documentTitle 13 documentVersion \
         14 documentAuthor 15 documentLocation 20 homeTelephoneNumber 21 secretary \
         22 otherMailbox 23 lastModifiedTime 24 lastModifiedBy 25 DC 26 aRecord \
         27 pilotAttributeType27 28 mXRecord 29 nSRecord 30 sOARecord 31 cNAMERecord \
         37 associatedDomain 38 associatedName 39 homePostalAddress 40 personalTitle \
         41 mobileTelephoneNumber 42 pagerTelephoneNumber 43 friendlyCountryName 44 uid \
         45 organizationalStatus 46 janetMailbox 47 mailPreferenceOption 48 buildingName \
         49 dSAQuality 50 singleLevelQuality 51 subtreeMinimumQuality 52 subtreeMaximumQuality \
         53 personalSignature 54 dITRedirect 55 audio 56 documentPublisher",
    ),
    (
        "1.2.840.113549.1.9.",
        "1 emailAddress 2 unstructuredName 3 contentType 4 messageDigest 5 signingTime \
         6 countersignature 7 challengePassword 8 unstructuredAddress \
         9 extendedCertificateAttributes 14 extReq 15 SMIME-CAPS 16 SMIME 20 friendlyName \
         21 localKeyID",
    ),
    (
        "1.3.6.1.4.1.311.60.2.1.",
        "1 jurisdictionL 2 jurisdictionST 3 jurisdictionC",
    ),
    (
        "1.2.643.100.",
        "1 OGRN 3 SNILS 5 OGRNIP 111 subjectSignTool 112 issuerSignTool 113 classSignTool",
    ),
    ("1.2.643.3.131.1.", "1 INN"),
];

/// Each of [`ATTRIBUTE_TYPES`] as dotted decimal, and its short name.
fn attribute_types() -> impl Iterator<Item = (String, &'static str)> {
    ATTRIBUTE_TYPES
        .into_iter()
        .flat_map(|(arcs, last_arcs)| {
            let words: Vec<&str> = last_arcs.split_whitespace().collect();
            words
                .chunks(2)
                .map(|pair| (format!("{arcs}{}", pair[0]), pair[1]))
                .collect::<Vec<_>>()
        })
}

/// One name of each attribute type there is, and its text.
fn name_of_all_types() -> (Vec<u8>, String) {
    let rdns: Vec<_> = attribute_types()
        .map(|(kind, _)| set(&[attribute(&kind, UTF8_STRING, b"x")]))
        .collect();
    let mut texts: Vec<_> = attribute_types()
        .map(|(_, name)| format!("{name}=x"))
        .collect();
    texts.reverse();
    (sequence(&rdns), texts.join(","))
}

#[test]
fn attribute_types_have_short_names() {
    let (name, expected) = name_of_all_types();
    assert_eq!(text(&name), expected);

    // Their neighbours have none.
    let named: BTreeSet<String> = attribute_types()
        .map(|(kind, _)| kind)
        .collect();
    for (arcs, _) in ATTRIBUTE_TYPES {
        for last in 0..=128 {
            let kind = format!("{arcs}{last}");
            if !named.contains(&kind) {
                let expected = format!("{kind}=#0C0178");
                assert_eq!(text(&name_of(&kind)), expected);
            }
        }
    }
}

fn name_of(kind: &str) -> Vec<u8> {
    name(kind, UTF8_STRING, b"x")
}

#[test]
fn attribute_types_have_the_short_names_of_openssl() {
    let Some(openssl) = OpensslCommand::find("types") else {
        return;
    };
    let (name, expected) = name_of_all_types();
    assert_eq!(openssl.subjects(&[name]), [Some(expected)]);
}

#[test]
fn random_names_have_the_text_of_openssl() {
    const NAMES: usize = 300;

    let Some(openssl) = OpensslCommand::find("random") else {
        return;
    };
    let seed = std::env::var("EDGE_MTLS_SEED").map_or(1, |seed| seed.parse().unwrap());
    println!("EDGE_MTLS_SEED={seed}");
    let mut random = Random(seed);
    let names: Vec<_> = (0..NAMES)
        .map(|_| random.name())
        .collect();
    for (name, theirs) in names
        .iter()
        .zip(openssl.subjects(&names))
    {
        assert_eq!(
            theirs,
            Some(text(name)),
            "EDGE_MTLS_SEED={seed}: {name:02x?}"
        );
    }
}

/// SplitMix64: names that OpenSSL can read, without the cases in which its text is another.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }

    fn name(&mut self) -> Vec<u8> {
        let rdns: Vec<_> = (0..self.below(5))
            .map(|_| {
                let attributes: Vec<_> = (0..1 + self.below(3))
                    .map(|_| self.attribute())
                    .collect();
                set(&attributes)
            })
            .collect();
        sequence(&rdns)
    }

    fn attribute(&mut self) -> Vec<u8> {
        let kind = match self.below(4) {
            0 => format!("2.25.{}{}", self.next(), self.below(1_000)),
            1 => format!("1.3.6.1.4.1.{}.{}", self.next(), self.below(300)),
            _ => {
                let types: Vec<_> = attribute_types().collect();
                types[self.below(types.len())].0.clone()
            }
        };
        sequence(&[oid(&kind), self.value()])
    }

    fn value(&mut self) -> Vec<u8> {
        const LATIN_1: [u8; 4] = [NUMERIC_STRING, PRINTABLE_STRING, TELETEX_STRING, IA5_STRING];
        const UNKNOWN: [u8; 8] = [7, 8, 9, 11, 13, 14, 15, 29];

        let characters = self.characters();
        let octets: Vec<u8> = characters
            .iter()
            .map(|character| *character as u8)
            .collect();
        match self.below(10) {
            0..=2 => {
                let text: String = characters.iter().collect();
                tlv(UTF8_STRING, text.as_bytes())
            }
            3..=5 if octets != b"#" => tlv(LATIN_1[self.below(4)], &octets),
            6 => {
                let units = characters.iter().flat_map(|character| {
                    let unit = u16::try_from(u32::from(*character)).unwrap_or(0x20ac);
                    unit.to_be_bytes()
                });
                tlv(BMP_STRING, &units.collect::<Vec<_>>())
            }
            7 => {
                let units = characters
                    .iter()
                    .flat_map(|character| u32::from(*character).to_be_bytes());
                tlv(UNIVERSAL_STRING, &units.collect::<Vec<_>>())
            }
            8 => tlv(UNKNOWN[self.below(8)], &octets),
            _ => bit_string(&octets),
        }
    }

    /// Up to 12 characters, many of them such that a text must escape.
    fn characters(&mut self) -> Vec<char> {
        const SPECIAL: [char; 16] = [
            ' ', ' ', '#', '"', '+', ',', ';', '<', '>', '\\', '=', '\0', '\r', '\n', '\u{7f}',
            '\u{202e}',
        ];
        let characters: Vec<char> = (0..self.below(13))
            .map(|_| match self.below(4) {
                0 => SPECIAL[self.below(SPECIAL.len())],
                1 => char::from(u8::try_from(self.below(0x100)).unwrap()),
                2 => char::from(u8::try_from(0x20 + self.below(0x5f)).unwrap()),
                _ => char::from_u32(u32::try_from(self.below(0x11_0000)).unwrap()).unwrap_or('?'),
            })
            .collect();
        match characters[..] {
            // The text of a single `#` is another on purpose.
            ['#'] => vec!['#', '#'],
            _ => characters,
        }
    }
}

proptest! {
    #![proptest_config(without_regression_files(512))]

    #[test]
    fn a_name_of_any_octets_has_a_text_that_fits_a_line(octets in any_octets()) {
        let name = tlv(0x30, &octets);
        check_name_text(&text(&name));
    }

    #[test]
    fn a_name_of_any_attributes_has_a_text_that_fits_a_line(
        rdns in prop::collection::vec(
            prop::collection::vec((any_type(), any::<u8>(), any_octets()), 0..4),
            0..4,
        ),
    ) {
        let rdns: Vec<_> = rdns
            .iter()
            .map(|rdn| {
                let attributes: Vec<_> = rdn
                    .iter()
                    .map(|(kind, tag, value)| sequence(&[tlv(0x06, kind), tlv(*tag, value)]))
                    .collect();
                set(&attributes)
            })
            .collect();
        check_name_text(&text(&sequence(&rdns)));
    }
}

fn any_octets() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..40)
}

/// The contents of an object identifier, sometimes that of a common name.
fn any_type() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![Just(vec![0x55, 0x04, 0x03]), any_octets()]
}

/// Visible ASCII and spaces, and no space at an end but for an escaped one.
fn check_name_text(text: &str) {
    check_text(text);
    assert!(!text.starts_with(' '), "{text:?}");
    assert!(!text.ends_with(' ') || text.ends_with(r"\ "), "{text:?}");
}

fn check_text(text: &str) {
    assert!(
        text.bytes()
            .all(|octet| (0x20..=0x7e).contains(&octet)),
        "{text:?}"
    );
}

/// The text of `name`, as the subject of a certificate.
fn text(name: &[u8]) -> String {
    let der = certificate_of(name);
    let certificate = Certificate::from_der(&der).unwrap();
    assert_eq!(certificate.subject().as_der(), name);
    certificate.subject().to_string()
}

fn certificate_of(subject: &[u8]) -> Vec<u8> {
    let mut certificate = OddCertificate::new(&KEY);
    certificate.subject = subject.to_vec();
    certificate.signed_by(&KEY)
}

#[test]
fn an_empty_name_says_so() {
    let der = certificate_of(&sequence::<Vec<u8>>(&[]));
    let certificate = Certificate::from_der(&der).unwrap();
    assert!(certificate.subject().is_empty());
    assert!(!certificate.issuer().is_empty());
    assert_eq!(format!("{:?}", certificate.issuer()), "Name(CN=issuer)");
}

// Subject alternative names.

const DNS: u8 = 2;
const URI: u8 = 6;
const IP: u8 = 7;

#[test]
fn a_bad_alternative_name_never_hides_the_others() {
    let names = [
        implicit(DNS, b"a.example"),
        implicit(DNS, b"b.example\0.evil"),
        implicit(DNS, b""),
        implicit(IP, &[192, 0, 2, 7]),
        implicit(IP, &[192, 0, 2, 7, 9]),
        implicit(IP, &[]),
        implicit(IP, &[b'a'; 17]),
        implicit(URI, "https://ü.example".as_bytes()),
        implicit(URI, b"https://a.example/?b=c;d,e"),
        explicit(
            0,
            &[oid("1.2.3"), explicit(0, &tlv(UTF8_STRING, b"u"))].concat(),
        ),
        explicit(3, b""),
        explicit(4, &common_name("a")),
        implicit(8, &[0x2a, 0x03]),
        implicit(30, b"?\n"),
        implicit(1, b"x@a.example\r\nTo: y"),
        implicit(1, b"x@a.example"),
        implicit(
            IP,
            &[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
        ),
    ];
    assert_eq!(
        alternative_names(&with_alternative_names(&names)),
        [
            "DNS:a.example",
            r"malformed[2]:b.example\00.evil",
            "malformed[2]:",
            "IP:192.0.2.7",
            r"malformed[7]:\C0\00\02\07\09",
            "malformed[7]:",
            "malformed[7]:aaaaaaaaaaaaaaaaa",
            r"malformed[6]:https://\C3\BC.example",
            "URI:https://a.example/?b=c;d,e",
            r"other[0]:\06\02*\03\A0\03\0C\01u",
            "other[3]:",
            r"other[4]:0\0C1\0A0\08\06\03U\04\03\0C\01a",
            r"other[8]:*\03",
            r"other[30]:?\0A",
            r"malformed[1]:x@a.example\0D\0ATo: y",
            "email:x@a.example",
            "IP:2001:db8::1",
        ]
    );
}

#[test]
fn alternative_names_without_an_extension_of_ones_own_are_none() {
    let none = OddCertificate::new(&KEY).signed_by(&KEY);
    assert_eq!(alternative_names(&none), [""; 0]);

    let names = sequence(&[implicit(DNS, b"a.example")]);
    let twice = OddCertificate::new(&KEY)
        .extension(SUBJECT_ALT_NAME, false, &names)
        .extension(SUBJECT_ALT_NAME, false, &names)
        .signed_by(&KEY);
    assert_eq!(alternative_names(&twice), [""; 0]);
}

#[test]
fn an_extension_that_is_no_sequence_is_shown() {
    let broken = OddCertificate::new(&KEY)
        .extension(SUBJECT_ALT_NAME, false, b"\x30\x05\x82\x7f")
        .signed_by(&KEY);
    assert_eq!(alternative_names(&broken), [r"other[31]:0\05\82\7F"]);

    let broken = OddCertificate::new(&KEY)
        .extension(SUBJECT_ALT_NAME, false, b"\x30\x05\x82\x01a\x82\x7f")
        .signed_by(&KEY);
    assert_eq!(alternative_names(&broken), ["DNS:a", r"other[31]:\82\7F"]);
}

#[test]
fn a_spiffe_id_is_the_only_uri() {
    let id = implicit(URI, b"spiffe://example.org/billing/api");
    let dns = implicit(DNS, b"a.example");
    let spiffe = |names: &[Vec<u8>]| {
        let der = with_alternative_names(names);
        let certificate = Certificate::from_der(&der).unwrap();
        let id = certificate.spiffe_id();
        id.map(|id| [id.as_str(), id.trust_domain(), id.path()].map(String::from))
    };

    let expected = [
        "spiffe://example.org/billing/api",
        "example.org",
        "/billing/api",
    ];
    assert_eq!(spiffe(std::slice::from_ref(&id)).unwrap(), expected);
    assert_eq!(spiffe(&[dns.clone(), id.clone()]).unwrap(), expected);

    // A URI in constructed form, or of another class, is one to other readers.
    let constructed = tlv(0xa6, &tlv(0x16, b"https://a.example"));
    let universal = tlv(0x06, b"https://a.example");
    let refused: [&[Vec<u8>]; 11] = [
        &[id.clone(), constructed],
        &[universal, id.clone()],
        &[],
        &[dns],
        &[id.clone(), id.clone()],
        &[id.clone(), implicit(URI, b"https://a.example")],
        &[implicit(URI, b"https://a.example"), id.clone()],
        &[id.clone(), implicit(URI, b"spiffe://example.org/\0")],
        &[implicit(URI, b""), id.clone()],
        &[implicit(URI, b"https://a.example")],
        &[id.clone(), b"\x86\x7f".to_vec()], // what cannot be read may be a URI
    ];
    for names in refused {
        assert_eq!(spiffe(names), None, "{names:02x?}");
    }
}

fn with_alternative_names(names: &[Vec<u8>]) -> Vec<u8> {
    OddCertificate::new(&KEY)
        .extension(SUBJECT_ALT_NAME, false, &sequence(names))
        .signed_by(&KEY)
}

fn alternative_names(der: &[u8]) -> Vec<String> {
    let certificate = Certificate::from_der(der).unwrap();
    certificate
        .subject_alt_names()
        .map(|name| name.to_string())
        .collect()
}

// Serial numbers and dates.

#[test]
fn serial_numbers_of_every_form() {
    for (contents, magnitude, text) in [
        (&[0x03, 0xa5, 0xb1][..], &[0x03, 0xa5, 0xb1][..], "03A5B1"),
        (&[0], &[0], "00"),
        (&[0, 0x80], &[0x80], "80"),
        (&[0x7f], &[0x7f], "7F"),
        (&[0xff], &[0xff], "FF"),               // -1
        (&[0x80, 0x01], &[0x80, 0x01], "8001"), // negative
        (&[0xab; 20], &[0xab; 20], &"AB".repeat(20)),
        (&[0x5a; 22], &[0x5a; 22], &"5A".repeat(22)),
        (&[], &[], ""),
    ] {
        let mut certificate = OddCertificate::new(&KEY);
        certificate.serial = contents.to_vec();
        let der = certificate.signed_by(&KEY);
        let certificate = Certificate::from_der(&der).unwrap();
        let serial = certificate.serial();
        assert_eq!(serial.as_bytes(), contents);
        assert_eq!(serial.magnitude(), magnitude);
        assert_eq!(serial.to_string(), text);
        assert_eq!(certificate.subject().to_string(), "CN=subject");
    }
}

#[test]
fn serial_numbers_have_the_text_of_openssl() {
    let Some(openssl) = OpensslCommand::find("serial") else {
        return;
    };
    for contents in [
        &[0][..],
        &[1],
        &[0x7f],
        &[0, 0x80],
        &[0, 0xff, 0],
        &[0x5a; 22],
    ] {
        let mut certificate = OddCertificate::new(&KEY);
        certificate.serial = contents.to_vec();
        let der = certificate.signed_by(&KEY);
        let certificate = Certificate::from_der(&der).unwrap();
        assert_eq!(certificate.serial().to_string(), openssl.serial(&der));
    }
}

#[test]
fn validity_in_both_kinds_of_time() {
    for (not_before, not_after, expected) in [
        (
            utc_time("230921015017Z"),
            generalized_time("99991231235959Z"),
            ["2023-09-21T01:50:17Z", "9999-12-31T23:59:59Z"],
        ),
        (
            utc_time("500101000000Z"),
            utc_time("491231235959Z"),
            ["1950-01-01T00:00:00Z", "2049-12-31T23:59:59Z"],
        ),
        (
            generalized_time("19691231235959Z"),
            generalized_time("20240229000000Z"),
            ["1969-12-31T23:59:59Z", "2024-02-29T00:00:00Z"],
        ),
    ] {
        let der = with_validity(not_before, not_after);
        let certificate = Certificate::from_der(&der).unwrap();
        let validity = certificate.validity().unwrap();
        let texts = [
            validity.not_before.to_string(),
            validity.not_after.to_string(),
        ];
        assert_eq!(texts, expected);
    }
}

#[test]
fn validity_includes_both_ends() {
    let der = with_validity(utc_time("700101000010Z"), utc_time("700101000020Z"));
    let validity = Certificate::from_der(&der)
        .unwrap()
        .validity()
        .unwrap();
    for (seconds, inside) in [(9, false), (10, true), (15, true), (20, true), (21, false)] {
        assert_eq!(validity.contains(Time::from_unix_seconds(seconds)), inside);
    }
}

#[test]
fn a_bad_date_hides_nothing_else() {
    let good = utc_time("230921015017Z");
    for bad in [
        utc_time("2309210150Z"),
        utc_time("230921015017+0000"),
        utc_time("230921015017z"),
        utc_time("230229000000Z"),
        utc_time("230921240000Z"),
        utc_time("230921015060Z"),
        utc_time(""),
        generalized_time("230921015017Z"),
        generalized_time("20230921015017.5Z"),
        octet_string(b"230921015017Z"),
        integer(&[]),
        b"\x17\x7f".to_vec(),
        [&good[..], &good[..]].concat(), // three dates
        Vec::new(),                      // one date
    ] {
        for (not_before, not_after) in [(&bad, &good), (&good, &bad)] {
            let der = with_validity(not_before.clone(), not_after.clone());
            let certificate = Certificate::from_der(&der).unwrap();
            assert_eq!(certificate.validity(), None, "{bad:02x?}");
            assert_eq!(certificate.subject().to_string(), "CN=subject");
            assert_eq!(
                certificate.subject_public_key_info(),
                KEY.subject_public_key_info()
            );
            assert!(
                certificate
                    .key_usage()
                    .unwrap()
                    .digital_signature()
            );
        }
    }
}

fn with_validity(not_before: Vec<u8>, not_after: Vec<u8>) -> Vec<u8> {
    let mut certificate = OddCertificate::new(&KEY);
    certificate.not_before = not_before;
    certificate.not_after = not_after;
    certificate
        .extension(KEY_USAGE, true, &tlv(BIT_STRING, &[7, 0x80]))
        .signed_by(&KEY)
}

// Certificates that a library would not make.

#[test]
fn odd_certificates_can_be_viewed() {
    let names = sequence(&[implicit(DNS, b"a.example")]);
    let ordinary = OddCertificate::new(&KEY);
    let with_names = ordinary
        .clone()
        .extension(SUBJECT_ALT_NAME, false, &names);
    let odd = [
        (
            1,
            OddCertificate {
                version: 1,
                ..ordinary.clone()
            },
        ),
        (
            1,
            OddCertificate {
                version: 1,
                ..with_names.clone()
            },
        ),
        (
            2,
            OddCertificate {
                version: 2,
                ..ordinary.clone()
            },
        ),
        (3, ordinary.clone()),
        (
            9,
            OddCertificate {
                version: 9,
                ..ordinary.clone()
            },
        ),
        (
            2,
            OddCertificate {
                version: 2,
                issuer_unique_id: Some(vec![1, 2]),
                ..ordinary
            },
        ),
        (
            3,
            OddCertificate {
                issuer_unique_id: Some(vec![]),
                ..with_names.clone()
            },
        ),
        (
            3,
            with_names
                .clone()
                .extension("1.2.3.4", true, b"\x05\0"),
        ),
        (
            3,
            with_names
                .extension("1.2.3.4", false, b"")
                .extension("1.2.3.4", false, b""),
        ),
    ];
    for (version, odd) in odd {
        let der = odd.signed_by(&KEY);
        let certificate = Certificate::from_der(&der).unwrap();
        exercise(&der);
        assert_eq!(certificate.version(), version);
        assert_eq!(certificate.subject().to_string(), "CN=subject");
        assert_eq!(certificate.issuer().to_string(), "CN=issuer");
        assert_eq!(certificate.subject_public_key_info(), odd.spki);
        assert!(certificate.validity().is_some());
        let expected: &[&str] = match odd.extensions[..] {
            [] => &[],
            _ => &["DNS:a.example"],
        };
        assert_eq!(alternative_names(&der), expected);
    }
}

#[test]
fn an_extension_that_appears_twice_is_none() {
    let usage = tlv(BIT_STRING, &[7, 0x80]);
    let purposes = sequence(&[oid("1.3.6.1.5.5.7.3.2")]);
    let once = OddCertificate::new(&KEY)
        .extension(KEY_USAGE, true, &usage)
        .extension(EXTENDED_KEY_USAGE, false, &purposes);

    let der = once.clone().signed_by(&KEY);
    let certificate = Certificate::from_der(&der).unwrap();
    assert!(
        certificate.key_usage().is_some()
            && certificate
                .extended_key_usage()
                .is_some()
    );

    let der = once
        .clone()
        .extension(KEY_USAGE, true, &usage)
        .signed_by(&KEY);
    let certificate = Certificate::from_der(&der).unwrap();
    assert!(
        certificate.key_usage().is_none()
            && certificate
                .extended_key_usage()
                .is_some()
    );

    let der = once
        .extension(EXTENDED_KEY_USAGE, true, &purposes)
        .signed_by(&KEY);
    let certificate = Certificate::from_der(&der).unwrap();
    assert!(
        certificate.key_usage().is_some()
            && certificate
                .extended_key_usage()
                .is_none()
    );
}

#[test]
fn odd_certificates_are_signed_for_real() {
    let other_key = KeyPair::generate().unwrap();
    let mut odd = OddCertificate::new(&other_key).extension("1.2.3.4", true, b"\x05\0");
    odd.version = 1;
    let der = odd.signed_by(&KEY);
    let certificate = x509_cert::Certificate::from_der(&der).unwrap();
    let verify = |key: &KeyPair| {
        let algorithm = rustls::crypto::ring::default_provider()
            .signature_verification_algorithms
            .mapping
            .iter()
            .find(|(scheme, _)| *scheme == rustls::SignatureScheme::ECDSA_NISTP256_SHA256)
            .unwrap()
            .1[0];
        algorithm
            .verify_signature(
                key.der_bytes(),
                &certificate
                    .tbs_certificate()
                    .to_der()
                    .unwrap(),
                certificate.signature().raw_bytes(),
            )
            .is_ok()
    };
    assert!(verify(&KEY) && !verify(&other_key));
}

#[test]
fn an_error_names_the_part() {
    let null = || tlv(0x05, &[]);
    let algorithm = || sequence(&[oid("1.2.3")]);
    let error = |der: &[u8]| {
        let error = Certificate::from_der(der).unwrap_err();
        error.to_string()
    };
    let expected = |part| format!("{part} cannot be read as DER (RFC 5280 section 4.1)");

    // A part of tbsCertificate that is another, and nothing behind it.
    let mut tbs = Vec::new();
    for (part, der) in [
        ("serialNumber", integer(&[1])),
        ("signature", algorithm()),
        ("issuer", common_name("issuer")),
        ("validity", sequence(&[null()])),
        ("subject", common_name("subject")),
        ("subjectPublicKeyInfo", KEY.subject_public_key_info()),
        ("the end of tbsCertificate", Vec::new()),
    ] {
        let with_null = [&tbs[..], &[null()]].concat();
        assert_eq!(error(&sequence(&[sequence(&with_null)])), expected(part));
        tbs.push(der);
    }
    for (part, last) in [
        ("version", explicit(0, &integer(&[0x7f]))),
        ("version", explicit(0, &integer(&[0, 2]))),
        ("version", explicit(0, &null())),
    ] {
        let with_first = [&[last], &tbs[..]].concat();
        assert_eq!(error(&sequence(&[sequence(&with_first)])), expected(part));
    }
    for (part, last) in [
        ("issuerUniqueID or subjectUniqueID", vec![0x81, 0x7f]),
        ("issuerUniqueID or subjectUniqueID", vec![0x82, 0x7f]),
        ("extensions", explicit(3, &null())),
        ("extensions", vec![0xa3, 0x7f]),
        ("the end of tbsCertificate", implicit(3, &[])),
    ] {
        let with_last = [&tbs[..], &[last]].concat();
        assert_eq!(error(&sequence(&[sequence(&with_last)])), expected(part));
    }

    let tbs = sequence(&tbs);
    let whole = sequence(&[&tbs[..], &algorithm(), &bit_string(&[1])]);
    assert!(Certificate::from_der(&whole).is_ok());
    for (part, der) in [
        ("Certificate", Vec::new()),
        ("Certificate", null()),
        ("Certificate", whole[..whole.len() - 1].to_vec()),
        ("Certificate", [&whole[..], &[0]].concat()),
        ("tbsCertificate", sequence(&[null()])),
        ("signatureAlgorithm", sequence(&[&tbs])),
        ("signatureValue", sequence(&[tbs.clone(), algorithm()])),
        (
            "signatureValue",
            sequence(&[tbs.clone(), algorithm(), tlv(BIT_STRING, &[4, 0xf0])]),
        ),
        (
            "the end of Certificate",
            sequence(&[tbs, algorithm(), bit_string(&[1]), null()]),
        ),
    ] {
        assert_eq!(error(&der), expected(part));
    }
}

// The certificates of rcgen, as x509-cert reads them.

#[test]
fn ordinary_certificates_are_read_as_x509_cert_reads_them() {
    for algorithm in [
        &rcgen::PKCS_ECDSA_P256_SHA256,
        &rcgen::PKCS_ECDSA_P384_SHA384,
        &rcgen::PKCS_ED25519,
    ] {
        let der = ordinary_certificate(&KeyPair::generate_for(algorithm).unwrap());
        assert!(agrees_with_x509_cert(&der));

        let certificate = Certificate::from_der(&der).unwrap();
        assert_eq!(certificate.der(), der);
        assert_eq!(certificate.version(), 3);
        assert_eq!(certificate.sha256(), sha256_of_ring(&der));
        assert_eq!(
            certificate.subject().to_string(),
            r"CN=Ren\C3\A9,OU=R\+D,O=Acme\, Inc.,C=US"
        );
        assert_eq!(certificate.issuer().to_string(), "CN=issuer");
        let names: Vec<_> = certificate
            .subject_alt_names()
            .collect();
        assert_eq!(
            names,
            [
                SubjectAltName::Dns("a.example"),
                SubjectAltName::Ip(IpAddr::from([192, 0, 2, 7])),
                SubjectAltName::Email("a@a.example"),
                SubjectAltName::Uri("spiffe://a.example/b"),
            ]
        );
        assert_eq!(
            certificate.spiffe_id(),
            SpiffeId::parse("spiffe://a.example/b")
        );
        assert_eq!(
            format!("{certificate:?}"),
            format!(
                "Certificate {{ serial: 80A5B1, subject: {}, issuer: CN=issuer, .. }}",
                certificate.subject()
            )
        );
    }
}

#[test]
fn key_usages_are_those_that_were_asked_for() {
    use KeyUsagePurpose::*;

    type Flag = fn(&KeyUsage) -> bool;
    let usages: [(KeyUsagePurpose, Flag, &str); 9] = [
        (
            DigitalSignature,
            KeyUsage::digital_signature,
            "digitalSignature",
        ),
        (
            ContentCommitment,
            KeyUsage::non_repudiation,
            "nonRepudiation",
        ),
        (
            KeyEncipherment,
            KeyUsage::key_encipherment,
            "keyEncipherment",
        ),
        (
            DataEncipherment,
            KeyUsage::data_encipherment,
            "dataEncipherment",
        ),
        (KeyAgreement, KeyUsage::key_agreement, "keyAgreement"),
        (KeyCertSign, KeyUsage::key_cert_sign, "keyCertSign"),
        (CrlSign, KeyUsage::crl_sign, "cRLSign"),
        (EncipherOnly, KeyUsage::encipher_only, "encipherOnly"),
        (DecipherOnly, KeyUsage::decipher_only, "decipherOnly"),
    ];
    let key_usage = |key_usages: Vec<KeyUsagePurpose>| {
        let mut params = CertificateParams::default();
        params.key_usages = key_usages;
        let der = params
            .self_signed(&*KEY)
            .unwrap()
            .der()
            .to_vec();
        Certificate::from_der(&der)
            .unwrap()
            .key_usage()
    };

    assert_eq!(key_usage(Vec::new()), None);
    for (asked, _, name) in &usages {
        let usage = key_usage(vec![*asked]).unwrap();
        assert_eq!(usage.to_string(), *name);
        for (other, flag, _) in &usages {
            assert_eq!(flag(&usage), asked == other, "{asked:?} {other:?}");
        }
    }
    let all = key_usage(
        usages
            .iter()
            .map(|(purpose, _, _)| *purpose)
            .collect(),
    )
    .unwrap();
    assert!(
        usages
            .iter()
            .all(|(_, flag, _)| flag(&all))
    );
    let names: Vec<_> = usages
        .iter()
        .map(|(_, _, name)| *name)
        .collect();
    assert_eq!(all.to_string(), names.join(", "));
}

#[test]
fn extended_key_usages_are_those_that_were_asked_for() {
    use ExtendedKeyUsagePurpose::*;

    let text = |extended_key_usages: &[ExtendedKeyUsagePurpose]| {
        let mut params = CertificateParams::default();
        params.extended_key_usages = extended_key_usages.to_vec();
        let der = params
            .self_signed(&*KEY)
            .unwrap()
            .der()
            .to_vec();
        let certificate = Certificate::from_der(&der).unwrap();
        certificate
            .extended_key_usage()
            .map(|usage| {
                let purposes: Vec<_> = usage
                    .purposes()
                    .map(|purpose| purpose.to_string())
                    .collect();
                (usage.to_string(), purposes.join(" "), usage.client_auth())
            })
    };

    assert_eq!(text(&[]), None);
    for (purpose, name, oid) in [
        (Any, "anyExtendedKeyUsage", "2.5.29.37.0"),
        (ServerAuth, "serverAuth", "1.3.6.1.5.5.7.3.1"),
        (ClientAuth, "clientAuth", "1.3.6.1.5.5.7.3.2"),
        (CodeSigning, "codeSigning", "1.3.6.1.5.5.7.3.3"),
        (EmailProtection, "emailProtection", "1.3.6.1.5.5.7.3.4"),
        (TimeStamping, "timeStamping", "1.3.6.1.5.5.7.3.8"),
        (OcspSigning, "OCSPSigning", "1.3.6.1.5.5.7.3.9"),
        (Other(vec![1, 2, 3]), "1.2.3", "1.2.3"),
    ] {
        let client_auth = purpose == ClientAuth;
        assert_eq!(
            text(&[purpose]),
            Some((name.into(), oid.into(), client_auth))
        );
    }
    assert_eq!(
        text(&[ServerAuth, ClientAuth]),
        Some((
            "serverAuth, clientAuth".into(),
            "1.3.6.1.5.5.7.3.1 1.3.6.1.5.5.7.3.2".into(),
            true
        ))
    );
}

fn sha256_of_ring(data: &[u8]) -> [u8; 32] {
    let suite = rustls::crypto::ring::cipher_suite::TLS13_AES_128_GCM_SHA256;
    let hash = suite
        .tls13()
        .unwrap()
        .common
        .hash_provider
        .hash(data);
    hash.as_ref().try_into().unwrap()
}

// Certificates that were damaged.

/// Damage to one octet at a time: every bit of it, and all of them.
#[test]
fn a_damaged_octet_never_panics_and_never_disagrees_with_x509_cert() {
    let der = ordinary_certificate(&KEY);
    let mut both_read = 0;
    for index in 0..der.len() {
        for mask in [1, 2, 4, 8, 16, 32, 64, 128, 255] {
            let mut damaged = der.clone();
            damaged[index] ^= mask;
            exercise(&damaged);
            both_read += usize::from(agrees_with_x509_cert(&damaged));
        }
    }
    // Most octets are a key's, a signature's or a text's.
    assert!(both_read > der.len() * 9 / 2, "{both_read}");
}

#[test]
fn a_truncated_certificate_is_an_error() {
    let der = ordinary_certificate(&KEY);
    for end in 0..der.len() {
        exercise(&der[..end]);
        assert!(Certificate::from_der(&der[..end]).is_err());
    }
}

proptest! {
    #![proptest_config(without_regression_files(2_048))]

    #[test]
    fn damage_never_panics_and_never_disagrees_with_x509_cert(
        flips in prop::collection::vec((any::<Index>(), 1..=u8::MAX), 1..6),
        copied in prop::option::of((any::<Index>(), any::<Index>(), any::<Index>())),
        end in prop::option::weighted(0.1, any::<Index>()),
    ) {
        static DER: LazyLock<Vec<u8>> = LazyLock::new(|| ordinary_certificate(&KEY));

        let mut damaged = DER.clone();
        for (index, mask) in flips {
            *index.get_mut(&mut damaged) ^= mask;
        }
        if let Some((from, to, length)) = copied {
            let (from, to) = (from.index(damaged.len()), to.index(damaged.len()));
            let length = length.index(damaged.len() - from.max(to)) % 16;
            damaged.copy_within(from..from + length, to);
        }
        if let Some(end) = end {
            damaged.truncate(end.index(damaged.len()));
        }
        exercise(&damaged);
        agrees_with_x509_cert(&damaged);
    }
}

proptest! {
    #![proptest_config(without_regression_files(256))]

    #[test]
    fn any_octets_never_panic(octets in prop::collection::vec(any::<u8>(), 0..200)) {
        exercise(&octets);
        exercise(&sequence(&[tlv(0x30, &octets)]));
    }

    #[test]
    fn any_extension_never_panics(octets in any_octets(), kind in 0..3_usize) {
        let kind = [KEY_USAGE, SUBJECT_ALT_NAME, EXTENDED_KEY_USAGE][kind];
        for value in [octets.clone(), tlv(0x30, &octets), tlv(BIT_STRING, &octets)] {
            let certificate = OddCertificate::new(&KEY).extension(kind, false, &value);
            exercise(&certificate.signed_by(&KEY));
        }
    }
}

/// No file is written beside the tests: what fails is printed whole.
fn without_regression_files(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// A certificate of many parts.
fn ordinary_certificate(key: &KeyPair) -> Vec<u8> {
    let mut issuer = CertificateParams::default();
    issuer.distinguished_name = DistinguishedName::new();
    issuer
        .distinguished_name
        .push(DnType::CommonName, "issuer");

    let mut params = CertificateParams::default();
    params.serial_number = Some(vec![0x80, 0xa5, 0xb1].into());
    params.distinguished_name = DistinguishedName::new();
    for (kind, value) in [
        (
            DnType::CountryName,
            DnValue::PrintableString("US".try_into().unwrap()),
        ),
        (DnType::OrganizationName, "Acme, Inc.".into()),
        (
            DnType::OrganizationalUnitName,
            DnValue::BmpString("R+D".try_into().unwrap()),
        ),
        (DnType::CommonName, "René".into()),
    ] {
        params
            .distinguished_name
            .push(kind, value);
    }
    params.subject_alt_names = vec![
        SanType::DnsName("a.example".try_into().unwrap()),
        SanType::IpAddress(IpAddr::from([192, 0, 2, 7])),
        SanType::Rfc822Name("a@a.example".try_into().unwrap()),
        SanType::URI(
            "spiffe://a.example/b"
                .try_into()
                .unwrap(),
        ),
    ];
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![
        KeyUsagePurpose::DigitalSignature,
        KeyUsagePurpose::DecipherOnly,
    ];
    params.extended_key_usages = vec![
        ExtendedKeyUsagePurpose::ClientAuth,
        ExtendedKeyUsagePurpose::Other(vec![1, 2, 3]),
    ];
    params.custom_extensions = vec![CustomExtension::from_oid_content(
        &[1, 2, 3, 4],
        tlv(0x05, &[]),
    )];
    params.use_authority_key_identifier_extension = true;
    let issuer = Issuer::from_params(&issuer, key);
    params
        .signed_by(key, &issuer)
        .unwrap()
        .der()
        .to_vec()
}

/// Whether x509-cert reads `der`; then the view does, and says the same.
fn agrees_with_x509_cert(der: &[u8]) -> bool {
    let Ok(theirs) = x509_cert::Certificate::from_der(der) else {
        return false;
    };
    // A signature is whole octets: x509-cert takes any BIT STRING for one.
    if theirs.signature().has_unused_bits() {
        return false;
    }
    let ours = Certificate::from_der(der).unwrap();
    let theirs = theirs.tbs_certificate();
    assert_eq!(ours.serial().as_bytes(), theirs.serial_number().as_bytes());
    assert_eq!(ours.issuer().as_der(), theirs.issuer().to_der().unwrap());
    assert_eq!(ours.subject().as_der(), theirs.subject().to_der().unwrap());
    assert_eq!(
        ours.subject_public_key_info(),
        theirs
            .subject_public_key_info()
            .to_der()
            .unwrap()
    );
    agrees_on_extensions(&ours, theirs);
    let validity = ours.validity().unwrap();
    for (ours, theirs) in [
        (validity.not_before, theirs.validity().not_before),
        (validity.not_after, theirs.validity().not_after),
    ] {
        assert_eq!(
            u64::try_from(ours.unix_seconds()),
            Ok(theirs.to_unix_duration().as_secs())
        );
    }
    true
}

/// What x509-cert reads of an extension is what the view says of it.
fn agrees_on_extensions(ours: &Certificate<'_>, theirs: &x509_cert::TbsCertificate) {
    if let Ok(Some((_, usage))) = theirs.get_extension::<pkix::KeyUsage>() {
        // Bits that do not count, and are set all the same, are no DER; x509-cert passes over them.
        let Some(ours) = ours.key_usage() else {
            return;
        };
        assert_eq!(ours.digital_signature(), usage.digital_signature());
        assert_eq!(ours.key_cert_sign(), usage.key_cert_sign());
        assert_eq!(ours.decipher_only(), usage.decipher_only());
    }
    if let Ok(Some((_, purposes))) = theirs.get_extension::<pkix::ExtendedKeyUsage>() {
        // As octets: the text of x509-cert hides an arc with a leading zero digit, which is no DER.
        let ours = ours.extended_key_usage().unwrap();
        let theirs = purposes
            .0
            .iter()
            .map(|oid| oid.as_bytes());
        assert!(
            ours.purposes()
                .map(|oid| oid.as_bytes())
                .eq(theirs)
        );
    }
    if let Ok(Some((_, names))) = theirs.get_extension::<pkix::SubjectAltName>() {
        assert_eq!(ours.subject_alt_names().count(), names.0.len());
    }
}

/// Asks a view of `der` for everything: nothing panics, and every text fits a line.
fn exercise(der: &[u8]) {
    // Of a chain, the leaf is described as far as it can be read.
    check_text(&format!("{:?}", CertChain::from_der([der]).unwrap()));
    let certificate = match Certificate::from_der(der) {
        Ok(certificate) => certificate,
        Err(error) => return check_texts(&error),
    };
    check_text(&format!("{certificate:?}"));
    assert_eq!(certificate.der(), der);
    assert!(certificate.version() >= 1);
    assert_eq!(certificate.sha256().len(), 32);
    check_texts(&certificate.serial());
    assert!(
        certificate
            .serial()
            .as_bytes()
            .ends_with(certificate.serial().magnitude())
    );
    for name in [certificate.issuer(), certificate.subject()] {
        check_texts(&name);
        check_name_text(&name.to_string());
        assert_eq!(name.is_empty(), name.as_der() == [0x30, 0x00]);
    }
    assert_eq!(certificate.subject_public_key_info()[0], 0x30);
    if let Some(validity) = certificate.validity() {
        for time in [validity.not_before, validity.not_after] {
            check_texts(&time);
            assert_eq!(time.to_unix_time().is_none(), time.unix_seconds() < 0);
        }
        assert_eq!(
            validity.contains(validity.not_before),
            validity.not_before <= validity.not_after
        );
    }
    for name in certificate.subject_alt_names() {
        check_texts(&name);
    }
    if let Some(id) = certificate.spiffe_id() {
        check_texts(&id);
        assert_eq!(SpiffeId::parse(id.as_str()), Some(id));
    }
    if let Some(usage) = certificate.key_usage() {
        check_texts(&usage);
    }
    if let Some(usage) = certificate.extended_key_usage() {
        check_texts(&usage);
        assert!(usage.purposes().count() >= 1);
        for purpose in usage.purposes() {
            check_texts(&purpose);
        }
    }
}

fn check_texts(value: &(impl Debug + Display)) {
    check_text(&format!("{value}"));
    check_text(&format!("{value:?}"));
}

// The `openssl` command.

struct OpensslCommand {
    /// Where the certificates are written; removed in the end.
    folder: PathBuf,
}

impl OpensslCommand {
    /// `None`, and a word about it, if there is no OpenSSL; LibreSSL prints names in its own way.
    fn find(test: &str) -> Option<Self> {
        let Ok(version) = Command::new("openssl")
            .arg("version")
            .output()
        else {
            println!("skipped: openssl is not installed");
            return None;
        };
        let version = String::from_utf8_lossy(&version.stdout).into_owned();
        if !version.starts_with("OpenSSL 3.") {
            println!("skipped: openssl is not OpenSSL 3 but {version}");
            return None;
        }
        let folder = format!("edge-mtls-certificate-view-{test}-{}", std::process::id());
        let folder = std::env::temp_dir().join(folder);
        fs::create_dir_all(&folder).unwrap();
        Some(Self { folder })
    }

    /// The text of each name, or `None` where it cannot read a certificate with it.
    ///
    /// `verify` prints the subject of what it cannot verify, and does so for many files at once:
    /// the text, a line with the cause, and a line with the file.
    fn subjects(&self, names: &[Vec<u8>]) -> Vec<Option<String>> {
        let files: Vec<String> = (0..names.len())
            .map(|index| format!("{index}.der"))
            .collect();
        for (file, name) in files.iter().zip(names) {
            fs::write(self.folder.join(file), certificate_of(name)).unwrap();
        }
        let output = Command::new("openssl")
            .args(["verify", "-no-CAfile", "-no-CApath", "-nameopt", "RFC2253"])
            .args(&files)
            .current_dir(&self.folder)
            .output()
            .unwrap();
        let output = String::from_utf8(output.stderr).unwrap();
        let lines: Vec<&str> = output.lines().collect();
        files
            .iter()
            .map(|file| {
                let last_line = format!("error {file}: verification failed");
                let text = lines
                    .windows(3)
                    .find(|lines| lines[2] == last_line)?[0];
                Some(text.to_owned())
            })
            .collect()
    }

    /// What it prints of the serial number.
    fn serial(&self, der: &[u8]) -> String {
        let file = self.folder.join("serial.der");
        fs::write(&file, der).unwrap();
        let output = Command::new("openssl")
            .args(["x509", "-inform", "DER", "-noout", "-serial", "-in"])
            .arg(&file)
            .output()
            .unwrap();
        let line = String::from_utf8(output.stdout).unwrap();
        line.trim()
            .strip_prefix("serial=")
            .unwrap()
            .to_owned()
    }
}

impl Drop for OpensslCommand {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}
