//! Qualified names (Namespaces in XML, productions 4 and 7).

use crate::error::{DecodeError, ErrorKind, Limit, XmlFault};
use crate::limits::MAX_NAME_LEN;
use crate::text::is_ncname;

use super::fault;

/// A qualified name, cut at its colon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct QName<'a> {
    pub(super) full: &'a str,
    pub(super) prefix: Option<&'a str>,
    pub(super) local: &'a str,
}

impl<'a> QName<'a> {
    pub(super) fn new(full: &'a str, field: &'static str, offset: usize) -> Result<Self, DecodeError> {
        if full.len() > MAX_NAME_LEN {
            return Err(DecodeError::new(
                ErrorKind::TooComplex(Limit::NameLength),
                field,
                offset,
            ));
        }
        let (prefix, local) = match full.split_once(':') {
            Some((prefix, local)) => (Some(prefix), local),
            None => (None, full),
        };
        if !is_ncname(local) || !prefix.is_none_or(is_ncname) {
            return Err(fault(XmlFault::Name, field, offset));
        }
        Ok(Self { full, prefix, local })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_productions() {
        for good in ["a", "_", "é", "a-1.b", "soap:Body", "x:y", "a·b", "名前"] {
            assert!(QName::new(good, "tag", 0).is_ok(), "{good}");
        }
        for bad in [
            "", "1a", "-a", ".a", ":", ":a", "a:", "a:b:c", "a:1", "1:a", "a b", "a\"", "×", "a/b", "a:-b",
        ] {
            assert!(QName::new(bad, "tag", 0).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_length_of_a_name_is_limited() {
        assert!(QName::new(&"a".repeat(MAX_NAME_LEN), "tag", 0).is_ok());
        let error = QName::new(&"a".repeat(MAX_NAME_LEN + 1), "tag", 7).unwrap_err();
        assert_eq!(
            (error.kind, error.offset),
            (ErrorKind::TooComplex(Limit::NameLength), 7)
        );
    }
}
