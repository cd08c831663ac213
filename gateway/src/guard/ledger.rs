//! Tables in this process, one for each family, each with its files beside the database.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use comet_proto::{Family, Policies};
use replay_guard::recovery::RecoverError;
use replay_guard::{HashKey, Outcome, Policy, SharedTable};

use super::files::{self, Files};
use super::{Commit, Options, Order, Unavailable};
use crate::{Failure, secrets};

/// Locks of one table: more than there are cores on machines that one gateway is enough for.
const SHARDS: u32 = 16;

/// The tables. One process at a time has them.
#[derive(Debug)]
pub(crate) struct Ledgers {
    soap: Ledger,
    logger: Ledger,
    wifi: Ledger,
    wired: Ledger,
    tcp: Ledger,
    sigfox: Ledger,
    sigfox_radio: Ledger,
    /// Held as long as this process lives.
    _lock: File,
}

#[derive(Debug)]
struct Ledger {
    table: SharedTable,
    files: Mutex<Files>,
    /// Octets that were torn off its journal at the start.
    torn: usize,
}

/// Where the files lie: `<database>.guard/`.
fn folder(database: &Path) -> PathBuf {
    let mut name = OsString::from(database);
    name.push(".guard");
    PathBuf::from(name)
}

impl Ledgers {
    pub(super) fn open(
        database: &Path,
        policies: &Policies,
        options: &Options,
        begun: &[Family],
    ) -> Result<Self, Failure> {
        let folder = folder(database);
        let failed = |error: io::Error| Failure::new(format!("{}: {error}", folder.display()));
        fs::create_dir_all(&folder).map_err(failed)?;
        let lock = File::create(folder.join("lock")).map_err(failed)?;
        if lock.try_lock().is_err() {
            return Err(Failure::new(format!(
                "{}: another gateway has it; several nodes share a guard with --guard redis://…",
                folder.display()
            )));
        }
        let open = |family: Family| {
            let folder = folder.join(family.code());
            Ledger::open(&folder, policies.of(family), options, begun.contains(&family))
        };
        Ok(Self {
            soap: open(Family::Soap)?,
            logger: open(Family::Logger)?,
            wifi: open(Family::Wifi)?,
            wired: open(Family::Wired)?,
            tcp: open(Family::Tcp)?,
            sigfox: open(Family::Sigfox)?,
            sigfox_radio: open(Family::SigfoxRadio)?,
            _lock: lock,
        })
    }

    const fn all(&self) -> [&Ledger; 7] {
        [
            &self.soap,
            &self.logger,
            &self.wifi,
            &self.wired,
            &self.tcp,
            &self.sigfox,
            &self.sigfox_radio,
        ]
    }

    /// Octets at the end of journals that were no whole entry: a write that a crash cut short.
    pub(crate) fn torn(&self) -> usize {
        self.all().iter().map(|ledger| ledger.torn).sum()
    }

    const fn of(&self, family: Family) -> &Ledger {
        match family {
            Family::Logger => &self.logger,
            Family::Wifi => &self.wifi,
            Family::Wired => &self.wired,
            Family::Tcp => &self.tcp,
            Family::Sigfox => &self.sigfox,
            Family::SigfoxRadio => &self.sigfox_radio,
            _ => &self.soap,
        }
    }

    pub(super) fn check(&self, commit: &Commit) -> Outcome {
        let table = &self.of(commit.family).table;
        table.check(&commit.device, &commit.message, commit.now.0)
    }

    /// Commits in memory: durable after [`Self::flush`].
    pub(crate) fn commit(&self, commit: &Commit) -> Outcome {
        let table = &self.of(commit.family).table;
        table.admit(&commit.device, &commit.message, commit.now.0)
    }

    /// Does what an operator ordered, in memory: durable after [`Self::flush`].
    pub(crate) fn obey(&self, order: Order) -> Result<(), Unavailable> {
        let table = &self.of(order.family).table;
        let done = if order.suspend {
            table.suspend(&order.device)
        } else {
            table.resume(&order.device)
        };
        done.map_err(|_| Unavailable::Full)
    }

    /// The policy of a family.
    pub(crate) const fn policy(&self, family: Family) -> &Policy {
        self.of(family).table.policy()
    }

    /// Makes every change durable that was made before the call: one flush for each family that changed.
    pub(crate) fn flush(&self) -> io::Result<()> {
        for ledger in self.all() {
            let mut files = ledger.files.lock().unwrap_or_else(PoisonError::into_inner);
            files.flush(&ledger.table)?;
        }
        Ok(())
    }
}

impl Ledger {
    fn open(folder: &Path, policy: &Policy, options: &Options, begun: bool) -> Result<Self, Failure> {
        let failed = |error: io::Error| Failure::new(format!("{}: {error}", folder.display()));
        fs::create_dir_all(folder).map_err(failed)?;
        let found = files::read_all(folder).map_err(failed)?;
        let octets: Vec<_> = found.iter().map(|(_, octets)| octets.as_slice()).collect();
        // Places are not seen from outside, so their key need not outlive the process.
        let key = HashKey::new(secrets::random()?);
        let (policy, capacity) = (policy.clone(), options.guard_devices);
        let mut torn = 0;
        let (table, last) = match SharedTable::recover(policy.clone(), key.clone(), capacity, SHARDS, &octets)
        {
            Ok((table, recovered)) => {
                if recovered.torn > 0 {
                    let journal = files::journal_path(folder, recovered.last);
                    files::cut(&journal, recovered.torn).map_err(failed)?;
                    torn = recovered.torn;
                }
                (table, recovered.last)
            }
            Err(error @ RecoverError::Full) => {
                return Err(Failure::new(format!(
                    "{}: {error}; --guard-devices makes room",
                    folder.display()
                )));
            }
            Err(error) => {
                let first = !begun && matches!(error, RecoverError::NoSnapshot);
                if !first && !options.guard_reset {
                    return Err(Failure::new(format!(
                        "{}: {error}; an empty guard would take every recorded message once more: restore the files, or                              start with --guard-reset",
                        folder.display()
                    )));
                }
                let last = found.iter().filter_map(|(path, _)| files::number(path)).max();
                let table = SharedTable::new(policy, key, capacity, SHARDS);
                let table = table.map_err(|error| Failure::new(format!("--guard-devices: {error}")))?;
                (table, last.unwrap_or_default())
            }
        };
        table.keep_journal();
        let files = Files::begin(folder, &table, last.saturating_add(1)).map_err(failed)?;
        Ok(Self {
            table,
            files: Mutex::new(files),
            torn,
        })
    }
}
