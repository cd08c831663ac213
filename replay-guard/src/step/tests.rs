use proptest::prelude::*;

use super::*;
use crate::policy::{Config, Rate, Strikes};
use crate::record;

/// Small numbers, and those about the end.
fn edges() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0..200_u64, 1 => Just(u64::MAX), 1 => u64::MAX - 200..u64::MAX, 1 => any::<u64>()]
}

fn policies() -> impl Strategy<Value = Policy> {
    let rate = (1..60_000_u64, 1..5_u64, 0..9000_u64, 0..=255_u64);
    let rate = rate.prop_map(|(period, burst, jitter, extra)| Rate {
        period,
        burst,
        jitter,
        extra,
    });
    // The debt that only just fits.
    let most = (1..1000_u64).prop_map(|period| Rate {
        period,
        burst: 1,
        jitter: 0xffff_ffff - 999 - period,
        extra: 0,
    });
    let strikes = (1..4_u32, 1..200_u32, 0..100_u32, 0..500_u32);
    let strikes = strikes.prop_map(|(limit, window, suspend, more)| Strikes {
        on: crate::policy::StrikeOn::default(),
        limit,
        window,
        suspend,
        max: suspend + more,
        probation: window + more,
    });
    let counter = prop_oneof![
        8 => Just(Counter::Sliding { window: 64, hold: 30_000, reserve: 0 }),
        1 => Just(Counter::Rolling { modulus: 4096, back: 1, gap: [(0, 300), (0, 0)], hold: 0, reserve: 0 }),
        1 => Just(Counter::None { hold: 0 }),
    ];
    let rate = proptest::option::of(prop_oneof![4 => rate, 1 => most]);
    let first = prop_oneof![Just(First::Trust), Just(First::Refuse)];
    (counter, rate, proptest::option::of(strikes), first).prop_map(|(counter, rate, strikes, first)| {
        Policy::new(Config {
            counter,
            rate,
            strikes,
            first,
        })
        .unwrap()
    })
}

/// Octets of records, some of which only another policy or a clock that went back leaves.
fn records() -> impl Strategy<Value = [u8; HEAD_LEN]> {
    let kind = prop_oneof![6 => Just(0x41_u8), 2 => Just(0xc1_u8), 1 => Just(1_u8), 1 => Just(0x51), 1 => Just(0x71)];
    let state = prop_oneof![6 => Just(0_u8), 1 => Just(5_u8), 1 => Just(22_u8)];
    let last = prop_oneof![4 => 0..400_u32, 1 => Just(u32::MAX), 1 => any::<u32>()];
    let off = prop_oneof![2 => Just(0_u32), 3 => 0..100_000_u32, 1 => any::<u32>(), 1 => Just(u32::MAX)];
    let seen = prop_oneof![1 => Just(0), 4 => any::<u64>().prop_map(|seen| seen | 1)];
    let small = (kind, state, 0..8_u8, any::<u8>(), any::<u8>());
    (small, last, off, 0..400_u32, edges(), seen).prop_map(
        |((kind, state, level, strikes, extra), last, off, gate, counter, seen)| {
            let mut octets = [0; HEAD_LEN];
            // A flow that is shut has no strikes, an operator's no end, an unknown device no number.
            let strikes = if state == 0 { strikes } else { 0 };
            let gate = if state == 22 { 0 } else { gate };
            let (counter, seen) = if kind == 1 { (0, 0) } else { (counter, seen) };
            octets[..4].copy_from_slice(&[kind, state | level << 5, strikes, extra]);
            octets[4..8].copy_from_slice(&last.to_be_bytes());
            octets[8..12].copy_from_slice(&off.to_be_bytes());
            octets[12..16].copy_from_slice(&gate.to_be_bytes());
            octets[16..24].copy_from_slice(&counter.to_be_bytes());
            octets[24..].copy_from_slice(&seen.to_be_bytes());
            octets
        },
    )
}

/// When a message arrives.
#[derive(Debug, Clone, Copy)]
enum When {
    At(u64),
    /// So far from the first millisecond that the rate allows.
    Due(i64),
}

fn when() -> impl Strategy<Value = When> {
    prop_oneof![
        3 => (0..400_000_u64).prop_map(When::At),
        3 => (-2000_i64..2000).prop_map(When::Due),
        3 => (-1_i64..=1).prop_map(When::Due),
        1 => prop_oneof![Just(0), T_MAX - 1500..T_MAX + 1500, Just(u64::MAX)].prop_map(When::At),
    ]
}

proptest! {
    #[test]
    fn the_common_case_is_decided_as_any_other(
        policy in policies(),
        octets in records(),
        by in prop_oneof![4 => Just(1_u64), 2 => 0..70_u64, 1 => 63..=65_u64, 1 => any::<u64>()],
        (alarm, digest) in (proptest::bool::weighted(0.2), any::<u64>()),
        paid_until in proptest::option::weighted(0.2, edges()),
        ticket in proptest::option::of(0..2_u64),
        when in when(),
    ) {
        // What cannot be in a table is not asked for.
        prop_assume!(record::validate(&policy, &octets).is_ok());
        let head = Head::unpack(&octets);
        let counter = head.counter.wrapping_add(by);
        let message = Message::numbered(counter)
            .with_digest(digest)
            .with_alarm(alarm)
            .with_paid_until(paid_until);
        let ticket = ticket.map(|other| counter.wrapping_add(other));
        let tolerance = policy.rate.as_ref().map_or(0, |rule| rule.tolerance);
        let now = match when {
            When::At(now) => now,
            When::Due(by) => rate::debt_ends(&head, head.last_ms())
                .saturating_sub(tolerance)
                .saturating_add_signed(by),
        };

        let mut fast = octets;
        let fresh = in_order(&policy, &mut fast, &message, now, ticket);

        let mut slow = octets;
        let mut head = head;
        let decision = decide(&policy, &mut head, true, &[], &message, now, ticket);
        let changed = decision.changed && decision.apply(&head, &mut slow);
        match fresh {
            Some(fresh) => {
                prop_assert_eq!(decision.outcome, Outcome::new(Verdict::Fresh(fresh)));
                prop_assert!(changed);
                prop_assert_eq!(fast, slow);
                prop_assert!(record::validate(&policy, &fast).is_ok());
            }
            None => {
                prop_assert_eq!(fast, octets);
                // And it leaves out nothing.
                let sliding = matches!(policy.config().counter, Counter::Sliding { .. });
                if let Verdict::Fresh(fresh) = decision.outcome.verdict {
                    let plain = !fresh.first && !fresh.reordered && decision.outcome.event.is_none();
                    prop_assert!(!(sliding && plain && !alarm && paid_until.is_none()));
                }
            }
        }
    }
}
