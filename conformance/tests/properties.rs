//! Laws over arbitrary values and lines.

use comet_conformance::compare;
use comet_conformance::exception::Exceptions;
use comet_conformance::op::{Members, Registry, int, octets};
use comet_conformance::protocol::{Answer, Hello};
use comet_conformance::shim::Shim;
use proptest::prelude::*;
use serde_json::{Map, Value};

/// Any JSON value, three levels deep, `warnings` among its members.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e9..1e9_f64).prop_map(Value::from),
        ".{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let name = prop_oneof![Just("warnings".to_owned()), "[a-c]"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn fits(expected: &Value, answer: &Value) -> bool {
    compare::fits("", expected, Some(answer)).is_ok()
}

proptest! {
    #[test]
    fn every_value_fits_itself_also_after_a_round_trip(value in value()) {
        prop_assert!(fits(&value, &value));
        let again: Value = serde_json::from_str(&value.to_string()).unwrap();
        prop_assert!(fits(&value, &again));
    }

    #[test]
    fn a_further_member_of_the_answer_never_matters(expected in value(), more in value()) {
        let mut answer = expected.clone();
        if let Value::Object(members) = &mut answer {
            members.insert("z".to_owned(), more);
        }
        prop_assert!(fits(&expected, &answer));
    }

    #[test]
    fn different_leaves_do_not_fit(a in value(), b in value()) {
        let plain = |value: &Value| !value.is_array() && !value.is_object();
        if plain(&a) && plain(&b) && a != b && !(a.is_number() && b.is_number()) {
            prop_assert!(!fits(&a, &b));
        }
    }

    #[test]
    fn lines_of_any_kind_are_read_without_a_panic(line in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Answer::from_line(&line, 1);
        let _ = Hello::from_line(&line, 1);
    }

    #[test]
    fn a_shim_answers_every_line_that_is_not_bye(lines in prop::collection::vec("[^\n]{0,40}", 0..8)) {
        let input: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let mut output = Vec::new();
        Shim::new(Registry::new("toy", "1")).serve(input.as_bytes(), &mut output).unwrap();
        prop_assert_eq!(output.iter().filter(|octet| **octet == b'\n').count(), lines.len());
    }

    #[test]
    fn integers_and_octets_survive_their_spelling(number in any::<u64>(), data in prop::collection::vec(any::<u8>(), 0..20)) {
        let input = Map::from_iter([("n".to_owned(), int(number)), ("d".to_owned(), octets(&data))]);
        prop_assert_eq!(Members::of(&input).int::<u64>("n"), Ok(number));
        prop_assert_eq!(Members::of(&input).octets("d"), Ok(data));
    }

    #[test]
    fn an_exception_list_that_can_be_read_can_be_written(text in "([a-z*/]{1,6} (fail|skip)  # [a-z ]{1,12}( until 1.2)?\n){0,4}") {
        if let Ok(list) = Exceptions::parse(&text) {
            prop_assert_eq!(Exceptions::parse(&list.to_string()), Ok(list));
        }
    }
}
