use super::*;
use alloc::vec::Vec;
use proptest::prelude::*;

fn dec(text: &str) -> Decimal {
    Decimal::parse(text).unwrap()
}

fn with(field: FieldDescription) -> Result<Layout, LayoutError> {
    Layout::new(
        Description::new("test", Status::Confirmed)
            .with_lengths(1..=12)
            .with_field(field),
    )
}

fn kind(field: FieldDescription) -> LayoutErrorKind {
    let error = with(field).unwrap_err();
    assert_eq!(error.field, Some(0));
    error.kind
}

#[test]
fn every_rule_that_a_field_can_break() {
    use LayoutErrorKind as K;
    let field = |width| FieldDescription::new("x", 0, width);
    assert_eq!(kind(FieldDescription::new("", 0, 8)), K::Key);
    assert_eq!(kind(field(0)), K::Width);
    assert_eq!(kind(field(65)), K::Width);
    assert_eq!(kind(field(8).with_bit(8)), K::Bit);
    let little = |field| FieldDescription {
        endian: Endian::Little,
        ..field
    };
    assert_eq!(kind(little(field(12))), K::LittleEndian);
    assert_eq!(kind(little(field(8).with_bit(3))), K::LittleEndian);
    assert!(with(little(field(64))).is_ok());
    let low = |raw| Sentinel {
        raw,
        reason: Reason::Low,
    };
    let sentinels = |raws: &[u64]| FieldDescription {
        sentinels: raws.iter().copied().map(low).collect(),
        ..field(8)
    };
    assert_eq!(kind(sentinels(&[256])), K::Raw);
    assert_eq!(kind(sentinels(&[1, 2, 1])), K::RawTwice);
    assert!(with(sentinels(&[255, 0])).is_ok());
    let word = |raw| Word {
        raw,
        word: "w".into(),
    };
    assert_eq!(
        kind(FieldDescription {
            words: Some([word(2), word(2)].into()),
            ..field(8)
        }),
        K::RawTwice
    );
    assert_eq!(
        kind(FieldDescription {
            range: Some((dec("1"), dec("0.9"))),
            ..field(8)
        }),
        K::Range
    );
    assert_eq!(
        kind(field(64).with_scale(dec("0.000000000000000001234567890123456789"))),
        K::Digits
    );
}

#[test]
fn rules_of_the_whole() {
    let description = || Description::new("test", Status::Confirmed);
    let constant = Constant {
        byte: 0,
        mask: 0x0F,
        value: 0x10,
    };
    let error = Layout::new(description().with_constant(constant)).unwrap_err();
    assert_eq!((error.kind, error.field), (LayoutErrorKind::Constant, None));
    let twice = description()
        .with_field(FieldDescription::new("x", 0, 8))
        .with_field(FieldDescription::new("x", 1, 8));
    let error = Layout::new(twice).unwrap_err();
    assert_eq!((error.kind, error.field), (LayoutErrorKind::Key, Some(1)));
    let bits = |count| (0..count).map(|n| FieldDescription::new(std::format!("{n}"), 0, 1));
    let many = |count| Description {
        fields: bits(count).collect(),
        ..description()
    };
    assert!(Layout::new(many(MAX_FIELDS)).is_ok());
    assert_eq!(
        Layout::new(many(MAX_FIELDS + 1)).unwrap_err().kind,
        LayoutErrorKind::TooMany
    );
}

#[test]
fn a_payload_shorter_than_its_constants_does_not_match() {
    let constant = Constant {
        byte: 1,
        mask: 0xFF,
        value: 0,
    };
    let layout = Description::new("test", Status::Confirmed)
        .with_lengths([1, 2])
        .with_constant(constant);
    let layout = Layout::new(layout).unwrap();
    assert!(!layout.matches(&[0]));
    assert!(layout.matches(&[0, 0]));
    assert_eq!(select([&layout, &layout], &[0, 0]), Selection::Several);
    assert_eq!(select([&layout], &[0, 0]), Selection::One(&layout));
    assert_eq!(select([&layout], &[0, 1]), Selection::None);
}

#[test]
fn words_come_before_ranges_and_sentinels_before_words() {
    let field = FieldDescription {
        words: Some(
            [Word {
                raw: 9,
                word: "on".into(),
            }]
            .into(),
        ),
        sentinels: [Sentinel {
            raw: 9,
            reason: Reason::Error,
        }]
        .into(),
        range: Some((dec("0"), dec("1"))),
        ..FieldDescription::new("x", 0, 8)
    };
    let layout = with(field).unwrap();

    let one = |octet: u8| {
        let payload = [octet];
        let value = layout.decode(&payload).unwrap().values().next().unwrap();
        value.reading.reason().is_some()
    };
    assert!(one(9));
    assert!(!one(200));
}

proptest! {
    #[test]
    fn every_bit_is_described_or_reported(
        payload in proptest::collection::vec(any::<u8>(), 1..=12),
        fields in proptest::collection::vec((0_u8..12, 0_u8..8, 1_u8..=64), 0..6),
    ) {
        let described = fields.iter().enumerate().map(|(n, &(byte, bit, width))| {
            FieldDescription::new(std::format!("{n}"), byte, width).with_bit(bit)
        });
        let description = Description { fields: described.collect(), ..Description::new("t", Status::Confirmed) };
        let layout = Layout::new(description.with_lengths(1..=12)).unwrap();
        let decoded = layout.decode(&payload).unwrap();
        let mut covered: Vec<u8> = payload.iter().map(|_| 0).collect();
        for (value, &(byte, bit, width)) in decoded.values().zip(&fields) {
            if value.raw.is_none() {
                continue;
            }
            let start = usize::from(byte) * 8 + usize::from(7 - bit);
            for at in start..start + usize::from(width) {
                covered[at / 8] |= 0x80 >> (at % 8);
            }
        }
        let mut reported: Vec<u8> = payload.iter().map(|_| 0).collect();
        for bits in decoded.undescribed() {
            prop_assert_eq!(bits.bits, payload[bits.byte] & bits.mask);
            reported[bits.byte] = bits.mask;
        }
        for (covered, reported) in covered.iter().zip(&reported) {
            prop_assert_eq!(*covered, !reported);
        }
    }

    #[test]
    fn no_accepted_scale_overflows(raw: u64, width in 1_u8..=64, signed: bool, mantissa: i64, scale in 0_u8..=36, offset: i64) {
        let mut field = FieldDescription::new("x", 0, width).with_scale(Decimal::new(mantissa.into(), scale).unwrap());
        field.offset = offset.into();
        field.signed = signed;
        if let Ok(layout) = with(field) {
            let payload = raw.to_be_bytes();
            let decoded = layout.decode(&payload).unwrap();
            let value = decoded.values().next().unwrap();
            prop_assert!(matches!(value.reading, Reading::Value(_)));
        }
    }
}
