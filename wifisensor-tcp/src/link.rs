//! What both machines are made of: tags and numbers of both directions, one frame on its way out, the clock.

use crate::failure::{Failure, FailureCode};
use crate::frame::{self, Frame, FrameType};
use crate::keys::MacKey;
use crate::time::Millis;

/// Keys and frame numbers of both directions, from the first frame after the handshake on.
pub(crate) struct Link {
    receive: MacKey,
    send: MacKey,
    expected: u32,
    next: u32,
}

impl Link {
    pub(crate) const fn new(receive: MacKey, send: MacKey) -> Self {
        Self {
            receive,
            send,
            expected: 1,
            next: 1,
        }
    }

    /// Checks tag, then seq (spec §5). Nothing of a frame is used before.
    pub(crate) fn accept(&mut self, frame: &Frame<'_>) -> Result<(), Failure> {
        if !frame.verify(&self.receive) {
            return Err(Failure::new(FailureCode::Auth, None));
        }
        if frame.seq() != self.expected {
            return Err(Failure::new(FailureCode::Sequence, Some(frame.seq())));
        }
        self.expected = self.expected.wrapping_add(1);
        Ok(())
    }

    /// Number of the last frame that was accepted.
    pub(crate) const fn accepted(&self) -> u32 {
        self.expected.wrapping_sub(1)
    }

    /// Seals a frame with the next number, which it gives back.
    pub(crate) fn seal<const N: usize>(
        &mut self,
        outbox: &mut Outbox<N>,
        kind: FrameType,
        body: &[u8],
    ) -> u32 {
        outbox.put(kind, self.next, body, Some(&self.send));
        self.sealed()
    }

    /// The same around a body that is in its place already.
    pub(crate) fn seal_in_place<const N: usize>(
        &mut self,
        outbox: &mut Outbox<N>,
        kind: FrameType,
        body_len: usize,
    ) -> u32 {
        outbox.seal_in_place(kind, self.next, body_len, &self.send);
        self.sealed()
    }

    const fn sealed(&mut self) -> u32 {
        let seq = self.next;
        self.next = seq.wrapping_add(1);
        seq
    }
}

/// One frame on its way out.
pub(crate) struct Outbox<const N: usize> {
    buffer: [u8; N],
    /// Octets of the frame that waits; 0 if none does.
    waiting: usize,
}

impl<const N: usize> Outbox<N> {
    pub(crate) const fn new() -> Self {
        Self {
            buffer: [0; N],
            waiting: 0,
        }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    /// Every body that a machine writes fits into its buffer.
    pub(crate) fn put(&mut self, kind: FrameType, seq: u32, body: &[u8], key: Option<&MacKey>) {
        self.waiting = frame::emit(&mut self.buffer, kind, seq, body, key).map_or(0, |frame| frame.len());
    }

    /// Where a body is written for [`seal_in_place`](Self::seal_in_place).
    pub(crate) fn body_mut(&mut self) -> &mut [u8] {
        self.buffer.get_mut(frame::HEAD_LEN..).unwrap_or_default()
    }

    fn seal_in_place(&mut self, kind: FrameType, seq: u32, body_len: usize, key: &MacKey) {
        let len = body_len
            .saturating_add(frame::HEAD_LEN)
            .saturating_add(crate::keys::TAG_LEN);
        self.waiting = 0;
        if let Some(out) = self.buffer.get_mut(..len)
            && frame::seal(out, kind, seq, Some(key)).is_ok()
        {
            self.waiting = len;
        }
    }

    /// The frame that waits; it counts as sent from here on.
    pub(crate) fn take(&mut self) -> &[u8] {
        let len = core::mem::take(&mut self.waiting);
        self.buffer.get(..len).unwrap_or_default()
    }

    /// The front of what was put in last, sent or not.
    pub(crate) fn last(&self, len: usize) -> &[u8] {
        self.buffer.get(..len).unwrap_or_default()
    }
}

/// The caller's clock as the machine has seen it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    pub(crate) now: Millis,
    pub(crate) opened: Millis,
    /// When the last complete frame came.
    pub(crate) heard: Millis,
}

impl Clock {
    pub(crate) const fn new(now: Millis) -> Self {
        Self {
            now,
            opened: now,
            heard: now,
        }
    }

    pub(crate) fn tick(&mut self, now: Millis) {
        self.now = self.now.max(now);
    }
}
