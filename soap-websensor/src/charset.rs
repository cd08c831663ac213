//! Bodies in the wrong character set (spec §10): opt in, never the default.

use alloc::borrow::Cow;
use alloc::string::String;

/// The body as UTF-8: unchanged if it is, else each octet as the ISO 8859-1 character it would be.
///
/// P-line devices are known to write the degree sign as the single octet B0 elsewhere; a receiver that meets such bodies
/// may pass them through here before decoding. The result is at most twice as long.
#[must_use]
pub fn utf8_or_latin1(body: &[u8]) -> Cow<'_, [u8]> {
    if core::str::from_utf8(body).is_ok() {
        return Cow::Borrowed(body);
    }
    let text: String = body.iter().copied().map(char::from).collect();
    Cow::Owned(text.into_bytes())
}
