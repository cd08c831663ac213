//! `comet device list`.

use comet_proto::Family;

use super::{certificate, is_sigfox, sigfox, tcp};
use crate::clock;
use crate::store::Devices;

/// A line for each device.
pub(super) fn print(devices: &Devices) -> rusqlite::Result<()> {
    for device in devices.all()? {
        let state = match (device.standing.suspended, device.standing.expires) {
            (true, _) => "suspended",
            (false, Some(expires)) if clock::now() >= expires => "expired",
            _ => "active",
        };
        let rotating = device
            .entry
            .as_ref()
            .is_some_and(|entry| entry.previous.is_some());
        let rotating = if rotating { ", rotating" } else { "" };
        let sessions = match device.family {
            Family::Tcp => tcp::describe(devices, &device.serial)?,
            family if is_sigfox(family) => sigfox::describe(devices, family, &device.serial)?,
            family => certificate::describe(devices, family, &device.serial)?,
        };
        let name = device.name.unwrap_or_default();
        println!(
            "{:6} {:12} {state}{rotating}  {name}{sessions}",
            device.family.code(),
            device.serial
        );
    }
    Ok(())
}
