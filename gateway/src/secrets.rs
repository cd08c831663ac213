//! Randomness of the operating system, and the key beside the database.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use replay_guard::HashKey;
use soap_websensor::entry::EntryKey;
use tempfile::NamedTempFile;
use wifisensor_tcp::keys::{Key, Secret, derive};

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

/// The key that entry points are hashed with.
pub(crate) fn entry_key(database: &Path) -> Result<EntryKey, Failure> {
    file_key(database).map(EntryKey::new)
}

/// The key of the digests that the guard keeps: the same for all nodes with the same key beside their databases.
pub(crate) fn digest_key(database: &Path) -> Result<HashKey, Failure> {
    let key = derive(&file_key(database)?, "comet guard digest", &[]);
    let (half, _) = key.as_bytes().split_at(16);
    Ok(HashKey::new(half.try_into().unwrap_or_default()))
}

/// What the secrets of devices are masked with in the database.
///
/// Each is masked with an HMAC under a key that is not in the database, over a salt of its own, so that a copy of the
/// database alone opens no session.
#[derive(Debug)]
pub(crate) struct Vault(Key);

/// A secret as it lies in the database.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sealed {
    pub(crate) salt: [u8; 16],
    pub(crate) masked: [u8; 32],
}

impl Vault {
    pub(crate) fn open(database: &Path) -> Result<Self, Failure> {
        Ok(Self(derive(&file_key(database)?, "comet tcp at rest", &[])))
    }

    pub(crate) fn seal(&self, secret: &Secret, serial: &str, key_id: u8) -> Result<Sealed, Failure> {
        let salt = random()?;
        let masked = self.masked(secret.as_bytes(), &salt, serial, key_id);
        Ok(Sealed { salt, masked })
    }

    pub(crate) fn unseal(&self, sealed: &Sealed, serial: &str, key_id: u8) -> Secret {
        Secret::new(self.masked(&sealed.masked, &sealed.salt, serial, key_id))
    }

    /// The secret of the callbacks of a device type.
    pub(crate) fn seal_callback(&self, secret: &Secret, name: &str) -> Result<Sealed, Failure> {
        self.seal(secret, &of_type(name), 0)
    }

    /// The inverse.
    pub(crate) fn callback(&self, sealed: &Sealed, name: &str) -> Secret {
        self.unseal(sealed, &of_type(name), 0)
    }

    /// The radio key of a device: half of a sealed secret.
    pub(crate) fn seal_radio_key(&self, key: &[u8; 16], serial: &str) -> Result<Sealed, Failure> {
        let mut octets = [0; 32];
        for (to, from) in octets.iter_mut().zip(key) {
            *to = *from;
        }
        self.seal(&Secret::new(octets), &of_radio(serial), 0)
    }

    /// The inverse.
    pub(crate) fn radio_key(&self, sealed: &Sealed, serial: &str) -> [u8; 16] {
        let secret = self.unseal(sealed, &of_radio(serial), 0);
        secret.as_bytes().first_chunk().copied().unwrap_or_default()
    }

    /// Its own inverse.
    fn masked(&self, octets: &[u8; 32], salt: &[u8; 16], serial: &str, key_id: u8) -> [u8; 32] {
        let context = [&salt[..], &[key_id], serial.as_bytes()].concat();
        let mask = derive(self.0.as_bytes(), "secret", &context);
        let mut out = *octets;
        for (octet, mask) in out.iter_mut().zip(mask.as_bytes()) {
            *octet ^= mask;
        }
        out
    }
}

/// What the mask depends on, so that nothing sealed is anything else.
fn of_type(name: &str) -> String {
    format!("sigfox type {name}")
}

fn of_radio(serial: &str) -> String {
    format!("sigfox radio {serial}")
}

/// Reads the key, or makes one at first use. The file appears whole or not at all, readable by its owner only.
fn file_key(database: &Path) -> Result<[u8; 32], Failure> {
    let path = key_file(database);
    let failed = |error: io::Error| Failure::new(format!("{}: {error}", path.display()));
    if let Some(key) = read(&path).map_err(failed)? {
        return Ok(key);
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
        Ok(_) => Ok(key),
        // Somebody else was faster: theirs is the key.
        Err(_) => read(&path)
            .map_err(failed)?
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_secret_opens_for_its_device_and_number_with_its_key_only() {
        let (vault, other) = (Vault(Key::new([1; 32])), Vault(Key::new([2; 32])));
        let secret = Secret::new([0x5A; 32]);
        let sealed = vault.seal(&secret, "a", 1).unwrap();
        let again = vault.seal(&secret, "a", 1).unwrap();
        assert_ne!(sealed.masked, again.masked);
        assert_ne!(&sealed.masked, secret.as_bytes());
        let opened = |vault: &Vault, serial, key_id| *vault.unseal(&sealed, serial, key_id).as_bytes();
        assert_eq!(&opened(&vault, "a", 1), secret.as_bytes());
        for wrong in [
            opened(&other, "a", 1),
            opened(&vault, "b", 1),
            opened(&vault, "a", 2),
        ] {
            assert_ne!(&wrong, secret.as_bytes());
        }
    }
}
