//! A decoder of uplink frames by the text of the specification, bit by bit. Shares nothing with the crate but the cipher, and has no
//! other aim than to be held against the specification line by line.

#![expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test may panic"
)]

use aes::Aes128Enc;
use aes::cipher::BlockEncrypt as _;

/// §3, class by rank.
pub(crate) const TYPES: [[u16; 3]; 6] = [
    [0x006B, 0x06E0, 0x0034],
    [0x008D, 0x00D2, 0x0302],
    [0x035F, 0x0598, 0x05A3],
    [0x0611, 0x06BF, 0x072C],
    [0x094C, 0x0971, 0x0997],
    [0x0F67, 0x0FC9, 0x11BE],
];
/// §2: P + T of the classes A to E and K.
pub(crate) const PAYLOAD_AND_TAG: [usize; 6] = [2, 3, 6, 10, 14, 10];
/// Bits of the longest frame.
const BITS: usize = 208;

/// What a frame says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Said {
    /// 0 to 5 for A to E and K.
    pub(crate) class: usize,
    /// 1 to 3.
    pub(crate) rank: usize,
    pub(crate) type_errors: u32,
    pub(crate) li: usize,
    pub(crate) bidirectional: bool,
    pub(crate) repeated: bool,
    pub(crate) counter: u32,
    pub(crate) ep_id: u32,
    pub(crate) payload: [u8; 12],
    pub(crate) payload_len: usize,
    /// The tag is that of the key.
    pub(crate) authentic: bool,
    pub(crate) ambiguous: bool,
}

/// §10.1, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    Truncated,
    FrameType,
    Length,
    Crc,
    Header,
}

/// Decodes a frame and compares its tag.
pub(crate) fn decode(frame: &[u8], tolerance: u32, key: &Aes128Enc) -> Result<Said, Refusal> {
    if frame.len() < 4 {
        return Err(Refusal::Truncated);
    }
    let mut bits = [false; BITS];
    for (at, bit) in bits.iter_mut().enumerate().take(frame.len() * 8) {
        *bit = frame[at / 8] >> (7 - at % 8) & 1 == 1;
    }
    let mut nearest = None;
    for (class, types) in TYPES.iter().enumerate() {
        for (rank, word) in types.iter().enumerate() {
            let mut errors = 0;
            for (at, bit) in bits[19..32].iter().enumerate() {
                if (word >> (12 - at) & 1 == 1) != *bit {
                    errors += 1;
                }
            }
            if errors <= tolerance {
                nearest = Some((class, rank + 1, errors));
            }
        }
    }
    let (class, rank, type_errors) = nearest.ok_or(Refusal::FrameType)?;
    let content_len = 2 + 4 + PAYLOAD_AND_TAG[class] + 2;
    match frame.len().cmp(&(4 + content_len)) {
        core::cmp::Ordering::Less => return Err(Refusal::Truncated),
        core::cmp::Ordering::Greater => return Err(Refusal::Length),
        core::cmp::Ordering::Equal => {}
    }
    // §9.
    let coded = &bits[32..32 + content_len * 8];
    let mut u = [false; BITS];
    for n in 0..coded.len() {
        let one = n >= 1 && u[n - 1];
        let two = n >= 2 && u[n - 2];
        u[n] = match rank {
            1 => coded[n],
            2 => coded[n] ^ one ^ two,
            _ => coded[n] ^ two,
        };
    }
    let u = &u[..coded.len()];
    let number = |from: usize, len: usize| {
        u[from..from + len]
            .iter()
            .fold(0_u32, |all, bit| all << 1 | u32::from(*bit))
    };
    // §8.
    let mut crc = 0_u16;
    for bit in &u[..u.len() - 16] {
        let top = (crc >> 15 == 1) ^ bit;
        crc <<= 1;
        if top {
            crc ^= 0x1021;
        }
    }
    if u32::from(!crc) != number(u.len() - 16, 16) {
        return Err(Refusal::Crc);
    }
    // §4.
    let li = number(0, 2) as usize;
    if matches!((class, li), (0, 1) | (1, 1..) | (2, 3)) {
        return Err(Refusal::Header);
    }
    let tag_len = if class < 2 { 2 } else { 2 + li };
    let payload_len = PAYLOAD_AND_TAG[class] - tag_len;
    let byte = |at: usize| number(at * 8, 8) as u8;
    let mut message = [0; 18];
    for (at, place) in message.iter_mut().enumerate().take(6 + payload_len) {
        *place = byte(at);
    }
    let message = &message[..6 + payload_len];
    let mac = mac(message, key);
    let mut payload = [0; 12];
    payload[..payload_len].copy_from_slice(&message[6..]);
    Ok(Said {
        class,
        rank,
        type_errors,
        li,
        bidirectional: u[2],
        repeated: u[3],
        counter: number(4, 12),
        // §5: least significant byte first.
        ep_id: u32::from_le_bytes([message[2], message[3], message[4], message[5]]),
        payload,
        payload_len,
        authentic: (0..tag_len).all(|at| byte(6 + payload_len + at) == mac[at]),
        ambiguous: ambiguous(message, li),
    })
}

/// §7, step 2: `X[i] = M[i mod L]`, in one or two blocks.
fn filled(message: &[u8]) -> ([u8; 32], usize) {
    let len = if message.len() <= 16 { 16 } else { 32 };
    let mut blocks = [0; 32];
    for (at, byte) in blocks.iter_mut().enumerate().take(len) {
        *byte = message[at % message.len()];
    }
    (blocks, len)
}

/// §7, steps 3 and 4.
pub(crate) fn mac(message: &[u8], key: &Aes128Enc) -> [u8; 16] {
    let (blocks, len) = filled(message);
    let mut state = [0; 16];
    for block in blocks[..len].chunks(16) {
        for (to, from) in state.iter_mut().zip(block) {
            *to ^= from;
        }
        let mut array = state.into();
        key.encrypt_block(&mut array);
        state = array.into();
    }
    state
}

/// §7.1: whether some shorter P' fills the blocks identically.
fn ambiguous(message: &[u8], li: usize) -> bool {
    let longest = message.len() - 6;
    (0..longest).any(|shorter| {
        let possible = match shorter {
            0 => matches!(li, 0 | 2 | 3),
            1 => li == 0,
            _ => (4 - shorter % 4) % 4 == li,
        };
        possible && filled(&message[..6 + shorter]) == filled(message)
    })
}
