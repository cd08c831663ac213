//! Elements that the shape does not know, kept (spec §4.6, §10).

use alloc::string::String;
use alloc::vec::Vec;

use crate::text::Text;

/// An element that is not part of the shape.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct UnknownElement<'a> {
    /// Local name.
    pub name: Text<'a>,
    /// Namespace, empty for none.
    pub namespace: Text<'a>,
    /// Trimmed text, if the element has no children.
    pub text: Option<Text<'a>>,
    /// Depth below the first of its list, which has 0.
    pub depth: u8,
    /// The start tag as received, without its brackets.
    pub tag: &'a str,
}

impl<'a> UnknownElement<'a> {
    /// Qualified names and values of the attributes, namespace declarations left out.
    pub fn attributes(&self) -> impl Iterator<Item = (&'a str, Text<'a>)> + use<'a> {
        crate::xml::attributes(self.tag)
    }
}

/// Unknown elements in document order; those inside others follow them with a greater depth.
///
/// A flat list: a path for each element would let a small body of deep nesting grow large in memory.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
pub struct Unknown<'a>(Vec<UnknownElement<'a>>);

impl<'a> Unknown<'a> {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn push(&mut self, element: UnknownElement<'a>) {
        self.0.push(element);
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All elements, containers included.
    pub fn iter(&self) -> impl Iterator<Item = &UnknownElement<'a>> {
        self.0.iter()
    }

    /// The leaves, each with the local names from the unknown element down to it, joined by `/`.
    pub fn leaves(&self) -> impl Iterator<Item = (String, &UnknownElement<'a>)> {
        let mut path: Vec<&str> = Vec::new();
        self.0.iter().filter_map(move |element| {
            path.truncate(usize::from(element.depth));
            path.push(&element.name);
            element.text.as_ref().map(|_| (path.join("/"), element))
        })
    }
}
