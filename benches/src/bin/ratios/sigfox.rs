//! Radio frames of Sigfox.

use std::hint::black_box;

use comet_benches::sigfox;
use sigfox_frame::coding::{convolution, crc};
use sigfox_frame::uplink::Rank;

use crate::rounds::{CALLS, medians, runs};

pub(crate) fn frames() -> bool {
    println!(
        "\n| Sigfox uplink | octets | verified, ns | bare cipher | ratio | bit by bit | ratio |\n|---|---|---|---|---|---|---|"
    );
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
            "bit by bit" => |frame| sigfox::bit_by_bit(frame, &bare),
        ];
        let times = medians(&mut runs, &sent.frame, CALLS);
        let &[ours, cipher, bits] = times.as_slice() else {
            return false;
        };
        let (name, len) = (sent.name, sent.frame.len());
        println!(
            "| {name} | {len} | {ours:.1} | {cipher:.1} | {:.2} | {bits:.0} | {:.1} |",
            ours / cipher,
            bits / ours
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
