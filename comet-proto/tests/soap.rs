//! Web Sensors through every stage of the pipeline.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use comet_proto::soap::{Request, SoapMessage, read};
use comet_proto::{
    Alarm, Arrival, Authentic, Credentials, DeviceId, Family, Policies, Quality, Quantity, Refusal,
    RefusalReason, Reply, Settled, Source, Storage, Unit, UnixMillis, guard,
};
use replay_guard::{Config, HashKey, Outcome, Table};
use soap_websensor::entry::{EntryKey, EntryPoint, EntryToken};

const NOW: UnixMillis = UnixMillis(1_790_000_000_000);

fn body(children: &str, message: &str) -> String {
    format!(
        "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body><{message} \
         xmlns='urn:x'>{children}</{message}></e:Body></e:Envelope>"
    )
}

fn co2() -> String {
    body(
        "<passKey>18960455</passKey><device>4179</device><temp>22.8</temp><relHum>9999</relHum><compQuant>8.90</compQuant>\
         <co2>-9998</co2><alarms>no,hi,lo,no</alarms><lev1>1</lev1><lev2>0</lev2><lev3>x</lev3>\
         <compType>Wet bulb</compType><tempU>F</tempU><timer>60</timer><zz>kept</zz>",
        "InsertTx5xxCO2Sample",
    )
}

struct Sensor {
    key: EntryKey,
    token: EntryToken,
}

impl Sensor {
    fn credentials(&self) -> Credentials<'_> {
        let device = DeviceId::new(Family::Soap, "18960455");
        Credentials::new(device, EntryPoint::new(self.key.hash(&self.token)), &self.key)
    }
}

fn sensor() -> Sensor {
    Sensor {
        key: EntryKey::new([7; 32]),
        token: EntryToken::from_random(&[42; 16]).unwrap(),
    }
}

#[test]
fn a_co2_message_becomes_seven_observations() {
    let body = co2();
    let sensor = sensor();
    let request = Request::new(sensor.token.as_str(), body.as_bytes(), Arrival::new(NOW, [1; 16]));
    let claim = read(&request).unwrap();
    assert_eq!(claim.message().serial.as_str(), "18960455");
    let authentic = claim.authenticate(&sensor.credentials()).unwrap();
    let table = table(guard::config);
    let asked = authentic.inquiry(&DIGEST, None);
    assert!(asked.message.alarm);
    let outcome = table.check(&asked.device, &asked.message, NOW.0);
    let admitted = authentic.admit(table.policy(), &outcome).unwrap();
    let all: Vec<_> = admitted.observations().collect();
    let told: Vec<_> = all
        .iter()
        .map(|o| {
            (
                o.channel.number,
                o.quantity.code(),
                o.value.map(|v| v.to_string()),
                o.quality.code(),
                o.alarm.code(),
            )
        })
        .collect();
    let value = |text: &str| Some(text.to_owned());
    assert_eq!(
        told,
        [
            (1, "temperature", value("22.8"), "good", "none"),
            (2, "relative-humidity", None, "over-range", "high"),
            (3, "computed", value("8.90"), "good", "low"),
            (4, "co2", None, "not-ready", "none"),
            (5, "lamp", value("1"), "good", "none"),
            (6, "lamp", value("0"), "good", "none"),
            (7, "lamp", None, "missing", "none"),
        ]
    );
    assert_eq!(all[0].unit, Some(Unit::Fahrenheit));
    assert_eq!(all[0].device, DeviceId::new(Family::Soap, "18960455"));
    assert_eq!((all[0].taken.time, all[0].received), (NOW, NOW));
    assert!(matches!(&all[2].quantity, Quantity::Computed(text) if text == "Wet bulb"));
    assert_eq!(all[1].raw.as_deref(), Some("9999"));
    let Source::Soap(message) = all[0].source else {
        panic!("another source")
    };
    assert_eq!(message.unknown.leaves().next().unwrap().0, "zz");
    assert_eq!(
        admitted.key().to_string(),
        format!("{:016x}{}", NOW.0, "01".repeat(16))
    );
    assert_eq!(admitted.stored(table.policy(), &outcome).reply.status, 200);
}

#[test]
fn channels_keep_the_names_and_units_of_their_owner() {
    let body = body(
        "<name>box</name><sn>11940986</sn><tmr>60</tmr><kind>4359</kind>\
         <c i='7'><n>Tank &amp; A</n><v>12.07</v><u>mA</u><a>hi</a></c><c i='9'><v>-11000</v><f>070081FF</f></c>",
        "InsertP8Sample",
    );
    let message = soap_websensor::decode(body.as_bytes()).unwrap();
    let all: Vec<_> = comet_proto::soap::observations(&message, NOW).collect();
    assert_eq!(all.len(), 2);
    assert_eq!(
        (all[0].channel.number, all[0].channel.name.clone()),
        (7, Some("Tank & A".into()))
    );
    assert_eq!(
        (all[0].unit.as_ref().unwrap().symbol(), all[0].alarm),
        ("mA", Alarm::High)
    );
    assert_eq!((all[1].value, all[1].quality), (None, Quality::Error(Some(7))));
    assert_eq!(all[1].alarm, Alarm::Unknown);
}

#[test]
fn what_cannot_be_read_is_refused_with_a_fault_that_echoes_nothing() {
    let body = co2().replace("22.8", "&secret;");
    let refusal = read(&Request::new("x", body.as_bytes(), Arrival::new(NOW, [1; 16]))).unwrap_err();
    assert_eq!(refusal.reason.code(), "not-well-formed");
    assert_eq!(refusal.reply.status, 500);
    assert!(refusal.reply.body.contains("soap:Client") && !refusal.reply.body.contains("secret"));
}

#[test]
fn a_wrong_entry_point_and_a_wrong_sensor_look_the_same() {
    let body = co2();
    let sensor = sensor();
    let other = EntryToken::from_random(&[43; 16]).unwrap();
    let stranger = Credentials::new(
        DeviceId::new(Family::Soap, "18960456"),
        sensor.credentials().entry,
        &sensor.key,
    );
    for (token, credentials) in [
        (other.as_str(), &sensor.credentials()),
        ("", &sensor.credentials()),
        ("not a token", &sensor.credentials()),
        (sensor.token.as_str(), &stranger),
    ] {
        let claim = read(&Request::new(token, body.as_bytes(), Arrival::new(NOW, [1; 16]))).unwrap();
        let refusal = claim.authenticate(credentials).unwrap_err();
        assert_eq!(
            (refusal.reason, refusal.reply.status),
            (RefusalReason::NotAuthentic, 404)
        );
        assert_eq!(refusal.reply.body, "");
    }
}

const DIGEST: HashKey = HashKey::new([4; 16]);

fn table(config: fn(Family) -> Config) -> Table {
    let policies = Policies::new(config).unwrap();
    Table::new(policies.of(Family::Soap).clone(), HashKey::new([3; 16]), 16).unwrap()
}

fn authentic<'a>(sensor: &'a Sensor, body: &'a str) -> Authentic<SoapMessage<'a>> {
    let arrival = Arrival::new(NOW, [1; 16]);
    let request = Request::new(sensor.token.as_str(), body.as_bytes(), arrival);
    let claim = read(&request).unwrap();
    claim.authenticate(&sensor.credentials()).unwrap()
}

/// The guard is asked, and committed when everything is stored.
fn take(table: &mut Table, message: Authentic<SoapMessage<'_>>, now: u64) -> Result<Settled<Reply>, Refusal> {
    let asked = message.inquiry(&DIGEST, Some(UnixMillis(NOW.0 + 1_000_000)));
    let checked = table.check(&asked.device, &asked.message, now);
    let mut commit = || table.commit(&asked.device, &asked.message, now, None);
    let policy = Policies::new(guard::config).unwrap().of(Family::Soap).clone();
    match message.admit(&policy, &checked) {
        Ok(admitted) => {
            assert_eq!(admitted.storage(), Storage::Rows);
            Ok(admitted.stored(&policy, &commit()))
        }
        Err(refusal) => {
            let _ = commit();
            Err(refusal)
        }
    }
}

#[test]
fn a_repeat_at_once_is_confirmed_and_not_stored_and_later_equal_readings_are_new() {
    let (first, second) = (co2(), co2().replace("22.8", "22.9"));
    let sensor = sensor();
    let mut table = table(guard::config);
    let mut took = |body: &str, after| take(&mut table, authentic(&sensor, body), NOW.0 + after);
    let settled = took(&first, 0).unwrap();
    assert_eq!((settled.reply.status, settled.keep), (200, true));
    let repeat = took(&first, 4_999).unwrap_err();
    assert_eq!((repeat.reason.code(), repeat.reply.status), ("duplicate", 200));
    assert_eq!(took(&second, 4_999).unwrap().reply.status, 200);
    assert_eq!(took(&second, 10_000).unwrap().reply.status, 200);
    let expired = took(&first, 1_000_000).unwrap_err();
    assert_eq!((expired.reason.code(), expired.reply.status), ("expired", 500));
    assert!(expired.reply.body.contains("soap:Server"));
}

#[test]
fn a_sensor_that_sends_too_often_is_shut_until_its_owner_opens() {
    let (alarm, calm) = (co2(), co2().replace("no,hi,lo,no", "no,no,no,no"));
    let sensor = sensor();
    let mut table = table(|family| guard::config_with_interval(family, 60_000));
    let asked = |body: &str| authentic(&sensor, body).inquiry(&DIGEST, None);
    let device = asked(&calm).device;
    let mut verdict = |body: &str, second: u64| {
        let message = asked(body).message;
        let outcome: Outcome = table.commit(&device, &message, NOW.0 + second * 1000, None);
        outcome.verdict.code()
    };
    assert_eq!(verdict(&calm, 0), "fresh");
    // An alarm need not wait.
    assert_eq!(verdict(&alarm, 6), "fresh");
    for second in [12, 18, 24, 30, 36] {
        assert_eq!(verdict(&calm, second), "too-soon");
    }
    assert_eq!(verdict(&calm, 86_400), "suspended");
    table.resume(&device).unwrap();
    let outcome = table.commit(&device, &asked(&calm).message, NOW.0 + 86_400_000, None);
    assert_eq!(outcome.verdict.code(), "fresh");
}

#[test]
fn who_lost_a_race_keeps_no_row() {
    let body = co2();
    let sensor = sensor();
    let table = &mut table(guard::config);
    let authentic = || authentic(&sensor, &body);
    let (one, other) = (authentic(), authentic());
    let asked = one.inquiry(&DIGEST, None);
    let checked = table.check(&asked.device, &asked.message, NOW.0);
    let policy = table.policy().clone();
    let (one, other) = (
        one.admit(&policy, &checked).unwrap(),
        other.admit(&policy, &checked).unwrap(),
    );
    let mut commit = || table.commit(&asked.device, &asked.message, NOW.0, None);
    let (first, second) = (one.stored(&policy, &commit()), other.stored(&policy, &commit()));
    assert_eq!((first.reply.status, first.keep), (200, true));
    // Confirmed, since the first copy is stored; its own row, under the key of its arrival, is withdrawn.
    assert_eq!((second.reply.status, second.keep), (200, false));
    // Suspended in between.
    let late = authentic().admit(&policy, &checked).unwrap();
    table.suspend(&asked.device).unwrap();
    let settled = late.stored(&policy, &table.commit(&asked.device, &asked.message, NOW.0, None));
    assert_eq!((settled.reply.status, settled.keep), (500, false));
    assert_eq!(
        authentic().admit(&policy, &checked).unwrap().not_stored().status,
        500
    );
}
