//! The lists of the demo's CAs, the deny list, and the clients that are there because of them.

use std::error::Error;

use edge_mtls::pki_types::{CertificateDer, CertificateRevocationListDer};
use edge_mtls::{Certificate, DenyList, MalformedCertificate};
use rcgen::{
    CertificateRevocationListParams, KeyIdMethod, RevocationReason, RevokedCertParams,
    SerialNumber, date_time_ymd,
};

use crate::clients::{Client, Conduct, accepted, client, refused, rejected};
use crate::pki::{Authority, client_params, since_epoch};

/// What edge and origin know of revocation.
#[derive(Default)]
pub struct Known {
    /// In the order in which they are loaded.
    pub lists: Vec<CertificateRevocationListDer<'static>>,
    pub deny: DenyList,
}

/// A list of a CA.
#[derive(Clone, Copy)]
pub enum Issue {
    /// Of nine days ago; the next one was due two days ago.
    Expired,
    /// Of two days ago, and current.
    Older,
    /// Of yesterday, and current.
    Newest,
}

/// Clients that are revoked, and some that are not, each of a CA with lists of its own.
pub fn clients(root: &Authority, known: &mut Known) -> Result<Vec<Client>, Box<dyn Error>> {
    use Issue::{Expired, Newest, Older};
    let revoked = || rejected("certificate_revoked", "revoked");
    let unknown = || rejected("unknown_ca", "revocation-unknown");
    // With the lists of the client's CA as they are loaded, and whether the client is in each.
    let rows = [
        ("revoked", &[(Newest, true)][..], revoked()),
        (
            "revoked, newer first",
            &[(Newest, true), (Older, false)],
            revoked(),
        ),
        (
            "revoked, newer last",
            &[(Older, false), (Newest, true)],
            revoked(),
        ),
        (
            "lifted, newer first",
            &[(Newest, false), (Older, true)],
            accepted(),
        ),
        (
            "lifted, newer last",
            &[(Older, true), (Newest, false)],
            accepted(),
        ),
        ("list expired", &[(Expired, false)], unknown()),
        ("no list", &[], unknown()),
    ];
    let mut clients = Vec::new();
    for (name, lists, demanded) in rows {
        let ca = root.intermediate(&format!("CA of {name}"))?;
        let mut identity = ca.client(client_params(name)?)?;
        for (issue, is_in_it) in lists {
            let revoked = match is_in_it {
                true => &identity.chain[..],
                false => &[],
            };
            known
                .lists
                .push(list(&ca, *issue, revoked)?);
        }
        identity.chain.push(ca.der().clone());
        clients.push(client(name, Conduct::Asks, identity, demanded));
    }

    let ca = root.intermediate("Revoked CA")?;
    known
        .lists
        .push(list(&ca, Newest, &[])?);
    known
        .lists
        .push(list(root, Newest, &[ca.der().clone()])?);
    let mut identity = ca.client(client_params("below a revoked CA")?)?;
    identity.chain.push(ca.der().clone());
    clients.push(client(
        "below a revoked CA",
        Conduct::Asks,
        identity,
        revoked(),
    ));

    let identity = root.client(client_params("denied")?)?;
    known.deny = DenyList::new().issued(&Certificate::from_der(&identity.chain[0])?);
    clients.push(client(
        "denied",
        Conduct::Asks,
        identity,
        refused("certificate_revoked"),
    ));
    Ok(clients)
}

/// The list that `ca` issued at that time, with these certificates.
pub fn list(
    ca: &Authority,
    issue: Issue,
    revoked: &[CertificateDer<'_>],
) -> Result<CertificateRevocationListDer<'static>, Box<dyn Error>> {
    let (number, from, to) = match issue {
        Issue::Expired => (1, -9, -2),
        Issue::Older => (2, -2, 5),
        Issue::Newest => (3, -1, 6),
    };
    let epoch = date_time_ymd(1970, 1, 1);
    let this_update = epoch + since_epoch(from)?;
    let entry = |der: &CertificateDer<'_>| {
        let certificate = Certificate::from_der(der)?;
        Ok(RevokedCertParams {
            serial_number: SerialNumber::from_slice(certificate.serial().as_bytes()),
            revocation_time: this_update,
            // That which a later list may lift.
            reason_code: Some(RevocationReason::CertificateHold),
            invalidity_date: None,
        })
    };
    let params = CertificateRevocationListParams {
        this_update,
        next_update: epoch + since_epoch(to)?,
        crl_number: SerialNumber::from(number),
        issuing_distribution_point: None,
        revoked_certs: revoked
            .iter()
            .map(entry)
            .collect::<Result<_, MalformedCertificate>>()?,
        key_identifier_method: KeyIdMethod::Sha256,
    };
    Ok(params.signed_by(ca.issuer())?.into())
}
