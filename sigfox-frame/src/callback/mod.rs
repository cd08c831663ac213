#![doc = include_str!("../../CALLBACK.md")]

mod carrier;
mod content;
mod downlink;
mod error;
mod fields;
mod ids;
mod json;
mod key;
pub mod limits;
mod merge;
mod names;
mod pattern;
mod raw;
mod read;
mod receive;
mod received;
mod record;
mod repeats;
mod request;
mod scalar;
mod secret;
mod sequence;
mod service;
mod structured;
mod template;
mod undelivered;
mod values;
mod warning;
mod work;

pub use downlink::{Answer, Decision, Delivery, DownlinkFault, Given, decide};
pub use error::{ErrorKind, JsonFault, ReceiveError, status};
pub use ids::{Device, Station};
pub use limits::MAX_DEPTH;
pub use merge::{MAX_RECEPTIONS, Merged, MessageKey, merge};
pub use pattern::{LinePattern, PatternError};
pub use receive::Receiver;
pub use received::Received;
pub use record::{
    Ack, Attribute, Content, Data, Event, Fault, Location, Radio, Reception, Record, Repeater, Status,
};
pub use request::Request;
pub use secret::{Secret, Secrets};
pub use sequence::{Step, Wrap};
pub use service::Service;
pub use template::{LINE_PATTERN, TEMPLATES, Template};
pub use undelivered::undelivered;
pub use values::{InfoCode, Lqi, Payload, Position};
pub use warning::Warning;
