//! Sessions as they passed on the wire: frames of both directions in a row, each with the verdict of its tag.

use std::collections::BTreeMap;

use wifisensor_tcp::DecodeError;
use wifisensor_tcp::frame::{Direction, Frame, FrameType, HEAD_LEN};
use wifisensor_tcp::handshake::{DeviceId, Hello};
use wifisensor_tcp::keys::{Secret, SessionKeys};
use wifisensor_tcp::rotate::Rotate;

/// What the tag and the number of a frame say (spec wifisensor-tcp §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Tag and number are right.
    Good,
    /// The tag is not that of the secret.
    WrongTag,
    /// The tag is right, the number is not the next one.
    WrongSeq { expected: u32 },
    /// ERROR before there are keys: nothing proves it.
    Untagged,
    /// The secret, or the handshake of this session, is not known.
    Unchecked,
}

impl Verdict {
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Good => "tag good, seq as expected",
            Self::WrongTag => "TAG WRONG: not from who it says, or changed on the way",
            Self::WrongSeq { .. } => "tag good, SEQ WRONG: repeated, left out or out of order",
            Self::Untagged => "no tag: anybody could have sent it",
            Self::Unchecked => "tag not checked: needs the secret and the handshake",
        }
    }

    pub(crate) const fn is_wrong(self) -> bool {
        matches!(self, Self::WrongTag | Self::WrongSeq { .. })
    }
}

/// One frame of a capture.
#[derive(Debug)]
pub(crate) struct Captured<'a> {
    /// Place in the capture.
    pub(crate) at: usize,
    pub(crate) frame: Frame<'a>,
    pub(crate) verdict: Verdict,
}

/// Walks through a capture. HELLO begins a session.
#[derive(Debug)]
pub(crate) struct Capture<'a> {
    octets: &'a [u8],
    at: usize,
    /// By number; a key change adds one.
    secrets: BTreeMap<u8, Secret>,
    hello: Option<(Frame<'a>, Hello)>,
    keys: Option<SessionKeys>,
    /// The next numbers from the device and from the server.
    expected: [u32; 2],
}

/// A place in the capture that is no frame.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NoFrame {
    pub(crate) at: usize,
    pub(crate) error: DecodeError,
}

impl<'a> Capture<'a> {
    pub(crate) fn new(octets: &'a [u8], key_id: u8, secret: Option<&Secret>) -> Self {
        Self {
            octets,
            at: 0,
            secrets: secret
                .map(|secret| (key_id, secret.clone()))
                .into_iter()
                .collect(),
            hello: None,
            keys: None,
            expected: [1; 2],
        }
    }

    /// Who said HELLO in the session that the capture is at.
    pub(crate) fn claimant(&self) -> Option<DeviceId> {
        self.hello.as_ref().map(|(_, hello)| hello.device_id)
    }

    fn judge(&mut self, frame: &Frame<'a>) -> Verdict {
        match frame.kind() {
            FrameType::Hello => self.on_hello(frame),
            FrameType::Challenge => self.on_challenge(frame),
            FrameType::ServerError if self.keys.is_none() && frame.is_untagged() => Verdict::Untagged,
            kind => self.on_traffic(frame, kind),
        }
    }

    fn on_hello(&mut self, frame: &Frame<'a>) -> Verdict {
        (self.keys, self.expected) = (None, [1; 2]);
        self.hello = Hello::parse(frame.body()).ok().map(|hello| (*frame, hello));
        match self.secret() {
            Some(secret) if secret.proves(frame) && frame.seq() == 0 => Verdict::Good,
            Some(_) => Verdict::WrongTag,
            None => Verdict::Unchecked,
        }
    }

    fn on_challenge(&mut self, frame: &Frame<'a>) -> Verdict {
        let Some(((hello, _), secret)) = self.hello.as_ref().zip(self.secret()) else {
            return Verdict::Unchecked;
        };
        let keys = SessionKeys::new(secret, hello, frame);
        let good = frame.verify(&keys.challenge) && frame.seq() == 0;
        self.keys = good.then_some(keys);
        if good { Verdict::Good } else { Verdict::WrongTag }
    }

    fn on_traffic(&mut self, frame: &Frame<'a>, kind: FrameType) -> Verdict {
        let Some(keys) = &self.keys else {
            return Verdict::Unchecked;
        };
        let [device, server] = &mut self.expected;
        let (key, expected) = match kind.direction() {
            Direction::FromDevice => (&keys.device, device),
            Direction::FromServer => (&keys.server, server),
        };
        if !frame.verify(key) {
            return Verdict::WrongTag;
        }
        if frame.seq() != *expected {
            return Verdict::WrongSeq { expected: *expected };
        }
        *expected = expected.wrapping_add(1);
        if kind == FrameType::Rotate
            && let Ok(rotate) = Rotate::parse(frame.body())
            && let Some(secret) = self.secret()
        {
            let new = secret.rotated(rotate.key_id(), rotate.nonce());
            self.secrets.insert(rotate.key_id(), new);
        }
        Verdict::Good
    }

    fn secret(&self) -> Option<&Secret> {
        let (_, hello) = self.hello.as_ref()?;
        self.secrets.get(&hello.key_id)
    }
}

impl<'a> Iterator for Capture<'a> {
    type Item = Result<Captured<'a>, NoFrame>;

    fn next(&mut self) -> Option<Self::Item> {
        let at = self.at;
        let rest = self.octets.get(at..).filter(|rest| !rest.is_empty())?;
        // Both directions stand in one row, so each frame begins anew.
        let direction = rest
            .get(1)
            .map_or(Direction::FromDevice, |kind| Direction::of(*kind));
        let length = rest.get(2..4).and_then(|length| length.try_into().ok());
        let len = length.map_or(rest.len(), |length| {
            HEAD_LEN.saturating_add(u16::from_be_bytes(length).into())
        });
        let octets = rest.get(..len.min(rest.len())).unwrap_or_default();
        match Frame::parse(octets, direction) {
            Ok(frame) => {
                self.at = at.saturating_add(octets.len());
                let verdict = self.judge(&frame);
                Some(Ok(Captured { at, frame, verdict }))
            }
            Err(error) => {
                // §3: there is no search for the next frame.
                self.at = self.octets.len();
                Some(Err(NoFrame { at, error }))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::from_hex;

    /// §13.1 to §13.2: the first session of the examples, CHALLENGE and all.
    const SESSION: &str = "b501002c00000000010101000000 00005e005301a0a1a2a3a4a5a6a7a8a9aaabacadaeaf
        9038051a8278df43274b7151f62ba23e b581002800000000010000fa6955b901b0b1b2b3b4b5b6b7b8b9babbbcbdbebf
        0e132448e6e2c8e92ddf5f25c944ebb9 b50200360000000112 34abcd00000000000000036955b900000151800000000700020e8051c30001
        000001040002ad7e015a335e96db3599730dfdd8cf46 b583001400000001 00000000980fb40f262a2c0f1d18f307b2798e62";

    fn secret() -> Secret {
        Secret::new(core::array::from_fn(|at| u8::try_from(at).unwrap()))
    }

    fn verdicts(octets: &[u8], secret: Option<&Secret>) -> Vec<Verdict> {
        Capture::new(octets, 1, secret)
            .map(|captured| captured.unwrap().verdict)
            .collect()
    }

    #[test]
    fn with_the_secret_every_tag_is_judged_and_without_none() {
        let octets = from_hex(SESSION.as_bytes()).unwrap();
        assert_eq!(verdicts(&octets, Some(&secret())), [Verdict::Good; 4]);
        assert_eq!(verdicts(&octets, None), [Verdict::Unchecked; 4]);
    }

    #[test]
    fn a_changed_bit_and_a_repeated_frame_are_seen() {
        let mut octets = from_hex(SESSION.as_bytes()).unwrap();
        let ack = octets.len() - 28;
        octets.extend_from_within(ack..);
        let all = verdicts(&octets, Some(&secret()));
        assert_eq!(all[4], Verdict::WrongSeq { expected: 2 });
        octets[ack + 9] ^= 1;
        assert_eq!(verdicts(&octets, Some(&secret()))[3], Verdict::WrongTag);
        octets[60] ^= 1;
        // Without CHALLENGE there are no keys for what follows.
        assert_eq!(
            verdicts(&octets, Some(&secret()))[1..4],
            [Verdict::WrongTag, Verdict::Unchecked, Verdict::Unchecked]
        );
    }

    #[test]
    fn what_is_no_frame_ends_the_walk_with_its_place() {
        let mut octets = from_hex(SESSION.as_bytes()).unwrap();
        octets.truncate(110);
        let last = Capture::new(&octets, 1, None).last().unwrap().unwrap_err();
        assert_eq!((last.at, last.error.kind.code()), (100, "incomplete"));
        let octets = b"GET /";
        assert_eq!(Capture::new(octets, 1, None).count(), 1);
    }
}
