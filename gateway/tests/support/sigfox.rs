//! A device type, and the cloud that calls back.

use sigfox_frame::auth::DeviceKey;
use sigfox_frame::uplink::{Frames, Message, Rank};

use super::{Gateway, comet, status, text};

/// Of the device of the specification's examples.
pub(crate) const RADIO_KEY: [u8; 16] = *b"\x2b\x7e\x15\x16\x28\xae\xd2\xa6\xab\xf7\x15\x88\x09\xcf\x4f\x3c";
pub(crate) const RADIO_KEY_TEXT: &str = "2b7e151628aed2a6abf7158809cf4f3c";

/// A device type of a gateway.
#[derive(Debug, Clone)]
pub(crate) struct DeviceType {
    pub(crate) name: String,
    /// The whole line.
    pub(crate) header: String,
    pub(crate) path: String,
}

impl DeviceType {
    pub(crate) fn add(gateway: &Gateway, name: &str, arguments: &[&str]) -> Self {
        let output = run(gateway, "device-type", &[&["add", name], arguments].concat());
        Self::of(name, &output)
    }

    /// What `add` or `rotate` has printed.
    pub(crate) fn of(name: &str, printed: &str) -> Self {
        let after = |what: &str| {
            let line = printed.lines().find(|line| line.trim_start().starts_with(what));
            line.map(|line| line.trim_start().trim_start_matches(what).trim().to_owned())
        };
        let url = after("URL").unwrap();
        Self {
            name: name.to_owned(),
            header: after("header").unwrap_or_default(),
            path: url.split_once("example.org").unwrap().1.to_owned(),
        }
    }

    pub(crate) fn add_device(&self, gateway: &Gateway, serial: &str) {
        let output = gateway.device(&[
            "add", "--family", "sigfox", "--serial", serial, "--type", &self.name,
        ]);
        assert!(output.status.success(), "{}", text(&output.stderr));
    }

    /// Many at once, with numbers from `first` on.
    pub(crate) fn add_devices(&self, gateway: &Gateway, first: u32, count: u32) {
        let writing = rusqlite::Connection::open(gateway.db()).unwrap();
        writing
            .execute_batch(&format!(
                "WITH RECURSIVE n (i) AS (VALUES ({first}) UNION ALL SELECT i + 1 FROM n WHERE i < {first} + {count} - 1) \
                 INSERT INTO device (family, serial, added_ms) SELECT 'sigfox', printf('%X', i), 0 FROM n; \
                 INSERT OR IGNORE INTO sigfox_device (family, serial, type) SELECT family, serial, '{}' FROM device;",
                self.name
            ))
            .unwrap();
    }

    /// A device whose frames are received by one's own receivers.
    pub(crate) fn add_radio_device(&self, gateway: &Gateway, serial: &str, key: &str) {
        let output = gateway.device(&[
            "add",
            "--family",
            "sigfox-radio",
            "--serial",
            serial,
            "--type",
            &self.name,
            "--radio-key",
            key,
        ]);
        assert!(output.status.success(), "{}", text(&output.stderr));
    }

    pub(crate) fn request(&self, method: &str, query: &str, media: &str, body: &str) -> String {
        let header = if self.header.is_empty() {
            String::new()
        } else {
            format!("{}\r\n", self.header)
        };
        format!(
            "{method} {}{query} HTTP/1.1\r\nHost: x\r\n{header}Content-Type: {media}\r\nContent-Length: {}\r\n\r\n{body}",
            self.path,
            body.len()
        )
    }

    pub(crate) fn send(
        &self,
        gateway: &Gateway,
        method: &str,
        query: &str,
        media: &str,
        body: &str,
    ) -> (u16, String) {
        split(&gateway.raw(self.request(method, query, media, body).as_bytes()))
    }

    /// What a receiver of one's own sends.
    pub(crate) fn radio_request(&self, media: &str, more: &str, frame: &[u8]) -> Vec<u8> {
        let path = self.path.replace("/sigfox/", "/sigfox-radio/");
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\n{}\r\nContent-Type: {media}\r\n{more}Content-Length: {}\r\n\r\n",
            self.header,
            frame.len()
        );
        [head.as_bytes(), frame].concat()
    }

    pub(crate) fn post(&self, gateway: &Gateway, body: &str) -> (u16, String) {
        self.send(gateway, "POST", "", "application/json", body)
    }
}

/// A frame as it comes out of a demodulator.
pub(crate) fn radio_frame(message: &Message, key: [u8; 16], rank: Rank) -> Vec<u8> {
    let frames = Frames::new(message, &DeviceKey::new(key).unwrap()).unwrap();
    frames.frame(rank).to_vec()
}

pub(crate) fn split(answer: &str) -> (u16, String) {
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (status(answer), body.to_owned())
}

/// Runs a command on the database of a gateway, which has to succeed.
pub(crate) fn run(gateway: &Gateway, command: &str, arguments: &[&str]) -> String {
    let db = gateway.db();
    let output = comet(
        &[&[command, "--db", db.to_str().unwrap()], arguments].concat(),
        b"",
    );
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

pub(crate) fn now_s() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.unwrap().as_secs()
}
