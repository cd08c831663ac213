//! Options that choose vectors and cases.

use super::Failure;
use comet_conformance::profile::{PROFILES, Profile};
use comet_conformance::selection::Selection;
use comet_conformance::vector::{Level, Vectors};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Select {
    /// Directory with vectors, `<suite>/<group>.json`; without it those built into this program
    #[arg(long, value_name = "DIR")]
    vectors: Option<PathBuf>,
    /// Suites; patterns with * and ?
    #[arg(long, value_name = "GLOB")]
    suite: Vec<String>,
    /// Groups; patterns of `group` or `suite/group`
    #[arg(long, value_name = "GLOB")]
    group: Vec<String>,
    /// Cases; patterns of the id
    #[arg(long, value_name = "GLOB")]
    case: Vec<String>,
    /// Profiles, such as soap:receiver
    #[arg(long, value_name = "PROFILE")]
    profile: Vec<String>,
    /// Flags; patterns of the name
    #[arg(long, value_name = "GLOB")]
    flag: Vec<String>,
    /// Levels
    #[arg(long, value_name = "LEVEL")]
    level: Vec<LevelName>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum LevelName {
    Must,
    Should,
    May,
}

impl Select {
    pub(super) fn load(&self) -> Result<(Vectors, Selection), Failure> {
        let vectors = match &self.vectors {
            Some(dir) => Vectors::from_dir(dir)?,
            None => Vectors::embedded()?,
        };
        let mut selection = Selection::all();
        selection.suites.clone_from(&self.suite);
        selection.groups.clone_from(&self.group);
        selection.cases.clone_from(&self.case);
        selection.flags.clone_from(&self.flag);
        selection.profiles = self
            .profile
            .iter()
            .map(|name| profile(name))
            .collect::<Result<_, _>>()?;
        selection.levels = self.level.iter().map(|level| level.level()).collect();
        Ok((vectors, selection))
    }
}

impl LevelName {
    const fn level(self) -> Level {
        match self {
            Self::Must => Level::Must,
            Self::Should => Level::Should,
            Self::May => Level::May,
        }
    }
}

fn profile(name: &str) -> Result<&'static Profile, Failure> {
    Profile::named(name).ok_or_else(|| {
        let all: Vec<_> = PROFILES.iter().map(|profile| profile.name).collect();
        Failure::Usage(format!("no profile `{name}`; there are: {}", all.join(", ")))
    })
}
