//! `GET /update/<class>/<counter>`: firmware for devices with certificates (§A; device-trust, part A).
//!
//! Images come from a folder, once, when the gateway starts. What is served are the very octets in memory that were verified. A device has
//! to verify them all the same.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path as Segments, State};
use axum::response::Response;
use clap::Args;
use device_trust::Ed25519Key;
use device_trust::image::{ImageErrorKind, Mode, Policy, verify};
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH};
use hyper::{HeaderMap, Method, StatusCode};
use rusqlite::Connection;
use tokio_rustls::rustls::pki_types::SubjectPublicKeyInfoDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;

use super::refuse;
use super::session::{Session, registered};
use crate::serve::Gateway;
use crate::{Failure, clock, store};

/// Images at a time: all of them are in memory.
const MAX_IMAGES: usize = 64;

/// What `comet serve` is told about updates.
#[derive(Debug, Clone, Default, Args)]
#[group(skip)]
pub(crate) struct Options {
    /// Folder of signed images for devices with certificates, one for each class of devices; read once. None by default.
    #[arg(
        id = "updates",
        long = "updates",
        requires = "update_key",
        requires = "https",
        value_name = "FOLDER"
    )]
    folder: Option<PathBuf>,
    /// Public key that images are signed with, SubjectPublicKeyInfo of an Ed25519 key in PEM; more than one may be given.
    #[arg(
        id = "update_key",
        long = "update-key",
        requires = "updates",
        value_name = "FILE"
    )]
    keys: Vec<PathBuf>,
    /// Octets of an image, at most.
    #[arg(id = "update_max_len", long = "update-max-len", default_value_t = 16 << 20, value_name = "COUNT")]
    max_len: u64,
}

/// A verified image.
#[derive(Debug)]
struct Update {
    class: [u8; 16],
    counter: u32,
    /// SHA-256 of what is signed, in quotes.
    tag: HeaderValue,
    octets: Bytes,
}

/// All images that are served.
#[derive(Debug, Clone, Default)]
pub(super) struct Updates(Arc<[Update]>);

impl Updates {
    /// Reads and verifies the folder; refuses what is below a counter that was served before.
    pub(super) fn load(options: &Options, connection: &Connection) -> Result<Self, Failure> {
        let Some(folder) = &options.folder else {
            return Ok(Self::default());
        };
        let keys = options
            .keys
            .iter()
            .map(|file| key(file))
            .collect::<Result<Vec<_>, _>>()?;
        let policy = Policy::new(&keys, options.max_len, Mode::File);
        let mut updates: Vec<Update> = Vec::new();
        for file in files(folder)? {
            let failed = |why: &dyn core::fmt::Display| Failure::new(format!("{}: {why}", file.display()));
            let update = read(&file, options.max_len)
                .map_err(|error| failed(&error))
                .and_then(|octets| update(octets, &policy, connection).map_err(|why| failed(&why)))?;
            if updates.iter().any(|other| other.class == update.class) {
                return Err(failed(&"another image is for the same class"));
            }
            updates.push(update);
        }
        for update in &updates {
            store::update::serve(connection, &update.class, update.counter, clock::now())
                .map_err(|error| Failure::new(error.to_string()))?;
        }
        Ok(Self(updates.into()))
    }
}

fn key(file: &Path) -> Result<Ed25519Key, Failure> {
    let failed = |why: &dyn core::fmt::Display| Failure::new(format!("{}: {why}", file.display()));
    let spki = SubjectPublicKeyInfoDer::from_pem_file(file).map_err(|error| failed(&error))?;
    Ed25519Key::from_spki(&spki).map_err(|error| failed(&error))
}

/// The files of the folder, in the order of their names; those whose name begins with a full stop are passed over.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed = |why: &dyn core::fmt::Display| Failure::new(format!("{}: {why}", folder.display()));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| failed(&error))? {
        let entry = entry.map_err(|error| failed(&error))?;
        if entry.file_name().as_encoded_bytes().first() == Some(&b'.') || !entry.path().is_file() {
            continue;
        }
        if files.len() >= MAX_IMAGES {
            return Err(failed(&format_args!("more than {MAX_IMAGES} images")));
        }
        files.push(entry.path());
    }
    files.sort_unstable();
    Ok(files)
}

/// One octet more than may be, so that the check sees it.
fn read(file: &Path, max_len: u64) -> std::io::Result<Vec<u8>> {
    let mut octets = Vec::new();
    File::open(file)?
        .take(max_len.saturating_add(1))
        .read_to_end(&mut octets)?;
    Ok(octets)
}

/// Why an image is not served.
#[derive(Debug, thiserror::Error)]
enum Unserved {
    #[error("{code}: {0}", code = .0.kind.code())]
    Image(#[from] device_trust::image::ImageError),
    #[error("{code}: {0}", code = .0.code())]
    Older(ImageErrorKind),
    #[error("the image names no class of devices")]
    Class,
    #[error("{0}")]
    Database(#[from] rusqlite::Error),
}

fn update(octets: Vec<u8>, policy: &Policy<'_>, connection: &Connection) -> Result<Update, Unserved> {
    // An image without a counter could not be told from an older one: any stored counter asks for one.
    let image = verify(&octets, &policy.with_stored_counter(0))?;
    let class = image.class.ok_or(Unserved::Class)?;
    let counter = image.security_counter.unwrap_or_default();
    // Which counter is stored is known by the class, and the class after the signature.
    if let Some(stored) = store::update::served(connection, &class)?
        && counter < stored
    {
        let found = counter;
        return Err(Unserved::Older(ImageErrorKind::Rollback { found, stored }));
    }
    let hash = device_trust::certificate::Thumbprint(image.sha256);
    Ok(Update {
        class,
        counter,
        tag: HeaderValue::from_str(&format!("\"{hash}\"")).unwrap_or(HeaderValue::from_static("\"\"")),
        octets: octets.into(),
    })
}

/// Gives the image of the class; never one below the counter that the device has stored.
pub(super) async fn get(
    State(gateway): State<Arc<Gateway>>,
    Extension(updates): Extension<Updates>,
    Extension(session): Extension<Session>,
    Segments((class, stored)): Segments<(String, String)>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    if let Err(refused) = registered(&gateway, &session).await {
        return refuse(&gateway, &refused);
    }
    let mut response = Response::new(Body::empty());
    let Some(stored) = counter_of(&stored) else {
        *response.status_mut() = StatusCode::BAD_REQUEST;
        return response;
    };
    let found = class_of(&class).and_then(|class| updates.0.iter().find(|update| update.class == class));
    let Some(update) = found else {
        *response.status_mut() = StatusCode::NOT_FOUND;
        return response;
    };
    if update.counter < stored {
        let found = update.counter;
        let why = ImageErrorKind::Rollback { found, stored };
        gateway.counters.add_refused_https(why.code(), &why, clock::now());
        *response.status_mut() = StatusCode::CONFLICT;
        return response;
    }
    response.headers_mut().insert(ETAG, update.tag.clone());
    if is_held(&headers, &update.tag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    let octets = HeaderValue::from_static("application/octet-stream");
    response.headers_mut().insert(CONTENT_TYPE, octets);
    *response.body_mut() = Body::from(update.octets.clone());
    // Of an answer to HEAD only the head leaves.
    if method == Method::GET {
        gateway.counters.updates.fetch_add(1, Ordering::Relaxed);
    }
    response
}

/// Whether the device says that it has the image with this tag: a list of tags, weak ones too, or any (RFC 9110 §13.1.2).
fn is_held(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let lists = headers.get_all(IF_NONE_MATCH).iter();
    lists
        .flat_map(|list| list.as_bytes().split(|octet| *octet == b','))
        .map(<[u8]>::trim_ascii)
        .any(|held| held == b"*" || held.strip_prefix(b"W/").unwrap_or(held) == tag.as_bytes())
}

/// A number has one spelling: digits, no sign, no zeros before it.
fn counter_of(text: &str) -> Option<u32> {
    let counter: u32 = text.parse().ok()?;
    (counter.to_string() == text).then_some(counter)
}

/// 32 hexadecimal digits.
fn class_of(text: &str) -> Option<[u8; 16]> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
        return None;
    };
    let pairs: &[[u8; 2]; 16] = pairs.try_into().ok()?;
    let mut class = [0; 16];
    for (octet, [high, low]) in class.iter_mut().zip(pairs) {
        let digit = |digit: u8| {
            char::from(digit)
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
        };
        *octet = digit(*high)? << 4 | digit(*low)?;
    }
    Some(class)
}
