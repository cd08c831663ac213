//! Alarms of channels: mode, limit and state, as the device sends them (W §4.2, L §3.1).

use crate::codes::codes;
use crate::hexfloat::HexFloat;

codes! {
    /// `AlarmMode` of types 2 and 5, `AlarmBehaviours` of type 1: when an alarm becomes active. Any number is kept.
    AlarmMode {
        /// The alarm is switched off.
        DISABLED = 0 "disabled",
        /// Active below the limit; of a binary logger channel, active in state 0.
        LOW = 1 "low",
        /// Active above the limit; of a binary logger channel, active in state 1.
        HIGH = 2 "high",
    }
}

/// One of the two alarms of a channel. Parts that the message does not have are `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Alarm {
    /// Whether it is active. The device decides, with delays and hysteresis of its own: never derived from value and limit.
    pub active: Option<bool>,
    /// When it becomes active.
    pub mode: Option<AlarmMode>,
    /// The limit, coded like the value; type 5 and binary channels have none.
    pub limit: Option<HexFloat>,
}

/// Puts the parts of two alarms together.
pub(crate) fn pair(
    active: Option<[bool; 2]>,
    modes: Option<[AlarmMode; 2]>,
    limits: [Option<HexFloat>; 2],
) -> [Alarm; 2] {
    let one = |active, mode, limit| Alarm { active, mode, limit };
    let [active1, active2] = active.map_or([None; 2], |active| active.map(Some));
    let [mode1, mode2] = modes.map_or([None; 2], |modes| modes.map(Some));
    let [limit1, limit2] = limits;
    [one(active1, mode1, limit1), one(active2, mode2, limit2)]
}
