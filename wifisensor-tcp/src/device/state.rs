//! States of a device session.

use super::event::ServerClock;
use crate::ack::Ack;
use crate::config::Config;
use crate::error::{CallError, ErrorKind};
use crate::failure::{Failure, FailureCode};
use crate::frame::{Direction, Frame, FrameType, HEAD_LEN, MAX_DEVICE_FRAME_LEN};
use crate::handshake::{Challenge, HELLO_LEN, Hello, VERSION};
use crate::keys::{Secret, SessionKeys, TAG_LEN};
use crate::link::{Clock, Link, Outbox};
use crate::result::{Answer, ResultCode};
use crate::rotate::Rotate;
use crate::session::{Cut, End};
use crate::status::Status;
use crate::time::{CLOSE_LIMIT, HANDSHAKE_LIMIT, IDLE_LIMIT, Millis, SESSION_LIMIT};

pub(super) struct Core {
    pub(super) hello: Hello,
    pub(super) secret: Secret,
    pub(super) clock: Clock,
    pub(super) outbox: Outbox<MAX_DEVICE_FRAME_LEN>,
    pub(super) state: State,
    /// Told by the next `poll`.
    pub(super) notice: Option<Notice>,
}

#[derive(Debug)]
pub(super) enum Notice {
    Challenge(ServerClock),
    Ready,
    Ack(u32),
    /// The frame lies in the receive buffer.
    Config,
    /// The secret lies in `Linked`.
    NewSecret,
}

#[expect(
    clippy::large_enum_variant,
    reason = "there is no heap, and one session has one state"
)]
pub(super) enum State {
    WaitChallenge,
    Linked(Linked),
    Over { end: End, told: bool },
}

/// After CHALLENGE.
pub(super) struct Linked {
    pub(super) link: Link,
    pub(super) phase: Phase,
    /// The last `next` that was taken.
    pub(super) acked: Option<u32>,
    /// What ROTATE gave, until the caller has answered.
    pub(super) new_secret: Option<(u8, Secret)>,
    /// Seq of a CONFIG or ROTATE that the caller has to answer.
    question: Option<u32>,
    /// RESULT to be sent.
    answer: Option<Answer>,
    /// The frame that waits is one after which the caller may submit another.
    then_ready: bool,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Phase {
    /// `send_status` is asked for.
    Status,
    Open(Sent),
    /// After CLOSE.
    Closing(Sent, Millis),
    /// ERROR is to be sent.
    Failing(Failure),
}

/// How far samples were sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    /// The number that the next SAMPLES must not begin above.
    pub(super) next: u32,
    /// No ACK may be above this: the number of the next new sample, as far as the server can know it.
    pub(super) newest: u32,
}

impl Linked {
    fn new(link: Link) -> Self {
        Self {
            link,
            phase: Phase::Status,
            acked: None,
            new_secret: None,
            question: None,
            answer: None,
            then_ready: false,
        }
    }

    /// SAMPLES up to this number were submitted.
    pub(super) fn sent_up_to(&mut self, end: u32) {
        if let Phase::Open(sent) = &mut self.phase {
            sent.next = sent.next.max(end);
            sent.newest = sent.newest.max(end);
            self.then_ready = true;
        }
    }

    const fn sent(&self) -> Option<Sent> {
        match self.phase {
            Phase::Open(sent) | Phase::Closing(sent, _) => Some(sent),
            Phase::Status | Phase::Failing(_) => None,
        }
    }

    /// A frame whose tag and seq are good.
    fn on_frame(&mut self, frame: &Frame<'_>, hello: &Hello, secret: &Secret) -> Result<Step, Failure> {
        let fail = |code| Failure::new(code, Some(frame.seq()));
        let malformed = |_| fail(FailureCode::Malformed);
        match (frame.kind(), self.sent()) {
            (FrameType::ServerError, _) => Failure::parse(frame.body()).map(Step::Peer).map_err(malformed),
            (kind @ FrameType::Unknown(_), _) if kind.may_be_skipped() => Ok(Step::Nothing),
            (kind @ (FrameType::Ack | FrameType::ServerClose), Some(sent)) => {
                let Ack { next } = Ack::parse(frame.body()).map_err(malformed)?;
                if next > sent.newest || self.acked.is_some_and(|acked| next < acked) {
                    return Err(fail(FailureCode::Log));
                }
                self.acked = Some(next);
                Ok(if kind == FrameType::Ack {
                    Step::Notice(Notice::Ack(next))
                } else {
                    Step::Closed(next)
                })
            }
            (FrameType::Config, Some(_)) => {
                let code = match Config::parse(frame.body()) {
                    Ok(_) => {
                        self.question = Some(frame.seq());
                        return Ok(Step::Notice(Notice::Config));
                    }
                    Err(error) => match error.kind {
                        ErrorKind::Unsupported(_) => ResultCode::UnknownItem,
                        ErrorKind::Value(_) => ResultCode::BadValue,
                        _ => return Err(fail(FailureCode::Malformed)),
                    },
                };
                self.reply(frame.seq(), code);
                Ok(Step::Nothing)
            }
            (FrameType::Rotate, Some(_)) => {
                let rotate = Rotate::parse(frame.body()).map_err(malformed)?;
                if rotate.key_id() == hello.key_id {
                    self.reply(frame.seq(), ResultCode::BadValue);
                    return Ok(Step::Nothing);
                }
                let new = secret.rotated(rotate.key_id(), rotate.nonce());
                self.new_secret = Some((rotate.key_id(), new));
                self.question = Some(frame.seq());
                Ok(Step::Notice(Notice::NewSecret))
            }
            _ => Err(fail(FailureCode::State)),
        }
    }

    const fn reply(&mut self, reference: u32, code: ResultCode) {
        self.answer = Some(Answer { reference, code });
    }
}

/// What a good frame brings.
enum Step {
    Nothing,
    Notice(Notice),
    Closed(u32),
    Peer(Failure),
}

impl Core {
    /// Whether a frame may be taken now: nothing is left to tell, to ask or to send.
    pub(super) fn listens(&self) -> bool {
        let ready = match &self.state {
            State::WaitChallenge => true,
            State::Linked(linked) => {
                linked.question.is_none()
                    && linked.answer.is_none()
                    && !matches!(linked.phase, Phase::Failing(_))
            }
            State::Over { .. } => false,
        };
        ready && self.notice.is_none() && self.outbox.is_empty()
    }

    /// Whether nothing that comes matters any more.
    pub(super) const fn is_deaf(&self) -> bool {
        match &self.state {
            State::Over { .. } => true,
            State::Linked(linked) => matches!(linked.phase, Phase::Failing(_)),
            State::WaitChallenge => false,
        }
    }

    pub(super) fn on_frame(&mut self, frame: &Frame<'_>) {
        self.clock.heard = self.clock.now;
        let outcome = match &mut self.state {
            State::WaitChallenge => return self.on_first(frame),
            State::Linked(linked) => match linked.link.accept(frame) {
                Err(failure) => Err(failure),
                Ok(()) => linked.on_frame(frame, &self.hello, &self.secret),
            },
            State::Over { .. } => return,
        };
        match outcome {
            Ok(Step::Nothing) => {}
            Ok(Step::Notice(notice)) => self.notice = Some(notice),
            Ok(Step::Closed(next)) => {
                self.notice = Some(Notice::Ack(next));
                self.end(End::Done);
            }
            Ok(Step::Peer(failure)) => self.end(End::Peer {
                failure,
                authentic: true,
            }),
            Err(failure) => self.fail(failure),
        }
    }

    /// CHALLENGE, or ERROR without a tag (spec §6.2).
    fn on_first(&mut self, frame: &Frame<'_>) {
        match self.judge_first(frame) {
            Ok(Ok((linked, clock))) => {
                self.state = State::Linked(linked);
                self.notice = Some(Notice::Challenge(clock));
            }
            Ok(Err(failure)) => self.end(End::Peer {
                failure,
                authentic: false,
            }),
            Err(code) => self.fail(Failure::new(code, None)),
        }
    }

    fn judge_first(&self, frame: &Frame<'_>) -> Result<Result<(Linked, ServerClock), Failure>, FailureCode> {
        let is_error = frame.kind() == FrameType::ServerError;
        if frame.seq() != 0 || !(is_error || frame.kind() == FrameType::Challenge) {
            return Err(FailureCode::State);
        }
        if is_error {
            if !frame.is_untagged() {
                return Err(FailureCode::Auth);
            }
            let failure = Failure::parse(frame.body()).map_err(|_| FailureCode::Malformed)?;
            return Ok(Err(failure));
        }
        let challenge = Challenge::parse(frame.body()).map_err(|_| FailureCode::Malformed)?;
        if challenge.version != VERSION || !self.hello.versions.contains(VERSION) {
            return Err(FailureCode::Version);
        }
        let hello = self.outbox.last(HEAD_LEN + HELLO_LEN + TAG_LEN);
        let hello = Frame::parse(hello, Direction::FromDevice).map_err(|_| FailureCode::Auth)?;
        let keys = SessionKeys::new(&self.secret, &hello, frame);
        if !frame.verify(&keys.challenge) {
            return Err(FailureCode::Auth);
        }
        let clock = ServerClock::new(challenge.time, self.clock.now.since(self.clock.opened));
        Ok(Ok((Linked::new(Link::new(keys.server, keys.device)), clock)))
    }

    /// ERROR if there are keys; silence otherwise.
    pub(super) fn fail(&mut self, failure: Failure) {
        match &mut self.state {
            State::Linked(linked) => {
                linked.phase = Phase::Failing(failure);
                (linked.question, linked.answer) = (None, None);
            }
            _ => self.end(End::Failed(failure)),
        }
    }

    pub(super) fn end(&mut self, end: End) {
        self.state = State::Over { end, told: false };
    }

    /// The session if the caller may submit a frame to it.
    pub(super) fn submit(&mut self) -> Result<(&mut Linked, &mut Outbox<MAX_DEVICE_FRAME_LEN>), CallError> {
        if self.is_deaf() {
            return Err(CallError::Over);
        }
        if !self.outbox.is_empty() || self.notice.is_some() {
            return Err(CallError::Pending);
        }
        match &mut self.state {
            State::Linked(linked) => Ok((linked, &mut self.outbox)),
            _ => Err(CallError::Phase),
        }
    }

    /// The same for samples that begin with this number.
    pub(super) fn submit_samples(
        &mut self,
        first: u32,
    ) -> Result<(&mut Linked, &mut Outbox<MAX_DEVICE_FRAME_LEN>), CallError> {
        let (linked, outbox) = self.submit()?;
        match linked.phase {
            Phase::Open(sent) if first <= sent.next.max(linked.acked.unwrap_or(0)) => Ok((linked, outbox)),
            Phase::Open(_) => Err(CallError::Hole(first)),
            _ => Err(CallError::Phase),
        }
    }

    /// The frame that waits goes out; after STATUS and SAMPLES the next may be submitted.
    pub(super) const fn sending(&mut self) {
        if let State::Linked(linked) = &mut self.state
            && core::mem::replace(&mut linked.then_ready, false)
        {
            self.notice = Some(Notice::Ready);
        }
    }

    pub(super) fn send_status(&mut self, status: &Status) -> Result<(), CallError> {
        let (linked, outbox) = self.submit()?;
        if !matches!(linked.phase, Phase::Status) {
            return Err(CallError::Phase);
        }
        linked.link.seal(outbox, FrameType::Status, &status.to_bytes());
        linked.then_ready = true;
        linked.phase = Phase::Open(Sent {
            next: status.samples.oldest(),
            newest: status.samples.next(),
        });
        Ok(())
    }

    pub(super) fn close(&mut self) -> Result<(), CallError> {
        let now = self.clock.now;
        let (linked, outbox) = self.submit()?;
        let Phase::Open(sent) = linked.phase else {
            return Err(CallError::Phase);
        };
        linked.link.seal(outbox, FrameType::DeviceClose, &[]);
        linked.phase = Phase::Closing(sent, now);
        Ok(())
    }

    pub(super) fn answer(&mut self, code: ResultCode) -> Result<(), CallError> {
        if self.is_deaf() {
            return Err(CallError::Over);
        }
        if matches!(self.notice, Some(Notice::Config | Notice::NewSecret)) {
            return Err(CallError::Pending);
        }
        let State::Linked(linked) = &mut self.state else {
            return Err(CallError::Phase);
        };
        let reference = linked.question.take().ok_or(CallError::Phase)?;
        linked.new_secret = None;
        linked.reply(reference, code);
        Ok(())
    }

    /// Seals the next frame that is due; whether there was one.
    pub(super) fn seal_next(&mut self) -> bool {
        let State::Linked(linked) = &mut self.state else {
            return false;
        };
        if let Phase::Failing(failure) = linked.phase {
            linked
                .link
                .seal(&mut self.outbox, FrameType::DeviceError, &failure.to_bytes());
            self.end(End::Failed(failure));
            return true;
        }
        let Some(answer) = linked.answer.take() else {
            return false;
        };
        linked
            .link
            .seal(&mut self.outbox, FrameType::Result, &answer.to_bytes());
        true
    }

    /// The next time limit, and what it cuts.
    fn limit(&self) -> Option<(Millis, Cut)> {
        let State::Linked(linked) = &self.state else {
            return match &self.state {
                State::Over { .. } => None,
                _ => Some((self.clock.opened.after(HANDSHAKE_LIMIT), Cut::Handshake)),
            };
        };
        let session = (self.clock.opened.after(SESSION_LIMIT), Cut::Session);
        let idle = (self.clock.heard.after(IDLE_LIMIT), Cut::Idle);
        let close = match linked.phase {
            Phase::Closing(_, since) => (since.after(CLOSE_LIMIT), Cut::Close),
            _ => idle,
        };
        [close, idle, session].into_iter().min_by_key(|&(limit, _)| limit)
    }

    pub(super) fn deadline(&self) -> Option<Millis> {
        self.limit().map(|(limit, _)| limit)
    }

    pub(super) fn on_timeout(&mut self) {
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
                phase: Phase::Failing(failure),
                ..
            }) => self.end(End::Failed(*failure)),
            _ => self.end(End::Incomplete(cut)),
        }
    }
}
