//! Lines of bounded length, and the end of a stream of unbounded length.

use alloc::collections::VecDeque;
use std::io::{self, BufRead, ErrorKind};

/// What comes next on a stream of lines.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// A line without its end. The last one may lack its end.
    Text(Vec<u8>),
    /// A line that is longer than the limit; its rest is still unread.
    TooLong,
    /// The end of the stream.
    End,
}

/// Lines of a reader, each of bounded length.
#[derive(Debug)]
pub(crate) struct Lines<R> {
    reader: R,
    limit: usize,
}

impl<R: BufRead> Lines<R> {
    pub(crate) const fn new(reader: R, limit: usize) -> Self {
        Self { reader, limit }
    }

    /// The next line. Holds at most the limit and one buffer of the reader.
    pub(crate) fn next(&mut self) -> io::Result<Line> {
        let mut line = Vec::new();
        loop {
            let (taken, complete) = match self.reader.fill_buf() {
                Ok([]) if line.is_empty() => return Ok(Line::End),
                Ok([]) => return Ok(Line::Text(line)),
                Ok(buffer) => {
                    let end = buffer.iter().position(|octet| *octet == b'\n');
                    let part = buffer.get(..end.unwrap_or(buffer.len())).unwrap_or(buffer);
                    if line.len().saturating_add(part.len()) > self.limit {
                        return Ok(Line::TooLong);
                    }
                    line.extend_from_slice(part);
                    (
                        part.len().saturating_add(usize::from(end.is_some())),
                        end.is_some(),
                    )
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => (0, false),
                Err(error) => return Err(error),
            };
            self.reader.consume(taken);
            if complete {
                return Ok(Line::Text(line));
            }
        }
    }

    /// Passes over the rest of a line that was too long.
    pub(crate) fn skip_rest(&mut self) -> io::Result<()> {
        loop {
            let (taken, done) = match self.reader.fill_buf() {
                Ok([]) => return Ok(()),
                Ok(buffer) => match buffer.iter().position(|octet| *octet == b'\n') {
                    Some(end) => (end.saturating_add(1), true),
                    None => (buffer.len(), false),
                },
                Err(error) if error.kind() == ErrorKind::Interrupted => (0, false),
                Err(error) => return Err(error),
            };
            self.reader.consume(taken);
            if done {
                return Ok(());
            }
        }
    }
}

/// The last octets of a stream.
#[derive(Debug)]
pub(crate) struct Tail {
    octets: VecDeque<u8>,
    limit: usize,
    cut: bool,
}

impl Tail {
    pub(crate) const fn new(limit: usize) -> Self {
        Self {
            octets: VecDeque::new(),
            limit,
            cut: false,
        }
    }

    pub(crate) fn push(&mut self, octets: &[u8]) {
        self.octets.extend(octets);
        let surplus = self.octets.len().saturating_sub(self.limit);
        self.cut |= surplus > 0;
        self.octets.drain(..surplus);
    }

    /// The text, with a mark if more was there.
    pub(crate) fn text(&self) -> String {
        let octets: Vec<u8> = self.octets.iter().copied().collect();
        let text = String::from_utf8_lossy(&octets);
        if self.cut {
            format!("…{text}")
        } else {
            text.into_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, Lines, Tail};
    use std::io::BufReader;

    fn read(text: &str, limit: usize) -> Vec<Line> {
        // A buffer of two octets, so that every line crosses its border.
        let mut lines = Lines::new(BufReader::with_capacity(2, text.as_bytes()), limit);
        let mut all = Vec::new();
        loop {
            let line = lines.next().unwrap();
            if line == Line::TooLong {
                lines.skip_rest().unwrap();
            }
            let end = line == Line::End;
            all.push(line);
            if end {
                return all;
            }
        }
    }

    #[test]
    fn lines_are_cut_at_their_end_only() {
        let text = |line: &str| Line::Text(line.as_bytes().to_vec());
        assert_eq!(read("abc\n\nd", 3), [text("abc"), text(""), text("d"), Line::End]);
        assert_eq!(read("", 3), [Line::End]);
        assert_eq!(read("\n", 0), [text(""), Line::End]);
    }

    #[test]
    fn a_line_above_the_limit_is_passed_over() {
        let text = |line: &str| Line::Text(line.as_bytes().to_vec());
        assert_eq!(
            read("abcd\nabc\nabcdefgh", 3),
            [Line::TooLong, text("abc"), Line::TooLong, Line::End]
        );
    }

    #[test]
    fn the_tail_keeps_the_end_and_says_so() {
        let mut tail = Tail::new(4);
        tail.push(b"ab");
        assert_eq!(tail.text(), "ab");
        tail.push(&[b'c'; 100_000]);
        tail.push(b"de");
        assert_eq!(tail.text(), "…ccde");
    }
}
