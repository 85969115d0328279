//! URL-encoded PEM of one certificate, as CloudFront and nginx write it.

use core::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----\n";
const END: &str = "-----END CERTIFICATE-----";

/// PEM with lines of 64 characters and a final line feed, in which all but unreserved characters
/// (RFC 3986 section 2.3) are percent-encoded.
pub(super) fn encode(der: &[u8]) -> String {
    let base64 = STANDARD.encode(der);
    let mut pem = String::from(BEGIN);
    for (index, character) in base64.chars().enumerate() {
        if index > 0 && index % 64 == 0 {
            pem.push('\n');
        }
        pem.push(character);
    }
    pem.push('\n');
    pem.push_str(END);
    pem.push('\n');

    let mut encoded = String::with_capacity(pem.len().saturating_mul(2));
    for character in pem.chars() {
        match character {
            'A'..='Z' | 'a'..='z' | '0'..='9' | '-' | '.' | '_' | '~' => encoded.push(character),
            other => {
                // Writing to a String cannot fail.
                let _ = write!(encoded, "%{:02X}", u32::from(other));
            }
        }
    }
    encoded
}

/// The DER in `value`, which must be exactly one certificate; else what is wrong.
///
/// `+`, `/` and `=` may be percent-encoded or not; a `+` is never a space. The final line feed may
/// be missing.
pub(crate) fn decode(value: &[u8]) -> Result<Vec<u8>, &'static str> {
    let pem = percent_decode(value)?;
    let body = pem
        .strip_prefix(BEGIN.as_bytes())
        .ok_or("it does not begin with '-----BEGIN CERTIFICATE-----' and a line feed")?;
    let body = body.strip_suffix(b"\n").unwrap_or(body);
    let body = body
        .strip_suffix(END.as_bytes())
        .and_then(|body| body.strip_suffix(b"\n"))
        .ok_or("it does not end with a line '-----END CERTIFICATE-----'")?;
    let base64: Vec<u8> = body
        .iter()
        .copied()
        .filter(|octet| *octet != b'\n')
        .collect();
    if base64.is_empty() {
        return Err("there is nothing between its BEGIN and END lines");
    }
    STANDARD
        .decode(base64)
        .map_err(|_| "its body is not padded standard base64")
}

fn percent_decode(value: &[u8]) -> Result<Vec<u8>, &'static str> {
    let mut decoded = Vec::with_capacity(value.len());
    let mut rest = value;
    loop {
        rest = match rest {
            [] => return Ok(decoded),
            [b'%', high, low, rest @ ..] => {
                let (Some(high), Some(low)) = (hex_digit(*high), hex_digit(*low)) else {
                    return Err("a '%' is not followed by two hexadecimal digits");
                };
                decoded.push(high << 4 | low);
                rest
            }
            [b'%', ..] => return Err("a '%' is not followed by two hexadecimal digits"),
            [octet, rest @ ..] => {
                decoded.push(*octet);
                rest
            }
        };
    }
}

fn hex_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn encodes_as_cloudfront_documents_it() {
        // 49 octets fill one line of 64 characters and begin another.
        let text = encode(&[0xfb; 49]);
        let line = "%2B%2Fv7".repeat(16);
        assert_eq!(
            text,
            format!(
                "-----BEGIN%20CERTIFICATE-----%0A{line}%0A%2Bw%3D%3D%0A-----END%20CERTIFICATE-----%0A"
            )
        );
        assert_eq!(decode(text.as_bytes()).unwrap(), [0xfb; 49]);
    }

    #[test]
    fn plus_is_never_a_space() {
        let text = encode(&[0xfb; 49])
            .replace("%2B", "+")
            .replace("%2F", "/")
            .replace("%3D", "=");
        assert_eq!(decode(text.as_bytes()).unwrap(), [0xfb; 49]);
        assert!(decode(text.replace('+', "%20").as_bytes()).is_err());
    }

    #[test]
    fn refuses_what_is_not_exactly_one_section() {
        let good = encode(&[1, 2, 3, 4]);
        assert!(decode(good.trim_end_matches("%0A").as_bytes()).is_ok());
        for bad in [
            String::new(),
            good.repeat(2),
            format!("%20{good}"),
            format!("{good}x"),
            good.replace("CERTIFICATE", "X509%20CERTIFICATE"),
            good.replace("%0A", ""),
            good.replace("%0A", "%20"),
            good.replace("AQIDBA%3D%3D", ""),
            good.replace("AQIDBA%3D%3D", "AQIDBA"),
            good.replace("AQIDBA%3D%3D", "AQIDBB%3D%3D"),
            good.replace("%3D%3D", "%3"),
            good.replace("%3D%3D", "%3G%3D"),
        ] {
            assert!(decode(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn round_trips(der in proptest::collection::vec(any::<u8>(), 1..400)) {
            prop_assert_eq!(decode(encode(&der).as_bytes()), Ok(der));
        }
    }
}
