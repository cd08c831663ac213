//! Sessions of WiFi sensors on TCP port 14354 through the pipeline. `§` is a section of `wifisensor-tcp`.
//!
//! The leaf's [`Server`](wifisensor_tcp::server::Server) proves the device and takes the frames apart; here its events become
//! observations and go through the same row of types as any other message. The proof is the [`Session`], which is made when
//! the machine hands out a proven STATUS; the answer is what to tell the machine.
//!
//! | event of the machine | here |
//! |---|---|
//! | `Status` | [`Session::new`], then [`read_status`] → … → store its health |
//! | `Samples` | [`read`] → … → store each of [`Upload::samples`] under its own key → [`Admitted::stored`](crate::Admitted::stored) → [`Reply::give`] |
//!
//! A record has an identity for ever: device, log and number (§7.1). Frames have none, since a device cuts its memory anew
//! into frames in each session; so what is stored once is the record.
//!
//! Time (§7.1, §7.3): a device whose clock was set is trusted, [`Basis::DeviceClock`](crate::Basis::DeviceClock); one that
//! counts since its start is shifted by the age of the sample, [`Basis::Age`](crate::Basis::Age); where only differences
//! count, the arrival stands, [`Basis::Arrival`](crate::Basis::Arrival).
//!
//! ```
//! use comet_proto::{Arrival, UnixMillis, tcp};
//! use replay_guard::{HashKey, Table};
//! use wifisensor_tcp::handshake::DeviceId;
//! use wifisensor_tcp::server::{Batch, Server};
//!
//! /// On `Event::Samples`, in the session of `hello_id`.
//! fn take(batch: Batch<'_>, hello_id: DeviceId, session: &tcp::Session, now: UnixMillis, table: &Table, digest: &HashKey) -> tcp::Reply {
//!     let claim = tcp::read(hello_id, session.clock(), batch, Arrival::new(now, [0; 16]));
//!     let authentic = match claim.authenticate(session) {
//!         Ok(authentic) => authentic,
//!         Err(refusal) => return refusal.reply,
//!     };
//!     let asked = authentic.inquiry(digest, None);
//!     // Nothing of a frame is to be remembered: what is checked is final.
//!     let outcome = table.check(&asked.device, &asked.message, now.0);
//!     let admitted = match authentic.admit(table.policy(), &outcome) {
//!         Ok(admitted) => admitted,
//!         Err(refusal) => return refusal.reply,
//!     };
//!     for sample in admitted.message().samples() {
//!         let _rows = (sample.key(), sample.observations(now)); // store them, all in one transaction, and the position
//!     }
//!     admitted.stored(table.policy(), &outcome).reply
//! }
//! # fn answer(server: &mut Server, reply: tcp::Reply) { reply.give(server).unwrap() }
//! ```

mod clock;
mod health;
mod reply;
mod samples;
mod session;

pub use clock::Clock;
pub use health::{Health, health, read_status};
pub use reply::Reply;
pub use samples::{Sample, Upload, observations, read};
pub use session::Session;

/// Serial number of a device in the model: its id in 16 hexadecimal digits (§6.1).
#[must_use]
pub fn serial(device: wifisensor_tcp::handshake::DeviceId) -> alloc::string::String {
    alloc::string::ToString::to_string(&device)
}
