//! Implementations of ops: the registry, the functions and sessions in it, and helpers for their input and output.
//!
//! A stateless op is a function from the `in` object to the `ok` object or an [`OpError`]. An op that opens a session gives
//! a boxed [`Session`], which then takes the steps.
//!
//! ```
//! use comet_conformance::op::{Input, Members, OpError, Registry, octets};
//! use serde_json::{Value, json};
//!
//! fn reverse(input: &Input) -> Result<Value, OpError> {
//!     let mut data = Members::of(input).octets("data")?;
//!     if data.is_empty() {
//!         return Err(OpError::new("empty").at(0));
//!     }
//!     data.reverse();
//!     Ok(json!({"data": octets(&data)}))
//! }
//!
//! let registry = Registry::new("example", "0.1.0").stateless("demo.reverse", reverse);
//! assert_eq!(registry.ops().collect::<Vec<_>>(), ["demo.reverse"]);
//! ```

mod error;
mod input;
mod output;
mod registry;

pub use error::OpError;
pub use input::Members;
pub(crate) use input::integer;
pub use output::{int, octets};
pub(crate) use registry::Handler;
pub use registry::{Opened, Registry, Session};

/// The `in` object of a request.
pub type Input = serde_json::Map<String, serde_json::Value>;

/// What an op gives: the `ok` object, or a refusal.
pub type Outcome = Result<serde_json::Value, OpError>;

/// Largest magnitude that is written as a JSON number; beyond it integers are decimal text (§3).
pub const MAX_NUMBER: u64 = 9_007_199_254_740_991;
