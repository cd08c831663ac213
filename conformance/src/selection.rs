//! Which cases are listed or run.

use crate::glob;
use crate::profile::Profile;
use crate::vector::{Case, Group, Level, Vectors};

/// Conditions on cases. Of one kind any may hold; of those kinds that are given, all have to. Patterns have `*` for any
/// characters and `?` for one.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Selection {
    /// Patterns of the suite's name.
    pub suites: Vec<String>,
    /// Patterns of the group's name, or of `suite/group`.
    pub groups: Vec<String>,
    /// Patterns of the id.
    pub cases: Vec<String>,
    /// Profiles.
    pub profiles: Vec<&'static Profile>,
    /// Patterns of the names of flags.
    pub flags: Vec<String>,
    /// Levels.
    pub levels: Vec<Level>,
}

impl Selection {
    /// Everything.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// Whether a case is selected.
    #[must_use]
    pub fn has(&self, group: &Group, case: &Case) -> bool {
        let any = |patterns: &[String], name: &str| {
            patterns.is_empty() || patterns.iter().any(|pattern| glob::fits(pattern, name))
        };
        any(&self.suites, &group.suite)
            && (any(&self.groups, &group.group) || any(&self.groups, &group.path()))
            && any(&self.cases, &case.id)
            && (self.profiles.is_empty() || self.profiles.iter().any(|profile| profile.has(case)))
            && (self.flags.is_empty() || case.flags.iter().any(|flag| any(&self.flags, flag)))
            && (self.levels.is_empty() || self.levels.contains(&case.level))
    }

    /// The selected cases in the order of reports.
    #[must_use]
    pub fn of<'a>(&self, vectors: &'a Vectors) -> Vec<(&'a Group, &'a Case)> {
        vectors
            .cases()
            .filter(|(group, case)| self.has(group, case))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Selection;
    use crate::profile::Profile;
    use crate::vector::{Level, Vectors};

    fn texts(all: &[&str]) -> Vec<String> {
        all.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn kinds_narrow_and_values_of_a_kind_widen() {
        let vectors = Vectors::embedded().unwrap();
        let count = |selection: Selection| selection.of(&vectors).len();
        let all = count(Selection::all());
        let soap = count(Selection {
            suites: texts(&["soap"]),
            ..Selection::all()
        });
        let encode = count(Selection {
            groups: texts(&["soap/encode"]),
            ..Selection::all()
        });
        let decode = count(Selection {
            groups: texts(&["soap/dec*"]),
            ..Selection::all()
        });
        assert_eq!(all, vectors.cases().count());
        assert_eq!(soap, encode.checked_add(decode).unwrap());
        assert_eq!(
            count(Selection {
                profiles: vec![Profile::named("soap:sender").unwrap()],
                ..Selection::all()
            }),
            encode
        );
        let both = Selection {
            suites: texts(&["soap"]),
            groups: texts(&["encode"]),
            ..Selection::all()
        };
        assert_eq!(count(both), encode);
        assert_eq!(
            count(Selection {
                cases: texts(&["soap/decode/000?"]),
                ..Selection::all()
            }),
            9
        );
        assert_eq!(
            count(Selection {
                levels: vec![Level::Must],
                ..Selection::all()
            }),
            all
        );
        assert_eq!(
            count(Selection {
                flags: texts(&["NoSuchFlag"]),
                ..Selection::all()
            }),
            0
        );
    }
}
