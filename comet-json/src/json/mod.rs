//! A strict JSON reader (RFC 8259) over text that is known to be UTF-8: a cursor, no tree, no recursion.
//!
//! What is stricter than the grammar: at most [`MAX_DEPTH`](crate::limits::MAX_DEPTH) levels, no lone surrogates, and known
//! members once in an object.

mod cursor;
mod member;
mod scalar;
mod string;

pub(crate) use cursor::{Cursor, Sequence};
pub(crate) use member::{Name, Spelling, names};
pub(crate) use scalar::SerialForm;
