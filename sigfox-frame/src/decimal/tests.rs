#![expect(clippy::arithmetic_side_effects, reason = "numbers of a test stay small")]

use super::*;
use alloc::string::ToString as _;
use proptest::prelude::*;
use std::format;

#[test]
fn numbers_become_canonical() {
    for (text, canonical) in [
        ("0", "0"),
        ("-0.0", "0"),
        ("000", "0"),
        ("007.50", "7.5"),
        ("+7.5", "7.5"),
        ("1E1", "10"),
        ("-1.3125e2", "-131.25"),
        ("1e35", "100000000000000000000000000000000000"),
        ("0e999999999999999999999", "0"),
        ("12e-1", "1.2"),
        ("1000e-3", "1"),
        ("1e-36", "0.000000000000000000000000000000000001"),
        ("0.100000000000000000000000000000000000000000000000000000", "0.1"),
        ("42.92188741630114", "42.92188741630114"),
    ] {
        assert_eq!(Decimal::parse(text).unwrap().to_string(), canonical, "{text}");
    }
}

#[test]
fn anything_else_is_no_number() {
    for text in [
        "",
        "-",
        "+",
        ".5",
        "5.",
        "1e",
        "1e+",
        "1,5",
        " 1",
        "1 ",
        "NaN",
        "--1",
        "1.2.3",
        "0x10",
        "1e5.0",
        "inf",
        "1_0",
        "١",
        "1e36",
        "1e-37",
        "1234567890123456789012345678901234567",
        "1e99999999999999999999",
    ] {
        assert_eq!(Decimal::parse(text), None, "{text}");
    }
    assert_eq!(Decimal::new(1, 37), None);
    assert_eq!(Decimal::new(i128::MIN, 0), None);
}

#[test]
fn scaling_is_exact_and_says_when_it_is_too_long() {
    let dec = |text| Decimal::parse(text).unwrap();
    assert_eq!(Decimal::scaled(255, dec("0.1"), dec("-40")), Some(dec("-14.5")));
    assert_eq!(Decimal::scaled(-100, dec("0.1"), Decimal::ZERO), Some(dec("-10")));
    assert_eq!(Decimal::scaled(i128::MAX, dec("0.1"), Decimal::ZERO), None);
    assert_eq!(Decimal::scaled(1, dec("1e35"), dec("1e-36")), None);
}

proptest! {
    #[cfg(feature = "callback")]
    #[test]
    fn limits_are_those_of_the_order(mantissa in -2000_i64..2000, power in 0_u32..17, scale in 0_u8..=36, low in -200_i16..=0, high in 0_i16..=200) {
        let mantissa = i128::from(mantissa) * 10_i128.pow(power);
        let number = Decimal::new(mantissa, scale).unwrap();
        let ordered = (Decimal::from(i64::from(low))..=Decimal::from(i64::from(high))).contains(&number);
        prop_assert_eq!(number.is_within(low, high), ordered);
    }

    /// Around the length up to which numbers are read the short way.
    #[test]
    fn both_ways_to_read_say_the_same(text in "-?[0-9]{0,12}(\\.[0-9]{0,9})?[0-9.e-]?") {
        if parse::short(text.as_bytes()).is_some() {
            prop_assert_eq!(Decimal::any(&text), Decimal::parse(&text), "{}", text);
        }
    }

    #[test]
    fn text_and_number_are_inverse(mantissa in -10_i128.pow(36) + 1..10_i128.pow(36), scale in 0_u8..=36) {
        let number = Decimal::new(mantissa, scale).unwrap();
        prop_assert_eq!(Decimal::parse(&number.to_string()), Some(number));
    }

    #[test]
    fn binary_floats_are_the_nearest(mantissa: i64, scale in 0_u8..=30, exponent in -20_i32..20) {
        let text = format!("{mantissa}e{}", exponent - i32::from(scale));
        if let Some(number) = Decimal::parse(&text) {
            prop_assert_eq!(number.as_f64(), text.parse::<f64>().unwrap());
        }
    }

    #[test]
    fn order_is_that_of_the_numbers(a: i64, b: i64, m in 0_u8..=18, n in 0_u8..=18) {
        let (x, y) = (Decimal::new(a.into(), m).unwrap(), Decimal::new(b.into(), n).unwrap());
        let aligned = |value: i64, scale: u8| i128::from(value) * 10_i128.pow(u32::from(18 - scale));
        prop_assert_eq!(x.cmp(&y), aligned(a, m).cmp(&aligned(b, n)));
    }

    #[test]
    fn whatever_is_read_is_what_the_text_says(text in "[+-]?[0-9]{1,20}(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?") {
        if let Some(number) = Decimal::parse(&text) {
            prop_assert_eq!(number.as_f64(), text.parse::<f64>().unwrap() + 0.0);
        }
    }
}
