//! Sigfox devices through the pipeline: callbacks of the network's cloud, and frames from receivers of one's own.
//!
//! `C` is a section or rule of `sigfox-callback`, `R` of `sigfox-radio`, `P` of `comet-sigfox-payload`.
//!
//! | stage | callback | frame |
//! |---|---|---|
//! | [`read`], [`read_frame`] | the secret of the callback, then carrier and values; a [`Delivery`] has a [`Claim`](crate::Claim) for each record | CRC and header |
//! | `authenticate` | the device is [`Registered`] | tag under the [`FrameKey`] of the device, nothing that somebody without a key could have made of another message |
//! | `inquiry`, `admit` | suspension, subscription, rate | the window of the counter as well |
//! | store | under the key of C R12; what is stored already is filled by [`merge`], and kept as [`Archive`] | under device and extended counter |
//! | `stored` | [`Reply::Taken`]; all of them together are an [`Response`] with the downlinks | [`Reply::Taken`] |
//!
//! A record of a device that nobody registered is a [`Stranger`]: it is kept and confirmed (C R4).
//!
//! What the bytes of a payload mean is its owner's: without [`Descriptions`] they stay bytes. What the network itself reports (levels,
//! battery, position) is told on channel 0, the device.
//!
//! ```
//! use comet_proto::sigfox::{Receiver, Registered, Request, Response, Secrets, read};
//! use comet_proto::{Arrival, Family, Policies, UnixMillis, guard};
//! use replay_guard::{HashKey, Table};
//!
//! let policies = Policies::new(guard::config).unwrap();
//! let policy = policies.of(Family::Sigfox);
//! let mut table = Table::new(policy.clone(), HashKey::new([3; 16]), 10_000).unwrap();
//! let receiver = Receiver::new(Secrets::new(b"Bearer 7f3a9c51d2e84b06").unwrap());
//!
//! // For each request to …/sigfox/…:
//! let now = UnixMillis(1_718_000_005_000);
//! let request = Request::new("POST", &[b"Bearer 7f3a9c51d2e84b06"])
//!     .with_content_type("application/json")
//!     .with_body(br#"{"device":"2D91F3","time":1718000000,"data":"850a01ff38","seqNumber":611,"rssi":-131.5}"#);
//! let delivery = read(&receiver, &request, Arrival::new(now, [1; 16])).unwrap();
//! let mut response = Response::new();
//! for claim in delivery.claims() {
//!     let registered = Registered::new("2D91F3"); // from the caller's records
//!     let authentic = claim.authenticate(&registered).unwrap();
//!     let asked = authentic.inquiry(&HashKey::new([4; 16]), None);
//!     let checked = table.check(&asked.device, &asked.message, now.0);
//!     let admitted = authentic.admit(policy, &checked).unwrap();
//!     for observation in admitted.observations() {
//!         assert_eq!(observation.value.unwrap().to_string(), "-131.5"); // store it under admitted.key(), durably
//!     }
//!     let committed = table.commit(&asked.device, &asked.message, now.0, None);
//!     response.add(admitted.stored(policy, &committed).reply, None);
//! }
//! assert_eq!((response.status(), response.body()), (204, None));
//! ```

mod archive;
mod callback;
mod description;
mod frame;
mod observations;
mod reply;
mod stranger;

pub use archive::Archive;
pub use callback::{Callback, Delivery, Registered, acknowledgements, read};
pub use description::{Configured, Decoding, Descriptions};
pub use frame::{Frame, FrameKey, decoded_frame, frame_observations, read_frame};
pub use observations::{decoded, observations};
pub use reply::{Reply, Response};
pub use sigfox_frame::callback::{
    Answer, Content, Device, Given, LinePattern, Merged, Receiver, Record, Request, Secrets, decide, merge,
};
pub use stranger::Stranger;

use alloc::format;
use alloc::string::String;

/// Serial number of a device in the model: upper-case hexadecimal digits without leading zeros (C R8).
#[must_use]
pub fn serial(device: u32) -> String {
    format!("{device:X}")
}
