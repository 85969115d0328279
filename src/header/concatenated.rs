//! Base64 of the DER of several certificates, one behind the other (HAProxy's `ssl_c_chain_der`).

use super::base64;
use super::fault::{Fault, TOO_MANY_MEMBERS};
use super::relaxation::Relaxations;
use crate::x509::first_sequence;

/// The value for these certificates; `None` if one is not exactly one DER SEQUENCE, since nobody could
/// tell then where it ends.
pub(super) fn encode<'a>(certificates: impl IntoIterator<Item = &'a [u8]>) -> Option<String> {
    let mut all = Vec::new();
    for der in certificates {
        if first_sequence(der)?.len() != der.len() {
            return None;
        }
        all.extend_from_slice(der);
    }
    Some(base64::encode(&all))
}

/// The certificates, cut where their DER says that they end; between 1 and `limit` of them.
pub(crate) fn decode(
    value: &[u8],
    limit: usize,
    relaxations: Relaxations,
) -> Result<Vec<Vec<u8>>, Fault> {
    let der = base64::decode(value, relaxations.lax_base64)
        .ok_or_else(|| Fault::new(1, 0, "it is not padded, canonical standard base64"))?;
    let mut certificates = Vec::new();
    let mut rest = &*der;
    loop {
        let fault = |what| {
            // 3 octets are 4 characters.
            let offset = (der.len() - rest.len()) / 3 * 4;
            Fault::new(certificates.len().saturating_add(1), offset, what)
        };
        if certificates.len() >= limit {
            return Err(fault(TOO_MANY_MEMBERS));
        }
        let certificate =
            first_sequence(rest).ok_or_else(|| fault("there is no whole DER certificate"))?;
        certificates.push(certificate.to_vec());
        rest = rest
            .get(certificate.len()..)
            .unwrap_or_default();
        if rest.is_empty() {
            return Ok(certificates);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &[u8] = &[0x30, 3, 2, 1, 7];
    const B: &[u8] = &[0x30, 0];

    #[test]
    fn cuts_where_the_der_ends() {
        let text = |certificates: &[&[u8]]| base64::encode(&certificates.concat());
        let read = |text: &str| decode(text.as_bytes(), 2, Relaxations::NONE);
        assert_eq!(read(&encode([A]).unwrap()), Ok(vec![A.to_vec()]));
        assert_eq!(
            read(&encode([A, B]).unwrap()),
            Ok(vec![A.to_vec(), B.to_vec()])
        );
        let fault = read(&text(&[A, B, A])).unwrap_err();
        assert_eq!((fault.member, fault.what), (3, TOO_MANY_MEMBERS));
        for (bad, member) in [
            (String::new(), 1),
            (text(&[A, &B[..1]]), 2),
            (text(&[A, &[0]]), 2),
            (format!("{},{}", text(&[A]), text(&[B])), 1),
            (
                text(&[A])
                    .trim_end_matches('=')
                    .to_owned(),
                1,
            ),
        ] {
            assert_eq!(read(&bad).unwrap_err().member, member, "{bad}");
        }
    }

    #[test]
    fn what_could_be_cut_elsewhere_is_not_written() {
        for bad in [&[][..], &B[..1], &[0x30, 0, 0x30, 0], &[2, 1, 7]] {
            assert_eq!(encode([A, bad]), None, "{bad:?}");
        }
    }
}
