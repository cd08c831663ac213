//! A message is decoded, walked through and encoded without touching the heap, whatever it has.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

mod support;

use allocation_counter::measure;
use comet_json::{Content, decode_with};
use support::{LOGGER_CHANNELS, decode_cases, logger, wifi, wifi_channel};

/// All vectors, refused ones too; escapes, more than eight channels and batches among them.
#[test]
fn nothing_is_allocated() {
    let mut cases: Vec<_> = decode_cases()
        .into_iter()
        .map(|case| (case.body, case.options))
        .collect();
    let options = comet_json::Options::new().with_batch(true);
    let many = wifi(
        &(1..=64).map(wifi_channel).collect::<Vec<_>>().join(","),
        ",\"\\u0078\":\"\\uD83C\\uDF21\"",
    );
    cases.push((many.replace("Cold", r"\u0043\n").into_bytes(), options));
    let one = logger(LOGGER_CHANNELS);
    cases.push((format!("[{one},{one}]").into_bytes(), options));
    let mut buffer = [0; 32_768];
    for (body, options) in &cases {
        let mut seen = 0;
        let used = measure(|| {
            let Ok(message) = decode_with(body, options) else {
                return;
            };
            seen += match &message.content {
                Content::Wifi(message) => message.channels.iter().count(),
                Content::Wired(message) => message.channels.iter().count(),
                Content::Logger(message) => message.channels.iter().count(),
                Content::LoggerBatch(messages) => messages.iter().count(),
                _ => 0,
            };
            seen += message
                .content
                .emit(&mut buffer)
                .map_or(0, |written| written.len());
        });
        assert_eq!(used.count_total, 0, "{}", String::from_utf8_lossy(body));
        std::hint::black_box(seen);
    }
}

#[test]
fn the_counter_counts() {
    assert_eq!(measure(|| drop(std::hint::black_box(vec![1_u8]))).count_total, 1);
}
