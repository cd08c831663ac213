//! Devices with certificates: which one, for which project.

use std::path::{Path, PathBuf};

use clap::Args;
use comet_proto::Family;
use device_trust::certificate::{Thumbprint, identity_of};
use tokio_rustls::rustls::pki_types::CertificateDer;

use super::{Which, check_serial, failed_at, revoked, unknown};
use crate::store::Devices;
use crate::store::certificate::{Added, NewCertificate};
use crate::trust::files;
use crate::{Failure, clock};

/// Families whose devices push over HTTPS.
const FAMILIES: [Family; 3] = [Family::Logger, Family::Wifi, Family::Wired];
/// Characters of the name of a project, at most.
const MAX_PROJECT_LEN: usize = 64;

/// `comet device certify`.
#[derive(Debug, Args)]
pub(super) struct Certify {
    #[command(flatten)]
    device: Which,
    /// A name for people, if the device is not registered yet.
    #[arg(long)]
    name: Option<String>,
    /// The certificate, in PEM or DER; of several in PEM the first. It has to name the device, and to be one that sessions may show.
    #[arg(long, value_name = "FILE", required_unless_present = "thumbprint")]
    certificate: Option<PathBuf>,
    /// Instead of it: SHA-256 of the certificate in DER, 64 lower-case hexadecimal digits. Nothing of it is checked before a session.
    #[arg(long, conflicts_with = "certificate", value_name = "DIGITS")]
    thumbprint: Option<Thumbprint>,
    /// What the certificate calls the device: serialNumber of its subject, or else commonName. By default the serial number.
    #[arg(long, value_parser = parse_identity)]
    identity: Option<String>,
    /// Project that the data of the device goes to.
    #[arg(long, value_parser = parse_project)]
    project: Option<String>,
}

/// `comet device bind`.
#[derive(Debug, Args)]
pub(super) struct Bind {
    #[command(flatten)]
    device: Which,
    /// The project; none takes the binding away, and sessions of the device are refused.
    #[arg(value_parser = parse_project)]
    project: Option<String>,
}

fn parse_project(text: &str) -> Result<String, String> {
    let lawful = (1..=MAX_PROJECT_LEN).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    lawful
        .then(|| text.to_owned())
        .ok_or_else(|| format!("1 to {MAX_PROJECT_LEN} characters, none of them a control character"))
}

/// As the checks take it: another one would never be met.
fn parse_identity(text: &str) -> Result<String, String> {
    let lawful = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
    ((1..=64).contains(&text.len()) && text.bytes().all(lawful))
        .then(|| text.to_owned())
        .ok_or_else(|| "1 to 64 letters, digits or characters of `._:-`".to_owned())
}

pub(super) fn certify(db: &Path, devices: &mut Devices, certify: &Certify) -> Result<(), Failure> {
    let Which { family, serial } = &certify.device;
    check_serial(&certify.device)?;
    if !FAMILIES.contains(family) {
        return Err(Failure::new(
            "only devices of the families logger, wifi and wired have certificates",
        ));
    }
    let identity = certify.identity.as_deref().unwrap_or(serial);
    let thumbprint = match (&certify.certificate, certify.thumbprint) {
        (Some(file), _) => read(file, identity)?,
        (None, Some(thumbprint)) => thumbprint,
        (None, None) => return Err(Failure::new("which certificate?")),
    };
    let new = NewCertificate {
        family: *family,
        serial,
        name: certify.name.as_deref(),
        device_id: identity,
        thumbprint,
    };
    let failed = failed_at(db);
    let added = devices.add_certificate(&new, clock::now()).map_err(&failed)?;
    let which = match added {
        Added::Present => "its certificate",
        Added::Next => "its next certificate; `device retire --certificate` ends the present one",
        Added::Known => return Err(Failure::new("the certificate is registered already")),
        Added::Full => {
            return Err(Failure::new(
                "there is a next certificate already; `device retire --certificate` ends the present one",
            ));
        }
        Added::OtherIdentity => {
            return Err(Failure::new(
                "the certificates of the device name another identity",
            ));
        }
        Added::Revoked => return Err(revoked(&certify.device)),
    };
    if let Some(project) = &certify.project {
        devices
            .set_project(*family, serial, Some(project))
            .map_err(&failed)?;
    }
    println!("{} {serial}: {which}", family.code());
    println!("  thumbprint  {thumbprint}");
    Ok(())
}

pub(super) fn bind(db: &Path, devices: &Devices, bind: &Bind) -> Result<(), Failure> {
    let Which { family, serial } = &bind.device;
    devices
        .set_project(*family, serial, bind.project.as_deref())
        .map_err(failed_at(db))?
        .then_some(())
        .ok_or_else(|| without(&bind.device))
}

pub(super) fn revoke(db: &Path, devices: &mut Devices, device: &Which) -> Result<(), Failure> {
    devices
        .revoke(device.family, &device.serial)
        .map_err(failed_at(db))?
        .then_some(())
        .ok_or_else(|| without(device))
}

pub(super) fn retire(db: &Path, devices: &Devices, device: &Which) -> Result<(), Failure> {
    let failed = failed_at(db);
    if devices
        .find(device.family, &device.serial)
        .map_err(&failed)?
        .is_none()
    {
        return Err(unknown(device));
    }
    devices
        .retire_certificate(device.family, &device.serial)
        .map_err(&failed)?
        .then_some(())
        .ok_or_else(|| Failure::new(format!("{} has no next certificate", device.serial)))
}

/// What there is to say of them, for the list.
pub(super) fn describe(devices: &Devices, family: Family, serial: &str) -> rusqlite::Result<String> {
    let Some(certificates) = devices.certificates(family, serial)? else {
        return Ok(String::new());
    };
    let state = match (certificates.revoked, &certificates.project) {
        (true, _) => "revoked".to_owned(),
        (false, Some(project)) => format!("project {project}"),
        (false, None) => "bound to no project".to_owned(),
    };
    let renewal = match certificates.thumbprints.len() {
        2.. => ", renewal",
        _ => "",
    };
    Ok(format!("  certificate: {state}{renewal}"))
}

fn without(device: &Which) -> Failure {
    Failure::new(format!("{} has no certificate", device.serial))
}

/// The thumbprint of a certificate that says what a session will ask for, and names this device.
fn read(file: &Path, identity: &str) -> Result<Thumbprint, Failure> {
    let failed = |why: &dyn core::fmt::Display| Failure::new(format!("{}: {why}", file.display()));
    let certificates = files::items(file, CertificateDer::from)?;
    // Of a chain the certificate of the device is the first.
    let certificate = certificates
        .first()
        .ok_or_else(|| failed(&"there is no certificate in it"))?;
    let named = identity_of(certificate)
        .map_err(|error| failed(&format_args!("{}: {}", error.kind.code(), error.kind)))?;
    if named != identity {
        let why = format_args!("the certificate is that of {named}, not of {identity}; see --identity");
        return Err(failed(&why));
    }
    Ok(Thumbprint::of(certificate))
}
