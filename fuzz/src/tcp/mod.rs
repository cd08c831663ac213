//! Laws of `wifisensor-tcp`.

pub mod device;
pub mod frames;
pub mod pair;
pub mod samples;
pub mod server;

use wifisensor_tcp::frame::{self, FrameType};
use wifisensor_tcp::handshake::{DeviceId, Hello, Versions};
use wifisensor_tcp::keys::{MacKey, Secret};

const SECRET: [u8; 32] = [0x5E; 32];
const DECOY: [u8; 32] = [0xDC; 32];
const KEY_ID: u8 = 1;
const DEVICE: DeviceId = DeviceId([0, 0, 0, 0, 0x5E, 0, 0x53, 1]);

fn secret() -> Secret {
    Secret::new(SECRET)
}

fn hello() -> Hello {
    Hello {
        versions: Versions::default(),
        key_id: KEY_ID,
        device_id: DEVICE,
        nonce: [0xA0; 16],
    }
}

/// A frame, or nothing where the body is too long for its direction.
fn sealed(kind: u8, seq: u32, body: &[u8], key: Option<&MacKey>) -> Option<Vec<u8>> {
    let mut out = [0; frame::HEAD_LEN + 1024 + 16];
    let bytes = frame::emit(&mut out, FrameType::from(kind), seq, body, key).ok()?;
    Some(bytes.to_vec())
}

/// Cuts a stream in pieces of these lengths, over and over; 0 counts as 1.
fn pieces<'s>(mut stream: &'s [u8], lengths: &[u8]) -> Vec<&'s [u8]> {
    let mut lengths = lengths.iter().cycle();
    let mut pieces = Vec::new();
    while !stream.is_empty() {
        let length = lengths
            .next()
            .map_or(stream.len(), |&length| usize::from(length.max(1)));
        let (piece, rest) = stream.split_at(length.min(stream.len()));
        pieces.push(piece);
        stream = rest;
    }
    pieces
}
