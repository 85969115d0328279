//! The leaf in the PROXY protocol, version 2: `PP2_TYPE_SSL` with HAProxy's subtype for the client's
//! certificate.
//!
//! The layout is that of HAProxy's `proxy-protocol.txt`, section 2.2.6: type, length, `client` (bits),
//! `verify` (32 bits), then TLVs of the same shape; all numbers are big-endian.

use thiserror::Error;

use crate::chain::CertChain;
use crate::hop::TrustedHop;
use crate::policy::{ChainLimits, ClientIdentity, Rejection};
use crate::verifier::{HandshakeFacts, Resumption};
use crate::x509::{Certificate, MalformedCertificate};

const TYPE_SSL: u8 = 0x20;
const SUBTYPE_VERSION: u8 = 0x21;
const SUBTYPE_CLIENT_CERT: u8 = 0x28;

const CLIENT_SSL: u8 = 0x01;
/// A certificate came over this connection.
const CLIENT_CERT_CONN: u8 = 0x02;
/// A certificate came over some connection of this session.
const CLIENT_CERT_SESS: u8 = 0x04;

const VERIFIED: u32 = 0;
const NOT_VERIFIED: u32 = 1;

/// Encodes an identity as the TLV `PP2_TYPE_SSL`, type and length included, for a host that writes
/// a PROXY protocol v2 header.
///
/// It carries the leaf's DER (`PP2_SUBTYPE_SSL_CLIENT_CERT`, 0x28), if there is one, the TLS version
/// where `facts` knows it, whether the certificate came over this connection or was resumed, and
/// `verify`, which is 0 for a verified identity and for nobody else. Intermediates do not travel.
///
/// ```
/// use edge_mtls::{ClientIdentity, HandshakeFacts, encode_proxy_tlv};
///
/// let tlv = encode_proxy_tlv(&ClientIdentity::Anonymous, &HandshakeFacts::new(None))?;
/// assert_eq!(tlv, [0x20, 0, 5, 0x01, 0, 0, 0, 1]);
/// # Ok::<(), edge_mtls::ProxyTlvError>(())
/// ```
///
/// # Errors
///
/// [`ProxyTlvError::TooLong`] if the leaf does not fit: a TLV holds 65,535 bytes.
pub fn encode_proxy_tlv(
    identity: &ClientIdentity,
    facts: &HandshakeFacts,
) -> Result<Vec<u8>, ProxyTlvError> {
    let leaf = identity
        .chain()
        .map(CertChain::leaf_der);
    let client = match (leaf, facts.resumption()) {
        (None, _) => CLIENT_SSL,
        (Some(_), Resumption::No) => CLIENT_SSL | CLIENT_CERT_CONN | CLIENT_CERT_SESS,
        (Some(_), _) => CLIENT_SSL | CLIENT_CERT_SESS,
    };
    let verify = match identity {
        ClientIdentity::Verified { .. } => VERIFIED,
        ClientIdentity::Anonymous | ClientIdentity::Unverified { .. } => NOT_VERIFIED,
    };
    let version = facts
        .protocol_version()
        .and_then(version_name);
    let mut contents = vec![client];
    contents.extend(verify.to_be_bytes());
    if let Some(version) = version {
        put(&mut contents, SUBTYPE_VERSION, version.as_bytes())?;
    }
    if let Some(leaf) = leaf {
        put(&mut contents, SUBTYPE_CLIENT_CERT, leaf)?;
    }
    let mut tlv = Vec::with_capacity(contents.len().saturating_add(3));
    put(&mut tlv, TYPE_SSL, &contents)?;
    Ok(tlv)
}

/// Reads the TLV `PP2_TYPE_SSL`, type and length included, that `hop` sent; `None` if it says that
/// there was no certificate.
///
/// Subtypes other than the certificate are passed over. The certificate must be exactly one, in DER,
/// and within the limits.
///
/// # Errors
///
/// [`ProxyTlvError`]; the connection must then be refused.
pub fn receive_proxy_tlv(
    tlv: &[u8],
    limits: ChainLimits,
    hop: &TrustedHop,
) -> Result<Option<ReceivedTlv>, ProxyTlvError> {
    let mut outer = Tlvs {
        rest: tlv,
        length: tlv.len(),
    };
    let contents = match outer.next()? {
        Some((TYPE_SSL, contents)) if outer.rest.is_empty() => contents,
        Some((TYPE_SSL, _)) => return Err(outer.malformed("something stands behind the TLV")),
        _ => return Err(ProxyTlvError::malformed(0, "it is not of the type 0x20")),
    };
    let Some((fixed, rest)) = contents.split_first_chunk::<5>() else {
        return Err(outer.malformed("it is shorter than its fixed part"));
    };
    let [client, verify @ ..] = *fixed;
    let mut inner = Tlvs {
        rest,
        length: tlv.len(),
    };
    let mut leaf = None;
    while let Some((kind, value)) = inner.next()? {
        if kind == SUBTYPE_CLIENT_CERT && leaf.replace(value).is_some() {
            return Err(inner.malformed("there are two certificates"));
        }
    }
    let says_certificate = client & (CLIENT_CERT_CONN | CLIENT_CERT_SESS) != 0;
    let leaf = match (leaf, says_certificate && client & CLIENT_SSL != 0) {
        (None, false) => return Ok(None),
        (None, true) => return Err(ProxyTlvError::NoCertificate),
        (Some(_), false) => {
            return Err(ProxyTlvError::malformed(
                3,
                "there is a certificate, and its bits say that there is none",
            ));
        }
        (Some(leaf), true) => leaf,
    };
    let chain = CertChain::behind::<[&[u8]; 0]>(leaf, []);
    limits
        .check_chain(&chain)
        .map_err(ProxyTlvError::OverLimit)?;
    Certificate::from_der(leaf).map_err(ProxyTlvError::NotACertificate)?;
    Ok(Some(ReceivedTlv {
        chain,
        claims_verified: u32::from_be_bytes(verify) == VERIFIED,
        hop: hop.clone(),
    }))
}

/// A leaf that a trusted hop sent in the PROXY protocol, and what it claims of it.
#[derive(Clone, Debug)]
pub struct ReceivedTlv {
    chain: CertChain,
    claims_verified: bool,
    hop: TrustedHop,
}

impl ReceivedTlv {
    /// The leaf, as a chain of one: what stands behind it did not travel.
    pub fn chain(&self) -> &CertChain {
        &self.chain
    }

    /// Whether the hop says that it verified the certificate. It is the hop's word:
    /// [`ChainPolicy::evaluate`](crate::ChainPolicy::evaluate) is a verdict.
    pub fn claims_verified(&self) -> bool {
        self.claims_verified
    }

    /// Why the hop is trusted.
    pub fn hop(&self) -> &TrustedHop {
        &self.hop
    }
}

/// Why a TLV of the PROXY protocol cannot be written or read.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum ProxyTlvError {
    /// The TLV is not in the form of the PROXY protocol.
    #[error("the TLV is malformed at octet {offset}: {fault}; check what the proxy in front sends")]
    Malformed {
        /// How many octets stand before the place.
        offset: usize,
        /// What is wrong.
        fault: &'static str,
    },

    /// The TLV says that the client has a certificate, and does not carry it.
    #[error(
        "the client has a certificate, and the TLV does not carry it; have the proxy send the subtype \
         0x28, the client's certificate"
    )]
    NoCertificate,

    /// What stands in place of the certificate is none.
    #[error("the TLV does not hold exactly one DER certificate: {0}")]
    NotACertificate(MalformedCertificate),

    /// The certificate is over the limits.
    #[error("{0}")]
    OverLimit(Rejection),

    /// The leaf does not fit into a TLV.
    #[error(
        "the TLV would have {bytes} bytes, more than the limit of {limit}; send it in a header"
    )]
    TooLong {
        /// Its size.
        bytes: usize,
        /// The limit on it.
        limit: usize,
    },
}

impl ProxyTlvError {
    fn malformed(offset: usize, fault: &'static str) -> Self {
        Self::Malformed { offset, fault }
    }
}

fn version_name(version: u16) -> Option<&'static str> {
    match version {
        0x0303 => Some("TLSv1.2"),
        0x0304 => Some("TLSv1.3"),
        _ => None,
    }
}

fn put(tlvs: &mut Vec<u8>, kind: u8, value: &[u8]) -> Result<(), ProxyTlvError> {
    let length = u16::try_from(value.len()).map_err(|_| ProxyTlvError::TooLong {
        bytes: value.len(),
        limit: usize::from(u16::MAX),
    })?;
    tlvs.push(kind);
    tlvs.extend(length.to_be_bytes());
    tlvs.extend_from_slice(value);
    Ok(())
}

/// TLVs one behind the other, up to the end of the outermost.
struct Tlvs<'a> {
    rest: &'a [u8],
    /// Of the outermost.
    length: usize,
}

impl<'a> Tlvs<'a> {
    fn malformed(&self, fault: &'static str) -> ProxyTlvError {
        ProxyTlvError::malformed(
            self.length
                .saturating_sub(self.rest.len()),
            fault,
        )
    }

    fn next(&mut self) -> Result<Option<(u8, &'a [u8])>, ProxyTlvError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let cut = self
            .rest
            .split_first_chunk::<3>()
            .and_then(|([kind, high, low], rest)| {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                let (value, rest) = rest.split_at_checked(length)?;
                Some((*kind, value, rest))
            });
        match cut {
            Some((kind, value, rest)) => {
                self.rest = rest;
                Ok(Some((kind, value)))
            }
            None => Err(self.malformed("a TLV is cut short")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receive(tlv: &[u8]) -> Result<Option<ReceivedTlv>, ProxyTlvError> {
        let hop = TrustedHop::private_network("test");
        receive_proxy_tlv(tlv, ChainLimits::default(), &hop)
    }

    #[test]
    fn no_certificate_is_none() {
        for absent in [
            &[0x20, 0, 5, 1, 0, 0, 0, 1][..],
            // HAProxy says 0 where there is nothing to verify.
            &[0x20, 0, 5, 1, 0, 0, 0, 0],
            &[0x20, 0, 5, 0, 0, 0, 0, 0],
            &[0x20, 0, 8, 1, 0, 0, 0, 1, 0x22, 0, 0],
        ] {
            assert!(receive(absent).unwrap().is_none(), "{absent:?}");
        }
    }

    #[test]
    fn refuses_what_is_not_exactly_a_tlv() {
        for (bad, at) in [
            (&[][..], 0),
            (&[0x21, 0, 5, 1, 0, 0, 0, 1], 0),
            (&[0x20, 0, 4, 1, 0, 0, 0], 7),
            (&[0x20, 0, 6, 1, 0, 0, 0, 1], 0),
            (&[0x20, 0, 5, 1, 0, 0, 0, 1, 0], 8),
            (&[0x20, 0, 7, 1, 0, 0, 0, 1, 0x22, 0], 8),
            (&[0x20, 0, 8, 1, 0, 0, 0, 1, 0x22, 0, 1], 8),
            (&[0x20, 0, 9, 1, 0, 0, 0, 1, 0x28, 0, 1, 0x30], 3),
            (&[0x20, 0, 9, 6, 0, 0, 0, 1, 0x28, 0, 1, 0x30], 3),
        ] {
            match receive(bad).unwrap_err() {
                ProxyTlvError::Malformed { offset, .. } => assert_eq!(offset, at, "{bad:?}"),
                other => panic!("{other}: {bad:?}"),
            }
        }
        let two = [
            0x20, 0, 13, 3, 0, 0, 0, 1, 0x28, 0, 1, 0x30, 0x28, 0, 1, 0x30,
        ];
        assert!(receive(&two).is_err());
        let promised = [0x20, 0, 5, 3, 0, 0, 0, 0];
        assert_eq!(
            receive(&promised).unwrap_err(),
            ProxyTlvError::NoCertificate
        );
        let no_certificate = [0x20, 0, 9, 3, 0, 0, 0, 0, 0x28, 0, 1, 0x30];
        assert!(matches!(
            receive(&no_certificate).unwrap_err(),
            ProxyTlvError::NotACertificate(_)
        ));
    }
}
