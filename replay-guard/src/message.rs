//! What a message shows to the guard (§2).

/// A message, as far as the decision goes. What a discipline has no use for is not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, rename_all = "kebab-case"))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[non_exhaustive]
pub struct Message {
    /// Number of the message; not used by the discipline None.
    pub counter: u64,
    /// Rolling: numbers that this device counts before it wraps, 2 up to the modulus of the policy; 0 for just that modulus (§4.6).
    pub modulus: u64,
    /// When the sample was taken, in milliseconds; used by the discipline Restarting alone.
    pub sample: u64,
    /// Digest of the content, normally SipHash-2-4 under a secret key; 0 for none.
    pub digest: u64,
    /// Whether the message reports an alarm (§5.4).
    pub alarm: bool,
    /// First millisecond at which the subscription is over (§6.3).
    pub paid_until: Option<u64>,
}

impl Message {
    /// A message with a number: disciplines Sliding and Rolling.
    #[must_use]
    pub const fn numbered(counter: u64) -> Self {
        Self {
            counter,
            modulus: 0,
            sample: 0,
            digest: 0,
            alarm: false,
            paid_until: None,
        }
    }

    /// A message with the time of its sample: discipline Restarting.
    #[must_use]
    pub const fn sampled(sample: u64, counter: u64) -> Self {
        Self {
            sample,
            ..Self::numbered(counter)
        }
    }

    /// A message without a number, known by its content alone: discipline None.
    #[must_use]
    pub const fn unnumbered(digest: u64) -> Self {
        Self {
            digest,
            ..Self::numbered(0)
        }
    }

    /// Sets how many numbers its device counts before it wraps, if fewer than the policy says (§4.6); 0 for as many.
    #[must_use]
    pub const fn with_modulus(self, modulus: u64) -> Self {
        Self { modulus, ..self }
    }

    /// Sets the digest of the content; 0 for none.
    #[must_use]
    pub const fn with_digest(self, digest: u64) -> Self {
        Self { digest, ..self }
    }

    /// Sets whether it reports an alarm.
    #[must_use]
    pub const fn with_alarm(self, alarm: bool) -> Self {
        Self { alarm, ..self }
    }

    /// Sets the end of the subscription, from the caller's own records.
    #[must_use]
    pub const fn with_paid_until(self, paid_until: Option<u64>) -> Self {
        Self { paid_until, ..self }
    }
}
