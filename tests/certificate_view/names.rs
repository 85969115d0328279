//! Names as text, against text that is written down here.

use std::collections::BTreeSet;

use edge_mtls::Certificate;
use proptest::prelude::*;

use crate::support::der::*;
use crate::{any_octets, certificate_of, check_name_text, text, without_regression_files};

/// What OpenSSL makes of a name.
pub enum Openssl {
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
pub fn vectors() -> Vec<(Vec<u8>, &'static str, Openssl)> {
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
pub fn attribute_types() -> impl Iterator<Item = (String, &'static str)> {
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
pub fn name_of_all_types() -> (Vec<u8>, String) {
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

/// The contents of an object identifier, sometimes that of a common name.
fn any_type() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![Just(vec![0x55, 0x04, 0x03]), any_octets()]
}

#[test]
fn an_empty_name_says_so() {
    let der = certificate_of(&sequence::<Vec<u8>>(&[]));
    let certificate = Certificate::from_der(&der).unwrap();
    assert!(certificate.subject().is_empty());
    assert!(!certificate.issuer().is_empty());
    assert_eq!(format!("{:?}", certificate.issuer()), "Name(CN=issuer)");
}
