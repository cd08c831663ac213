//! Reservation: fast devices that do not repeat are written ahead of what they accept, not each time (§10.4).

/// What the durable record says of a number that was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Coverage {
    /// The number is covered: its effects may be released.
    pub covers: bool,
    /// Begin a write of the record, raised.
    pub write: bool,
}

/// Whether a durable record with the highest number `ceiling`, written in steps of `reserve`, covers a number.
#[must_use]
pub const fn covers(ceiling: u64, reserve: u32, ext: u64) -> Coverage {
    let ahead = crate::bits::join(0, reserve.div_ceil(2));
    Coverage {
        covers: ext <= ceiling,
        // At the end of the numbers nothing is left to reserve.
        write: ext.saturating_add(ahead) > ceiling,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_begins_when_half_of_the_reserve_is_used() {
        let at = |ext| {
            let coverage = covers(100, 16, ext);
            (coverage.covers, coverage.write)
        };
        assert_eq!((at(92), at(93)), ((true, false), (true, true)));
        assert_eq!((at(100), at(101)), ((true, true), (false, true)));
        assert!(!covers(u64::MAX, 16, u64::MAX).write);
        assert!(!covers(5, 0, 5).write);
    }
}
