//! Text of an element or attribute: borrowed from the body wherever it stands there in one piece.

use core::{fmt, ops::Deref};

#[cfg(feature = "std")]
type Inner<'a> = alloc::borrow::Cow<'a, str>;
#[cfg(not(feature = "std"))]
type Inner<'a> = &'a str;

/// Text as the sender meant it: references resolved, CDATA joined, line ends normalised, surrounding white space removed.
///
/// Borrowed from the input unless one of the first three changed it. Dereferences to `str`. The text is whatever the
/// sender wrote: escape it on output (spec §12).
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Text<'a>(Inner<'a>);

impl<'a> Text<'a> {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        #[cfg(feature = "std")]
        return &self.0;
        #[cfg(not(feature = "std"))]
        self.0
    }

    /// The text with the lifetime of the input, if it is borrowed from it.
    #[must_use]
    pub fn as_borrowed(&self) -> Option<&'a str> {
        #[cfg(feature = "std")]
        match &self.0 {
            alloc::borrow::Cow::Borrowed(text) => Some(text),
            alloc::borrow::Cow::Owned(_) => None,
        }
        #[cfg(not(feature = "std"))]
        Some(self.0)
    }

    /// The same text, independent of the input.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn into_owned(self) -> Text<'static> {
        Text(alloc::borrow::Cow::Owned(self.0.into_owned()))
    }
}

impl<'a> From<&'a str> for Text<'a> {
    #[inline]
    fn from(text: &'a str) -> Self {
        #[cfg(feature = "std")]
        return Self(alloc::borrow::Cow::Borrowed(text));
        #[cfg(not(feature = "std"))]
        Self(text)
    }
}

#[cfg(feature = "std")]
impl From<alloc::string::String> for Text<'_> {
    fn from(text: alloc::string::String) -> Self {
        Self(alloc::borrow::Cow::Owned(text))
    }
}

impl Deref for Text<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Text<'_> {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Text<'_> {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Text<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(feature = "arbitrary")]
impl<'a> arbitrary::Arbitrary<'a> for Text<'a> {
    fn arbitrary(u: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
        <&str>::arbitrary(u).map(Self::from)
    }
}

/// White space of XML 1.0: space, TAB, CR, LF. Not the wider set of `char::is_whitespace`.
#[inline]
pub(crate) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Removes XML white space at both ends.
#[inline]
pub(crate) fn trim(text: &str) -> &str {
    trim_end(trim_start(text))
}

/// Removes XML white space at the front. By octets: several times as fast as by characters.
#[inline]
pub(crate) fn trim_start(text: &str) -> &str {
    let spaces = text.bytes().take_while(|&byte| is_space(byte)).count();
    text.get(spaces..).unwrap_or_default()
}

/// Removes XML white space at the end.
#[inline]
pub(crate) fn trim_end(text: &str) -> &str {
    let spaces = text.bytes().rev().take_while(|&byte| is_space(byte)).count();
    text.get(..text.len().saturating_sub(spaces)).unwrap_or_default()
}

/// Whether XML 1.0 allows the character (production 2).
pub(crate) const fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..='\u{10FFFF}')
}

const fn is_name_start(c: char) -> bool {
    matches!(c,
        'A'..='Z' | '_' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}'
        | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
        | '\u{10000}'..='\u{EFFFF}')
}

const fn is_name_char(c: char) -> bool {
    is_name_start(c)
        || matches!(c, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

/// What the prefix `xml` stands for.
pub(crate) const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// Whether only the prefixes `xml` and `xmlns` stand for this namespace (Namespaces in XML 1.0 §3).
pub(crate) fn is_reserved(namespace: &str) -> bool {
    matches!(namespace, XML | "http://www.w3.org/2000/xmlns/")
}

/// A name without a colon (XML 1.0 fifth edition, productions 4 and 5; Namespaces in XML, production 4).
pub(crate) fn is_ncname(name: &str) -> bool {
    // The names of real messages.
    if let [first, rest @ ..] = name.as_bytes()
        && first.is_ascii_alphabetic()
        && rest.iter().all(u8::is_ascii_alphanumeric)
    {
        return true;
    }
    let mut chars = name.chars();
    chars.next().is_some_and(is_name_start) && chars.all(is_name_char)
}
