//! States of a server session.

use super::event::{Account, Log, Opened, Options, Task};
use crate::ack::Ack;
use crate::config::ConfigBody;
use crate::error::CallError;
use crate::failure::{Failure, FailureCode};
use crate::frame::{Frame, FrameType, MAX_SERVER_FRAME_LEN};
use crate::handshake::{Hello, NONCE_LEN};
use crate::keys::Secret;
use crate::link::{Clock, Link, Outbox};
use crate::result::{Answer, ResultCode};
use crate::rotate::Rotate;
use crate::samples::Samples;
use crate::session::{Cut, End};
use crate::status::{SampleSpan, Status};
use crate::time::{HANDSHAKE_LIMIT, IDLE_LIMIT, Millis, RESULT_LIMIT};

pub(super) struct Core {
    pub(super) options: Options,
    pub(super) decoy: Secret,
    pub(super) nonce: [u8; NONCE_LEN],
    pub(super) clock: Clock,
    pub(super) outbox: Outbox<MAX_SERVER_FRAME_LEN>,
    pub(super) state: State,
    /// Told by the next `poll`.
    pub(super) notice: Option<Notice>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Notice {
    Hello(Hello),
    Status(Status),
    Opened(Opened),
    /// The frame lies in the receive buffer; records below `expected` were known.
    Samples {
        log: Log,
        expected: u32,
        end: u32,
    },
    Result(Task, ResultCode),
}

#[expect(
    clippy::large_enum_variant,
    reason = "there is no heap, and one session has one state"
)]
pub(super) enum State {
    WaitHello,
    /// The HELLO lies in the receive buffer; `identify` is asked for.
    Identify(Hello),
    Linked(Linked),
    Over {
        end: End,
        told: bool,
    },
}

/// After CHALLENGE.
pub(super) struct Linked {
    pub(super) link: Link,
    pub(super) key_id: u8,
    pub(super) phase: Phase,
}

#[expect(
    clippy::large_enum_variant,
    reason = "there is no heap, and one session has one phase"
)]
pub(super) enum Phase {
    WaitStatus,
    /// `open` is asked for.
    Opening {
        status: Status,
        seq: u32,
    },
    Open(Work),
    /// A last frame is to be sent: ERROR, or CLOSE with this position.
    Ending(Result<u32, Failure>),
}

/// What is done between STATUS and CLOSE.
pub(super) struct Work {
    pub(super) log: Log,
    /// The number that the next new record must not be above.
    expected: u32,
    /// SAMPLES came for which no ACK was sent.
    owed: bool,
    /// When the device's CLOSE came.
    closing: Option<Millis>,
    ack: bool,
    config: Errand<ConfigBody>,
    rotate: Errand<Rotate>,
}

/// Something sent that is to be answered by RESULT.
enum Errand<T> {
    Nothing,
    Due(T),
    /// Sent in the frame with this number.
    Sent(u32, T),
}

impl<T> Errand<T> {
    fn due(what: Option<T>) -> Self {
        what.map_or(Self::Nothing, Self::Due)
    }

    const fn is_due(&self) -> bool {
        matches!(self, Self::Due(_))
    }

    const fn is_open(&self) -> bool {
        !matches!(self, Self::Nothing)
    }

    fn take_due(&mut self) -> Option<T> {
        match core::mem::replace(self, Self::Nothing) {
            Self::Due(what) => Some(what),
            other => {
                *self = other;
                None
            }
        }
    }

    fn answered(&mut self, reference: u32) -> Option<T> {
        match core::mem::replace(self, Self::Nothing) {
            Self::Sent(seq, what) if seq == reference => Some(what),
            other => {
                *self = other;
                None
            }
        }
    }
}

impl Work {
    fn new(account: &Account<'_>, status: &Status, log: Log, key_id: u8) -> Self {
        let config = account.config.filter(|config| config.version() != status.config);
        let rotate = account.rotate.filter(|rotate| rotate.key_id() != key_id);
        Self {
            log,
            expected: log.stored.max(status.samples.oldest()),
            owed: false,
            closing: None,
            ack: true,
            config: Errand::due(config.cloned()),
            rotate: Errand::due(rotate.cloned()),
        }
    }

    const fn has_frames(&self) -> bool {
        self.ack || self.config.is_due() || self.rotate.is_due()
    }

    const fn awaits_result(&self) -> bool {
        self.config.is_open() || self.rotate.is_open()
    }

    /// All is stored, and no RESULT is outstanding: CLOSE may go.
    const fn is_settled(&self) -> bool {
        // Not a comparison of positions: a gap that no samples follow leaves `stored` behind for good.
        self.closing.is_some() && !self.owed && !self.awaits_result()
    }

    fn on_frame(&mut self, frame: &Frame<'_>, now: Millis) -> Result<Option<Notice>, Failure> {
        let fail = |code| Failure::new(code, Some(frame.seq()));
        match (frame.kind(), self.closing) {
            (FrameType::Samples, None) => self.on_samples(frame.body()).map(Some).map_err(fail),
            (FrameType::DeviceClose, None) => {
                self.closing = Some(now);
                Ok(None)
            }
            (FrameType::Result, _) => {
                let answer = Answer::parse(frame.body()).map_err(|_| fail(FailureCode::Malformed))?;
                let config = self.config.answered(answer.reference);
                let rotate = self.rotate.answered(answer.reference);
                let task = config
                    .map(|config| Task::Config(config.version()))
                    .or(rotate.map(|rotate| Task::Rotate(rotate.key_id())))
                    .ok_or(fail(FailureCode::State))?;
                Ok(Some(Notice::Result(task, answer.code)))
            }
            _ => Err(fail(FailureCode::State)),
        }
    }

    fn on_samples(&mut self, body: &[u8]) -> Result<Notice, FailureCode> {
        let samples = Samples::parse(body).map_err(|_| FailureCode::Malformed)?;
        if samples.first() > self.expected {
            return Err(FailureCode::Gap);
        }
        let expected = self.expected;
        self.expected = expected.max(samples.end());
        self.owed = true;
        Ok(Notice::Samples {
            log: self.log,
            expected,
            end: self.expected,
        })
    }

    pub(super) fn stored(&mut self, end: u32) -> Result<(), CallError> {
        if end > self.expected {
            return Err(CallError::NotReceived(end));
        }
        if !self.owed {
            return Ok(());
        }
        self.log.stored = self.log.stored.max(end);
        self.owed = self.log.stored != self.expected;
        self.ack = true;
        Ok(())
    }
}

impl Core {
    /// Whether a frame may be taken now: nothing is left to tell, to ask or to send.
    pub(super) const fn listens(&self) -> bool {
        let ready = match &self.state {
            State::WaitHello => true,
            State::Linked(linked) => match &linked.phase {
                Phase::WaitStatus => true,
                Phase::Open(work) => !work.has_frames(),
                Phase::Opening { .. } | Phase::Ending(_) => false,
            },
            State::Identify(_) | State::Over { .. } => false,
        };
        ready && self.notice.is_none() && self.outbox.is_empty()
    }

    /// Whether nothing that comes matters any more.
    pub(super) const fn is_deaf(&self) -> bool {
        match &self.state {
            State::Over { .. } => true,
            State::Linked(linked) => matches!(linked.phase, Phase::Ending(_)),
            State::WaitHello | State::Identify(_) => false,
        }
    }

    pub(super) fn on_frame(&mut self, frame: &Frame<'_>) {
        self.clock.heard = self.clock.now;
        let outcome = match &mut self.state {
            State::WaitHello => return self.on_hello(frame),
            State::Linked(linked) => match linked.link.accept(frame) {
                Err(failure) => Err(failure),
                Ok(()) => linked.on_frame(frame, self.clock.now),
            },
            State::Identify(_) | State::Over { .. } => return,
        };
        match outcome {
            Ok(Step::Notice(notice)) => self.notice = notice,
            Ok(Step::Peer(failure)) => self.end(End::Peer {
                failure,
                authentic: true,
            }),
            Err(failure) => self.fail(failure),
        }
        self.settle();
    }

    fn on_hello(&mut self, frame: &Frame<'_>) {
        let hello = Hello::parse(frame.body()).ok();
        match hello.filter(|_| frame.kind() == FrameType::Hello && frame.seq() == 0) {
            Some(hello) => {
                self.notice = Some(Notice::Hello(hello));
                self.state = State::Identify(hello);
            }
            None => self.malformed(),
        }
    }

    /// Framing or HELLO not valid: an answer only if there are keys (spec §6.1).
    pub(super) fn malformed(&mut self) {
        self.fail(Failure::new(FailureCode::Malformed, None));
    }

    /// ERROR if there are keys; silence otherwise.
    pub(super) fn fail(&mut self, failure: Failure) {
        match &mut self.state {
            State::Linked(linked) => linked.phase = Phase::Ending(Err(failure)),
            _ => self.end(End::Failed(failure)),
        }
    }

    /// ERROR without a tag, before there are keys.
    pub(super) fn refuse(&mut self, code: FailureCode) {
        let failure = Failure::new(code, None);
        self.outbox
            .put(FrameType::ServerError, 0, &failure.to_bytes(), None);
        self.end(End::Failed(failure));
    }

    pub(super) fn end(&mut self, end: End) {
        self.state = State::Over { end, told: false };
    }

    pub(super) fn work(&mut self) -> Result<&mut Work, CallError> {
        match &mut self.state {
            State::Linked(Linked {
                phase: Phase::Open(work),
                ..
            }) => Ok(work),
            State::Over { .. }
            | State::Linked(Linked {
                phase: Phase::Ending(_),
                ..
            }) => Err(CallError::Over),
            _ => Err(CallError::Phase),
        }
    }

    /// CLOSE when it may go.
    pub(super) fn settle(&mut self) {
        if let State::Linked(linked) = &mut self.state
            && let Phase::Open(work) = &linked.phase
            && work.is_settled()
        {
            linked.phase = Phase::Ending(Ok(work.log.stored));
        }
    }

    pub(super) fn open(&mut self, account: &Account<'_>) -> Result<(), CallError> {
        if self.notice.is_some() {
            return Err(CallError::Pending);
        }
        let State::Linked(linked) = &mut self.state else {
            return Err(self.not_in_phase());
        };
        let Phase::Opening { status, seq } = linked.phase else {
            return Err(self.not_in_phase());
        };
        let span = status.samples;
        let known = account.log.filter(|log| log.log_id == status.log_id);
        if known.is_some_and(|log| log.stored > span.next()) {
            self.fail(Failure::new(FailureCode::Log, Some(seq)));
            return Ok(());
        }
        let log = known.unwrap_or(Log {
            log_id: status.log_id,
            stored: span.oldest(),
        });
        let lost = SampleSpan::new(log.stored, span.oldest().max(log.stored)).unwrap_or(span);
        let key_id = linked.key_id;
        linked.phase = Phase::Open(Work::new(account, &status, log, key_id));
        self.notice = Some(Notice::Opened(Opened {
            log,
            new_log: known.is_none(),
            lost,
            rotated: account.rotate.is_some_and(|rotate| rotate.key_id() == key_id),
        }));
        Ok(())
    }

    pub(super) const fn not_in_phase(&self) -> CallError {
        if self.is_deaf() {
            CallError::Over
        } else {
            CallError::Phase
        }
    }

    /// Seals the next frame that is due; whether there was one.
    pub(super) fn seal_next(&mut self) -> bool {
        let State::Linked(Linked { link, phase, .. }) = &mut self.state else {
            return false;
        };
        let outbox = &mut self.outbox;
        match phase {
            Phase::Ending(last) => {
                let last = *last;
                let end = match last {
                    Ok(next) => {
                        link.seal(outbox, FrameType::ServerClose, &Ack { next }.to_bytes());
                        End::Done
                    }
                    Err(failure) => {
                        link.seal(outbox, FrameType::ServerError, &failure.to_bytes());
                        End::Failed(failure)
                    }
                };
                self.end(end);
            }
            Phase::Open(work) => {
                if core::mem::take(&mut work.ack) {
                    let next = work.log.stored;
                    link.seal(outbox, FrameType::Ack, &Ack { next }.to_bytes());
                } else if let Some(config) = work.config.take_due() {
                    let seq = link.seal(outbox, FrameType::Config, config.as_bytes());
                    work.config = Errand::Sent(seq, config);
                } else if let Some(rotate) = work.rotate.take_due() {
                    let seq = link.seal(outbox, FrameType::Rotate, &rotate.to_bytes());
                    work.rotate = Errand::Sent(seq, rotate);
                } else {
                    return false;
                }
            }
            Phase::WaitStatus | Phase::Opening { .. } => return false,
        }
        true
    }

    /// The next time limit, and what it cuts.
    fn limit(&self) -> Option<(Millis, Cut)> {
        let handshake = (self.clock.opened.after(HANDSHAKE_LIMIT), Cut::Handshake);
        let session = self.clock.opened.after(self.options.session_limit);
        match &self.state {
            State::WaitHello | State::Identify(_) => Some(handshake),
            State::Linked(linked) => match &linked.phase {
                Phase::WaitStatus => Some(handshake),
                Phase::Opening { .. } | Phase::Open(_) | Phase::Ending(_) => {
                    let idle = self.clock.heard.after(IDLE_LIMIT);
                    Some(if session < idle {
                        (session, Cut::Session)
                    } else {
                        (idle, Cut::Idle)
                    })
                }
            },
            State::Over { .. } => None,
        }
    }

    /// When the wait for a RESULT after the device's CLOSE is over.
    fn result_limit(&self) -> Option<Millis> {
        match &self.state {
            State::Linked(Linked {
                phase: Phase::Open(work),
                ..
            }) if work.awaits_result() => Some(work.closing?.after(RESULT_LIMIT)),
            _ => None,
        }
    }

    pub(super) fn deadline(&self) -> Option<Millis> {
        let (limit, _) = self.limit()?;
        Some(self.result_limit().map_or(limit, |result| result.min(limit)))
    }

    pub(super) fn on_timeout(&mut self) {
        if self.result_limit().is_some_and(|limit| limit <= self.clock.now)
            && let Ok(work) = self.work()
        {
            work.config = Errand::Nothing;
            work.rotate = Errand::Nothing;
            self.settle();
        }
        if let Some((limit, cut)) = self.limit()
            && limit <= self.clock.now
        {
            self.cut(cut);
        }
    }

    /// The end without a last frame; a failure that was found before stays the reason.
    pub(super) fn cut(&mut self, cut: Cut) {
        match &self.state {
            State::Over { .. } => {}
            State::Linked(Linked {
                phase: Phase::Ending(Err(failure)),
                ..
            }) => self.end(End::Failed(*failure)),
            _ => self.end(End::Incomplete(cut)),
        }
    }
}

/// What a good frame brings.
enum Step {
    Notice(Option<Notice>),
    Peer(Failure),
}

impl Linked {
    /// A frame whose tag and seq are good.
    fn on_frame(&mut self, frame: &Frame<'_>, now: Millis) -> Result<Step, Failure> {
        let fail = |code| Failure::new(code, Some(frame.seq()));
        let malformed = |_| fail(FailureCode::Malformed);
        match (frame.kind(), &mut self.phase) {
            (FrameType::DeviceError, _) => Failure::parse(frame.body()).map(Step::Peer).map_err(malformed),
            (kind @ FrameType::Unknown(_), _) if kind.may_be_skipped() => Ok(Step::Notice(None)),
            (FrameType::Status, Phase::WaitStatus) => {
                let status = Status::parse(frame.body()).map_err(malformed)?;
                let seq = frame.seq();
                self.phase = Phase::Opening { status, seq };
                Ok(Step::Notice(Some(Notice::Status(status))))
            }
            (_, Phase::Open(work)) => work.on_frame(frame, now).map(Step::Notice),
            _ => Err(fail(FailureCode::State)),
        }
    }
}
