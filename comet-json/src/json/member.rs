//! Objects whose members have known names.

use crate::error::{DecodeError, ErrorKind};
use crate::warning::Warning;

use super::Cursor;

/// Known names of an object, in the order in which devices write them.
pub(crate) trait Name: Copy + 'static {
    /// All of them.
    const ALL: &'static [Self];
    /// How they are written, in the same places.
    const SPELLED: &'static [Spelling];

    /// The place among them.
    fn number(self) -> usize;
}

/// How a name is written as a rule: `,"Name":`. All are short enough to be compared at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spelling {
    name: &'static str,
    /// The octets in front, zeros behind them.
    word: u128,
    /// Ones where the octets are.
    mask: u128,
}

/// Octets that are compared at once.
const WORD: usize = 16;
const ONES: [u8; WORD] = [u8::MAX; WORD];

impl Spelling {
    /// `spelled` is `,"Name":`, no longer than [`WORD`]: a longer one does not compile.
    pub(crate) const fn new(name: &'static str, spelled: &'static str) -> Self {
        let (mut word, mut mask) = ([0; WORD], [0; WORD]);
        word.split_at_mut(spelled.len())
            .0
            .copy_from_slice(spelled.as_bytes());
        let (ones, _) = ONES.split_at(spelled.len());
        mask.split_at_mut(spelled.len()).0.copy_from_slice(ones);
        Self {
            name,
            word: u128::from_le_bytes(word),
            mask: u128::from_le_bytes(mask),
        }
    }

    /// Octets of `,"Name":`.
    const fn len(&self) -> usize {
        self.name.len().wrapping_add(4)
    }
}

/// Makes an enumeration of names, with a bit for each.
macro_rules! names {
    ($(#[$doc:meta])* $enum:ident { $($name:ident $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u32)]
        pub(crate) enum $enum { $($name,)+ }

        impl $enum {
            /// The set of all names.
            pub(crate) const EVERY: u32 = 0 $(| Self::$name.bit())+;

            /// The set of this name.
            #[expect(clippy::as_conversions, reason = "discriminant of a fieldless enum")]
            pub(crate) const fn bit(self) -> u32 {
                1_u32.wrapping_shl(self as u32)
            }
        }

        impl $crate::json::Name for $enum {
            const ALL: &'static [Self] = &[$(Self::$name),+];
            const SPELLED: &'static [$crate::json::Spelling] =
                &[$($crate::json::Spelling::new($text, concat!(",\"", $text, "\":"))),+];

            #[inline(always)]
            #[expect(clippy::as_conversions, reason = "discriminant of a fieldless enum")]
            fn number(self) -> usize {
                self as usize
            }
        }
    };
}
pub(crate) use names;

/// Members of an object that is being read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Object {
    /// Names that are known here; all others are ignored.
    known: u32,
    /// Names that occurred, with null or not.
    seen: u32,
    begun: bool,
}

impl Object {
    /// Known names that did not occur.
    pub(crate) const fn absent(&self) -> u32 {
        self.known & !self.seen
    }
}

enum Member {
    Known(usize),
    Unknown,
    End,
}

impl<'a> Cursor<'a> {
    /// Enters an object in which these names are known.
    pub(crate) fn object(&mut self, known: u32, field: &'static str) -> Result<Object, DecodeError> {
        if self.peek() != b'{' {
            return Err(self.error(ErrorKind::BadType, field));
        }
        self.enter()?;
        Ok(Object {
            known,
            seen: 0,
            begun: false,
        })
    }

    /// Goes to the value of the next known member that is not null; leaves the object if there is none.
    pub(crate) fn known<N: Name>(&mut self, object: &mut Object) -> Result<Option<N>, DecodeError> {
        loop {
            match self.member(object, N::SPELLED)? {
                Member::End => return Ok(None),
                Member::Unknown => {
                    self.warnings.insert(Warning::UnknownMember);
                    self.skip()?;
                }
                Member::Known(number) => {
                    // W §8 rule 6: null counts as absent.
                    if !self.null()? {
                        return Ok(N::ALL.get(number).copied());
                    }
                }
            }
        }
    }

    /// Goes to the value of a member if it stands here as devices write it, with nothing in between, and is new.
    ///
    /// Nothing else is decided here: whatever does not follow is left to [`known`](Self::known).
    #[inline(always)]
    pub(crate) fn follows<N: Name>(&mut self, object: &mut Object, name: N) -> bool {
        let number = name.number();
        let (Some(spelling), Some(octets)) = (N::SPELLED.get(number), self.rest().first_chunk::<WORD>())
        else {
            return false;
        };
        // In front of the first member there is no comma.
        let (word, mask, len) = if object.begun {
            (spelling.word, spelling.mask, spelling.len())
        } else {
            (
                spelling.word >> 8,
                spelling.mask >> 8,
                spelling.len().wrapping_sub(1),
            )
        };
        let fits = u128::from_le_bytes(*octets) & mask == word;
        let value = self.rest().get(len).copied().unwrap_or(0);
        // White space and null are left to the other way, too.
        if !fits || object.known & !object.seen & bit(number) == 0 || value <= b' ' || value == b'n' {
            return false;
        }
        self.advance(len);
        object.begun = true;
        object.seen |= bit(number);
        true
    }

    #[inline(never)]
    fn member(&mut self, object: &mut Object, spelled: &'static [Spelling]) -> Result<Member, DecodeError> {
        self.space();
        match self.peek() {
            b'}' => {
                self.leave();
                return Ok(Member::End);
            }
            b',' if object.begun => {
                self.advance(1);
                self.space();
            }
            _ if object.begun => return Err(self.syntax()),
            _ => object.begun = true,
        }
        let offset = self.at;
        if self.peek() != b'"' {
            return Err(self.syntax());
        }
        let name = self.string()?;
        self.colon()?;
        let found = spelled
            .iter()
            .position(|spelling| name == *spelling.name)
            .filter(|&number| object.known & bit(number) != 0);
        let Some(number) = found else {
            return Ok(Member::Unknown);
        };
        if object.seen & bit(number) != 0 {
            let name = spelled.get(number).map_or("", |spelling| spelling.name);
            return Err(DecodeError::new(ErrorKind::DuplicateField, name, offset));
        }
        object.seen |= bit(number);
        Ok(Member::Known(number))
    }
}

const fn bit(number: usize) -> u32 {
    #[expect(clippy::as_conversions, reason = "below the number of names")]
    1_u32.wrapping_shl(number as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    names! {
        /// For tests.
        Letter { A "A", Bc "Bc", D "D", }
    }

    fn read(text: &str, known: u32) -> Result<(alloc::string::String, u32), ErrorKind> {
        let mut cursor = Cursor::new(text, 0);
        let inner = |cursor: &mut Cursor<'_>| {
            let mut object = cursor.object(known, "test")?;
            let mut order = alloc::string::String::new();
            while let Some(name) = cursor.known::<Letter>(&mut object)? {
                order.push_str(&std::format!("{name:?}"));
                cursor.skip()?;
            }
            cursor.finish()?;
            Ok((order, object.absent()))
        };
        inner(&mut cursor).map_err(|error: DecodeError| error.kind)
    }

    #[test]
    fn members_come_in_any_order_and_others_are_passed_over() {
        let every = Letter::EVERY;
        for (text, order, absent) in [
            ("{}", "", every),
            (r#"{"A":1,"Bc":2,"D":3}"#, "ABcD", 0),
            (r#" { "D" : 3 , "Bc" : [ ] , "A" : {} } "#.trim(), "DBcA", 0),
            (
                r#"{"x":[1,{"A":2,"A":3}],"Bc":2,"b":0,"":0}"#,
                "Bc",
                Letter::A.bit() | Letter::D.bit(),
            ),
            (
                r#"{"\u0041":1,"A2":1,"a":1}"#,
                "A",
                Letter::Bc.bit() | Letter::D.bit(),
            ),
            (r#"{"A":null,"D":4}"#, "D", Letter::Bc.bit()),
        ] {
            assert_eq!(read(text, every), Ok((order.into(), absent)), "{text}");
        }
    }

    #[test]
    fn a_name_twice_is_refused_only_where_it_is_known() {
        for text in [r#"{"A":1,"A":1}"#, r#"{"A":null,"x":2,"\u0041":1}"#] {
            assert_eq!(read(text, Letter::EVERY), Err(ErrorKind::DuplicateField));
            assert_eq!(read(text, Letter::D.bit()), Ok(("".into(), Letter::D.bit())));
        }
        assert_eq!(read(r#"{"x":1,"x":2}"#, Letter::EVERY).unwrap().0, "");
    }

    #[test]
    fn commas_and_colons_have_their_places() {
        for text in [
            r#"{"A":1,}"#,
            r#"{,"A":1}"#,
            r#"{"A" 1}"#,
            r#"{"A":1 "D":2}"#,
            r#"{A:1}"#,
            r#"{"A"}"#,
            r#"{"A":}"#,
            r#"{"A":1"#,
            "{",
            r#"{"A":1]"#,
            r#"{"x":1,}"#,
            r#"{"A":1,,"D":2}"#,
        ] {
            let kind = read(text, Letter::EVERY).unwrap_err();
            assert_eq!(kind.code(), "not-json", "{text}");
        }
    }
}
