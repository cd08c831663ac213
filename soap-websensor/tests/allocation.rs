//! A documented message is decoded without touching the heap, and encoded into a caller's buffer likewise.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test may panic"
)]

mod support;

use allocation_counter::measure;
use support::{EXAMPLE, bodies, flat};

#[test]
fn documented_messages_allocate_nothing() {
    let mut documented = bodies()
        .into_iter()
        .take(9)
        .map(|(_, body)| body)
        .collect::<Vec<_>>();
    documented.push(flat(EXAMPLE).into_bytes());
    let mut buffer = [0; 2048];
    for body in &documented {
        let mut written = 0;
        let used = measure(|| {
            let message = soap_websensor::decode(body).unwrap();
            written = message.emit(&mut buffer).unwrap().len();
        });
        assert_eq!(used.count_total, 0, "{}", String::from_utf8_lossy(body));
        assert!(written > 400);
    }
}

/// The general path holds a small multiple of what a body may be, whatever the body is.
#[test]
fn memory_is_bounded_by_the_body() {
    let hostile = [
        flat(&format!("{EXAMPLE}{}", "<z/>".repeat(498))),
        flat(&format!("{EXAMPLE}<z>{}</z>", "&#49;".repeat(4096))),
        flat(&format!(
            "{EXAMPLE}{}",
            "<z a='1' b='2' c='3' d='4'/>".repeat(498)
        )),
        flat(&format!("{EXAMPLE}{}", "<z".repeat(20_000))),
        flat(&format!("{EXAMPLE}{}", "<c1><v>1</v></c1>".repeat(200))),
    ];
    for body in hostile {
        let used = measure(|| drop(soap_websensor::decode(body.as_bytes())));
        // Worst are many tiny elements, which are bounded in number: never more than four times the longest body.
        let bound = 4 * soap_websensor::limits::MAX_BODY_LEN as u64;
        assert!(used.bytes_max < bound, "{} for {}", used.bytes_max, body.len());
    }
}

#[test]
fn the_counter_counts() {
    assert_eq!(measure(|| drop(std::hint::black_box(vec![1_u8]))).count_total, 1);
}
