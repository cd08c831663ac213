//! Values from a shim on their way to a person: nothing that steers a terminal, nothing without end.

use core::fmt::Write as _;
use serde_json::Value;

/// Characters kept of a value that is shown inside a sentence.
const SHORT: usize = 160;

/// Whether a character has no place on a terminal: controls, and characters that reorder or hide others.
pub(crate) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{fffe}'..='\u{ffff}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// The text with hidden characters spelled out, so that a line stays one line.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

/// At most `limit` characters of a text, with a mark of what was cut.
pub(crate) fn cut(text: &str, limit: usize) -> String {
    let Some((at, _)) = text.char_indices().nth(limit) else {
        return text.to_owned();
    };
    let mut out = text.get(..at).unwrap_or_default().to_owned();
    // Writing to a String cannot fail.
    let _ = write!(out, "… ({} octets)", text.len());
    out
}

/// A value for a sentence: compact JSON, cut and escaped.
pub(crate) fn short(value: Option<&Value>) -> String {
    value.map_or_else(
        || "nothing".to_owned(),
        |value| escape(&cut(&value.to_string(), SHORT)),
    )
}

#[cfg(test)]
mod tests {
    use super::{cut, escape, short};
    use serde_json::json;

    #[test]
    fn what_steers_a_terminal_is_spelled_out() {
        assert_eq!(escape("a\u{1b}[2J\nb\u{202e}c°"), "a\\u{1b}[2J\\u{a}b\\u{202e}c°");
    }

    #[test]
    fn long_values_are_cut_at_a_character() {
        assert_eq!(cut("äöü", 3), "äöü");
        assert_eq!(cut("äöü", 2), "äö… (6 octets)");
        assert!(short(Some(&json!("x".repeat(100_000)))).len() < 200);
        assert_eq!(short(None), "nothing");
    }
}
