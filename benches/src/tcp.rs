//! Sessions of WiFi sensors: full SAMPLES frames, handshakes, and the bare work that they cannot be done without.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use wifisensor_tcp::EncodeErrorKind;
use wifisensor_tcp::frame::{self, Direction, Frame, FrameType};
use wifisensor_tcp::handshake::{DeviceId, Hello, Versions};
use wifisensor_tcp::keys::{Key, MacKey, Secret};
use wifisensor_tcp::samples::{Channel, Channels, ClockBasis, Encoder, Head, Quantity, Record, Samples};
use wifisensor_tcp::server::{Event, Identity, Options, Server};
use wifisensor_tcp::session::Output;
use wifisensor_tcp::time::{Millis, UnixTime};

const KEY: [u8; 32] = [0x6B; 32];

/// A SAMPLES frame as full as it gets.
#[derive(Debug)]
#[non_exhaustive]
pub struct Full {
    /// Name in tables.
    pub name: &'static str,
    /// The octets of the frame, tag included.
    pub octets: Vec<u8>,
    /// Records in it.
    pub records: u64,
}

impl Full {
    /// The octets of the body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        Frame::parse(&self.octets, Direction::FromDevice).map_or(&[], |frame| frame.body())
    }

    /// Two channels at usual times, whose values differ from one to the next by up to `step`.
    fn new(name: &'static str, step: i32) -> Option<Self> {
        let channels = [
            Channel::new(Quantity::TEMPERATURE, -2)?,
            Channel::new(Quantity::HUMIDITY, -1)?,
        ];
        let head = Head {
            first: 1000,
            period_s: 60,
            basis: ClockBasis::Utc,
            channels: Channels::new(&channels)?,
        };
        let mut buffer = [0; 1024];
        let mut body = Encoder::new(&mut buffer, head).ok()?;
        let mut random = 0x9E37_79B9_u32;
        let mut next = || {
            random ^= random << 13;
            random ^= random >> 17;
            random ^= random << 5;
            i32::try_from(random >> 1).ok()?.checked_rem(step.checked_add(1)?)
        };
        let mut time = 1_800_000_000_u32;
        loop {
            let values = [next()?.checked_add(2100)?, next()?.checked_add(480)?];
            match body.push(time, &values.map(Some)) {
                Ok(()) => time = time.checked_add(60)?,
                Err(error) if error.kind == EncodeErrorKind::Full => break,
                Err(_) => return None,
            }
        }
        let records = body.count().into();
        let body = body.finish().ok()?;
        let mut out = [0; 1100];
        let octets = frame::emit(&mut out, FrameType::Samples, 2, body, Some(&key()))
            .ok()?
            .to_vec();
        Some(Self {
            name,
            octets,
            records,
        })
    }
}

/// Full frames: of a still room, of a lively one, and of one where nearly every code takes three octets.
#[must_use]
pub fn full() -> Vec<Full> {
    [("smooth", 20), ("jumpy", 100), ("wild", 60_000)]
        .into_iter()
        .filter_map(|(name, step)| Full::new(name, step))
        .collect()
}

/// The key that the frames are signed with, its state kept.
#[must_use]
pub fn key() -> MacKey {
    MacKey::new(&Key::new(KEY))
}

/// The same key in the library's own form.
///
/// # Panics
/// Never: a key may have any length.
#[must_use]
#[expect(clippy::expect_used, reason = "any length will do")]
pub fn bare_key() -> Hmac<Sha256> {
    Hmac::new_from_slice(&KEY).expect("any length")
}

/// The limit: the tag over header and body with a kept state, and nothing else.
#[must_use]
pub fn bare(octets: &[u8], key: &Hmac<Sha256>) -> Option<[u8; 16]> {
    let (signed, _) = octets.split_last_chunk::<16>()?;
    let mut state = key.clone();
    state.update(signed);
    state.finalize().into_bytes().first_chunk().copied()
}

/// Verifies the tag and checks the whole body: what has to be done before a frame can be stored.
#[must_use]
pub fn verified<'f>(octets: &'f [u8], key: &MacKey) -> Option<Samples<'f>> {
    let frame = Frame::parse(octets, Direction::FromDevice).ok()?;
    frame.verify(key).then(|| Samples::parse(frame.body()).ok())?
}

/// Adds up times and values, so that every record is made.
#[must_use]
pub fn sum(records: impl Iterator<Item = Record>) -> i64 {
    records.fold(0_i64, |sum, record| {
        let values = record.values().flatten().map(i64::from);
        values.fold(sum.wrapping_add(record.time().into()), i64::wrapping_add)
    })
}

/// As a service without this crate would read the codes: a loop over varints in 64 bits, differences added up, no check of any
/// range or form.
#[must_use]
pub fn plain(body: &[u8]) -> Option<i64> {
    let time = u32::from_be_bytes(*body.get(4..)?.first_chunk()?);
    let period = i64::from(u16::from_be_bytes(*body.get(8..)?.first_chunk()?));
    let mut rest = body.get(16..)?.iter();
    let mut code = || {
        let (mut value, mut shift) = (0_u64, 0_u32);
        loop {
            let octet = rest.next()?;
            value |= u64::from(octet & 0x7F).wrapping_shl(shift);
            shift = shift.wrapping_add(7);
            if octet & 0x80 == 0 {
                return Some(value);
            }
        }
    };
    let difference = |code: u64| (code >> 1).cast_signed() ^ (code & 1).cast_signed().wrapping_neg();
    let (mut time, mut sum) = (i64::from(time), 0_i64);
    let mut last = [0_i64; 2];
    for record in 0..*body.get(10)? {
        if record > 0 {
            time = time.wrapping_add(period).wrapping_add(difference(code()?));
        }
        sum = sum.wrapping_add(time);
        for last in &mut last {
            *last = last.wrapping_add(difference(code()?.wrapping_sub(1)));
            sum = sum.wrapping_add(*last);
        }
    }
    Some(sum)
}

/// A HELLO frame, and the secret that it is made with.
#[must_use]
pub fn hello() -> (Vec<u8>, Secret) {
    let secret = Secret::new([0x5E; 32]);
    let hello = Hello {
        versions: Versions::default(),
        key_id: 1,
        device_id: DeviceId([0, 0, 0, 0, 0x5E, 0, 0x53, 1]),
        nonce: [0xA0; 16],
    };
    let key = MacKey::new(&secret.hello_key());
    let mut out = [0; 64];
    let octets = frame::emit(&mut out, FrameType::Hello, 0, &hello.to_bytes(), Some(&key));
    (
        octets.map_or_else(|_| Vec::new(), |octets| octets.to_vec()),
        secret,
    )
}

/// The server's part of a handshake: a new machine, HELLO in, the secret looked up, CHALLENGE out, session keys made.
#[must_use]
pub fn handshake(hello: &[u8], secret: &Secret, decoy: &Secret) -> Option<usize> {
    let mut server = Server::new(Options::new(), decoy, [0x51; 16], Millis(0));
    let _all = server.handle_input(Millis(0), hello);
    let Output::Event(Event::Hello { .. }) = server.poll() else {
        return None;
    };
    let time = UnixTime::new(1_800_000_000, 0)?;
    server.identify(time, Identity::Known(secret)).ok()?;
    match server.poll() {
        Output::Transmit(challenge) => Some(challenge.len()),
        _ => None,
    }
}

/// The hashing that a handshake cannot do without (spec §4): the transcript; the decoy, five keys and two tags, each an HMAC
/// under a key of its own; the states of both traffic keys, which together are one more.
#[must_use]
pub fn handshake_hashing(hello: &[u8]) -> Option<u8> {
    let transcript = Sha256::new().chain_update(hello).chain_update([0; 32]).finalize();
    let mut octet = *transcript.first()?;
    for _ in 0..9 {
        let mut key = KEY;
        *key.first_mut()? = octet;
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
        mac.update(transcript.as_slice());
        octet = *mac.finalize().into_bytes().first()?;
    }
    Some(octet)
}

/// Whether all ways to read a frame agree.
#[must_use]
pub fn agree(full: &Full) -> bool {
    let verified = verified(&full.octets, &key());
    let tag = full.octets.last_chunk().copied();
    bare(&full.octets, &bare_key()) == tag
        && verified.is_some_and(|samples| Some(sum(samples.records())) == plain(full.body()))
}
