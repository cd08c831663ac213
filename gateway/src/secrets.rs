//! Randomness of the operating system, and the key that entry points are hashed with.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use soap_websensor::entry::EntryKey;
use tempfile::NamedTempFile;

use crate::Failure;

/// Random octets.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut octets = [0; N];
    getrandom::fill(&mut octets).map_err(|error| Failure::new(format!("no random numbers: {error}")))?;
    Ok(octets)
}

/// Where the key lies: beside the database, not in it, so that a copy of the database alone opens nothing.
fn key_file(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".key");
    PathBuf::from(name)
}

/// Reads the key, or makes one at first use. The file appears whole or not at all, readable by its owner only.
pub(crate) fn entry_key(database: &Path) -> Result<EntryKey, Failure> {
    let path = key_file(database);
    let failed = |error: io::Error| Failure::new(format!("{}: {error}", path.display()));
    if let Some(key) = read(&path).map_err(failed)? {
        return Ok(EntryKey::new(key));
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(folder).map_err(failed)?;
    let key = random::<32>()?;
    file.write_all(&key)
        .and_then(|()| file.as_file().sync_all())
        .map_err(failed)?;
    match file.persist_noclobber(&path) {
        Ok(_) => Ok(EntryKey::new(key)),
        // Somebody else was faster: theirs is the key.
        Err(_) => read(&path)
            .map_err(failed)?
            .map(EntryKey::new)
            .ok_or_else(|| failed(ErrorKind::NotFound.into())),
    }
}

fn read(path: &Path) -> io::Result<Option<[u8; 32]>> {
    let mut key = [0; 32];
    match File::open(path) {
        Ok(mut file) => file.read_exact(&mut key).map(|()| Some(key)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
