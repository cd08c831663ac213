//! Values of an `ok` object.

use super::MAX_NUMBER;
use crate::hex;
use serde_json::Value;

/// Octets as lower-case hexadecimal text.
#[must_use]
pub fn octets(octets: &[u8]) -> Value {
    Value::String(hex::encode(octets))
}

/// An integer: a JSON number up to 2^53 − 1 in magnitude, decimal text beyond.
#[must_use]
pub fn int(value: impl Into<i128>) -> Value {
    let value: i128 = value.into();
    match i64::try_from(value) {
        Ok(small) if small.unsigned_abs() <= MAX_NUMBER => Value::from(small),
        _ => Value::String(value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::{int, octets};
    use serde_json::json;

    #[test]
    fn integers_change_their_spelling_at_2_to_the_53() {
        assert_eq!(int(9_007_199_254_740_991_i64), json!(9_007_199_254_740_991_i64));
        assert_eq!(int(9_007_199_254_740_992_i64), json!("9007199254740992"));
        assert_eq!(int(-9_007_199_254_740_991_i64), json!(-9_007_199_254_740_991_i64));
        assert_eq!(int(-9_007_199_254_740_992_i64), json!("-9007199254740992"));
        assert_eq!(int(u64::MAX), json!("18446744073709551615"));
        assert_eq!(octets(&[1, 0xab]), json!("01ab"));
    }
}
