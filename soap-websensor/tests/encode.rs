//! Laws of the encoder: exact inverse on canonical bodies, and what is written reads back.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

mod support;

use std::collections::BTreeSet;

use proptest::prelude::*;
use soap_websensor::error::Limit;
use soap_websensor::{
    Alarm, Channel, ChannelForm, ChannelList, Channels, Climate, Co2, Content, Decimal, DeviceCode,
    EncodeErrorKind, Lamps, Message, MessageName, Reading, Serial, Status, Text, Trhp, canonical, decode,
    limits,
};
use support::bodies;

/// `encode(decode(x)) = x` for canonical `x`, and a fixed point for every other.
#[test]
fn what_is_canonical_is_written_back_octet_by_octet() {
    let mut identical = 0;
    for (id, body) in bodies() {
        let Ok(message) = decode(&body) else { continue };
        let once = message.to_vec().unwrap();
        assert_eq!(message.encoded_len(), Ok(once.len()));
        let again = decode(&once).unwrap();
        assert_eq!(again.to_vec().unwrap(), once, "{id}");
        identical += usize::from(once == body);
    }
    assert!(identical > 60, "{identical}");
}

#[test]
fn the_documented_p2520_example_is_canonical() {
    let (_, body) = bodies()
        .into_iter()
        .find(|(id, _)| id == "soap/decode/0004")
        .unwrap();
    let message = decode(&body).unwrap();
    assert_eq!(
        String::from_utf8(message.to_vec().unwrap()).unwrap(),
        String::from_utf8(body.clone()).unwrap()
    );
    assert_eq!(
        message.name.soap_action().to_string(),
        "\"http://tempuri.org/InsertP2520Sample\""
    );
}

fn sample<'a>() -> Message<'a> {
    let content = Content::FlatTrhp(Trhp::default());
    Message::new(Serial::new("14930217").unwrap(), DeviceCode(4146), 60, content)
}

#[test]
fn nothing_is_written_unless_all_fits() {
    let message = sample();
    let needed = message.encoded_len().unwrap();
    let mut buffer = vec![b'#'; needed];
    let error = message.emit(&mut buffer[..needed - 1]).unwrap_err();
    assert_eq!(error.kind, EncodeErrorKind::Buffer { needed });
    assert!(buffer.iter().all(|&byte| byte == b'#'));
    assert_eq!(message.emit(&mut buffer).unwrap().len(), needed);
}

#[test]
fn forbidden_characters_and_names_are_refused() {
    let mut message = sample();
    if let Content::FlatTrhp(sample) = &mut message.content {
        sample.climate.computed.status = Status::Ok(Decimal::default());
        sample.climate.comp_type = Some(Text::from("Dew\u{1}point"));
    }
    let error = message.to_vec().unwrap_err();
    assert_eq!(
        (error.kind, error.field),
        (EncodeErrorKind::Character(1), "compType")
    );
    let mut message = sample();
    message.name = MessageName::Other {
        local: Text::from("a b"),
        namespace: Text::from("urn:x"),
    };
    assert_eq!(message.to_vec().unwrap_err().kind, EncodeErrorKind::Name);
}

/// Each limit of the decoder, and one more.
#[test]
fn what_the_decoder_would_refuse_is_not_written() {
    let named = |count: u8, name: &str| {
        let mut channels = Channels::default();
        channels.list = ChannelList::new(
            (1..=count)
                .map(|number| Channel::new(number, Status::NoValue))
                .collect(),
        )
        .unwrap();
        channels.device_name = Some(Text::from(name.to_owned()));
        Message::new(
            Serial::new("1").unwrap(),
            DeviceCode(4357),
            60,
            Content::Channels(channels),
        )
    };
    let other = |local: &str, namespace: &str| {
        let mut message = named(1, "");
        message.name = MessageName::Other {
            local: Text::from(format!("Insert{local}Sample")),
            namespace: Text::from(namespace.to_owned()),
        };
        message
    };
    let complex = EncodeErrorKind::TooComplex;
    for (at_limit, above, error) in [
        (named(63, ""), named(64, ""), (complex(Limit::Elements), "c")),
        (
            named(1, &"n".repeat(limits::MAX_TEXT_LEN)),
            named(1, &"n".repeat(limits::MAX_TEXT_LEN + 1)),
            (complex(Limit::TextLength), "name"),
        ),
        (
            other(&"m".repeat(limits::MAX_NAME_LEN - 12), "urn:x"),
            other(&"m".repeat(limits::MAX_NAME_LEN - 11), "urn:x"),
            (complex(Limit::NameLength), "message"),
        ),
        (
            other("m", &"u".repeat(limits::MAX_TEXT_LEN)),
            other("m", &"u".repeat(limits::MAX_TEXT_LEN + 1)),
            (complex(Limit::AttributeLength), "xmlns"),
        ),
        (
            other("m", ""),
            other("m", "http://www.w3.org/XML/1998/namespace"),
            (EncodeErrorKind::Name, "xmlns"),
        ),
    ] {
        let written = at_limit.to_vec().unwrap();
        let read = decode(&written).unwrap();
        assert_eq!(
            (&read.name, read.to_vec().as_ref()),
            (&at_limit.name, Ok(&written))
        );
        let refused = above.to_vec().unwrap_err();
        assert_eq!((refused.kind, refused.field), error);
    }
}

#[test]
fn text_and_namespaces_are_escaped() {
    let mut channel = Channel::new(3, Status::NoValue);
    channel.name = Some(Text::from("a<b>&\"c\""));
    let list = ChannelList::pair(channel, None).unwrap();
    let mut channels = Channels::default();
    channels.list = list;
    let mut message = sample();
    message.content = Content::Channels(channels);
    message.name = MessageName::Other {
        local: Text::from("InsertXSample"),
        namespace: Text::from("urn:\"<&"),
    };
    let written = message.to_vec().unwrap();
    let read = decode(&written).unwrap();
    assert_eq!(read.name, message.name);
    let Content::Channels(channels) = &read.content else {
        panic!()
    };
    assert_eq!(
        channels.list.iter().next().unwrap().name.as_deref(),
        Some("a<b>&\"c\"")
    );
}

fn decimal() -> impl Strategy<Value = Decimal> {
    (-999_999_999_i64..=999_999_999, 0_u8..=6).prop_filter_map("sentinel", |(mantissa, scale)| {
        let decimal = Decimal::new(mantissa, scale)?;
        (![9999, -9999, -9998, -11000, -1100]
            .iter()
            .any(|&n| decimal.equals(n)))
        .then_some(decimal)
    })
}

fn alarm() -> impl Strategy<Value = Alarm> {
    prop::sample::select(&[Alarm::None, Alarm::Low, Alarm::High])
}

/// Text that survives trimming and line-end normalisation.
fn text() -> impl Strategy<Value = String> {
    "[ -~č°–&<>\n]{0,24}".prop_map(|text| text.trim_matches([' ', '\n']).to_owned())
}

fn reading(extra: Status) -> impl Strategy<Value = (Status, Alarm)> {
    let status = prop_oneof![
        4 => decimal().prop_map(Status::Ok),
        1 => Just(Status::UnderRange),
        1 => Just(extra),
    ];
    (status, alarm())
}

fn same(a: (Status, Alarm), b: &Reading<'_>) -> bool {
    let status = match (a.0, b.status) {
        (Status::Ok(x), Status::Ok(y)) => x.normalized() == y.normalized(),
        (x, y) => x == y,
    };
    status && a.1 == b.alarm
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn flat_messages_read_back(
        serial in "[0-9]{8}",
        code in any::<u16>().prop_filter("measures everything", |code| DeviceCode(*code).model().is_none()),
        interval in any::<u16>(),
        [t, h, c, p] in [reading(Status::OverRange), reading(Status::OverRange), reading(Status::OverRange), reading(Status::OverRange)],
        co2 in reading(Status::NotReady),
        lamps in any::<[Option<bool>; 3]>(),
        comp_type in text(),
    ) {
        let mut climate = Climate::default();
        climate.temperature = Reading::new(t.0, t.1);
        climate.humidity = Reading::new(h.0, h.1);
        climate.computed = Reading::new(c.0, c.1);
        climate.temp_u = Some(Text::from("C"));
        climate.comp_type = Some(Text::from(comp_type.as_str()));
        let mut trhp = Trhp::default();
        trhp.climate = climate.clone();
        trhp.pressure = Reading::new(p.0, p.1);
        trhp.pressure_u = Some(Text::from("inHg"));
        let mut flat_co2 = Co2::default();
        flat_co2.climate = climate;
        flat_co2.co2 = Reading::new(co2.0, co2.1);
        flat_co2.lamps = Lamps { green: lamps[0], yellow: lamps[1], red: lamps[2] };
        for content in [Content::FlatTrhp(trhp), Content::FlatCo2(flat_co2)] {
            let message = Message::new(Serial::new(serial.as_str()).unwrap(), DeviceCode(code), interval, content);
            let written = message.to_vec().unwrap();
            let read = decode(&written).unwrap();
            prop_assert_eq!(&read.serial, &message.serial);
            prop_assert_eq!((read.device, read.interval_s), (message.device, message.interval_s));
            let (climate, fourth, expected) = match (&read.content, &message.content) {
                (Content::FlatTrhp(read), Content::FlatTrhp(_)) => (&read.climate, &read.pressure, p),
                (Content::FlatCo2(read), Content::FlatCo2(sent)) => {
                    prop_assert_eq!(read.lamps, sent.lamps);
                    (&read.climate, &read.co2, co2)
                }
                _ => panic!("another shape"),
            };
            if !comp_type.eq_ignore_ascii_case("n/a") {
                prop_assert!(same(c, &climate.computed));
                prop_assert_eq!(climate.comp_type.as_deref().unwrap_or_default(), comp_type.as_str());
            }
            prop_assert!(same(t, &climate.temperature) && same(h, &climate.humidity) && same(expected, fourth));
        }
    }

    #[test]
    fn channel_lists_read_back(
        numbers in prop_oneof![Just(BTreeSet::from([1, 2])), prop::collection::btree_set(1_u8..=99, 0..6)],
        form in prop::sample::select(&[ChannelForm::Named, ChannelForm::Indexed]),
        value in decimal(),
        name in text(),
        bits in any::<u32>(),
        alarm in alarm(),
    ) {
        let channels = numbers.iter().map(|&number| {
            let mut channel = Channel::new(number, Status::Ok(value));
            channel.form = form;
            channel.name = (!name.is_empty()).then(|| Text::from(name.as_str()));
            channel.float = Some(bits);
            channel.alarm = alarm;
            channel
        });
        let mut list = Channels::default();
        list.list = ChannelList::new(channels.collect()).unwrap();
        let message = Message::new(Serial::new("1").unwrap(), DeviceCode(4357), 60, Content::Channels(list));
        let written = message.to_vec().unwrap();
        let read = decode(&written).unwrap();
        let Content::Channels(read) = &read.content else { panic!("another shape") };
        prop_assert!(read.list.iter().map(|channel| channel.number).eq(numbers.iter().copied()));
        for channel in read.list.iter() {
            prop_assert_eq!(channel.form, form);
            prop_assert_eq!(channel.name.as_deref().unwrap_or_default(), name.as_str());
            prop_assert_eq!(channel.float, Some(bits));
            prop_assert_eq!(channel.alarm, alarm);
            let finite = f32::from_bits(bits).is_finite();
            prop_assert_eq!(matches!(channel.status, Status::Ok(v) if v == value), finite);
        }
        let is_documented = form == ChannelForm::Named && numbers.iter().copied().eq([1, 2]);
        // Inside a text, a reference has to be resolved and a line end might have to be normalised.
        let is_plain = !name.contains(['&', '<', '>', '\n']);
        prop_assert_eq!(canonical::decode(&written).is_some(), is_documented && is_plain);
    }
}
