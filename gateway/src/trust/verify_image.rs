//! `comet trust verify-image` (device-trust §A.1).

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use device_trust::image::{ImageError, MAX_TLV_LEN, Mode, Policy, Stream, Verified, Version};
use serde_json::Value;

use super::{End, Found, files, hex, keys, parameters, print};
use crate::input::Format;

/// What `comet trust verify-image` is told.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// The image. It is read once, in pieces.
    image: PathBuf,
    /// Trusted Ed25519 keys, SubjectPublicKeyInfo in PEM or DER. May be given for each.
    #[arg(long = "key", value_name = "FILE", required = true)]
    keys: Vec<PathBuf>,
    /// Whether something may follow the image.
    #[arg(long, value_enum, default_value = "file")]
    mode: Follows,
    /// Octets of the image at most, with its TLV areas.
    #[arg(long, default_value_t = parameters::MAX_SIZE)]
    max_size: u64,
    /// Security counter of the device: refuse images below it, and without one.
    #[arg(long)]
    stored_counter: Option<u32>,
    /// Lowest version, such as 1.2.3; a build does not count.
    #[arg(long, value_parser = parameters::version)]
    min_version: Option<Version>,
    /// Vendor of the device, a UUID.
    #[arg(long, value_parser = parameters::uuid)]
    vendor: Option<[u8; 16]>,
    /// Class of the device, a UUID.
    #[arg(long, value_parser = parameters::uuid)]
    class: Option<[u8; 16]>,
    /// How to print.
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Follows {
    /// An update as delivered: nothing follows.
    File,
    /// Content of the flash: what follows is not looked at.
    Slot,
}

impl Options {
    fn policy<'k>(&self, keys: &'k [device_trust::Ed25519Key]) -> Policy<'k> {
        let mode = match self.mode {
            Follows::File => Mode::File,
            Follows::Slot => Mode::Slot,
        };
        let mut policy = Policy::new(keys, self.max_size, mode);
        if let Some(counter) = self.stored_counter {
            policy = policy.with_stored_counter(counter);
        }
        if let Some(version) = self.min_version {
            policy = policy.with_min_version(version);
        }
        if let Some(vendor) = self.vendor {
            policy = policy.with_vendor(vendor);
        }
        if let Some(class) = self.class {
            policy = policy.with_class(class);
        }
        policy
    }
}

pub(super) fn run(options: &Options) -> Result<(), End> {
    let keys = keys::of_images(&options.keys)?;
    let policy = options.policy(&keys);
    let mut memory = vec![0; MAX_TLV_LEN];
    let mut stream = Stream::new(&policy, &mut memory);
    // One more than an image may have shows that something follows. A refusal is repeated at the end.
    let most = options.max_size.saturating_add(1);
    files::pieces(&options.image, most, |piece| stream.push(piece).is_ok())?;
    let verified = stream.finish().map_err(|error| refusal(&error))?;
    print(&found(&verified), options.format);
    Ok(())
}

fn refusal(error: &ImageError) -> End {
    let place: &Found = &[("field", error.field.into()), ("byte", error.offset.into())];
    End::refused(error.kind.code(), error, place)
}

fn found(verified: &Verified<'_>) -> [(&'static str, Value); 12] {
    let needs =
        |other: device_trust::image::Dependency| Value::from(format!("{}:{}", other.image, other.version));
    let id = |id: Option<[u8; 16]>| id.map(|id| hex(&id)).into();
    [
        ("version", verified.version.to_string().into()),
        ("security_counter", verified.security_counter.into()),
        ("header_size", verified.header_size.into()),
        ("image_size", verified.image_size.into()),
        ("total_size", verified.total_size.into()),
        ("load_addr", verified.load_addr.into()),
        ("flags", verified.flags.into()),
        ("sha256", hex(&verified.sha256).into()),
        ("key", verified.key.into()),
        ("vendor", id(verified.vendor)),
        ("class", id(verified.class)),
        ("dependencies", verified.dependencies().map(needs).collect()),
    ]
}
