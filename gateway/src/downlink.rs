//! `comet downlink`: eight octets for a device, given to it when it asks (sigfox-callback §8, sigfox-radio §19).

use std::path::PathBuf;

use clap::{Args, Subcommand};
use comet_proto::Family;

use crate::store::Devices;
use crate::store::sigfox::State;
use crate::{Failure, clock, device, serve};

/// What `comet downlink` is told.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Database file; made if it is not there.
    #[arg(long, default_value = "comet.db", global = true)]
    db: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Give a device this the next time it asks, in place of what is pending.
    Set {
        /// Device, hexadecimal digits without leading zeros.
        #[arg(long)]
        serial: String,
        /// Eight octets, 16 hexadecimal digits. They go out as they are.
        #[arg(long, value_parser = data)]
        data: Data,
    },
    /// Take back what is pending.
    Cancel {
        /// Device, hexadecimal digits without leading zeros.
        #[arg(long)]
        serial: String,
    },
    /// List downlinks and what became of them. Nothing proves that a device got one.
    List {
        /// Of this device only.
        #[arg(long)]
        serial: Option<String>,
    },
}

#[derive(Debug, Clone, Copy)]
struct Data([u8; 8]);

fn data(text: &str) -> Result<Data, String> {
    let octets = crate::input::from_hex(text.as_bytes()).and_then(|octets| octets.try_into().ok());
    octets
        .map(Data)
        .ok_or_else(|| "a downlink has 16 hexadecimal digits".to_owned())
}

pub(crate) fn run(options: Options) -> Result<(), Failure> {
    let mut devices = Devices::new(serve::open(&options.db)?);
    let failed = |error: rusqlite::Error| Failure::new(format!("{}: {error}", options.db.display()));
    match options.command {
        Command::Set {
            serial,
            data: Data(data),
        } => {
            device::check_sigfox_serial(&serial)?;
            // One queue for the device, whichever way it is heard.
            let find = |family| devices.find(family, &serial).map_err(failed);
            if find(Family::Sigfox)?.or(find(Family::SigfoxRadio)?).is_none() {
                return Err(Failure::new(format!("{serial} is not registered")));
            }
            let replaced = devices
                .set_downlink(&serial, &data, clock::now())
                .map_err(failed)?;
            let replaced = if replaced {
                ", in place of the one before"
            } else {
                ""
            };
            println!("{serial}: pending until it asks{replaced}");
        }
        Command::Cancel { serial } => {
            if !devices.cancel_downlink(&serial).map_err(failed)? {
                return Err(Failure::new(format!("nothing is pending for {serial}")));
            }
        }
        Command::List { serial } => {
            for downlink in devices.downlinks(serial.as_deref()).map_err(failed)? {
                let data: String = downlink.data.iter().map(|octet| format!("{octet:02x}")).collect();
                let state = match downlink.state {
                    State::Pending => "pending".to_owned(),
                    State::Sent(Some(time_s)) => format!("sent for the message of {time_s}"),
                    State::Sent(None) => "sent".to_owned(),
                    State::Ended(outcome) => outcome,
                };
                println!(
                    "{:10} {data}  {state}  set {} ms",
                    downlink.serial, downlink.added.0
                );
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_downlink_has_eight_octets() {
        assert_eq!(
            data("0011223344556677").unwrap().0,
            [0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77]
        );
        for wrong in ["", "00112233445566", "001122334455667788", "001122334455667x"] {
            assert!(data(wrong).is_err(), "{wrong}");
        }
    }
}
