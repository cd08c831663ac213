//! Bodies that are not UTF-8 (L §2, §5 rule 1): opt in, never the default.

use alloc::borrow::Cow;
use alloc::string::String;

/// A body of a version 1 logger as UTF-8, with U+FFFD for what is none: those used a single-byte code page that is not named.
///
/// Every other body is given back as it is: since version 2 text is UTF-8, and what is not has to be refused. Reading a version
/// 1 body also needs [`Options::legacy`](crate::Options::legacy).
#[must_use]
pub fn version_1_lossy(body: &[u8]) -> Cow<'_, [u8]> {
    if core::str::from_utf8(body).is_ok() || !is_version_1(body) {
        return Cow::Borrowed(body);
    }
    Cow::Owned(String::from_utf8_lossy(body).into_owned().into_bytes())
}

/// Whether it begins with `[1,1,`.
fn is_version_1(body: &[u8]) -> bool {
    let body = body.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(body);
    let dense = body
        .iter()
        .copied()
        .filter(|octet| !matches!(octet, b' ' | b'\t' | b'\n' | b'\r'));
    dense.take(5).eq(*b"[1,1,")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bodies_of_version_1_are_changed() {
        assert_eq!(
            *version_1_lossy(b"[1,1,\"\xB0C\"]"),
            *"[1,1,\"\u{FFFD}C\"]".as_bytes()
        );
        assert_eq!(
            *version_1_lossy(b"\xEF\xBB\xBF [ 1 , 1 ,\"\xB0\"]"),
            *"\u{FEFF} [ 1 , 1 ,\"\u{FFFD}\"]".as_bytes()
        );
        for body in [
            &b"[1,2,\"\xB0C\"]"[..],
            b"[1,11,\"\xB0\"]",
            b"{\"\xB0\":1}",
            "[1,1,\"°C\"]".as_bytes(),
        ] {
            assert!(matches!(version_1_lossy(body), Cow::Borrowed(same) if same == body));
        }
    }
}
