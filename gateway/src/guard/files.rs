//! The files of one table: a snapshot and the journals after it (replay-guard §10).

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use replay_guard::journal::{HEADER_LEN, Header};
use replay_guard::{Policy, SharedTable};
use tempfile::NamedTempFile;

/// Octets of a journal at which the next one is begun.
const JOURNAL_LEN: u64 = 16 << 20;

/// The journal that is written, and how far it is.
#[derive(Debug)]
pub(super) struct Files {
    folder: PathBuf,
    journal: File,
    generation: u64,
    len: u64,
    /// A write failed: the table is ahead of the files, until a snapshot of it is written.
    behind: bool,
}

/// Every journal and snapshot in a folder.
pub(super) fn read_all(folder: &Path) -> io::Result<Vec<(PathBuf, Vec<u8>)>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if number(&path).is_some() {
            let octets = fs::read(&path)?;
            all.push((path, octets));
        }
    }
    Ok(all)
}

/// Cuts what is torn off the end of the last journal, so that it does not stand in the middle of the files later.
pub(super) fn cut(path: &Path, torn: usize) -> io::Result<()> {
    let file = File::options().write(true).open(path)?;
    let torn = u64::try_from(torn).unwrap_or(u64::MAX);
    file.set_len(file.metadata()?.len().saturating_sub(torn))?;
    file.sync_all()
}

/// Generation of a file by its name; `None` for other files.
pub(super) fn number(path: &Path) -> Option<u64> {
    let name = path.file_name()?.to_str()?;
    let number = name
        .strip_prefix("journal-")
        .or_else(|| name.strip_prefix("snapshot-"))?;
    u64::from_str_radix(number, 16)
        .ok()
        .filter(|_| number.len() == 16)
}

pub(super) fn journal_path(folder: &Path, generation: u64) -> PathBuf {
    folder.join(format!("journal-{generation:016x}"))
}

fn begin_journal(folder: &Path, policy: &Policy, generation: u64) -> io::Result<File> {
    let mut file = File::create(journal_path(folder, generation))?;
    file.write_all(&Header::journal(policy, generation).to_bytes())?;
    file.sync_all()?;
    File::open(folder)?.sync_all()?;
    Ok(file)
}

fn write_snapshot(folder: &Path, table: &SharedTable, generation: u64) -> io::Result<()> {
    let mut file = NamedTempFile::new_in(folder)?;
    {
        let mut writer = io::BufWriter::new(file.as_file_mut());
        table.export(generation, |octets| writer.write_all(octets))?;
        writer.flush()?;
    }
    file.as_file().sync_all()?;
    file.persist(folder.join(format!("snapshot-{generation:016x}")))
        .map_err(|error| error.error)?;
    File::open(folder)?.sync_all()
}

impl Files {
    /// Begins a generation: journal, then snapshot, then the older files go.
    pub(super) fn begin(folder: &Path, table: &SharedTable, generation: u64) -> io::Result<Self> {
        let journal = begin_journal(folder, table.policy(), generation)?;
        write_snapshot(folder, table, generation)?;
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if number(&path).is_some_and(|older| older < generation) {
                // One that stays is passed over at the next start.
                let _ = fs::remove_file(path);
            }
        }
        Ok(Self {
            folder: folder.to_owned(),
            journal,
            generation,
            len: 0,
            behind: false,
        })
    }

    /// Makes every change of the table durable that was made before the call.
    pub(super) fn flush(&mut self, table: &SharedTable) -> io::Result<()> {
        if self.behind || self.len >= JOURNAL_LEN {
            self.rotate(table)?;
        }
        let mut octets = Vec::new();
        table.take_entries(self.generation, &mut octets);
        if octets.is_empty() {
            return Ok(());
        }
        // From here on until they are durable the entries are in the table alone.
        self.behind = true;
        self.journal.write_all(&octets)?;
        self.journal.sync_data()?;
        self.behind = false;
        let len = u64::try_from(octets.len()).unwrap_or(u64::MAX);
        self.len = self.len.saturating_add(len);
        Ok(())
    }

    /// The next generation, with a snapshot of all that is in the table. A journal that a failed write may have torn is cut to what
    /// is known to be whole first, since it stands before the next one from then on.
    fn rotate(&mut self, table: &SharedTable) -> io::Result<()> {
        let header = u64::try_from(HEADER_LEN).unwrap_or(u64::MAX);
        self.journal.set_len(header.saturating_add(self.len))?;
        self.journal.sync_all()?;
        *self = Self::begin(&self.folder, table, self.generation.saturating_add(1))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use replay_guard::{Config, Counter, DeviceKey, HashKey, Message};

    const DEVICE: DeviceKey = DeviceKey::new([7; 16]);

    fn policy() -> Policy {
        let counter = Counter::Restarting {
            modulus: 0,
            late: 0,
            skew: 0,
        };
        Policy::new(Config::new(counter)).unwrap()
    }

    fn table() -> SharedTable {
        let table = SharedTable::new(policy(), HashKey::new([1; 16]), 100, 4).unwrap();
        table.keep_journal();
        table
    }

    fn admit(table: &SharedTable, second: u64) -> &'static str {
        let ms = second.saturating_mul(1000);
        let message = Message::sampled(ms, second);
        table.admit(&DEVICE, &message, ms).verdict.code()
    }

    fn recovered(folder: &Path) -> (SharedTable, replay_guard::recovery::Recovered) {
        let files = read_all(folder).unwrap();
        let files: Vec<_> = files.iter().map(|(_, octets)| octets.as_slice()).collect();
        SharedTable::recover(policy(), HashKey::new([2; 16]), 100, 4, &files).unwrap()
    }

    #[test]
    fn what_was_flushed_is_there_after_a_crash_and_after_rotation() {
        let folder = tempfile::tempdir().unwrap();
        let table = table();
        let mut files = Files::begin(folder.path(), &table, 1).unwrap();
        assert_eq!(admit(&table, 5), "fresh");
        files.flush(&table).unwrap();
        assert_eq!(admit(&recovered(folder.path()).0, 5), "duplicate");
        files.rotate(&table).unwrap();
        assert_eq!(admit(&table, 6), "fresh");
        files.flush(&table).unwrap();
        let (again, told) = recovered(folder.path());
        assert_eq!((told.generation, told.last, told.torn), (2, 2, 0));
        assert_eq!(admit(&again, 6), "duplicate");
        assert_eq!(read_all(folder.path()).unwrap().len(), 2, "older files are gone");
    }

    #[test]
    fn a_torn_tail_is_cut_and_a_failed_write_is_made_up_for_by_a_snapshot() {
        let folder = tempfile::tempdir().unwrap();
        let table = table();
        let mut files = Files::begin(folder.path(), &table, 1).unwrap();
        assert_eq!(admit(&table, 5), "fresh");
        files.flush(&table).unwrap();
        // A write that ended in the middle: half an entry in the file, the whole of it in the table alone.
        assert_eq!(admit(&table, 6), "fresh");
        let mut entries = Vec::new();
        table.take_entries(1, &mut entries);
        files.journal.write_all(&entries[..20]).unwrap();
        files.behind = true;
        assert_eq!(recovered(folder.path()).1.torn, 20);
        cut(&journal_path(folder.path(), 1), 20).unwrap();
        assert_eq!(recovered(folder.path()).1.torn, 0);
        files.journal.write_all(&entries[..20]).unwrap();
        files.flush(&table).unwrap();
        let (again, told) = recovered(folder.path());
        assert_eq!((told.generation, told.torn), (2, 0));
        assert_eq!(admit(&again, 6), "duplicate");
    }
}
