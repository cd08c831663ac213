//! One element of a message before it means anything: what both XML paths hand to the meaning layer.

use crate::text::Text;
use crate::warning::{Warning, Warnings};

/// Content of an element that the shape knows.
#[derive(Debug, Default)]
pub(crate) enum Field<'a> {
    /// Absent, empty, blank or `xsi:nil`: the four mean the same (spec §5.2).
    #[default]
    Missing,
    /// Trimmed, never empty.
    Text(Text<'a>),
    /// Has element children.
    #[cfg_attr(
        not(feature = "std"),
        expect(dead_code, reason = "only the general path meets them")
    )]
    Children,
}

impl<'a> Field<'a> {
    pub(crate) fn new(text: Text<'a>) -> Self {
        if text.is_empty() {
            Self::Missing
        } else {
            Self::Text(text)
        }
    }

    /// The text; element children are no text and worth a remark.
    pub(crate) fn into_text(self, warnings: &mut Warnings) -> Option<Text<'a>> {
        match self {
            Self::Missing => None,
            Self::Text(text) => Some(text),
            Self::Children => {
                warnings.insert(Warning::FieldMalformed);
                None
            }
        }
    }
}
