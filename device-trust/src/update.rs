//! The life of an update, as data (§A).
//!
//! ```text
//!            offered              complete            reset, good in its slot          confirmed
//!   idle ─────────────> receiving ────────> staged ───────────────────────────> trial ──────────> idle, counters raised
//!    ^                      │ refused         │ reset, not good                   │ reset
//!    └──────────────────────┴─────────────────┴───────────────────────────────────┘ old image runs
//! ```
//!
//! Four rules hold whatever happens: nothing runs that was not verified in the memory it runs from; after a manifest, nothing but the
//! payload that it announced; a device never goes below its stored counters; and these are raised only when the new image has
//! confirmed itself, so that a bad update can be undone.
//!
//! An [`Update`] does nothing by itself. It takes what happened and says what to do; the device stores [`Update::state`] and
//! [`Update::stored`] before it does it.

use crate::image::Verified;
use crate::manifest::Announced;

/// What the device keeps for ever: the lowest that it takes. Never lowered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[expect(clippy::exhaustive_structs, reason = "made by the device from its memory")]
pub struct Stored {
    /// Security counter of the last confirmed image that had one, for [`crate::image::Policy::with_stored_counter`].
    pub security_counter: Option<u32>,
    /// Sequence number of the last confirmed manifest, for [`crate::manifest::Policy::with_stored_sequence`].
    pub sequence: Option<u64>,
}

impl Stored {
    /// Both at least as high as they were.
    fn raised(self, by: Self) -> Self {
        // `None` is below every number.
        Self {
            security_counter: self.security_counter.max(by.security_counter),
            sequence: self.sequence.max(by.sequence),
        }
    }

    /// Whether something with these numbers would go below what is stored. A number that is required must be there.
    fn refuses(&self, counter: Option<u32>) -> bool {
        counter < self.security_counter
    }
}

/// What a manifest announced: the only payload that is taken after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[expect(
    clippy::exhaustive_structs,
    reason = "made anew by the device from its memory"
)]
pub struct Announcement {
    /// Sequence number, to be stored when the update is confirmed.
    pub sequence: u64,
    /// Length of the payload in bytes.
    pub size: u64,
    /// SHA-256 of the payload.
    pub sha256: [u8; 32],
}

impl Announcement {
    const fn of(manifest: &Announced<'_>) -> Self {
        Self {
            sequence: manifest.sequence,
            size: manifest.size,
            sha256: manifest.sha256,
        }
    }

    /// Whether the image with its TLV areas, all of the file, is the announced payload (§A.2.2 step 19).
    fn is(&self, image: &Verified<'_>) -> bool {
        (self.size, self.sha256) == (image.total_size, image.total_sha256)
    }
}

/// An image that is not confirmed yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[expect(
    clippy::exhaustive_structs,
    reason = "made anew by the device from its memory"
)]
pub struct Candidate {
    /// Its hash: what starts after the reset has to be what was staged.
    pub sha256: [u8; 32],
    /// What is stored when it confirms itself.
    pub raises: Stored,
}

/// Where an update is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[expect(clippy::exhaustive_enums, reason = "the specification has these states")]
pub enum State {
    /// Nothing is on its way.
    #[default]
    Idle,
    /// An image is being received.
    Receiving {
        /// What the manifest announced, if one did.
        announced: Option<Announcement>,
    },
    /// A good image waits for the reset.
    Staged(Candidate),
    /// It runs and has not confirmed itself.
    Trial(Candidate),
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[must_use]
#[non_exhaustive]
pub enum Action {
    /// Receive the image, through [`crate::image::Stream`].
    Receive,
    /// Erase what was received.
    Erase,
    /// Reset when it suits.
    Reset,
    /// Start the new image, on trial.
    Start,
    /// Start the image that ran before; the new one is never started again.
    StartOld,
    /// Store [`Update::stored`]; the new image is now the old one.
    Store,
}

/// What happened does not fit; the update is as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum UpdateError {
    /// Cannot happen in this state.
    #[error("not in this state")]
    State,
    /// Not the payload that the manifest announced.
    #[error("another payload than announced")]
    Payload,
    /// Below a stored counter, or without one that is required: the policy it was verified with was not that of this device.
    #[error("below a stored counter")]
    Rollback,
}

impl UpdateError {
    /// Stable machine name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Payload => "payload",
            Self::Rollback => "rollback",
        }
    }
}

/// An update and the counters of the device.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Update {
    state: State,
    stored: Stored,
}

impl Update {
    /// As the device stored it: the state and the counters.
    #[must_use]
    pub const fn new(state: State, stored: Stored) -> Self {
        Self { state, stored }
    }

    /// Where the update is.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// The counters, for the policies of the next update.
    #[must_use]
    pub const fn stored(&self) -> Stored {
        self.stored
    }

    /// An image is offered, or a good manifest announces one.
    ///
    /// # Errors
    /// [`UpdateError::State`] but in idle; [`UpdateError::Rollback`].
    pub fn offered(&mut self, manifest: Option<&Announced<'_>>) -> Result<Action, UpdateError> {
        let State::Idle = self.state else {
            return Err(UpdateError::State);
        };
        let announced = manifest.map(Announcement::of);
        // The manifest is optional: without one there is no sequence number to hold against the stored one.
        if announced.is_some_and(|announced| Some(announced.sequence) < self.stored.sequence) {
            return Err(UpdateError::Rollback);
        }
        self.state = State::Receiving { announced };
        Ok(Action::Receive)
    }

    /// The image was refused, or it does not come to its end.
    ///
    /// # Errors
    /// [`UpdateError::State`] but in receiving.
    pub const fn refused(&mut self) -> Result<Action, UpdateError> {
        let State::Receiving { .. } = self.state else {
            return Err(UpdateError::State);
        };
        self.state = State::Idle;
        Ok(Action::Erase)
    }

    /// The image is complete and good, in file mode; after a manifest, only the very payload that was announced is taken. That the images
    /// it depends on are present is the caller's to check first.
    ///
    /// # Errors
    /// [`UpdateError::State`] but in receiving; [`UpdateError::Payload`] and [`UpdateError::Rollback`], and then it has to be
    /// [`refused`](Self::refused).
    pub fn complete(&mut self, image: &Verified<'_>) -> Result<Action, UpdateError> {
        let State::Receiving { announced } = self.state else {
            return Err(UpdateError::State);
        };
        if announced.is_some_and(|announced| !announced.is(image)) {
            return Err(UpdateError::Payload);
        }
        if self.stored.refuses(image.security_counter) {
            return Err(UpdateError::Rollback);
        }
        self.state = State::Staged(Candidate {
            sha256: image.sha256,
            raises: Stored {
                security_counter: image.security_counter,
                sequence: announced.map(|announced| announced.sequence),
            },
        });
        Ok(Action::Reset)
    }

    /// The device was reset. `slot` is what [`crate::image::verify`] says of the slot of the new image now, in slot mode: `None` if that
    /// is not good.
    ///
    /// What was received in part is erased: after a reset nobody knows how far it was right.
    pub fn reset(&mut self, slot: Option<&Verified<'_>>) -> Action {
        let state = core::mem::take(&mut self.state);
        match state {
            State::Idle | State::Trial(_) => Action::StartOld,
            State::Receiving { .. } => Action::Erase,
            State::Staged(candidate) => match slot {
                Some(image)
                    if image.sha256 == candidate.sha256 && !self.stored.refuses(image.security_counter) =>
                {
                    self.state = State::Trial(candidate);
                    Action::Start
                }
                _ => Action::StartOld,
            },
        }
    }

    /// The new image runs and found itself in order.
    ///
    /// # Errors
    /// [`UpdateError::State`] but in trial.
    pub fn confirmed(&mut self) -> Result<Action, UpdateError> {
        let State::Trial(candidate) = self.state else {
            return Err(UpdateError::State);
        };
        self.stored = self.stored.raised(candidate.raises);
        self.state = State::Idle;
        Ok(Action::Store)
    }
}
