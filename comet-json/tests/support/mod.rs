//! Bodies of the golden vectors.

#![allow(dead_code, reason = "each test binary uses its part")]

use std::path::Path;

use comet_json::{MessageType, Options, Types};
use serde_json::Value;

/// A vector of one op.
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) body: Vec<u8>,
    pub(crate) options: Options,
    /// The code of the specification if the body has to be refused, and what goes with it.
    pub(crate) refused: Option<(String, Value)>,
}

/// Every vector of an op in these groups.
pub(crate) fn cases(op: &str, groups: &[&str]) -> Vec<Case> {
    let all = groups.iter().flat_map(|group| read(group));
    all.filter(|case| case["op"] == op)
        .map(|case| Case {
            id: case["id"].as_str().unwrap().to_owned(),
            body: body(&case["in"]),
            options: options(&case["in"]),
            refused: case["expect"]["err"].as_array().map(|codes| {
                let code = codes[0].as_str().unwrap().to_owned();
                (code, case["expect"]["with"].clone())
            }),
        })
        .collect()
}

/// Every `comet-json.decode` vector.
pub(crate) fn decode_cases() -> Vec<Case> {
    let cases = cases("comet-json.decode", &["object", "logger"]);
    assert!(cases.len() > 250);
    cases
}

/// Bodies that are accepted with the default options.
pub(crate) fn good_bodies() -> Vec<Vec<u8>> {
    let cases = decode_cases().into_iter();
    cases
        .map(|case| case.body)
        .filter(|body| comet_json::decode(body).is_ok())
        .collect()
}

fn read(group: &str) -> Vec<Value> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../conformance/vectors/comet-json")
        .join(format!("{group}.json"));
    let group: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    group["cases"].as_array().unwrap().clone()
}

fn body(input: &Value) -> Vec<u8> {
    if let Some(text) = input["body-utf8"].as_str() {
        return text.as_bytes().to_vec();
    }
    let hex = input["body"].as_str().unwrap();
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}

fn options(input: &Value) -> Options {
    let flag = |name: &str| input[name].as_bool().unwrap_or(false);
    let mut options = Options::new()
        .with_legacy(flag("legacy"))
        .with_batch(flag("batch"));
    if let Some(limit) = input["limit"].as_u64() {
        options = options.with_max_len(usize::try_from(limit).unwrap());
    }
    if let Some(types) = input["types"].as_array() {
        let number = |number: &Value| u8::try_from(number.as_u64().unwrap()).unwrap();
        let types = types
            .iter()
            .map(|value| MessageType::from_number(number(value)).unwrap());
        options = options.with_types(types.fold(Types::NONE, Types::with));
    }
    options
}

/// A message of type 2 that has every member, around the given channels and with more members behind them.
pub(crate) fn wifi(channels: &str, more: &str) -> String {
    format!(
        r#"{{"JsonType":2,"JsonVersion":1,"OrderId":118,"MsgType":3,"MsgCache":5,"Sn":"21990417","Desc":"Cold store 7","Kind":3,"AState":{{"Reg":386,"Mask":4352}},"NConf":12,"ConfID":"0-5D20C1A7-01F3","Interval":600,"Time":{{"Now":"2023-03-14T07:30:00+01:00","Sample":"2023-03-14T07:20:00+01:00","IsValid":1}},"Rssi":{{"Now":-61,"Sample":-99}},"LocalIP":"10.20.30.44","Channels":[{channels}]{more}}}"#
    )
}

/// A channel of type 2 that has every member.
pub(crate) fn wifi_channel(nr: usize) -> String {
    format!(
        r#"{{"Nr":{nr},"En":1,"Quant":"Temperature","Val":"40900000","ValStr":"4.5","Unit":"°C","Dec":1,"Alarm":[0,1],"AlarmLim":["C0A00000","40800000"],"AlarmMode":[1,2]}}"#
    )
}

/// A message of type 1 around the given channels.
pub(crate) fn logger(channels: &str) -> String {
    format!(
        r#"[1,6,17,"2BA2D0E8",254,0,4711,"Van 12",23,"2BA2CE90",4,60,1800,0,1,65535,192,7,0,"k3k3k3k3k3k3k3k3",88,[{channels}]]"#
    )
}

/// Channels of both kinds for type 1.
pub(crate) const LOGGER_CHANNELS: &str = r#"[1,0,"Air","40dccccd","°C",1,[0,0],["c0a00000","41000000"],[1,2]],[3,1,"Door",["closed","open"],1,[0,1],[0,2]]"#;

/// Numbers without pattern, the same in every run.
pub(crate) struct Noise(pub(crate) u64);

impl Noise {
    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}
