//! `comet trust sign-image` (device-trust §A.1.1).

use std::fs::Permissions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use device_trust::image::{Dependency, FLAG_RAM_LOAD, FLAG_ROM_FIXED, Unsigned, Version};

use super::{files, keys, parameters};
use crate::Failure;

/// What `comet trust sign-image` is told.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// The firmware.
    firmware: PathBuf,
    /// Secret Ed25519 key, PKCS #8 in PEM or DER, readable by its owner only.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Where to write the image. It appears whole or not at all.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Version, such as 1.2.3 or 1.2.3+4.
    #[arg(long = "version", value_name = "VERSION", value_parser = parameters::version)]
    image_version: Version,
    /// Offset of the firmware in the image, at least 32.
    #[arg(long, default_value_t = 32)]
    header_size: u16,
    /// Security counter: devices never go back below it.
    #[arg(long)]
    security_counter: Option<u32>,
    /// The image is loaded to this address in RAM.
    #[arg(long, value_parser = parameters::address, conflicts_with = "rom_fixed")]
    load_addr: Option<u32>,
    /// The image runs at this address in ROM only.
    #[arg(long, value_parser = parameters::address)]
    rom_fixed: Option<u32>,
    /// Image that must be present, with its lowest version, such as 1:1.2.3. May be given for each.
    #[arg(long = "dependency", value_name = "IMAGE:VERSION", value_parser = parameters::dependency)]
    dependencies: Vec<Dependency>,
    /// Vendor of the devices, a UUID.
    #[arg(long, value_parser = parameters::uuid)]
    vendor: Option<[u8; 16]>,
    /// Class of the devices, a UUID.
    #[arg(long, value_parser = parameters::uuid)]
    class: Option<[u8; 16]>,
}

pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let key = keys::secret(&options.key)?;
    let firmware = files::read_upto(&options.firmware, parameters::MAX_SIZE)?;
    let mut unsigned = Unsigned::new(&firmware, options.image_version);
    unsigned.header_size = options.header_size;
    unsigned.security_counter = options.security_counter;
    unsigned.dependencies = &options.dependencies;
    unsigned.vendor = options.vendor;
    unsigned.class = options.class;
    if let Some(address) = options.load_addr {
        (unsigned.load_addr, unsigned.flags) = (address, FLAG_RAM_LOAD);
    }
    if let Some(address) = options.rom_fixed {
        (unsigned.load_addr, unsigned.flags) = (address, FLAG_ROM_FIXED);
    }
    let refused = |error| Failure::new(format!("{}: {error}", options.firmware.display()));
    let mut image = vec![0; unsigned.signed_len().map_err(refused)?];
    let image = unsigned.sign(&key, &mut image).map_err(refused)?;
    write(&options.out, image).map_err(files::failed(&options.out))
}

/// Whole or not at all, and with the rights of any new file: an image is no secret.
fn write(path: &Path, image: &[u8]) -> std::io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    let rights = rights();
    if let Some(rights) = &rights {
        builder.permissions(rights.clone());
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(image)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

#[cfg(unix)]
fn rights() -> Option<Permissions> {
    use std::os::unix::fs::PermissionsExt as _;
    Some(Permissions::from_mode(0o666))
}

/// Elsewhere rights are not of this form.
#[cfg(not(unix))]
const fn rights() -> Option<Permissions> {
    None
}
