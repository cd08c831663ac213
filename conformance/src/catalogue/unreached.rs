//! Codes of the catalogue that no case demands, each with the reason. A case that reaches one removes its line.

const COMBINED: &str =
    "cases combine damaged repetitions of good messages; refusals are those of sigfox.uplink.decode";
const TWO_SHAPES: &str =
    "the op takes messages of the two shapes that have an encoding; others cannot be put to it";
const SEED_ONLY: &str = "belongs to guard.seed, which shares its row of the catalogue with this op";
const LIMIT: &str = "no case yet with this bound alone";

/// Op, code, reason.
pub const UNREACHED: &[(&str, &str, &str)] = &[
    ("sigfox.uplink.combine", "truncated", COMBINED),
    ("sigfox.uplink.combine", "frame-type", COMBINED),
    ("sigfox.uplink.combine", "length", COMBINED),
    ("sigfox.uplink.combine", "crc", COMBINED),
    ("sigfox.uplink.combine", "header", COMBINED),
    ("sigfox.uplink.combine", "auth", COMBINED),
    ("comet-json.encode", "unsupported-type", TWO_SHAPES),
    ("comet-json.encode", "unsupported-version", TWO_SHAPES),
    (
        "wst.samples.encode",
        "malformed",
        "cases encode what has an encoding; the code belongs to the decoder of the same row",
    ),
    ("guard.policy.check", "rate", LIMIT),
    ("guard.policy.check", "limit", LIMIT),
    ("guard.policy.check", "suspend", LIMIT),
    (
        "guard.seed",
        "counter",
        "cases seed with a counter that the discipline can take",
    ),
    ("guard.forget", "counter", SEED_ONLY),
    ("guard.suspend", "counter", SEED_ONLY),
    ("guard.resume", "counter", SEED_ONLY),
    (
        "guard.snapshot",
        "reserve",
        "cases reserve within the bounds of the policy",
    ),
    (
        "guard.recover",
        "length",
        "a snapshot of another record length is passed over before its records are restored",
    ),
    (
        "guard.recover",
        "version",
        "cases damage files, not records inside sound files; guard.restore covers those",
    ),
    (
        "guard.recover",
        "discipline",
        "cases damage files, not records inside sound files; guard.restore covers those",
    ),
    (
        "guard.recover",
        "invalid",
        "cases damage files, not records inside sound files; guard.restore covers those",
    ),
    (
        "guard.recover",
        "full",
        "cases recover into tables that have room",
    ),
];
