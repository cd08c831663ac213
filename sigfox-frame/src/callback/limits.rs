//! Limits on requests (R4, §5).

/// Octets of a body, or of the query of a GET (R4).
pub const MAX_LEN: usize = 64 * 1024;
/// Octets of a batch (R4).
pub const MAX_BATCH_LEN: usize = 1024 * 1024;
/// Objects and arrays inside each other, the outermost being the first (§5).
pub const MAX_DEPTH: u8 = 8;
/// Unknown keys that are kept (§5).
pub const MAX_ATTRIBUTES: usize = 64;
/// Octets of the name of an unknown key that is kept (§5).
pub const MAX_NAME_LEN: usize = 64;
/// Octets of the value of an unknown key that is kept (§5).
pub const MAX_VALUE_LEN: usize = 1024;
/// The first second of 2010: no time is before it (R10).
pub const MIN_TIME_S: u64 = 1_262_304_000;
/// Seconds that a time may be ahead (R10).
pub const MAX_AHEAD_S: u64 = 86_400;
/// Bytes of an uplink payload (§4.1).
pub const MAX_PAYLOAD_LEN: usize = 12;
/// Bytes of a downlink payload (R14).
pub const DOWNLINK_LEN: usize = 8;
/// The highest counter (§6).
pub const MAX_SEQ: u32 = 4095;
