//! What a finished handshake tells.

use rustls::{HandshakeKind, ServerConnection};

use crate::chain::CertChain;

/// What is known of a handshake: what the client presented, and how.
///
/// From rustls by `HandshakeFacts::from(&connection)`; by hand, with [`new`](Self::new), for hosts
/// that see less (Pingora, quinn, axum-server).
///
/// ```
/// use edge_mtls::{CertChain, HandshakeFacts, Resumption};
///
/// // axum-server and quinn hand over the presented certificates.
/// let presented: Vec<Vec<u8>> = vec![b"leaf".to_vec()];
/// let facts = HandshakeFacts::new(CertChain::from_der(&presented))
///     .server_name_indication("a.example");
/// assert_eq!(facts.resumption(), Resumption::Unknown);
/// ```
#[derive(Clone, Debug)]
pub struct HandshakeFacts {
    chain: Option<CertChain>,
    complete: bool,
    resumption: Resumption,
    server_name: Option<String>,
    alpn: Option<Vec<u8>>,
    protocol_version: Option<u16>,
    cipher_suite: Option<u16>,
}

/// Whether a connection resumed an earlier session, in which case rustls asked no verifier.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Resumption {
    /// A full handshake.
    No,
    /// The host cannot tell; taken for a resumed one.
    Unknown,
    /// A resumed session.
    Yes,
}

impl HandshakeFacts {
    /// The facts of a handshake that is finished and in which the client presented `chain`, or
    /// nothing. All else is unknown until it is set.
    ///
    /// It is for the caller to know that the handshake is finished: until then nothing is proven.
    pub fn new(chain: Option<CertChain>) -> Self {
        Self {
            chain,
            complete: true,
            resumption: Resumption::Unknown,
            server_name: None,
            alpn: None,
            protocol_version: None,
            cipher_suite: None,
        }
    }

    /// Sets whether a session was resumed.
    #[must_use]
    pub fn resumed(mut self, resumption: Resumption) -> Self {
        self.resumption = resumption;
        self
    }

    /// Sets the name that the client asked for (SNI, RFC 6066 section 3).
    #[must_use]
    pub fn server_name_indication(mut self, name: impl Into<String>) -> Self {
        self.server_name = Some(name.into());
        self
    }

    /// Sets the application protocol that was agreed on (RFC 7301), such as `h2`.
    #[must_use]
    pub fn application_protocol(mut self, protocol: impl Into<Vec<u8>>) -> Self {
        self.alpn = Some(protocol.into());
        self
    }

    /// What the client presented.
    pub fn chain(&self) -> Option<&CertChain> {
        self.chain.as_ref()
    }

    /// Whether the handshake is finished.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Whether a session was resumed.
    pub fn resumption(&self) -> Resumption {
        self.resumption
    }

    /// The name that the client asked for.
    pub fn server_name(&self) -> Option<&str> {
        self.server_name.as_deref()
    }

    /// The application protocol that was agreed on.
    pub fn alpn_protocol(&self) -> Option<&[u8]> {
        self.alpn.as_deref()
    }

    /// The number of the protocol version: 0x0303 for TLS 1.2, 0x0304 for TLS 1.3.
    pub fn protocol_version(&self) -> Option<u16> {
        self.protocol_version
    }

    /// The number of the cipher suite in the IANA registry, such as 0x1301.
    pub fn cipher_suite(&self) -> Option<u16> {
        self.cipher_suite
    }
}

impl From<&ServerConnection> for HandshakeFacts {
    /// What rustls knows now. Early data is readable while the handshake is going on; facts that
    /// are taken then say so, and no identity comes of them.
    fn from(connection: &ServerConnection) -> Self {
        Self {
            chain: connection
                .peer_certificates()
                .and_then(CertChain::from_der),
            complete: !connection.is_handshaking(),
            resumption: match connection.handshake_kind() {
                Some(HandshakeKind::Full | HandshakeKind::FullWithHelloRetryRequest) => {
                    Resumption::No
                }
                Some(HandshakeKind::Resumed) => Resumption::Yes,
                None => Resumption::Unknown,
            },
            server_name: connection.server_name().map(Into::into),
            alpn: connection
                .alpn_protocol()
                .map(Into::into),
            protocol_version: connection
                .protocol_version()
                .map(Into::into),
            cipher_suite: connection
                .negotiated_cipher_suite()
                .map(|suite| suite.suite().into()),
        }
    }
}
