//! Patterns for names: `*` stands for any characters, `/` included, `?` for one.

/// Whether the pattern fits the whole name. Takes at most pattern × name steps, whatever the pattern.
pub(crate) fn fits(pattern: &str, name: &str) -> bool {
    let (mut pattern, mut name) = (pattern.chars(), name.chars());
    // Where to go on when a later part does not fit: only the last star counts.
    let mut again = None;
    loop {
        let mut ahead = pattern.clone();
        let mut rest = name.clone();
        let fit = match (ahead.next(), rest.next()) {
            (None, None) => return true,
            (Some('*'), _) => {
                again = Some((ahead.clone(), name.clone()));
                rest = name.clone();
                true
            }
            (Some('?'), Some(_)) => true,
            (Some(wanted), Some(found)) => wanted == found,
            _ => false,
        };
        if fit {
            (pattern, name) = (ahead, rest);
            continue;
        }
        let Some((after_star, mut from)) = again.take() else {
            return false;
        };
        if from.next().is_none() {
            return false;
        }
        (pattern, name) = (after_star.clone(), from.clone());
        again = Some((after_star, from));
    }
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn stars_and_question_marks() {
        for (pattern, name, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("*", "soap/decode/0001", true),
            ("soap/*", "soap/decode/0001", true),
            ("soap/*/0001", "soap/decode/0001", true),
            ("soap/*/0001", "soap/decode/00011", false),
            ("soap/decode/000?", "soap/decode/0001", true),
            ("soap/decode/000?", "soap/decode/000", false),
            ("*a*b*c", "xxaxxbxxbxxc", true),
            ("*a*b*c", "xxaxxbxxbxxcd", false),
            ("a*", "ba", false),
            ("a**b", "ab", true),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} on {name}");
        }
    }

    #[test]
    fn a_hostile_pattern_ends() {
        assert!(!fits(&"*a".repeat(200), &"a".repeat(199)));
        assert!(fits(&"*a".repeat(200), &"a".repeat(2000)));
    }
}
