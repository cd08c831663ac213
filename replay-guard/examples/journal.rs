//! A table that survives a crash: group commit to a journal, then recovery from the files, the last entry torn.

#![expect(clippy::print_stdout, reason = "shows what happens")]

use replay_guard::journal::Header;
use replay_guard::{Config, Counter, DeviceKey, HashKey, Message, Policy, Table};

fn main() -> Result<(), Box<dyn core::error::Error>> {
    let counter = Counter::Sliding {
        window: 64,
        hold: 30_000,
        reserve: 0,
    };
    let policy = Policy::new(Config::new(counter))?;
    let secret = HashKey::new([7; 16]);
    let device = DeviceKey::new(*b"sensor-14930217\0");
    let now = 1_790_000_000_000;

    // Vectors stand for files: writes are followed by a flush in earnest.
    let (mut snapshot, mut journal) = (Vec::new(), Header::journal(&policy, 1).to_bytes().to_vec());
    let mut table = Table::new(policy.clone(), secret.clone(), 1000)?;
    table.export(1, |octets| {
        snapshot.extend_from_slice(octets);
        Ok::<_, core::convert::Infallible>(())
    })?;
    table.keep_journal();

    for number in [1, 2, 3] {
        let outcome = table.admit(&device, &Message::numbered(number), now);
        println!("{number}: {}", outcome.verdict.code());
    }
    // One flush for all that waits; only then are the messages acknowledged.
    table.take_entries(1, &mut journal);

    // A crash in the middle of the last entry: the effects of 3 were not released.
    journal.truncate(journal.len().saturating_sub(5));
    let (mut table, recovered) = Table::recover(policy, secret, 1000, &[&snapshot, &journal])?;
    println!("torn: {} octets", recovered.torn);
    for number in [2, 3] {
        let outcome = table.admit(&device, &Message::numbered(number), now);
        println!("{number} again: {}", outcome.verdict.code());
    }
    Ok(())
}
