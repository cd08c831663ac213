//! What to answer (C R4, R13 to R17).

use alloc::string::String;

use sigfox_frame::callback::{Answer, Device, Given};

/// What one record or frame comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "the sender waits for it"]
#[non_exhaustive]
pub enum Reply {
    /// It is stored, or will never be: it need not come again.
    Taken,
    /// This status: the sender tries again, or is told why it need not.
    Refused(u16),
}

impl Reply {
    /// Not stored: the network tries again after one, two and four minutes (C §3).
    pub const NOT_STORED: Self = Self::Refused(503);
}

/// The answer to a request, from what its records came to.
///
/// If one record could not be stored, the whole request is refused: when it comes again, the others are recognised.
#[derive(Debug, Clone, Default)]
#[must_use = "the sender waits for it"]
pub struct Response {
    answer: Answer,
    refused: Option<u16>,
}

impl Response {
    /// Of a request without records so far.
    pub const fn new() -> Self {
        Self {
            answer: Answer::new(),
            refused: None,
        }
    }

    /// One record more; `given` if its device asked and was given something, or nothing (C R13).
    pub fn add(&mut self, reply: Reply, given: Option<(Device, Given)>) {
        match (reply, given) {
            (Reply::Refused(status), _) => {
                let earlier = self.refused.unwrap_or_default();
                self.refused = Some(status.max(earlier));
            }
            (Reply::Taken, Some((device, given))) => self.answer.give(device, given),
            (Reply::Taken, None) => {}
        }
    }

    /// Whether a device is answered already: it is not asked for a second time (C §8).
    #[must_use]
    pub fn has(&self, device: Device) -> bool {
        self.answer.has(device)
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.refused.unwrap_or_else(|| self.answer.status())
    }

    /// The body, of type [`Answer::CONTENT_TYPE`].
    #[must_use]
    pub fn body(&self) -> Option<String> {
        match self.refused {
            Some(_) => None,
            None => self.answer.body(),
        }
    }
}

impl From<Reply> for Response {
    fn from(reply: Reply) -> Self {
        let mut response = Self::new();
        response.add(reply, None);
        response
    }
}
