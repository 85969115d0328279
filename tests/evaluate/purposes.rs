//! What the certificates of a chain may be used for.

use edge_mtls::{PurposeFault, Rejection};
use rcgen::{ExtendedKeyUsagePurpose, KeyUsagePurpose};

use crate::support::pki::{
    Authority, builder, ca_params, client_params, judge, policy, providers, refused, trust,
};

fn with_eku(name: &str, purposes: &[ExtendedKeyUsagePurpose]) -> rcgen::CertificateParams {
    let mut params = client_params(name);
    params.extended_key_usages = purposes.to_vec();
    params
}

#[test]
fn the_leaf_is_for_client_authentication() {
    use ExtendedKeyUsagePurpose::{Any, ClientAuth, EmailProtection, ServerAuth};
    let root = Authority::root("root");
    let policy = policy(&[&root]);
    let strict = builder(trust(&[&root]))
        .require_client_auth_eku()
        .build(
            providers()[0]
                .signature_verification_algorithms
                .all,
        )
        .unwrap();
    for purposes in [vec![ClientAuth], vec![ServerAuth, ClientAuth]] {
        let leaf = root.leaf(with_eku("alice", &purposes));
        assert!(judge(&policy, &leaf, &[]).is_ok());
        assert!(judge(&strict, &leaf, &[]).is_ok());
    }
    for (purpose, allows) in [
        (ServerAuth, "serverAuth"),
        (EmailProtection, "emailProtection"),
        (Any, "anyExtendedKeyUsage"),
    ] {
        let leaf = root.leaf(with_eku("alice", &[purpose]));
        let rejection = refused(&policy, &leaf, &[]);
        assert!(
            matches!(
                &rejection,
                Rejection::WrongPurpose { fault: PurposeFault::ExtendedKeyUsage { allows: found }, .. }
                    if found == allows
            ),
            "{rejection:?}"
        );
    }
    let unrestricted = root.leaf(with_eku("alice", &[]));
    assert!(judge(&policy, &unrestricted, &[]).is_ok());
    let rejection = refused(&strict, &unrestricted, &[]);
    assert!(
        matches!(
            rejection,
            Rejection::WrongPurpose {
                fault: PurposeFault::NoExtendedKeyUsage,
                ..
            }
        ),
        "{rejection:?}"
    );
}

#[test]
fn an_intermediate_for_servers_issues_no_clients() {
    let root = Authority::root("root");
    let mut params = ca_params("servers");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let servers = root.sub_ca(params);
    let rejection = refused(&policy(&[&root]), &servers.client("alice"), &[&servers]);
    assert!(
        matches!(&rejection, Rejection::WrongPurpose { certificate, .. } if certificate.index == 1),
        "{rejection:?}"
    );
}

#[test]
fn the_leaf_may_sign_handshakes() {
    let root = Authority::root("root");
    let policy = policy(&[&root]);
    let leaf = |usages: &[KeyUsagePurpose]| {
        let mut params = client_params("alice");
        params.key_usages = usages.to_vec();
        root.leaf(params)
    };
    assert!(judge(&policy, &leaf(&[]), &[]).is_ok());
    assert!(judge(&policy, &leaf(&[KeyUsagePurpose::DigitalSignature]), &[]).is_ok());
    let rejection = refused(&policy, &leaf(&[KeyUsagePurpose::KeyEncipherment]), &[]);
    assert_eq!(
        rejection.to_string(),
        "the leaf 'CN=alice' may be used for keyEncipherment, which leaves out digitalSignature; have \
         one issued with that key usage"
    );
}
