//! Where a transformation of the payload is plugged in (spec §12).
//!
//! An optional service encrypts payloads; its details are not public, so there is no cipher here and no test data. What is known
//! is the place: before the tag on sending ([`Message::sealed`](crate::uplink::Message::sealed),
//! [`Answer::sealed`](crate::downlink::Answer::sealed)), after it on receiving
//! ([`Authentic::opened`](crate::auth::Authentic::opened)); same length; and what it depends on ([`Context`]).
//!
//! ```
//! use core::convert::Infallible;
//! use sigfox_frame::transform::{Context, Transform};
//!
//! /// Not a cipher.
//! struct Flip;
//! impl Transform for Flip {
//!     type Error = Infallible;
//!     fn seal(&mut self, _: &Context, payload: &mut [u8]) -> Result<(), Infallible> {
//!         payload.iter_mut().for_each(|byte| *byte = !*byte);
//!         Ok(())
//!     }
//!     fn open(&mut self, context: &Context, payload: &mut [u8]) -> Result<(), Infallible> {
//!         self.seal(context, payload)
//!     }
//! }
//! ```

use crate::EpId;
use crate::sequence::Counter;

/// Which way a payload goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "there are two ways")]
pub enum Direction {
    /// From the device.
    Uplink,
    /// To the device.
    Downlink,
}

/// What a transformation may depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Context {
    /// The device.
    pub ep_id: EpId,
    /// MC of the message; downlink, of the uplink that asked.
    pub counter: Counter,
    /// Which way.
    pub direction: Direction,
    /// Rollovers of MC so far, kept on both sides and not in the frame.
    pub epoch: u32,
}

/// A transformation that keeps the length.
pub trait Transform {
    /// Why it cannot be done.
    type Error;

    /// Before the tag, on sending.
    ///
    /// # Errors
    /// The message is not sent.
    fn seal(&mut self, context: &Context, payload: &mut [u8]) -> Result<(), Self::Error>;

    /// After the tag was verified, on receiving.
    ///
    /// # Errors
    /// The message cannot be read.
    fn open(&mut self, context: &Context, payload: &mut [u8]) -> Result<(), Self::Error>;
}
