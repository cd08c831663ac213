//! A device type, and the cloud that calls back.

use super::{Gateway, comet, status, text};

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

    pub(crate) fn post(&self, gateway: &Gateway, body: &str) -> (u16, String) {
        self.send(gateway, "POST", "", "application/json", body)
    }
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
