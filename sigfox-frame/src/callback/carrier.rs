//! Forms, queries and text bodies (§2, §5).

use super::error::{ErrorKind, ReceiveError};
use super::fields::Fields;
use super::raw::Raw;
use super::work;

/// Names and values of a form or query, as the URL standard splits them.
pub(super) fn form_pairs(text: &str, base: usize) -> impl Iterator<Item = (Raw<'_>, Raw<'_>)> {
    let pieces = text.split('&').scan(base, move |at, piece| {
        let offset = *at;
        *at = offset.saturating_add(piece.len()).saturating_add(1);
        Some((offset, piece))
    });
    pieces
        .filter(|(_, piece)| !piece.is_empty())
        .map(|(offset, piece)| {
            let (name, value) = piece.split_once('=').unwrap_or(piece.split_at(piece.len()));
            // A name without `=` has an empty value, which is at its end.
            let behind = offset.saturating_add(piece.len().saturating_sub(value.len()));
            (Raw::url(name, offset), Raw::url(value, behind))
        })
}

/// Reads a form or query.
pub(super) fn form<'a>(text: &'a str, base: usize, fields: &mut Fields<'a>) {
    for (name, value) in form_pairs(text, base) {
        fields.push(&name, value);
    }
}

/// Reads a text body: one pair per line or per `;`, separator `=>`, `=` or `:` (§5).
pub(super) fn text<'a>(text: &'a str, base: usize, fields: &mut Fields<'a>) -> Result<(), ReceiveError> {
    let mut pairs = Pairs {
        text,
        at: 0,
        unquoted_until: [0; 2],
    };
    while let Some(pair) = pairs.next_pair() {
        let offset = |part: &str, at: usize| base.saturating_add(at).saturating_add(leading(part));
        let Some((name, value)) = pair else {
            return Err(ReceiveError::new(
                ErrorKind::BadText,
                "body",
                base.saturating_add(pairs.at),
            ));
        };
        let ((name, name_at), (value, value_at)) = (name, value);
        fields.push(
            &Raw::plain(name.trim_ascii(), offset(name, name_at)),
            Raw::plain(value.trim_ascii(), offset(value, value_at)),
        );
    }
    Ok(())
}

fn leading(text: &str) -> usize {
    text.len().saturating_sub(text.trim_ascii_start().len())
}

/// A part of the text, and where it begins.
type Part<'a> = (&'a str, usize);

struct Pairs<'a> {
    text: &'a str,
    at: usize,
    /// The end of a line in which no closing quote of either kind follows: so that it is looked for once.
    unquoted_until: [usize; 2],
}

impl<'a> Pairs<'a> {
    fn part(&self, from: usize, to: usize) -> Part<'a> {
        (self.text.get(from..to).unwrap_or_default(), from)
    }

    /// The next pair; the inner `None` if there is no separator in it.
    fn next_pair(&mut self) -> Option<Option<(Part<'a>, Part<'a>)>> {
        loop {
            let rest = self.text.get(self.at..)?;
            if rest.is_empty() {
                return None;
            }
            let start = self.at;
            let end = start.saturating_add(rest.find(is_end).unwrap_or(rest.len()));
            let (piece, _) = self.part(start, end);
            if piece.trim_ascii().is_empty() {
                self.at = end.saturating_add(1);
                continue;
            }
            let Some(found) = piece.find(['=', ':']) else {
                return Some(None);
            };
            let name = self.part(start, start.saturating_add(found));
            let wide = piece.get(found..).is_some_and(|rest| rest.starts_with("=>"));
            let value_at = start
                .saturating_add(found)
                .saturating_add(if wide { 2 } else { 1 });
            if let Some((value, behind)) = self.quoted(value_at) {
                self.at = behind;
                return Some(Some((name, value)));
            }
            self.at = end.saturating_add(1);
            return Some(Some((name, self.part(value_at, end))));
        }
    }

    /// A value in quotes, inside which `;` is itself: what they hold, and where the next pair begins.
    fn quoted(&mut self, from: usize) -> Option<(Part<'a>, usize)> {
        let rest = self.text.get(from..)?;
        let blanks = rest
            .len()
            .saturating_sub(rest.trim_start_matches([' ', '\t']).len());
        let quote = rest
            .get(blanks..)?
            .chars()
            .next()
            .filter(|c| matches!(c, '"' | '\''))?;
        let known = self.unquoted_until.get_mut(usize::from(quote == '\''))?;
        let start = from.saturating_add(blanks).saturating_add(1);
        if start < *known {
            return None;
        }
        let line = self.text.get(start..)?;
        let line = line.get(..line.find(['\r', '\n']).unwrap_or(line.len()))?;
        work::done(line.len());
        let line_end = start.saturating_add(line.len());
        // The first quote with nothing but blanks between it and the end of the pair.
        for (found, _) in line.match_indices(quote) {
            let behind = line.get(found.saturating_add(1)..).unwrap_or_default();
            let after = behind.trim_start_matches([' ', '\t']);
            if after.is_empty() || after.starts_with(';') {
                let next = line_end.saturating_sub(after.len()).saturating_add(1);
                return Some((self.part(start, start.saturating_add(found)), next));
            }
        }
        *known = line_end;
        None
    }
}

fn is_end(c: char) -> bool {
    matches!(c, ';' | '\r' | '\n')
}
