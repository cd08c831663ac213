//! What checks cost beside the bare hashing and signatures.

use comet_benches::trust::{Chain, Image, Manifest};

use crate::rounds::{medians, runs};

/// Prints the tables; whether all results are as they should be.
pub(crate) fn checking() -> bool {
    images() && manifests() && chain()
}

fn images() -> bool {
    println!("\n| image, KiB | whole, µs | stream, µs | bare SHA-256, µs | whole / bare | stream / bare |");
    println!("|---|---|---|---|---|---|");
    for kib in [16_usize, 64, 1024] {
        let Some(image) = Image::new(kib.saturating_mul(1024)) else {
            return false;
        };
        let octets = image.octets.as_slice();
        if image.whole(octets).is_none() || image.whole(octets) != image.streamed(octets) {
            return false;
        }
        let mut runs = runs![
            "whole" => |octets: &[u8]| image.whole(octets),
            "stream" => |octets: &[u8]| image.streamed(octets),
            "bare" => |octets: &[u8]| Image::bare(octets),
        ];
        let [whole, stream, bare] = medians(&mut runs, octets, 2)[..] else {
            return false;
        };
        println!(
            "| {kib} | {:.0} | {:.0} | {:.0} | {:.2} | {:.2} |",
            whole / 1e3,
            stream / 1e3,
            bare / 1e3,
            whole / bare,
            stream / bare
        );
    }
    true
}

fn manifests() -> bool {
    println!("\n| manifest | this crate, µs | bare signature, µs | ratio |");
    println!("|---|---|---|---|");
    for manifest in &Manifest::all() {
        let octets = manifest.octets.as_slice();
        if manifest.verified(octets).is_none() || !manifest.bare() {
            return false;
        }
        let mut runs = runs![
            "ours" => |octets: &[u8]| manifest.verified(octets),
            "bare" => |_: &[u8]| manifest.bare(),
        ];
        let [ours, bare] = medians(&mut runs, octets, 4)[..] else {
            return false;
        };
        println!(
            "| {} | {:.1} | {:.1} | {:.2} |",
            manifest.name,
            ours / 1e3,
            bare / 1e3,
            ours / bare
        );
    }
    true
}

fn chain() -> bool {
    let Some(chain) = Chain::new() else { return false };
    let device = chain.device.as_slice();
    if !(chain.examined(device) && chain.path(device, true) && chain.path(device, false)) {
        return false;
    }
    println!("\n| chain of two, P-256 | µs | / webpki, same arithmetic |");
    println!("|---|---|---|");
    let mut runs = runs![
        "this crate, every check to the identity" => |device: &[u8]| chain.examined(device),
        "webpki, same arithmetic" => |device: &[u8]| chain.path(device, false),
        "webpki, ring" => |device: &[u8]| chain.path(device, true),
    ];
    let times = medians(&mut runs, device, 4);
    let Some(alone) = times.get(1) else { return false };
    for ((name, _), time) in runs.iter().zip(&times) {
        println!("| {name} | {:.0} | {:.2} |", time / 1e3, time / alone);
    }
    true
}
