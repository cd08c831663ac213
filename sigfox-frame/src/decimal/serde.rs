//! As text in both directions.

use super::Decimal;

/// From text, so that no binary float comes in between.
#[cfg(feature = "alloc")]
impl<'de> ::serde::Deserialize<'de> for Decimal {
    fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <alloc::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(::serde::de::Error::custom)
    }
}

impl ::serde::Serialize for Decimal {
    fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
