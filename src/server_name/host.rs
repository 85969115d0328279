//! The host that a request asks for, in one form.

use super::name::normal_name;

/// What stands in `Host` or `:authority`: a host, and a port.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct HostPort {
    pub(super) host: String,
    /// `None` for the default of https, given or not.
    port: Option<u16>,
}

/// The port of https.
const DEFAULT_PORT: u16 = 443;

impl HostPort {
    /// Reads `host`, `host:port`, `[v6]` or `[v6]:port` (RFC 9110 section 7.2); `None` for anything else,
    /// user information and lists included.
    pub(super) fn read(value: &[u8]) -> Option<Self> {
        let value = core::str::from_utf8(value).ok()?;
        let (host, port) = match value.strip_prefix('[') {
            Some(rest) => {
                let (address, port) = rest.split_once(']')?;
                let address: core::net::Ipv6Addr = address.parse().ok()?;
                (address.to_string(), port)
            }
            None => {
                let end = value.find(':').unwrap_or(value.len());
                let (host, port) = value.split_at_checked(end)?;
                (normal_name(host)?, port)
            }
        };
        Some(Self {
            host,
            port: read_port(port)?,
        })
    }
}

/// `:443` and nothing are the default; a port without digits is too (RFC 3986 section 3.2.3).
fn read_port(port: &str) -> Option<Option<u16>> {
    let Some(digits) = port.strip_prefix(':') else {
        return port.is_empty().then_some(None);
    };
    if digits.is_empty() {
        return Some(None);
    }
    if !digits
        .bytes()
        .all(|digit| digit.is_ascii_digit())
    {
        return None;
    }
    let port: u16 = digits.parse().ok()?;
    Some(Some(port).filter(|port| *port != DEFAULT_PORT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form_for_one_host() {
        let read = |value: &str| HostPort::read(value.as_bytes());
        let host = read("example.com").unwrap();
        for same in [
            "EXAMPLE.com",
            "example.com.",
            "example.com:443",
            "Example.Com.:443",
            "example.com:",
            "example.com:0443",
        ] {
            assert_eq!(read(same).as_ref(), Some(&host), "{same}");
        }
        for other in ["example.com:8443", "www.example.com", "example.org"] {
            let other = read(other).unwrap();
            assert_ne!(other, host);
        }
        assert_eq!(read("[::1]:443"), read("[0:0::1]"));
        assert_eq!(read("192.0.2.1").unwrap().host, "192.0.2.1");
    }

    #[test]
    fn what_is_no_host() {
        for bad in [
            "",
            ".",
            "..",
            "example.com..",
            ".example.com",
            "a b",
            "a,b",
            "user@example.com",
            "example.com:443:443",
            "example.com:x",
            "example.com:+1",
            "example.com:65536",
            "example.com/",
            "exa\u{6d}ple\u{301}.com",
            "[::1",
            "[::1]x",
            "[example.com]",
            "::1",
            "a\0b",
            "*.example.com",
        ] {
            assert_eq!(HostPort::read(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(HostPort::read(b"\xff"), None);
    }
}
