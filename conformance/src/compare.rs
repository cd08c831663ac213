//! Comparison of an expectation with an answer (§3).
//!
//! | expectation | fits |
//! |---|---|
//! | null | null, or an absent member |
//! | object | an object in which every member of the expectation fits; further members are ignored |
//! | list | a list of the same length, entry by entry; a list named `warnings` as a set |
//! | number | a number of the same value, never a text or a boolean |
//! | text, boolean | exactly the same |

use crate::printable;
use serde_json::{Map, Number, Value};

/// Name of the lists whose order and repetitions do not count.
const SET: &str = "warnings";

/// The first place where an answer does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}`: expected {expected}, got {got}")]
#[non_exhaustive]
pub struct Misfit {
    /// Where, such as `channels[2].value`.
    pub path: String,
    /// The value expected there, cut.
    pub expected: String,
    /// The value that is there, cut.
    pub got: String,
}

/// Compares the members of an expectation with those of an answer.
///
/// # Errors
/// The first [`Misfit`], in the order of the expectation.
pub fn members(expected: &Map<String, Value>, answer: &Map<String, Value>) -> Result<(), Misfit> {
    for (name, value) in expected {
        fits(name, value, answer.get(name)).map_err(|misfit| misfit.below(name))?;
    }
    Ok(())
}

/// Compares one value. `name` is that of the member it belongs to; `None` is an absent member.
///
/// # Errors
/// The first [`Misfit`].
pub fn fits(name: &str, expected: &Value, answer: Option<&Value>) -> Result<(), Misfit> {
    let misfit = || Err(Misfit::new(expected, answer));
    match (expected, answer) {
        (Value::Null, None | Some(Value::Null)) => Ok(()),
        (Value::Bool(wanted), Some(Value::Bool(found))) if wanted == found => Ok(()),
        (Value::String(wanted), Some(Value::String(found))) if wanted == found => Ok(()),
        (Value::Number(wanted), Some(Value::Number(found))) if same_number(wanted, found) => Ok(()),
        (Value::Object(wanted), Some(Value::Object(found))) => members(wanted, found),
        (Value::Array(wanted), Some(Value::Array(found))) if name == SET => {
            let fit = |wanted: &Value, found: &Value| fits("", wanted, Some(found)).is_ok();
            let all = wanted
                .iter()
                .all(|wanted| found.iter().any(|found| fit(wanted, found)))
                && found
                    .iter()
                    .all(|found| wanted.iter().any(|wanted| fit(wanted, found)));
            if all { Ok(()) } else { misfit() }
        }
        (Value::Array(wanted), Some(Value::Array(found))) if wanted.len() == found.len() => {
            for (index, (wanted, found)) in wanted.iter().zip(found).enumerate() {
                fits("", wanted, Some(found)).map_err(|misfit| misfit.below(&format!("[{index}]")))?;
            }
            Ok(())
        }
        _ => misfit(),
    }
}

/// Numbers are equal by value: 1, 1.0 and 1e0 are one number.
fn same_number(a: &Number, b: &Number) -> bool {
    match (whole(a), whole(b)) {
        (Some(a), Some(b)) => a == b,
        (None, None) => a.as_f64() == b.as_f64(),
        _ => false,
    }
}

/// The value if it is a whole number. The text of a float has all digits and no exponent, so it is exact.
fn whole(number: &Number) -> Option<i128> {
    let integer = number
        .as_i64()
        .map(i128::from)
        .or_else(|| number.as_u64().map(i128::from));
    integer.or_else(|| number.as_f64()?.to_string().parse().ok())
}

impl Misfit {
    fn new(expected: &Value, answer: Option<&Value>) -> Self {
        Self {
            path: String::new(),
            expected: printable::short(Some(expected)),
            got: printable::short(answer),
        }
    }

    fn below(mut self, name: &str) -> Self {
        let dot = if self.path.is_empty() || self.path.starts_with('[') {
            ""
        } else {
            "."
        };
        self.path = format!("{name}{dot}{}", self.path);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::{Misfit, fits};
    use serde_json::{Value, json};

    fn compare(expected: Value, answer: Value) -> Result<(), Misfit> {
        fits("", &expected, Some(&answer))
    }

    #[test]
    fn null_fits_null_and_absent_only() {
        assert_eq!(compare(json!({"a": null}), json!({})), Ok(()));
        assert_eq!(compare(json!({"a": null}), json!({"a": null})), Ok(()));
        for value in [json!(0), json!(""), json!(false), json!([]), json!({})] {
            assert!(
                compare(json!({"a": null}), json!({"a": value})).is_err(),
                "{value}"
            );
            assert!(
                compare(json!({"a": value}), json!({"a": null})).is_err(),
                "{value}"
            );
            assert!(compare(json!({"a": value}), json!({})).is_err(), "{value}");
        }
        assert_eq!(compare(json!([null]), json!([null])), Ok(()));
        assert!(compare(json!([null]), json!([])).is_err());
    }

    #[test]
    fn further_members_of_objects_are_ignored_at_every_depth() {
        assert_eq!(
            compare(json!({"a": {"b": 1}}), json!({"a": {"b": 1, "c": 2}, "d": 3})),
            Ok(())
        );
        assert_eq!(
            compare(json!({"a": [{"b": 1}]}), json!({"a": [{"b": 1, "c": 2}]})),
            Ok(())
        );
        assert!(compare(json!({"a": {"b": 1, "c": 2}}), json!({"a": {"b": 1}})).is_err());
        assert!(compare(json!({}), json!([])).is_err());
    }

    #[test]
    fn lists_have_the_same_length_and_order() {
        assert_eq!(compare(json!([1, 2]), json!([1, 2])), Ok(()));
        for answer in [
            json!([2, 1]),
            json!([1]),
            json!([1, 2, 3]),
            json!({}),
            json!("12"),
        ] {
            assert!(compare(json!([1, 2]), answer.clone()).is_err(), "{answer}");
        }
    }

    #[test]
    fn warnings_are_a_set_wherever_they_are() {
        let expected = json!({"warnings": ["a", "b"]});
        for answer in [json!(["a", "b"]), json!(["b", "a"]), json!(["b", "a", "a"])] {
            assert_eq!(
                compare(expected.clone(), json!({"warnings": answer})),
                Ok(()),
                "{answer}"
            );
        }
        for answer in [json!(["a"]), json!(["a", "b", "c"]), json!([]), json!("a")] {
            assert!(
                compare(expected.clone(), json!({"warnings": answer})).is_err(),
                "{answer}"
            );
        }
        assert_eq!(
            compare(json!([{"warnings": [1, 2]}]), json!([{"warnings": [2, 1]}])),
            Ok(())
        );
        assert!(compare(json!({"other": [1, 2]}), json!({"other": [2, 1]})).is_err());
        // The set is the list of that name, not what lies inside it.
        assert!(compare(json!({"warnings": [[1, 2]]}), json!({"warnings": [[2, 1]]})).is_err());
    }

    #[test]
    fn numbers_are_compared_by_value() {
        let number = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        for (a, b) in [
            ("1", "1.0"),
            ("100", "1e2"),
            ("0", "-0.0"),
            ("-3", "-3.0"),
            ("0.5", "5e-1"),
        ] {
            assert_eq!(compare(number(a), number(b)), Ok(()), "{a} {b}");
        }
        for (a, b) in [
            ("1", "2"),
            ("1", "1.5"),
            ("9007199254740993", "9007199254740992.0"),
            ("1", "1e300"),
        ] {
            assert!(compare(number(a), number(b)).is_err(), "{a} {b}");
        }
        assert_eq!(compare(json!(u64::MAX), json!(u64::MAX)), Ok(()));
    }

    #[test]
    fn a_number_never_equals_a_text_or_a_boolean() {
        let values = [
            json!(1),
            json!("1"),
            json!(true),
            json!("true"),
            json!([1]),
            json!({"1": 1}),
        ];
        for (i, a) in values.iter().enumerate() {
            for (j, b) in values.iter().enumerate() {
                assert_eq!(compare(a.clone(), b.clone()).is_ok(), i == j, "{a} {b}");
            }
        }
    }

    #[test]
    fn text_is_compared_exactly() {
        for (a, b) in [("a", "A"), ("a", "a "), ("é", "e\u{301}"), ("1.0", "1")] {
            assert!(compare(json!(a), json!(b)).is_err(), "{a} {b}");
        }
    }

    #[test]
    fn a_misfit_says_where() {
        let expected = json!({"channels": [{"value": 1}, {"value": {"bits": "00"}}]});
        let answer = json!({"channels": [{"value": 1}, {"value": {"bits": "01"}}]});
        let misfit = compare(expected, answer).unwrap_err();
        assert_eq!(
            misfit.to_string(),
            r#"`channels[1].value.bits`: expected "00", got "01""#
        );
    }
}
