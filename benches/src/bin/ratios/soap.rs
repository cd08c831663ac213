//! Bodies of Web Sensors.

use std::hint::black_box;

use comet_benches::peers::{borrowed, namespaces, structs, tree};
use comet_benches::{corpus, writers};
use soap_websensor::{Message, Options, decode, envelope};

use crate::rounds::{CALLS, medians, runs};

fn same(ours: Option<&Message<'_>>, theirs: Option<&Message<'_>>, what: &str) -> bool {
    let same = ours == theirs;
    if !same {
        println!("another result: {what}\n{ours:#?}\n{theirs:#?}");
    }
    same
}

pub(crate) fn decoding() -> bool {
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

pub(crate) fn encoding() -> bool {
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
