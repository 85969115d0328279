//! What real CAs publish loads.

use edge_mtls::{RevocationList, RevocationLists};
use sha2::{Digest, Sha256};

use crate::support::crl::{
    AUTHORITY_KEY_IDENTIFIER, Crl, Entry, FRESHEST_CRL, INVALIDITY_DATE, NOW, long_time, pem,
};
use crate::support::der::{implicit, sequence, tlv};
use crate::support::pki::{Authority, at, judge, now};
use crate::support::points::Scope;
use crate::support::revocation::{checking, outcome};

fn list(crl: &Crl<'_>) -> RevocationList {
    RevocationList::from_der(&crl.der()).unwrap()
}

#[test]
fn a_list_tells_what_it_is() {
    let root = Authority::root("root");
    let crl = Crl::of(&root)
        .number(0x1234)
        .entry(Entry::new(&[7]));
    let list = list(&crl);
    assert_eq!(list.issuer().to_string(), "CN=root");
    assert_eq!(list.issuer().as_der(), root.name());
    assert_eq!(list.number().unwrap().to_string(), "1234");
    assert_eq!(list.this_update().to_string(), "2029-12-31T00:00:00Z");
    assert_eq!(
        list.next_update().unwrap().to_string(),
        "2030-01-08T00:00:00Z"
    );
    assert_eq!(list.scope().to_string(), "all certificates");
    assert_eq!((list.len(), list.is_empty()), (1, false));
    let bare = RevocationList::from_der(
        &Crl::of(&root)
            .v1()
            .no_next_update()
            .der(),
    )
    .unwrap();
    assert!(bare.number().is_none() && bare.next_update().is_none() && bare.is_empty());
    assert_eq!(
        list.to_string(),
        "the list of 'CN=root' (number 1234, of 2029-12-31T00:00:00Z, for all certificates)"
    );
    assert_eq!(
        bare.to_string(),
        "the list of 'CN=root' (of 2029-12-31T00:00:00Z, for all certificates)"
    );
}

#[test]
fn a_list_is_its_der() {
    let root = Authority::root("root");
    let (one, other) = (Crl::of(&root).der(), Crl::of(&root).number(2).der());
    let read = |der: &[u8]| RevocationList::from_der(der).unwrap();
    assert_eq!(read(&one), read(&one));
    assert_ne!(read(&one), read(&other));
    let digest: [u8; 32] = Sha256::digest(&one).into();
    assert_eq!(read(&one).sha256(), digest);
}

#[test]
fn every_ordinary_form_loads_and_is_used() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    let crl = || Crl::of(&root);
    let issuer_and_serial = sequence(&[
        tlv(0xa1, &crate::support::points::directory(&root.name())),
        implicit(2, &[7]),
    ]);
    let point = crate::support::points::point(&crate::support::points::full(&[
        crate::support::points::uri("http://crl.example/delta"),
    ]));
    for (name, crl) in [
        ("ordinary", crl()),
        ("without number", crl().no_number()),
        ("number zero", crl().number(0)),
        ("a number of 20 octets", crl().number_octets(&[0x7f; 20])),
        ("without key identifier", crl().no_key_identifier()),
        (
            "a key named by issuer and serial number",
            crl().no_key_identifier().extension(
                AUTHORITY_KEY_IDENTIFIER,
                false,
                &issuer_and_serial,
            ),
        ),
        ("version 1", crl().v1()),
        (
            "version 2 without extensions",
            crl().no_number().no_key_identifier(),
        ),
        (
            "dates as GeneralizedTime",
            crl()
                .this_update_der(long_time(NOW - 60))
                .next_update_der(long_time(NOW + 60)),
        ),
        ("dates after 2050", crl().next_update(3_000_000_000)),
        ("dates before 1970", crl().this_update(-60)),
        (
            "an unknown extension",
            crl().extension("1.2.3", false, &[5, 0]),
        ),
        (
            "where its delta is",
            crl().extension(FRESHEST_CRL, false, &sequence(&[point])),
        ),
        ("an empty scope", crl().scope(&Scope::default())),
        (
            "an entry with every known extension",
            crl().entry(Entry::new(&[9]).reason(1).extension(
                INVALIDITY_DATE,
                false,
                &long_time(NOW),
            )),
        ),
        (
            "an entry with an unknown extension",
            crl().entry(Entry::new(&[9]).extension("1.2.3", false, &[5, 0])),
        ),
    ] {
        let set = RevocationLists::from_der([crl.der()]).unwrap();
        let verdict = judge(&checking(&[&root], set), &leaf, &[]);
        assert_eq!(outcome(&verdict), "good", "{name}");
        let set = RevocationLists::from_der([crl.revokes(&leaf.der).der()]).unwrap();
        // Version 1 has no extensions, and entries none either.
        let verdict = judge(&checking(&[&root], set), &leaf, &[]);
        assert_eq!(outcome(&verdict), "revoked", "{name}");
    }
}

#[test]
fn no_entries_may_be_said_in_two_ways() {
    let root = Authority::root("root");
    let leaf = root.client("alice");
    // An empty revokedCertificates, which RFC 5280 forbids and some CAs write: v1 for the sake of
    // shortness, so that it stands last.
    let without = Crl::of(&root).v1();
    let empty = without
        .clone()
        .next_update_der([crate::support::crl::time(NOW + 60), vec![0x30, 0]].concat());
    for crl in [without, empty] {
        let set = RevocationLists::from_der([crl.der()]).unwrap();
        assert!(
            set.lists()
                .all(RevocationList::is_empty)
        );
        let verdict = judge(&checking(&[&root], set), &leaf, &[]);
        assert_eq!(outcome(&verdict), "good");
    }
}

#[test]
fn pem_and_der_make_the_same_set() {
    let root = Authority::root("root");
    let crls = [Crl::of(&root), Crl::of(&root).number(2)];
    let ders = [crls[0].der(), crls[1].der()];
    let [one, two] = [&ders[0], &ders[1]].map(|der| pem("X509 CRL", der));
    let expected = RevocationLists::from_der(&ders).unwrap();
    let crlf = format!("{one}{two}").replace('\n', "\r\n");
    for text in [
        format!("{one}{two}"),
        format!("\u{feff}# the CA's lists\n{one}\nCertificate Revocation List (CRL):\n{two}\n\n"),
        crlf,
        format!("{}{}", one.trim_end().replace("\n", "  \n"), "\n") + &two,
    ] {
        let set = RevocationLists::from_pem(text.as_bytes()).unwrap();
        assert_eq!(set.fingerprint(), expected.fingerprint());
    }
    let mixed = RevocationLists::builder()
        .pem(one.as_bytes())
        .der(&ders[1])
        .list(RevocationList::from_der(&ders[0]).unwrap())
        .build()
        .unwrap();
    assert_eq!(mixed.fingerprint(), expected.fingerprint());
    assert_eq!(mixed.len(), 2);
}

#[test]
fn no_list_is_too_old_to_load() {
    // Whether it is of use is for the verdict to say, at its own time.
    let root = Authority::root("root");
    let expired = Crl::of(&root).days(-900, -800);
    let set =
        RevocationLists::from_der([expired.der(), Crl::of(&root).days(800, 900).der()]).unwrap();
    assert_eq!(set.len(), 2);
    assert_eq!(set.expired_at(now()).count(), 1);
    assert_eq!(set.expired_at(at(0)).count(), 0);
}

#[test]
fn a_debug_line_is_short() {
    let root = Authority::root("root");
    let crl = (0..1_000_u16).fold(Crl::of(&root), |crl, number| {
        crl.entry(Entry::new(&[&[1][..], &number.to_be_bytes()].concat()))
    });
    let list = list(&crl);
    let set = RevocationLists::from_der([crl.der()]).unwrap();
    for text in [format!("{list:?}"), format!("{set:?}")] {
        assert!(text.len() < 300, "{text}");
    }
}
