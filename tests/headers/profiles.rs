//! Profiles of one's own: what can be a header, and for whom.

use edge_mtls::{
    Carrier, CertEncoding, CertMarks, Field, Flag, HeaderProfile, HeaderRow, NameFormat,
    OctetFormat, PercentEncoding, ProfileError, When, Xfcc,
};
use http::HeaderName;

use crate::support::pki::Authority;
use crate::{forwarded, listed, received, unverified};

pub fn name(name: &str) -> HeaderName {
    HeaderName::try_from(name).unwrap()
}

pub fn row(header: &str, field: Field) -> HeaderRow {
    HeaderRow::new(name(header), field)
}

pub fn subject() -> Field {
    Field::Subject(NameFormat::Rfc2253)
}

/// What cannot be written into a header, or not be read back, with words of the reason.
#[test]
fn marks_that_cannot_be_used() {
    let percent = PercentEncoding::Reserved;
    let base64 = CertMarks::base64;
    let unusable = [
        (CertMarks::pem(), "percent-encode line feeds"),
        (base64().begin("\u{fc}"), "cannot"),
        (base64().begin("a\rb"), "cannot"),
        (base64().end("\t"), "cannot"),
        (
            base64()
                .begin("\r")
                .percent_encoding(percent),
            "cannot",
        ),
        (base64().end("A"), "character of base64"),
        (base64().end("="), "character of base64"),
        (base64().end("%"), "with %"),
        (base64().after_each("+"), "character of base64"),
        (base64().between("/"), "character of base64"),
        (base64().line_break("x").end("-"), "character of base64"),
        (base64().line_break("-"), "marks the end"),
        (
            base64().line_break("-").end("--"),
            "begins with a line break",
        ),
        (base64().begin(" "), "space"),
        (base64().begin("- ").after_each(" "), "space"),
        (base64().end("- "), "space"),
        (base64().line_break(" ").end("-"), "space"),
    ];
    for (marks, words) in unusable {
        for field in [
            Field::Leaf as fn(CertEncoding) -> Field,
            Field::Chain,
            Field::LeafAndChain,
            Field::NumberedChain,
        ] {
            let field = field(CertEncoding::Marked(marks.clone()));
            match HeaderProfile::empty().with(row("x-cert", field.clone())) {
                Err(ProfileError::Unusable { header, fault }) => {
                    assert_eq!(header, "x-cert");
                    assert!(fault.contains(words), "{field:?}: {fault}");
                }
                other => panic!("{field:?}: {other:?}"),
            }
        }
    }
    // One certificate needs no mark behind it, several do.
    for (marks, words) in [
        (base64().between(""), "nothing stands between"),
        (base64().between("").begin("A"), "character of base64"),
        (base64().between("").begin("%"), "with %"),
    ] {
        for (field, is_list) in [
            (Field::Leaf as fn(CertEncoding) -> Field, false),
            (Field::NumberedChain, false),
            (Field::Chain, true),
            (Field::LeafAndChain, true),
        ] {
            let field = field(CertEncoding::Marked(marks.clone()));
            match (is_list, HeaderProfile::empty().with(row("x-cert", field))) {
                (false, Ok(_)) => {}
                (true, Err(ProfileError::Unusable { fault, .. })) => {
                    assert!(fault.contains(words), "{fault}");
                }
                (_, other) => panic!("{marks:?}: {other:?}"),
            }
        }
    }
}

#[test]
fn rows_that_cannot_be_used() {
    for unusable in [
        row("x-cert", subject()).absent("\u{fc}"),
        row("x-cert", subject()).absent("a\nb"),
        row("x-cert", subject()).absent("n/a"),
        row("x-cert", subject()).absent("none"),
        row("x-cert", subject()).absent(" -"),
        row("x-cert", subject()).absent("- "),
        row("x-cert", subject()).max_bytes(10),
        row("x-cert", Field::Present(Flag::OneOrZero)).max_bytes(10),
    ] {
        let added = HeaderProfile::empty().with(unusable.clone());
        assert!(
            matches!(added, Err(ProfileError::Unusable { .. })),
            "{unusable:?}"
        );
    }
    let leaf = Field::Leaf(CertEncoding::StructuredField);
    for usable in [
        row("x-cert", subject()).absent("(null)"),
        row("x-cert", subject()).absent(""),
        row("x-cert", leaf).max_bytes(10),
        row("x-cert", Field::Xfcc(Xfcc::new().by("spiffe://a;b,c\"d"))),
    ] {
        assert!(
            HeaderProfile::empty()
                .with(usable)
                .is_ok()
        );
    }
}

#[test]
fn a_row_is_for_whom_it_is_for() {
    let root = Authority::root("root");
    let chain = root.client("alice").chain(&[]);
    let verified = crate::identity(
        edge_mtls::ClientAuthPolicy::required(crate::support::pki::policy(&[&root])),
        Some(chain.clone()),
    );
    let unverified = unverified(chain);
    let anonymous = edge_mtls::ClientIdentity::Anonymous;
    let mut profile = HeaderProfile::empty();
    for (header, when) in [
        ("x-all", When::Always),
        ("x-good", When::Verified),
        ("x-bad", When::Unverified),
    ] {
        profile = profile
            .with(
                row(header, Field::CommonName)
                    .when(when)
                    .absent("-"),
            )
            .unwrap()
            .with(row(&format!("{header}-flag"), Field::Present(Flag::TrueOrFalse)).when(when))
            .unwrap();
    }
    for (identity, all, good, bad, flag) in [
        (verified, "alice", "alice", "-", "true"),
        (unverified, "alice", "-", "alice", "true"),
        (anonymous, "-", "-", "-", "false"),
    ] {
        assert_eq!(
            listed(&forwarded(profile.clone(), &identity)),
            [
                ("x-all", all),
                ("x-all-flag", flag),
                ("x-bad", bad),
                ("x-bad-flag", flag),
                ("x-good", good),
                ("x-good-flag", flag),
            ]
        );
    }
}

/// A flag about what was too large is about one kind of header.
#[test]
fn flags_are_each_about_one_carrier() {
    let profile = HeaderProfile::empty()
        .with(row("x-leaf", Field::Leaf(CertEncoding::StructuredField)).max_bytes(10))
        .and_then(|profile| profile.with(row("x-chain", Field::Chain(CertEncoding::Concatenated))))
        .and_then(|profile| {
            profile.with(row(
                "x-flag-1",
                Field::TooLarge(Carrier::Leaf, Flag::OneOrZero),
            ))
        })
        .and_then(|profile| {
            profile.with(row(
                "x-flag-2",
                Field::TooLarge(Carrier::Chain, Flag::OneOrZero),
            ))
        })
        .and_then(|profile| {
            profile.with(row("x-serial", Field::SerialNumber(OctetFormat::UpperHex)))
        })
        .unwrap();
    let root = Authority::root("root");
    let headers = forwarded(
        profile.clone(),
        &unverified(root.client("alice").chain(&[&root])),
    );
    assert_eq!(headers["x-leaf"], "");
    assert_eq!(headers["x-flag-1"], "1");
    // RFC 9440 has no chain without its leaf.
    assert_eq!(headers["x-chain"], "");
    assert_eq!(headers["x-flag-2"], "1");
    assert!(received(profile, &headers).is_err());
}
