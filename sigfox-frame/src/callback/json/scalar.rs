//! Numbers, `true`, `false` and `null`.

use super::super::raw::{Form, Raw};
use super::{Json, Read};
use crate::decimal::{Decimal, Short};

impl<'a> Json<'a> {
    /// Reads what is neither a string nor a container.
    pub(super) fn word(&mut self) -> Read<Raw<'a>> {
        let start = self.at;
        let mut form = Form::Plain;
        match self.peek() {
            b'n' => {
                form = Form::Null;
                self.literal("null")?;
            }
            b't' => self.literal("true")?,
            b'f' => self.literal("false")?,
            _ => self.number()?,
        }
        Ok(self.since(start, form))
    }

    fn literal(&mut self, literal: &str) -> Read<()> {
        match self.plain_literal(literal) {
            Some(_) => Ok(()),
            None => Err(self.syntax()),
        }
    }

    /// Reads a number; reads nothing of what is none.
    #[inline]
    pub(super) fn plain_number(&mut self) -> Option<&'a str> {
        let start = self.at;
        let end = start.wrapping_add(number(self.rest()).ok()?);
        self.at = end;
        self.text.get(start..end)
    }

    /// Reads a number of usual length without exponent; reads nothing of any other value.
    #[inline]
    pub(in super::super) fn plain_decimal(&mut self) -> Option<Decimal> {
        self.short().map(Decimal::of_short)
    }

    #[inline(never)]
    fn short(&mut self) -> Option<Short> {
        let (number, behind) = Decimal::in_json(self.rest())?;
        self.at = self.text.len().wrapping_sub(behind.len());
        Some(number)
    }

    /// Reads these octets; reads nothing of any others.
    #[inline]
    pub(super) fn plain_literal(&mut self, literal: &str) -> Option<&'a str> {
        if !self.rest().starts_with(literal.as_bytes()) {
            return None;
        }
        let start = self.at;
        self.advance(literal.len());
        self.text.get(start..self.at)
    }

    /// Leaves the cursor behind the number, or where it is none.
    fn number(&mut self) -> Read<()> {
        match number(self.rest()) {
            Ok(read) => {
                self.advance(read);
                Ok(())
            }
            Err(read) => {
                self.advance(read);
                Err(self.syntax())
            }
        }
    }
}

/// How many octets the number has; or how many are in front of the one that is wrong.
#[inline(never)]
fn number(text: &[u8]) -> Result<usize, usize> {
    let read = |rest: &[u8]| text.len().wrapping_sub(rest.len());
    let mut rest = match text {
        [b'-', behind @ ..] => behind,
        _ => text,
    };
    rest = match rest {
        [b'0', behind @ ..] => behind,
        [b'1'..=b'9', behind @ ..] => behind_digits(behind),
        _ => return Err(read(rest)),
    };
    if let [b'.', fraction @ ..] = rest {
        rest = behind_digits(fraction);
        if rest.len() == fraction.len() {
            return Err(read(fraction));
        }
    }
    if let [b'e' | b'E', behind @ ..] = rest {
        let exponent = match behind {
            [b'+' | b'-', exponent @ ..] => exponent,
            _ => behind,
        };
        rest = behind_digits(exponent);
        if rest.len() == exponent.len() {
            return Err(read(exponent));
        }
    }
    Ok(read(rest))
}

#[inline]
fn behind_digits(text: &[u8]) -> &[u8] {
    let mut rest = text;
    while let [b'0'..=b'9', behind @ ..] = rest {
        rest = behind;
    }
    rest
}
