//! How Sigfox frames and callbacks are written.

use std::str::FromStr;

use clap::{Args, ValueEnum};
use comet_proto::sigfox::{LinePattern, Receiver, Request, Secrets};
use sigfox_frame::EpId;
use sigfox_frame::auth::DeviceKey;
use sigfox_frame::search::{HardSearch, Options as Search};
use sigfox_frame::sequence::Counter;

use crate::Failure;

/// What only Sigfox needs.
#[derive(Debug, Args)]
#[group(skip)]
pub(super) struct Options {
    /// Sigfox frames are written in binary digits; more of them than a frame has are searched.
    #[arg(long, conflicts_with = "hex")]
    bits: bool,
    /// Key of the Sigfox device, 32 hexadecimal digits: with it the tag of a frame is checked.
    #[arg(long, value_parser = key)]
    radio_key: Option<DeviceKey>,
    /// The frame is a Sigfox downlink, which answers this device and message counter.
    #[arg(long, value_name = "EP-ID:COUNTER")]
    answers: Option<Asked>,
    /// How a callback carries its values; guessed by default.
    #[arg(long, value_enum)]
    carrier: Option<Carrier>,
    /// Line pattern of a batch.
    #[arg(long)]
    line_pattern: Option<String>,
}

fn key(text: &str) -> Result<DeviceKey, String> {
    let key = crate::device::sigfox::parse_radio_key(text)?;
    DeviceKey::new(key.0).ok_or_else(|| "this is the public key".to_owned())
}

/// A message that asked for a downlink.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) ep_id: EpId,
    pub(crate) counter: Counter,
}

impl FromStr for Asked {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "a message is `EP-ID:counter`, eight hexadecimal digits and a number up to 4095";
        let (ep_id, counter) = text.split_once(':').ok_or(wrong)?;
        Ok(Self {
            ep_id: ep_id.parse().map_err(|_| wrong)?,
            counter: counter.parse().ok().and_then(Counter::new).ok_or(wrong)?,
        })
    }
}

/// Uplink frames, each with the number of its first bit.
#[derive(Debug)]
pub(crate) struct Frames {
    pub(crate) list: Vec<(usize, Vec<u8>)>,
    /// How many bits were searched, if they were.
    pub(crate) searched: Option<usize>,
}

/// How a callback carries its values (sigfox-callback §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Carrier {
    Json,
    /// Pairs as in a form, or in the query of a GET.
    Form,
    Text,
}

impl Carrier {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::Form => "a form",
            Self::Text => "text",
        }
    }

    const fn media(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Form => "application/x-www-form-urlencoded",
            Self::Text => "text/plain",
        }
    }
}

/// How a body is to be read.
#[derive(Debug)]
pub(crate) struct Carried {
    pub(crate) carrier: Carrier,
    pattern: Option<LinePattern>,
}

/// No secret is asked of a file.
const NO_SECRET: &[u8] = b"file";

impl Carried {
    pub(crate) fn receiver(&self) -> Result<Receiver, Failure> {
        let secrets = Secrets::new(NO_SECRET).ok_or_else(|| Failure::new("no secret"))?;
        let receiver = Receiver::new(secrets);
        Ok(match &self.pattern {
            Some(pattern) => receiver.with_line_pattern(pattern.clone()),
            None => receiver,
        })
    }

    /// Without the line feed that an editor puts at the end of a file: in a form it would be part of the last value.
    pub(crate) fn body<'a>(&self, body: &'a [u8]) -> &'a [u8] {
        match self.carrier {
            Carrier::Form => body.trim_ascii_end(),
            Carrier::Json | Carrier::Text => body,
        }
    }

    pub(crate) const fn request<'a>(&self, body: &'a [u8]) -> Request<'a> {
        Request::new("POST", &[NO_SECRET])
            .with_content_type(self.carrier.media())
            .with_body(body)
    }
}

impl Options {
    pub(super) const fn asked(&self) -> Option<Asked> {
        self.answers
    }

    pub(super) const fn key(&self) -> Option<&DeviceKey> {
        self.radio_key.as_ref()
    }

    /// Whether it is a frame, by what is said of it or by its preamble.
    pub(super) fn is_radio(&self, octets: &[u8]) -> bool {
        self.bits || self.answers.is_some() || octets.starts_with(&[0xAA, 0xAA])
    }

    /// Whether it is a callback, by what is said of it.
    pub(super) const fn is_callback(&self) -> bool {
        self.carrier.is_some() || self.line_pattern.is_some()
    }

    pub(super) fn frames(&self, octets: &[u8]) -> Result<Frames, Failure> {
        if !self.bits {
            return Ok(Frames {
                list: vec![(0, octets.to_vec())],
                searched: None,
            });
        }
        let bits = bits(octets).ok_or_else(|| Failure::new("not binary digits"))?;
        let mut search = HardSearch::new(Search::new());
        let mut list: Vec<(usize, Vec<u8>)> = Vec::new();
        for bit in &bits {
            for candidate in search.push(*bit) {
                // Candidates at other alignments fail here.
                if candidate.decode().is_ok() {
                    let start = usize::try_from(candidate.start()).unwrap_or_default();
                    list.push((start, candidate.as_bytes().to_vec()));
                }
            }
        }
        let (octets, rest) = bits.as_chunks::<8>();
        if list.is_empty() && rest.is_empty() {
            // One frame that is damaged, or no frame: it will be said.
            let octet = |bits: &[bool; 8]| bits.iter().fold(0_u8, |octet, bit| octet << 1 | u8::from(*bit));
            return Ok(Frames {
                list: vec![(0, octets.iter().map(octet).collect())],
                searched: None,
            });
        }
        Ok(Frames {
            list,
            searched: Some(bits.len()),
        })
    }

    pub(super) fn carried(&self, body: &[u8]) -> Result<Carried, Failure> {
        let pattern = self.line_pattern.as_deref().map(LinePattern::new).transpose();
        let pattern = pattern.map_err(|error| Failure::new(format!("line pattern: {error}")))?;
        let guessed = || {
            let text = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
            let has = |octet: u8| text.contains(&octet);
            match text.iter().find(|byte| !byte.is_ascii_whitespace()) {
                Some(b'{' | b'[') => Carrier::Json,
                _ if self.line_pattern.is_none()
                    && !has(b'&')
                    && has(b'=')
                    && !text.trim_ascii_end().contains(&b'\n') =>
                {
                    Carrier::Form
                }
                _ if has(b'&') => Carrier::Form,
                _ => Carrier::Text,
            }
        };
        Ok(Carried {
            carrier: self.carrier.unwrap_or_else(guessed),
            pattern,
        })
    }
}

fn bits(text: &[u8]) -> Option<Vec<bool>> {
    let digits = text.iter().filter(|byte| !byte.is_ascii_whitespace());
    let digit = |byte: &u8| match byte {
        b'0' => Some(false),
        b'1' => Some(true),
        _ => None,
    };
    digits.map(digit).collect()
}
