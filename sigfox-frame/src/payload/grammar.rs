//! The grammar of sigfox-callback §7.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::character::complete::{char, digit1, one_of};
use nom::combinator::{eof, opt, peek, value};
use nom::error::ParseError;
use nom::sequence::preceded;
use nom::{IResult, Parser};

use super::{ConfigError, ConfigErrorKind, Kind, MAX_NAME_LEN, MAX_TEXT_LEN};
use crate::bits::{MAX_WIDTH, TOP_BIT};

/// A field as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Declared<'a> {
    pub(super) name: &'a str,
    pub(super) index: Option<usize>,
    pub(super) kind: Kind,
    /// Bits; those of one byte for a text.
    pub(super) width: u8,
    pub(super) bit: Option<u8>,
    /// Where it begins in the configuration.
    pub(super) offset: usize,
}

/// The fields of a configuration, up to the first error.
pub(super) fn fields(text: &str) -> impl Iterator<Item = Result<Declared<'_>, ConfigError>> {
    let mut rest = text;
    core::iter::from_fn(move || {
        rest = rest.trim_start_matches(' ');
        if rest.is_empty() {
            return None;
        }
        let offset = text.len().saturating_sub(rest.len());
        Some(match field(rest) {
            Ok((behind, declared)) => {
                rest = behind;
                Ok(Declared { offset, ..declared })
            }
            Err(nom::Err::Error(fault) | nom::Err::Failure(fault)) => {
                rest = "";
                let offset = text.len().saturating_sub(fault.unread);
                Err(ConfigError {
                    kind: fault.kind,
                    offset,
                })
            }
            Err(nom::Err::Incomplete(_)) => {
                rest = "";
                Err(ConfigError {
                    kind: ConfigErrorKind::Surplus,
                    offset,
                })
            }
        })
    })
}

/// What did not fit, and how much of the text was not read then.
#[derive(Debug)]
struct Fault {
    kind: ConfigErrorKind,
    unread: usize,
}

impl ParseError<&str> for Fault {
    fn from_error_kind(input: &str, _: nom::error::ErrorKind) -> Self {
        // Every parser below is given its own kind by `or`.
        Self {
            kind: ConfigErrorKind::Surplus,
            unread: input.len(),
        }
    }

    fn append(_: &str, _: nom::error::ErrorKind, other: Self) -> Self {
        other
    }
}

type Parsed<'a, T> = IResult<&'a str, T, Fault>;

/// What `parser` reads; if it does not fit, a refusal of this kind.
fn or<'a, T>(
    kind: ConfigErrorKind,
    mut parser: impl Parser<&'a str, Output = T, Error = Fault>,
) -> impl FnMut(&'a str) -> Parsed<'a, T> {
    move |input| parser.parse(input).map_err(|_| refuse(kind, input))
}

fn refuse(kind: ConfigErrorKind, input: &str) -> nom::Err<Fault> {
    nom::Err::Failure(Fault {
        kind,
        unread: input.len(),
    })
}

/// `name ":" [ index ] ":" type`, and a blank or the end behind it.
fn field(input: &str) -> Parsed<'_, Declared<'_>> {
    let (input, name) = name(input)?;
    let (input, index) = or(ConfigErrorKind::Index, opt(digit1)).parse(input)?;
    let (input, _) = or(ConfigErrorKind::Index, char(':')).parse(input)?;
    let index = index.map(|digits: &str| number(digits, usize::MAX));
    let (behind, word) = take_while(|c: char| c.is_ascii_alphanumeric()).parse(input)?;
    let (behind, (kind, width, bit)) = match word {
        "bool" => one_bit(behind)?,
        "char" => text(behind)?,
        "float" => {
            let (behind, width) = or(
                ConfigErrorKind::Width,
                preceded(char(':'), alt((value(32, tag("32")), value(64, tag("64"))))),
            )
            .parse(behind)?;
            let (behind, (little, bit)) = order(behind, width)?;
            (behind, (Kind::Float { little }, width, bit))
        }
        "uint" | "int" => {
            let (behind, width) = size(behind, MAX_WIDTH)?;
            let (behind, (little, bit)) = order(behind, width)?;
            let kind = if word == "int" {
                Kind::Signed { little }
            } else {
                Kind::Unsigned { little }
            };
            (behind, (kind, width, bit))
        }
        _ => return Err(refuse(ConfigErrorKind::Type, input)),
    };
    let end = alt((value((), char(' ')), value((), eof)));
    let (behind, ()) = or(ConfigErrorKind::Surplus, peek(end)).parse(behind)?;
    Ok((
        behind,
        Declared {
            name,
            index,
            kind,
            width,
            bit,
            offset: 0,
        },
    ))
}

fn name(input: &str) -> Parsed<'_, &str> {
    let lawful = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '#');
    let (behind, name) = or(ConfigErrorKind::Name, take_while1(lawful)).parse(input)?;
    if name.len() > MAX_NAME_LEN {
        return Err(refuse(ConfigErrorKind::Name, input));
    }
    let (behind, _) = or(ConfigErrorKind::Name, char(':')).parse(behind)?;
    Ok((behind, name))
}

type Shape = (Kind, u8, Option<u8>);

/// `":" bit` of a `bool`.
fn one_bit(input: &str) -> Parsed<'_, Shape> {
    let (input, bit) = preceded_bit(input)?;
    Ok((input, (Kind::Bool, 1, Some(bit))))
}

/// `":" length [ ":" bit ]` of a `char`.
fn text(input: &str) -> Parsed<'_, Shape> {
    let (input, len) = size(input, MAX_TEXT_LEN)?;
    if !input.starts_with(':') {
        return Ok((input, (Kind::Text { len }, 8, None)));
    }
    let (input, bit) = preceded_bit(input)?;
    Ok((input, (Kind::Text { len }, 8, Some(bit))))
}

/// `":"` and a number from 1 to `max`.
fn size(input: &str, max: u8) -> Parsed<'_, u8> {
    let (behind, digits) = or(ConfigErrorKind::Width, preceded(char(':'), digit1)).parse(input)?;
    match u8::try_from(number(digits, usize::MAX)) {
        Ok(size) if (1..=max).contains(&size) => Ok((behind, size)),
        _ => Err(refuse(ConfigErrorKind::Width, input)),
    }
}

/// `[ ":" [ endian ] [ ":" bit ] ]`, or the short form `":" bit`. Gives whether the order is little-endian.
fn order(input: &str, width: u8) -> Parsed<'_, (bool, Option<u8>)> {
    let Some(behind) = input.strip_prefix(':') else {
        return Ok((input, (false, None)));
    };
    if behind.starts_with(|c: char| c.is_ascii_digit()) {
        let (behind, bit) = bit(behind)?;
        return Ok((behind, (false, Some(bit))));
    }
    let (after, word) = take_while(|c: char| c.is_ascii_alphanumeric() || c == '-').parse(behind)?;
    let little = match word {
        "" | "big-endian" => false,
        "little-endian" => true,
        _ => return Err(refuse(ConfigErrorKind::Endian, behind)),
    };
    let (after, bit) = if after.starts_with(':') {
        let (after, bit) = preceded_bit(after)?;
        (after, Some(bit))
    } else {
        (after, None)
    };
    if little && (!width.is_multiple_of(8) || bit.is_some_and(|bit| bit != TOP_BIT)) {
        return Err(refuse(ConfigErrorKind::LittleEndian, behind));
    }
    Ok((after, (little, bit)))
}

fn preceded_bit(input: &str) -> Parsed<'_, u8> {
    let (input, _) = or(ConfigErrorKind::Bit, char(':')).parse(input)?;
    bit(input)
}

/// One digit from 0 to 7, and no digit behind it.
fn bit(input: &str) -> Parsed<'_, u8> {
    let (behind, digit) = or(ConfigErrorKind::Bit, one_of("01234567")).parse(input)?;
    if behind.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Err(refuse(ConfigErrorKind::Bit, input));
    }
    let bit = digit.to_digit(8).and_then(|bit| u8::try_from(bit).ok());
    bit.map(|bit| (behind, bit))
        .ok_or_else(|| refuse(ConfigErrorKind::Bit, input))
}

/// Digits as a number; the largest one if they are more.
fn number(digits: &str, largest: usize) -> usize {
    digits.parse().unwrap_or(largest)
}
