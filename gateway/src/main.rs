//! `comet`: the gateway and its tools. The only place with sockets, clocks and disks.

mod capture;
mod clock;
mod decode;
mod demo;
mod device;
mod device_type;
mod downlink;
mod explain;
mod guard;
mod input;
mod layout;
mod secrets;
mod serve;
mod simulate;
mod store;
mod trust;
mod undelivered;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Takes the data of environmental IoT sensors over their own protocols and stores it durably.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Take what sensors send and store it before answering.
    Serve(serve::Options),
    /// Register sensors and manage their entry points.
    Device(device::Options),
    /// Device types of the Sigfox network: the address and secret of their callbacks.
    DeviceType(device_type::Options),
    /// Say what payloads of a Sigfox device type mean.
    Layout(layout::Options),
    /// Downlinks to Sigfox devices.
    Downlink(downlink::Options),
    /// Hand in messages that the Sigfox cloud could not deliver.
    Undelivered(undelivered::Options),
    /// Print a message as observations.
    Decode(decode::Options),
    /// Print a message octet by octet, with the specification beside it.
    Explain(explain::Options),
    /// Firmware images, update manifests and certificates of devices: whether they can be trusted.
    Trust(trust::Options),
    /// Be a sensor, against any server.
    Simulate(simulate::Options),
    /// Gateway and sensors on loopback: what is stored, what is refused and why.
    Demo,
}

/// What a person reads when a command fails.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Failure(String);

impl Failure {
    fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Serve(options) => serve::run(&options).await,
        Command::Device(options) => device::run(options),
        Command::DeviceType(options) => device_type::run(options),
        Command::Layout(options) => layout::run(options),
        Command::Downlink(options) => downlink::run(options),
        Command::Undelivered(options) => undelivered::run(&options).await,
        Command::Decode(options) => decode::run(&options),
        Command::Explain(options) => explain::run(&options),
        Command::Trust(options) => trust::run(&options),
        Command::Simulate(options) => simulate::run(&options).await,
        Command::Demo => demo::run().await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("comet: {failure}");
            ExitCode::FAILURE
        }
    }
}
