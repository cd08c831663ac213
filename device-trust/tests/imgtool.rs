//! Images against the public `imgtool`, in both directions.

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test may panic"
)]
#![cfg(feature = "sign")]

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use base64ct::{Base64, Encoding as _};
use device_trust::image::{
    Dependency, FLAG_RAM_LOAD, FLAG_ROM_FIXED, ImageErrorKind, MAX_TLV_LEN, Mode, Policy, Stream, Unsigned,
    Version, verify,
};
use support::{key, signed};

/// Set where a missing `imgtool` is a failure: in the project's own gate. Elsewhere these tests say that they were left out.
const REQUIRED: &str = "COMET_TEST_IMGTOOL_REQUIRED";

/// Images in each direction.
const IMAGES: u64 = 40;

/// The tool, and a folder that goes away.
struct Tool {
    folder: tempfile::TempDir,
}

impl Tool {
    /// `None` if the machine has none.
    fn find() -> Option<Self> {
        if let Err(error) = Command::new("imgtool").arg("version").output() {
            assert!(std::env::var_os(REQUIRED).is_none(), "imgtool: {error}");
            eprintln!("left out: imgtool: {error}");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        Some(Self { folder })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The key of this seed as PKCS #8 in PEM.
    fn key_file(&self, seed: u8) -> PathBuf {
        let head = [
            0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
        ];
        let encoded = Base64::encode_string(&[&head[..], &[seed; 32]].concat());
        let path = self.path(&format!("key-{seed}.pem"));
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{encoded}\n-----END PRIVATE KEY-----\n");
        std::fs::write(&path, pem).unwrap();
        path
    }

    fn run(arguments: &[&str], files: &[&Path]) -> Output {
        Command::new("imgtool")
            .args(arguments)
            .args(files)
            .output()
            .unwrap()
    }

    fn verifies(&self, image: &[u8], key: &Path) -> Output {
        let path = self.path("ours.bin");
        std::fs::write(&path, image).unwrap();
        Self::run(&["verify", "-k"], &[key, &path])
    }
}

/// Numbers that look like chance and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn version(&mut self) -> Version {
        Version {
            major: self.next() as u8,
            minor: self.next() as u8,
            revision: self.next() as u16,
            build: self.next() as u32,
        }
    }

    fn firmware(&mut self) -> Vec<u8> {
        let len = 1 + self.below(5000);
        (0..len).map(|_| self.next() as u8).collect()
    }
}

fn said(output: &Output) -> String {
    let stdout = String::from_utf8_lossy(&output.stdout);
    format!("{stdout}{}", String::from_utf8_lossy(&output.stderr))
}

#[test]
fn what_is_signed_here_is_verified_there() {
    let Some(tool) = Tool::find() else { return };
    let (good_key, other_key) = (tool.key_file(1), tool.key_file(2));
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    for round in 0..IMAGES {
        let firmware = numbers.firmware();
        let dependencies: Vec<_> = (0..numbers.below(3))
            .map(|_| Dependency {
                image: numbers.next() as u8,
                version: numbers.version(),
            })
            .collect();
        let mut image = Unsigned::new(&firmware, numbers.version());
        image.header_size = 32 + numbers.below(1000) as u16;
        image.dependencies = &dependencies;
        image.security_counter = (round % 2 == 0).then_some(numbers.next() as u32);
        image.vendor = (round % 3 == 0).then_some([round as u8; 16]);
        image.class = (round % 5 == 0).then_some([0xcc; 16]);
        image.flags = [0, FLAG_RAM_LOAD, FLAG_ROM_FIXED][(round % 3) as usize];
        image.load_addr = numbers.next() as u32;
        let mut bytes = signed(&image, &key(1));
        let good = tool.verifies(&bytes, &good_key);
        assert!(good.status.success(), "round {round}: {}", said(&good));
        let version = image.version.to_string();
        assert!(
            said(&good).contains(&format!("Image version: {version}")),
            "{}",
            said(&good)
        );
        if round % 8 == 0 {
            let stranger = tool.verifies(&bytes, &other_key);
            assert!(!stranger.status.success(), "{}", said(&stranger));
            let at = 28 + numbers.below(firmware.len() as u64) as usize;
            bytes[at] ^= 1;
            let damaged = tool.verifies(&bytes, &good_key);
            assert!(!damaged.status.success(), "{}", said(&damaged));
        }
    }
}

#[test]
fn what_is_signed_there_is_verified_here() {
    let Some(tool) = Tool::find() else { return };
    let key_file = tool.key_file(3);
    let (firmware_file, image_file) = (tool.path("firmware.bin"), tool.path("theirs.bin"));
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    let keys = [key(9).public_key(), key(3).public_key()];
    for round in 0..IMAGES {
        let firmware = numbers.firmware();
        std::fs::write(&firmware_file, &firmware).unwrap();
        let (version, header) = (numbers.version(), 32 + 4 * numbers.below(200));
        let mut options = vec![
            "--version".to_owned(),
            version.to_string(),
            "--header-size".into(),
            header.to_string(),
            "--pad-header".into(),
            "--slot-size".into(),
            "131072".into(),
            "--align".into(),
            ["1", "4", "8"][(round % 3) as usize].into(),
            "--public-key-format".into(),
            ["hash", "full"][(round % 2) as usize].into(),
        ];
        let counter = (round % 3 != 0).then(|| numbers.next() as u32);
        if let Some(counter) = counter {
            options.extend(["--security-counter".into(), counter.to_string()]);
        }
        let dependency = (round % 4 == 1).then(|| numbers.version());
        if let Some(dependency) = dependency {
            options.extend(["--dependencies".into(), format!("(1, {dependency})")]);
        }
        let named = round % 5 == 2;
        if named {
            let names = ["--vid", "vendor.example", "--cid", "logger"];
            options.extend(names.map(str::to_owned));
        }
        match round % 4 {
            1 => options.extend(["--load-addr".into(), "0x20001000".into()]),
            2 => options.extend(["--rom-fixed".into(), "0x8000".into()]),
            3 => {
                options.extend(["--custom-tlv", "0x00a1", "text", "--boot-record", "app"].map(str::to_owned))
            }
            _ => {}
        }
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        let arguments = [&["sign"][..], &options, &["-k"]].concat();
        let made = Tool::run(&arguments, &[&key_file, &firmware_file, &image_file]);
        assert!(made.status.success(), "round {round}: {}", said(&made));
        let mut image = std::fs::read(&image_file).unwrap();

        let policy = Policy::new(&keys, 131_072, Mode::File);
        let verified =
            verify(&image, &policy).unwrap_or_else(|error| panic!("round {round}, {options:?}: {error}"));
        assert_eq!((verified.version, verified.key), (version, 1));
        assert_eq!(u64::from(verified.header_size), header);
        assert_eq!(verified.image_size as usize, firmware.len());
        assert_eq!(verified.security_counter, counter);
        let needs: Vec<_> = verified.dependencies().map(|other| other.version).collect();
        assert_eq!(needs, Vec::from_iter(dependency));
        assert_eq!(
            (verified.vendor.is_some(), verified.class.is_some()),
            (named, named)
        );
        let flags = [0, FLAG_RAM_LOAD, FLAG_ROM_FIXED, 0][(round % 4) as usize];
        assert_eq!(verified.flags, flags);

        let mut memory = vec![0; MAX_TLV_LEN];
        let mut stream = Stream::new(&policy, &mut memory);
        for chunk in image.chunks(777) {
            stream.push(chunk).unwrap();
        }
        assert_eq!(stream.finish().unwrap().sha256, verified.sha256);

        let strangers = Policy::new(&keys[..1], 131_072, Mode::File);
        assert_eq!(verify(&image, &strangers).unwrap_err().kind, ImageErrorKind::Key);
        let at = (header + numbers.below(firmware.len() as u64)) as usize;
        image[at] ^= 0x10;
        assert_eq!(verify(&image, &policy).unwrap_err().kind, ImageErrorKind::Hash);
    }
}

/// What the tool makes beyond the profile is refused for what it is.
#[test]
fn other_profiles_of_the_tool_are_refused() {
    let Some(tool) = Tool::find() else { return };
    let (firmware_file, image_file) = (tool.path("firmware.bin"), tool.path("theirs.bin"));
    std::fs::write(&firmware_file, [0x5a; 700]).unwrap();
    let keys = [key(4).public_key()];
    let policy = Policy::new(&keys, 1 << 20, Mode::File);
    let fixed = [
        "sign",
        "--version",
        "1.0.0",
        "-H",
        "32",
        "--pad-header",
        "-S",
        "65536",
        "--align",
        "4",
    ];
    let key_file = tool.key_file(4);
    let elliptic = tool.path("p256.pem");
    let made = Tool::run(&["keygen", "-t", "ecdsa-p256", "-k"], &[&elliptic]);
    assert!(made.status.success(), "{}", said(&made));
    for (options, key_file, expected) in [
        (&["--pure"][..], &key_file, "tlv"),
        (&["--sha", "512"], &key_file, "tlv"),
        (&["--non-bootable"], &key_file, "flags"),
        (&["--pad"], &key_file, "trailing"),
        (&["--endian", "big"], &key_file, "magic"),
        (&[], &elliptic, "tlv"),
    ] {
        let arguments = [&fixed[..], options, &["-k"]].concat();
        let made = Tool::run(&arguments, &[key_file, &firmware_file, &image_file]);
        assert!(made.status.success(), "{options:?}: {}", said(&made));
        let image = std::fs::read(&image_file).unwrap();
        let error = verify(&image, &policy).unwrap_err();
        assert_eq!(error.kind.code(), expected, "{options:?}: {error}");
    }
}
