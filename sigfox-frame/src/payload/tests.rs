use super::*;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec;
use proptest::prelude::*;

fn refusal(text: &str) -> (ConfigErrorKind, usize) {
    let error = Config::compile(text).unwrap_err();
    (error.kind, error.offset)
}

#[test]
fn every_refusal_says_what_and_where() {
    use ConfigErrorKind as K;
    for (text, kind, offset) in [
        ("", K::Empty, 0),
        ("   ", K::Empty, 0),
        ("::uint:8", K::Name, 0),
        ("a", K::Name, 1),
        ("a b::uint:8", K::Name, 1),
        ("a.b::uint:8", K::Name, 1),
        ("á::uint:8", K::Name, 0),
        ("a::uint:8\tb::uint:8", K::Surplus, 9),
        ("a::uint:8 a::uint:8", K::Duplicate, 10),
        ("a:uint:8", K::Index, 2),
        ("a:-1:uint:8", K::Index, 2),
        ("a:1", K::Index, 3),
        ("a::", K::Type, 3),
        ("a::short:8", K::Type, 3),
        ("a::UINT:8", K::Type, 3),
        ("a::uint", K::Width, 7),
        ("a::uint:0", K::Width, 7),
        ("a::uint:65", K::Width, 7),
        ("a::uint:264", K::Width, 7),
        ("a::uint:+8", K::Width, 7),
        ("a::uint:99999999999999999999", K::Width, 7),
        ("a::float:16", K::Width, 8),
        ("a::float:320", K::Surplus, 11),
        ("a::char:0", K::Width, 7),
        ("a::char:13", K::Width, 7),
        ("a::char:2:8", K::Bit, 10),
        ("a::char:2:", K::Bit, 10),
        ("a::bool", K::Bit, 7),
        ("a::bool:8", K::Bit, 8),
        ("a::bool:-1", K::Bit, 8),
        ("a::bool:07", K::Bit, 8),
        ("a::bool:1:1", K::Surplus, 9),
        ("a::uint:8:8", K::Bit, 10),
        ("a::uint:8:3:2", K::Surplus, 11),
        ("a::uint:8::", K::Bit, 11),
        ("a::uint:8:middle-endian", K::Endian, 10),
        ("a::uint:8:big-endian:7:1", K::Surplus, 22),
        ("a::uint:12:little-endian", K::LittleEndian, 11),
        ("a::uint:16:little-endian:3", K::LittleEndian, 11),
    ] {
        assert_eq!(refusal(text), (kind, offset), "{text}");
    }
}

#[test]
fn the_grammar_takes_every_form_of_a_bit() {
    let all = Config::compile("a:0:uint:4::3 b:0:uint:4:3 c:0:uint:4:big-endian:3 d:0:uint:8: e:00:uint:08")
        .unwrap();
    let values: Vec<_> = all.values(&[0xA5]).map(|(_, value)| value).collect();
    let unsigned = |value| Some(Value::Unsigned(value));
    assert_eq!(
        values,
        vec![
            unsigned(5),
            unsigned(5),
            unsigned(5),
            unsigned(0xA5),
            unsigned(0xA5)
        ]
    );
}

#[test]
fn an_index_beyond_all_numbers_only_has_no_value() {
    let config = Config::compile("a:99999999999999999999999:uint:64:0 b::uint:8 c::bool:0").unwrap();
    assert!(config.values(&[0; 12]).all(|(_, value)| value.is_none()));
}

#[test]
fn a_bool_does_not_pass_a_bit_offset_on() {
    // `a` was given a bit, `b` does not count as such, so `c` begins with the next byte.
    let config = Config::compile("a::uint:4:7 b::bool:0 c::uint:8").unwrap();
    let last = config.values(&[0xA5, 0xC3]).last();
    assert_eq!(last, Some(("c", Some(Value::Unsigned(0xC3)))));
}

#[test]
fn bytes_that_are_no_text_stay_bytes() {
    let config = Config::compile("s::char:2").unwrap();
    let Some((_, Some(Value::Text(chars)))) = config.values(&[0xC3, 0x28]).next() else {
        panic!()
    };
    assert_eq!((chars.as_str(), chars.as_bytes()), (None, &[0xC3, 0x28][..]));
}

#[test]
fn there_is_a_largest_configuration() {
    let config = |count: usize| (0..count).map(|n| format!("f{n}::bool:0 ")).collect::<String>();
    assert_eq!(
        Config::compile(&config(MAX_FIELDS)).unwrap().names().len(),
        MAX_FIELDS
    );
    assert_eq!(refusal(&config(MAX_FIELDS + 1)).0, ConfigErrorKind::TooMany);
    let name = |len: usize| format!("{}::bool:0", "n".repeat(len));
    assert!(Config::compile(&name(MAX_NAME_LEN)).is_ok());
    assert_eq!(refusal(&name(MAX_NAME_LEN + 1)), (ConfigErrorKind::Name, 0));
}

proptest! {
    #[test]
    fn hostile_text_is_refused_or_compiled(text in "([a-c#:_0-9 -]|uint|int|char|float|bool|::|:little-endian|é){0,30}", payload: [u8; 12]) {
        match Config::compile(&text) {
            Ok(config) => prop_assert_eq!(config.values(&payload).len(), config.names().len()),
            Err(error) => prop_assert!(error.offset <= text.len() && text.is_char_boundary(error.offset)),
        }
    }

    #[test]
    fn little_endian_is_the_other_order_of_bytes(payload: [u8; 8], bytes in 1_usize..=8) {
        let width = bytes * 8;
        let mut reversed = payload[..bytes].to_vec();
        reversed.reverse();
        for kind in ["uint", "int", "float"] {
            let Ok(little) = Config::compile(&format!("a::{kind}:{width}:little-endian")) else { continue };
            let big = Config::compile(&format!("a::{kind}:{width}")).unwrap();
            prop_assert_eq!(little.values(&payload).next(), big.values(&reversed).next());
        }
    }

    #[test]
    fn signed_and_unsigned_have_the_same_bits(payload: [u8; 12], byte in 0_usize..4, bit in 0_u8..8, width in 1_u32..=64) {
        let config = format!("u:{byte}:uint:{width}:{bit} s:{byte}:int:{width}:{bit}");
        let values: Vec<_> = Config::compile(&config).unwrap().values(&payload).map(|(_, value)| value).collect();
        let [Some(Value::Unsigned(u)), Some(Value::Signed(s))] = values[..] else {
            return Err(TestCaseError::fail(values.len().to_string()));
        };
        let modulus = 1_i128 << width;
        prop_assert_eq!(i128::from(s).rem_euclid(modulus), i128::from(u));
        prop_assert!((-modulus / 2..modulus / 2).contains(&i128::from(s)));
    }
}
