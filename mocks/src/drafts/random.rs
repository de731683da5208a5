//! A small generator of numbers: the same seed gives the same documents on every machine and in every release.

/// SplitMix64. Not for secrets; chosen because it is ten lines and its sequence never changes.
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed ^ 0x6461_6E67_7269_0001)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from 0 to `limit` - 1; 0 if `limit` is 0.
    pub(super) fn below(&mut self, limit: u32) -> u32 {
        let wide = (self.next() >> 32) * u64::from(limit);
        u32::try_from(wide >> 32).unwrap_or(0)
    }

    /// A number from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.below(high - low + 1)
    }

    /// True in `percent` of 100 cases.
    pub(super) fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    /// One of `items`, which must not be empty.
    pub(super) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        let count = u32::try_from(items.len()).unwrap_or(u32::MAX);
        &items[self.below(count) as usize]
    }

    /// `count` hex digits, lower case.
    pub(super) fn hex(&mut self, count: usize) -> String {
        let mut text = String::with_capacity(count + 16);
        while text.len() < count {
            text.push_str(&format!("{:016x}", self.next()));
        }
        text.truncate(count);
        text
    }

    /// A UUID of version 4 by its marks.
    pub(super) fn uuid(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xFFFF,
            high & 0xFFF,
            0x8000 | ((low >> 48) & 0x3FFF),
            low & 0xFFFF_FFFF_FFFF
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_of_a_seed_is_fixed_and_stays_within_its_bounds() {
        let mut first = Random::new(7);
        let mut second = Random::new(7);
        for _ in 0..1000 {
            let n = first.between(3, 9);
            assert!((3..=9).contains(&n));
            assert_eq!(n, second.between(3, 9));
        }
        assert_ne!(Random::new(7).next(), Random::new(8).next());
        assert_eq!(Random::new(1).uuid().len(), 36);
    }
}
