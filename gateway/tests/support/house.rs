//! A gateway with HTTPS, a CA that it trusts, and what it says of the sessions of devices.

#![allow(dead_code, reason = "each test binary uses its part")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::net::SocketAddr;
use std::time::Duration;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::version::TLS13;

use super::certificates::{Ca, Identity, Server, connect, post};
use super::{Gateway, metric, text};

pub(crate) const SERIAL: &str = "21990417";
pub(crate) const CONFIRMED: &str = "{\"Result\":true}";
/// Names of what there may be against a session.
const REASONS: [&str; 21] = [
    "tls-version",
    "no-certificate",
    "chain-length",
    "malformed",
    "algorithm",
    "critical-extension",
    "ca-leaf",
    "key-usage",
    "eku",
    "untrusted",
    "not-yet-valid",
    "expired",
    "identity",
    "unknown-device",
    "identity-mismatch",
    "revoked",
    "suspended",
    "not-bound",
    "handshake",
    "too-slow",
    "registry-away",
];

/// A gateway with HTTPS, and a CA that it trusts.
pub(crate) struct House {
    pub(crate) gateway: Gateway,
    pub(crate) ca: Ca,
    pub(crate) server: Server,
    pub(crate) status: Option<SocketAddr>,
}

impl House {
    pub(crate) fn new() -> Self {
        let ca = Ca::new();
        let server = Server::new(&ca);
        Self {
            gateway: Gateway::new(),
            ca,
            server,
            status: None,
        }
    }

    pub(crate) fn start(&mut self, arguments: &[&str]) {
        let https = self.server.arguments();
        let https: Vec<&str> = https
            .iter()
            .map(String::as_str)
            .chain(arguments.iter().copied())
            .collect();
        self.status = Some(self.gateway.start_counted(&https));
    }

    pub(crate) fn device(&self, arguments: &[&str]) {
        let output = self.gateway.device(arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
    }

    /// Registers the certificate for the device, and binds it.
    pub(crate) fn certify(&self, identity: &Identity, serial: &str, more: &[&str]) {
        self.certify_of("wifi", identity, serial, more);
    }

    pub(crate) fn certify_of(&self, family: &str, identity: &Identity, serial: &str, more: &[&str]) {
        let file = identity.file(self.gateway.folder(), "device.der");
        let file = file.to_str().unwrap();
        let all = [
            "certify",
            "--family",
            family,
            "--serial",
            serial,
            "--certificate",
            file,
        ];
        self.device(&[&all[..], more].concat());
    }

    /// The same by its thumbprint, of which nothing is checked.
    pub(crate) fn certify_unseen(&self, identity: &Identity, serial: &str, more: &[&str]) {
        let thumbprint = device_trust::certificate::Thumbprint::of(&identity.chain[0]).to_string();
        let all = [
            "certify",
            "--family",
            "wifi",
            "--serial",
            serial,
            "--thumbprint",
            &thumbprint,
        ];
        self.device(&[&all[..], more].concat());
    }

    pub(crate) fn client(&self, identity: &Identity) -> TlsConnector {
        self.server.client(Some(identity), &TLS13)
    }

    /// One message in a session of its own; `None` if the session ended before the answer.
    pub(crate) async fn send(&self, client: &TlsConnector, body: &str) -> Option<(u16, String)> {
        let mut stream = connect(client, self.gateway.https()).await.ok()?;
        post(&mut stream, body).await.ok()
    }

    /// Why sessions were refused, and how often.
    pub(crate) fn refused(&self) -> Vec<(&'static str, u64)> {
        let count = |reason: &&'static str| {
            let name = format!("comet_https_refused_total{{reason=\"{reason}\"}}");
            (*reason, metric(self.status.unwrap(), &name))
        };
        REASONS
            .iter()
            .map(count)
            .filter(|(_, count)| *count > 0)
            .collect()
    }

    /// Waits until sessions were refused for these reasons and no others: the other side may hear of it a moment before it is counted.
    pub(crate) async fn has_refused(&self, expected: &[(&'static str, u64)]) {
        let sorted = |mut reasons: Vec<(&'static str, u64)>| {
            reasons.sort_unstable();
            reasons
        };
        let expected = sorted(expected.to_vec());
        for _ in 0..500 {
            if sorted(self.refused()) == expected {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(sorted(self.refused()), expected);
    }

    /// The projects of all messages, in the order of arrival.
    pub(crate) fn projects(&self) -> Vec<Option<String>> {
        let database = self.gateway.database();
        let mut statement = database
            .prepare("SELECT project FROM message LEFT JOIN message_project ON message = id ORDER BY id")
            .unwrap();
        let all = statement.query_map([], |row| row.get(0)).unwrap();
        all.collect::<Result<_, _>>().unwrap()
    }
}
