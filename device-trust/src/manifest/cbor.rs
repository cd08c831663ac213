//! CBOR (RFC 8949) in the one form that §A.2.1 allows: definite lengths, shortest heads, no floats, map keys integers or text and
//! each once, nesting of at most [`MAX_DEPTH`].
//!
//! [`document`] checks a whole item once; what is read from it afterwards has that form. No allocation, and no recursion but to the
//! depth that is allowed.

use super::error::Fault;

/// How deep arrays, maps and tags may be nested in one item (§A.2.1). Byte strings with CBOR inside begin anew.
pub(super) const MAX_DEPTH: usize = 8;

/// What breaks the rules, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken {
    pub(super) fault: Fault,
    pub(super) at: usize,
}

type Checked<T> = Result<T, Broken>;

/// The first bytes of an item.
#[derive(Debug, Clone, Copy)]
enum Head {
    Unsigned(u64),
    Negative(u64),
    Bytes(usize),
    Text(usize),
    Array(usize),
    Map(usize),
    Tag(u64),
    Simple(u8),
}

/// Reads items; `at` is where the next one lies in the envelope.
#[derive(Debug, Clone, Copy)]
struct Reader<'a> {
    rest: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    #[cold]
    const fn broken(&self, fault: Fault) -> Broken {
        Broken { fault, at: self.at }
    }

    fn take(&mut self, len: usize) -> Checked<&'a [u8]> {
        let Some((taken, rest)) = self.rest.split_at_checked(len) else {
            return Err(Broken {
                fault: Fault::Short,
                at: self.at.saturating_add(self.rest.len()),
            });
        };
        (self.rest, self.at) = (rest, self.at.saturating_add(len));
        Ok(taken)
    }

    /// The argument in the 1, 2, 4 or 8 bytes after the first one; a shorter form must not have done.
    fn argument(&mut self, width: u8) -> Checked<u64> {
        let start = *self;
        let (bytes, least) = match width {
            24 => (self.take(1)?, 24),
            25 => (self.take(2)?, 1 << 8),
            26 => (self.take(4)?, 1 << 16),
            27 => (self.take(8)?, 1 << 32),
            31 => return Err(self.broken(Fault::Indefinite)),
            _ => return Err(self.broken(Fault::Reserved)),
        };
        let value = bytes
            .iter()
            .fold(0, |value: u64, byte| value << 8 | u64::from(*byte));
        if value < least {
            return Err(start.broken(Fault::NotShortest));
        }
        Ok(value)
    }

    fn head(&mut self) -> Checked<Head> {
        let start = *self;
        let first = match self.take(1)? {
            [first] => *first,
            _ => return Err(start.broken(Fault::Short)),
        };
        let (major, low) = (first >> 5, first & 0x1f);
        if major == 7 {
            return match low {
                0..=23 => Ok(Head::Simple(low)),
                24 => match self.take(1)? {
                    [value] if *value >= 32 => Ok(Head::Simple(*value)),
                    _ => Err(start.broken(Fault::NotShortest)),
                },
                25..=27 => Err(start.broken(Fault::Float)),
                31 => Err(start.broken(Fault::Indefinite)),
                _ => Err(start.broken(Fault::Reserved)),
            };
        }
        let value = if low < 24 { low.into() } else { self.argument(low)? };
        // More than there can be is short, whatever the width of `usize`.
        let count = usize::try_from(value).unwrap_or(usize::MAX);
        Ok(match major {
            0 => Head::Unsigned(value),
            1 => Head::Negative(value),
            2 => Head::Bytes(count),
            3 => Head::Text(count),
            4 => Head::Array(count),
            5 => Head::Map(count),
            _ => Head::Tag(value),
        })
    }

    /// Checks one item with all that is in it.
    fn check(&mut self, depth: usize) -> Checked<()> {
        let start = *self;
        let head = self.head()?;
        let inside = match head {
            Head::Array(_) | Head::Map(_) | Head::Tag(_) => depth.saturating_add(1),
            _ => depth,
        };
        if inside > MAX_DEPTH {
            return Err(start.broken(Fault::Depth));
        }
        match head {
            Head::Unsigned(_) | Head::Negative(_) | Head::Simple(_) => Ok(()),
            Head::Bytes(len) => self.take(len).map(|_| ()),
            Head::Text(len) => match core::str::from_utf8(self.take(len)?) {
                Ok(_) => Ok(()),
                Err(_) => Err(start.broken(Fault::Utf8)),
            },
            Head::Array(count) => (0..count).try_for_each(|_| self.check(inside)),
            Head::Tag(_) => self.check(inside),
            Head::Map(count) => self.check_map(count, inside),
        }
    }

    fn check_map(&mut self, count: usize, depth: usize) -> Checked<()> {
        let first = *self;
        let mut greatest: Option<&[u8]> = None;
        for before in 0..count {
            let start = *self;
            if !matches!(
                start.clone().head()?,
                Head::Unsigned(_) | Head::Negative(_) | Head::Text(_)
            ) {
                return Err(start.broken(Fault::KeyKind));
            }
            self.check(depth)?;
            let key = start.upto(self);
            // Heads are shortest, so equal keys have equal bytes. Keys in ascending order need no second look.
            if greatest.is_none_or(|greatest| key > greatest) {
                greatest = Some(key);
            } else if first.has_key(before, key)? {
                return Err(start.broken(Fault::KeyTwice));
            }
            self.check(depth)?;
        }
        Ok(())
    }

    /// Whether the key is one of the next `count` pairs, which were checked.
    fn has_key(mut self, count: usize, key: &[u8]) -> Checked<bool> {
        for _ in 0..count {
            let start = self;
            self.skip()?;
            if start.upto(&self) == key {
                return Ok(true);
            }
            self.skip()?;
        }
        Ok(false)
    }

    /// Passes one item that was checked.
    fn skip(&mut self) -> Checked<()> {
        let mut left = 1_usize;
        while let Some(others) = left.checked_sub(1) {
            let inside = match self.head()? {
                Head::Unsigned(_) | Head::Negative(_) | Head::Simple(_) => 0,
                Head::Bytes(len) | Head::Text(len) => {
                    self.take(len)?;
                    0
                }
                Head::Array(count) => count,
                Head::Map(count) => count.saturating_mul(2),
                Head::Tag(_) => 1,
            };
            left = others.saturating_add(inside);
        }
        Ok(())
    }

    /// The bytes between here and there.
    fn upto(&self, end: &Self) -> &'a [u8] {
        let len = self.rest.len().saturating_sub(end.rest.len());
        self.rest.get(..len).unwrap_or_default()
    }

    /// The next item, of a document that was checked.
    fn item(&mut self) -> Checked<Item<'a>> {
        let start = *self;
        let mut inside = *self;
        let head = inside.head()?;
        self.skip()?;
        let content = || inside.upto(self);
        let items = |left| Items { reader: inside, left };
        let value = match head {
            Head::Unsigned(value) => Value::Integer(value.into()),
            Head::Negative(value) => Value::Integer(i128::from(value).saturating_neg().saturating_sub(1)),
            Head::Bytes(_) => Value::Bytes(Bytes {
                content: content(),
                at: inside.at,
            }),
            Head::Text(_) => Value::Text(core::str::from_utf8(content()).unwrap_or_default()),
            Head::Array(count) => Value::Array(items(count)),
            Head::Map(count) => Value::Map(Pairs(items(count.saturating_mul(2)))),
            Head::Tag(tag) => Value::Tag(tag, items(1)),
            Head::Simple(value) => Value::Simple(value),
        };
        Ok(Item {
            value,
            raw: start.upto(self),
            at: start.at,
        })
    }
}

/// An item, its bytes and where they lie in the envelope.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item<'a> {
    pub(super) value: Value<'a>,
    pub(super) raw: &'a [u8],
    pub(super) at: usize,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Value<'a> {
    Integer(i128),
    Bytes(Bytes<'a>),
    Text(&'a str),
    Array(Items<'a>),
    Map(Pairs<'a>),
    Tag(u64, Items<'a>),
    Simple(u8),
}

/// The simple value null.
pub(super) const NULL: u8 = 22;

/// A byte string and where its content lies in the envelope.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bytes<'a> {
    pub(super) content: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Bytes<'a> {
    /// The content as CBOR.
    pub(super) fn document(self) -> Checked<Item<'a>> {
        document(self.content, self.at)
    }
}

/// Items beside each other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Items<'a> {
    reader: Reader<'a>,
    left: usize,
}

impl<'a> Items<'a> {
    /// The items, if there are as many.
    pub(super) fn exactly<const N: usize>(mut self) -> Option<[Item<'a>; N]> {
        if self.left != N {
            return None;
        }
        let first = Item {
            value: Value::Simple(NULL),
            raw: &[],
            at: self.reader.at,
        };
        let mut items = [first; N];
        for place in &mut items {
            *place = self.next()?;
        }
        Some(items)
    }

    pub(super) const fn len(&self) -> usize {
        self.left
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        self.left = self.left.checked_sub(1)?;
        // The document was checked: there are no errors.
        self.reader.item().ok()
    }
}

/// Keys and values of a map, in the order of the bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pairs<'a>(Items<'a>);

impl<'a> Pairs<'a> {
    /// The value of an integer key.
    pub(super) fn get(mut self, key: i128) -> Option<Item<'a>> {
        self.find_map(|(found, value)| {
            matches!(found.value, Value::Integer(found) if found == key).then_some(value)
        })
    }
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (Item<'a>, Item<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        Some((self.0.next()?, self.0.next()?))
    }
}

/// Checks that the bytes, which lie at `at` in the envelope, are exactly one item of the form that is allowed.
pub(super) fn document(bytes: &[u8], at: usize) -> Checked<Item<'_>> {
    let mut reader = Reader { rest: bytes, at };
    let mut first = reader;
    reader.check(0)?;
    if !reader.rest.is_empty() {
        return Err(reader.broken(Fault::Surplus));
    }
    first.item()
}

#[cfg(test)]
mod tests {
    use super::{Fault, MAX_DEPTH, Value, document};
    use alloc::vec;
    use alloc::vec::Vec;

    fn fault(bytes: &[u8]) -> Option<(Fault, usize)> {
        document(bytes, 0).err().map(|broken| (broken.fault, broken.at))
    }

    #[test]
    fn heads_are_shortest() {
        for good in [
            &[0x17][..],
            &[0x18, 24],
            &[0x19, 1, 0],
            &[0x1a, 0, 1, 0, 0],
            &[0x1b, 0, 0, 0, 1, 0, 0, 0, 0],
            &[0x38, 24],
            &[0xf6],
            &[0xf8, 32],
        ] {
            assert_eq!(fault(good), None, "{good:x?}");
        }
        for (bad, at) in [
            (&[0x18, 23][..], 1),
            (&[0x19, 0, 255], 1),
            (&[0x1a, 0, 0, 255, 255], 1),
            (&[0x1b, 0, 0, 0, 0, 255, 255, 255, 255], 1),
            (&[0x58, 1, 0], 1),
            (&[0xf8, 22], 0),
            (&[0x81, 0x18, 0], 2),
        ] {
            assert_eq!(fault(bad), Some((Fault::NotShortest, at)), "{bad:x?}");
        }
    }

    #[test]
    fn indefinite_reserved_floats_and_surplus_are_refused() {
        for (bytes, expected) in [
            (&[0x9f, 0xff][..], Fault::Indefinite),
            (&[0xff], Fault::Indefinite),
            (&[0xbf, 0xff], Fault::Indefinite),
            (&[0x5f, 0xff], Fault::Indefinite),
            (&[0x1c], Fault::Reserved),
            (&[0xfc], Fault::Reserved),
            (&[0xf9, 0x3c, 0], Fault::Float),
            (&[0xfb, 0, 0, 0, 0, 0, 0, 0, 0], Fault::Float),
            (&[0x00, 0x00], Fault::Surplus),
            (&[0x61, 0xff], Fault::Utf8),
            (&[], Fault::Short),
            (&[0x82, 0x00], Fault::Short),
            (
                &[0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
                Fault::Short,
            ),
            (
                &[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
                Fault::Short,
            ),
            (
                &[0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
                Fault::Short,
            ),
        ] {
            assert_eq!(fault(bytes).map(|(fault, _)| fault), Some(expected), "{bytes:x?}");
        }
    }

    #[test]
    fn keys_are_integers_or_text_and_each_once_in_any_order() {
        assert_eq!(fault(&[0xa3, 2, 0, 1, 0, 0x61, b'a', 0]), None);
        assert_eq!(fault(&[0xa1, 0x40, 0]), Some((Fault::KeyKind, 1)));
        assert_eq!(fault(&[0xa2, 1, 0, 1, 0]), Some((Fault::KeyTwice, 3)));
        assert_eq!(fault(&[0xa3, 1, 0, 2, 0, 1, 0]), Some((Fault::KeyTwice, 5)));
        // The same number as an integer and in the value of another key is another thing.
        assert_eq!(fault(&[0xa2, 2, 1, 1, 2]), None);
        assert_eq!(fault(&[0xa2, 2, 0xa1, 1, 1, 1, 2]), None);
    }

    #[test]
    fn nesting_ends_at_the_limit() {
        let nested = |opener: u8, depth: usize| {
            let mut bytes = vec![opener; depth];
            bytes.push(0);
            bytes
        };
        for opener in [0x81, 0xc1] {
            assert_eq!(fault(&nested(opener, MAX_DEPTH)), None);
            assert_eq!(
                fault(&nested(opener, MAX_DEPTH + 1)),
                Some((Fault::Depth, MAX_DEPTH))
            );
        }
        assert_eq!(
            fault(&nested(0x81, 100_000)).map(|(fault, _)| fault),
            Some(Fault::Depth)
        );
    }

    #[test]
    fn items_say_where_they_lie() {
        let bytes = [0x83, 0x20, 0x42, 1, 2, 0xa1, 5, 0x61, b'x'];
        let Value::Array(items) = document(&bytes, 0).unwrap().value else {
            panic!("an array");
        };
        let [a, b, c] = items.exactly().unwrap();
        assert!(matches!(a.value, Value::Integer(-1)));
        let Value::Bytes(b_content) = b.value else {
            panic!("bytes")
        };
        assert_eq!((b.at, b.raw, b_content.at), (2, [0x42, 1, 2].as_slice(), 3));
        let Value::Map(map) = c.value else { panic!("a map") };
        assert!(matches!(map.get(5).unwrap().value, Value::Text("x")));
        assert!(map.get(6).is_none());
        assert!(items.exactly::<2>().is_none());
    }

    /// The largest map of keys in the worst order takes a fraction of a second even in a debug build.
    #[test]
    fn a_map_of_all_the_keys_that_fit_is_read() {
        let mut bytes: Vec<u8> = vec![0xb9, 7, 0];
        for key in (0..1792_u16).rev() {
            bytes.push(0x19);
            bytes.extend((key + 256).to_be_bytes());
            bytes.push(0);
        }
        assert_eq!(fault(&bytes), None);
        bytes[4..6].copy_from_slice(&256_u16.to_be_bytes());
        assert_eq!(fault(&bytes), Some((Fault::KeyTwice, bytes.len() - 4)));
    }
}
