//! Looking for an octet in many.

/// Where `octet` first stands in `octets`; their end, if it does not.
pub(super) fn find(octet: u8, octets: &[u8]) -> usize {
    let (blocks, _) = octets.as_chunks::<32>();
    let before = blocks
        .iter()
        .take_while(|block| !holds(octet, block))
        .count()
        * 32;
    octets
        .iter()
        .skip(before)
        .position(|other| *other == octet)
        .map_or(octets.len(), |behind| before + behind)
}

/// Whether one of them is it. It looks at all of them, which a compiler makes one comparison of.
pub(super) fn holds<const N: usize>(octet: u8, octets: &[u8; N]) -> bool {
    octets
        .iter()
        .fold(false, |found, other| found | (*other == octet))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_first_one() {
        for length in 0..100 {
            let mut octets = vec![b'a'; length];
            assert_eq!(find(b':', &octets), length);
            for place in (0..length).rev() {
                octets[place] = b':';
                assert_eq!(find(b':', &octets), place);
            }
        }
    }
}
