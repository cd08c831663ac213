//! The line pattern of a batch (§9), and its lines.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::fields::Fields;
use super::raw::Raw;

/// A line pattern such as `{device};{time};{seqNumber};{data};{ack}`: placeholders with text between them.
///
/// ```
/// use sigfox_frame::callback::{LinePattern, PatternError};
/// assert!(LinePattern::new("{device};{time};{seqNumber};{data};{ack}").is_ok());
/// assert_eq!(LinePattern::new("{device}{time}").unwrap_err(), PatternError::Adjacent { offset: 8 });
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinePattern {
    /// Text in front of the first placeholder.
    prefix: Box<str>,
    slots: Box<[Slot]>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Slot {
    name: Box<str>,
    /// Text behind it, up to the next placeholder or the end.
    behind: Box<str>,
}

/// A line pattern that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum PatternError {
    /// There is no placeholder.
    #[error("no placeholder")]
    Empty,
    /// A brace without its counterpart, or nothing between them.
    #[error("bad brace at byte {offset}")]
    Brace {
        /// Byte offset in the pattern.
        offset: usize,
    },
    /// Two placeholders with nothing in between: no line could be cut.
    #[error("nothing in front of the placeholder at byte {offset}")]
    Adjacent {
        /// Byte offset in the pattern.
        offset: usize,
    },
}

impl LinePattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// [`PatternError`].
    pub fn new(pattern: &str) -> Result<Self, PatternError> {
        let offset = |rest: &str| pattern.len().saturating_sub(rest.len());
        let literal = |rest| {
            let end = str::find(rest, ['{', '}']).unwrap_or(rest.len());
            rest.split_at_checked(end).unwrap_or((rest, ""))
        };
        let (prefix, mut rest) = literal(pattern);
        let mut slots: Vec<Slot> = Vec::new();
        while !rest.is_empty() {
            let brace = PatternError::Brace { offset: offset(rest) };
            if slots.last().is_some_and(|slot| slot.behind.is_empty()) && rest.starts_with('{') {
                return Err(PatternError::Adjacent { offset: offset(rest) });
            }
            let name = rest.strip_prefix('{').and_then(|inner| inner.split_once('}'));
            let (name, behind) = name.ok_or(brace)?;
            if name.is_empty() || name.contains('{') {
                return Err(brace);
            }
            let (behind, next) = literal(behind);
            slots.push(Slot {
                name: name.into(),
                behind: behind.into(),
            });
            rest = next;
        }
        if slots.is_empty() {
            return Err(PatternError::Empty);
        }
        Ok(Self {
            prefix: prefix.into(),
            slots: slots.into_boxed_slice(),
        })
    }

    /// Cuts a line; `None` if it has another number of fields.
    pub(super) fn cut<'a>(&'a self, line: &'a str, offset: usize) -> Option<Fields<'a>> {
        let mut fields = Fields::new();
        fields.begin(line, offset);
        let mut rest = line.strip_prefix(&*self.prefix)?;
        let mut push = |slot: &'a Slot, value: &'a str, rest: &str| {
            let at = line.len().saturating_sub(rest.len());
            fields.push(
                &Raw::plain(&slot.name, offset),
                Raw::plain(value, offset.saturating_add(at)),
            );
        };
        let (last, others) = self.slots.split_last()?;
        for slot in others {
            let (value, behind) = rest.split_once(&*slot.behind)?;
            push(slot, value, rest);
            rest = behind;
        }
        let value = rest.strip_suffix(&*last.behind)?;
        // More separators than the pattern has: another number of fields.
        if others.last().is_some_and(|slot| value.contains(&*slot.behind)) {
            return None;
        }
        push(last, value, rest);
        Some(fields)
    }
}

/// Lines that are not empty, with their offsets; ended by LF, CRLF or CR (§9).
pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let pieces = text.split(['\n', '\r']).scan(0_usize, |at, line| {
        let offset = *at;
        *at = offset.saturating_add(line.len()).saturating_add(1);
        Some((offset, line))
    });
    pieces.filter(|(_, line)| !line.trim_ascii().is_empty())
}
