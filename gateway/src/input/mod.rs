//! What `comet decode` and `comet explain` look at.

mod sigfox;

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use comet_proto::Family;
use sigfox_frame::auth::DeviceKey;
use wifisensor_tcp::frame::MAGIC;
use wifisensor_tcp::keys::Secret;

use crate::Failure;
pub(crate) use sigfox::{Asked, Carried, Carrier, Frames};

/// More is not read: no message of any family is as long.
const MAX_LEN: u64 = 1 << 20;

/// What to read, and as what.
#[derive(Debug, Args)]
pub(crate) struct Input {
    /// File with one message, or with the frames of a session in both directions; standard input by default.
    file: Option<PathBuf>,
    /// The message is written in hexadecimal digits.
    #[arg(long)]
    hex: bool,
    /// Family of the message; guessed by default.
    #[arg(long, value_parser = crate::device::family)]
    family: Option<Family>,
    /// Secret of the device of a captured session, 64 hexadecimal digits: with it tags are checked.
    #[arg(long, value_parser = crate::device::parse_secret)]
    secret: Option<Secret>,
    /// Number of that secret.
    #[arg(long, default_value_t = 1)]
    key_id: u8,
    #[command(flatten)]
    sigfox: sigfox::Options,
}

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Input {
    pub(crate) const fn secret(&self) -> Option<&Secret> {
        self.secret.as_ref()
    }

    pub(crate) const fn key_id(&self) -> u8 {
        self.key_id
    }

    /// The family as given, or by how it begins: JSON with a brace or a bracket, a session with its magic, a Sigfox frame with its
    /// preamble, XML with none of them. Objects without `JsonType`, and pairs that name a device, are of the Sigfox cloud.
    pub(crate) fn family(&self, octets: &[u8]) -> Family {
        self.family.unwrap_or_else(|| {
            let text = octets.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(octets);
            if octets.first() == Some(&MAGIC) {
                return Family::Tcp;
            }
            if self.sigfox.is_radio(octets) {
                return Family::SigfoxRadio;
            }
            if self.sigfox.is_callback() {
                return Family::Sigfox;
            }
            let has = |part: &[u8]| text.windows(part.len()).any(|window| window == part);
            let mut visible = text.iter().filter(|byte| !byte.is_ascii_whitespace());
            match (visible.next(), visible.next()) {
                (Some(b'{'), _) if has(b"\"JsonType\"") => Family::Wifi,
                (Some(b'['), second) if second != Some(&b'{') => Family::Logger,
                (Some(b'{' | b'['), _) => Family::Sigfox,
                (Some(b'<'), _) => Family::Soap,
                _ if has(b"device") || has(b"id=") => Family::Sigfox,
                _ => Family::Soap,
            }
        })
    }

    /// The device and counter that a downlink answers.
    pub(crate) const fn asked(&self) -> Option<Asked> {
        self.sigfox.asked()
    }

    /// Key of a Sigfox device.
    pub(crate) const fn radio_key(&self) -> Option<&DeviceKey> {
        self.sigfox.key()
    }

    /// Uplink frames in what was read.
    pub(crate) fn frames(&self, octets: &[u8]) -> Result<Frames, Failure> {
        self.sigfox.frames(octets)
    }

    /// How the body of a callback is to be read.
    pub(crate) fn carried(&self, body: &[u8]) -> Result<Carried, Failure> {
        self.sigfox.carried(body)
    }

    pub(crate) fn read(&self) -> Result<Vec<u8>, Failure> {
        let name = self
            .file
            .as_ref()
            .map_or_else(|| "standard input".to_owned(), |file| file.display().to_string());
        let failed = |error: std::io::Error| Failure::new(format!("{name}: {error}"));
        let mut octets = Vec::new();
        match &self.file {
            Some(file) => File::open(file)
                .map_err(failed)?
                .take(MAX_LEN)
                .read_to_end(&mut octets),
            None => std::io::stdin().take(MAX_LEN).read_to_end(&mut octets),
        }
        .map_err(failed)?;
        if self.hex {
            from_hex(&octets).ok_or_else(|| Failure::new(format!("{name}: not hexadecimal")))
        } else {
            Ok(octets)
        }
    }
}

pub(crate) fn from_hex(text: &[u8]) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text
        .iter()
        .filter(|byte| !byte.is_ascii_whitespace())
        .map(|&byte| char::from(byte).to_digit(16))
        .collect();
    let digits = digits?;
    let (pairs, rest) = digits.as_chunks::<2>();
    let octets = pairs
        .iter()
        .map(|[high, low]| u8::try_from(high.wrapping_shl(4) | low));
    if rest.is_empty() {
        octets.collect::<Result<_, _>>().ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_takes_pairs_and_white_space() {
        assert_eq!(from_hex(b"3c 3F\n00").unwrap(), [0x3C, 0x3F, 0]);
        assert_eq!(from_hex(b"").unwrap(), [0_u8; 0]);
        assert_eq!(from_hex(b"3c3"), None);
        assert_eq!(from_hex(b"3g"), None);
    }
}
