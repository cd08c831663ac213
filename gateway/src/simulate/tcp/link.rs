//! One session of a device on a real connection.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, version};
use wifisensor_tcp::device::{Device as Machine, Event};
use wifisensor_tcp::frame::{HEAD_LEN, MAX_SERVER_FRAME_LEN, PORT};
use wifisensor_tcp::result::ResultCode;
use wifisensor_tcp::session::Output;
use wifisensor_tcp::time::Millis;

use super::device::Device;
use crate::Failure;

/// Time for a connection.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where devices connect to.
pub(crate) struct Target {
    address: String,
    tls: Option<(TlsConnector, String)>,
}

impl Target {
    /// `host` or `host:port`; the port is 14354 if it is not given.
    pub(crate) fn new(address: &str, tls: Option<TlsConnector>, name: Option<String>) -> Self {
        let has_port = address
            .rsplit_once(':')
            .is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let address = if has_port {
            address.to_owned()
        } else {
            format!("{address}:{PORT}")
        };
        Self {
            address,
            tls: tls.zip(name),
        }
    }

    pub(super) async fn connect(&self) -> Option<TcpStream> {
        let stream = tokio::time::timeout(PATIENCE, TcpStream::connect(&self.address))
            .await
            .ok()?
            .ok()?;
        // A failure shows at the first write.
        let _ = stream.set_nodelay(true);
        Some(stream)
    }
}

/// Trusts the certificates in a file.
pub(super) fn connector(file: &Path) -> Result<TlsConnector, Failure> {
    let failed = |error: &dyn core::fmt::Display| Failure::new(format!("{}: {error}", file.display()));
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| failed(&error))? {
        let certificate = certificate.map_err(|error| failed(&error))?;
        roots.add(certificate).map_err(|error| failed(&error))?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&version::TLS13])
        .map_err(|error| failed(&error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// What is to go wrong in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plan {
    Good,
    /// The connection is cut after so many octets.
    Cut(usize),
    /// Nothing of what the server says after CHALLENGE arrives.
    Deaf,
    /// One bit of what the device says after CHALLENGE is changed on the way.
    Tamper(usize),
}

/// One session; how it ended, in a few words. What passed is added to `wire`, frame by frame.
pub(crate) async fn session(device: &mut Device, target: &Target, plan: Plan, wire: &mut Vec<u8>) -> String {
    let Some(stream) = target.connect().await else {
        return "no connection".to_owned();
    };
    let outcome = match &target.tls {
        None => drive(device, stream, plan, wire).await,
        Some((connector, name)) => match ServerName::try_from(name.clone()) {
            Ok(name) => match tokio::time::timeout(PATIENCE, connector.connect(name, stream)).await {
                Ok(Ok(stream)) => drive(device, stream, plan, wire).await,
                Ok(Err(error)) => return format!("no TLS: {error}"),
                Err(_) => return "no TLS in time".to_owned(),
            },
            Err(error) => return format!("no TLS: {error}"),
        },
    };
    outcome.unwrap_or_else(|failure| failure.to_string())
}

async fn drive<S: AsyncRead + AsyncWrite + Unpin>(
    device: &mut Device,
    stream: S,
    plan: Plan,
    wire: &mut Vec<u8>,
) -> Result<String, Failure> {
    let (machine, with_new) = device.begin()?;
    let mut link = Link {
        sent: device.oldest(),
        device,
        machine,
        with_new,
        stream,
        plan,
        started: Instant::now(),
        passed: 0,
        linked: false,
        closing: false,
        wire,
        incoming: Vec::new(),
    };
    link.run().await
}

/// What the machine has to say.
struct Turn {
    /// Frames to send.
    out: Vec<u8>,
    /// The next time limit.
    limit: Option<Millis>,
    /// How the session ended, if it did.
    end: Option<String>,
}

struct Link<'d, S> {
    device: &'d mut Device,
    machine: Machine,
    with_new: bool,
    stream: S,
    plan: Plan,
    started: Instant,
    /// Number after the last sample that was sent.
    sent: u32,
    /// Octets of both directions.
    passed: usize,
    /// CHALLENGE was good.
    linked: bool,
    /// The device's CLOSE is on its way.
    closing: bool,
    wire: &'d mut Vec<u8>,
    /// What came in and is not a whole frame yet.
    incoming: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Link<'_, S> {
    fn now(&self) -> Millis {
        Millis(u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    async fn run(&mut self) -> Result<String, Failure> {
        let (mut buffer, mut held) = ([0; MAX_SERVER_FRAME_LEN], 0_usize);
        loop {
            let Turn { out, limit, end } = self.turn()?;
            if !self.send(out).await {
                let now = self.now();
                self.machine.handle_eof(now);
            }
            if let Some(end) = end {
                return Ok(end);
            }
            if matches!(self.plan, Plan::Cut(most) if self.passed >= most) {
                return Ok("cut".to_owned());
            }
            let now = self.now();
            let taken = self
                .machine
                .handle_input(now, buffer.get(..held).unwrap_or_default());
            buffer.copy_within(taken..held, 0);
            held = held.saturating_sub(taken);
            if taken > 0 {
                continue;
            }
            let wait = limit.map_or(1, |limit| limit.since(now).0.max(1));
            let room = buffer.get_mut(held..).unwrap_or_default();
            match tokio::time::timeout(Duration::from_millis(wait), self.stream.read(room)).await {
                Ok(Ok(count)) if count > 0 => {
                    let came = room.get(..count).unwrap_or_default();
                    self.passed = self.passed.saturating_add(count);
                    self.incoming.extend_from_slice(came);
                    self.record_incoming();
                    if self.plan == Plan::Deaf && self.linked {
                        // The server has answered, so it has stored; the device does not hear it.
                        if self.closing {
                            return Ok("answers lost".to_owned());
                        }
                    } else {
                        held = held.saturating_add(count);
                    }
                }
                Ok(_) => {
                    let now = self.now();
                    self.machine.handle_eof(now);
                }
                Err(_) => {
                    let now = self.now();
                    self.machine.handle_timeout(now);
                }
            }
        }
    }

    /// Lets the machine say all that it has to say; frames, the next time limit, and the end if it came to one.
    fn turn(&mut self) -> Result<Turn, Failure> {
        let failed = |error: wifisensor_tcp::CallError| Failure::new(error.to_string());
        let mut out = Vec::new();
        loop {
            match self.machine.poll() {
                Output::Transmit(octets) => out.extend_from_slice(octets),
                Output::Event(Event::Challenge(_)) => {
                    self.linked = true;
                    let status = self.device.status().ok_or_else(|| Failure::new("log"))?;
                    self.machine.send_status(&status).map_err(failed)?;
                }
                Output::Event(Event::Ready) if self.sent < self.device.next() => {
                    self.sent = self.device.send_batch(&mut self.machine, self.sent)?;
                }
                Output::Event(Event::Ready) => {
                    self.machine.close().map_err(failed)?;
                    self.closing = true;
                }
                Output::Event(Event::Ack { next }) => self.device.free(next, self.with_new),
                Output::Event(Event::Config(config)) => {
                    self.device.take_config(&config);
                    self.machine.answer(ResultCode::Done).map_err(failed)?;
                }
                Output::Event(Event::NewSecret { key_id, secret }) => {
                    self.device.take_secret(key_id, secret);
                    self.machine.answer(ResultCode::Done).map_err(failed)?;
                }
                Output::Event(Event::Ended(end)) => {
                    return Ok(Turn {
                        out,
                        limit: None,
                        end: Some(end.to_string()),
                    });
                }
                Output::Wait(limit) => {
                    return Ok(Turn {
                        out,
                        limit,
                        end: None,
                    });
                }
                _ => {}
            }
        }
    }

    /// Sends frames, spoiled as planned; whether they went.
    async fn send(&mut self, mut out: Vec<u8>) -> bool {
        if out.is_empty() {
            return true;
        }
        match self.plan {
            Plan::Cut(most) => out.truncate(most.saturating_sub(self.passed)),
            Plan::Tamper(bit) if self.linked => {
                let len = out.len().saturating_mul(8).max(1);
                let bit = bit.checked_rem(len).unwrap_or(0);
                if let Some(octet) = out.get_mut(bit / 8) {
                    *octet ^= 1_u8.wrapping_shl(u32::try_from(bit % 8).unwrap_or(0));
                }
            }
            _ => {}
        }
        self.passed = self.passed.saturating_add(out.len());
        self.wire.extend_from_slice(&out);
        self.stream.write_all(&out).await.is_ok() && self.stream.flush().await.is_ok()
    }

    /// Whole frames only, so that both directions can stand in one row.
    fn record_incoming(&mut self) {
        while let Some(length) = self.incoming.get(2..4).and_then(|length| length.try_into().ok()) {
            let len = HEAD_LEN.saturating_add(u16::from_be_bytes(length).into());
            if self.incoming.len() < len {
                return;
            }
            self.wire.extend(self.incoming.drain(..len));
        }
    }
}
