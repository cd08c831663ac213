//! `comet trust sign-image` and `verify-image`.

mod support;

use std::fs;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use support::text;
use support::trust::{Folder, IMGTOOL_REQUIRED, OPENSSL_REQUIRED, answer, found, restrict, trust};

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

/// Programs get their object whatever happens, and can tell it from a verdict.
#[test]
fn a_check_that_cannot_be_made_has_an_object_too() {
    let folder = Folder::with_key();
    assert!(folder.sign(&["--version", "1.0.0"]).status.success());
    let [image, key, nowhere] = ["image.bin", "public.der", "nowhere"].map(|name| folder.arg(name));
    let bad = folder.write("bad.der", b"no key");
    let empty = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
    let empty = folder.write("empty.pem", empty.as_bytes());
    let id = "c1".repeat(16);
    let certificate = rcgen::generate_simple_self_signed(["x".to_owned()]).unwrap();
    let certificate = folder.write("certificate.der", certificate.cert.der());
    let manifest = ["--vendor", &id, "--class", &id];
    let cases: [(&[&str], &str); 9] = [
        (&["verify-image", &nowhere, "--key", &key], "nowhere: "),
        (&["verify-image", &image, "--key", &nowhere], "nowhere: "),
        (&["verify-image", &image, "--key", &bad], "bad.der: encoding: "),
        (
            &[&["verify-manifest", &nowhere, "--key", &key][..], &manifest].concat(),
            "nowhere: ",
        ),
        (
            &[&["verify-manifest", &image, "--key", &bad][..], &manifest].concat(),
            "bad.der: encoding: ",
        ),
        (&["verify-chain", &nowhere, "--anchor", &certificate], "nowhere: "),
        (
            &["verify-chain", &certificate, "--anchor", &bad],
            "bad.der: anchor 0 is no certificate",
        ),
        (
            &["verify-chain", &certificate, "--anchor", &empty],
            "empty.pem: there is no certificate in it",
        ),
        (
            &[
                "verify-chain",
                &certificate,
                "--anchor",
                &certificate,
                "--registry",
                &bad,
            ],
            "bad.der: ",
        ),
    ];
    for (arguments, why) in cases {
        for format in ["json", "text"] {
            let output = trust(&[arguments, &["--format", format]].concat());
            let said = text(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{said}");
            assert!(said.starts_with("comet: ") && said.contains(why), "{said}");
            if format == "text" {
                assert_eq!(text(&output.stdout), "");
                continue;
            }
            let object: Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!(object["err"]["code"], "not-made", "{said}");
            assert_eq!(
                format!("comet: {}\n", object["err"]["text"].as_str().unwrap()),
                said
            );
        }
    }
}

/// One octet more than may be is read, so that it is not taken for the end.
#[test]
fn what_follows_the_largest_image_is_seen() {
    let folder = Folder::with_key();
    assert!(folder.sign(&["--version", "1.0.0"]).status.success());
    let good = fs::read(folder.path("image.bin")).unwrap();
    let most = good.len().to_string();
    assert_eq!(
        folder.verify(&["--max-size", &most])["ok"]["total_size"],
        good.len()
    );
    for more in [&b"x"[..], &[0; 100_000]] {
        folder.write("image.bin", &[&good[..], more].concat());
        assert_eq!(folder.verify(&["--max-size", &most])["err"]["code"], "trailing");
    }
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
