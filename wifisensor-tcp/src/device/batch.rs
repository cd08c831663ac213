//! A SAMPLES frame while it is written.

use core::fmt;

use super::state::Linked;
use crate::error::{CallError, EncodeError};
use crate::frame::{FrameType, MAX_DEVICE_FRAME_LEN};
use crate::link::Outbox;
use crate::samples::{Draft, Head};

/// Writes records straight into the transmit buffer of a [`Device`](super::Device). Nothing is sent before
/// [`send`](Self::send); a batch that is dropped leaves no trace.
pub struct Batch<'d> {
    linked: &'d mut Linked,
    outbox: &'d mut Outbox<MAX_DEVICE_FRAME_LEN>,
    draft: Draft,
}

impl<'d> Batch<'d> {
    pub(super) fn new(
        linked: &'d mut Linked,
        outbox: &'d mut Outbox<MAX_DEVICE_FRAME_LEN>,
        head: Head,
    ) -> Result<Self, EncodeError> {
        let draft = Draft::new(outbox.body_mut(), head)?;
        Ok(Self {
            linked,
            outbox,
            draft,
        })
    }

    /// Adds a record, as [`Encoder::push`](crate::samples::Encoder::push) does.
    ///
    /// # Errors
    /// As there: after [`Full`](crate::EncodeErrorKind::Full), [`TimeBack`](crate::EncodeErrorKind::TimeBack) and
    /// [`Pause`](crate::EncodeErrorKind::Pause) send this batch and begin the next with this record.
    pub fn push(&mut self, time: u32, values: &[Option<i32>]) -> Result<(), EncodeError> {
        self.draft.push(self.outbox.body_mut(), time, values)
    }

    /// Records written so far.
    #[must_use]
    pub const fn count(&self) -> u8 {
        self.draft.count()
    }

    /// Number after that of the last record written.
    #[must_use]
    pub fn end(&self) -> u32 {
        self.draft.end()
    }

    /// Submits the frame; [`poll`](super::Device::poll) gives it to be sent.
    ///
    /// # Errors
    /// [`CallError::Encode`] without a record.
    pub fn send(self) -> Result<(), CallError> {
        let len = self.draft.finish(self.outbox.body_mut())?;
        self.linked
            .link
            .seal_in_place(self.outbox, FrameType::Samples, len);
        self.linked.sent_up_to(self.draft.end());
        Ok(())
    }
}

impl fmt::Debug for Batch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Batch").field(&self.draft).finish()
    }
}
