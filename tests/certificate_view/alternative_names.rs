//! Subject alternative names, and the SPIFFE ID among them.

use edge_mtls::Certificate;

use crate::KEY;
use crate::support::der::*;

pub const DNS: u8 = 2;
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
        &[id, b"\x86\x7f".to_vec()], // what cannot be read may be a URI
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

pub fn alternative_names(der: &[u8]) -> Vec<String> {
    let certificate = Certificate::from_der(der).unwrap();
    certificate
        .subject_alt_names()
        .map(|name| name.to_string())
        .collect()
}
