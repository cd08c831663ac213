//! A receiver of one's own: the three frames of each message, as they come out of a demodulator.

use clap::ValueEnum;
use sigfox_frame::EpId;
use sigfox_frame::auth::DeviceKey;
use sigfox_frame::sequence::Counter;
use sigfox_frame::uplink::{Body, Frames, Message as Uplink, Payload, Rank};

use super::super::Client;
use super::{Header, Message};
use crate::Failure;

/// What goes wrong on the air, or is done on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RadioFault {
    /// Signed with another key.
    Forged,
    /// One bit of the payload is wrong.
    Damaged,
    /// Every message once more, after the next one.
    Replay,
}

/// A receiver.
#[derive(Debug)]
pub(crate) struct Receiver {
    client: Client,
    header: Option<Header>,
    key: DeviceKey,
    /// The message before, as somebody recorded it.
    recorded: Option<Vec<u8>>,
}

impl Receiver {
    pub(crate) fn new(client: Client, header: Option<Header>, key: [u8; 16]) -> Result<Self, Failure> {
        let key = DeviceKey::new(key).ok_or_else(|| Failure::new("this is the public key"))?;
        Ok(Self {
            client,
            header,
            key,
            recorded: None,
        })
    }

    /// Passes on the frames of a message; what the server said to each.
    pub(crate) async fn pass_on(
        &mut self,
        message: &Message,
        fault: Option<RadioFault>,
    ) -> Result<Vec<String>, Failure> {
        let failed = |error: sigfox_frame::EncodeError| Failure::new(error.to_string());
        let counter = Counter::new(message.seq).ok_or_else(|| Failure::new("no such counter"))?;
        let body = Body::Bytes(Payload::new(&message.payload).map_err(failed)?);
        let uplink = Uplink::new(EpId(message.device), counter, body);
        let other = DeviceKey::new([0x5A; 16]).ok_or_else(|| Failure::new("no other key"))?;
        let key = if fault == Some(RadioFault::Forged) {
            &other
        } else {
            &self.key
        };
        let frames = Frames::new(&uplink, key).map_err(failed)?;
        let mut list: Vec<Vec<u8>> = Rank::ALL
            .iter()
            .map(|rank| frames.frame(*rank).to_vec())
            .collect();
        match fault {
            Some(RadioFault::Damaged) => {
                for octet in list.iter_mut().filter_map(|frame| frame.get_mut(12)) {
                    *octet ^= 1;
                }
            }
            Some(RadioFault::Replay) => {
                let recorded = self.recorded.replace(list.first().cloned().unwrap_or_default());
                list.extend(recorded);
            }
            Some(RadioFault::Forged) | None => {}
        }
        let mut answers = Vec::new();
        for frame in list {
            answers.push(self.post(&frame).await);
        }
        Ok(answers)
    }

    async fn post(&mut self, frame: &[u8]) -> String {
        let mut headers = vec![("Content-Type", "application/octet-stream")];
        if let Some(header) = &self.header {
            headers.push(header.pair());
        }
        self.client.post(&headers, frame).await.to_string()
    }
}
