//! Sessions over TCP.

use comet_benches::tcp;
use wifisensor_tcp::keys::Secret;
use wifisensor_tcp::samples::Samples;

use crate::rounds::{CALLS, medians, runs};

pub(crate) fn sessions() -> bool {
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
