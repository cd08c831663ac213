//! SipHash-2-4 under a secret key for shards and cells of a shedder (§8, §9), and a faster hash for places inside a table.

use core::fmt;

use zeroize::Zeroize;

use crate::key::DeviceKey;

/// A secret random 128-bit key. Who does not know it cannot choose identifiers that meet in one place.
///
/// Erased on drop, and never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct HashKey {
    low: u64,
    high: u64,
}

impl HashKey {
    /// A key from 16 random octets.
    #[must_use]
    pub const fn new(random: [u8; 16]) -> Self {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = random;
        Self {
            low: u64::from_le_bytes([a, b, c, d, e, f, g, h]),
            high: u64::from_le_bytes([i, j, k, l, m, n, o, p]),
        }
    }

    /// SipHash-2-4 of any octets.
    ///
    /// Written most significant octet last, as the authors of SipHash do: see [`u64::to_le_bytes`].
    #[must_use]
    pub fn hash(&self, data: &[u8]) -> u64 {
        let mut state = self.start();
        let (words, rest) = data.as_chunks::<8>();
        for word in words {
            state.absorb(u64::from_le_bytes(*word));
        }
        let mut last = [0_u8; 8];
        for (to, from) in last.iter_mut().zip(rest) {
            *to = *from;
        }
        // The top octet is the length modulo 256.
        let [len, ..] = data.len().to_le_bytes();
        state.absorb(u64::from_le_bytes(last) | (u64::from(len) << 56));
        state.finish()
    }

    /// The same of a device key: a fixed length costs less.
    #[inline]
    #[must_use]
    pub fn device(&self, device: &DeviceKey) -> u64 {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = *device.as_bytes();
        let mut state = self.start();
        state.absorb(u64::from_le_bytes([a, b, c, d, e, f, g, h]));
        state.absorb(u64::from_le_bytes([i, j, k, l, m, n, o, p]));
        state.absorb(16 << 56);
        state.finish()
    }

    /// Shard of a device among a power of two of shards: the top bits of its hash (§9). `None` if it is no power of two.
    #[must_use]
    pub fn shard(&self, device: &DeviceKey, shards: u32) -> Option<u32> {
        if !shards.is_power_of_two() {
            return None;
        }
        let shard = top_bits(self.device(device), shards.trailing_zeros());
        u32::try_from(shard).ok()
    }

    const fn start(&self) -> State {
        State([
            self.low ^ 0x736f_6d65_7073_6575,
            self.high ^ 0x646f_7261_6e64_6f6d,
            self.low ^ 0x6c79_6765_6e65_7261,
            self.high ^ 0x7465_6462_7974_6573,
        ])
    }
}

/// Finds places inside a table: a strongly universal hash, one multiplication for each half of a device key.
///
/// `(a + b·low + c·high) mod 2^128`, its upper half, with a, b and c secret and random (multilinear hashing): for any two device keys
/// all pairs of hashes are equally likely, so that nobody who does not know a, b and c can choose devices that meet. It is no
/// pseudo-random function like SipHash; but it is never shown, it costs a quarter, and only authentic devices have places.
#[derive(Clone)]
pub(crate) struct PlaceKey {
    add: u128,
    low: u128,
    high: u128,
}

impl PlaceKey {
    /// Six words of SipHash, counted by one octet.
    pub(crate) fn new(key: &HashKey) -> Self {
        let word = |count: u8| u128::from(key.hash(&[count]));
        let wide = |count: u8| word(count).wrapping_shl(64) | word(count.wrapping_add(1));
        Self {
            add: wide(0),
            low: wide(2),
            high: wide(4),
        }
    }

    #[inline]
    pub(crate) fn hash(&self, device: &DeviceKey) -> u64 {
        let (halves, _) = device.as_bytes().as_chunks::<8>();
        let half = |at: usize| {
            halves
                .get(at)
                .map_or(0, |half| u128::from(u64::from_le_bytes(*half)))
        };
        let sum = self
            .add
            .wrapping_add(self.low.wrapping_mul(half(0)))
            .wrapping_add(self.high.wrapping_mul(half(1)));
        let [a, b, c, d, e, f, g, h, ..] = sum.to_be_bytes();
        u64::from_be_bytes([a, b, c, d, e, f, g, h])
    }
}

impl Drop for PlaceKey {
    fn drop(&mut self) {
        self.add.zeroize();
        self.low.zeroize();
        self.high.zeroize();
    }
}

impl fmt::Debug for PlaceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlaceKey(..)")
    }
}

/// The top bits of a hash as a number.
pub(crate) fn top_bits(hash: u64, bits: u32) -> u64 {
    hash.unbounded_shr(64_u32.saturating_sub(bits))
}

impl Drop for HashKey {
    fn drop(&mut self) {
        self.low.zeroize();
        self.high.zeroize();
    }
}

impl fmt::Debug for HashKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashKey(..)")
    }
}

struct State([u64; 4]);

impl State {
    #[inline]
    const fn absorb(&mut self, word: u64) {
        self.0[3] ^= word;
        self.round();
        self.round();
        self.0[0] ^= word;
    }

    #[inline]
    const fn finish(mut self) -> u64 {
        self.0[2] ^= 0xff;
        self.round();
        self.round();
        self.round();
        self.round();
        let [a, b, c, d] = self.0;
        a ^ b ^ c ^ d
    }

    #[inline]
    const fn round(&mut self) {
        let [mut a, mut b, mut c, mut d] = self.0;
        a = a.wrapping_add(b);
        c = c.wrapping_add(d);
        b = b.rotate_left(13) ^ a;
        d = d.rotate_left(16) ^ c;
        a = a.rotate_left(32).wrapping_add(d);
        c = c.wrapping_add(b);
        d = d.rotate_left(21) ^ a;
        b = b.rotate_left(17) ^ c;
        c = c.rotate_left(32);
        self.0 = [a, b, c, d];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

    #[test]
    fn published_values() {
        // Appendix A of the SipHash paper, and the first of the authors' vectors.
        let key = HashKey::new(KEY);
        assert_eq!(
            key.hash(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]),
            0xa129_ca61_49be_45e5
        );
        assert_eq!(key.hash(&[]), 0x726f_db47_dd0e_0e31);
    }

    #[test]
    fn the_short_way_for_device_keys_is_the_general_one() {
        let key = HashKey::new(KEY);
        for octet in 0..=255_u8 {
            let device = DeviceKey::new([octet; 16]);
            assert_eq!(key.device(&device), key.hash(device.as_bytes()));
        }
    }

    #[test]
    fn one_shard_holds_all_and_other_numbers_are_refused() {
        let key = HashKey::new(KEY);
        let device = DeviceKey::new([7; 16]);
        assert_eq!(key.shard(&device, 1), Some(0));
        assert_eq!(
            key.shard(&device, 1 << 31).map(u64::from),
            Some(key.device(&device) >> 33)
        );
        assert_eq!((key.shard(&device, 0), key.shard(&device, 3)), (None, None));
    }
}
