//! A child process with threads for its three pipes.

use super::Limits;
use super::line::{Line, Lines, Tail};
use crate::subject::Fault;
use alloc::sync::Arc;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::ffi::{OsStr, OsString};
use std::io::{self, BufReader, Read, Write};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

/// How long an ended process may take to be gone, and its pipes to be closed.
const GONE: Duration = Duration::from_millis(500);
/// Between two looks at something that cannot be waited for with a limit.
const NAP: Duration = Duration::from_millis(2);
/// Threads of ended processes that may still wait for a pipe. A process that hands its pipes to children that outlive it would
/// otherwise leave threads behind with each restart.
const MAX_STUCK: usize = 48;

/// Number of threads that still read or write a pipe of one program, over all its restarts.
pub(super) type Pipes = Arc<AtomicUsize>;

#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    /// Lines to be written; dropping it closes the child's stdin.
    requests: SyncSender<String>,
    answers: Receiver<io::Result<Line>>,
    stderr: Arc<Mutex<Tail>>,
    stderr_thread: JoinHandle<()>,
    line_limit: usize,
    /// The exit status once the process has been waited for; from then on its number may belong to another.
    ended: Option<Option<ExitStatus>>,
}

impl Process {
    pub(super) fn start(
        program: &OsStr,
        arguments: &[OsString],
        limits: &Limits,
        threads: &Pipes,
    ) -> Result<Self, Fault> {
        if threads.load(Ordering::Relaxed) > MAX_STUCK {
            return Err(Fault::Spawn(io::Error::other(
                "too many processes left behind hold their pipes open",
            )));
        }
        let mut command = Command::new(program);
        command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt as _;
            // A group of its own: ending it ends what the program started, too.
            command.process_group(0);
        }
        let mut child = command.spawn().map_err(Fault::Spawn)?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        match attach(pipes, limits, threads) {
            Ok((requests, answers, stderr, stderr_thread)) => Ok(Self {
                child,
                requests,
                answers,
                stderr,
                stderr_thread,
                line_limit: limits.line,
                ended: None,
            }),
            Err(error) => {
                kill(&mut child);
                Err(Fault::Spawn(error))
            }
        }
    }

    /// Writes a line and waits for the next one.
    pub(super) fn exchange(&mut self, mut line: String, limit: Duration) -> Result<Vec<u8>, Fault> {
        line.push('\n');
        if self.requests.try_send(line).is_err() {
            return Err(self.gone());
        }
        match self.answers.recv_timeout(limit) {
            Ok(Ok(Line::Text(line))) => Ok(line),
            Ok(Ok(Line::TooLong)) => Err(Fault::LineTooLong(self.line_limit)),
            Ok(Ok(Line::End) | Err(_)) | Err(RecvTimeoutError::Disconnected) => Err(self.gone()),
            Err(RecvTimeoutError::Timeout) => Err(Fault::Timeout(limit)),
        }
    }

    pub(super) fn stderr(&self) -> String {
        self.stderr.lock().unwrap_or_else(PoisonError::into_inner).text()
    }

    /// Ends the process and those it started, and gives the end of stderr.
    pub(super) fn kill(mut self) -> String {
        self.end();
        self.last_words()
    }

    /// Says `bye`, closes stdin and waits; a process that stays is ended.
    pub(super) fn finish(mut self, mut bye: String, limit: Duration) -> (Result<(), Fault>, String) {
        bye.push('\n');
        // A full queue or a closed pipe means that the process is past talking to; waiting shows it.
        let _ = self.requests.try_send(bye);
        let (closed, _) = mpsc::sync_channel(0);
        drop(core::mem::replace(&mut self.requests, closed));
        let result = match wait(&mut self.child, limit) {
            Some(status) => {
                self.ended = Some(Some(status));
                if status.success() {
                    Ok(())
                } else {
                    Err(Fault::Exit(format!(" after bye with {status}")))
                }
            }
            None => Err(Fault::Timeout(limit)),
        };
        self.end();
        (result, self.last_words())
    }

    /// The end of stdout, with the exit status of a process that ended by itself.
    fn gone(&mut self) -> Fault {
        match self.end() {
            Some(status) if !is_killed(status) => Fault::Exit(format!(" with {status}")),
            _ => Fault::Exit(String::new()),
        }
    }

    /// Ends the process if it has not ended. A status that it had before is kept.
    fn end(&mut self) -> Option<ExitStatus> {
        *self.ended.get_or_insert_with(|| kill(&mut self.child))
    }

    /// What stderr holds once the pipe is closed, or after a short while.
    fn last_words(&self) -> String {
        let start = Instant::now();
        while !self.stderr_thread.is_finished() && start.elapsed() < GONE {
            thread::sleep(NAP);
        }
        self.stderr()
    }
}

type Attached = (
    SyncSender<String>,
    Receiver<io::Result<Line>>,
    Arc<Mutex<Tail>>,
    JoinHandle<()>,
);

/// Starts the threads for the three pipes.
fn attach(
    pipes: (Option<ChildStdin>, Option<ChildStdout>, Option<ChildStderr>),
    limits: &Limits,
    threads: &Pipes,
) -> io::Result<Attached> {
    let (Some(mut stdin), Some(stdout), Some(mut stderr)) = pipes else {
        return Err(io::Error::other("no pipe"));
    };
    // One request is under way at a time; ending adds `bye`.
    let (requests, to_write) = mpsc::sync_channel::<String>(2);
    worker(threads, move || {
        for line in to_write {
            // Nobody reads: the missing answer is what is reported.
            if stdin
                .write_all(line.as_bytes())
                .and_then(|()| stdin.flush())
                .is_err()
            {
                break;
            }
        }
    })?;
    let (found, answers) = mpsc::sync_channel(1);
    let limit = limits.line;
    worker(threads, move || {
        let mut lines = Lines::new(BufReader::new(stdout), limit);
        loop {
            let line = lines.next();
            let more = matches!(line, Ok(Line::Text(_)));
            if found.send(line).is_err() || !more {
                break;
            }
        }
    })?;
    let tail = Arc::new(Mutex::new(Tail::new(limits.stderr)));
    let kept = Arc::clone(&tail);
    let stderr_thread = worker(threads, move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = stderr.read(&mut buffer) {
            let part = buffer.get(..count).unwrap_or_default();
            kept.lock().unwrap_or_else(PoisonError::into_inner).push(part);
        }
    })?;
    Ok((requests, answers, tail, stderr_thread))
}

/// A thread that counts among those at a pipe. It is never waited for: a pipe may stay open as long as any process has it.
fn worker(threads: &Pipes, task: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    struct Counted(Pipes);
    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::Relaxed);
        }
    }
    threads.fetch_add(1, Ordering::Relaxed);
    let counted = Counted(Arc::clone(threads));
    thread::Builder::new().spawn(move || {
        let _counted = counted;
        task();
    })
}

/// Ends the whole group, so that a program behind a shell or a package manager does not stay.
fn kill(child: &mut Child) -> Option<ExitStatus> {
    #[cfg(unix)]
    // The child may be gone already; its children need not be.
    let _ = rustix::process::kill_process_group(
        rustix::process::Pid::from_child(child),
        rustix::process::Signal::KILL,
    );
    let _ = child.kill();
    wait(child, GONE)
}

/// Whether the process was ended from outside, as this module does.
#[cfg(unix)]
fn is_killed(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt as _;
    status.signal() == Some(rustix::process::Signal::KILL.as_raw())
}

/// Whether the process was ended from outside, as this module does.
#[cfg(not(unix))]
fn is_killed(status: ExitStatus) -> bool {
    status.code() == Some(1)
}

/// The exit status, if there is one in time.
fn wait(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if start.elapsed() < limit => thread::sleep(NAP),
            Ok(None) | Err(_) => return None,
        }
    }
}
