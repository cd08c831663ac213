//! A shim with ops that are quickly written, and with faults on request: `toy_shim [FAULT]`.
//!
//! Without a fault it offers `sigfox.crc16`, `sigfox.crc8`, `sigfox.sequence.new` and `.check` and passes their vectors. With one it
//! shows what a runner has to stand: it is what the tests of the runner are made with.

use comet_conformance::op::{Input, Members, OpError, Opened, Outcome, Registry, Session, octets};
use comet_conformance::protocol::{Command, IMPOSSIBLE_OP};
use comet_conformance::shim::Shim;
use core::time::Duration;
use serde_json::{Value, json};
use std::io::{self, BufRead as _, Write as _};
use std::{env, process, thread};

fn main() -> io::Result<()> {
    match env::args().nth(1) {
        None => Shim::new(registry()).serve(io::stdin().lock(), io::stdout().lock()),
        Some(fault) => faulty(&fault),
    }
}

fn registry() -> Registry {
    Registry::new("toy-shim", "1.0.0")
        .stateless("sigfox.crc16", |input| {
            let crc = Members::of(input)
                .octets("data")?
                .iter()
                .fold(0_u16, |crc, octet| {
                    (0..8).fold(crc ^ (u16::from(*octet) << 8), |crc, _| {
                        if crc & 0x8000 == 0 {
                            crc << 1
                        } else {
                            (crc << 1) ^ 0x1021
                        }
                    })
                });
            Ok(json!({"crc": octets(&(!crc).to_be_bytes())}))
        })
        .stateless("sigfox.crc8", |input| {
            let crc = Members::of(input)
                .octets("data")?
                .iter()
                .fold(0_u8, |crc, octet| {
                    (0..8).fold(crc ^ octet, |crc, _| {
                        if crc & 0x80 == 0 {
                            crc << 1
                        } else {
                            (crc << 1) ^ 0x2f
                        }
                    })
                });
            Ok(json!({"crc": octets(&[crc])}))
        })
        .session("sigfox.sequence.new", &["sigfox.sequence.check"], |input| {
            let members = Members::of(input);
            Ok(Opened::new(Window {
                rollover: members.int("rollover")?,
                window: members.int("window")?,
                last: None,
            }))
        })
}

/// The sequence window of sigfox-radio §11.3.
struct Window {
    rollover: u32,
    window: u32,
    last: Option<u32>,
}

impl Session for Window {
    fn step(&mut self, op: &str, input: &Input) -> Outcome {
        if op != "sigfox.sequence.check" {
            return Err(OpError::foreign_step(op));
        }
        let counter: u32 = Members::of(input).int("counter")?;
        let ahead = |last: u32| {
            counter
                .checked_add(self.rollover)?
                .checked_sub(last)?
                .checked_rem(self.rollover)
        };
        let verdict = match self.last.map(ahead) {
            None => "first",
            Some(Some(0)) => "duplicate",
            Some(Some(gap)) if gap <= self.window => "accept",
            Some(_) => "reject",
        };
        if matches!(verdict, "first" | "accept") {
            self.last = Some(counter);
        }
        Ok(json!({"verdict": verdict}))
    }
}

/// Answers by the rules until the fault is due: in hello, in the answer to the op that cannot exist, or in the first case.
fn faulty(fault: &str) -> io::Result<()> {
    if fault == "sleep" {
        thread::sleep(Duration::from_secs(3600));
    }
    if fault == "no-start" {
        writeln!(io::stderr(), "toy: cannot open \u{1b}[31mtoy.cfg\u{1b}[0m")?;
        process::exit(7);
    }
    let mut shim = Shim::new(registry());
    for line in io::stdin().lock().lines() {
        let line = line?;
        let Some((seq, command)) = request(&line) else {
            continue;
        };
        let mut answer = match &command {
            Command::Bye if fault == "deaf" => {
                thread::sleep(Duration::from_secs(3600));
                return Ok(());
            }
            Command::Bye => return Ok(()),
            Command::Hello { .. } => registry().hello().to_line(seq),
            command => shim
                .answer(command)
                .map(|answer| answer.to_line(seq))
                .unwrap_or_default(),
        };
        match &command {
            Command::Hello { .. } if fault == "other-protocol" => {
                answer = answer.replace("\"protocol\":1", "\"protocol\":2");
            }
            Command::Hello { .. } if fault == "hang-hello" => thread::sleep(Duration::from_secs(3600)),
            Command::Run(call) if call.op == IMPOSSIBLE_OP && fault == "refuse-unknown" => {
                answer = json!({"seq": seq, "err": {"code": "unknown-op"}}).to_string();
            }
            Command::Run(call) if call.op != IMPOSSIBLE_OP => answer = broken(fault, seq, answer)?,
            _ => {}
        }
        let mut out = io::stdout().lock();
        writeln!(out, "{answer}")?;
        out.flush()?;
        if fault == "unread" && matches!(&command, Command::Run(_)) {
            // From the op that cannot exist on, nothing is read any more.
            thread::sleep(Duration::from_secs(3600));
        }
    }
    Ok(())
}

/// What stands in the place of the answer to a case.
fn broken(fault: &str, seq: u64, answer: String) -> io::Result<String> {
    Ok(match fault {
        "exit" => {
            writeln!(io::stderr(), "toy: out of luck")?;
            process::exit(3)
        }
        "hang" => {
            thread::sleep(Duration::from_secs(3600));
            answer
        }
        "wrong-seq" => answer.replace(
            &format!("\"seq\":{seq}"),
            &format!("\"seq\":{}", seq.wrapping_add(1)),
        ),
        "broken-json" => answer.replace('}', ""),
        "two-kinds" => answer.replace("{\"seq\"", "{\"err\":{\"code\":\"x\"},\"seq\""),
        "no-kind" => json!({"seq": seq}).to_string(),
        "twice" => format!("{answer}\n{answer}"),
        "noise" => {
            let line = "noise ".repeat(20);
            for _ in 0..20_000 {
                writeln!(io::stderr(), "{line}")?;
            }
            answer
        }
        "long-line" => {
            // Far beyond any limit; the runner closes the pipe long before the end.
            let mut out = io::stdout().lock();
            for _ in 0..1 << 16 {
                out.write_all(&[b'x'; 1 << 16])?;
            }
            answer
        }
        "chatter" => {
            writeln!(io::stdout(), "debug: case {seq}")?;
            answer
        }
        "child" => {
            // Leaves a process behind that holds the pipes open.
            process::Command::new(env::current_exe()?).arg("sleep").spawn()?;
            process::exit(3)
        }
        _ => answer,
    })
}

fn request(line: &str) -> Option<(u64, Command)> {
    let Value::Object(line) = serde_json::from_str(line).ok()? else {
        return None;
    };
    Some((line.get("seq")?.as_u64()?, Command::from_object(&line)?))
}
