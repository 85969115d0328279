//! Base64 of the DER of several certificates, one behind the other (HAProxy's `ssl_c_chain_der`).

use super::base64;
use super::fault::{Fault, TOO_MANY_MEMBERS};
use super::relaxation::Relaxations;
use crate::chain::DerList;
use crate::x509::first_sequence;

/// The value for these certificates; `None` if one is not exactly one DER SEQUENCE, since nobody could
/// tell then where it ends.
pub(super) fn encode<'a>(certificates: impl IntoIterator<Item = &'a [u8]>) -> Option<Vec<u8>> {
    let mut all = Vec::new();
    for der in certificates {
        if first_sequence(der)?.len() != der.len() {
            return None;
        }
        all.extend_from_slice(der);
    }
    let mut text = Vec::new();
    base64::append(&all, &mut text);
    Some(text)
}

/// Pushes the certificates, cut where their DER says that they end; between 1 and `limit` of them.
pub(crate) fn decode(
    value: &[u8],
    limit: usize,
    relaxations: Relaxations,
    certificates: &mut DerList,
) -> Result<(), Fault> {
    let mut der = Vec::new();
    base64::decode(value, relaxations.lax_base64, &mut der)
        .ok_or_else(|| Fault::new(1, 0, "it is not padded, canonical standard base64"))?;
    let mut rest = &*der;
    for member in 1.. {
        let fault = |what| {
            // 3 octets are 4 characters.
            let offset = (der.len() - rest.len()) / 3 * 4;
            Fault::new(member, offset, what)
        };
        if member > limit {
            return Err(fault(TOO_MANY_MEMBERS));
        }
        let certificate =
            first_sequence(rest).ok_or_else(|| fault("there is no whole DER certificate"))?;
        certificates.push(certificate);
        rest = rest
            .get(certificate.len()..)
            .unwrap_or_default();
        if rest.is_empty() {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &[u8] = &[0x30, 3, 2, 1, 7];
    const B: &[u8] = &[0x30, 0];

    #[test]
    fn cuts_where_the_der_ends() {
        let text = |certificates: &[&[u8]]| base64::encode(&certificates.concat());
        let read = |text: &str| {
            let mut list = DerList::default();
            decode(text.as_bytes(), 2, Relaxations::NONE, &mut list).map(|()| {
                list.iter()
                    .map(<[u8]>::to_vec)
                    .collect::<Vec<_>>()
            })
        };
        let encode = |certificates: &[&[u8]]| {
            String::from_utf8(encode(certificates.iter().copied()).unwrap()).unwrap()
        };
        assert_eq!(read(&encode(&[A])), Ok(vec![A.to_vec()]));
        assert_eq!(read(&encode(&[A, B])), Ok(vec![A.to_vec(), B.to_vec()]));
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
