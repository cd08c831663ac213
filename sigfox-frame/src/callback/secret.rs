//! Who is calling (§2.1, R1).

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use subtle::{Choice, ConstantTimeEq as _};
use zeroize::Zeroizing;

/// A secret: the complete value of the `Authorization` header, or of the custom header that the callback is configured with.
///
/// It is wiped when dropped and never printed.
#[derive(Clone)]
pub struct Secret(Zeroizing<Box<[u8]>>);

impl Secret {
    /// A secret; `None` for an empty one, which anybody could present.
    #[must_use]
    pub fn new(value: &[u8]) -> Option<Self> {
        (!value.is_empty()).then(|| Self(Zeroizing::new(value.into())))
    }
}

impl Secret {
    /// Whether it is this value. All differences are gathered before one is looked at.
    fn is(&self, value: &[u8]) -> Choice {
        let (words, rest) = self.0.as_chunks::<8>();
        let (other_words, other_rest) = value.as_chunks::<8>();
        let word = |octets: &[u8; 8]| u64::from_ne_bytes(*octets);
        let mut difference = 0;
        for (a, b) in words.iter().zip(other_words) {
            difference |= word(a) ^ word(b);
        }
        for (a, b) in rest.iter().zip(other_rest) {
            difference |= u64::from(a ^ b);
        }
        // The length is no secret.
        difference.ct_eq(&0) & Choice::from(u8::from(self.0.len() == value.len()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// The secrets that are accepted: one, and during a rotation the one before or after it as well.
///
/// ```
/// use sigfox_frame::callback::Secrets;
/// let secrets = Secrets::new(b"Bearer new").unwrap().or(b"Bearer old").unwrap();
/// assert!(secrets.accept([b"Bearer old".as_slice()]));
/// assert!(!secrets.accept([b"Bearer old".as_slice(), b"Bearer old".as_slice()]));
/// assert!(!secrets.accept([]));
/// assert_eq!(format!("{secrets:?}"), "Secrets([Secret(..), Secret(..)])");
/// ```
#[derive(Debug, Clone)]
pub struct Secrets(Vec<Secret>);

impl Secrets {
    /// One secret; `None` if it is empty.
    #[must_use]
    pub fn new(value: &[u8]) -> Option<Self> {
        Some(Self([Secret::new(value)?].into()))
    }

    /// Another one that is valid, too, during a rotation; `None` if it is empty.
    #[must_use]
    pub fn or(mut self, value: &[u8]) -> Option<Self> {
        self.0.push(Secret::new(value)?);
        Some(self)
    }

    /// Whether the values received are exactly one, and a valid one. No early exit: time depends on lengths only.
    #[must_use]
    pub fn accept<'v>(&self, values: impl IntoIterator<Item = &'v [u8]>) -> bool {
        let mut values = values.into_iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            return false;
        };
        let compare = |found: Choice, secret: &Secret| found | secret.is(value);
        self.0.iter().fold(Choice::from(0), compare).into()
    }
}
