//! What readers do, counted in tests: octets looked at and names compared. That it grows with the length of a body and not with
//! its square can be asserted whatever the machine is doing; elsewhere nothing is counted.

#[cfg(not(test))]
#[inline(always)]
pub(super) const fn done(_: usize) {}

#[cfg(test)]
pub(super) use counted::done;

#[cfg(test)]
mod counted {
    use alloc::string::String;
    use core::cell::Cell;
    use std::format;
    use std::thread_local;

    use super::super::{LINE_PATTERN, LinePattern, Receiver, Request, Secrets};

    thread_local! {
        static WORK: Cell<usize> = const { Cell::new(0) };
    }

    pub(in super::super) fn done(work: usize) {
        WORK.with(|all| all.set(all.get().saturating_add(work)));
    }

    /// The work for a body, for each of its octets.
    fn work_per_octet(content_type: &str, body: &str) -> usize {
        let pattern = LinePattern::new(LINE_PATTERN).unwrap();
        let mut receiver = Receiver::new(Secrets::new(b"s").unwrap());
        if content_type == "batch" {
            receiver = receiver.with_line_pattern(pattern);
        }
        let content_type = content_type.replace("batch", "text/plain");
        let values = [b"s".as_slice()];
        let request = Request::new("POST", &values)
            .with_content_type(&content_type)
            .with_body(body.as_bytes());
        WORK.set(0);
        let _ = receiver.receive(&request, 1_718_000_005);
        WORK.get().div_ceil(body.len())
    }

    fn with(members: &str) -> String {
        format!(r#"{{"device":"1","time":1718000000,"data":""{members}}}"#)
    }

    /// Bodies for which a careless reader needs the square of their length, as long as they may be.
    #[test]
    fn long_repetitions_take_no_more_for_each_octet_than_short_ones() {
        let json = |members: String| ("application/json", with(&members));
        let keys: String = (0..7_000).map(|n| format!(r#","{n:x}":0"#)).collect();
        let inner: String = (0..6_000).map(|n| format!(r#""{n:x}":{{}},"#)).collect();
        for (content_type, body) in [
            json(keys),
            json(r#","k":0"#.repeat(10_000)),
            json(format!(r#","x":{{{inner}"z":0}}"#)),
            json(format!(r#","x":[{}0]"#, "{\"a\":{\"a\":0}},".repeat(4_000))),
            json(format!(
                r#","duplicates":[{}0]"#,
                r#"{"bsId":"A","x":[{}]},"#.repeat(2_500)
            )),
            json(format!(r#","x":"{}""#, r"\u00e9".repeat(10_000))),
            ("text/plain", "a:\"x;".repeat(10_000)),
            ("text/plain", "a='x\n".repeat(10_000)),
            ("text/plain", "a=\"x\"y;".repeat(9_000)),
            ("application/x-www-form-urlencoded", "a=%2&".repeat(12_000)),
            ("batch", "x\n".repeat(500_000) + "A1;1718000000;1;00;false"),
        ] {
            assert!(body.len() > 30_000);
            let work = work_per_octet(content_type, &body);
            // Sorting compares each name with some fifteen others, twice.
            assert!(work <= 16, "{work}: {content_type} {:.60}", body);
        }
    }
}
