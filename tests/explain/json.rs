//! The report for serde.

use serde_json::{Value, json};

use crate::support::pki::{Authority, now, policy};

#[test]
fn it_is_a_map_of_texts_and_numbers() {
    let (root, other) = (Authority::root("root"), Authority::root("root"));
    let ca = root.intermediate("ca");
    let chain = ca.client("alice").chain(&[&ca]);
    let accepted: Value = serde_json::to_value(policy(&[&root]).explain(&chain, now())).unwrap();
    assert_eq!(accepted["accepted"], json!(true));
    assert_eq!(accepted["judgedAt"], json!("2030-01-01T00:00:00Z"));
    assert_eq!(accepted["holdsUntil"], json!("2040-01-01T00:00:00Z"));
    let fingerprint = policy(&[&root])
        .fingerprint()
        .to_string();
    assert_eq!(accepted["policyFingerprint"], json!(fingerprint));
    assert_eq!(accepted["presented"], json!(2));
    assert_eq!(accepted["refusal"], Value::Null);
    assert_eq!(accepted["path"]["certificates"], json!([0, 1]));
    assert_eq!(accepted["path"]["anchor"], json!("CN=root"));
    assert_eq!(accepted["path"]["outcome"], json!("taken"));
    let leaf = &accepted["certificates"][0];
    assert_eq!(leaf["subject"], json!("CN=alice"));
    assert_eq!(leaf["isOnPath"], json!(true));
    assert_eq!(leaf["notAfter"], json!("2040-01-01T00:00:00Z"));
    assert_eq!(leaf["extendedKeyUsage"], json!("clientAuth"));
    assert_eq!(
        leaf["candidates"],
        json!([{"presented": 1, "subject": "CN=ca", "finding": "on-path"}])
    );
    assert_eq!(leaf["sha256"].as_str().unwrap().len(), 64);

    let refused = serde_json::to_value(policy(&[&other]).explain(&chain, now())).unwrap();
    assert_eq!(refused["accepted"], json!(false));
    assert_eq!(refused["holdsUntil"], Value::Null);
    assert_eq!(refused["refusal"]["code"], json!("untrusted"));
    assert_eq!(
        refused["refusal"]["connectionStatus"],
        json!("Failed:ClientCertUntrusted")
    );
    assert!(
        refused["hints"][0]
            .as_str()
            .unwrap()
            .contains("set up anew")
    );
    assert_eq!(refused["path"]["outcome"], json!("wrong-key"));
    assert_eq!(refused["path"]["certificate"], json!(1));
    let candidate = &refused["certificates"][1]["candidates"][0];
    assert_eq!(candidate["finding"], json!("wrong-key"));
    assert_eq!(candidate["keyIdentifiersDiffer"], json!(true));
    assert_eq!(
        candidate["trustStoreSha256"]
            .as_str()
            .unwrap()
            .len(),
        64
    );
}
