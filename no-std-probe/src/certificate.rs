//! A chain of `device-trust`: needs an allocator.

use device_trust::certificate::{Anchors, Row, State, TLS_1_3, Thumbprint, verify};

const DEVICE: &[u8] = include_bytes!("chain/device.der");
const FACTORY: &[u8] = include_bytes!("chain/factory.der");
const ROOT: &[u8] = include_bytes!("chain/root.der");

/// Within the validity of all three.
const NOW: u64 = 1_782_907_200;

fn project() -> Option<()> {
    let anchors = Anchors::from_der([ROOT]).ok()?;
    let thumbprints = [Thumbprint::of(DEVICE)];
    let rows = [Row {
        device_id: "CB-00017",
        project: Some("cold-stores"),
        state: State::Active,
        thumbprints: &thumbprints,
    }];
    let device = verify(&[DEVICE, FACTORY], &anchors, NOW, &rows[..], TLS_1_3).ok()?;
    let stranger = verify(&[DEVICE], &anchors, NOW, &rows[..], TLS_1_3);
    (device.project == "cold-stores" && stranger.is_err()).then_some(())
}

/// Whether a device is known by its certificate, and not without the one of its CA.
#[unsafe(no_mangle)]
pub extern "C" fn probe_certificate() -> i32 {
    i32::from(project().is_some())
}
