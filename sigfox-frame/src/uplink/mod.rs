//! Uplink frames (spec part I).
//!
//! ```text
//! bit   0           19            32          48              80          80+8P        80+8P+8T      end
//!       |preamble 19|frame type 13|header 16  |EP-ID 32       |payload 8P |tag 8T      |CRC 16       |
//!       |<-- 32 bits, never coded->|<------------- content, coded for rank 2 and 3 ---------------->|
//!                                  |<----------- authenticated ---------->|
//! header  LI 2 | BF 1 | REP 1 | MC 12      big-endian; EP-ID goes least significant byte first
//! ```
//!
//! | class | message | P | T | frame bytes |
//! |---|---|---|---|---|
//! | A | empty, or one bit | 0 | 2 | 14 |
//! | B | 1 byte | 1 | 2 | 15 |
//! | C | 2 to 4 bytes | 2 to 4 | 4 to 2 | 18 |
//! | D | 5 to 8 bytes | 5 to 8 | 5 to 2 | 22 |
//! | E | 9 to 12 bytes | 9 to 12 | 5 to 2 | 26 |
//! | K | control record | 5 to 8 | 5 to 2 | 22 |
//!
//! ```
//! use sigfox_frame::auth::DeviceKey;
//! use sigfox_frame::sequence::Rollover;
//! use sigfox_frame::uplink::{Body, Frames, Message, Payload, Rank, Tolerance, decode};
//! use sigfox_frame::EpId;
//!
//! // Worked example 1 of the specification.
//! let key = DeviceKey::new(*b"\x2b\x7e\x15\x16\x28\xae\xd2\xa6\xab\xf7\x15\x88\x09\xcf\x4f\x3c").unwrap();
//! let counter = Rollover::R4096.counter(1015)?;
//! let body = Body::Bytes(Payload::new(b"Hello")?);
//! let message = Message::new(EpId(0x00A1_B2C3), counter, body).asking_for_downlink();
//!
//! let frames = Frames::new(&message, &key)?;
//! let frame = frames.frame(Rank::First);
//! assert_eq!(frame[..6], [0xAA, 0xAA, 0xA6, 0x11, 0xE3, 0xF7]);
//!
//! let received = decode(&frame, Tolerance::default()).unwrap(); // CRC right, sender unknown
//! let authentic = received.verify(&key).unwrap(); // sent by who holds the key
//! assert_eq!(authentic.uplink().message, message);
//! # Ok::<(), sigfox_frame::EncodeError>(())
//! ```

mod class;
pub(crate) mod content;
mod decode;
mod encode;
mod frame_type;
mod message;

pub use class::{Class, Rank};
pub use decode::{Head, Unauthenticated, Uplink, decode, head};
pub use encode::{Frame, Frames};
pub use frame_type::{FrameType, Tolerance};
pub use message::{Body, Likeness, Message, Payload, PayloadBytes};

/// Bytes of preamble and frame type, never coded.
pub const HEAD_LEN: usize = 4;
/// Bytes of the longest frame, class E.
pub const MAX_FRAME_LEN: usize = 26;
/// Bytes of the longest content, class E.
pub const MAX_CONTENT_LEN: usize = 22;
/// The 19 bits before the frame type, first bit most significant.
pub const PREAMBLE: u32 = 0b101_0101_0101_0101_0101;
