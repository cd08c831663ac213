//! The HTTP side of a device: plain requests with the headers that the manuals print, and no more.

use core::fmt;
use std::str::FromStr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Time for one message, connection included.
const PATIENCE: Duration = Duration::from_secs(10);
/// Octets of an answer that are looked at.
const ANSWER_LEN: usize = 16 * 1024;

/// Where a sensor sends: `http://host:port/path`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    host: String,
    port: u16,
    path: String,
}

impl FromStr for Address {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text
            .strip_prefix("http://")
            .ok_or("Web Sensors know http:// only")?;
        let (authority, path) = text.split_once('/').unwrap_or((text, ""));
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => (
                host,
                port.parse().map_err(|_| "the port is a number up to 65535")?,
            ),
            None => (authority, 80),
        };
        if host.is_empty() || !path.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("an address is http://host:port/path");
        }
        Ok(Self {
            host: host.to_owned(),
            port,
            path: format!("/{path}"),
        })
    }
}

impl Address {
    /// The same server, another entry point.
    pub(crate) fn with_entry(&self, entry: &str) -> Self {
        let base = self.path.rsplit_once('/').map_or("", |(base, _)| base);
        Self {
            path: format!("{base}/{entry}"),
            ..self.clone()
        }
    }
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// An HTTP answer.
    Http {
        /// Its status.
        status: u16,
        /// Its body, as far as it is announced and short.
        body: Vec<u8>,
    },
    /// None.
    None(NoAnswer),
}

/// The status, or why there is none.
impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http { status, .. } => fmt::Display::fmt(status, f),
            Self::None(why) => fmt::Display::fmt(why, f),
        }
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// No connection.
    Connect,
    /// The connection ended.
    Ended,
    /// Too slow.
    Timeout,
    /// Not HTTP.
    Garbage,
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "no connection",
            Self::Ended => "connection ended",
            Self::Timeout => "no answer in time",
            Self::Garbage => "no HTTP answer",
        })
    }
}

/// One sensor's connection.
#[derive(Debug)]
pub(crate) struct Client {
    address: Address,
    keep_alive: bool,
    stream: Option<TcpStream>,
}

impl Client {
    pub(crate) const fn new(address: Address, keep_alive: bool) -> Self {
        Self {
            address,
            keep_alive,
            stream: None,
        }
    }

    /// Posts a body. `headers` are those beside `Host` and `Content-Length`.
    pub(crate) async fn post(&mut self, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let stream = self.stream.take();
        let exchange = exchange(stream, &self.address, self.keep_alive, headers, body);
        match tokio::time::timeout(PATIENCE, exchange).await {
            Ok(Ok((status, body, stream))) => {
                self.stream = stream;
                Answer::Http { status, body }
            }
            Ok(Err(why)) => Answer::None(why),
            Err(_) => Answer::None(NoAnswer::Timeout),
        }
    }
}

async fn exchange(
    stream: Option<TcpStream>,
    address: &Address,
    keep_alive: bool,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Result<(u16, Vec<u8>, Option<TcpStream>), NoAnswer> {
    let mut stream = match stream {
        Some(stream) => stream,
        None => {
            let host = address.host.trim_start_matches('[').trim_end_matches(']');
            TcpStream::connect((host, address.port))
                .await
                .map_err(|_| NoAnswer::Connect)?
        }
    };
    let Address { host, port, path } = address;
    let mut request = format!("POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    if keep_alive {
        request.push_str("Connection: keep-alive\r\n");
    }
    request.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    let mut request = request.into_bytes();
    request.extend_from_slice(body);
    // A server that refuses early may answer and close before it has read everything: the answer counts all the same.
    let written = stream.write_all(&request).await;
    let answered = answer(&mut stream).await;
    match (written, answered) {
        (_, Ok((status, body, kept))) => Ok((status, body, (kept && keep_alive).then_some(stream))),
        (Err(_), Err(_)) => Err(NoAnswer::Ended),
        (Ok(()), Err(error)) => Err(error),
    }
}

/// Status and body of the answer, and whether the connection may be used again.
async fn answer(stream: &mut TcpStream) -> Result<(u16, Vec<u8>, bool), NoAnswer> {
    let mut received = Vec::new();
    let (status, head, length, closes) = loop {
        let mut headers = [httparse::EMPTY_HEADER; 32];
        let mut response = httparse::Response::new(&mut headers);
        match response.parse(&received) {
            Ok(httparse::Status::Complete(head)) => {
                let header = |name: &str| {
                    let found = response
                        .headers
                        .iter()
                        .find(|header| header.name.eq_ignore_ascii_case(name));
                    found.and_then(|header| core::str::from_utf8(header.value).ok())
                };
                let closes = header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
                let length = header("content-length").and_then(|value| value.trim().parse::<usize>().ok());
                break (response.code.ok_or(NoAnswer::Garbage)?, head, length, closes);
            }
            Ok(httparse::Status::Partial) if received.len() < ANSWER_LEN => {}
            Ok(httparse::Status::Partial) | Err(_) => return Err(NoAnswer::Garbage),
        }
        match stream.read_buf(&mut received).await {
            Ok(count) if count > 0 => {}
            _ => return Err(NoAnswer::Ended),
        }
    };
    // These devices know `Content-Length` only.
    let Some(length) = length.filter(|length| *length <= ANSWER_LEN) else {
        return Ok((status, Vec::new(), false));
    };
    let end = head.saturating_add(length);
    while received.len() < end {
        match stream.read_buf(&mut received).await {
            Ok(count) if count > 0 => {}
            _ => return Ok((status, Vec::new(), false)),
        }
    }
    let body = received.get(head..end).unwrap_or_default().to_vec();
    Ok((status, body, !closes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_host_port_and_path() {
        let address: Address = "http://127.0.0.1:8080/soap/abc".parse().unwrap();
        assert_eq!(
            (address.host.as_str(), address.port, address.path.as_str()),
            ("127.0.0.1", 8080, "/soap/abc")
        );
        assert_eq!(address.with_entry("xyz").path, "/soap/xyz");
        let address: Address = "http://example.org".parse().unwrap();
        assert_eq!((address.port, address.path.as_str()), (80, "/"));
        for bad in [
            "https://example.org/",
            "http:///x",
            "http://h:99999/",
            "http://h/a b",
            "example.org/x",
        ] {
            assert!(bad.parse::<Address>().is_err(), "{bad}");
        }
    }
}
