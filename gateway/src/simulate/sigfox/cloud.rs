//! The network's cloud: one request for each occurrence, in the order in which they fall due, repeated when it fails
//! (sigfox-callback §1 to §3).

use core::fmt;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sigfox_frame::callback::{Service, TEMPLATES};

use super::super::walk::random;
use super::super::{Answer, Client, Tally};
use super::{Chances, Header, Message};

/// Milliseconds after which a request is repeated (§3).
const RETRIES_MS: [u64; 3] = [60_000, 120_000, 240_000];
/// Milliseconds after which a second station reports, and after which the network acknowledges a downlink.
const STATION_MS: u64 = 1_000;
const ACK_MS: u64 = 5_000;

/// The cloud of one device type.
#[derive(Debug)]
pub(crate) struct Cloud {
    client: Client,
    header: Option<Header>,
    chances: Chances,
    batch: Option<usize>,
    random: u64,
    messages: Vec<Heard>,
    /// By the millisecond at which they fall due, and a number.
    due: BTreeMap<(u64, u64), Due>,
    numbers: u64,
    summary: Summary,
}

#[derive(Debug)]
struct Heard {
    message: Message,
    asks: bool,
    delivered: bool,
    /// What it was answered first: a downlink, or nothing.
    answered: Option<Option<String>>,
}

#[derive(Debug, Clone)]
struct Due {
    request: Request,
    failed: usize,
}

#[derive(Debug, Clone)]
enum Request {
    Data(usize),
    Advanced(usize),
    Ack(usize),
    Batch(Vec<usize>),
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    /// By answer.
    pub(crate) tally: Tally,
    /// Messages that the server has said to have.
    pub(crate) delivered: Vec<Message>,
    /// Messages that nobody heard.
    pub(crate) unheard: u64,
    /// Requests that were repeated.
    pub(crate) repeated: u64,
    /// Requests that failed four times.
    pub(crate) given_up: u64,
    /// Messages that asked for a downlink.
    pub(crate) asked: u64,
    /// Those of them whose first answer had one.
    pub(crate) given: u64,
    /// Downlinks, each counted once.
    pub(crate) downlinks: BTreeSet<String>,
    /// Repetitions that were answered in another way than the first time.
    pub(crate) other_answers: u64,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} messages delivered, {} unheard; {} requests repeated, {} given up; {} downlinks, {} repeats with another answer",
            self.delivered.len(),
            self.unheard,
            self.repeated,
            self.given_up,
            self.downlinks.len(),
            self.other_answers
        )
    }
}

impl Cloud {
    pub(crate) const fn new(
        client: Client,
        header: Option<Header>,
        chances: Chances,
        batch: Option<usize>,
        seed: u64,
    ) -> Self {
        Self {
            client,
            header,
            chances,
            batch,
            random: seed,
            messages: Vec::new(),
            due: BTreeMap::new(),
            numbers: 0,
            summary: Summary {
                tally: Tally::new(),
                delivered: Vec::new(),
                unheard: 0,
                repeated: 0,
                given_up: 0,
                asked: 0,
                given: 0,
                downlinks: BTreeSet::new(),
                other_answers: 0,
            },
        }
    }

    fn chance(&mut self, of_a_hundred: u8) -> bool {
        let drawn = random(&mut self.random).checked_rem(100).unwrap_or_default();
        drawn < u64::from(of_a_hundred)
    }

    fn push(&mut self, due_ms: u64, request: Request, failed: usize) {
        self.numbers = self.numbers.wrapping_add(1);
        self.due.insert((due_ms, self.numbers), Due { request, failed });
    }

    /// A station hears a message, or none does.
    pub(crate) fn hear(&mut self, message: Message) {
        if self.chance(self.chances.unheard) {
            self.summary.unheard = self.summary.unheard.saturating_add(1);
            return;
        }
        let index = self.messages.len();
        let asks = self.chance(self.chances.asking);
        self.messages.push(Heard {
            message,
            asks,
            delivered: false,
            answered: None,
        });
        let due = message.time_s.saturating_mul(1000);
        self.push(due, Request::Data(index), 0);
        if self.chance(self.chances.duplicates) {
            self.push(due.saturating_add(STATION_MS), Request::Data(index), 0);
        }
        if self.chance(self.chances.advanced) {
            let after = random(&mut self.random).checked_rem(5_000).unwrap_or_default();
            let due = due.saturating_add(25_000).saturating_add(after);
            self.push(due, Request::Advanced(index), 0);
        }
    }

    /// Sends what is due, one request each `interval`, until nothing is left.
    pub(crate) async fn run(mut self, interval: Duration) -> Summary {
        let mut ticks = tokio::time::interval(interval);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while let Some(((due_ms, _), due)) = self.due.pop_first() {
            let due = self.collect(due);
            ticks.tick().await;
            let answer = self.post(&due.request).await;
            let count = self.summary.tally.entry(answer.to_string()).or_default();
            *count = count.saturating_add(1);
            let taken = matches!(answer, Answer::Http { status: 200..300, .. });
            if taken {
                self.taken(&due.request, &answer, due_ms);
            }
            // A late answer counts as none, although the request was processed.
            let late = self.chance(self.chances.late_answers);
            if taken && !late {
                continue;
            }
            match RETRIES_MS.get(due.failed) {
                Some(after) => {
                    self.summary.repeated = self.summary.repeated.saturating_add(1);
                    let failed = due.failed.saturating_add(1);
                    self.push(due_ms.saturating_add(*after), due.request, failed);
                }
                None if !taken => self.summary.given_up = self.summary.given_up.saturating_add(1),
                None => {}
            }
        }
        self.summary
    }

    /// Messages that are due next go along in a batch.
    fn collect(&mut self, first: Due) -> Due {
        let (Some(size), &Request::Data(index)) = (self.batch, &first.request) else {
            return first;
        };
        let mut all = vec![index];
        while all.len() < size {
            let Some(entry) = self.due.first_entry() else {
                break;
            };
            let Request::Data(index) = entry.get().request else {
                break;
            };
            all.push(index);
            entry.remove();
        }
        Due {
            request: Request::Batch(all),
            failed: first.failed,
        }
    }

    async fn post(&mut self, request: &Request) -> Answer {
        let (media, body) = match request {
            Request::Data(index) => ("application/json", self.filled(Service::Bidir, *index)),
            Request::Advanced(index) => ("application/json", self.filled(Service::Advanced, *index)),
            Request::Ack(index) => ("application/json", self.filled(Service::Ack, *index)),
            Request::Batch(all) => {
                let lines: Vec<String> = all.iter().filter_map(|index| self.line(*index)).collect();
                ("text/plain", lines.join("\n"))
            }
        };
        let mut headers = vec![("Content-Type", media)];
        if let Some(header) = &self.header {
            headers.push(header.pair());
        }
        self.client.post(&headers, body.as_bytes()).await
    }

    /// A template with its placeholders substituted.
    fn filled(&self, service: Service, index: usize) -> String {
        let template = TEMPLATES.iter().find(|template| template.service == service);
        let (Some(template), Some(heard)) = (template, self.messages.get(index)) else {
            return String::new();
        };
        let Message { time_s, seq, .. } = heard.message;
        let level = i32::from(seq.checked_rem(40).unwrap_or_default()).saturating_sub(140);
        let values = [
            ("device", heard.message.serial()),
            ("time", time_s.to_string()),
            ("seqNumber", seq.to_string()),
            ("data", heard.message.data()),
            ("ack", heard.asks.to_string()),
            ("deviceTypeId", "000000000000000000000000".to_owned()),
            ("lqi", "Good".to_owned()),
            ("operatorName", "simulated".to_owned()),
            ("countryCode", "203".to_owned()),
            (
                "duplicates",
                format!(r#"[{{"bsId":"5A17","rssi":{level},"nbRep":3}}]"#),
            ),
            ("computedLocation", "null".to_owned()),
            ("infoCode", "0".to_owned()),
            ("infoMessage", "Acked".to_owned()),
            ("downlinkAck", "true".to_owned()),
            ("downlinkOverusage", "false".to_owned()),
        ];
        values
            .iter()
            .fold(template.body.to_owned(), |body, (name, value)| {
                body.replace(&format!("{{{name}}}"), value)
            })
    }

    fn line(&self, index: usize) -> Option<String> {
        let Heard { message, asks, .. } = self.messages.get(index)?;
        let Message { time_s, seq, .. } = message;
        Some(format!(
            "{};{time_s};{seq};{};{asks}",
            message.serial(),
            message.data()
        ))
    }

    /// The server has it: what it said to devices that asked.
    fn taken(&mut self, request: &Request, answer: &Answer, due_ms: u64) {
        let Answer::Http { body, .. } = answer else { return };
        let members: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
        let all = match request {
            Request::Data(index) | Request::Advanced(index) => vec![*index],
            Request::Batch(all) => all.clone(),
            Request::Ack(_) => return,
        };
        let alone = all.len() == 1;
        for index in all {
            let Some(heard) = self.messages.get_mut(index) else {
                continue;
            };
            let given = members
                .get(heard.message.serial())
                .and_then(|member| member.get("downlinkData"));
            let given = given.and_then(serde_json::Value::as_str).map(str::to_owned);
            let asked = heard.asks && !matches!(request, Request::Advanced(_));
            if !heard.delivered {
                heard.delivered = true;
                self.summary.delivered.push(heard.message);
            }
            if !asked {
                continue;
            }
            let Some(earlier) = &heard.answered else {
                heard.answered = Some(given.clone());
                self.summary.asked = self.summary.asked.saturating_add(1);
                if let Some(data) = given {
                    self.summary.given = self.summary.given.saturating_add(1);
                    self.summary.downlinks.insert(data);
                    self.push(due_ms.saturating_add(ACK_MS), Request::Ack(index), 0);
                }
                continue;
            };
            // In a batch a device is answered once, for one of its messages: another one may be answered later.
            let strict = self.batch.is_none() || earlier.is_some();
            if alone && strict && *earlier != given {
                self.summary.other_answers = self.summary.other_answers.saturating_add(1);
            }
        }
    }
}
