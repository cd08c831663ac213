//! Radio configurations, air times, windows and limits (spec §19, §20).
//!
//! Frequencies in Hz, times in ms, powers in dBm. Marks of the specification: procedure values are constants that open device
//! implementations use; daily limits are published by the operator.
//!
//! ```
//! use sigfox_frame::region::{BitRate, RadioConfiguration};
//! use sigfox_frame::uplink::Class;
//!
//! let europe = RadioConfiguration::Rc1.parameters();
//! assert_eq!(europe.downlink_hz(868_130_000), 869_525_000);
//! assert_eq!(europe.repetitions_hz(868_130_000), [868_130_000, 868_136_000, 868_124_000]);
//! assert_eq!(BitRate::Bps100.air_time(Class::E.frame_bits()).as_millis(), 2080);
//! ```

mod air;

use core::ops::RangeInclusive;

pub use air::{BitRate, low_duty_cycle_allows};

/// Uplink messages a day of a full subscription.
pub const UPLINKS_PER_DAY: u16 = 140;
/// Downlink messages a day of a full subscription.
pub const DOWNLINKS_PER_DAY: u16 = 4;
/// T_IFU: gap between frames of a message that asks for no downlink, ms.
pub const UPLINK_GAP_MS: RangeInclusive<u16> = 0..=2000;
/// T_IFB: gap between frames of a message that asks for a downlink, ms.
pub const BIDIRECTIONAL_GAP_MS: u16 = 500;
/// T_CONF: from the end of the downlink to the confirmation frame, ms.
pub const CONFIRMATION_MS: RangeInclusive<u16> = 1400..=4000;
/// T_LF, listen before talk: longest time for the repeated frames, ms.
pub const REPETITION_LIMIT_MS: u16 = 8000;
/// Hopping: silence after the last frame of a message, ms.
pub const HOPPING_SILENCE_MS: u16 = 20_000;
/// Low duty cycle: with gaps below this, ms …
pub const LDC_SHORT_GAP_MS: u16 = 50;
/// … frames and gaps together last at most this, ms.
pub const LDC_LIMIT_MS: u16 = 4000;
/// Listen before talk: sensing bandwidth, Hz.
pub const SENSING_BANDWIDTH_HZ: u32 = 200_000;
/// Listen before talk: shortest sensing, ms.
pub const SENSING_MIN_MS: u16 = 5;
/// Listen before talk: longest sensing for the first frame, default, ms.
pub const SENSING_MAX_MS: u16 = 5000;
/// Operational band around the centre, Hz.
pub const BAND_HZ: u32 = 192_000;

/// Radio configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum RadioConfiguration {
    /// Europe, Middle East, Africa.
    Rc1,
    /// North America, Brazil.
    Rc2,
    /// Japan, listen before talk.
    Rc3Lbt,
    /// Japan, low duty cycle.
    Rc3Ldc,
    /// Latin America, Asia-Pacific.
    Rc4,
    /// South Korea.
    Rc5,
    /// India.
    Rc6,
    /// Russia.
    Rc7,
}

/// How a device gets at the channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Access {
    /// A share of the time.
    DutyCycle,
    /// Every frame on another micro-channel.
    Hopping(Hopping),
    /// Silent while the channel is louder than this, dBm.
    ListenBeforeTalk {
        /// Threshold in dBm.
        threshold_dbm: i8,
    },
    /// At most 4 s with short gaps.
    LowDutyCycle,
}

/// Nine macro-channels of 200 kHz every 300 kHz; in each, micro-channels 1 to 6 of eight with 25 kHz.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Hopping {
    /// Centre of micro-channel 1 of macro-channel 0, Hz.
    pub first_hz: u32,
    /// Macro-channel that the network operates, 0 to 8.
    pub operated: u8,
}

impl Hopping {
    /// Macro-channels.
    pub const MACRO_CHANNELS: u8 = 9;
    /// Micro-channels of a macro-channel that are used, bit n for number n.
    pub const MICRO_CHANNEL_MASK: u8 = 0x7E;
    /// Guard at both edges of a micro-channel, Hz.
    pub const MICRO_CHANNEL_GUARD_HZ: u32 = 2000;

    /// Centre of a micro-channel, Hz. `None` for one that is not used.
    #[must_use]
    pub fn centre_hz(self, macro_channel: u8, micro_channel: u8) -> Option<u32> {
        let used = macro_channel < Self::MACRO_CHANNELS && (1..=6).contains(&micro_channel);
        let step = u32::from(micro_channel).checked_sub(1)?.checked_mul(25_000)?;
        let base = u32::from(macro_channel).checked_mul(300_000)?;
        self.first_hz
            .checked_add(base)?
            .checked_add(step)
            .filter(|_| used)
    }
}

/// What a centre frequency keeps from the edge of the band, with a device of 20 ppm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Guard {
    /// Error of the network and error of the device.
    Errors {
        /// Network, Hz.
        network_hz: u16,
        /// Device, Hz.
        device_hz: u16,
    },
    /// Hopping: one micro-channel less 4 kHz.
    MicroChannel,
}

impl Guard {
    /// All of it, Hz.
    #[must_use]
    pub fn hz(self) -> u32 {
        match self {
            Self::Errors {
                network_hz,
                device_hz,
            } => u32::from(network_hz).wrapping_add(device_hz.into()),
            Self::MicroChannel => 21_000,
        }
    }
}

/// Everything that depends on the radio configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Parameters {
    /// F_UL, centre of the uplink band, Hz.
    pub uplink_hz: u32,
    /// F_DL, Hz.
    pub downlink_centre_hz: u32,
    /// Whether 100 bit/s is allowed uplink; 600 bit/s always is.
    pub slow_uplink: bool,
    /// Largest EIRP, dBm.
    pub max_eirp_dbm: i8,
    /// Access to the channel.
    pub access: Access,
    /// T_W: from the end of frame 1 to the opening of the receive window, ms.
    pub window_opens_ms: u16,
    /// T_RX: length of the receive window, ms.
    pub window_ms: u16,
    /// df: frames 2 and 3 of a message that asks for a downlink are this far above and below the first, Hz.
    pub repetition_offset_hz: u16,
    /// Guard to the edge of the band.
    pub guard: Guard,
}

impl Parameters {
    /// The uplink band, Hz.
    #[must_use]
    pub const fn uplink_band_hz(&self) -> RangeInclusive<u32> {
        let half = BAND_HZ / 2;
        self.uplink_hz.wrapping_sub(half)..=self.uplink_hz.wrapping_add(half)
    }

    /// Speeds that are allowed uplink.
    #[must_use]
    pub const fn bit_rates(&self) -> &'static [BitRate] {
        if self.slow_uplink {
            &[BitRate::Bps100, BitRate::Bps600]
        } else {
            &[BitRate::Bps600]
        }
    }

    /// Frequencies of the three frames of a message that asks for a downlink. Those of other messages are each pseudo-random in
    /// the band.
    #[must_use]
    pub fn repetitions_hz(&self, first_hz: u32) -> [u32; 3] {
        let offset = u32::from(self.repetition_offset_hz);
        [
            first_hz,
            first_hz.saturating_add(offset),
            first_hz.saturating_sub(offset),
        ]
    }

    /// Frequency of the downlink that answers a message whose first frame was sent on this one.
    #[must_use]
    pub const fn downlink_hz(&self, first_hz: u32) -> u32 {
        let shifted = first_hz.saturating_add(self.downlink_centre_hz);
        shifted.saturating_sub(self.uplink_hz)
    }

    /// From the end of frame 1 to the closing of the receive window, ms.
    #[must_use]
    pub fn window_closes_ms(&self) -> u32 {
        u32::from(self.window_opens_ms).wrapping_add(self.window_ms.into())
    }
}

impl RadioConfiguration {
    /// All.
    pub const ALL: [Self; 8] = [
        Self::Rc1,
        Self::Rc2,
        Self::Rc3Lbt,
        Self::Rc3Ldc,
        Self::Rc4,
        Self::Rc5,
        Self::Rc6,
        Self::Rc7,
    ];

    /// The row of the table in spec §20.
    #[must_use]
    pub const fn parameters(self) -> Parameters {
        match self {
            Self::Rc1 => duty_cycle(868_130_000, 869_525_000, 17_370),
            Self::Rc2 => hopping(902_200_000, 905_200_000, 902_137_500, 0),
            Self::Rc3Lbt => sensing(
                923_200_000,
                922_200_000,
                16,
                Access::ListenBeforeTalk { threshold_dbm: -80 },
            ),
            Self::Rc3Ldc => sensing(923_200_000, 922_200_000, 16, Access::LowDutyCycle),
            Self::Rc4 => hopping(920_800_000, 922_300_000, 920_137_500, 2),
            Self::Rc5 => sensing(
                923_300_000,
                922_300_000,
                14,
                Access::ListenBeforeTalk { threshold_dbm: -65 },
            ),
            Self::Rc6 => duty_cycle(865_200_000, 866_300_000, 17_310),
            Self::Rc7 => duty_cycle(868_800_000, 869_100_000, 17_380),
        }
    }
}

const fn duty_cycle(uplink_hz: u32, downlink_centre_hz: u32, device_hz: u16) -> Parameters {
    Parameters {
        uplink_hz,
        downlink_centre_hz,
        slow_uplink: true,
        max_eirp_dbm: 16,
        access: Access::DutyCycle,
        window_opens_ms: 20_000,
        window_ms: 25_000,
        repetition_offset_hz: 6000,
        guard: Guard::Errors {
            network_hz: 1410,
            device_hz,
        },
    }
}

const fn hopping(uplink_hz: u32, downlink_centre_hz: u32, first_hz: u32, operated: u8) -> Parameters {
    Parameters {
        uplink_hz,
        downlink_centre_hz,
        slow_uplink: false,
        max_eirp_dbm: 24,
        access: Access::Hopping(Hopping { first_hz, operated }),
        window_opens_ms: 20_000,
        window_ms: 25_000,
        repetition_offset_hz: 25_000,
        guard: Guard::MicroChannel,
    }
}

/// Listen before talk and low duty cycle.
const fn sensing(uplink_hz: u32, downlink_centre_hz: u32, max_eirp_dbm: i8, access: Access) -> Parameters {
    Parameters {
        uplink_hz,
        downlink_centre_hz,
        slow_uplink: true,
        max_eirp_dbm,
        access,
        window_opens_ms: 19_000,
        window_ms: 33_500,
        repetition_offset_hz: 6000,
        guard: Guard::Errors {
            network_hz: 1500,
            device_hz: 18_470,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bands_and_shifts_are_those_of_the_table() {
        let rows = [
            (868_034_000..=868_226_000, 1_395_000),
            (902_104_000..=902_296_000, 3_000_000),
            (923_104_000..=923_296_000, -1_000_000),
            (923_104_000..=923_296_000, -1_000_000),
            (920_704_000..=920_896_000, 1_500_000),
            (923_204_000..=923_396_000, -1_000_000),
            (865_104_000..=865_296_000, 1_100_000),
            (868_704_000..=868_896_000, 300_000),
        ];
        for (region, (band, shift)) in RadioConfiguration::ALL.into_iter().zip(rows) {
            let parameters = region.parameters();
            assert_eq!(parameters.uplink_band_hz(), band, "{region:?}");
            let first = *band.start();
            assert_eq!(
                i64::from(parameters.downlink_hz(first)) - i64::from(first),
                shift,
                "{region:?}"
            );
        }
    }

    #[test]
    fn the_operated_macro_channel_is_around_the_centre() {
        for region in [RadioConfiguration::Rc2, RadioConfiguration::Rc4] {
            let parameters = region.parameters();
            let Access::Hopping(hopping) = parameters.access else {
                panic!("{region:?} hops");
            };
            let middle = |micro| hopping.centre_hz(hopping.operated, micro).unwrap();
            assert_eq!((middle(3) + middle(4)) / 2, parameters.uplink_hz);
            let used = (0..=255)
                .flat_map(|channel| (0..=255).filter_map(move |micro| hopping.centre_hz(channel, micro)));
            assert_eq!(used.count(), 54);
            assert_eq!(Hopping::MICRO_CHANNEL_MASK.count_ones(), 6);
        }
    }

    #[test]
    fn guards_are_sums() {
        assert_eq!(RadioConfiguration::Rc1.parameters().guard.hz(), 18_780);
        assert_eq!(RadioConfiguration::Rc5.parameters().guard.hz(), 19_970);
        assert_eq!(RadioConfiguration::Rc4.parameters().guard.hz(), 21_000);
    }
}
