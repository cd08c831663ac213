//! Laws of the encoders: what is written reads back equal, and canonical bodies are written back octet by octet.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

mod support;

use core::num::NonZeroU8;

use comet_json::logger::{
    self, AnalogChannel, BinaryChannel, CustomerUid, DeviceClock, Interval, LoggerMessage, Timezone,
};
use comet_json::{
    AlarmMode, Content, EncodeErrorKind, HexFloat, Serial, Stamp, Text, Time, Timestamp, WifiMessage,
    WiredMessage, decode, decode_with, wifi, wired,
};
use proptest::option;
use proptest::prelude::*;
use support::{cases, decode_cases, wifi_channel};

/// `decode → encode → decode` is equal, and encoding is a fixed point, for all that is accepted.
#[test]
fn what_is_accepted_reads_back() {
    let mut identical = 0;
    for case in decode_cases() {
        let Ok(message) = decode_with(&case.body, &case.options) else {
            continue;
        };
        let Ok(once) = message.content.to_vec() else {
            assert!(case.options.legacy, "{}", case.id);
            continue;
        };
        assert_eq!(message.content.encoded_len(), Ok(once.len()));
        let again = decode_with(&once, &case.options.with_max_len(once.len())).unwrap();
        assert_eq!(again.content, message.content, "{}", case.id);
        assert_eq!(again.content.to_vec().unwrap(), once, "{}", case.id);
        identical += usize::from(once == case.body);
    }
    assert!(identical > 80, "{identical}");
}

/// The bodies of the encode vectors are what an encoder writes.
#[test]
fn canonical_bodies_are_written_back_octet_by_octet() {
    for case in cases("comet-json.decode", &["object", "logger"]) {
        if case.id.ends_with("0001") {
            let message = decode(&case.body).unwrap();
            assert_eq!(message.content.to_vec().unwrap(), case.body, "{}", case.id);
        }
    }
}

#[test]
fn nothing_is_written_unless_all_fits() {
    let body = support::wifi(&wifi_channel(1), "");
    let message = decode(body.as_bytes()).unwrap();
    let mut buffer = vec![b'#'; body.len()];
    let error = message.content.emit(&mut buffer[..body.len() - 1]).unwrap_err();
    assert_eq!(error.kind, EncodeErrorKind::Buffer { needed: body.len() });
    assert!(buffer.iter().all(|&octet| octet == b'#'));
    assert_eq!(message.content.emit(&mut buffer).unwrap(), body.as_bytes());
}

type Edit = fn(&mut LoggerMessage<'_>);

#[test]
fn what_a_logger_message_cannot_say_is_refused() {
    let clock = DeviceClock(1);
    let channels = [logger::Channel::Analog(AnalogChannel::new(1, HexFloat::Error(1)))];
    let list = logger::Channel::list(&channels).unwrap();
    let good = LoggerMessage::new(Serial::MAX, clock, clock, list);
    assert!(good.to_vec().is_ok());
    let broken: [(&str, Edit); 9] = [
        ("JsonVersion", |message| message.version = 5),
        ("Rssi", |message| message.rssi = None),
        ("Rssi", |message| message.rssi = Some(logger::Rssi(100))),
        ("TimeNow", |message| message.time_now = None),
        ("IntervalPowerMode", |message| {
            message.interval = Interval::Single(1)
        }),
        ("IntervalBatteryMode", |message| {
            message.interval = Interval::ByPower {
                external_s: 604_800,
                battery_s: 604_801,
            };
        }),
        ("RstOk", |message| message.rst_ok = None),
        ("BatteryPercentage", |message| message.battery_percent = Some(101)),
        ("Channels", |message| {
            message.channels = comet_json::Channels::NONE
        }),
    ];
    for (field, edit) in broken {
        let mut message = good;
        edit(&mut message);
        assert_eq!(message.to_vec().unwrap_err().field, field);
    }
    let mut channel = AnalogChannel::new(1, HexFloat::Error(1));
    channel.decimals = 11;
    let channels = [logger::Channel::Analog(channel)];
    let message = LoggerMessage::new(
        Serial::MAX,
        clock,
        clock,
        logger::Channel::list(&channels).unwrap(),
    );
    assert_eq!(message.to_vec().unwrap_err().field, "DecimalPlaces");
}

#[test]
fn more_than_eight_channels_can_be_written_and_read() {
    let nr = |nr: u8| NonZeroU8::new(nr).unwrap();
    let channels: Vec<_> = (1..=64)
        .map(|number| wifi::Channel::new(nr(number), Some(HexFloat::from(f32::from(number)))))
        .collect();
    let message = WifiMessage::new(
        Serial::MAX,
        Timestamp::new(0, 0).unwrap(),
        wifi::Channel::list(&channels).unwrap(),
    );
    let body = message.to_vec().unwrap();
    let Content::Wifi(read) = decode(&body).unwrap().content else {
        panic!()
    };
    assert_eq!((read, read.channels.len()), (message, 64));
    assert!(read.channels.iter().eq(channels.iter().copied()));
    let mut end = read.channels.iter();
    assert_eq!((end.by_ref().count(), end.next()), (64, None));
    let more: Vec<_> = (1..=65)
        .map(|number| wifi::Channel::new(nr(number), None))
        .collect();
    assert!(wifi::Channel::list(&more).is_none());
    assert!(wired::Channel::list(&[wired::Channel::new(nr(1), None); 2]).is_none());
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![".{0,12}", "[\\x00-\\x7f]{0,9}", Just("°C".to_owned())]
}

fn serial() -> impl Strategy<Value = Serial> {
    (0..=99_999_999_u32).prop_map(|number| Serial::new(number).unwrap())
}

fn float() -> impl Strategy<Value = HexFloat> {
    prop_oneof![
        any::<u32>(),
        0xFF81_0000..=0xFF81_00FF_u32,
        any::<f32>().prop_map(f32::to_bits)
    ]
    .prop_map(HexFloat::from_bits)
}

fn timestamp() -> impl Strategy<Value = Timestamp> {
    (-62_000_000_000..=253_000_000_000_i64, -1439..=1439_i16)
        .prop_map(|(unix_s, offset_min)| Timestamp::new(unix_s, offset_min).unwrap())
}

fn modes() -> impl Strategy<Value = [AlarmMode; 2]> {
    any::<[u8; 2]>().prop_map(|codes| codes.map(AlarmMode))
}

/// Owned parts of a channel of type 2 or 5.
type Parts = (
    (
        Option<bool>,
        Option<String>,
        Option<HexFloat>,
        Option<String>,
        Option<String>,
        Option<u8>,
    ),
    (
        Option<[bool; 2]>,
        Option<[Option<HexFloat>; 2]>,
        Option<[AlarmMode; 2]>,
        Option<[u8; 2]>,
        Option<[String; 2]>,
    ),
);

fn parts() -> impl Strategy<Value = Parts> {
    let first = (
        any::<Option<bool>>(),
        option::of(text()),
        option::of(float()),
        option::of(text()),
        option::of(text()),
        any::<Option<u8>>(),
    );
    let limit = || option::of(float());
    let second = (
        any::<Option<[bool; 2]>>(),
        option::of([limit(), limit()]),
        option::of(modes()),
        any::<Option<[u8; 2]>>(),
        option::of([text(), text()]),
    );
    (first, second)
}

fn numbered() -> impl Strategy<Value = Vec<(Option<NonZeroU8>, Parts)>> {
    prop::collection::btree_map(any::<u8>(), parts(), 0..12).prop_map(|all| {
        all.into_iter()
            .map(|(nr, parts)| (NonZeroU8::new(nr), parts))
            .collect()
    })
}

fn borrowed(text: &Option<String>) -> Option<Text<'_>> {
    text.as_deref().map(Text::from)
}

/// Owned parts of a message of type 2 or 5.
type Head = (
    (
        Option<i64>,
        Option<u32>,
        Option<u8>,
        Option<u8>,
        Serial,
        Option<String>,
        Option<u8>,
    ),
    (
        Option<[Option<u16>; 2]>,
        Option<u8>,
        Option<String>,
        Option<u16>,
        Option<[Option<i16>; 2]>,
        Option<String>,
    ),
    (Option<Timestamp>, Timestamp, Option<bool>, Option<String>),
);

fn head() -> impl Strategy<Value = Head> {
    let (codes, level) = (any::<Option<u8>>, any::<Option<[Option<i16>; 2]>>());
    (
        (
            any::<Option<i64>>(),
            any::<Option<u32>>(),
            codes(),
            codes(),
            serial(),
            option::of(text()),
            codes(),
        ),
        (
            any::<Option<[Option<u16>; 2]>>(),
            codes(),
            option::of(text()),
            any::<Option<u16>>(),
            level,
            option::of(text()),
        ),
        (
            option::of(timestamp()),
            timestamp(),
            any::<Option<bool>>(),
            option::of("[^0-9].{0,9}"),
        ),
    )
}

/// A time; texts that are none only where the clock is not valid.
/// W §8 rule 11: what the decoder would refuse, or read as a time, is not written.
#[test]
fn a_text_in_place_of_a_time_needs_an_invalid_clock() {
    let sample = Timestamp::parse("2023-03-14T07:20:00+01:00").unwrap();
    let channels = [wifi::Channel::new(NonZeroU8::MIN, None)];
    let list = wifi::Channel::list(&channels).unwrap();
    let mut message = WifiMessage::new(Serial::new(1).unwrap(), sample, list);
    for (valid, text, written) in [
        (Some(false), "--", true),
        (Some(false), "2023-03-14T07:20:00Z", false),
        (Some(true), "--", false),
        (None, "--", false),
    ] {
        let stamp = Stamp::Unreadable(Text::from(text));
        for (now, taken, field) in [
            (None, stamp, "Time.Sample"),
            (Some(stamp), Stamp::Read(sample), "Time.Now"),
        ] {
            (message.time.now, message.time.sample, message.time.valid) = (now, taken, valid);
            match Content::Wifi(message).to_vec() {
                Ok(_) => {
                    assert!(written, "{valid:?} {text}");
                    reads_back(&Content::Wifi(message));
                }
                Err(error) => {
                    assert!(!written, "{valid:?} {text}");
                    assert_eq!((error.kind, error.field), (EncodeErrorKind::BadTime, field));
                }
            }
        }
    }
}

fn time<'a>(head: &'a Head) -> Time<'a> {
    let (now, sample, valid, unreadable) = &head.2;
    let mut time = Time::new(*sample);
    time.now = now.map(Stamp::Read);
    time.valid = *valid;
    if let (Some(false), Some(text)) = (valid, unreadable) {
        time.sample = Stamp::Unreadable(Text::from(text.as_str()));
    }
    time
}

fn reads_back(content: &Content<'_>) {
    let body = content.to_vec().unwrap();
    assert_eq!(content.encoded_len(), Ok(body.len()));
    let read = decode(&body).unwrap();
    assert_eq!(&read.content, content);
    assert_eq!(read.content.to_vec().unwrap(), body);
    assert!(serde_json::from_slice::<serde_json::Value>(&body).is_ok());
}

proptest! {
    #[test]
    fn wifi_messages_read_back(head in head(), parts in numbered()) {
        let channels: Vec<_> = parts.iter().map(|(nr, (first, second))| {
            let mut channel = wifi::Channel::default();
            channel.nr = *nr;
            channel.enabled = first.0;
            channel.quantity = borrowed(&first.1);
            channel.value = first.2;
            channel.text = borrowed(&first.3);
            channel.unit = borrowed(&first.4);
            channel.decimals = first.5;
            channel.alarm = second.0;
            channel.limits = second.1;
            channel.modes = second.2;
            channel
        }).collect();
        let mut message = WifiMessage::new(head.0.4, head.2.1, wifi::Channel::list(&channels).unwrap());
        message.json_version = head.0.0;
        message.order_id = head.0.1;
        message.msg_type = head.0.2.map(wifi::MsgType);
        message.msg_cache = head.0.3.map(wifi::MsgCache);
        message.desc = borrowed(&head.0.5);
        message.kind = head.0.6.map(wifi::Kind);
        message.state = head.1.0.map(|state| {
            let mut both = wifi::AState::default();
            [both.reg, both.mask] = state.map(|bits| bits.map(wifi::State));
            both
        });
        message.nconf = head.1.1;
        message.conf_id = borrowed(&head.1.2);
        message.interval_s = head.1.3;
        message.rssi = head.1.4.map(|levels| {
            let mut both = wifi::Rssi::default();
            [both.now, both.sample] = levels.map(|level| level.map(wifi::Level));
            both
        });
        message.local_ip = borrowed(&head.1.5);
        message.time = time(&head);
        reads_back(&Content::Wifi(message));
    }

    #[test]
    fn wired_messages_read_back(head in head(), parts in numbered()) {
        let channels: Vec<_> = parts.iter().map(|(nr, (first, second))| {
            let mut channel = wired::Channel::default();
            channel.nr = *nr;
            channel.enabled = first.0;
            channel.quantity = borrowed(&first.1);
            channel.value = first.2;
            channel.text = borrowed(&first.3);
            channel.unit = borrowed(&first.4);
            channel.decimals = first.5;
            channel.alarm = second.0;
            channel.modes = second.2;
            channel.channel_type = second.3;
            channel.bin_desc = second.4.as_ref().map(|[on, off]| [Text::from(on.as_str()), Text::from(off.as_str())]);
            channel
        }).collect();
        let mut message = WiredMessage::new(head.0.4, head.2.1, wired::Channel::list(&channels).unwrap());
        message.json_version = head.0.0;
        message.order_id = head.0.1;
        message.msg_type = head.0.2.map(wired::MsgType);
        message.msg_cache = head.0.3.map(wired::MsgCache);
        message.desc = borrowed(&head.0.5);
        message.kind = head.0.6.map(wired::Kind);
        message.state = head.1.0.map(|state| {
            let mut both = wired::AState::default();
            [both.reg, both.mask] = state.map(|bits| bits.map(wired::State));
            both
        });
        message.nconf = head.1.1;
        message.interval_s = head.1.3;
        message.local_ip = borrowed(&head.1.2);
        message.local_ipv4 = borrowed(&head.1.5);
        message.time = time(&head);
        reads_back(&Content::Wired(message));
    }

    #[test]
    fn logger_messages_read_back(
        texts in prop::array::uniform5(text()),
        clocks in any::<[u32; 2]>(),
        octets in any::<[u8; 4]>(),
        flags in any::<[bool; 3]>(),
        words in any::<[u16; 2]>(),
        intervals in prop::array::uniform2(0..=604_800_u32),
        (rssi, battery, timezone, serial) in (0..=99_u8, 0..=100_u8, any::<i8>(), serial()),
        channels in prop::collection::btree_map(
            1..=8_u8,
            (any::<bool>(), float(), [float(), float()], 0..=10_u8, any::<i8>(), any::<[bool; 2]>(), modes()),
            1..=8,
        ),
    ) {
        let [desc, uid, quantity, unit, state] = texts.each_ref().map(|text| Text::from(text.as_str()));
        let channels: Vec<_> = channels.into_iter().map(|(number, (analog, value, limits, decimals, on, alarm, behaviours))| {
            if analog {
                let mut channel = AnalogChannel::new(number, value);
                (channel.quantity, channel.unit, channel.decimals) = (quantity, unit, decimals);
                (channel.alarm, channel.limits, channel.behaviours) = (alarm, limits, behaviours);
                logger::Channel::Analog(channel)
            } else {
                let mut channel = BinaryChannel::new(number, [state, unit], on);
                (channel.quantity, channel.alarm, channel.behaviours) = (quantity, alarm, behaviours);
                logger::Channel::Binary(channel)
            }
        }).collect();
        let list = logger::Channel::list(&channels).unwrap();
        let mut message = LoggerMessage::new(serial, DeviceClock(clocks[0]), DeviceClock(clocks[1]), list);
        (message.desc, message.customer_uid) = (desc, CustomerUid(uid));
        message.rssi = Some(logger::Rssi(rssi));
        message.battery_percent = Some(battery);
        message.timezone = Timezone(timezone);
        (message.order_id, message.kind, message.nconf) = (octets[0], octets[1], octets[2]);
        message.buffered_max = Some(octets[3]);
        (message.is_async, message.rst_ok, message.alarms_suspended) = (flags[0], Some(flags[1]), flags[2]);
        (message.state, message.state_mask) = (logger::State(words[0]), Some(logger::State(words[1])));
        message.interval = Interval::ByPower { external_s: intervals[0], battery_s: intervals[1] };
        reads_back(&Content::Logger(message));
    }
}
