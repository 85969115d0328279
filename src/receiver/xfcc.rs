//! The element of `x-forwarded-client-cert` that is trusted, held against its own certificate.

use super::ReceiveError;
use super::carriers::Found;
use super::rules::{Rules, check_is_certificate};
use crate::chain::DerList;
use crate::header::{
    Fault, HeaderRow, OctetFormat, TOO_MANY_MEMBERS, XFCC_MARKS, XfccElement, XfccKey,
    decode_marked, octets, parse_xfcc,
};
use crate::x509::{Certificate, SubjectAltName};

impl<'a> Found<'a> {
    pub(super) fn read_xfcc(
        &mut self,
        row: &'a HeaderRow,
        value: &[u8],
        rules: &Rules,
    ) -> Result<(), ReceiveError> {
        let text = core::str::from_utf8(value)
            .ok()
            .filter(|text| {
                text.bytes()
                    .all(|octet| matches!(octet, 0x20..=0x7e))
            })
            .ok_or_else(|| ReceiveError::malformed(row, 1, "it is not visible ASCII".into()))?;
        let mut elements = parse_xfcc(text).map_err(|fault| ReceiveError::at(row, fault))?;
        let index = rules.xfcc_index(row, elements.len())?;
        let element = elements.swap_remove(index);
        let member = index.saturating_add(1);
        let pem = |key: XfccKey| {
            let limit = rules.limits.max_certificates;
            element
                .value(key)
                .map(|pem| {
                    let mut list = DerList::default();
                    let pem = pem.as_bytes();
                    decode_marked(&XFCC_MARKS, pem, limit, rules.relaxations, &mut list)
                        .map(|()| list)
                })
                .transpose()
                .map_err(|fault: Fault| match fault.what == TOO_MANY_MEMBERS {
                    true => rules.too_many(fault.member),
                    false => {
                        let fault = format!(
                            "{}, certificate {}: {} (at octet {} of its value)",
                            key.as_str(),
                            fault.member,
                            fault.what,
                            fault.offset
                        );
                        ReceiveError::malformed(row, member, fault)
                    }
                })
        };
        let (cert, chain) = (pem(XfccKey::Cert)?, pem(XfccKey::Chain)?);
        let contradiction = |fault| Err(ReceiveError::contradiction(row, fault));
        if cert
            .as_ref()
            .is_some_and(|cert| cert.len() != 1)
        {
            return contradiction("Cert holds several certificates");
        }
        let whole = match (cert, chain) {
            (None, None) => {
                return contradiction(
                    "its element has neither Cert nor Chain, without which there is no certificate; \
                     have the hop send one (Envoy: `set_current_client_cert_details`)",
                );
            }
            (Some(cert), Some(chain)) if cert.get(0) != chain.get(0) => {
                return contradiction("Cert is not the first certificate of Chain");
            }
            (Some(cert), None) => cert,
            (_, Some(chain)) => chain,
        };
        for der in whole.iter() {
            check_is_certificate(row, member, der)?;
        }
        if let Some(fault) = whole
            .get(0)
            .and_then(|leaf| not_of(&element, &Certificate::describe(leaf)))
        {
            return contradiction(fault);
        }
        let says_chain = element.value(XfccKey::Chain).is_some();
        self.xfcc = Some(element);
        let whole = self.certificates.append(whole);
        self.add_whole(row, whole, says_chain)
    }
}

impl Rules {
    /// Whether what is read is not what the hop in front says of its own client.
    pub(super) fn is_of_an_earlier_hop(&self) -> bool {
        self.xfcc_from_end
            .is_some_and(|number| number > 1)
    }

    fn xfcc_index(&self, row: &HeaderRow, elements: usize) -> Result<usize, ReceiveError> {
        let fault = match self.xfcc_from_end {
            None if elements == 1 => return Ok(0),
            None => format!(
                "there are {elements} elements, and one is expected; if the hops in front append, say \
                 with `CertReceiver::xfcc_element_from_end` which is trusted"
            ),
            Some(number) => match elements.checked_sub(number) {
                Some(index) => return Ok(index),
                None => format!(
                    "there are {elements} elements, fewer than the {number} from whose end the trusted \
                     one is counted"
                ),
            },
        };
        Err(ReceiveError::malformed(row, elements, fault))
    }
}

/// What an element says that is not so of its leaf. Envoy does not quote names, so that a client who
/// chooses them could write further pairs.
fn not_of(element: &XfccElement, leaf: &Certificate<'_>) -> Option<&'static str> {
    let digest = octets(&leaf.sha256(), OctetFormat::LowerHex);
    let is_digest = |hash: &str| hash.eq_ignore_ascii_case(&digest);
    if !element
        .value(XfccKey::Hash)
        .is_none_or(is_digest)
    {
        return Some("Hash is not the SHA-256 of the leaf");
    }
    let differ = |key, own: fn(SubjectAltName<'_>) -> Option<&str>| {
        let said = || {
            element
                .values(key)
                .filter(|name| !name.is_empty())
        };
        let are_theirs = said().eq(leaf.subject_alt_names().filter_map(own));
        said().next().is_some() && !are_theirs
    };
    if differ(XfccKey::Uri, |name| match name {
        SubjectAltName::Uri(uri) => Some(uri),
        _ => None,
    }) {
        return Some("URI is not what the leaf has");
    }
    differ(XfccKey::Dns, |name| match name {
        SubjectAltName::Dns(name) => Some(name),
        _ => None,
    })
    .then_some("DNS is not what the leaf has")
}
