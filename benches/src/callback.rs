//! Callbacks of the Sigfox Cloud: bodies, and plain readers by `serde`.

use std::borrow::Cow;

use serde::Deserialize;
use sigfox_frame::callback::{Receiver, Record, Request, Secrets};

/// A body, and whether it is lawful.
#[derive(Debug)]
#[non_exhaustive]
pub struct Body {
    /// Name in tables.
    pub name: &'static str,
    /// The octets.
    pub octets: Vec<u8>,
    /// Whether it is accepted.
    pub lawful: bool,
}

const SECRET: &[u8] = b"Bearer 7f3a9c51d2e84b06";
const NOW_S: u64 = 1_718_000_005;

const BIDIR: &str = concat!(
    r#"{"cb":"bidir","v":1,"device":"2D91F3","deviceTypeId":"5f0c1d2e3a4b5c6d7e8f9a0b","time":1718000000,"#,
    r#""seqNumber":"611","data":"850a01ff38","ack":true,"rssi":"-131.25","station":"5A17","longPolling":false}"#
);
const ADVANCED: &str = concat!(
    r#"{"device":"2D91F3","time":1718000000,"data":"850a01ff38","seqNumber":611,"lqi":"Average","linkQuality":1,"#,
    r#""operatorName":"SIGFOX_Somewhere","countryCode":203,"#,
    r#""duplicates":[{"bsId":"5A17","rssi":-131.0,"nbRep":2},{"bsId":"5C02","rssi":-138.0,"nbRep":1}],"#,
    r#""computedLocation":{"lat":49.4581,"lng":18.1434,"radius":3100,"source":2,"status":1}}"#
);

/// The bodies of the benches.
#[must_use]
pub fn bodies() -> Vec<Body> {
    let body = |name, text: String, lawful| Body {
        name,
        octets: text.into_bytes(),
        lawful,
    };
    vec![
        body("bidir", BIDIR.to_owned(), true),
        body("advanced", ADVANCED.to_owned(), true),
        body("refused early", BIDIR.replacen("\"cb\"", "cb", 1), false),
        body("refused late", BIDIR.replacen("false}", "false", 1), false),
    ]
}

/// A receiver as a service keeps it.
#[must_use]
pub fn receiver() -> Option<Receiver> {
    Secrets::new(SECRET).map(Receiver::new)
}

/// The whole way: secret, media type, body, meaning. `None` for a refusal.
#[must_use]
pub fn ours(receiver: &Receiver, body: &[u8]) -> Option<usize> {
    let values = [SECRET];
    let request = Request::new("POST", &values)
        .with_content_type("application/json")
        .with_body(body);
    receiver
        .receive(&request, NOW_S)
        .ok()
        .map(|received| received.count())
}

/// What a service would write to read a body. It checks less: no secret, no device, payload, time or range, no repeated key
/// with a different value in nested objects, no depth but that of `serde_json`; texts and numbers stay as they come.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "filling the members is the task")]
pub struct Plain<'a> {
    #[serde(borrow)]
    device: Cow<'a, str>,
    time: u64,
    #[serde(borrow)]
    data: Cow<'a, str>,
    #[serde(borrow)]
    seq_number: Scalar<'a>,
    #[serde(borrow, default)]
    cb: Option<Cow<'a, str>>,
    #[serde(default)]
    v: Option<u8>,
    #[serde(borrow, default)]
    device_type_id: Option<Cow<'a, str>>,
    #[serde(default)]
    ack: Option<bool>,
    #[serde(borrow, default)]
    rssi: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    station: Option<Cow<'a, str>>,
    #[serde(default)]
    long_polling: Option<bool>,
    #[serde(borrow, default)]
    lqi: Option<Cow<'a, str>>,
    #[serde(default)]
    link_quality: Option<u8>,
    #[serde(borrow, default)]
    operator_name: Option<Cow<'a, str>>,
    #[serde(default)]
    country_code: Option<u32>,
    #[serde(borrow, default)]
    duplicates: Vec<Reception<'a>>,
    #[serde(default)]
    computed_location: Option<Location>,
}

/// A counter, quoted or not.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "filling the members is the task")]
enum Scalar<'a> {
    Number(u32),
    Text(#[serde(borrow)] Cow<'a, str>),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "filling the members is the task")]
struct Reception<'a> {
    #[serde(borrow)]
    bs_id: Cow<'a, str>,
    rssi: f64,
    nb_rep: u8,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "filling the members is the task")]
struct Location {
    lat: f64,
    lng: f64,
    radius: u32,
    source: u8,
    status: u8,
}

/// By `serde_json`.
#[must_use]
pub fn serde(body: &[u8]) -> Option<Plain<'_>> {
    serde_json::from_slice(body).ok()
}

/// By `sonic-rs`.
#[must_use]
pub fn sonic(body: &[u8]) -> Option<Plain<'_>> {
    sonic_rs::from_slice(body).ok()
}

/// Whether all of them accept or refuse, and find the same.
#[must_use]
pub fn agree(body: &Body) -> bool {
    let Some(receiver) = receiver() else { return false };
    let octets = body.octets.as_slice();
    let values = [SECRET];
    let request = Request::new("POST", &values)
        .with_content_type("application/json")
        .with_body(octets);
    let received = receiver.receive(&request, NOW_S).ok();
    let record = received.as_ref().and_then(|received| received.as_one());
    let fits = |plain: Option<Plain<'_>>| match (record, plain) {
        (Some(record), Some(plain)) => same(record, &plain),
        (None, None) => true,
        _ => false,
    };
    record.is_some() == body.lawful && fits(serde(octets)) && fits(sonic(octets))
}

fn same(record: &Record<'_>, plain: &Plain<'_>) -> bool {
    let Some(data) = record.data() else { return false };
    record
        .device
        .is_some_and(|device| device.spelling() == plain.device)
        && record.time_s == Some(plain.time)
        && data.payload.to_string() == plain.data
        && data.ack == plain.ack
        && data.receptions.len() == plain.duplicates.len()
        && data.operator == plain.operator_name
}
