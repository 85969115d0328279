//! Application servers that take the certificate from a proxy.

use super::{BASE64, PEM_URL, profile, row};
use crate::header::field::{Field as F, NameFormat as N, VerdictWords};
use crate::header::profile::HeaderProfile;

impl HeaderProfile {
    /// ASP.NET Core's certificate forwarding: the leaf as base64 in `X-Client-Cert`; and the status
    /// header.
    pub fn aspnet() -> Self {
        profile([row("x-client-cert", F::Leaf(BASE64))]).with_status_header()
    }

    /// Puppet Server with external TLS termination: `X-Client-Verify`, `X-Client-DN` and the leaf as
    /// percent-encoded PEM in `X-Client-Cert`.
    pub fn puppet() -> Self {
        profile([
            row("x-client-verify", F::Verdict(VerdictWords::Nginx)),
            row("x-client-dn", F::Subject(N::Rfc2253)),
            row("x-client-cert", F::Leaf(PEM_URL)),
        ])
    }

    /// WebLogic: the leaf as base64 in `WL-Proxy-Client-Cert`; and the status header.
    pub fn weblogic() -> Self {
        profile([row("wl-proxy-client-cert", F::Leaf(BASE64))]).with_status_header()
    }

    /// WebSphere: the leaf as base64 in `$WSCC`; and the status header.
    pub fn websphere() -> Self {
        profile([row("$wscc", F::Leaf(BASE64))]).with_status_header()
    }
}
