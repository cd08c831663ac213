//! What to do while the shared store does not answer (replay-guard §11).

use clap::ValueEnum;
use replay_guard::{Counter, Policy};

/// While the shared store does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Away {
    /// Refuse: devices with a memory come again.
    #[default]
    Closed,
    /// Take messages of families without replay protection (Web Sensors, sessions), refuse all others.
    Open,
}

impl Away {
    /// Whether messages under this policy are taken without the guard.
    pub(crate) const fn takes(self, policy: &Policy) -> bool {
        matches!(self, Self::Open) && matches!(policy.config().counter, Counter::None { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use comet_proto::{Family, Policies, guard};

    #[test]
    fn replay_protection_is_never_done_without() {
        let policies = Policies::new(guard::config).unwrap();
        let open = |away: Away| Family::ALL.map(|family| away.takes(policies.of(family)));
        assert_eq!(open(Away::Closed), [false; 7]);
        assert_eq!(open(Away::Open), [true, false, false, false, true, false, false]);
    }
}
