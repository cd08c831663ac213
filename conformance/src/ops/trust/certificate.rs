//! `trust.certificate.verify`.

use device_trust::certificate::{self, Anchors, CertificateError, Row, State, Thumbprint};
use serde_json::json;

use crate::op::{Input, Members, OpError, Outcome, octets};

pub(crate) fn verify(input: &Input) -> Outcome {
    let input = Members::of(input);
    let chain = input.octet_strings("chain")?;
    let chain: Vec<_> = chain.iter().map(Vec::as_slice).collect();
    let anchors = input.octet_strings("anchors")?;
    let anchors = Anchors::from_der(anchors.iter().map(Vec::as_slice))
        .map_err(|error| OpError::bad_input("anchors", &error.to_string()))?;
    let rows = input.objects("registry")?;
    let thumbprints: Vec<_> = rows.iter().map(thumbprints).collect::<Result<_, _>>()?;
    let registry: Vec<_> = rows
        .iter()
        .zip(&thumbprints)
        .map(|(row, thumbprints)| {
            Ok(Row {
                device_id: row.text("device-id")?,
                project: row.text_opt("project")?,
                state: state(row)?,
                thumbprints,
            })
        })
        .collect::<Result<_, OpError>>()?;
    let device = certificate::verify(
        &chain,
        &anchors,
        input.int("now")?,
        registry.as_slice(),
        input.int("tls-version")?,
    )
    .map_err(refused)?;
    Ok(json!({
        "device-id": device.device_id,
        "thumbprint": device.thumbprint.to_string(),
        "spki-sha256": octets(&device.spki_sha256),
        "project": device.project,
    }))
}

/// What is not spelled as a thumbprint is none, and fits no certificate.
fn thumbprints(row: &Members<'_>) -> Result<Vec<Thumbprint>, OpError> {
    let texts = row.texts("thumbprints")?;
    Ok(texts.iter().filter_map(|text| text.parse().ok()).collect())
}

fn state(row: &Members<'_>) -> Result<State, OpError> {
    match row.text("state")? {
        "active" => Ok(State::Active),
        "suspended" => Ok(State::Suspended),
        "revoked" => Ok(State::Revoked),
        _ => Err(OpError::bad_input("state", "active, suspended or revoked")),
    }
}

fn refused(error: CertificateError) -> OpError {
    OpError::new(error.kind.code()).because(error.to_string())
}
