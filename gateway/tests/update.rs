//! Signed images for devices with certificates, over real TLS sessions.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

mod support;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use device_trust::image::{SigningKey, Unsigned, Version};
use support::certificates::{Ca, Identity, Server, connect};
use support::{Gateway, metric, text};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::version::TLS13;

const SERIAL: &str = "21990417";
/// Of `signing_key(1)`, as `openssl pkey -pubout` writes it.
const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAiojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=\n-----END PUBLIC KEY-----\n";
const CLASS: [u8; 16] = [0xc1; 16];

fn signing_key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

/// An image for the class, with the counter, if there is one.
fn image(seed: u8, class: Option<[u8; 16]>, counter: Option<u32>) -> Vec<u8> {
    image_of(100_000, seed, class, counter)
}

fn image_of(len: usize, seed: u8, class: Option<[u8; 16]>, counter: Option<u32>) -> Vec<u8> {
    let firmware = vec![0x5a; len];
    let mut unsigned = Unsigned::new(&firmware, Version::new(2, 1, 0));
    unsigned.class = class;
    unsigned.security_counter = counter;
    let mut out = vec![0; unsigned.signed_len().unwrap()];
    unsigned.sign(&signing_key(seed), &mut out).unwrap().to_vec()
}

struct House {
    gateway: Gateway,
    server: Server,
    identity: Identity,
}

impl House {
    fn new() -> Self {
        let (gateway, ca) = (Gateway::new(), Ca::new());
        let house = Self {
            server: Server::new(&ca),
            identity: ca.device(SERIAL),
            gateway,
        };
        std::fs::create_dir(house.updates()).unwrap();
        std::fs::write(house.key(), PUBLIC_KEY).unwrap();
        let file = house.identity.file(house.gateway.folder(), "device.der");
        let output = house.gateway.device(&[
            "certify",
            "--family",
            "wifi",
            "--serial",
            SERIAL,
            "--project",
            "cold-stores",
            "--certificate",
            file.to_str().unwrap(),
        ]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        house
    }

    fn updates(&self) -> PathBuf {
        self.gateway.folder().join("updates")
    }

    fn key(&self) -> PathBuf {
        self.gateway.folder().join("update-key.pem")
    }

    fn put(&self, name: &str, octets: &[u8]) {
        std::fs::write(self.updates().join(name), octets).unwrap();
    }

    fn arguments(&self) -> Vec<String> {
        let mut arguments = self.server.arguments();
        let (updates, key) = (self.updates(), self.key());
        for text in [
            "--updates",
            updates.to_str().unwrap(),
            "--update-key",
            key.to_str().unwrap(),
        ] {
            arguments.push(text.to_owned());
        }
        arguments
    }

    fn start(&mut self) -> SocketAddr {
        self.start_with(&[])
    }

    fn start_with(&mut self, more: &[&str]) -> SocketAddr {
        let arguments = self.arguments();
        let arguments = arguments.iter().map(String::as_str);
        let arguments: Vec<&str> = arguments.chain(more.iter().copied()).collect();
        self.gateway.start_counted(&arguments)
    }

    /// What a gateway says that does not start. One that does is a failure, not a reason to wait.
    fn refused_start(&self) -> String {
        self.refused_start_with(&[])
    }

    fn refused_start_with(&self, more: &[&str]) -> String {
        let mut child = Command::new(env!("CARGO_BIN_EXE_comet"))
            .args(["serve", "--listen", "127.0.0.1:0", "--db"])
            .arg(self.gateway.db())
            .args(self.arguments())
            .args(more)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut ended = None;
        for _ in 0..1000 {
            ended = child.try_wait().unwrap();
            if ended.is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        // Nothing happens if it has ended.
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        let said = text(&output.stderr);
        assert!(
            ended.is_some_and(|status| !status.success()),
            "it started: {said}"
        );
        said
    }

    fn client(&self) -> TlsConnector {
        self.server.client(Some(&self.identity), &TLS13)
    }

    async fn session(&self) -> TlsStream<TcpStream> {
        connect(&self.client(), self.gateway.https()).await.unwrap()
    }

    /// Status, head and body of an answer.
    async fn get(&self, path: &str, more: &str) -> (u16, String, Vec<u8>) {
        self.ask("GET", path, more).await
    }

    async fn ask(&self, method: &str, path: &str, more: &str) -> (u16, String, Vec<u8>) {
        self.ask_in(self.session().await, method, path, more).await
    }

    async fn ask_in(
        &self,
        mut stream: TlsStream<TcpStream>,
        method: &str,
        path: &str,
        more: &str,
    ) -> (u16, String, Vec<u8>) {
        let request = format!("{method} {path} HTTP/1.1\r\nHost: x\r\n{more}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // Until the connection ends, as it does without keep-alive.
        stream.read_to_end(&mut answer).await.unwrap();
        let end = answer
            .windows(4)
            .position(|window| window == b"\r\n\r\n")
            .unwrap();
        let head = text(&answer[..end]);
        (support::status(&head), head, answer[end + 4..].to_vec())
    }
}

fn path(class: [u8; 16], stored: u32) -> String {
    let class: String = class.iter().map(|octet| format!("{octet:02x}")).collect();
    format!("/update/{class}/{stored}")
}

#[tokio::test]
async fn a_device_gets_the_verified_image_of_its_class_and_never_an_older_one() {
    let mut house = House::new();
    let signed = image(1, Some(CLASS), Some(7));
    house.put("sensor.bin", &signed);
    house.put("other.bin", &image(1, Some([0xc2; 16]), Some(1)));
    house.put(".notes", b"no image");
    let status = house.start();
    let (code, head, body) = house.get(&path(CLASS, 6), "").await;
    assert_eq!((code, body == signed), (200, true));
    // The same counter is the same update again.
    assert_eq!(house.get(&path(CLASS, 7), "").await.0, 200);
    let tag = head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap();
    for (held, expected) in [
        (tag.to_owned(), 304),
        (format!("W/{tag}"), 304),
        (format!("\"a\", {tag}, \"b\""), 304),
        (format!("\"a\"\r\nIf-None-Match:{tag}"), 304),
        ("*".to_owned(), 304),
        ("\"a\", W/\"b\"".to_owned(), 200),
        (tag.trim_matches('"').to_owned(), 200),
    ] {
        // Nobody takes an image with HEAD: it is not counted below.
        let more = format!("If-None-Match: {held}\r\n");
        let (code, head, body) = house.ask("HEAD", &path(CLASS, 7), &more).await;
        assert_eq!((code, body.len()), (expected, 0), "{held}");
        assert!(head.contains(tag), "{held}");
    }
    let (code, _, body) = house
        .get(&path(CLASS, 7), &format!("If-None-Match: {tag}\r\n"))
        .await;
    assert_eq!((code, body.len()), (304, 0));
    // A device that is ahead is given nothing.
    let (code, _, body) = house.get(&path(CLASS, 8), "").await;
    assert_eq!((code, body.len()), (409, 0));
    assert_eq!(
        metric(status, "comet_https_refused_total{reason=\"rollback\"}"),
        1
    );
    assert_eq!(metric(status, "comet_updates_served_total"), 2);
    for (wrong, code) in [
        (path([0xc3; 16], 1), 404),
        ("/update/c1/1".to_owned(), 404),
        (path(CLASS, 1).replace("/1", "/x"), 400),
        (path(CLASS, 1).replace("/1", "/+1"), 400),
        (path(CLASS, 1).replace("/1", "/01"), 400),
        (path(CLASS, 1).replace("/1", "/4294967296"), 400),
    ] {
        assert_eq!(house.get(&wrong, "").await.0, code, "{wrong}");
    }
    // What lies in the folder later is not served: what was verified is.
    house.put("sensor.bin", b"something else");
    assert_eq!(house.get(&path(CLASS, 6), "").await.2, signed);
    // Whoever has no certificate gets none.
    let stranger = house.server.client(None, &TLS13);
    let session = connect(&stranger, house.gateway.https()).await;
    if let Ok(mut stream) = session {
        let request = format!("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", path(CLASS, 6));
        let _ = stream.write_all(request.as_bytes()).await;
        let mut answer = Vec::new();
        assert!(stream.read_to_end(&mut answer).await.is_err() && answer.is_empty());
    }
}

#[test]
fn what_is_not_verified_or_goes_back_keeps_the_gateway_from_starting() {
    let mut house = House::new();
    let good = image(1, Some(CLASS), Some(7));
    house.put("sensor.bin", &good);
    house.start();
    house.gateway.kill();
    let mut flipped = good.clone();
    flipped[5000] ^= 1;
    for (octets, why) in [
        (flipped, "hash: "),
        (good[..good.len() - 1].to_vec(), "truncated: "),
        ([&good[..], b"x"].concat(), "trailing: "),
        (image(2, Some(CLASS), Some(8)), "key: "),
        (image(1, Some(CLASS), Some(6)), "rollback: "),
        (image(1, Some(CLASS), None), "counter-missing: "),
        (image(1, None, Some(8)), "names no class"),
    ] {
        house.put("sensor.bin", &octets);
        let said = house.refused_start();
        assert!(said.contains(why) && said.contains("sensor.bin"), "{why}: {said}");
    }
    house.put("sensor.bin", &image(1, Some(CLASS), Some(8)));
    house.put("twice.bin", &good);
    // The order of names decides which one is told; neither is served.
    assert!(house.refused_start().contains("twice.bin"));
    std::fs::remove_file(house.updates().join("twice.bin")).unwrap();
    house.start();
    house.gateway.kill();
    house.put("sensor.bin", &good);
    assert!(
        house.refused_start().contains("rollback: "),
        "7 was good before 8 was served"
    );
}

#[test]
fn images_are_limited_in_size_and_number() {
    let mut house = House::new();
    let good = image(1, Some(CLASS), Some(7));
    house.put("sensor.bin", &good);
    let most = |len: usize| ["--update-max-len".to_owned(), len.to_string()];
    let refused = |len: usize| {
        let most = most(len);
        house.refused_start_with(&most.each_ref().map(String::as_str))
    };
    let said = refused(good.len() - 1);
    assert!(said.contains("sensor.bin: size: "), "{said}");
    // Of a file that is too long one octet more is read: enough to see that it is another one.
    house.put("sensor.bin", &[&good[..], b"xy"].concat());
    let said = refused(good.len());
    assert!(said.contains("sensor.bin: trailing: "), "{said}");
    house.put("sensor.bin", &good);
    house.start_with(&most(good.len()).each_ref().map(String::as_str));
    house.gateway.kill();
    for number in 1..64 {
        let other = image_of(100, 1, Some([number; 16]), Some(1));
        house.put(&format!("{number}.bin"), &other);
    }
    house.start();
    house.gateway.kill();
    house.put("64.bin", &image_of(100, 1, Some([64; 16]), Some(1)));
    let said = house.refused_start();
    assert!(said.contains("more than 64 images"), "{said}");
}

#[tokio::test]
async fn the_registry_is_asked_for_every_image() {
    let mut house = House::new();
    house.put("sensor.bin", &image(1, Some(CLASS), Some(7)));
    let status = house.start();
    let (first, second) = (house.session().await, house.session().await);
    assert_eq!(house.ask_in(first, "GET", &path(CLASS, 7), "").await.0, 200);
    let revoked = house
        .gateway
        .device(&["revoke", "--family", "wifi", "--serial", SERIAL]);
    assert!(revoked.status.success(), "{}", text(&revoked.stderr));
    let (code, _, body) = house.ask_in(second, "GET", &path(CLASS, 7), "").await;
    assert_eq!((code, body.len()), (403, 0));
    assert_eq!(metric(status, "comet_https_refused_total{reason=\"revoked\"}"), 1);
    assert_eq!(metric(status, "comet_updates_served_total"), 1);
}

#[tokio::test]
async fn an_image_that_nobody_takes_is_not_held_ready_for_ever() {
    let mut house = House::new();
    let signed = image_of(12 << 20, 1, Some(CLASS), Some(7));
    house.put("sensor.bin", &signed);
    house.start_with(&["--timeout-s", "1", "--max-connections-per-address", "1"]);
    let mut idle = house.session().await;
    let request = format!("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", path(CLASS, 7));
    idle.write_all(request.as_bytes()).await.unwrap();
    idle.flush().await.unwrap();
    // There is no other seat until this one is given back.
    let mut next = None;
    for _ in 0..500 {
        next = connect(&house.client(), house.gateway.https()).await.ok();
        if next.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let next = next.unwrap();
    // What is left is what lay in the memory of both systems; the end is none of TLS.
    let mut rest = Vec::new();
    assert!(idle.read_to_end(&mut rest).await.is_err());
    assert!(rest.len() < signed.len(), "{}", rest.len());
    // Whoever reads gets all of it.
    assert_eq!(house.ask_in(next, "GET", &path(CLASS, 7), "").await.2, signed);
}
