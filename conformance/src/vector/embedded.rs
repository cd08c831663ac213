//! The vector files of this crate, built in, so that an installed program needs no directory.

macro_rules! files {
    ($($name:literal,)*) => {
        &[$(($name, include_str!(concat!("../../vectors/", $name, ".json"))),)*]
    };
}

/// `suite/group` and text of every file.
pub(super) const FILES: &[(&str, &str)] = files![
    "comet-json/answer",
    "comet-json/encode",
    "comet-json/logger",
    "comet-json/object",
    "comet-json/sms",
    "device-trust/access",
    "device-trust/api",
    "device-trust/certificate",
    "device-trust/image",
    "device-trust/manifest",
    "replay-guard/gate",
    "replay-guard/gcra",
    "replay-guard/hash",
    "replay-guard/mixed",
    "replay-guard/none",
    "replay-guard/policy",
    "replay-guard/rate",
    "replay-guard/restarting",
    "replay-guard/rolling",
    "replay-guard/shed",
    "replay-guard/sliding",
    "replay-guard/snapshot",
    "replay-guard/store",
    "replay-guard/table",
    "replay-guard/twophase",
    "sigfox-callback/layout",
    "sigfox-callback/payload",
    "sigfox-callback/receive",
    "sigfox-radio/combining",
    "sigfox-radio/downlink",
    "sigfox-radio/frame-type",
    "sigfox-radio/primitives",
    "sigfox-radio/sequence",
    "sigfox-radio/uplink",
    "soap/decode",
    "soap/encode",
    "wifisensor-tcp/bodies",
    "wifisensor-tcp/challenge",
    "wifisensor-tcp/decoder",
    "wifisensor-tcp/device",
    "wifisensor-tcp/examples",
    "wifisensor-tcp/hello",
    "wifisensor-tcp/keys",
    "wifisensor-tcp/samples",
    "wifisensor-tcp/server",
];
