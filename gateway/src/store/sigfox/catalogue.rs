//! Which descriptions are for which devices (comet-sigfox-payload P3).

use std::collections::HashMap;

use comet_proto::sigfox::Descriptions;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::layout::{Description, Kind};

/// Descriptions by device type, compiled once for each revision.
#[derive(Debug, Default)]
pub(crate) struct Catalogue(HashMap<String, Compiled>);

/// Those of one device type.
#[derive(Debug, Default)]
pub(super) struct Compiled {
    pub(super) revision: i64,
    /// By model; under an empty name those of the device type itself.
    models: HashMap<String, Descriptions>,
    none: Descriptions,
}

impl Compiled {
    /// Those of the model that the owner has assigned to a device, else those of the device type.
    pub(super) fn of_model(&self, model: Option<&str>) -> &Descriptions {
        let own = model.and_then(|model| self.models.get(model));
        own.or_else(|| self.models.get("")).unwrap_or(&self.none)
    }
}

impl Catalogue {
    /// Those of a device type, as they are in this transaction.
    pub(super) fn of(&mut self, connection: &Connection, name: &str) -> rusqlite::Result<&Compiled> {
        let revision: Option<i64> = connection
            .prepare_cached("SELECT revision FROM sigfox_type WHERE name = ?1")?
            .query_row([name], |row| row.get(0))
            .optional()?;
        let revision = revision.unwrap_or_default();
        let compiled = self.0.entry(name.to_owned()).or_insert_with(|| Compiled {
            revision: -1,
            ..Compiled::default()
        });
        if compiled.revision != revision {
            compiled.models = load(connection, name)?;
            compiled.revision = revision;
        }
        Ok(compiled)
    }
}

fn load(connection: &Connection, name: &str) -> rusqlite::Result<HashMap<String, Descriptions>> {
    let mut models: HashMap<String, Descriptions> = HashMap::new();
    let mut rows = connection.prepare_cached(
        "SELECT model, kind, text FROM sigfox_description WHERE type = ?1 ORDER BY model, number",
    )?;
    let mut rows = rows.query([name])?;
    while let Some(row) = rows.next()? {
        let (model, kind): (String, String) = (row.get(0)?, row.get(1)?);
        let Some(kind) = Kind::from_code(&kind) else {
            continue;
        };
        let text = row.get(2)?;
        let all = models.entry(model).or_default();
        // They were checked when they were set.
        match (Description { kind, text }).compile(all.clone()) {
            Ok(more) => *all = more,
            Err(error) => eprintln!("comet: a description of {name} cannot be used: {error}"),
        }
    }
    Ok(models)
}

/// The model that the owner has assigned to a device.
pub(super) fn model_of(
    connection: &Connection,
    family: &str,
    serial: &str,
) -> rusqlite::Result<Option<String>> {
    let model: Option<Option<String>> = connection
        .prepare_cached("SELECT model FROM sigfox_device WHERE family = ?1 AND serial = ?2")?
        .query_row(params![family, serial], |row| row.get(0))
        .optional()?;
    Ok(model.flatten())
}
