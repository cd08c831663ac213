//! Web Sensors through every stage of the pipeline.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use core::cell::RefCell;

use comet_proto::soap::{Request, read};
use comet_proto::{
    Alarm, Arrival, Credentials, DeviceId, Family, Gate, Guard, Quality, Quantity, RefusalReason, Source,
    Unit, UnixMillis, Verdict,
};
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
    let admitted = claim
        .authenticate(&sensor.credentials())
        .unwrap()
        .admit(Gate::default(), NOW)
        .unwrap();
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
    assert_eq!(admitted.stored(NOW).status, 200);
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

/// Remembers what it was told.
#[derive(Debug, Default)]
struct Recorder {
    calls: RefCell<Vec<&'static str>>,
    verdict: Option<Verdict>,
}

impl Guard for &Recorder {
    type Ticket = u8;
    fn check(&self, device: &DeviceId<'_>, _: Option<u64>, _: UnixMillis) -> Result<u8, Verdict> {
        assert_eq!(device.to_string(), "soap/18960455");
        self.calls.borrow_mut().push("check");
        self.verdict.map_or(Ok(9), Err)
    }
    fn commit(&self, ticket: u8, _: UnixMillis) {
        assert_eq!(ticket, 9);
        self.calls.borrow_mut().push("commit");
    }
}

#[test]
fn the_guard_is_committed_only_when_everything_is_stored() {
    let body = co2();
    let sensor = sensor();
    let authentic = || {
        let request = Request::new(sensor.token.as_str(), body.as_bytes(), Arrival::new(NOW, [1; 16]));
        read(&request)
            .unwrap()
            .authenticate(&sensor.credentials())
            .unwrap()
    };
    let guard = Recorder::default();
    let reply = authentic().admit(&guard, NOW).unwrap().not_stored();
    assert_eq!((reply.status, guard.calls.take()), (500, vec!["check"]));
    let reply = authentic().admit(&guard, NOW).unwrap().stored(NOW);
    assert_eq!((reply.status, guard.calls.take()), (200, vec!["check", "commit"]));
    let closed = Recorder {
        verdict: Some(Verdict::Suspended),
        ..Recorder::default()
    };
    let refusal = authentic().admit(&closed, NOW).unwrap_err();
    assert_eq!((refusal.reason.code(), refusal.reply.status), ("suspended", 500));
    assert!(refusal.reply.body.contains("soap:Server"));
}
