//! Rewriting a list after a run.

use super::{Exception, Exceptions, Line};
use crate::verdict::Verdict;
use alloc::collections::BTreeSet;

/// Reason of a line that a program added; a person has to replace it.
const NEW: &str = "new, reason to be given";

/// A case that was run, and its verdict before any exception.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::exhaustive_structs, reason = "a plain pair with names")]
pub struct Ran<'a> {
    /// Id of the case.
    pub id: &'a str,
    /// What came about.
    pub verdict: Verdict,
}

impl Exceptions {
    /// The list that announces exactly what came about.
    ///
    /// * Lines about cases that were not run stay; lines that fit no case at all (`known` are the ids of all) go.
    /// * A line whose cases all did what it announces stays as it is; otherwise it is replaced by one line for each case that
    ///   failed, with the same reason, issue and `until`.
    /// * Failures and errors that no line announces are added at the end, as are skips if they count.
    #[must_use]
    pub fn updated<'a>(
        &self,
        ran: &[Ran<'_>],
        known: impl Iterator<Item = &'a str> + Clone,
        skips_count: bool,
    ) -> Self {
        let mut lines = Vec::new();
        let mut covered = BTreeSet::new();
        for line in &self.lines {
            let Line::Exception(exception) = line else {
                lines.push(line.clone());
                continue;
            };
            let fitting: Vec<_> = ran.iter().filter(|ran| exception.fits(ran.id)).collect();
            let all_known = known.clone().filter(|id| exception.fits(id)).count();
            let partly = fitting.len() < all_known;
            if fitting.iter().all(|ran| ran.verdict == exception.verdict) && all_known > 0 {
                covered.extend(fitting.iter().map(|ran| ran.id));
                lines.push(line.clone());
                continue;
            }
            if partly {
                // Cases that were not run may still need it. Those that were and passed show up as xpass until they are.
                covered.extend(
                    fitting
                        .iter()
                        .filter(|r| r.verdict == exception.verdict)
                        .map(|r| r.id),
                );
                lines.push(line.clone());
                continue;
            }
            for ran in fitting {
                let needed = !ran.verdict.is_passed() || ran.verdict == exception.verdict;
                if needed && covered.insert(ran.id) {
                    let (glob, verdict) = (ran.id.to_owned(), ran.verdict);
                    lines.push(Line::Exception(Exception {
                        glob,
                        verdict,
                        ..exception.clone()
                    }));
                }
            }
        }
        for ran in ran {
            let counts = match ran.verdict {
                Verdict::Fail | Verdict::Error => true,
                Verdict::Skip => skips_count,
                _ => false,
            };
            if counts && covered.insert(ran.id) {
                lines.push(Line::Exception(Exception {
                    glob: ran.id.to_owned(),
                    verdict: ran.verdict,
                    reason: NEW.to_owned(),
                    issue: None,
                    until: None,
                }));
            }
        }
        Self { lines }
    }
}

#[cfg(test)]
mod tests {
    use super::{Exceptions, Ran};
    use crate::verdict::Verdict;

    const IDS: [&str; 6] = [
        "s/g/0001", "s/g/0002", "s/g/0003", "s/h/0001", "s/h/0002", "s/i/0001",
    ];

    fn update(list: &str, ran: &[(&str, Verdict)], skips: bool) -> String {
        let ran: Vec<_> = ran
            .iter()
            .map(|(id, verdict)| Ran {
                id,
                verdict: *verdict,
            })
            .collect();
        Exceptions::parse(list)
            .unwrap()
            .updated(&ran, IDS.into_iter(), skips)
            .to_string()
    }

    #[test]
    fn what_holds_stays_word_for_word() {
        let list = "# head\n\ns/g/*  fail  # why  issue https://e.org/1\n";
        let ran = [
            ("s/g/0001", Verdict::Fail),
            ("s/g/0002", Verdict::Fail),
            ("s/g/0003", Verdict::Fail),
        ];
        assert_eq!(update(list, &ran, false), list);
        assert_eq!(update(list, &[("s/g/0001", Verdict::Fail)], false), list);
        assert_eq!(update(list, &[("s/h/0001", Verdict::Pass)], false), list);
    }

    #[test]
    fn a_glob_that_holds_in_part_is_split_and_keeps_its_reason() {
        let ran = [
            ("s/g/0001", Verdict::Fail),
            ("s/g/0002", Verdict::Pass),
            ("s/g/0003", Verdict::Error),
        ];
        assert_eq!(
            update("s/g/*  fail  # why  until 3.0\n", &ran, false),
            "s/g/0001  fail  # why  until 3.0\ns/g/0003  error  # why  until 3.0\n"
        );
    }

    #[test]
    fn what_passes_and_what_fits_nothing_goes() {
        let list = "s/i/0001  fail  # a\ns/x/*  fail  # b\n";
        assert_eq!(update(list, &[("s/i/0001", Verdict::Pass)], false), "");
    }

    #[test]
    fn new_failures_are_added_and_skips_only_if_they_count() {
        let ran = [
            ("s/h/0001", Verdict::Fail),
            ("s/h/0002", Verdict::Skip),
            ("s/i/0001", Verdict::NonStrict),
        ];
        assert_eq!(
            update("", &ran, false),
            "s/h/0001  fail  # new, reason to be given\n"
        );
        assert_eq!(update("", &ran, true).lines().count(), 2);
    }

    #[test]
    fn an_updated_list_makes_the_same_run_clean() {
        let list = "s/g/*  fail  # why\ns/h/0001  skip  # x\n";
        let ran = [
            ("s/g/0001", Verdict::Fail),
            ("s/g/0002", Verdict::Pass),
            ("s/g/0003", Verdict::Skip),
            ("s/h/0001", Verdict::Error),
            ("s/h/0002", Verdict::Fail),
            ("s/i/0001", Verdict::Info),
        ];
        let updated = Exceptions::parse(&update(list, &ran, true)).unwrap();
        assert!(
            ran.iter()
                .all(|(id, verdict)| !updated.apply(id, *verdict).0.is_failure())
        );
        assert!(updated.stale(IDS.into_iter()).is_empty());
    }
}
