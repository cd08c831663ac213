//! Every golden vector: accepted or refused as demanded, with the code of the specification.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

mod support;

use comet_json::sms::DataSms;
use comet_json::{Content, Serial, decode, decode_with, logger, wifi, wired};
use serde_json::Value;
use support::{cases, decode_cases};

#[test]
fn bodies_are_accepted_or_refused_as_demanded() {
    for case in decode_cases() {
        let decoded = decode_with(&case.body, &case.options);
        match (decoded, case.refused) {
            (Ok(_), None) => {}
            (Err(error), Some((code, with))) => {
                assert_eq!(error.kind.code(), code, "{}", case.id);
                assert!(error.offset <= case.body.len(), "{}", case.id);
                if let Some(number) = with.get("number").and_then(Value::as_i64) {
                    assert_eq!(error.kind.number(), Some(number), "{}", case.id);
                }
                if let Some(index) = with.get("index").and_then(Value::as_u64) {
                    assert_eq!(error.index.map(u64::from), Some(index), "{}", case.id);
                }
            }
            (decoded, refused) => panic!("{}: {decoded:?} for {refused:?}", case.id),
        }
    }
}

#[test]
fn data_sms_are_accepted_or_refused_as_demanded() {
    let cases = cases("comet-sms.decode", &["sms"]);
    assert!(cases.len() >= 10);
    for case in cases {
        let code = DataSms::decode(&case.body)
            .map(drop)
            .map_err(|error| error.kind.code().to_owned());
        assert_eq!(code.err(), case.refused.map(|(code, _)| code), "{}", case.id);
    }
}

/// The worked example of W §11, in all its parts.
#[test]
fn the_worked_example_of_a_wifi_sensor() {
    let case = &decode_cases()[0];
    assert_eq!(case.body.len(), 689);
    let message = decode(&case.body).unwrap();
    assert!(message.warnings.is_empty(), "{:?}", message.warnings);
    let Content::Wifi(message) = message.content else {
        panic!()
    };
    assert_eq!(message.serial, Serial::new(21_990_417).unwrap());
    assert_eq!(message.kind.unwrap().model().unwrap().comet, "W3710");
    assert_eq!(
        (message.order_id, message.msg_type),
        (Some(118), Some(wifi::MsgType::ASYNCHRONOUS))
    );
    assert_eq!(message.msg_cache, Some(wifi::MsgCache::TRANSFER_ERR));
    assert_eq!(message.time.taken().unwrap().unix_s(), 1_678_774_800);
    assert_eq!(message.time.age_s(), Some(600));
    let rssi = message.rssi.unwrap();
    assert_eq!(
        (rssi.now.unwrap().dbm(), rssi.sample.unwrap().dbm()),
        (Some(-61), None)
    );
    let state = message.state.unwrap();
    let reg = state.reg.unwrap();
    assert!(reg.names().eq(["radio-high", "connected", "optical"]));
    assert_eq!(
        (reg.radio_level(), reg.unnamed()),
        (wifi::RadioLevel::Good, wifi::State(0))
    );
    assert_eq!(
        state.mask,
        Some(wifi::State::OPTICAL.or(wifi::State::MEASUREMENT_ERROR))
    );
    assert!(state.alarms().is_empty());
    let [first, second] = [0, 1].map(|at| message.channels.iter().nth(at).unwrap());
    let [low, high] = first.alarms();
    assert_eq!(
        (low.active, low.mode, low.limit.unwrap().as_f32()),
        (Some(false), Some(comet_json::AlarmMode::LOW), Some(-5.0))
    );
    assert_eq!(
        (high.active, high.limit.unwrap().as_f32()),
        (Some(true), Some(4.0))
    );
    assert_eq!(second.value, Some(comet_json::HexFloat::Error(7)));
    assert_eq!(second.alarms()[0].mode, Some(comet_json::AlarmMode::DISABLED));
}

/// The worked example of W §A.6.
#[test]
fn the_worked_example_of_a_wired_sensor() {
    let case = &decode_cases()[1];
    let Content::Wired(message) = decode(&case.body).unwrap().content else {
        panic!()
    };
    assert_eq!(message.kind.unwrap().model().unwrap().name, "TA4621");
    assert_eq!(message.msg_type, Some(wired::MsgType::AFTER_RESTART));
    assert_eq!(message.msg_cache, Some(wired::MsgCache::WRONG_HTTP_CODE));
    let state = message.state.unwrap();
    assert!(state.reg.unwrap().names().eq(["connected", "measurement-error"]));
    assert_eq!(
        state.alarms(),
        wired::State::MEASUREMENT_ERROR.and(state.mask.unwrap())
    );
    let first = message.channels.iter().next().unwrap();
    assert_eq!(
        (first.value.unwrap().to_bits(), first.channel_type),
        (0x4192_6666, Some([20, 255]))
    );
}

/// The worked example of L §6.
#[test]
fn the_worked_example_of_a_logger() {
    let case = &cases("comet-json.decode", &["logger"])[0];
    let message = decode(&case.body).unwrap();
    assert!(message.warnings.is_empty(), "{:?}", message.warnings);
    let Content::Logger(message) = message.content else {
        panic!()
    };
    assert_eq!(
        (message.serial.to_string().as_str(), message.order_id),
        ("00004711", 254)
    );
    assert_eq!(message.rssi.unwrap().dbm(), Some(-79));
    assert_eq!(
        (message.age_s(), message.time.unix_if_utc()),
        (Some(600), 1_678_774_800)
    );
    assert_eq!(message.unix_if_local(), Some(1_678_771_200));
    assert!(message.state.names().eq(["external-power", "recording"]));
    assert_eq!(
        (message.interval_in_force_s(), message.battery_percent),
        (60, Some(88))
    );
    let logger::Channel::Binary(door) = message.channels.iter().last().unwrap() else {
        panic!()
    };
    assert_eq!(door.state_text().unwrap(), "open");
    assert_eq!(door.alarm, [false, true]);
}
