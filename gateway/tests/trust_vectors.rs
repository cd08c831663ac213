//! The vectors of `device-trust` as files, through `comet trust`.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod support;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use support::trust::{ED25519_HEAD, Folder, P256_HEAD, answer, octets};

fn vectors(group: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/vectors/device-trust");
    let suite = fs::read(path.join(format!("{group}.json"))).unwrap();
    let suite: Value = serde_json::from_slice(&suite).unwrap();
    suite["cases"].as_array().unwrap().clone()
}

/// Of a group whose commands want a key: all but the one case that has none.
fn with_keys(group: &str) -> Vec<Value> {
    let (with, without): (Vec<_>, Vec<_>) = vectors(group)
        .into_iter()
        .partition(|case| case["in"]["keys"] != json!([]));
    assert_eq!(without.len(), 1, "{group}");
    with
}

/// Options of a vector that the command has under the same name.
fn options(input: &Value, names: &[&str]) -> Vec<String> {
    let given = names.iter().filter(|name| !input[**name].is_null());
    given
        .flat_map(|name| {
            let value = &input[*name];
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            [format!("--{name}"), value]
        })
        .collect()
}

/// An answer in the spelling of the vectors.
fn as_vector(answer: &Value) -> Value {
    let members = answer["ok"].as_object().unwrap().iter();
    members
        .map(|(name, value)| (name.replace('_', "-"), value.clone()))
        .collect()
}

fn run(arguments: &[String]) -> Value {
    answer(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn images_of_the_vectors() {
    let folder = Folder::new();
    let names = ["mode", "max-size", "stored-counter", "vendor", "class"];
    for case in with_keys("image") {
        let input = &case["in"];
        let image = folder.write("image", &octets(input["image"].as_str().unwrap()));
        let mut arguments = vec!["verify-image".to_owned(), image];
        for (index, key) in input["keys"].as_array().unwrap().iter().enumerate() {
            let key = folder.write(&format!("key{index}"), &octets(key.as_str().unwrap()));
            arguments.extend(["--key".to_owned(), key]);
        }
        arguments.extend(options(input, &names));
        if let Some(lowest) = input["min-version"].as_array() {
            let version: Vec<_> = lowest.iter().map(Value::to_string).collect();
            arguments.extend(["--min-version".to_owned(), version.join(".")]);
        }
        let answer = run(&arguments);
        if let Some(codes) = case["expect"]["err"].as_array() {
            assert!(codes.contains(&answer["err"]["code"]), "{}: {answer}", case["id"]);
            continue;
        }
        let mut expected = case["expect"]["ok"].clone();
        let version = |v: &Value| format!("{}.{}.{}+{}", v["major"], v["minor"], v["revision"], v["build"]);
        expected["version"] = version(&expected["version"]).into();
        let needs = expected["dependencies"].as_array().unwrap().iter();
        let needs = needs.map(|other| format!("{}:{}", other["image"], version(&other["version"])));
        expected["dependencies"] = needs.collect();
        assert_eq!(as_vector(&answer), expected, "{}", case["id"]);
    }
}

#[test]
fn manifests_of_the_vectors() {
    let folder = Folder::new();
    let names = ["vendor", "class", "stored-sequence", "max-size"];
    for case in with_keys("manifest") {
        let input = &case["in"];
        let envelope = folder.write("envelope", &octets(input["envelope"].as_str().unwrap()));
        let mut arguments = vec!["verify-manifest".to_owned(), envelope];
        for (index, key) in input["keys"].as_array().unwrap().iter().enumerate() {
            let head = match key["type"].as_str() {
                Some("p256") => &P256_HEAD[..],
                _ => &ED25519_HEAD[..],
            };
            let key = octets(key["public"].as_str().unwrap());
            let key = folder.write(&format!("key{index}"), &[head, &key].concat());
            arguments.extend(["--key".to_owned(), key]);
        }
        arguments.extend(options(input, &names));
        if let Some(payload) = input["payload"].as_str() {
            arguments.extend(["--payload".to_owned(), folder.write("payload", &octets(payload))]);
        }
        let answer = run(&arguments);
        if let Some(codes) = case["expect"]["err"].as_array() {
            assert!(codes.contains(&answer["err"]["code"]), "{}: {answer}", case["id"]);
            assert!(answer["err"]["byte"].is_u64() && answer["err"]["field"].is_string());
        } else {
            let mut expected = case["expect"]["ok"].clone();
            // Large numbers are texts in the vectors.
            if let Some(sequence) = expected["sequence"].as_str() {
                expected["sequence"] = sequence.parse::<u64>().unwrap().into();
            }
            assert_eq!(as_vector(&answer), expected, "{}", case["id"]);
        }
    }
}

#[test]
fn chains_of_the_vectors() {
    let folder = Folder::new();
    let mut left_out = 0;
    for case in vectors("certificate") {
        let input = &case["in"];
        // A file has no TLS version.
        if input["tls-version"] != 0x0304 {
            left_out += 1;
            continue;
        }
        let files = |kind: &str, name: &str| -> Vec<String> {
            let all = input[kind].as_array().unwrap().iter().enumerate();
            all.map(|(index, der)| folder.write(&format!("{name}{index}"), &octets(der.as_str().unwrap())))
                .collect()
        };
        let mut chain = files("chain", "certificate");
        if chain.is_empty() {
            let none = "-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n";
            chain.push(folder.write("none", none.as_bytes()));
        }
        let anchors = files("anchors", "anchor");
        let mut arguments = [vec!["verify-chain".to_owned()], chain].concat();
        arguments.extend(
            anchors
                .into_iter()
                .flat_map(|anchor| ["--anchor".to_owned(), anchor]),
        );
        let rows = input["registry"].as_array().unwrap().iter();
        let rows: Value = rows
            .map(|row| {
                // What is not spelled as a thumbprint is refused here, and fits no certificate there.
                let thumbprints = row["thumbprints"].as_array().unwrap().iter();
                let lawful =
                    |text: &str| text.len() == 64 && !text.bytes().any(|byte| byte.is_ascii_uppercase());
                let thumbprints = thumbprints.filter(|text| lawful(text.as_str().unwrap()));
                json!({"device_id": row["device-id"], "project": row["project"], "state": row["state"],
                    "thumbprints": thumbprints.cloned().collect::<Value>()})
            })
            .collect();
        let rows = folder.write("registry", rows.to_string().as_bytes());
        arguments.extend([
            "--registry".to_owned(),
            rows,
            "--at".to_owned(),
            input["now"].to_string(),
        ]);
        let answer = run(&arguments);
        if let Some(codes) = case["expect"]["err"].as_array() {
            assert!(codes.contains(&answer["err"]["code"]), "{}: {answer}", case["id"]);
            assert!(answer["err"]["certificate"].is_u64());
        } else {
            assert_eq!(as_vector(&answer), case["expect"]["ok"], "{}", case["id"]);
        }
    }
    assert_eq!(left_out, 1);
}
