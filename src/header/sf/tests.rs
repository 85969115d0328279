use proptest::prelude::*;

use super::*;

#[test]
fn reads_byte_sequences() {
    let item = |field: &[u8], lax| {
        let mut octets = DerList::default();
        byte_sequence_item(field, lax, &mut octets).map(|()| octets.get(0).unwrap().to_vec())
    };
    for good in [
        ":AQID:",
        "  :AQID:  ",
        ":AQID:;a;b=1;c=\"x\\\"\\\\;,\";d=tok/en:x;e=:AA==:;f=?1;g=-1.5;h=@-12;i=%\"%c3%bc\\\"",
        ":AQID:; a=*t",
    ] {
        assert_eq!(item(good.as_bytes(), false), Ok(vec![1, 2, 3]), "{good}");
    }
    assert_eq!(item(b"::", false), Ok(vec![]));
    for bad in [
        "",
        "AQID",
        ":AQID",
        "AQID:",
        ":AQ ID:",
        ":AQ\nID:",
        ":AQI:",
        ":AQ:",
        ":AQ==",
        ":AR==:",
        ":AQ=:",
        ":AQ-_:",
        ":AQID:x",
        ":AQID:, :AQID:",
        "\t:AQID:",
        ":AQID:\t",
        ":AQID:;",
        ":AQID:;A",
        ":AQID:;a=",
        ":AQID:;a=\"",
        ":AQID:;a=\"\\x\"",
        ":AQID:;a=?2",
        ":AQID:;a=-",
        ":AQID:;a=1234567890123456",
        ":AQID:;a=1.2345",
        ":AQID:;a=@1.5",
        ":AQID: ;a",
        "(:AQID:)",
    ] {
        assert!(item(bad.as_bytes(), false).is_err(), "{bad}");
    }
}

#[test]
fn reads_lists() {
    let list = |field: &str| {
        let mut list = DerList::default();
        byte_sequence_list(field.as_bytes(), 3, false, &mut list).map(|()| {
            list.iter()
                .map(<[u8]>::to_vec)
                .collect::<Vec<_>>()
        })
    };
    let (one, two) = (Ok(vec![vec![1]]), Ok(vec![vec![1], vec![2]]));
    assert_eq!(list(":AQ==:"), one);
    assert_eq!(list(":AQ==:, :Ag==:"), two);
    assert_eq!(list(" :AQ==:;a \t,\t:Ag==: "), two);
    for bad in [
        "",
        ",",
        ":AQ==:,",
        ":AQ==:,,:Ag==:",
        ":AQ==: :Ag==:",
        "(:AQ==:)",
        ":AQ==:;",
    ] {
        assert!(list(bad).is_err(), "{bad}");
    }
    assert_eq!(list(":AQ==:,:AQ==:,:AQ==:").map(|list| list.len()), Ok(3));
    let error = list(":AQ==:,:AQ==:,:AQ==:,:AQ==:").unwrap_err();
    assert_eq!((error.member, error.offset), (4, 21));
    let error = list(":AQ==:, :A!==:").unwrap_err();
    assert_eq!((error.member, error.offset), (2, 10));
}

#[test]
fn reads_tokens() {
    let read = |field: &str| token_item(field.as_bytes(), ["reason", "advisory"]);
    assert_eq!(read("verified"), Ok(("verified".into(), [None, None])));
    assert_eq!(
        read(" unverified;reason=passthrough;x=1;reason=b;advisory=not-yet-valid "),
        Ok((
            "unverified".into(),
            [Some("b".into()), Some("not-yet-valid".into())]
        ))
    );
    for bad in [
        "",
        "1",
        "\"verified\"",
        "verified, none",
        "verified none",
        "v\u{e9}ri",
        "unverified;advisory=verified;advisory=?0",
        "unverified;advisory",
        "unverified;reason=\"passthrough\"",
    ] {
        assert!(read(bad).is_err(), "{bad}");
    }
}

proptest! {
    /// What is decoded without a look at its characters is what has been looked at.
    #[test]
    fn a_quick_and_a_slow_look_agree(
        octets in proptest::collection::vec(any::<u8>(), 0..300),
        lax in any::<bool>(),
        place in any::<usize>(),
        taken in 0..3usize,
        put in "[ -~]{0,2}",
        behind in "(, )?[:A-Za-z=, ]{0,5}",
    ) {
        let mut field = b":".to_vec();
        base64::append(&octets, &mut field);
        field.extend_from_slice(format!(":{behind}").as_bytes());
        let start = place % field.len();
        let end = field.len().min(start + taken);
        field.splice(start..end, put.into_bytes());
        let mut slow = Parser::new(&field, lax);
        let mut slow_list = DerList::default();
        let slow_result = slow
            .expect(b':', "a byte sequence does not begin with a colon")
            .and_then(|()| slow.base64_and_colon(&mut slow_list));
        let mut quick = Parser::new(&field, lax);
        let mut quick_list = DerList::default();
        prop_assert_eq!(quick.byte_sequence(&mut quick_list), slow_result);
        prop_assert_eq!(quick.rest, slow.rest);
        prop_assert_eq!(quick_list, slow_list);
    }
}
