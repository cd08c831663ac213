//! Callbacks of the Sigfox Cloud.

use comet_benches::callback;

use crate::rounds::{CALLS, medians, runs};

pub(crate) fn receiving() -> bool {
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
