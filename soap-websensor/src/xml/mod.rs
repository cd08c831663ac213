//! Strict XML 1.0 with namespaces, no DTD: `quick-xml` cuts the document into tokens, this layer checks everything the
//! tokenizer lets pass. Whatever is accepted here is well-formed and namespace-well-formed.
//!
//! Checked here because the tokenizer does not: one root and nothing but white space, comments and processing
//! instructions beside it; every element closed by its own name; characters, literal and by reference; names and qualified
//! names; the syntax of tags and attributes; repeated attributes, by name and by namespace; prefixes declared, and declared
//! lawfully; predefined entities only; `]]>` in text and `--` in comments; the XML declaration, its place and its content.

mod document;
mod name;
mod namespace;
mod pieces;
mod tag;

pub(crate) use document::{Document, Node, attributes};

use crate::error::{DecodeError, ErrorKind, XmlFault};

pub(crate) const fn fault(fault: XmlFault, field: &'static str, offset: usize) -> DecodeError {
    DecodeError::new(ErrorKind::NotWellFormed(fault), field, offset)
}
