//! `comet trust`: images, manifests and chains as files.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use support::{comet, text};

/// Set where a missing tool is a failure: in the project's own gate. Elsewhere these tests say that they were left out.
const IMGTOOL_REQUIRED: &str = "COMET_TEST_IMGTOOL_REQUIRED";
const OPENSSL_REQUIRED: &str = "COMET_TEST_OPENSSL_REQUIRED";

const PKCS8_HEAD: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];
const ED25519_HEAD: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];
const P256_HEAD: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// RFC 8032 §7.1, test 2.
const SECRET: &str = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
const PUBLIC: &str = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";

/// A folder that goes away.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// With `secret.der`, `public.der` and a firmware.
    fn with_key() -> Self {
        let folder = Self::new();
        folder.secret("secret.der", &[&PKCS8_HEAD[..], &octets(SECRET)].concat());
        folder.write("public.der", &[&ED25519_HEAD[..], &octets(PUBLIC)].concat());
        folder.write("firmware.bin", &[0x5a; 700]);
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn arg(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, octets: &[u8]) -> String {
        fs::write(self.path(name), octets).unwrap();
        self.arg(name)
    }

    fn secret(&self, name: &str, octets: &[u8]) {
        self.write(name, octets);
        restrict(&self.path(name));
    }

    fn sign(&self, options: &[&str]) -> Output {
        let (firmware, key, out) = (
            self.arg("firmware.bin"),
            self.arg("secret.der"),
            self.arg("image.bin"),
        );
        let fixed = ["sign-image", &firmware, "--key", &key, "--out", &out];
        trust(&[&fixed[..], options].concat())
    }

    fn verify(&self, options: &[&str]) -> Value {
        let (image, key) = (self.arg("image.bin"), self.arg("public.der"));
        answer(&[&["verify-image", &image, "--key", &key][..], options].concat())
    }

    fn openssl(&self, arguments: &[&str]) {
        let output = Command::new("openssl")
            .args(arguments)
            .current_dir(&self.0)
            .output();
        let output = output.unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    }
}

#[cfg(unix)]
fn restrict(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

#[cfg(not(unix))]
fn restrict(_: &Path) {}

fn octets(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn trust(arguments: &[&str]) -> Output {
    comet(&[&["trust"][..], arguments].concat(), b"")
}

/// What is printed for programs; what is refused ends with 1 and its code, what is good with 0.
fn answer(arguments: &[&str]) -> Value {
    let output = trust(&[arguments, &["--format", "json"]].concat());
    let said = text(&output.stderr);
    let answer: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{arguments:?}: {said}"));
    match answer["err"]["code"].as_str() {
        Some(code) => {
            assert_eq!(output.status.code(), Some(1));
            assert!(said.starts_with(&format!("comet: {code}: ")), "{said}");
        }
        None => assert_eq!((output.status.code(), said.as_str()), (Some(0), "")),
    }
    answer
}

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
fn what_is_signed_is_verified_and_one_flipped_bit_is_not() {
    let folder = Folder::with_key();
    let id = "cfbff0d1-9375-5685-968c-48ce8b15ae17";
    let signed = folder.sign(&[
        "--version",
        "1.4.2+7",
        "--security-counter",
        "5",
        "--header-size",
        "64",
        "--vendor",
        id,
        "--dependency",
        "1:2.0.0",
        "--load-addr",
        "0x20001000",
    ]);
    assert!(signed.status.success(), "{}", text(&signed.stderr));
    let good = folder.verify(&["--stored-counter", "5", "--min-version", "1.4.2", "--vendor", id]);
    let good = &good["ok"];
    assert_eq!(
        (&good["version"], &good["security_counter"]),
        (&"1.4.2+7".into(), &5.into())
    );
    assert_eq!(
        (&good["image_size"], &good["header_size"]),
        (&700.into(), &64.into())
    );
    assert_eq!(
        (&good["load_addr"], &good["flags"]),
        (&0x2000_1000.into(), &0x20.into())
    );
    assert_eq!(good["dependencies"], json!(["1:2.0.0+0"]));
    assert_eq!(
        (&good["vendor"], &good["class"]),
        (&id.replace('-', "").into(), &Value::Null)
    );

    // What the policy refuses, with its place.
    let refused = |options: &[&str]| {
        let error = folder.verify(options)["err"].clone();
        let (code, field) = (error["code"].as_str().unwrap(), error["field"].as_str().unwrap());
        format!("{code} {field} {}", error["byte"])
    };
    assert_eq!(refused(&["--stored-counter", "6"]), "rollback SEC_CNT 764");
    assert_eq!(refused(&["--min-version", "1.4.3"]), "downgrade version 20");
    assert_eq!(
        refused(&["--vendor", &id.replace('c', "d")]),
        "vendor UUID_VID 764"
    );
    assert_eq!(refused(&["--max-size", "700"]), "size img_size 12");

    let good = fs::read(folder.path("image.bin")).unwrap();
    for (at, expected) in [(0, "magic"), (300, "hash"), (good.len() - 1, "signature")] {
        let mut image = good.clone();
        image[at] ^= 1;
        folder.write("image.bin", &image);
        assert_eq!(folder.verify(&[])["err"]["code"], expected, "{at}");
    }
    folder.write("image.bin", &good[..good.len() - 1]);
    assert_eq!(folder.verify(&[])["err"]["code"], "truncated");
    folder.write("image.bin", &[&good[..], &[0xff; 9]].concat());
    assert_eq!(folder.verify(&[])["err"]["code"], "trailing");
    assert_eq!(folder.verify(&["--mode", "slot"])["ok"]["total_size"], good.len());

    // For people: a line for each that there is. And a command line that says nothing.
    let (image, key) = (folder.write("image.bin", &good), folder.arg("public.der"));
    let output = trust(&["verify-image", &image, "--key", &key]);
    assert!(
        text(&output.stdout).contains("version          1.4.2+7\n"),
        "{}",
        text(&output.stdout)
    );
    assert_eq!(trust(&["verify-image", &image]).status.code(), Some(2));
    assert_eq!(
        trust(&["verify-image", "nowhere", "--key", &key]).status.code(),
        Some(1)
    );
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

fn found(tool: &str, version: &str, required: &str) -> bool {
    let Err(error) = Command::new(tool).arg(version).output() else {
        return true;
    };
    assert!(std::env::var_os(required).is_none(), "{tool}: {error}");
    eprintln!("left out: {tool}: {error}");
    false
}

#[test]
fn imgtool_verifies_what_is_signed_here_and_the_other_way_round() {
    if !found("imgtool", "version", IMGTOOL_REQUIRED) {
        return;
    }
    let folder = Folder::with_key();
    let imgtool = |arguments: &[&str]| {
        Command::new("imgtool")
            .args(arguments)
            .current_dir(&folder.0)
            .output()
            .unwrap()
    };
    let done = |output: Output| assert!(output.status.success(), "{}", text(&output.stderr));
    done(imgtool(&["keygen", "-t", "ed25519", "-k", "theirs.pem"]));
    done(imgtool(&[
        "getpub",
        "-k",
        "theirs.pem",
        "-e",
        "pem",
        "-o",
        "public.pem",
    ]));
    restrict(&folder.path("theirs.pem"));
    let (firmware, key, out) = (
        folder.arg("firmware.bin"),
        folder.arg("theirs.pem"),
        folder.arg("ours.bin"),
    );
    done(trust(&[
        "sign-image",
        &firmware,
        "--key",
        &key,
        "--out",
        &out,
        "--version",
        "1.2.3+4",
        "--security-counter",
        "9",
        "--dependency",
        "1:1.0.0",
        "--header-size",
        "512",
    ]));
    let verified = imgtool(&["verify", "-k", "theirs.pem", "ours.bin"]);
    assert!(verified.status.success(), "{}", text(&verified.stdout));
    assert!(
        text(&verified.stdout).contains("Image version: 1.2.3+4"),
        "{}",
        text(&verified.stdout)
    );

    done(imgtool(&[
        "sign",
        "--version",
        "3.2.1",
        "-H",
        "32",
        "--pad-header",
        "-S",
        "65536",
        "--align",
        "4",
        "--security-counter",
        "7",
        "-k",
        "theirs.pem",
        "firmware.bin",
        "theirs.bin",
    ]));
    let (image, public) = (folder.arg("theirs.bin"), folder.arg("public.pem"));
    let answer = answer(&["verify-image", &image, "--key", &public, "--stored-counter", "7"]);
    assert_eq!(answer["ok"]["version"], "3.2.1+0");

    let mut image = fs::read(folder.path("ours.bin")).unwrap();
    image[600] ^= 1;
    folder.write("ours.bin", &image);
    assert!(
        !imgtool(&["verify", "-k", "theirs.pem", "ours.bin"])
            .status
            .success()
    );
}

#[test]
fn a_chain_made_by_openssl() {
    if !found("openssl", "version", OPENSSL_REQUIRED) {
        return;
    }
    let folder = Folder::new();
    folder.write(
        "ca.ext",
        b"basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\n",
    );
    folder.write(
        "device.ext",
        b"basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n",
    );
    let make = |name: &str, subject: &str, issuer: &str, extensions: &str| {
        let file = |kind: &str| format!("{name}.{kind}");
        let curve = ["-algorithm", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
        folder.openssl(&[&["genpkey", "-out", &file("key")][..], &curve].concat());
        folder.openssl(&[
            "req",
            "-new",
            "-key",
            &file("key"),
            "-subj",
            subject,
            "-out",
            &file("csr"),
        ]);
        let (ca, ca_key) = (format!("{issuer}.pem"), format!("{issuer}.key"));
        let signer: &[&str] = match issuer == name {
            true => &["-signkey", &ca_key],
            false => &["-CA", &ca, "-CAkey", &ca_key],
        };
        let (csr, pem) = (file("csr"), file("pem"));
        let fixed = [
            "x509",
            "-req",
            "-in",
            &csr,
            "-extfile",
            extensions,
            "-days",
            "30",
            "-sha256",
            "-set_serial",
            "7",
            "-out",
            &pem,
        ];
        folder.openssl(&[&fixed[..], signer].concat());
    };
    make("root", "/CN=Root", "root", "ca.ext");
    make("sub", "/CN=Factory", "root", "ca.ext");
    make("device", "/O=Example/serialNumber=CB-00017", "sub", "device.ext");
    let both = [
        fs::read(folder.path("device.pem")).unwrap(),
        fs::read(folder.path("sub.pem")).unwrap(),
    ]
    .concat();
    let (chain, root) = (folder.write("chain.pem", &both), folder.arg("root.pem"));
    let judged =
        |options: &[&str]| answer(&[&["verify-chain", &chain, "--anchor", &root][..], options].concat());
    // By the clock of this machine, which has just made them.
    let good = judged(&[]);
    assert_eq!(good["ok"]["identity"], "CB-00017");
    let thumbprint = good["ok"]["thumbprint"].as_str().unwrap().to_owned();

    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let (late, early) = ((now + 40 * 86_400).to_string(), (now - 86_400).to_string());
    assert_eq!(judged(&["--at", &late])["err"]["code"], "expired");
    assert_eq!(judged(&["--at", &early])["err"]["code"], "not-yet-valid");

    let mut row = json!([{"device_id": "CB-00017", "project": "cold-stores", "state": "active", "thumbprints": [thumbprint]}]);
    let registry = folder.write("registry.json", row.to_string().as_bytes());
    assert_eq!(judged(&["--registry", &registry])["ok"]["project"], "cold-stores");
    row[0]["state"] = "revoked".into();
    folder.write("registry.json", row.to_string().as_bytes());
    assert_eq!(judged(&["--registry", &registry])["err"]["code"], "revoked");
    row[0]["state"] = "asleep".into();
    folder.write("registry.json", row.to_string().as_bytes());
    let wrong = trust(&["verify-chain", &chain, "--anchor", &root, "--registry", &registry]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(
        text(&wrong.stderr).ends_with("row 0: `state`\n"),
        "{}",
        text(&wrong.stderr)
    );

    // Without the subordinate CA, which is the fault of the path.
    let device = folder.arg("device.pem");
    let alone = answer(&["verify-chain", &device, "--anchor", &root]);
    assert_eq!(
        (&alone["err"]["code"], &alone["err"]["certificate"]),
        (&"untrusted".into(), &0.into())
    );
}

/// PEM of the tools that people make keys with; the key of the image is the second of two.
#[test]
fn keys_made_by_openssl() {
    if !found("openssl", "version", OPENSSL_REQUIRED) {
        return;
    }
    let folder = Folder::with_key();
    folder.openssl(&["genpkey", "-algorithm", "ed25519", "-out", "secret.pem"]);
    folder.openssl(&["pkey", "-in", "secret.pem", "-pubout", "-out", "public.pem"]);
    restrict(&folder.path("secret.pem"));
    let (firmware, secret, out) = (
        folder.arg("firmware.bin"),
        folder.arg("secret.pem"),
        folder.arg("image.bin"),
    );
    let signed = trust(&[
        "sign-image",
        &firmware,
        "--key",
        &secret,
        "--out",
        &out,
        "--version",
        "1.0.0",
    ]);
    assert!(signed.status.success(), "{}", text(&signed.stderr));
    let public = folder.arg("public.pem");
    assert_eq!(folder.verify(&["--key", &public])["ok"]["key"], 1);
    assert_eq!(folder.verify(&[])["err"]["code"], "key");
}

#[test]
fn a_secret_key_is_guarded() {
    let folder = Folder::with_key();
    for wrong in [&b""[..], &[0; 48], &[0x41; 20_000]] {
        folder.secret("wrong.der", wrong);
        let (firmware, key, out) = (
            folder.arg("firmware.bin"),
            folder.arg("wrong.der"),
            folder.arg("image.bin"),
        );
        let output = trust(&[
            "sign-image",
            &firmware,
            "--key",
            &key,
            "--out",
            &out,
            "--version",
            "1.0.0",
        ]);
        assert_eq!(output.status.code(), Some(1));
        assert!(
            text(&output.stderr).contains("no Ed25519 key"),
            "{}",
            text(&output.stderr)
        );
    }
    // A flag that the profile does not have; nothing is written then.
    let output = folder.sign(&["--version", "1.0.0", "--header-size", "31"]);
    assert!(
        text(&output.stderr).contains("`hdr_size` out of range"),
        "{}",
        text(&output.stderr)
    );
    assert!(!folder.path("image.bin").exists());
    assert!(folder.sign(&["--version", "1.0.0"]).status.success());
}

#[cfg(unix)]
#[test]
fn a_secret_key_that_others_may_read_signs_nothing() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::with_key();
    for mode in [0o640, 0o604, 0o620] {
        fs::set_permissions(folder.path("secret.der"), fs::Permissions::from_mode(mode)).unwrap();
        let output = folder.sign(&["--version", "1.0.0"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(
            text(&output.stderr).contains("others than its owner"),
            "{}",
            text(&output.stderr)
        );
        assert!(!folder.path("image.bin").exists());
    }
}

/// The image comes through a pipe; what the process ever held is looked at before the last byte.
#[cfg(target_os = "linux")]
#[test]
fn an_image_is_never_whole_in_memory() {
    use std::io::Write as _;
    const LEN: usize = 48 << 20;
    let folder = Folder::with_key();
    folder.write("firmware.bin", &vec![0xa5; LEN]);
    assert!(folder.sign(&["--version", "1.0.0"]).status.success());
    let image = fs::read(folder.path("image.bin")).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_comet"))
        .args(["trust", "verify-image", "/dev/stdin", "--key"])
        .arg(folder.path("public.der"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let (most, last) = image.split_at(image.len() - 1);
    input.write_all(most).unwrap();
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    input.write_all(last).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    let peak: usize = peak.split_whitespace().next().unwrap().parse().unwrap();
    assert!(
        peak < LEN / 1024 / 2,
        "{peak} KiB for an image of {} KiB",
        LEN / 1024
    );
}
