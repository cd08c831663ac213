//! Profiles (§8): parts of a suite that one kind of program implements, selected by op.
//!
//! A case belongs to a profile if one of its ops is one of the profile's, and none is one that marks another profile. Every case
//! belongs to exactly one.

use crate::glob;
use crate::vector::Case;

/// A part of a suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Profile {
    /// `suite:part`.
    pub name: &'static str,
    /// Patterns of the ops that select a case.
    pub ops: &'static [&'static str],
    /// Patterns of ops that keep a case out.
    pub except: &'static [&'static str],
}

const fn profile(name: &'static str, ops: &'static [&'static str]) -> Profile {
    Profile {
        name,
        ops,
        except: &[],
    }
}

/// Every profile, suites in the order of reports.
pub const PROFILES: [Profile; 23] = [
    profile(
        "sigfox-radio:device",
        &["sigfox.uplink.encode", "sigfox.downlink.decode"],
    ),
    profile(
        "sigfox-radio:network",
        &[
            "sigfox.uplink.decode",
            "sigfox.downlink.encode",
            "sigfox.sequence.*",
            "sigfox.uplink.combine",
        ],
    ),
    profile(
        "sigfox-radio:primitives",
        &[
            "sigfox.uplink.mac",
            "sigfox.crc16",
            "sigfox.crc8",
            "sigfox.whitening",
            "sigfox.bch.*",
            "sigfox.convolution.*",
        ],
    ),
    profile("sigfox-callback:receiver", &["sigfox.callback.*"]),
    profile("sigfox-callback:payload", &["sigfox.payload.decode"]),
    profile("sigfox-callback:layout", &["sigfox.layout.decode"]),
    profile("soap:receiver", &["soap.decode"]),
    profile("soap:sender", &["soap.encode"]),
    profile("comet-json:receiver", &["comet-json.decode", "comet-json.answer"]),
    profile("comet-json:simulator", &["comet-json.encode"]),
    profile("comet-json:sms", &["comet-sms.decode"]),
    profile(
        "wifisensor-tcp:codec",
        &["wst.frames.*", "wst.keys.*", "wst.body.*", "wst.samples.*"],
    ),
    profile("wifisensor-tcp:server", &["wst.server.*"]),
    profile("wifisensor-tcp:device", &["wst.device.*"]),
    profile("device-trust:image", &["trust.image.*"]),
    profile("device-trust:manifest", &["trust.manifest.*"]),
    profile("device-trust:certificate", &["trust.certificate.*"]),
    profile("device-trust:access", &["trust.access.*"]),
    profile("device-trust:api", &["trust.api.*"]),
    Profile {
        name: "replay-guard:core",
        ops: &["guard.new", "guard.policy.check", "guard.covers"],
        // Sessions of several nodes are opened by guard.new as well.
        except: &["guard.node.*"],
    },
    profile("replay-guard:store", &["guard.node.*"]),
    profile("replay-guard:rate", &["guard.gcra.*", "guard.shedder.*"]),
    profile(
        "replay-guard:hash",
        &["guard.siphash", "guard.crc32c", "guard.shard"],
    ),
];

impl Profile {
    /// The profile of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        PROFILES.iter().find(|profile| profile.name == name)
    }

    /// The profile that a case belongs to.
    #[must_use]
    pub fn of(case: &Case) -> Option<&'static Self> {
        PROFILES.iter().find(|profile| profile.has(case))
    }

    /// Whether a case belongs to it.
    #[must_use]
    pub fn has(&self, case: &Case) -> bool {
        let any = |patterns: &[&str]| {
            case.steps()
                .any(|step| patterns.iter().any(|pattern| glob::fits(pattern, &step.op)))
        };
        any(self.ops) && !any(self.except)
    }
}

#[cfg(test)]
mod tests {
    use super::{PROFILES, Profile};
    use crate::catalogue;
    use crate::vector::Vectors;

    #[test]
    fn every_case_belongs_to_one_profile_of_its_suite() {
        let vectors = Vectors::embedded().unwrap();
        for (group, case) in vectors.cases() {
            let of: Vec<_> = PROFILES
                .iter()
                .filter(|profile| profile.has(case))
                .map(|p| p.name)
                .collect();
            assert_eq!(of.len(), 1, "{}: {of:?}", case.id);
            assert!(
                of[0].starts_with(&format!("{}:", group.suite)),
                "{}: {of:?}",
                case.id
            );
            assert_eq!(Profile::of(case).map(|p| p.name), of.first().copied());
        }
    }

    #[test]
    fn every_pattern_names_ops_of_the_catalogue() {
        for profile in PROFILES {
            for pattern in profile.ops.iter().chain(profile.except) {
                let known = catalogue::OPS
                    .iter()
                    .any(|op| crate::glob::fits(pattern, op.name));
                assert!(known, "{}: {pattern}", profile.name);
            }
        }
    }

    #[test]
    fn profiles_are_found_by_name() {
        assert_eq!(
            Profile::named("soap:receiver").map(|p| p.ops),
            Some(["soap.decode"].as_slice())
        );
        assert_eq!(Profile::named("soap"), None);
    }
}
