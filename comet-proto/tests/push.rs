//! JSON push messages through every stage of the pipeline.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use comet_proto::push::{Request, observations, read};
use comet_proto::{
    Arrival, Authentic, Basis, Credentials, DeviceId, Family, Ingest as _, Policies, Storage, UnixMillis,
    guard,
};
use replay_guard::{HashKey, Outcome, Table};
use soap_websensor::entry::{EntryKey, EntryPoint, EntryToken};

const NOW: UnixMillis = UnixMillis(1_790_000_000_000);

const WIFI: &str = r#"{"JsonType":2,"JsonVersion":1,"OrderId":118,"MsgType":3,"MsgCache":5,"Sn":"21990417","Desc":"Cold store 7",
"Kind":3,"AState":{"Reg":386,"Mask":4352},"NConf":12,"ConfID":"0-5D20C1A7-01F3","Interval":600,
"Time":{"Now":"2023-03-14T07:30:00+01:00","Sample":"2023-03-14T07:20:00+01:00","IsValid":1},
"Rssi":{"Now":-61,"Sample":-99},"LocalIP":"10.20.30.44","Channels":[
{"Nr":1,"En":1,"Quant":"Temperature","Val":"40900000","ValStr":"4.5","Unit":"°C","Dec":1,
"Alarm":[0,1],"AlarmLim":["C0A00000","40800000"],"AlarmMode":[1,2]},
{"Nr":2,"En":1,"Quant":"Relative humidity","Val":"FF810007","ValStr":"Error 7","Unit":"%RH","Dec":1,
"Alarm":[0,0],"AlarmLim":["00000000","42C80000"],"AlarmMode":[0,0]}]}"#;

const WIRED: &str = r#"{"JsonType":5,"JsonVersion":1,"OrderId":0,"MsgType":0,"MsgCache":10,"Sn":"27810355","Desc":"Rack B","Kind":128,
"Time":{"Now":"2001-01-01T00:10:00Z","Sample":"2001-01-01T00:00:00Z","IsValid":0},"Channels":[
{"Nr":3,"En":1,"Quant":"Door","Val":"3F800000","ValStr":"1","Unit":"","Dec":0,"Type":[20,255],"Alarm":[1,0],"AlarmMode":[2,0],"BinDesc":["Open","Closed"]},
{"Nr":4,"En":0,"Quant":"","Val":"FF810035","ValStr":"n/a","Unit":"","Dec":1,"Alarm":[0,0],"AlarmMode":[0,0]}]}"#;

const LOGGER: &str = r#"[1,6,17,"2BA2D0E8",254,0,4711,"Van 12",23,"2BA2CE90",4,60,1800,0,1,65535,192,7,0,"k3k3k3k3k3k3k3k3",88,
[[1,0,"Air","40dccccd","°C",1,[1,1],["c0a00000","41000000"],[1,2]],
[2,0,"Probe","ff810001","°C",1,[0,0],["00000000","00000000"],[0,0]],
[3,1,"Door",["closed","open"],1,[0,1],[0,2]]]]"#;

type Told = (u16, &'static str, Option<String>, &'static str, &'static str);

fn told(body: &str) -> (Vec<Told>, UnixMillis, Basis) {
    let message = comet_json::decode(body.as_bytes()).unwrap();
    let all = observations(&message, NOW);
    let told = all.iter().map(|o| {
        let value = o.value.map(|value| value.to_string());
        (
            o.channel.number,
            o.quantity.code(),
            value,
            o.quality.code(),
            o.alarm.code(),
        )
    });
    (told.collect(), all[0].taken.time, all[0].taken.basis)
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn a_late_wifi_message_keeps_its_own_time() {
    let (all, time, basis) = told(WIFI);
    assert_eq!((time, basis), (UnixMillis(1_678_774_800_000), Basis::DeviceClock));
    assert_eq!(
        all,
        [
            (0, "signal-level", some("-61"), "good", "none"),
            (0, "clock-valid", some("1"), "good", "none"),
            (1, "unspecified", some("4.5"), "good", "high"),
            (2, "unspecified", None, "error", "none"),
        ]
    );
}

#[test]
fn a_wrong_clock_still_tells_the_age() {
    let (all, time, basis) = told(WIRED);
    assert_eq!((time, basis), (UnixMillis(NOW.0 - 600_000), Basis::Age));
    assert_eq!(
        all,
        [
            (0, "clock-valid", some("0"), "good", "none"),
            (3, "state", some("1"), "good", "high"),
            (4, "unspecified", None, "disabled", "none"),
        ]
    );
}

#[test]
fn the_time_of_a_logger_is_its_age_whatever_zone_its_clock_shows() {
    let (all, time, basis) = told(LOGGER);
    assert_eq!((time, basis), (UnixMillis(NOW.0 - 600_000), Basis::Age));
    assert_eq!(
        all,
        [
            (0, "signal-level", some("-79"), "good", "none"),
            (0, "battery-charge", some("88"), "good", "none"),
            (0, "external-power", some("1"), "good", "none"),
            (1, "unspecified", some("6.9"), "good", "low-and-high"),
            (2, "unspecified", None, "error", "none"),
            (3, "state", some("1"), "good", "active"),
        ]
    );
    // A week at most is believed.
    let old = LOGGER.replace("2BA2CE90", "2AA2CE90");
    assert_eq!(told(&old).2, Basis::Arrival);
}

struct Device {
    key: EntryKey,
    token: EntryToken,
}

fn device() -> Device {
    Device {
        key: EntryKey::new([7; 32]),
        token: EntryToken::from_random(&[42; 16]).unwrap(),
    }
}

impl Device {
    fn credentials(&self, family: Family, serial: &'static str) -> Credentials<'_> {
        let entry = EntryPoint::new(self.key.hash(&self.token));
        Credentials::new(DeviceId::new(family, serial), entry, &self.key)
    }

    fn request<'a>(&'a self, family: Family, body: &'a str, nonce: u8) -> Request<'a> {
        let arrival = Arrival::new(NOW, [nonce; 16]);
        Request::new(family, self.token.as_str(), body.as_bytes(), arrival).unwrap()
    }
}

#[test]
fn the_same_message_sent_again_has_the_same_key() {
    let device = device();
    let key = |body: &str, nonce| {
        let request = device.request(Family::Wifi, body, nonce);
        let claim = read(&request).unwrap();
        claim.message().key(&Arrival::new(NOW, [nonce; 16]))
    };
    let first = key(WIFI, 1);
    // Sent later, from the memory, over another access point.
    let again = WIFI
        .replace("07:30:00", "08:30:00")
        .replace("\"MsgCache\":5", "\"MsgCache\":6")
        .replace("-61", "-70");
    assert_eq!(first, key(&again, 2));
    for other in [
        WIFI.replace("118", "119"),
        WIFI.replace("07:20:00", "07:21:00"),
        WIFI.replace("40900000", "40900001"),
        WIFI.replace("21990417", "21990418"),
    ] {
        assert_ne!(first, key(&other, 1));
    }
}

const DIGEST: HashKey = HashKey::new([4; 16]);
const KEY: replay_guard::DeviceKey = replay_guard::DeviceKey::new([1; 16]);

fn policy(family: Family) -> replay_guard::Policy {
    Policies::new(guard::config).unwrap().of(family).clone()
}

fn table(family: Family) -> Table {
    Table::new(policy(family), HashKey::new([3; 16]), 4).unwrap()
}

fn asked(authentic: &Authentic<comet_proto::push::JsonMessage<'_>>) -> guard::Inquiry {
    authentic.inquiry(&DIGEST, None)
}

/// Verdicts of messages one after the other, and what each asks to be stored.
fn verdicts(family: Family, serial: &'static str, bodies: &[&str]) -> Vec<(&'static str, Storage)> {
    let device = device();
    let mut table = table(family);
    let verdict = |body: &&str| {
        let request = device.request(family, body, 1);
        let claim = read(&request).unwrap();
        let authentic = claim.authenticate(&device.credentials(family, serial)).unwrap();
        let asked = authentic.inquiry(&DIGEST, None);
        let outcome: Outcome = table.commit(&asked.device, &asked.message, NOW.0, None);
        let storage = authentic
            .admit(&policy(family), &outcome)
            .map_or(Storage::Nothing, |admitted| admitted.storage());
        (outcome.verdict.code(), storage)
    };
    bodies.iter().map(verdict).collect()
}

#[test]
fn the_time_of_the_sample_orders_messages_whose_numbers_start_anew() {
    let now = WIFI.replace("2023-03-14T07:", "2026-09-21T07:");
    let later = now.replace("07:20:00", "07:21:00");
    let restarted = later.replace("07:21:00", "07:22:00").replace(":118,", ":0,");
    let again = restarted.replace("07:30:00", "07:45:00").replace("-61", "-70");
    let wrong = restarted.replace("\"IsValid\":1", "\"IsValid\":0");
    let clone = restarted.replace("40900000", "40900001");
    let future = now.replace("2026-09-21T07:20", "2027-01-01T07:20");
    assert_eq!(
        verdicts(
            Family::Wifi,
            "21990417",
            &[
                &now, &later, &restarted, &again, &now, &wrong, &future, &clone, WIFI
            ]
        ),
        [
            ("fresh", Storage::Rows),
            ("fresh", Storage::Rows),
            ("fresh", Storage::Rows),
            // The row is ensured before it is confirmed.
            ("duplicate", Storage::Rows),
            ("late", Storage::Rows),
            ("late", Storage::Rows),
            ("late", Storage::Rows),
            ("conflict", Storage::Raw),
            // Three years old.
            ("stale", Storage::Raw),
        ]
    );
}

#[test]
fn a_logger_is_believed_in_any_zone_and_not_with_a_wrong_clock() {
    // The clock of the example shows March 2023.
    let wrong = verdicts(Family::Logger, "00004711", &[LOGGER, LOGGER]);
    assert_eq!(wrong, [("late", Storage::Rows), ("late", Storage::Rows)]);
    // 2026-09-21, some hours ahead of NOW; ten minutes between sample and message.
    let seconds = 1_790_000_000_u32 - 946_684_800 + 2 * 3_600;
    let right = LOGGER
        .replace("2BA2D0E8", &format!("{:08X}", seconds + 600))
        .replace("2BA2CE90", &format!("{seconds:08X}"));
    let right = verdicts(Family::Logger, "00004711", &[&right, &right]);
    assert_eq!(right, [("fresh", Storage::Rows), ("duplicate", Storage::Rows)]);
}

#[test]
fn a_message_in_conflict_is_confirmed_so_that_it_does_not_block_the_memory() {
    let device = device();
    let mut table = table(Family::Wifi);
    let policy = policy(Family::Wifi);
    let mut reply = |body: &str| {
        let request = device.request(Family::Wifi, body, 1);
        let claim = read(&request).unwrap();
        let authentic = claim
            .authenticate(&device.credentials(Family::Wifi, "21990417"))
            .unwrap();
        let asked = authentic.inquiry(&DIGEST, None);
        let outcome = table.commit(&asked.device, &asked.message, NOW.0, None);
        let settled = authentic
            .admit(&policy, &outcome)
            .unwrap()
            .stored(&policy, &outcome);
        (settled.reply.body, settled.keep)
    };
    assert_eq!(reply(WIFI), ("{\"Result\":true}", true));
    assert_eq!(
        reply(&WIFI.replace("40900000", "40900001")),
        ("{\"Result\":true}", true)
    );
}

#[test]
fn answers_are_those_of_the_family() {
    let device = device();
    for (family, body, serial, accepted, refused) in [
        (
            Family::Wifi,
            WIFI,
            "21990417",
            (200, "{\"Result\":true}"),
            (200, "{\"Result\":false}"),
        ),
        (Family::Wired, WIRED, "27810355", (200, ""), (503, "")),
        (Family::Logger, LOGGER, "00004711", (200, "OK"), (503, "")),
    ] {
        let admitted = || {
            let request = device.request(family, body, 1);
            let authentic = read(&request)
                .unwrap()
                .authenticate(&device.credentials(family, serial))
                .unwrap();
            let outcome = table(family).commit(&KEY, &asked(&authentic).message, NOW.0, None);
            (authentic.admit(&policy(family), &outcome).unwrap(), outcome)
        };
        let (stored, outcome) = admitted();
        let reply = stored.stored(&policy(family), &outcome).reply;
        assert_eq!((reply.status, reply.body), accepted);
        let reply = admitted().0.not_stored();
        assert_eq!((reply.status, reply.body), refused);
        let request = device.request(family, body, 1);
        let stranger = read(&request)
            .unwrap()
            .authenticate(&device.credentials(family, "1"))
            .unwrap_err();
        assert_eq!((stranger.reply.status, stranger.reply.body), (404, ""));
        // A suspended device keeps what it has.
        let request = device.request(family, body, 1);
        let authentic = read(&request)
            .unwrap()
            .authenticate(&device.credentials(family, serial))
            .unwrap();
        let mut table = table(family);
        table.suspend(&KEY).unwrap();
        let outcome = table.commit(&KEY, &asked(&authentic).message, NOW.0, None);
        let refusal = authentic.admit(&policy(family), &outcome).unwrap_err();
        assert_eq!((refusal.reply.status, refusal.reply.body), refused);
    }
    let arrival = Arrival::new(NOW, [1; 16]);
    assert!(Request::new(Family::Soap, "x", b"", arrival).is_none());
}

#[test]
fn what_can_never_be_read_is_kept_and_confirmed_if_it_comes_from_a_device() {
    let device = device();
    let body = WIFI.replace("40900000", "4090000");
    let request = device.request(Family::Wifi, &body, 1);
    let quarantine = read(&request)
        .unwrap_err()
        .authenticate(&device.credentials(Family::Wifi, "21990417"))
        .unwrap();
    assert_eq!(
        (quarantine.error().kind.code(), quarantine.body()),
        ("bad-hex-float", body.as_bytes())
    );
    assert_eq!(quarantine.stored().body, "{\"Result\":true}");
    // Of another family: never readable at this address either.
    let request = device.request(Family::Wifi, LOGGER, 1);
    assert_eq!(read(&request).unwrap_err().error().kind.code(), "wrong-shape");
    // From nobody: nothing is kept.
    let stranger = Request::new(
        Family::Wifi,
        "AAAAAAAAAAAAAAAAAAAAAA",
        body.as_bytes(),
        Arrival::new(NOW, [1; 16]),
    );
    let refusal = read(&stranger.unwrap())
        .unwrap_err()
        .authenticate(&device.credentials(Family::Wifi, "21990417"));
    assert_eq!(refusal.unwrap_err().reply.status, 404);
}
