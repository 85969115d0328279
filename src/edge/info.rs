//! What the host alone knows of a connection.

use core::net::SocketAddr;
use core::time::Duration;

/// What the host alone knows of a connection: addresses, an id, how long the handshake took.
///
/// All of it is optional, and goes to the [`ConnectionFunction`](crate::ConnectionFunction) and into the
/// [`ConnectionRecord`](crate::ConnectionRecord).
///
/// ```
/// use core::time::Duration;
/// use edge_mtls::ConnectionInfo;
///
/// let client = "192.0.2.1:4711".parse()?;
/// let info = ConnectionInfo::of(client)
///     .id("7e57ab1e")
///     .server("198.51.100.1:443".parse()?)
///     .handshake_duration(Duration::from_millis(12));
/// # let _ = info;
/// # Ok::<(), core::net::AddrParseError>(())
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[must_use]
pub struct ConnectionInfo {
    pub(super) id: Option<String>,
    pub(super) client: Option<SocketAddr>,
    pub(super) server: Option<SocketAddr>,
    pub(super) handshake_duration: Option<Duration>,
}

impl ConnectionInfo {
    /// That of a client at this address.
    pub fn of(client: SocketAddr) -> Self {
        Self {
            client: Some(client),
            ..Self::default()
        }
    }

    /// Sets the connection's id, by which its requests are found in other logs. The crate has no random
    /// source to make one.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Sets the address at which the client arrived.
    pub fn server(mut self, address: SocketAddr) -> Self {
        self.server = Some(address);
        self
    }

    /// Sets how long the handshake took.
    pub fn handshake_duration(mut self, duration: Duration) -> Self {
        self.handshake_duration = Some(duration);
        self
    }
}

impl From<SocketAddr> for ConnectionInfo {
    fn from(client: SocketAddr) -> Self {
        Self::of(client)
    }
}
