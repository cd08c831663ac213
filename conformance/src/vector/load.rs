//! Reading vector files.

use super::raw::RawFile;
use super::{Case, FORMAT, Group, SUITES, embedded};
use crate::hex;
use sha2::{Digest as _, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// Name of the directory that holds the schemas instead of vectors.
const SCHEMA_DIR: &str = "schema";

/// Why vectors cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VectorError {
    /// A directory or file cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The directory or file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The directory holds no file `<suite>/<group>.json`.
    #[error("{}: no vector files", .0.display())]
    Empty(PathBuf),
    /// The file is not JSON of format 1.
    #[error("{file}: {why}")]
    File {
        /// `suite/group`.
        file: String,
        /// What is wrong.
        why: String,
    },
    /// A case breaks the format.
    #[error("{file}: case {id}: {why}")]
    Case {
        /// `suite/group`.
        file: String,
        /// Id of the case.
        id: String,
        /// What is wrong.
        why: String,
    },
}

/// All files of a directory, or those built into this crate.
#[derive(Debug, Clone)]
pub struct Vectors {
    groups: Vec<Group>,
}

impl Vectors {
    /// The vectors built into this crate.
    ///
    /// # Errors
    /// [`VectorError`] if a built-in file breaks the format; a test of this crate makes sure that none does.
    pub fn embedded() -> Result<Self, VectorError> {
        Self::from_texts(embedded_texts())
    }

    /// The vectors of a directory tree `<suite>/<group>.json`. The directory `schema` is passed over.
    ///
    /// # Errors
    /// [`VectorError`].
    pub fn from_dir(dir: &Path) -> Result<Self, VectorError> {
        Self::from_texts(texts_of_dir(dir)?)
    }

    fn from_texts(texts: Vec<(String, String)>) -> Result<Self, VectorError> {
        let mut groups = texts
            .iter()
            .map(|(name, text)| group(name, text))
            .collect::<Result<Vec<_>, _>>()?;
        groups.sort_by_cached_key(|group| (rank(&group.suite), group.path()));
        Ok(Self { groups })
    }

    /// The groups, suites in the order of reports, groups by name.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// All cases that are not withdrawn, with their group.
    pub fn cases(&self) -> impl Iterator<Item = (&Group, &Case)> {
        self.groups
            .iter()
            .flat_map(|group| group.cases.iter().map(move |case| (group, case)))
            .filter(|(_, case)| case.withdrawn.is_none())
    }
}

/// Place of a suite in reports.
pub(crate) fn rank(suite: &str) -> usize {
    SUITES
        .iter()
        .position(|known| *known == suite)
        .unwrap_or(SUITES.len())
}

/// Names and texts of the built-in files.
pub(crate) fn embedded_texts() -> Vec<(String, String)> {
    embedded::FILES
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect()
}

/// `suite/group` and text of every file of a directory tree, by name.
pub(crate) fn texts_of_dir(dir: &Path) -> Result<Vec<(String, String)>, VectorError> {
    let mut texts = Vec::new();
    for suite in entries(dir)? {
        if !suite.is_dir() || suite.file_name().is_some_and(|name| name == SCHEMA_DIR) {
            continue;
        }
        for file in entries(&suite)? {
            if file.extension().is_some_and(|ending| ending == "json") {
                let name = |path: &Path| path.file_stem().map(|s| s.to_string_lossy().into_owned());
                let name = [name(&suite), name(&file)]
                    .map(Option::unwrap_or_default)
                    .join("/");
                let text =
                    fs::read_to_string(&file).map_err(|source| VectorError::Io { path: file, source })?;
                texts.push((name, text));
            }
        }
    }
    if texts.is_empty() {
        return Err(VectorError::Empty(dir.to_owned()));
    }
    Ok(texts)
}

fn entries(dir: &Path) -> Result<Vec<PathBuf>, VectorError> {
    let fault = |source| VectorError::Io {
        path: dir.to_owned(),
        source,
    };
    let mut paths = fs::read_dir(dir)
        .and_then(|entries| {
            entries
                .map(|entry| Ok(entry?.path()))
                .collect::<Result<Vec<_>, _>>()
        })
        .map_err(fault)?;
    paths.sort_unstable();
    Ok(paths)
}

/// One file. `name` is `suite/group` of its path.
pub(crate) fn group(name: &str, text: &str) -> Result<Group, VectorError> {
    let fault = |why: String| VectorError::File {
        file: name.to_owned(),
        why,
    };
    let raw: RawFile = serde_json::from_str(text).map_err(|error| fault(error.to_string()))?;
    if raw.format != FORMAT {
        return Err(fault(format!("format {FORMAT} wanted, {} found", raw.format)));
    }
    if format!("{}/{}", raw.suite, raw.group) != name {
        return Err(fault(format!(
            "`{}/{}` does not fit the path",
            raw.suite, raw.group
        )));
    }
    let cases = raw
        .cases
        .into_iter()
        .map(|case| {
            case.convert().map_err(|(id, why)| VectorError::Case {
                file: name.to_owned(),
                id,
                why,
            })
        })
        .collect::<Result<_, _>>()?;
    Ok(Group {
        suite: raw.suite,
        group: raw.group,
        about: raw.about,
        doc: raw.spec.doc,
        revision: raw.spec.revision,
        flags: raw.flags,
        cases,
        sha256: hex::encode(&Sha256::digest(text.as_bytes())),
    })
}

#[cfg(test)]
mod tests {
    use super::{VectorError, Vectors, embedded_texts, texts_of_dir};
    use std::fs;
    use std::path::Path;

    #[test]
    fn the_built_in_files_are_those_of_the_directory() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
        assert_eq!(texts_of_dir(&dir).unwrap(), embedded_texts());
        let vectors = Vectors::embedded().unwrap();
        assert!(vectors.cases().count() > 2000);
        assert_eq!(
            vectors.groups().first().map(|g| g.suite.as_str()),
            Some("sigfox-radio")
        );
    }

    #[test]
    fn unreadable_directories_and_files_say_which() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(
            Vectors::from_dir(&dir.path().join("no")),
            Err(VectorError::Io { .. })
        ));
        assert!(matches!(
            Vectors::from_dir(dir.path()),
            Err(VectorError::Empty(_))
        ));
        let suite = dir.path().join("s");
        fs::create_dir(&suite).unwrap();
        fs::write(suite.join("g.json"), "{").unwrap();
        let error = Vectors::from_dir(dir.path()).unwrap_err();
        assert!(error.to_string().starts_with("s/g: "), "{error}");
    }
}
