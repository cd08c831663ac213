//! Values that are kept whole.

use super::super::limits::MAX_DEPTH;
use super::super::names::Seen;
use super::super::raw::Form;
use super::{Json, Read};

/// Containers that one can be inside of, counted from 1.
#[expect(clippy::as_conversions, reason = "`From` is not const")]
const LEVELS: usize = MAX_DEPTH as usize + 1;

impl Json<'_> {
    /// Reads over one container. Needs no more memory for a deep one.
    #[inline(never)]
    pub(super) fn skip(&mut self) -> Read<()> {
        // One bit for each container that was opened here: 1 for an object. At most MAX_DEPTH of them.
        let mut kinds = 0_u32;
        // The names of each.
        let mut names = [Seen::default(); LEVELS];
        let mut open = 0_usize;
        loop {
            match self.peek() {
                b'"' => {
                    self.string()?;
                }
                bracket @ (b'{' | b'[') => {
                    self.enter()?;
                    kinds = kinds << 1 | u32::from(bracket == b'{');
                    open = open.wrapping_add(1);
                    match (bracket, self.peek()) {
                        (b'{', b'}') | (b'[', b']') => {}
                        (b'{', _) => {
                            if let Some(seen) = names.get_mut(open) {
                                *seen = Seen::default();
                                let name = self.odd_name()?;
                                self.doubtful |= name.form != Form::Plain || seen.again(name.text);
                            }
                            continue;
                        }
                        _ => continue,
                    }
                }
                _ => {
                    self.word()?;
                }
            }
            // Behind a value, or in front of the bracket that closes an empty container.
            loop {
                if open == 0 {
                    return Ok(());
                }
                self.space();
                let object = kinds & 1 == 1;
                match self.peek() {
                    b',' => {
                        self.advance(1);
                        self.space();
                        if object && let Some(seen) = names.get_mut(open) {
                            let name = self.odd_name()?;
                            self.doubtful |= name.form != Form::Plain || seen.again(name.text);
                        }
                        break;
                    }
                    b'}' if object => {}
                    b']' if !object => {}
                    _ => return Err(self.syntax()),
                }
                self.leave();
                kinds >>= 1;
                open = open.wrapping_sub(1);
            }
        }
    }
}
