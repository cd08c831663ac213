//! Arbitrary messages of the three types: what is written reads back.

#![no_main]

use comet_json::{Content, WifiMessage, WiredMessage, logger::LoggerMessage};

#[derive(Debug, arbitrary::Arbitrary)]
enum Any<'a> {
    Wifi(WifiMessage<'a>),
    Wired(WiredMessage<'a>),
    Logger(LoggerMessage<'a>),
}

libfuzzer_sys::fuzz_target!(|any: Any<'_>| {
    let content = match any {
        Any::Wifi(message) => Content::Wifi(message),
        Any::Wired(message) => Content::Wired(message),
        Any::Logger(message) => Content::Logger(message),
    };
    comet_fuzz::json::round_trip(&content);
});
