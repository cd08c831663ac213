//! Keys from files: SubjectPublicKeyInfo of those that are trusted, PKCS #8 of the one that signs.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use device_trust::image::SigningKey;
use device_trust::manifest::ManifestKey;
use device_trust::{Ed25519Key, KeyError, P256Key};
use tokio_rustls::rustls::pki_types::SubjectPublicKeyInfoDer;
use tokio_rustls::rustls::pki_types::pem::{PemObject as _, SectionKind};
use zeroize::Zeroizing;

use super::files;
use crate::Failure;

/// SubjectPublicKeyInfo of a P-256 key (RFC 5480 §2), up to the point in its uncompressed form.
const P256_HEAD: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// Octets of a file with a secret key, at most: one of Ed25519 has less than 200, as PEM with text around it.
const MAX_SECRET_LEN: usize = 16 << 10;

/// Keys that images are verified under, in the order of the files.
pub(super) fn of_images(files: &[PathBuf]) -> Result<Vec<Ed25519Key>, Failure> {
    read(files, Ed25519Key::from_spki)
}

/// Keys that manifests are verified under, in the order of the files.
pub(super) fn of_manifests(files: &[PathBuf]) -> Result<Vec<ManifestKey>, Failure> {
    read(files, |spki| match spki.strip_prefix(&P256_HEAD) {
        Some(point) => P256Key::from_sec1(point).map(ManifestKey::P256),
        None => Ed25519Key::from_spki(spki).map(ManifestKey::Ed25519),
    })
}

fn read<K>(paths: &[PathBuf], key: fn(&[u8]) -> Result<K, KeyError>) -> Result<Vec<K>, Failure> {
    let mut keys = Vec::new();
    for path in paths {
        let failed = |error: &str| Failure::new(format!("{}: {error}", path.display()));
        let found: Vec<SubjectPublicKeyInfoDer<'_>> = files::items(path, SubjectPublicKeyInfoDer::from)?;
        if found.is_empty() {
            return Err(failed("no public key"));
        }
        for spki in found {
            let key = key(&spki).map_err(|error| failed(&format!("{}: {error}", error.code())))?;
            keys.push(key);
        }
    }
    Ok(keys)
}

/// The key that signs, PKCS #8 in PEM or DER. A file that others may read is refused; nothing of it is in any message. The octets of
/// the file and the decoded key are erased.
pub(super) fn secret(path: &Path) -> Result<SigningKey, Failure> {
    let failed = |text: &str| Failure::new(format!("{}: {text}", path.display()));
    let file = File::open(path).map_err(files::failed(path))?;
    if is_open_to_others(&file).map_err(files::failed(path))? {
        return Err(failed("others than its owner may read this key; chmod 600 it"));
    }
    let max = u64::try_from(MAX_SECRET_LEN).unwrap_or(u64::MAX);
    // Room for all of it at once: growing would leave copies behind.
    let mut octets = Zeroizing::new(Vec::with_capacity(MAX_SECRET_LEN.saturating_add(64)));
    file.take(max)
        .read_to_end(&mut octets)
        .map_err(files::failed(path))?;
    let key = if files::is_pem(&octets) {
        <(SectionKind, Vec<u8>)>::pem_slice_iter(&octets)
            .filter_map(Result::ok)
            .map(|(kind, der)| (kind, Zeroizing::new(der)))
            .find(|(kind, _)| *kind == SectionKind::PrivateKey)
            .and_then(|(_, der)| SigningKey::from_pkcs8(&der))
    } else {
        SigningKey::from_pkcs8(&octets)
    };
    key.ok_or_else(|| failed("no Ed25519 key as PKCS #8 without attributes and password"))
}

#[cfg(unix)]
fn is_open_to_others(file: &File) -> std::io::Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(file.metadata()?.permissions().mode() & 0o077 != 0)
}

/// Elsewhere rights are not of this form.
#[cfg(not(unix))]
fn is_open_to_others(_: &File) -> std::io::Result<bool> {
    Ok(false)
}
