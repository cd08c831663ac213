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
        4 => Just(Counter::Restarting { modulus: 0, late: 1000, skew: 5000 }),
        2 => Just(Counter::Restarting { modulus: 256, late: 1000, skew: u64::MAX }),
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
fn records(policy: &Policy) -> impl Strategy<Value = [u8; HEAD_LEN]> + use<> {
    let kind = 1 | Head::discipline(policy) << 4;
    let discipline = policy.config().counter;
    let windowed = matches!(discipline, Counter::Sliding { .. } | Counter::Rolling { .. });
    let raised = kind | if windowed { 0xc0 } else { 0x40 };
    let kind = prop_oneof![6 => Just(kind | 0x40), 2 => Just(raised), 1 => Just(kind)];
    let state = prop_oneof![6 => Just(0_u8), 1 => Just(5_u8), 1 => Just(22_u8)];
    let last = prop_oneof![4 => 0..400_u32, 1 => Just(u32::MAX), 1 => any::<u32>()];
    let off = prop_oneof![2 => Just(0_u32), 3 => 0..100_000_u32, 1 => any::<u32>(), 1 => Just(u32::MAX)];
    let seen = prop_oneof![1 => Just(0), 4 => any::<u64>().prop_map(|seen| seen | 1)];
    let small = (kind, state, 0..8_u8, any::<u8>(), any::<u8>());
    (small, last, off, 0..400_u32, edges(), seen).prop_map(
        move |((kind, state, level, strikes, extra), last, off, gate, counter, seen)| {
            let mut octets = [0; HEAD_LEN];
            // A flow that is shut has no strikes, an operator's no end, an unknown device no number.
            let strikes = if state == 0 { strikes } else { 0 };
            let gate = if state == 22 { 0 } else { gate };
            let seen = match discipline {
                Counter::Rolling { .. } => seen & 0xffff_ffff | 1 << 32,
                Counter::None { .. } => 0,
                _ if counter != 0 => seen | 1,
                _ => seen,
            };
            let (counter, seen) = if kind & 0x40 == 0 { (0, 0) } else { (counter, seen) };
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
        (policy, octets) in policies().prop_flat_map(|policy| {
            let records = records(&policy);
            (Just(policy), records)
        }),
        by in prop_oneof![4 => Just(1_u64), 2 => Just(0_u64), 2 => 0..70_u64, 1 => 63..=65_u64, 1 => any::<u64>()],
        (alarm, digest) in (proptest::bool::weighted(0.2), any::<u64>()),
        paid_until in proptest::option::weighted(0.2, edges()),
        ticket in proptest::option::of(0..2_u64),
        when in when(),
        // Of a sample against the clock, about the skew too.
        lag in prop_oneof![-10_000..10_000_i64, -5001..=-4999_i64],
    ) {
        prop_assert!(record::validate(&policy, &octets).is_ok());
        let head = Head::unpack(&octets);
        let tolerance = policy.rate.as_ref().map_or(0, |rule| rule.tolerance);
        let due = |base| rate::debt_ends(&head, base).max(base).saturating_sub(tolerance);
        let sampled = matches!(policy.config().counter, Counter::Restarting { .. });
        let (message, now) = if sampled {
            let number = u64::from(head.tip_counter()).wrapping_add(by);
            let (sample, now) = match when {
                When::At(now) => (head.counter.wrapping_add(by), now),
                When::Due(by) => {
                    let sample = due(head.counter).saturating_add_signed(by);
                    (sample, sample.saturating_add_signed(lag))
                }
            };
            (Message::sampled(sample, number), now)
        } else {
            let now = match when {
                When::At(now) => now,
                When::Due(by) => due(head.last_ms()).saturating_add_signed(by),
            };
            (Message::numbered(head.counter.wrapping_add(by)), now)
        };
        let ticket = ticket.map(|other| message.counter.wrapping_add(other));
        let message = message
            .with_digest(digest)
            .with_alarm(alarm)
            .with_paid_until(paid_until);

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
                let common = match policy.config().counter {
                    Counter::Sliding { .. } => true,
                    // Of two samples of one time the second is fresh, and seldom.
                    Counter::Restarting { .. } => (octets[16..24] < message.sample.to_be_bytes()[..]) && message.sample <= T_MAX,
                    _ => false,
                };
                if let Verdict::Fresh(fresh) = decision.outcome.verdict {
                    let plain = !fresh.first && !fresh.reordered && decision.outcome.event.is_none();
                    prop_assert!(!(common && plain && !alarm && paid_until.is_none()));
                }
            }
        }
    }
}
