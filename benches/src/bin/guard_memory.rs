//! Resident memory of one kind of guard with so many devices, in a process of its own.
//!
//! `guard_memory KIND DEVICES` with KIND one of table, shared, hashbrown, dashmap, scc, governor, detector; or `flood` for the growth
//! that as many made-up devices cause.

#![expect(clippy::print_stdout, reason = "prints a table")]

use std::process::ExitCode;

use comet_benches::guard::{Bare, Dash, Detector, Discipline, Governor, Guard, Ours, Scc, Shared, fill, key};
use replay_guard::{
    Config, Counter, DeviceKey, First, Gcra, HashKey, Message, Policy, Shedder, Table, Verdict,
};

/// Resident octets of this process; Linux only.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    kilobytes.checked_mul(1024)
}

fn guard(kind: &str, devices: usize) -> Option<Box<dyn Guard>> {
    Some(match kind {
        "table" => Box::new(Ours::new(devices, Discipline::Sliding)?),
        "shared" => Box::new(Shared::new(devices, false)?),
        "hashbrown" => Box::new(Bare::default()),
        "dashmap" => Box::new(Dash::default()),
        "scc" => Box::new(Scc::default()),
        "governor" => Box::new(Governor::default()),
        "detector" => Box::new(Detector::default()),
        _ => return None,
    })
}

/// Made-up devices against a table that is full and a shedder in front of it.
fn flood(devices: u64) -> Option<(u64, usize)> {
    let mut config = Config::new(Counter::None { hold: 5000 });
    config.first = First::Refuse;
    let mut table = Table::new(Policy::new(config).ok()?, HashKey::new([1; 16]), 1000).ok()?;
    let rate = Gcra::new(1000, 60, 0)?;
    let mut shedder = Shedder::new(HashKey::new([2; 16]), 2, 65_536, rate).ok()?;
    let before = resident()?;
    for number in 0..devices {
        let device = DeviceKey::new(key(number));
        let now = 1_790_000_000_000_u64.saturating_add(number / 100);
        if shedder.take(device.as_bytes(), now).is_ok() {
            let outcome = table.admit(&device, &Message::unnumbered(1), now);
            if outcome.verdict != Verdict::Unknown {
                return None;
            }
        }
    }
    Some((resident()?.saturating_sub(before), shedder.memory()))
}

fn run() -> Option<()> {
    let mut arguments = std::env::args().skip(1);
    let kind = arguments.next()?;
    let devices: u64 = arguments.next()?.parse().ok()?;
    if kind == "flood" {
        let (growth, fixed) = flood(devices)?;
        println!("| flood of {devices} made-up devices | grows by {growth} octets | fixed bound {fixed} |");
        return Some(());
    }
    // The process itself, its allocator and the list of keys are not the guard's.
    let mut small = guard(&kind, 16)?;
    let _ = fill(small.as_mut(), 16);
    let before = resident()?;
    let mut guard = guard(&kind, usize::try_from(devices).ok()?)?;
    let _ = fill(guard.as_mut(), devices);
    let octets = resident()?.saturating_sub(before);
    let tenths = octets.checked_mul(10)?.checked_div(devices)?;
    println!(
        "| {} | {devices} | {}.{} |",
        guard.name(),
        tenths / 10,
        tenths % 10
    );
    Some(())
}

fn main() -> ExitCode {
    match run() {
        Some(()) => ExitCode::SUCCESS,
        None => ExitCode::FAILURE,
    }
}
