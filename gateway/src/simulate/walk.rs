//! Values that walk: plain, repeatable, and no secret.

/// What a device measures.
#[derive(Debug)]
pub(crate) struct Walk {
    /// State of the generator of steps (SplitMix64).
    random: u64,
    pub(crate) temperature_dc: i64,
    pub(crate) humidity_dp: i64,
    pub(crate) pressure_dhpa: i64,
    pub(crate) co2_ppm: i64,
    pub(crate) loop_ua: i64,
}

impl Walk {
    pub(crate) const fn new(seed: u64) -> Self {
        Self {
            random: seed,
            temperature_dc: 215,
            humidity_dp: 450,
            pressure_dhpa: 9876,
            co2_ppm: 650,
            loop_ua: 12_000,
        }
    }

    /// The next values.
    pub(crate) fn step(&mut self) {
        self.temperature_dc = self.temperature_dc.saturating_add(self.by(3)).clamp(-300, 800);
        self.humidity_dp = self.humidity_dp.saturating_add(self.by(8)).clamp(0, 1000);
        self.pressure_dhpa = self.pressure_dhpa.saturating_add(self.by(2)).clamp(6000, 11_000);
        self.co2_ppm = self.co2_ppm.saturating_add(self.by(25)).clamp(400, 5000);
        self.loop_ua = self.loop_ua.saturating_add(self.by(40)).clamp(3600, 20_500);
    }

    /// A step of −`most` to `most`.
    fn by(&mut self, most: i64) -> i64 {
        let mixed = random(&mut self.random);
        let span = most.unsigned_abs().saturating_mul(2).saturating_add(1);
        i64::try_from(mixed.checked_rem(span).unwrap_or(0))
            .unwrap_or(0)
            .saturating_sub(most)
    }
}

/// The next number of a generator (SplitMix64): repeatable, and no secret.
pub(crate) const fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
