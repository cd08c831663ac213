//! `comet trust verify-chain` (device-trust §B).

use std::path::{Path, PathBuf};

use clap::Args;
use device_trust::certificate::{Anchors, CertificateError, Row, State, TLS_1_3, Thumbprint, examine};
use serde_json::Value;
use tokio_rustls::rustls::pki_types::CertificateDer;

use super::{End, Found, files, hex, print};
use crate::input::Format;
use crate::{Failure, clock};

/// What `comet trust verify-chain` is told.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// The certificates as presented, the device's first: PEM with any number of them, or DER with one.
    #[arg(required = true)]
    chain: Vec<PathBuf>,
    /// CA certificates of the operator, PEM or DER. May be given for each.
    #[arg(long = "anchor", value_name = "FILE", required = true)]
    anchors: Vec<PathBuf>,
    /// Judge at this time, Unix seconds; now by default.
    #[arg(long, value_name = "SECONDS")]
    at: Option<u64>,
    /// Rows of the registry, a JSON array of objects: `device_id`, `project` or none, `state` (`active`, `suspended`, `revoked`),
    /// `thumbprints`. Without it the check ends with the identity.
    #[arg(long, value_name = "FILE")]
    registry: Option<PathBuf>,
    /// How to print.
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: Format,
}

pub(super) fn run(options: &Options) -> Result<(), End> {
    let chain = certificates(&options.chain)?;
    let chain: Vec<&[u8]> = chain.iter().map(AsRef::as_ref).collect();
    let anchors = anchors(&options.anchors)?;
    let rows = options.registry.as_deref().map(Rows::read).transpose()?;
    let now = options.at.unwrap_or_else(|| clock::now().0.div_euclid(1000));
    let refusal = |error: CertificateError| {
        let place: &Found = &[("certificate", error.certificate.into())];
        End::refused(error.kind.code(), &error, place)
    };
    // A file says nothing of the session: that its version is 1.3 is for the TLS layer.
    let credential = examine(&chain, &anchors, now, TLS_1_3).map_err(refusal)?;
    let Some(rows) = rows else {
        let found: &Found = &[
            ("identity", credential.identity.into()),
            ("thumbprint", credential.thumbprint.to_string().into()),
            ("spki_sha256", hex(&credential.spki_sha256).into()),
        ];
        print(found, options.format);
        return Ok(());
    };
    let row = rows.find(&credential.thumbprint);
    let device = credential.bind(row).map_err(refusal)?;
    let found: &Found = &[
        ("device_id", device.device_id.into()),
        ("project", device.project.into()),
        ("thumbprint", device.thumbprint.to_string().into()),
        ("spki_sha256", hex(&device.spki_sha256).into()),
    ];
    print(found, options.format);
    Ok(())
}

fn certificates(paths: &[PathBuf]) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let mut all = Vec::new();
    for path in paths {
        all.append(&mut files::items(path, CertificateDer::from)?);
    }
    Ok(all)
}

/// All of them; a file without any was meant to have one.
fn anchors(paths: &[PathBuf]) -> Result<Anchors, Failure> {
    let mut all = Vec::new();
    for path in paths {
        let failed = |why: &dyn core::fmt::Display| Failure::new(format!("{}: {why}", path.display()));
        let mut found = certificates(core::slice::from_ref(path))?;
        if found.is_empty() {
            return Err(failed(&"there is no certificate in it"));
        }
        // Alone first, for the name of the file.
        Anchors::from_der(found.iter().map(AsRef::as_ref)).map_err(|error| failed(&error))?;
        all.append(&mut found);
    }
    Anchors::from_der(all.iter().map(AsRef::as_ref)).map_err(|error| Failure::new(error.to_string()))
}

/// Rows of the registry, as they stand in a file.
struct Rows(Vec<OwnedRow>);

struct OwnedRow {
    device_id: String,
    project: Option<String>,
    state: State,
    thumbprints: Vec<Thumbprint>,
}

impl Rows {
    fn read(path: &Path) -> Result<Self, Failure> {
        let failed = |text: String| Failure::new(format!("{}: {text}", path.display()));
        let value: Value =
            serde_json::from_slice(&files::read(path)?).map_err(|error| failed(error.to_string()))?;
        let rows = value
            .as_array()
            .ok_or_else(|| failed("not an array".to_owned()))?;
        let mut read: Vec<OwnedRow> = Vec::with_capacity(rows.len());
        for (index, row) in rows.iter().enumerate() {
            let row = OwnedRow::of(row).map_err(|member| failed(format!("row {index}: `{member}`")))?;
            let is_known = |thumbprint| read.iter().any(|other| other.thumbprints.contains(thumbprint));
            // Whose certificate it is must not depend on the order of the rows.
            if let Some(twice) = row.thumbprints.iter().find(|&thumbprint| is_known(thumbprint)) {
                return Err(failed(format!("row {index}: {twice} is in another row too")));
            }
            read.push(row);
        }
        Ok(Self(read))
    }

    fn find(&self, thumbprint: &Thumbprint) -> Option<Row<'_>> {
        let row = self.0.iter().find(|row| row.thumbprints.contains(thumbprint))?;
        Some(Row {
            device_id: &row.device_id,
            project: row.project.as_deref(),
            state: row.state,
            thumbprints: &row.thumbprints,
        })
    }
}

impl OwnedRow {
    /// The row, or the member that it lacks or that is of another kind.
    fn of(row: &Value) -> Result<Self, &'static str> {
        let text = |member| row.get(member).and_then(Value::as_str);
        let project = match row.get("project") {
            None | Some(Value::Null) => None,
            Some(project) => Some(project.as_str().ok_or("project")?.to_owned()),
        };
        let thumbprints = row.get("thumbprints").and_then(Value::as_array);
        let thumbprint = |value: &Value| value.as_str()?.parse().ok();
        Ok(Self {
            device_id: text("device_id").ok_or("device_id")?.to_owned(),
            project,
            state: match text("state") {
                Some("active") => State::Active,
                Some("suspended") => State::Suspended,
                Some("revoked") => State::Revoked,
                _ => return Err("state"),
            },
            thumbprints: thumbprints
                .and_then(|all| all.iter().map(thumbprint).collect())
                .ok_or("thumbprints")?,
        })
    }
}
