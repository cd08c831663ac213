//! Calls everything of the protocol crates that is said to work without `std` and without allocation.
//!
//! Built as a static library with a panic handler of its own and no global allocator, then linked into an executable without
//! any library (`run.sh`): that links only if no dependency pulls in `std` or `alloc`. With the feature `alloc` there is an
//! allocator, for the crates that need one: that links only if no dependency pulls in `std`. Runs on the build machine, since a
//! target without `std` can be built for but not run.

#![no_std]

#[cfg(feature = "break-alloc")]
extern crate alloc;

#[cfg(feature = "alloc")]
pub mod certificate;
#[cfg(feature = "alloc")]
pub mod cloud;
#[cfg(feature = "alloc")]
pub mod guard;
mod radio;
mod session;
mod trust;

use soap_websensor::answer::Fault;
use soap_websensor::entry::{EntryHash, EntryKey, EntryPoint, EntryToken};
use soap_websensor::{Content, Status, canonical};

/// Tells the executable that a panic was reached; it ends the process.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    unsafe extern "C" {
        safe fn probe_panicked() -> !;
    }
    probe_panicked()
}

/// Octets as the executable hands them over.
///
/// # Safety
/// `start` points to `len` octets that nobody writes to.
unsafe fn octets<'a>(start: *const u8, len: usize) -> &'a [u8] {
    // SAFETY: as above.
    unsafe { core::slice::from_raw_parts(start, len) }
}

/// Decodes a flat T/RH/P message; tenths of the temperature, or `i64::MIN` if there is none.
///
/// # Safety
/// `start` points to `len` octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn probe_decode(start: *const u8, len: usize) -> i64 {
    // SAFETY: as above.
    let body = unsafe { octets(start, len) };
    let message = canonical::decode(body);
    match message.map(|message| message.content) {
        Some(Content::FlatTrhp(sample)) => match sample.climate.temperature.status {
            Status::Ok(value) => value.mantissa(),
            _ => i64::MIN,
        },
        _ => i64::MIN,
    }
}

/// Decodes a message and writes it to the buffer; the number of octets, 0 if that is not possible.
///
/// # Safety
/// `start` points to `len` octets, `out` to `capacity` others that may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn probe_emit(start: *const u8, len: usize, out: *mut u8, capacity: usize) -> usize {
    // SAFETY: as above.
    let (body, out) = unsafe { (octets(start, len), core::slice::from_raw_parts_mut(out, capacity)) };
    let Some(message) = canonical::decode(body) else {
        return 0;
    };
    message.emit(out).map_or(0, |written| written.len())
}

/// Decodes a JSON push message, writes it to the buffer and reads that again; the bits of the first value of channel 1 as it was
/// read the second time, 0 if that is not possible.
///
/// # Safety
/// `start` points to `len` octets, `out` to `capacity` others that may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn probe_json(start: *const u8, len: usize, out: *mut u8, capacity: usize) -> u32 {
    // SAFETY: as above.
    let (body, out) = unsafe { (octets(start, len), core::slice::from_raw_parts_mut(out, capacity)) };
    let Ok(message) = comet_json::decode(body) else {
        return 0;
    };
    let Ok(written) = message.content.emit(out) else {
        return 0;
    };
    let Ok(again) = comet_json::decode(written) else {
        return 0;
    };
    let comet_json::Content::Wifi(wifi) = again.content else {
        return 0;
    };
    let value = wifi.channels.iter().next().and_then(|channel| channel.value);
    value.map_or(0, |value| value.to_bits())
}

/// Uploads samples over the TCP format, both sides, under the secret; how many the device may free, 0 if it failed.
///
/// # Safety
/// `secret` points to 32 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn probe_session(secret: *const [u8; 32], count: u32) -> u32 {
    // SAFETY: as above.
    session::upload(unsafe { secret.read() }, count).unwrap_or(0)
}

/// A message of the radio under the key, its damaged frames, and the answer; its last four octets, 0 if anything failed.
///
/// # Safety
/// `key` points to 16 octets, `start` to `len` octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn probe_radio(key: *const [u8; 16], start: *const u8, len: usize) -> u32 {
    // SAFETY: as above.
    let (key, payload) = unsafe { (key.read(), octets(start, len)) };
    radio::exchange(key, payload).unwrap_or(0)
}

/// Length of the payload that a manifest announces, 0 if it is not verified.
#[unsafe(no_mangle)]
pub extern "C" fn probe_manifest() -> u64 {
    trust::announced().unwrap_or(0)
}

/// Takes a firmware through an update, signed under the secret; the counter at the end, 0 if anything failed.
///
/// # Safety
/// `secret` points to 32 octets, `start` to `len` octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn probe_update(secret: *const [u8; 32], start: *const u8, len: usize) -> u32 {
    // SAFETY: as above.
    let (secret, firmware) = unsafe { (secret.read(), octets(start, len)) };
    trust::update(&secret, firmware).unwrap_or(0)
}

/// Length of an answer that refuses.
#[unsafe(no_mangle)]
pub extern "C" fn probe_answer() -> usize {
    Fault::Client.body().len()
}

/// Makes a token, hashes it, rotates and matches; 1 if all is as it should be.
///
/// # Safety
/// `random` points to 16 octets, `hash` to 32 octets that may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn probe_entry(random: *const u8, hash: *mut [u8; 32]) -> i32 {
    // SAFETY: as above.
    let random = unsafe { octets(random, 16) };
    let key = EntryKey::new([7; 32]);
    let Some(token) = EntryToken::from_random(random) else {
        return 0;
    };
    let Some(asked) = EntryToken::parse(token.as_str()) else {
        return 0;
    };
    let current = key.hash(&token);
    let mut point = EntryPoint::new(current);
    point.rotate(EntryHash::from_bytes([0; 32]));
    let while_rotating = point.matches(&key.hash(&asked));
    point.retire_previous();
    let retired = !point.matches(&current);
    // SAFETY: as above.
    unsafe { hash.write(current.to_bytes()) };
    i32::from(while_rotating && retired)
}

/// Allocates.
#[cfg(feature = "break-alloc")]
#[unsafe(no_mangle)]
pub extern "C" fn probe_allocate(len: usize) -> *mut u8 {
    let mut octets = alloc::vec::Vec::with_capacity(len);
    octets.push(1_u8);
    octets.leak().as_mut_ptr()
}
