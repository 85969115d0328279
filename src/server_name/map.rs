//! Server names, and the policy of each.

use core::fmt;
use std::collections::HashMap;
use std::sync::Arc;

#[cfg(feature = "http")]
use super::host::HostPort;
use super::name::normal_name;
use super::{NameRejection, PolicyMapError};
use crate::policy::ClientAuthMode;
use crate::verifier::ClientCertVerifier;
use crate::x509::{Escaped, LONGEST_TEXT, capped};

/// Several policies on one address, by the name that a client asks for.
///
/// The policy is chosen from the ClientHello's server name, and on each request it is made sure that
/// the host asked for is under the same one: a client that was let in at a lax host, or reuses a
/// connection as HTTP/2 allows, gets no further with it.
///
/// Names are compared without regard to case, to a dot at their end, and to ports. `*.example.com`
/// stands for one label in front of `example.com`, as in certificates (RFC 9525 section 6.3); an
/// exact name comes first. A missing or unknown name is refused, unless the map has a fallback.
///
/// ```
/// use std::sync::Arc;
/// use edge_mtls::{ClientCertVerifier, NameRejection, PolicyMap, PolicyMapError};
///
/// fn names(
///     partners: Arc<ClientCertVerifier>,
///     public: Arc<ClientCertVerifier>,
/// ) -> Result<PolicyMap, PolicyMapError> {
///     PolicyMap::builder()
///         .policy("partners", partners, ["api.example.com", "*.partners.example.com"])
///         .policy("public", public, ["www.example.com"])
///         .build()
/// }
///
/// /// With rustls's `Acceptor`, once a connection.
/// fn choose(
///     names: &PolicyMap,
///     hello: &rustls::server::ClientHello<'_>,
/// ) -> Result<Arc<ClientCertVerifier>, NameRejection> {
///     Ok(names.choose(hello.server_name())?.verifier().clone())
/// }
/// # let _ = (names, choose);
/// ```
#[derive(Clone, Debug)]
pub struct PolicyMap {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    policies: Vec<Policy>,
    /// Places in `policies`, by the name in its normal form.
    exact: HashMap<String, usize>,
    /// The same by what stands behind `*.`.
    wildcards: HashMap<String, usize>,
    fallback: Option<Fallback>,
}

struct Policy {
    name: String,
    verifier: Arc<ClientCertVerifier>,
}

#[derive(Clone, Copy, Debug)]
struct Fallback {
    policy: usize,
    may_be_lax: bool,
}

impl PolicyMap {
    /// Starts a map.
    pub fn builder() -> PolicyMapBuilder {
        PolicyMapBuilder::default()
    }

    /// The policy for a ClientHello's server name.
    ///
    /// # Errors
    ///
    /// [`NameRejection`] if there is no name, or it is under no policy, and the map has no fallback.
    pub fn choose(&self, server_name: Option<&str>) -> Result<ChosenPolicy<'_>, NameRejection> {
        let known = match server_name {
            Some(name) => {
                let normal = normal_name(name).ok_or_else(|| NameRejection::MalformedHost {
                    host: shown(name.as_bytes()),
                })?;
                self.policy_of(&normal)
            }
            None => None,
        };
        match (known, self.inner.fallback, server_name) {
            (Some(policy), ..) => self.chosen(policy),
            (None, Some(fallback), _) => self.fall_back(fallback),
            (None, None, None) => Err(NameRejection::NoServerName),
            (None, None, Some(name)) => Err(NameRejection::UnknownServerName {
                server_name: shown(name.as_bytes()),
            }),
        }
    }

    /// The names of the policies, in the order added.
    pub fn policies(&self) -> impl ExactSizeIterator<Item = ChosenPolicy<'_>> {
        self.inner
            .policies
            .iter()
            .map(|policy| ChosenPolicy { policy })
    }

    /// Makes sure that a request belongs on a connection whose client was authenticated by `policy`:
    /// its `Host` and its target, which in HTTP/2 is `:authority`, name one host, and that is under
    /// the same policy. Hosts for which the fallback stands are under the fallback.
    ///
    /// # Errors
    ///
    /// [`NameRejection`]; the host answers with [`NameRejection::http_status`], and goes on with the
    /// connection if it is HTTP/2.
    #[cfg(feature = "http")]
    pub fn check_request(
        &self,
        policy: ChosenPolicy<'_>,
        uri: &http::Uri,
        headers: &http::HeaderMap,
    ) -> Result<(), NameRejection> {
        let asked_for = asked_for(uri, headers)?
            .ok_or(NameRejection::NoHost)?
            .host;
        // An address is under the fallback, as is a client that sends no server name.
        let chosen = match (self.policy_of(&asked_for), self.inner.fallback) {
            (Some(known), _) => self.chosen(known).ok(),
            (None, Some(fallback)) => self.fall_back(fallback).ok(),
            (None, None) => None,
        };
        let is_same = chosen.is_some_and(|chosen| core::ptr::eq(chosen.policy, policy.policy));
        match is_same {
            true => Ok(()),
            false => Err(NameRejection::Misdirected {
                host: asked_for,
                policy: policy.name().to_owned(),
            }),
        }
    }

    /// The place of a policy of this map.
    #[cfg(feature = "http")]
    pub(crate) fn place_of(&self, chosen: ChosenPolicy<'_>) -> Option<usize> {
        self.inner.place_of(chosen.name())
    }

    /// The policy at a place.
    #[cfg(feature = "http")]
    pub(crate) fn at(&self, place: usize) -> Option<ChosenPolicy<'_>> {
        self.chosen(place).ok()
    }

    fn policy_of(&self, normal: &str) -> Option<usize> {
        let by_wildcard = || {
            let (_, parent) = normal.split_once('.')?;
            self.inner.wildcards.get(parent)
        };
        self.inner
            .exact
            .get(normal)
            .or_else(by_wildcard)
            .copied()
    }

    fn fall_back(&self, fallback: Fallback) -> Result<ChosenPolicy<'_>, NameRejection> {
        let chosen = self.chosen(fallback.policy)?;
        // Its policy may have been replaced since the map was built.
        match fallback.may_be_lax || is_strict(chosen.verifier()) {
            true => Ok(chosen),
            false => Err(NameRejection::LaxFallback {
                policy: chosen.name().to_owned(),
            }),
        }
    }

    fn chosen(&self, policy: usize) -> Result<ChosenPolicy<'_>, NameRejection> {
        self.inner
            .policies
            .get(policy)
            .map(|policy| ChosenPolicy { policy })
            .ok_or(NameRejection::NoServerName)
    }
}

/// A policy of a [`PolicyMap`].
#[derive(Clone, Copy, Debug)]
pub struct ChosenPolicy<'m> {
    policy: &'m Policy,
}

impl<'m> ChosenPolicy<'m> {
    /// The policy's name.
    pub fn name(&self) -> &'m str {
        &self.policy.name
    }

    /// What enforces it.
    pub fn verifier(&self) -> &'m Arc<ClientCertVerifier> {
        &self.policy.verifier
    }
}

/// Builds a [`PolicyMap`].
#[derive(Debug, Default)]
#[must_use]
pub struct PolicyMapBuilder {
    policies: Vec<(Policy, Vec<String>)>,
    fallback: Option<(String, bool)>,
}

impl PolicyMapBuilder {
    /// Adds a policy by a name of its own, and the server names that are under it: host names, and
    /// wildcards such as `*.example.com`.
    pub fn policy<N: Into<String>>(
        mut self,
        name: impl Into<String>,
        verifier: Arc<ClientCertVerifier>,
        server_names: impl IntoIterator<Item = N>,
    ) -> Self {
        let policy = Policy {
            name: name.into(),
            verifier,
        };
        let server_names = server_names
            .into_iter()
            .map(Into::into)
            .collect();
        self.policies
            .push((policy, server_names));
        self
    }

    /// Takes this policy, which must be a required one, for clients that send no server name, or one that
    /// is under no policy.
    pub fn fallback(mut self, policy: impl Into<String>) -> Self {
        self.fallback = Some((policy.into(), false));
        self
    }

    /// The same with a policy that may be optional or passthrough: whoever leaves the server name out
    /// then needs no accepted certificate.
    pub fn lax_fallback(mut self, policy: impl Into<String>) -> Self {
        self.fallback = Some((policy.into(), true));
        self
    }

    /// Builds the map.
    ///
    /// # Errors
    ///
    /// [`PolicyMapError`] names the policy or the server name, and what is wrong with it.
    pub fn build(self) -> Result<PolicyMap, PolicyMapError> {
        let mut inner = Inner {
            policies: Vec::new(),
            exact: HashMap::new(),
            wildcards: HashMap::new(),
            fallback: None,
        };
        for (policy, server_names) in self.policies {
            if inner.place_of(&policy.name).is_some() {
                return Err(PolicyMapError::DuplicatePolicy {
                    policy: policy.name,
                });
            }
            inner.policies.push(policy);
            for server_name in server_names {
                inner.add_server_name(server_name)?;
            }
        }
        if inner.policies.is_empty() {
            return Err(PolicyMapError::NoPolicies);
        }
        if let Some((policy, may_be_lax)) = self.fallback {
            inner.fallback = Some(inner.fallback(policy, may_be_lax)?);
        }
        Ok(PolicyMap {
            inner: Arc::new(inner),
        })
    }
}

impl Inner {
    fn place_of(&self, policy: &str) -> Option<usize> {
        self.policies
            .iter()
            .position(|known| known.name == policy)
    }

    /// Adds a server name to the last policy.
    fn add_server_name(&mut self, server_name: String) -> Result<(), PolicyMapError> {
        let invalid = || PolicyMapError::InvalidServerName {
            server_name: shown(server_name.as_bytes()),
        };
        let (names, name) = match server_name.strip_prefix("*.") {
            Some(parent) => (&mut self.wildcards, parent),
            None => (&mut self.exact, &*server_name),
        };
        let normal = normal_name(name).ok_or_else(invalid)?;
        let place = self.policies.len().saturating_sub(1);
        match names.insert(normal, place) {
            None => Ok(()),
            Some(first) => {
                let name_of = |place: usize| {
                    self.policies
                        .get(place)
                        .map_or_else(String::new, |policy| policy.name.clone())
                };
                Err(PolicyMapError::DuplicateServerName {
                    first: name_of(first),
                    second: name_of(place),
                    server_name,
                })
            }
        }
    }

    fn fallback(&self, policy: String, may_be_lax: bool) -> Result<Fallback, PolicyMapError> {
        let found = self
            .place_of(&policy)
            .and_then(|place| {
                self.policies
                    .get(place)
                    .map(|policy| (place, policy))
            });
        let Some((place, fallback)) = found else {
            return Err(PolicyMapError::UnknownFallback { policy });
        };
        match may_be_lax || is_strict(&fallback.verifier) {
            true => Ok(Fallback {
                policy: place,
                may_be_lax,
            }),
            false => Err(PolicyMapError::LaxFallback {
                policy,
                mode: fallback.verifier.policy().mode(),
            }),
        }
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

fn is_strict(verifier: &ClientCertVerifier) -> bool {
    verifier.policy().mode() == ClientAuthMode::Required
}

/// Makes sure, where there is one policy for all hosts, that a request names one host alone.
///
/// A request without `Host`, as HTTP/1.0 has them, and one whose only name is malformed, are the origin's
/// affair.
#[cfg(feature = "http")]
pub(crate) fn check_one_host(
    uri: &http::Uri,
    headers: &http::HeaderMap,
) -> Result<(), NameRejection> {
    let lines = headers
        .get_all(http::header::HOST)
        .iter()
        .count();
    match lines.saturating_add(usize::from(uri.authority().is_some())) > 1 {
        true => asked_for(uri, headers).map(drop),
        false => Ok(()),
    }
}

/// The host that a request is for, if it names one.
#[cfg(feature = "http")]
fn asked_for(
    uri: &http::Uri,
    headers: &http::HeaderMap,
) -> Result<Option<HostPort>, NameRejection> {
    let authority = uri
        .authority()
        .map(|authority| read_host(authority.as_str().as_bytes()))
        .transpose()?;
    let mut lines = headers
        .get_all(http::header::HOST)
        .iter();
    let host = match (lines.next(), lines.next()) {
        (_, Some(_)) => return Err(NameRejection::NoHost),
        (line, None) => line
            .map(|line| read_host(line.as_bytes()))
            .transpose()?,
    };
    match (host, authority) {
        (Some(host), Some(authority)) if host != authority => Err(NameRejection::DifferentHosts {
            host: host.host,
            authority: authority.host,
        }),
        (host, authority) => Ok(host.or(authority)),
    }
}

#[cfg(feature = "http")]
fn read_host(value: &[u8]) -> Result<HostPort, NameRejection> {
    HostPort::read(value).ok_or_else(|| NameRejection::MalformedHost { host: shown(value) })
}

/// What somebody sent, as text for a reason.
fn shown(value: &[u8]) -> String {
    capped(Escaped(value), LONGEST_TEXT)
}
