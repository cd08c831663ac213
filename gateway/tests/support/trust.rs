//! `comet trust` on files in a folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use super::{comet, text};

/// Set where a missing tool is a failure: in the project's own gate. Elsewhere these tests say that they were left out.
pub(crate) const IMGTOOL_REQUIRED: &str = "COMET_TEST_IMGTOOL_REQUIRED";
pub(crate) const OPENSSL_REQUIRED: &str = "COMET_TEST_OPENSSL_REQUIRED";

pub(crate) const PKCS8_HEAD: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];
pub(crate) const ED25519_HEAD: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];
pub(crate) const P256_HEAD: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// RFC 8032 §7.1, test 2.
pub(crate) const SECRET: &str = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
pub(crate) const PUBLIC: &str = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";

/// A folder that goes away.
pub(crate) struct Folder(pub(crate) tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// With `secret.der`, `public.der` and a firmware.
    pub(crate) fn with_key() -> Self {
        let folder = Self::new();
        folder.secret("secret.der", &[&PKCS8_HEAD[..], &octets(SECRET)].concat());
        folder.write("public.der", &[&ED25519_HEAD[..], &octets(PUBLIC)].concat());
        folder.write("firmware.bin", &[0x5a; 700]);
        folder
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn arg(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn write(&self, name: &str, octets: &[u8]) -> String {
        fs::write(self.path(name), octets).unwrap();
        self.arg(name)
    }

    pub(crate) fn secret(&self, name: &str, octets: &[u8]) {
        self.write(name, octets);
        restrict(&self.path(name));
    }

    pub(crate) fn sign(&self, options: &[&str]) -> Output {
        let (firmware, key, out) = (
            self.arg("firmware.bin"),
            self.arg("secret.der"),
            self.arg("image.bin"),
        );
        let fixed = ["sign-image", &firmware, "--key", &key, "--out", &out];
        trust(&[&fixed[..], options].concat())
    }

    pub(crate) fn verify(&self, options: &[&str]) -> Value {
        let (image, key) = (self.arg("image.bin"), self.arg("public.der"));
        answer(&[&["verify-image", &image, "--key", &key][..], options].concat())
    }

    pub(crate) fn openssl(&self, arguments: &[&str]) {
        let output = Command::new("openssl")
            .args(arguments)
            .current_dir(&self.0)
            .output();
        let output = output.unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    }
}

#[cfg(unix)]
pub(crate) fn restrict(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

#[cfg(not(unix))]
pub(crate) fn restrict(_: &Path) {}

pub(crate) fn octets(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

pub(crate) fn trust(arguments: &[&str]) -> Output {
    comet(&[&["trust"][..], arguments].concat(), b"")
}

/// What is printed for programs; what is refused ends with 1 and its code, what is good with 0.
pub(crate) fn answer(arguments: &[&str]) -> Value {
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

pub(crate) fn found(tool: &str, version: &str, required: &str) -> bool {
    let Err(error) = Command::new(tool).arg(version).output() else {
        return true;
    };
    assert!(std::env::var_os(required).is_none(), "{tool}: {error}");
    eprintln!("left out: {tool}: {error}");
    false
}
