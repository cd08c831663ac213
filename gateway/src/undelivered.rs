//! `comet undelivered`: messages that the cloud could not deliver, as its management interface lists them (sigfox-callback §3).

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use comet_proto::sigfox::Archive;
use serde_json::Value;
use sigfox_frame::callback::undelivered;

use crate::simulate::sigfox::Header;
use crate::simulate::{Address, Answer, Client};
use crate::{Failure, clock};

/// Octets of a list, at most.
const MAX_LEN: u64 = 64 << 20;

/// What `comet undelivered` is told.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Address of the callbacks of the device type, `http://host:port/sigfox/…`.
    #[arg(long)]
    target: String,
    /// Header that carries the secret of the device type.
    #[arg(long)]
    header: Option<Header>,
    /// List with a JSON object on each line: `device`, `time` in milliseconds, `data`, perhaps `seqNumber`. `-` is standard input.
    file: PathBuf,
}

pub(crate) async fn run(options: &Options) -> Result<(), Failure> {
    let name = options.file.display();
    let text = contents(&options.file).map_err(|error| Failure::new(format!("{name}: {error}")))?;
    let target: Address = options.target.parse().map_err(Failure::new)?;
    let mut client = Client::new(target, true);
    let mut headers = vec![("Content-Type", "application/json")];
    if let Some(header) = &options.header {
        headers.push(header.pair());
    }
    let mut taken = 0_u64;
    for (number, line) in (1_usize..).zip(text.lines()) {
        if line.trim().is_empty() {
            continue;
        }
        let wrong = |why: String| Failure::new(format!("{name}: line {number}: {why}"));
        let body = body(line).map_err(wrong)?;
        match client.post(&headers, body.as_str().as_bytes()).await {
            Answer::Http { status: 200..300, .. } => taken = taken.saturating_add(1),
            answer => return Err(wrong(format!("{answer}; {taken} messages before it are taken"))),
        }
    }
    println!("{taken} messages taken; those that were there already are stored once");
    Ok(())
}

fn contents(file: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    if file == Path::new("-") {
        std::io::stdin().take(MAX_LEN).read_to_string(&mut text)?;
    } else {
        std::fs::File::open(file)?
            .take(MAX_LEN)
            .read_to_string(&mut text)?;
    }
    Ok(text)
}

/// The callback that would have come.
fn body(line: &str) -> Result<Archive, String> {
    let value: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let number = |name: &str| value.get(name).and_then(Value::as_u64);
    let time_ms = number("time").ok_or("`time` is a number of milliseconds")?;
    let seq = match value.get("seqNumber") {
        None | Some(Value::Null) => None,
        Some(_) => Some(
            number("seqNumber")
                .and_then(|seq| u32::try_from(seq).ok())
                .ok_or("`seqNumber` is a number")?,
        ),
    };
    let (device, data) = (
        text("device").unwrap_or_default(),
        text("data").unwrap_or_default(),
    );
    let record = undelivered(device, time_ms, data, seq, clock::now().0 / 1000);
    record
        .map(|record| Archive::of(&record))
        .map_err(|error| format!("{}: {error}", error.kind.code()))
}
