//! Small numbers side by side, each in no more bits than the largest needs.

/// Numbers of one width in bits.
#[derive(Debug)]
pub(super) struct Packed {
    width: u32,
    len: usize,
    words: Box<[u64]>,
}

impl Packed {
    /// Packs `values`, none of which is more than `max`.
    pub(super) fn new(max: u64, values: impl ExactSizeIterator<Item = u64>) -> Self {
        let width = u64::BITS - max.leading_zeros();
        let len = values.len();
        let mut words = Vec::with_capacity(word_count(len, width));
        let (mut word, mut filled) = (0_u64, 0_u32);
        if width > 0 {
            for value in values {
                word |= value << filled;
                filled += width;
                if filled >= u64::BITS {
                    words.push(word);
                    filled -= u64::BITS;
                    word = value
                        .checked_shr(width - filled)
                        .unwrap_or(0);
                }
            }
        }
        if filled > 0 {
            words.push(word);
        }
        Self {
            width,
            len,
            words: words.into(),
        }
    }

    /// The number at `index`.
    pub(super) fn get(&self, index: usize) -> Option<u64> {
        if index >= self.len {
            return None;
        }
        if self.width == 0 {
            return Some(0);
        }
        let bit = u64::try_from(index).ok()? * u64::from(self.width);
        let word = usize::try_from(bit / 64).ok()?;
        let offset = u32::try_from(bit % 64).ok()?;
        let mut value = self.words.get(word)? >> offset;
        if offset + self.width > u64::BITS {
            value |= self.words.get(word + 1)? << (u64::BITS - offset);
        }
        Some(value & (u64::MAX >> (u64::BITS - self.width)))
    }

    /// The same as an index.
    pub(super) fn index(&self, index: usize) -> Option<usize> {
        usize::try_from(self.get(index)?).ok()
    }
}

fn word_count(len: usize, width: u32) -> usize {
    usize::try_from(width).map_or(0, |width| len.saturating_mul(width).div_ceil(64))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn gives_back_what_it_took(
            (max, values) in any::<u64>().prop_flat_map(|max| {
                (Just(max), proptest::collection::vec(0..=max, 0..200))
            }),
            shift in 0_u32..64,
        ) {
            let values: Vec<u64> = values.iter().map(|value| value >> shift).collect();
            let packed = Packed::new(max >> shift, values.iter().copied());
            for (index, value) in values.iter().enumerate() {
                prop_assert_eq!(packed.get(index), Some(*value));
            }
            prop_assert_eq!(packed.get(values.len()), None);
            let width = u64::BITS - (max >> shift).leading_zeros();
            prop_assert_eq!(packed.words.len(), word_count(values.len(), width));
        }
    }
}
