//! The clients, and what each mode demands for them.

use std::error::Error;

use rcgen::ExtendedKeyUsagePurpose;

use crate::outcome::Outcome;
use crate::pki::{Authority, Identity, Pki, client_params, valid};
use crate::revoked::{self, Issue, Known};
use crate::x509_v1;

pub struct Client {
    pub name: &'static str,
    pub identity: Option<Identity>,
    pub conduct: Conduct,
    /// In required, optional and passthrough.
    pub demanded: [Outcome; 3],
}

/// What a client does.
#[derive(Clone, Copy)]
pub enum Conduct {
    /// Sends a request.
    Asks,
    /// Sends certificate headers of its own making with it.
    Forges,
    /// Comes a second time, and resumes its session.
    Resumes,
    /// The same, and the edge has put it on its deny list in between.
    ResumesDenied,
    /// The same, and the edge has stopped to trust its CA in between: the session is not found.
    ResumesDistrusted,
}

/// Makes them, and `known` has a list of each CA that issued one.
pub fn all(pki: &Pki, known: &mut Known) -> Result<Vec<Client>, Box<dyn Error>> {
    use Conduct::{Asks, Forges, Resumes, ResumesDenied, ResumesDistrusted};
    let root = &pki.root;
    let good = root.client(client_params("good")?)?;
    let mut clients = vec![
        client("no certificate", Asks, None, anonymous()),
        client("good", Asks, good.clone(), accepted()),
        client(
            "two intermediates",
            Asks,
            below(root, 2, known)?,
            accepted(),
        ),
        client(
            "expired",
            Asks,
            root.client(valid(client_params("expired")?, -60, -30)?)?,
            rejected("certificate_expired", "expired"),
        ),
        client(
            "not yet valid",
            Asks,
            root.client(valid(client_params("early")?, 30, 60)?)?,
            rejected("certificate_expired", "not-yet-valid"),
        ),
        client(
            "of an unknown CA",
            Asks,
            pki.unknown
                .client(client_params("stranger")?)?,
            rejected("unknown_ca", "untrusted"),
        ),
        client(
            "self-signed",
            Asks,
            Identity::self_signed(client_params("self")?)?,
            rejected("unknown_ca", "untrusted"),
        ),
        client(
            "for servers only",
            Asks,
            for_servers(root)?,
            rejected("unsupported_certificate", "wrong-purpose"),
        ),
        client(
            "X.509 version 1",
            Asks,
            x509_v1::issue(root, "version 1")?,
            rejected("certificate_unknown", "invalid"),
        ),
        client(
            "seven certificates",
            Asks,
            below(root, 6, known)?,
            refused("certificate_unknown"),
        ),
        client(
            "stolen, without key",
            Asks,
            stolen(&good)?,
            refused("decrypt_error"),
        ),
        client("good, forged headers", Forges, good.clone(), accepted()),
        client("none, forged headers", Forges, None, anonymous()),
        client(
            "good, resumed",
            Resumes,
            good.clone(),
            accepted().map(Outcome::resumed),
        ),
        client(
            "resumed, denied",
            ResumesDenied,
            good.clone(),
            [(); 3].map(|()| Outcome::at_edge("403 revoked, resumed")),
        ),
        client(
            "again, distrusted",
            ResumesDistrusted,
            good,
            [
                Outcome::alert("unknown_ca"),
                Outcome::alert("unknown_ca"),
                Outcome::at_origin("unverified", "verified").resumed(),
            ],
        ),
    ];
    clients.extend(revoked::clients(root, known)?);
    Ok(clients)
}

type Demanded = [Outcome; 3];

/// No certificate.
fn anonymous() -> Demanded {
    [
        Outcome::alert("certificate_required"),
        Outcome::anonymous(),
        Outcome::anonymous(),
    ]
}

/// A certificate that every mode takes.
pub fn accepted() -> Demanded {
    [
        Outcome::at_origin("verified", "verified"),
        Outcome::at_origin("verified", "verified"),
        Outcome::at_origin("unverified", "verified"),
    ]
}

/// A certificate that the edge refuses with `alert`, or in passthrough the origin for `reason`.
pub fn rejected(alert: &str, reason: &str) -> Demanded {
    [
        Outcome::alert(alert),
        Outcome::alert(alert),
        Outcome::at_origin("unverified", reason),
    ]
}

/// What no mode takes.
pub fn refused(alert: &str) -> Demanded {
    [(); 3].map(|()| Outcome::alert(alert))
}

pub fn client(
    name: &'static str,
    conduct: Conduct,
    identity: impl Into<Option<Identity>>,
    demanded: Demanded,
) -> Client {
    Client {
        name,
        identity: identity.into(),
        conduct,
        demanded,
    }
}

/// A good certificate behind so many intermediates, all of which are presented.
fn below(
    root: &Authority,
    intermediates: usize,
    known: &mut Known,
) -> Result<Identity, Box<dyn Error>> {
    let mut issuer = root.intermediate("Intermediate 1")?;
    let mut presented = vec![issuer.der().clone()];
    for number in 2..=intermediates {
        known
            .lists
            .push(revoked::list(&issuer, Issue::Newest, &[])?);
        issuer = issuer.intermediate(&format!("Intermediate {number}"))?;
        presented.insert(0, issuer.der().clone());
    }
    known
        .lists
        .push(revoked::list(&issuer, Issue::Newest, &[])?);
    let mut identity = issuer.client(client_params("far below")?)?;
    identity.chain.extend(presented);
    Ok(identity)
}

fn for_servers(root: &Authority) -> Result<Identity, Box<dyn Error>> {
    let mut params = client_params("server")?;
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    root.client(params)
}

/// Somebody's certificate, which is no secret, and another key.
fn stolen(victim: &Identity) -> Result<Identity, Box<dyn Error>> {
    let thief = Identity::self_signed(client_params("thief")?)?;
    Ok(Identity {
        chain: victim.chain.clone(),
        key: thief.key,
    })
}
