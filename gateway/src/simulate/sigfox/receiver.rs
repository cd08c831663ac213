//! A receiver of one's own: the three frames of each message, as they come out of a demodulator, and the downlinks that it transmits.

use clap::ValueEnum;
use sigfox_frame::EpId;
use sigfox_frame::auth::DeviceKey;
use sigfox_frame::control::{Control, DeciCelsius, Rssi, Supply};
use sigfox_frame::downlink::{PAYLOAD_LEN, decode};
use sigfox_frame::sequence::Counter;
use sigfox_frame::uplink::{Body, Frames, Message as Uplink, Payload, Rank};

use super::super::{Answer, Client};
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

/// What came of a message.
#[derive(Debug, Default)]
pub(crate) struct Passed {
    /// What the server said to each frame.
    pub(crate) answers: Vec<String>,
    /// What the device heard.
    pub(crate) downlink: Option<[u8; PAYLOAD_LEN]>,
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

    /// Passes on the frames of a message, and sends what comes back by radio.
    pub(crate) async fn pass_on(
        &mut self,
        message: &Message,
        asks: bool,
        fault: Option<RadioFault>,
    ) -> Result<Passed, Failure> {
        let body = Body::Bytes(Payload::new(&message.payload).map_err(refused)?);
        let uplink = Uplink::new(EpId(message.device), counter(message.seq)?, body);
        let uplink = if asks {
            uplink.asking_for_downlink()
        } else {
            uplink
        };
        let other = DeviceKey::new([0x5A; 16]).ok_or_else(|| Failure::new("no other key"))?;
        let key = if fault == Some(RadioFault::Forged) {
            &other
        } else {
            &self.key
        };
        let frames = Frames::new(&uplink, key).map_err(refused)?;
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
        let mut passed = Passed::default();
        for frame in list {
            let answer = self.post(&frame, asks).await;
            let mut told = answer.to_string();
            if let Answer::Http { status: 200, body } = &answer {
                match self.heard(&uplink, body) {
                    Some(data) => {
                        let digits: String = data.iter().map(|octet| format!("{octet:02x}")).collect();
                        told = format!("{told} downlink {digits}");
                        passed.downlink = Some(data);
                    }
                    None => told.push_str(" without a downlink for the device"),
                }
            }
            passed.answers.push(told);
        }
        Ok(passed)
    }

    /// What the device hears, if it is signed for the question that it has asked.
    fn heard(&self, asked: &Uplink, frame: &[u8]) -> Option<[u8; PAYLOAD_LEN]> {
        let received = decode(frame, asked.ep_id, asked.counter).ok()?;
        let received = received.verify(&self.key).ok()?;
        Some(received.answer.payload)
    }

    /// The device confirms a downlink with the counter after its question: one frame, rank 1 (sigfox-radio §19).
    pub(crate) async fn confirm(&mut self, device: u32, seq: u16) -> Result<String, Failure> {
        let supply = Supply {
            idle_mv: 3312,
            transmit_mv: 2987,
            temperature: DeciCelsius(231),
        };
        let rssi = Rssi::new(-118).map_err(refused)?;
        let body = Body::Control(Control::DownlinkConfirmation { supply, rssi });
        let uplink = Uplink::new(EpId(device), counter(seq)?, body);
        let frames = Frames::new(&uplink, &self.key).map_err(refused)?;
        let answer = self.post(&frames.frame(Rank::First), false).await;
        Ok(answer.to_string())
    }

    /// A receiver that can transmit says so.
    async fn post(&mut self, frame: &[u8], transmits: bool) -> Answer {
        let mut headers = vec![("Content-Type", OCTETS)];
        if transmits {
            headers.push(("Accept", OCTETS));
        }
        if let Some(header) = &self.header {
            headers.push(header.pair());
        }
        self.client.post(&headers, frame).await
    }
}

const OCTETS: &str = "application/octet-stream";

fn counter(seq: u16) -> Result<Counter, Failure> {
    Counter::new(seq).ok_or_else(|| Failure::new("no such counter"))
}

fn refused(error: sigfox_frame::EncodeError) -> Failure {
    Failure::new(error.to_string())
}
