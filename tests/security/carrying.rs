//! From an identity to an origin and back, in every preset.

use edge_mtls::{
    CertChain, CertForwarder, CertReceiver, ClientAuthPolicy, ClientCertVerifier, ClientIdentity,
    HandshakeFacts, HeaderProfile, ReceiveError, Received, TrustedHop,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::support::pki::{Authority, Leaf, now, policy, providers};

pub const XFCC: &str = "x-forwarded-client-cert";

/// The one preset whose header names are beginnings: numbers follow.
pub const NUMBERED: &str = "ssl_client_cert_chain_";

/// Every preset, by its name.
pub fn presets() -> impl Iterator<Item = (&'static str, HeaderProfile)> {
    HeaderProfile::preset_names().map(|name| (name, HeaderProfile::preset(name).unwrap()))
}

/// Every header that any preset sets; of numbered ones, the first three.
pub fn all_names() -> Vec<String> {
    let mut names: Vec<String> = presets()
        .flat_map(|(_, profile)| names_of(&profile))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

pub fn names_of(profile: &HeaderProfile) -> Vec<String> {
    profile
        .header_names()
        .flat_map(|name| match name.as_str() {
            NUMBERED => (0..3)
                .map(|number| format!("{NUMBERED}{number}"))
                .collect(),
            name => vec![name.to_owned()],
        })
        .collect()
}

pub fn header(name: &str) -> HeaderName {
    HeaderName::from_bytes(name.as_bytes()).unwrap()
}

pub fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap()
}

/// A chain of three and what each mode makes of it.
pub struct Client {
    pub root: Authority,
    pub top: Authority,
    pub leaf: Leaf,
}

impl Client {
    pub fn new(name: &str) -> Self {
        let root = Authority::root("root");
        let top = root.intermediate("top");
        let leaf = top.client(name);
        Self { root, top, leaf }
    }

    /// The leaf, its issuer and the root.
    pub fn chain(&self) -> CertChain {
        self.leaf
            .chain(&[&self.top, &self.root])
    }

    pub fn verified(&self) -> ClientIdentity {
        verified(&self.root, self.chain())
    }

    pub fn unverified(&self) -> ClientIdentity {
        unverified(self.chain())
    }

    /// One identity of each kind.
    pub fn identities(&self) -> [ClientIdentity; 3] {
        [
            ClientIdentity::Anonymous,
            self.unverified(),
            self.verified(),
        ]
    }
}

pub fn identity(policy: ClientAuthPolicy, chain: CertChain) -> ClientIdentity {
    ClientCertVerifier::new(policy, &providers()[0])
        .unwrap()
        .identity(&HandshakeFacts::new(Some(chain)), now())
        .unwrap()
}

pub fn unverified(chain: CertChain) -> ClientIdentity {
    identity(ClientAuthPolicy::passthrough(), chain)
}

pub fn verified(root: &Authority, chain: CertChain) -> ClientIdentity {
    identity(ClientAuthPolicy::required(policy(&[root])), chain)
}

/// What an origin gets of `identity`, beside nothing else.
pub fn forwarded(profile: &HeaderProfile, identity: &ClientIdentity) -> HeaderMap {
    let mut headers = HeaderMap::new();
    forwarder(profile)
        .encode(identity)
        .unwrap()
        .apply(&mut headers)
        .unwrap();
    headers
}

/// A forwarder that no chain of these tests is too long for.
pub fn forwarder(profile: &HeaderProfile) -> CertForwarder {
    CertForwarder::new(profile.clone())
        .max_line_bytes(60_000)
        .max_total_bytes(60_000)
}

pub fn hop() -> TrustedHop {
    TrustedHop::checked_address("192.0.2.1".parse().unwrap())
}

/// What an origin of this format takes; the status header is read where the format has it.
pub fn received(
    profile: &HeaderProfile,
    headers: &HeaderMap,
) -> Result<Option<Received>, ReceiveError> {
    let receiver = CertReceiver::new(profile.clone());
    let has_status = profile
        .header_names()
        .any(|name| name == HeaderProfile::STATUS_HEADER);
    match has_status {
        true => receiver.expect_status_header(),
        false => receiver,
    }
    .receive(headers, &hop())
}

/// The same for headers that carry a certificate.
pub fn chain_of(profile: &HeaderProfile, headers: &HeaderMap) -> CertChain {
    received(profile, headers)
        .unwrap()
        .unwrap()
        .chain()
        .clone()
}

/// Each identity with a certificate that an origin of this format can get: Google Cloud's carries
/// none of passthrough.
pub fn carried(profile: &str, client: &Client) -> Vec<ClientIdentity> {
    match profile {
        "google-cloud" => vec![client.verified()],
        _ => vec![client.unverified(), client.verified()],
    }
}

/// Those that carry certificates: all of these tests' begin with these octets.
pub fn carriers(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .filter(|(_, value)| value.contains("MII"))
        .collect()
}

/// The same headers with another value of this one.
pub fn with(headers: &HeaderMap, name: &str, text: &str) -> HeaderMap {
    let mut headers = headers.clone();
    headers.insert(header(name), value(text));
    headers
}
