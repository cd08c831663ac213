//! Push messages in JSON.

use comet_benches::push;

use crate::rounds::{CALLS, medians, runs};

pub(crate) fn decoding() -> bool {
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
