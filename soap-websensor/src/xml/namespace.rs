//! Namespace declarations in scope (Namespaces in XML 1.0).

use alloc::vec::Vec;

use crate::error::{DecodeError, XmlFault};
use crate::text::{Text, XML, is_reserved};

use super::fault;

#[derive(Debug)]
struct Binding<'a> {
    depth: usize,
    /// Empty for the default namespace.
    prefix: &'a str,
    uri: Text<'a>,
}

/// The declarations of the open elements, innermost last.
#[derive(Debug, Default)]
pub(super) struct Scope<'a>(Vec<Binding<'a>>);

impl<'a> Scope<'a> {
    /// `xmlns:prefix="uri"`, or `xmlns="uri"` with an empty prefix.
    pub(super) fn declare(
        &mut self,
        depth: usize,
        prefix: &'a str,
        uri: Text<'a>,
        offset: usize,
    ) -> Result<(), DecodeError> {
        let lawful = match prefix {
            // `xml` may be declared, but only as what it is.
            "xml" => uri == XML,
            "xmlns" => false,
            // An empty name undeclares the default namespace; version 1.0 has no such thing for prefixes.
            _ => !is_reserved(&uri) && (prefix.is_empty() || !uri.is_empty()),
        };
        if !lawful {
            return Err(fault(XmlFault::Namespace, "xmlns", offset));
        }
        let mut siblings = self.0.iter().rev().take_while(|binding| binding.depth == depth);
        if siblings.any(|binding| binding.prefix == prefix) {
            return Err(fault(XmlFault::RepeatedAttribute, "xmlns", offset));
        }
        self.0.push(Binding { depth, prefix, uri });
        Ok(())
    }

    /// Forgets what elements deeper than `depth` declared.
    pub(super) fn leave(&mut self, depth: usize) {
        while self.0.last().is_some_and(|binding| binding.depth >= depth) {
            self.0.pop();
        }
    }

    /// The namespace of an element (`prefix` may be `None`) or of a prefixed attribute.
    pub(super) fn resolve(
        &self,
        prefix: Option<&str>,
        field: &'static str,
        offset: usize,
    ) -> Result<Text<'a>, DecodeError> {
        let wanted = prefix.unwrap_or_default();
        match self.0.iter().rev().find(|binding| binding.prefix == wanted) {
            Some(binding) => Ok(binding.uri.clone()),
            None if prefix.is_none() => Ok(Text::default()),
            None if wanted == "xml" => Ok(Text::from(XML)),
            None => Err(fault(XmlFault::Prefix, field, offset)),
        }
    }
}
