//! Callbacks of the cloud through every stage of the pipeline.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use comet_proto::sigfox::{
    Archive, Callback, Decoding, Descriptions, Device, Given, LinePattern, Merged, Receiver, Record,
    Registered, Reply, Request, Response, Secrets, Stranger, decoded, merge, observations, read,
};
use comet_proto::{Alarm, Arrival, Basis, Claim, Family, Ingest as _, Policies, Storage, UnixMillis, guard};
use replay_guard::{HashKey, Table, Verdict};
use sigfox_frame::Decimal;
use sigfox_frame::layout::{Constant, Description, FieldDescription, Layout, Reason, Sentinel, Status, Word};
use sigfox_frame::payload::Config;

const NOW: UnixMillis = UnixMillis(1_718_000_005_000);
const SECRET: &[u8] = b"Bearer 7f3a9c51d2e84b06";
const DIGEST: HashKey = HashKey::new([4; 16]);

const BIDIR: &str =
    r#"{"cb":"bidir","device":"2D91F3","time":1718000000,"seqNumber":"611","data":"850a01ff38","ack":true}"#;
const ADVANCED: &str = r#"{"cb":"advanced","device":"2d91f3","time":1718000000,"seqNumber":611,"data":"850A01FF38",
"lqi":"Average","linkQuality":1,"operatorName":"SIGFOX_Somewhere","countryCode":203,
"duplicates":[{"bsId":"5A17","rssi":-138.0,"nbRep":2},{"bsId":"5C02","rssi":-131.0,"nbRep":1}],
"computedLocation":{"lat":49.4581,"lng":18.1434,"radius":3100,"source":2,"status":1}}"#;

fn receiver() -> Receiver {
    let pattern = LinePattern::new("{device};{time};{seqNumber};{data};{ack}").unwrap();
    Receiver::new(Secrets::new(SECRET).unwrap()).with_line_pattern(pattern)
}

fn request(body: &str) -> Request<'_> {
    Request::new("POST", &[SECRET])
        .with_content_type("application/json")
        .with_body(body.as_bytes())
}

fn claim(body: &str) -> Claim<Callback<'static>> {
    let receiver = receiver();
    let delivery = read(&receiver, &request(body), Arrival::new(NOW, [1; 16])).unwrap();
    delivery.claims().next().unwrap().into_owned()
}

fn record(body: &str) -> Record<'static> {
    Archive::of(claim(body).message()).record().unwrap()
}

type Told = (u16, &'static str, String, String, Option<String>);

fn told(body: &str) -> Vec<Told> {
    let record = record(body);
    let all = observations(&record, NOW);
    assert!(all.iter().all(|o| o.alarm == Alarm::Unknown));
    all.iter()
        .map(|o| {
            (
                o.channel.number,
                o.quantity.code(),
                o.value
                    .map_or_else(|| o.quality.code().to_owned(), |value| value.to_string()),
                o.unit.as_ref().map_or("", |unit| unit.symbol()).to_owned(),
                o.raw.as_deref().map(str::to_owned),
            )
        })
        .collect()
}

/// Neither is a repeat nor can it never be stored: it must come again.
#[test]
fn a_record_that_finds_no_place_is_not_confirmed() {
    let policy = Policies::new(guard::config).unwrap().of(Family::Sigfox).clone();
    let mut full = Table::new(policy, HashKey::new([3; 16]), 1).unwrap();
    let other = guard::device_key(&comet_proto::DeviceId::new(Family::Sigfox, "1"));
    full.suspend(&other).unwrap();
    let authentic = claim(BIDIR).authenticate(&Registered::new("2D91F3")).unwrap();
    let asked = authentic.inquiry(&DIGEST, None);
    let outcome = full.commit(&asked.device, &asked.message, NOW.0, None);
    assert_eq!(outcome.verdict, Verdict::Full);
    let refusal = authentic.admit(full.policy(), &outcome).unwrap_err();
    assert_eq!(refusal.reply, Reply::NOT_STORED);
    let claim = claim(BIDIR);
    let reply = |verdict| claim.message().not_admitted(&verdict);
    assert_eq!(reply(Verdict::StaleTicket), Reply::NOT_STORED);
    assert_eq!(reply(Verdict::OutOfWindow), Reply::Taken);
}

fn row(quantity: &'static str, value: &str, unit: &str) -> Told {
    (0, quantity, value.to_owned(), unit.to_owned(), None)
}

#[test]
fn what_the_network_reports_is_told_of_the_device_and_the_payload_is_not_read() {
    assert_eq!(told(BIDIR), []);
    assert_eq!(
        told(ADVANCED),
        [
            row("signal-level", "-131", "dBm"),
            row("link-quality", "1", ""),
            row("latitude", "49.4581", "°"),
            row("longitude", "18.1434", "°"),
            row("position-radius", "3100", "m"),
        ]
    );
    // lat and lng here are those of the station: not of the device.
    assert_eq!(
        told(
            r#"{"device":"1","time":1718000000,"data":"","rssi":"-131.50","snr":9.25,"avgSnr":"N/A","lat":49,"lng":18,"lqi":"NA"}"#
        ),
        [
            row("signal-level", "-131.5", "dBm"),
            row("signal-to-noise", "9.25", "dB")
        ]
    );
    assert_eq!(
        told(r#"{"device":"1","time":1718000000,"batt":"3.31","temp":"-4.50"}"#),
        [
            row("battery-voltage", "3.31", "V"),
            row("device-temperature", "-4.5", "°C")
        ]
    );
    assert_eq!(
        told(r#"{"cb":"repeater","device":"1","time":1718000000,"batt":3,"repeatedMsg":17,"unwantedMsg":3}"#),
        [row("battery-voltage", "3", "V"), row("count", "17", "")]
    );
    assert_eq!(
        told(r#"{"cb":"geoloc","device":"1","time":1718000000,"lat":1.5,"lng":-2,"radius":10}"#),
        [
            row("latitude", "1.5", "°"),
            row("longitude", "-2", "°"),
            row("position-radius", "10", "m")
        ]
    );
}

#[test]
fn what_became_of_a_downlink_and_of_the_network_is_told() {
    let with = |quantity, value: &str, raw: Option<&str>| {
        (
            0,
            quantity,
            value.to_owned(),
            String::new(),
            raw.map(str::to_owned),
        )
    };
    let ack = |members: &str| told(&format!(r#"{{"device":"1","time":1718000000,{members}}}"#));
    assert_eq!(
        ack(r#""infoCode":0,"downlinkAck":true"#),
        [with("downlink-transmitted", "1", None)]
    );
    assert_eq!(
        ack(r#""infoCode":3,"downlinkAck":false"#),
        [with("downlink-transmitted", "0", Some("OVERRUN_ERROR"))]
    );
    // Decides nothing.
    assert_eq!(ack(r#""infoCode":0,"downlinkAck":false"#), []);
    assert_eq!(
        told(r#"{"device":"1","severity":"error","info":"since yesterday"}"#),
        [with("silent", "1", Some("since yesterday"))]
    );
    assert_eq!(
        told(r#"{"device":"1","severity":"WARN"}"#),
        [with("network-trouble", "1", None)]
    );
    assert_eq!(
        told(r#"{"time":1718000000,"eventType":"X","severity":"info"}"#),
        []
    );
}

#[test]
fn the_time_is_that_of_the_network_or_of_the_arrival() {
    let status = record(r#"{"device":"1","time":1718000000,"batt":3}"#);
    let taken = observations(&status, NOW)[0].taken;
    assert_eq!(
        (taken.time, taken.basis),
        (UnixMillis(1_718_000_000_000), Basis::Network)
    );
    let error = record(r#"{"device":"1","severity":"ERROR"}"#);
    let taken = observations(&error, NOW)[0].taken;
    assert_eq!((taken.time, taken.basis), (NOW, Basis::Arrival));
}

/// A body of each service, with everything that it can say.
const ALL: [&str; 12] = [
    BIDIR,
    ADVANCED,
    r#"{"device":"0002D91F","time":1718000000,"data":"","customData#t":"21.5","note":"a \"quoted\" \\ line\nand \u0001","n":{"a":[1,null]}}"#,
    r#"{"device":"1","time":1718000000,"data":"00","rssi":-131.25,"snr":9,"avgSnr":10.5,"station":"5A17","lat":49,"lng":18,"duplicate":false,
        "deviceTypeId":"5dcd6bfd0499f54c35ddb53b","deviceTypeName":"probe","longPolling":true,"ack":false,"temp":"own name"}"#,
    r#"{"device":"2","time":1718000000,"data":"00","computedLocation":{"status":20,"placeIds":["a","b"]},"fixedLat":0.0,"fixedLng":0.0}"#,
    r#"{"device":"1","time":1718000000,"seqNumber":5000,"batt":3.31,"temp":21,"rssi":-100}"#,
    r#"{"device":"1","time":1718000000,"infoCode":7,"infoMessage":"TOO_MANY","downlinkAck":false,"downlinkOverusage":true}"#,
    r#"{"device":"1","infoCode":12}"#,
    r#"{"device":"1","time":1718000000,"whitelistDevices":0,"repeatedMsg":4,"unwantedDevices":15,"unwantedMsg":1,"wrongMsg":2,"overRegulMsg":3,"batt":3}"#,
    r#"{"cb":"geoloc","device":"1","time":1718000000,"lat":1.000000000000001,"lng":2,"radius":5,"geolocSource":2,"rssi":-99}"#,
    r#"{"device":"1","severity":"warn","info":"since\t09:00"}"#,
    r#"{"time":1718000000,"eventType":"SEQ","severity":"WARN","sourceId":"a","sourceType":"b","groupId":"c","deviceLastSeqnumber":1,
        "deviceExpectedSeqnumber":2,"deviceMessageSeqnumber":9,"deviceInfo":"x"}"#,
];

#[test]
fn an_archive_says_what_the_record_said() {
    for body in ALL {
        let claim = claim(body);
        let archive = Archive::of(claim.message());
        let again = archive.record().unwrap_or_else(|| panic!("{}", archive.as_str()));
        assert_eq!(again, **claim.message(), "{}", archive.as_str());
        assert_eq!(Archive::of(&again), archive);
        assert_eq!(
            again.device.map(|d| d.spelling().to_owned()),
            claim.message().device.map(|d| d.spelling().to_owned())
        );
    }
    for broken in ["", "{", "[]", r#"{"device":"1"}"#] {
        assert_eq!(Archive::new(broken).record(), None);
    }
}

#[test]
fn keys_are_those_of_one_message_whatever_tells_of_it() {
    let key = |body: &str| claim(body).message().key(&Arrival::new(NOW, [9; 16]));
    let first = key(BIDIR);
    assert_eq!(first, key(ADVANCED));
    for other in [
        BIDIR.replace("611", "612"),
        BIDIR.replace("1718000000", "1718000001"),
        BIDIR.replace("2D91F3", "2D91F4"),
        BIDIR.replace("\"611\"", "null"),
    ] {
        assert_ne!(first, key(&other));
    }
    // Without a counter the payload tells.
    let without = BIDIR.replace("\"611\"", "null");
    assert_ne!(key(&without), key(&without.replace("850a", "850b")));
    // Every other service has its own; occurrences of one second that differ are two.
    let keys: Vec<_> = ALL.iter().map(|body| key(body)).collect();
    for (at, one) in keys.iter().enumerate() {
        let same = keys.iter().filter(|other| *other == one).count();
        assert_eq!(same, if at < 2 { 2 } else { 1 }, "{}", ALL[at]);
    }
    let ack = |code: u8| {
        key(&format!(
            r#"{{"device":"1","time":1718000000,"infoCode":{code}}}"#
        ))
    };
    assert_eq!(ack(3), ack(3));
    assert_ne!(ack(3), ack(4));
    let error = |info: &str| {
        key(&format!(
            r#"{{"device":"1","time":1718000000,"severity":"WARN","info":"{info}"}}"#
        ))
    };
    assert_eq!(error("a"), error("a"));
    assert_ne!(error("a"), error("b"));
}

fn table(family: Family) -> Table {
    let policy = Policies::new(guard::config).unwrap().of(family).clone();
    Table::new(policy, HashKey::new([3; 16]), 100).unwrap()
}

/// Sends bodies one after the other; verdicts, and what each asks to be stored.
fn verdicts(bodies: &[String]) -> Vec<(&'static str, Storage)> {
    let mut table = table(Family::Sigfox);
    bodies
        .iter()
        .map(|body| {
            let authentic = claim(body).authenticate(&Registered::new("2D91F3")).unwrap();
            let asked = authentic.inquiry(&DIGEST, None);
            let outcome = table.commit(&asked.device, &asked.message, NOW.0, None);
            let storage = authentic
                .admit(table.policy(), &outcome)
                .map_or(Storage::Nothing, |admitted| admitted.storage());
            (outcome.verdict.code(), storage)
        })
        .collect()
}

#[test]
fn the_guard_leaves_repeats_additions_and_conflicts_to_the_key() {
    let at = |time: u64, seq: u32| {
        BIDIR
            .replace("1718000000", &time.to_string())
            .replace("611", &seq.to_string())
    };
    let rows = |code| (code, Storage::Rows);
    assert_eq!(
        verdicts(&[
            at(1_718_000_000, 4094),
            at(1_718_000_000, 4094),
            at(1_718_000_001, 1),
            // DATA_ADVANCED of the first one, after the second.
            at(1_718_000_000, 4094),
            // Another payload: merging tells.
            at(1_718_000_001, 1).replace("850a", "850b"),
            // Without a counter nothing is ordered; above its range it is taken.
            at(1_718_000_002, 2).replace("\"2\"", "null"),
            at(1_718_000_003, 4097),
            // A day ahead: not believed.
            at(1_718_080_000, 5),
            at(1_718_000_004, 6),
            r#"{"device":"2D91F3","time":1718000009,"batt":3}"#.to_owned(),
            at(1_600_000_000, 6),
            at(1_300_000_000, 6),
        ]),
        [
            rows("fresh"),
            rows("duplicate"),
            rows("fresh"),
            rows("late"),
            rows("duplicate"),
            rows("late"),
            rows("fresh"),
            rows("late"),
            rows("fresh"),
            rows("late"),
            ("stale", Storage::Raw),
            ("stale", Storage::Raw),
        ]
    );
}

#[test]
fn a_suspended_device_is_answered_as_if_it_were_taken_and_nothing_is_stored() {
    let mut table = table(Family::Sigfox);
    let authentic = claim(BIDIR).authenticate(&Registered::new("2D91F3")).unwrap();
    let asked = authentic.inquiry(&DIGEST, None);
    table.suspend(&asked.device).unwrap();
    let outcome = table.commit(&asked.device, &asked.message, NOW.0, None);
    let refusal = authentic.admit(table.policy(), &outcome).unwrap_err();
    assert_eq!(
        (refusal.reason.code(), refusal.reply),
        ("suspended", Reply::Taken)
    );
}

#[test]
fn a_device_that_nobody_registered_is_kept_and_confirmed() {
    let refusal = claim(BIDIR).authenticate(&Registered::new("2D91F4")).unwrap_err();
    assert_eq!(
        (refusal.reason.code(), refusal.reply),
        ("not-authentic", Reply::Taken)
    );
    let stranger = Stranger::from(claim(BIDIR));
    assert_eq!(stranger.serial(), "2D91F3");
    assert_eq!(
        stranger.key(),
        claim(BIDIR).message().key(&Arrival::new(NOW, [0; 16]))
    );
    assert_eq!(stranger.archive().record().unwrap(), record(BIDIR));
    assert_eq!(Stranger::from(claim(BIDIR)).not_stored(), Reply::Refused(503));
    assert_eq!(stranger.stored(), Reply::Taken);
    // An event may concern no device.
    let event = claim(r#"{"cb":"event","time":1718000000,"eventType":"X"}"#);
    assert!(event.authenticate(&Registered::new("")).is_ok());
}

#[test]
fn refusals_have_the_status_of_the_specification() {
    let receiver = receiver();
    let status = |request: &Request<'_>| {
        let refusal = read(&receiver, request, Arrival::new(NOW, [1; 16])).unwrap_err();
        (refusal.reason.code(), Response::from(refusal.reply).status())
    };
    let json = "application/json";
    let right = || Request::new("POST", &[SECRET]).with_content_type(json);
    assert_eq!(status(&Request::new("POST", &[])), ("auth", 401));
    assert_eq!(status(&Request::new("POST", &[SECRET, SECRET])), ("auth", 401));
    assert_eq!(status(&right().with_body(b"{")), ("bad-json", 400));
    assert_eq!(
        status(&right().with_content_type("text/xml")),
        ("content-type", 415)
    );
    assert_eq!(status(&Request::new("DELETE", &[SECRET])), ("method", 405));
    assert_eq!(status(&right().with_body(&[b' '; 65_537])), ("too-large", 413));
    let late = BIDIR.replace("1718000000", "1718000000000");
    assert_eq!(status(&right().with_body(late.as_bytes())), ("bad-time", 400));
}

#[test]
fn a_batch_is_its_records_and_one_answer() {
    let receiver = receiver();
    let body = "2D91F3;1718000000;611;850a;true\nbroken\n2D91F4;1718000001;40;00;true\n2D91F3;1718000002;612;01;true";
    let request = Request::new("POST", &[SECRET])
        .with_content_type("text/plain")
        .with_body(body.as_bytes());
    let delivery = read(&receiver, &request, Arrival::new(NOW, [1; 16])).unwrap();
    assert_eq!((delivery.count(), delivery.warnings().len()), (3, 1));
    let mut response = Response::new();
    for (claim, given) in delivery
        .claims()
        .zip([Given::Data([1; 8]), Given::Nothing, Given::Data([2; 8])])
    {
        let device = claim.message().device.unwrap();
        if !response.has(device) {
            response.add(Reply::Taken, Some((device, given)));
        }
    }
    assert_eq!(response.status(), 200);
    assert_eq!(
        response.body().unwrap(),
        r#"{"2D91F3":{"downlinkData":"0101010101010101"}}"#
    );
    // One that could not be stored: all come again.
    response.add(
        Reply::NOT_STORED,
        Some((Device::parse("1").unwrap(), Given::Data([3; 8]))),
    );
    response.add(Reply::Taken, None);
    assert_eq!((response.status(), response.body()), (503, None));
}

#[test]
fn what_is_merged_is_what_all_requests_say() {
    let mut stored = record(BIDIR);
    assert_eq!(merge(&mut stored, &record(ADVANCED)), Merged::Filled);
    let archive = Archive::of(&stored);
    let mut again = archive.record().unwrap();
    assert_eq!(again, stored);
    assert_eq!(merge(&mut again, &record(ADVANCED)), Merged::Unchanged);
    assert_eq!(observations(&again, NOW).len(), 5);
    assert!(again.asks());
    let other = record(&BIDIR.replace("850a", "850b"));
    assert_eq!(merge(&mut again, &other), Merged::Conflict);
}

/// The worked example of comet-sigfox-payload §6, which is fictitious.
fn layout(name: &str, status: Status) -> Layout {
    let constant = Constant {
        byte: 0,
        mask: 0xF0,
        value: 0x60,
    };
    let word = |raw, word: &str| Word {
        raw,
        word: word.to_owned(),
    };
    let mut state = FieldDescription::new("state", 0, 4).with_bit(3);
    state.words = Some(vec![word(0, "ok"), word(1, "alarm")]);
    let mut temperature = FieldDescription::new("tA", 1, 16)
        .signed()
        .with_scale(Decimal::parse("0.1").unwrap())
        .with_unit("°C");
    temperature.sentinels = vec![Sentinel {
        raw: 0x8001,
        reason: Reason::Error,
    }];
    temperature.range = Some((Decimal::from(-40_i64), Decimal::from(80_i64)));
    let level = FieldDescription::new("level", 3, 12).with_scale(Decimal::parse("0.5").unwrap());
    let mut description = Description::new(name, status)
        .with_lengths([6])
        .with_constant(constant)
        .with_field(state)
        .with_field(temperature)
        .with_field(level);
    description.version = 3;
    Layout::new(description).unwrap()
}

fn decode(
    data: &str,
    descriptions: &Descriptions,
) -> Vec<(u16, String, &'static str, String, Option<String>)> {
    let record = record(&format!(r#"{{"device":"1","time":1718000000,"data":"{data}"}}"#));
    let all = decoded(&record, descriptions, NOW);
    all.iter()
        .map(|o| {
            assert_eq!(o.alarm, Alarm::Unknown);
            assert_eq!(o.value.is_some(), o.quality.code() == "good");
            (
                o.channel.number,
                o.channel.name.as_deref().unwrap().to_owned(),
                o.quantity.code(),
                o.value
                    .map_or_else(|| o.quality.code().to_owned(), |value| value.to_string()),
                o.raw.as_deref().map(str::to_owned),
            )
        })
        .collect()
}

fn value(
    number: u16,
    name: &str,
    quantity: &'static str,
    value: &str,
    raw: Option<&str>,
) -> (u16, String, &'static str, String, Option<String>) {
    (
        number,
        name.to_owned(),
        quantity,
        value.to_owned(),
        raw.map(str::to_owned),
    )
}

#[test]
fn a_payload_is_decoded_by_the_one_layout_that_fits_and_by_no_other() {
    let one = Descriptions::new().with_layout(layout("demo", Status::Unconfirmed));
    assert_eq!(
        decode("61ff9c2d0e55", &one),
        [
            value(1, "state", "state", "1", Some("alarm")),
            value(2, "tA", "unspecified", "-10", None),
            value(3, "level", "unspecified", "360", None),
        ]
    );
    assert_eq!(
        decode("6280012d0e55", &one)[..2],
        [
            value(1, "state", "state", "malformed", Some("2")),
            value(2, "tA", "unspecified", "error", Some("32769")),
        ]
    );
    assert_eq!(
        decode("607fff2d0e55", &one)[1],
        value(2, "tA", "unspecified", "implausible", Some("32767"))
    );
    // Constant bits, length; no description, two of them.
    assert_eq!(decode("51ff9c2d0e55", &one), []);
    assert_eq!(decode("61ff9c", &one), []);
    assert_eq!(decode("61ff9c2d0e55", &Descriptions::new()), []);
    let two = one.clone().with_layout(layout("other", Status::Confirmed));
    assert_eq!(decode("61ff9c2d0e55", &two), []);
    let payload = [0x61, 0xff, 0x9c, 0x2d, 0x0e, 0x55];
    assert_eq!(two.decode(&payload), Decoding::Several);
    assert_eq!(two.decode(&payload).diagnostic(), Some("several"));
    assert_eq!(one.decode(&payload[..2]).diagnostic(), Some("none"));
    let decoding = one.decode(&payload);
    let description = decoding.description().unwrap();
    assert_eq!(
        (description.name, description.version, description.confirmed),
        ("demo", 3, false)
    );
    let bare: Vec<_> = decoding
        .undescribed()
        .map(|bits| (bits.byte, bits.mask, bits.bits))
        .collect();
    assert_eq!(bare, [(4, 0x0f, 0x0e), (5, 0xff, 0x55)]);
}

#[test]
fn a_custom_payload_configuration_decodes_what_no_layout_fits() {
    let config = Config::compile(
        "st::uint:8 n::uint:16:little-endian t::int:16 f::float:32 on:0:bool:7 c:0:char:1 u:0:uint:64",
    )
    .unwrap();
    let descriptions = Descriptions::new().with_configuration("cloud", 1, config);
    assert_eq!(
        decode("850a01ff38c1480000", &descriptions),
        [
            value(1, "st", "unspecified", "133", None),
            value(2, "n", "unspecified", "266", None),
            value(3, "t", "unspecified", "-200", None),
            value(4, "f", "unspecified", "-12.5", None),
            value(5, "on", "state", "1", None),
            value(6, "c", "unspecified", "no-value", Some("\\x85")),
            value(7, "u", "unspecified", "malformed", Some("9586476952492001280")),
        ]
    );
    let short = decode("85", &descriptions);
    assert_eq!(short[1], value(2, "n", "unspecified", "no-value", None));
    let decoding = descriptions.decode(&[0x85]);
    assert!(!decoding.description().unwrap().confirmed);
    assert_eq!(decoding.diagnostic(), None);
}
