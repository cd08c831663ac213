//! The codes between content and bits on air: CRCs, convolution, BCH, whitening, and what can be won from several frames.
//!
//! | module | what | spec |
//! |---|---|---|
//! | [`crc`] | CRC-16 uplink, CRC-8 downlink | §8, §15 |
//! | [`convolution`] | the filters of frames 2 and 3, and their inverse | §9 |
//! | [`bch`] | BCH(15,11) across bytes | §16 |
//! | [`whitening`] | the 511 sequences of the downlink | §17 |
//! | [`combining`] | one message from two or three damaged frames, hard or soft | §10.4 |
//! | [`repair`] | one wrong bit in a rank-1 frame, found by its CRC and proved by its tag | §10.4 |

pub mod bch;
pub mod combining;
pub mod convolution;
pub mod crc;
pub mod repair;
mod trellis;
pub mod whitening;

/// The bits of a byte in transmission order.
pub(crate) const BITS: [u8; 8] = [0x80, 0x40, 0x20, 0x10, 0x08, 0x04, 0x02, 0x01];
