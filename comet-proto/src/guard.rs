//! Whether an authentic message may come in now: the stage between authentication and storage.

use crate::observation::DeviceId;
use crate::time::UnixMillis;

/// What decides on authentic messages. Looked at before a message is stored, told afterwards.
///
/// `check` changes nothing, so that a message that could not be stored may come again; `commit` makes the decision last.
pub trait Guard {
    /// What `commit` needs to know of `check`.
    type Ticket: core::fmt::Debug;

    /// Whether the message may come in.
    ///
    /// # Errors
    /// The [`Verdict`] if it may not.
    fn check(
        &self,
        device: &DeviceId<'_>,
        sequence: Option<u64>,
        now: UnixMillis,
    ) -> Result<Self::Ticket, Verdict>;

    /// The message is stored.
    fn commit(&self, ticket: Self::Ticket, now: UnixMillis);
}

/// Why an authentic message may not come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Verdict {
    /// The data flow of the device is suspended.
    #[error("suspended")]
    Suspended,
    /// The subscription of the device has run out.
    #[error("subscription expired")]
    Expired,
}

impl Verdict {
    /// Stable machine name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Suspended => "suspended",
            Self::Expired => "expired",
        }
    }
}

/// Suspension and subscription of one device, as its owner set them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Gate {
    /// The data flow is suspended.
    pub suspended: bool,
    /// From this moment on the subscription is over.
    pub expires: Option<UnixMillis>,
}

impl Gate {
    /// A gate.
    #[must_use]
    pub const fn new(suspended: bool, expires: Option<UnixMillis>) -> Self {
        Self { suspended, expires }
    }
}

impl Guard for Gate {
    type Ticket = ();

    fn check(&self, _: &DeviceId<'_>, _: Option<u64>, now: UnixMillis) -> Result<(), Verdict> {
        if self.suspended {
            return Err(Verdict::Suspended);
        }
        match self.expires {
            Some(expires) if now >= expires => Err(Verdict::Expired),
            _ => Ok(()),
        }
    }

    fn commit(&self, (): (), _: UnixMillis) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Family;

    #[test]
    fn a_gate_closes_on_suspension_and_at_expiry() {
        let device = DeviceId::new(Family::Soap, "14930217");
        let check = |gate: Gate, now| gate.check(&device, None, UnixMillis(now));
        assert_eq!(check(Gate::default(), u64::MAX), Ok(()));
        assert_eq!(check(Gate::new(true, None), 0), Err(Verdict::Suspended));
        let expiring = Gate::new(false, Some(UnixMillis(10)));
        assert_eq!(
            (check(expiring, 9), check(expiring, 10)),
            (Ok(()), Err(Verdict::Expired))
        );
    }
}
