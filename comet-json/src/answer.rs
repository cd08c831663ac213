//! What the receiver answers: an object to WiFi sensors (W §7), the status alone to wired ones (W §A.1), a short text to loggers
//! (L §1).
//!
//! | type | stored | not stored, the device keeps it |
//! |---|---|---|
//! | 2 | 200, `{"Result":true}` | 200, `{"Result":false}` |
//! | 5 | 200 | 503 |
//! | 1 | 200, `OK` | 503 |
//!
//! Devices with a memory send old messages first. Confirm what can never be read, after keeping it: a message that is refused for
//! ever blocks those behind it (W §3.3). Never answer with chunked coding or compression, always with `Content-Length`.
//!
//! ```
//! use comet_json::answer::Answer;
//! let answer = Answer::new(true).with_message("stored \"twice\"");
//! let mut buffer = [0; Answer::MAX_LEN];
//! assert_eq!(answer.emit(&mut buffer).unwrap(), br#"{"Result":true,"Message":"stored  twice "}"#);
//! ```

use core::fmt;

use crate::error::EncodeError;
use crate::message::MessageType;
use crate::writer::Writer;

/// Octets of a message in the answer (W §7).
pub const MAX_MESSAGE_LEN: usize = 100;

/// A complete answer with a fixed body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`; none is documented, and none goes with an empty body.
    pub content_type: Option<&'static str>,
    /// Body; its length goes into `Content-Length`.
    pub body: &'static str,
}

impl Reply {
    /// The message is stored, or kept because it can never be read: the device deletes it.
    #[must_use]
    pub const fn accepted(message_type: MessageType) -> Self {
        match message_type {
            MessageType::Wifi => Self::json("{\"Result\":true}"),
            MessageType::Wired => Self::empty(200),
            MessageType::Logger => Self {
                status: 200,
                content_type: Some("text/plain"),
                body: "OK",
            },
        }
    }

    /// The message cannot be stored now: the device keeps it, if it has a memory.
    #[must_use]
    pub const fn refused(message_type: MessageType) -> Self {
        match message_type {
            MessageType::Wifi => Self::json("{\"Result\":false}"),
            MessageType::Wired | MessageType::Logger => Self::empty(503),
        }
    }

    const fn json(body: &'static str) -> Self {
        Self {
            status: 200,
            content_type: Some(crate::encode::CONTENT_TYPE),
            body,
        }
    }

    const fn empty(status: u16) -> Self {
        Self {
            status,
            content_type: None,
            body: "",
        }
    }
}

/// The answer to a WiFi sensor, with a message for its diagnostic log.
///
/// The parser of the device cannot cope with escapes (W §7): `"`, `\` and control characters become blanks, and the message
/// is cut at a character boundary to at most [`MAX_MESSAGE_LEN`] octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Answer<'m> {
    result: bool,
    message: Option<&'m str>,
}

impl<'m> Answer<'m> {
    /// Octets of the longest answer.
    pub const MAX_LEN: usize = "{\"Result\":false,\"Message\":\"\"}"
        .len()
        .saturating_add(MAX_MESSAGE_LEN);

    /// `result`: whether the message is processed, so that the device deletes it.
    #[must_use]
    pub const fn new(result: bool) -> Self {
        Self {
            result,
            message: None,
        }
    }

    /// With a message.
    #[must_use]
    pub const fn with_message(mut self, message: &'m str) -> Self {
        self.message = Some(message);
        self
    }

    /// The message as it is sent.
    fn chars(&self) -> Option<impl Iterator<Item = char>> {
        let message = self.message?;
        let mut len = 0_usize;
        let fits = move |c: &char| {
            len = len.saturating_add(c.len_utf8());
            len <= MAX_MESSAGE_LEN
        };
        let inert = |c: char| {
            if matches!(c, '"' | '\\') || c.is_control() {
                ' '
            } else {
                c
            }
        };
        Some(message.chars().map(inert).take_while(fits))
    }

    /// Octets that [`emit`](Self::emit) writes, at most [`MAX_LEN`](Self::MAX_LEN).
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        Writer::count(|w| self.write(w)).unwrap_or(Self::MAX_LEN)
    }

    /// Writes the body to the front of `out`, or nothing.
    ///
    /// # Errors
    /// [`EncodeErrorKind::Buffer`](crate::EncodeErrorKind::Buffer) if `out` is too small.
    pub fn emit<'b>(&self, out: &'b mut [u8]) -> Result<&'b mut [u8], EncodeError> {
        Writer::emit(out, |w| self.write(w))
    }

    #[expect(clippy::unnecessary_wraps, reason = "as all writers")]
    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.raw(if self.result {
            "{\"Result\":true"
        } else {
            "{\"Result\":false"
        });
        if let Some(chars) = self.chars() {
            w.raw(",\"Message\":\"");
            chars.for_each(|c| w.char(c));
            w.raw("\"");
        }
        w.raw("}");
        Ok(())
    }
}

impl fmt::Display for Answer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut buffer = [0; Self::MAX_LEN];
        let body = self.emit(&mut buffer).map_err(|_| fmt::Error)?;
        core::str::from_utf8(body)
            .map_err(|_| fmt::Error)
            .and_then(|body| f.write_str(body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString as _;

    #[test]
    fn the_examples_of_the_specification() {
        for (answer, len) in [
            (Answer::new(true).with_message("stored"), 34),
            (Answer::new(false).with_message("database offline"), 45),
            (Answer::new(true), 15),
        ] {
            assert_eq!((answer.encoded_len(), answer.to_string().len()), (len, len));
        }
        assert_eq!(
            Answer::new(true).to_string(),
            Reply::accepted(MessageType::Wifi).body
        );
        assert_eq!(
            Answer::new(false).to_string(),
            Reply::refused(MessageType::Wifi).body
        );
    }

    #[test]
    fn the_message_is_cut_between_characters() {
        for (c, kept) in [("b", 100), ("ž", 50), ("€", 33), ("🌡", 25)] {
            let message = c.repeat(101);
            let answer = Answer::new(false).with_message(&message).to_string();
            assert_eq!(answer.matches(c).count(), kept);
            assert!(answer.len() <= Answer::MAX_LEN && answer.ends_with("\"}"));
        }
        let message = "b".repeat(100);
        let answer = Answer::new(false).with_message(&message);
        assert_eq!(answer.encoded_len(), Answer::MAX_LEN);
    }

    #[test]
    fn nothing_is_ever_escaped() {
        let all: alloc::string::String = ('\0'..='\u{9F}').collect();
        for c in all.chars() {
            let message = c.to_string();
            let answer = Answer::new(true).with_message(&message).to_string();
            assert!(
                !answer.contains('\\') && answer.matches('"').count() == 6,
                "{c:?}"
            );
            assert!(!answer.chars().any(char::is_control));
            let read: serde_json::Value = serde_json::from_str(&answer).unwrap();
            assert_eq!(read["Message"].as_str().map(|read| read.chars().count()), Some(1));
        }
    }

    #[test]
    fn a_small_buffer_stays_as_it_was() {
        let mut buffer = [b'#'; 14];
        assert!(Answer::new(true).emit(&mut buffer).is_err());
        assert_eq!(buffer, [b'#'; 14]);
    }
}
