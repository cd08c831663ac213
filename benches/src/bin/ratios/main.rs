//! Prints ratios of times: every implementation in turn, many rounds in one process, medians.
//!
//! Ratios from interleaved rounds hold on a machine that is not quiet; the nanoseconds only illustrate.

#![expect(clippy::print_stdout, reason = "prints a table")]

mod guard;

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

use comet_benches::peers::{borrowed, namespaces, structs, tree};
use comet_benches::{callback, corpus, push, sigfox, tcp, writers};
use sigfox_frame::coding::{convolution, crc};
use sigfox_frame::uplink::Rank;
use soap_websensor::{Message, Options, decode, envelope};
use wifisensor_tcp::keys::Secret;
use wifisensor_tcp::samples::Samples;

const ROUNDS: usize = 200;
/// Calls of one implementation in one round, for a body of documented length.
const CALLS: usize = 200;

/// A body goes in, what comes out is thrown away.
type Run<'r> = Box<dyn FnMut(&[u8], usize) + 'r>;

/// Calls `f` as often as asked, in a loop of its own: the call of the closure does not count.
fn repeat<'b, T>(mut f: impl FnMut(&'b [u8]) -> T, body: &'b [u8], calls: usize) {
    for _ in 0..calls {
        black_box(&f(black_box(body)));
    }
}

fn boxed<'r>(run: impl FnMut(&[u8], usize) + 'r) -> Run<'r> {
    Box::new(run)
}

macro_rules! runs {
    ($($name:literal => $f:expr),+ $(,)?) => {
        vec![$(($name, boxed(|body, calls| repeat($f, body, calls)))),+]
    };
}

mod trust;

/// Median nanoseconds of one call, for each run.
fn medians(runs: &mut [(&str, Run<'_>)], body: &[u8], calls: usize) -> Vec<f64> {
    let mut times = vec![Vec::with_capacity(ROUNDS); runs.len()];
    for _ in 0..ROUNDS {
        for ((_, run), times) in runs.iter_mut().zip(&mut times) {
            let start = Instant::now();
            run(body, calls);
            times.push(start.elapsed());
        }
    }
    let per_call = |mut times: Vec<std::time::Duration>| {
        times.sort_unstable();
        let median = times.get(ROUNDS / 2).copied().unwrap_or_default();
        let calls = u32::try_from(calls).map_or(f64::NAN, f64::from);
        median.as_secs_f64() * 1e9 / calls
    };
    times.into_iter().map(per_call).collect()
}

fn same(ours: Option<&Message<'_>>, theirs: Option<&Message<'_>>, what: &str) -> bool {
    let same = ours == theirs;
    if !same {
        println!("another result: {what}\n{ours:#?}\n{theirs:#?}");
    }
    same
}

fn decoding() -> bool {
    println!(
        "| decode | octets | this crate, ns | general | quick-xml | NsReader | serde | roxmltree | ours / quick-xml | general / quick-xml |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    let options = Options::new();
    for corpus::Body {
        name, octets, lawful, ..
    } in &corpus::bodies()
    {
        let message = decode(octets).ok();
        let general = envelope::decode(octets, &options).ok();
        let with_structs = *lawful || structs::decode(octets).is_none();
        let equal = message.is_some() == *lawful
            && same(message.as_ref(), general.as_ref(), "general path")
            && same(message.as_ref(), borrowed::decode(octets).as_ref(), "quick-xml")
            && same(message.as_ref(), namespaces::decode(octets).as_ref(), "NsReader")
            && (!with_structs || same(message.as_ref(), structs::decode(octets).as_ref(), "serde"))
            && same(message.as_ref(), tree::decode(octets).as_ref(), "roxmltree");
        if !equal {
            println!("{name}: the results differ");
            return false;
        }
        let mut runs = runs![
            "this crate" => decode,
            "general" => |body| envelope::decode(body, &options),
            "quick-xml" => borrowed::decode,
            "NsReader" => namespaces::decode,
            "serde" => structs::decode,
            "roxmltree" => tree::decode,
        ];
        let calls = CALLS
            .saturating_mul(640)
            .checked_div(octets.len())
            .map_or(1, |calls| calls.clamp(2, CALLS));
        let times = medians(&mut runs, octets, calls);
        let &[ours, general, quick, ns, serde, tree] = times.as_slice() else {
            return false;
        };
        let serde = if with_structs {
            format!("{serde:.0}")
        } else {
            String::from("accepts")
        };
        println!(
            "| {name} | {} | {ours:.0} | {general:.0} | {quick:.0} | {ns:.0} | {serde} | {tree:.0} | {:.3} | {:.2} |",
            octets.len(),
            ours / quick,
            general / quick
        );
    }
    true
}

fn pushing() -> bool {
    println!(
        "\n| JSON | octets | this crate, ns | serde_json | simd-json | ours / serde_json |\n|---|---|---|---|---|---|"
    );
    for body in &push::bodies() {
        if !push::agree(body) {
            println!("{}: the results differ", body.name);
            return false;
        }
        let octets = body.octets.as_slice();
        let mut copy = Vec::new();
        let mut runs = runs![
            "this crate" => push::ours,
            "serde_json" => push::serde,
            "simd-json" => |octets| push::simd(octets, &mut copy).is_some(),
        ];
        let times = medians(&mut runs, octets, CALLS);
        let &[ours, serde, simd] = times.as_slice() else {
            return false;
        };
        let (name, len) = (body.name, octets.len());
        println!(
            "| {name} | {len} | {ours:.0} | {serde:.0} | {simd:.0} | {:.3} |",
            ours / serde
        );
    }
    true
}

fn sessions() -> bool {
    println!(
        "\n| SAMPLES | records | octets | verified and checked, ns | bare HMAC | ratio | with records | ratio | codec | varint loop | ratio |\n|---|---|---|---|---|---|---|---|---|---|---|"
    );
    let (key, bare) = (tcp::key(), tcp::bare_key());
    for full in &tcp::full() {
        if !tcp::agree(full) {
            println!("{}: the results differ", full.name);
            return false;
        }
        let mut frames = runs![
            "this crate" => |octets| tcp::verified(octets, &key),
            "HMAC" => |octets| tcp::bare(octets, &bare),
            "records" => |octets| tcp::verified(octets, &key).map(|samples| tcp::sum(samples.records())),
        ];
        let mut bodies = runs![
            "this crate" => |body| Samples::parse(body).map(|samples| tcp::sum(samples.records())),
            "loop" => tcp::plain,
        ];
        let frames = medians(&mut frames, &full.octets, CALLS);
        let bodies = medians(&mut bodies, full.body(), CALLS);
        let (&[ours, hmac, records], &[codec, plain]) = (frames.as_slice(), bodies.as_slice()) else {
            return false;
        };
        let (name, count, len) = (full.name, full.records, full.octets.len());
        println!(
            "| {name} | {count} | {len} | {ours:.0} | {hmac:.0} | {:.2} | {records:.0} | {:.2} | {codec:.0} | {plain:.0} | {:.2} |",
            ours / hmac,
            records / hmac,
            codec / plain
        );
    }
    let (hello, secret) = tcp::hello();
    let decoy = Secret::new([0xDC; 32]);
    let mut runs = runs![
        "this crate" => |hello| tcp::handshake(hello, &secret, &decoy),
        "its hashing" => tcp::handshake_hashing,
    ];
    let times = medians(&mut runs, &hello, CALLS);
    let &[ours, hashing] = times.as_slice() else {
        return false;
    };
    println!(
        "\nhandshake, server: {ours:.0} ns, {:.0} a second and core; its hashing alone {hashing:.0} ns; ratio {:.2}",
        1e9 / ours,
        ours / hashing
    );
    true
}

fn frames() -> bool {
    println!("\n| Sigfox uplink | octets | verified, ns | bare cipher | ratio |\n|---|---|---|---|---|");
    let Some(key) = sigfox::key() else { return false };
    let bare = sigfox::bare_key();
    for sent in &sigfox::frames() {
        if !sigfox::agree(sent) {
            println!("{}: the results differ", sent.name);
            return false;
        }
        let blocks = sigfox::blocks(sent);
        let mut runs = runs![
            "this crate" => |frame| sigfox::verified(frame, &key),
            "cipher" => |_| sigfox::bare(black_box(&blocks), &bare),
        ];
        let times = medians(&mut runs, &sent.frame, CALLS);
        let &[ours, cipher] = times.as_slice() else {
            return false;
        };
        let (name, len) = (sent.name, sent.frame.len());
        println!(
            "| {name} | {len} | {ours:.1} | {cipher:.1} | {:.2} |",
            ours / cipher
        );
    }
    let data = sigfox::noise(22);
    let (Some(body), tables) = (data.get(..20), sigfox::Table::new()) else {
        return false;
    };
    if sigfox::CRC.checksum(body) != crc::crc16(body) || sigfox::CRCXX.compute(body) != crc::crc16(body) {
        println!("crc: the results differ");
        return false;
    }
    let undone = |rank| {
        move |data: &[u8]| {
            let mut content = [0; 22];
            content.copy_from_slice(data);
            convolution::decode(rank, &mut content);
            content
        }
    };
    let by_table = |rank| {
        let tables = &tables;
        move |data: &[u8]| {
            let mut content = [0; 22];
            content.copy_from_slice(data);
            sigfox::table(&mut content, rank, tables);
            content
        }
    };
    if [Rank::Second, Rank::Third]
        .into_iter()
        .any(|rank| undone(rank)(&data) != by_table(rank)(&data))
    {
        println!("filter: the results differ");
        return false;
    }
    let mut crcs = runs![
        "this crate" => crc::crc16,
        "crc" => |data| sigfox::CRC.checksum(data),
        "crcxx" => |data| sigfox::CRCXX.compute(data),
    ];
    let mut filters = runs![
        "rank 2" => undone(Rank::Second),
        "rank 2, byte table" => by_table(Rank::Second),
        "rank 3" => undone(Rank::Third),
        "rank 3, byte table" => by_table(Rank::Third),
    ];
    println!("\n| Sigfox code | ns |\n|---|---|");
    for (what, runs, data) in [
        ("CRC-16, 20 octets", &mut crcs, body),
        ("inverse filter, 22 octets", &mut filters, &data),
    ] {
        let times = medians(runs, data, CALLS);
        for ((name, _), time) in runs.iter().zip(&times) {
            println!("| {what}: {name} | {time:.1} |");
        }
    }
    true
}

fn callbacks() -> bool {
    println!(
        "\n| callback | octets | this crate, ns | serde_json | sonic-rs | ours / serde_json |\n|---|---|---|---|---|---|"
    );
    let Some(receiver) = callback::receiver() else {
        return false;
    };
    for body in &callback::bodies() {
        if !callback::agree(body) {
            println!("{}: the results differ", body.name);
            return false;
        }
        let octets = body.octets.as_slice();
        let mut runs = runs![
            "this crate" => |octets| callback::ours(&receiver, octets),
            "serde_json" => callback::serde,
            "sonic-rs" => callback::sonic,
        ];
        let times = medians(&mut runs, octets, CALLS);
        let &[ours, serde, sonic] = times.as_slice() else {
            return false;
        };
        let (name, len) = (body.name, octets.len());
        println!(
            "| {name} | {len} | {ours:.0} | {serde:.0} | {sonic:.0} | {:.3} |",
            ours / serde
        );
    }
    true
}

fn encoding() -> bool {
    let body = corpus::typical();
    let Ok(message) = decode(body) else { return false };
    let (mut buffer, mut vector) = ([0; 1024], Vec::with_capacity(1024));
    let written = message.emit(&mut buffer).map(|written| written == body);
    let events = writers::events(&writers::EXAMPLE, &mut vector);
    if written != Ok(true)
        || events.is_err()
        || vector != body
        || writers::formatted(&writers::EXAMPLE).as_bytes() != body
    {
        println!("encode: the results differ");
        return false;
    }
    let mut runs = runs![
        "emit" => |_| message.emit(&mut buffer).map(|written| written.len()),
        "quick-xml Writer" => |_| {
            vector.clear();
            writers::events(black_box(&writers::EXAMPLE), &mut vector)
        },
        "format!" => |_| writers::formatted(black_box(&writers::EXAMPLE)),
    ];
    let times = medians(&mut runs, body, CALLS);
    println!("\n| encode, typical | ns | ours / it |\n|---|---|---|");
    let ours = times.first().copied().unwrap_or_default();
    for ((name, _), time) in runs.iter().zip(&times) {
        println!("| {name} | {time:.0} | {:.2} |", ours / time);
    }
    true
}

/// Without arguments the decoders; `guard` and numbers of devices for the guard.
fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let done = match arguments.next().as_deref() {
        Some("guard") => arguments.all(|devices| devices.parse().is_ok_and(guard::print)),
        Some("trust") => trust::print(),
        _ => decoding() && encoding() && pushing() && sessions() && frames() && callbacks(),
    };
    if done {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
