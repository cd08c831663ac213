//! Channel lists: `InsertP2520Sample` and the P-line (spec §4.4 to §4.6).
//!
//! Head `name` `sn` `tmr` `kind`, then the channels, written `c1`, `c2`, … or `c` with an attribute `i`. In each:
//!
//! | element | content |
//! |---|---|
//! | `n` | channel name |
//! | `v` | value as shown, decimal |
//! | `f` | the same value as binary32, 8 hexadecimal digits, least significant octet first |
//! | `u` | unit, free text |
//! | `a` | alarm: `no`, `lo`, `hi` |
//! | `p` | digits of `v` after the point |
//! | `e` | `0` or `1`, meaning not known |

use crate::alarms::Alarm;
use crate::decimal::{Decimal, parse_u16};
use crate::device::DeviceCode;
use crate::field::Field;
use crate::reading::Status;
use crate::text::Text;
#[cfg(feature = "std")]
use crate::unknown::Unknown;
use crate::warning::{Warning, Warnings};

/// A channel list with the name of the device.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Channels<'a> {
    /// `name`: description of the device, chosen by its user.
    pub device_name: Option<Text<'a>>,
    /// The channels, ascending by number.
    pub list: ChannelList<'a>,
}

/// Channels ascending by number. The two of a P2520 need no allocation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChannelList<'a> {
    first: [Option<Channel<'a>>; 2],
    #[cfg(feature = "std")]
    rest: alloc::vec::Vec<Channel<'a>>,
}

impl<'a> ChannelList<'a> {
    /// One or two channels; `None` if their numbers do not ascend within 1 to 99.
    #[must_use]
    pub fn pair(first: Channel<'a>, second: Option<Channel<'a>>) -> Option<Self> {
        let ascending = second.as_ref().is_none_or(|second| first.number < second.number);
        let top = second.as_ref().map_or(first.number, |second| second.number);
        if first.number == 0 || top > crate::limits::MAX_CHANNEL || !ascending {
            return None;
        }
        #[cfg(feature = "std")]
        return Some(Self {
            first: [Some(first), second],
            rest: alloc::vec::Vec::new(),
        });
        #[cfg(not(feature = "std"))]
        Some(Self {
            first: [Some(first), second],
        })
    }

    /// Any channels; `None` if two have the same number or one is not within 1 to 99.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn new(mut channels: alloc::vec::Vec<Channel<'a>>) -> Option<Self> {
        channels.sort_by_key(|channel| channel.number);
        let numbers = || channels.iter().map(|channel| channel.number);
        if numbers().zip(numbers().skip(1)).any(|(a, b)| a == b)
            || numbers().any(|number| !(1..=crate::limits::MAX_CHANNEL).contains(&number))
        {
            return None;
        }
        let mut channels = channels.into_iter();
        let first = [channels.next(), channels.next()];
        Some(Self {
            first,
            rest: channels.collect(),
        })
    }

    /// The channels, ascending.
    pub fn iter(&self) -> impl Iterator<Item = &Channel<'a>> {
        let first = self.first.iter().flatten();
        #[cfg(feature = "std")]
        return first.chain(&self.rest);
        #[cfg(not(feature = "std"))]
        first
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for ChannelList<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

/// How a channel is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[non_exhaustive]
pub enum ChannelForm {
    /// `c1`, `c2`, …: the P2520.
    #[default]
    Named,
    /// `c` with the attribute `i`: the P-line with binary inputs, perhaps others (spec §4.5).
    Indexed,
}

/// One channel.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[non_exhaustive]
pub struct Channel<'a> {
    /// 1 to 99.
    pub number: u8,
    /// How it is written.
    pub form: ChannelForm,
    /// `n`: name, user text.
    pub name: Option<Text<'a>>,
    /// `v` as received. Written by the encoder where there is no number.
    pub raw: Option<Text<'a>>,
    /// Value or status from `v` and `f` together.
    pub status: Status,
    /// `f`: bits of the unrounded value as binary32, not finite ones included.
    pub float: Option<u32>,
    /// `u` as received.
    pub unit: Option<Text<'a>>,
    /// `a`.
    pub alarm: Alarm,
    /// `a` as received: words other than `no` are inferred (spec §16, 4).
    pub alarm_text: Option<Text<'a>>,
    /// `p`: digits after the point.
    pub decimals: Option<u16>,
    /// `e` as received, `0` or `1`; its meaning is not known (spec §4.4).
    pub e: Option<Text<'a>>,
    /// What is off in this channel; also among the warnings of the message.
    #[cfg_attr(feature = "arbitrary", arbitrary(default))]
    pub warnings: Warnings,
    /// Sub-elements that are none of the above.
    #[cfg(feature = "std")]
    #[cfg_attr(feature = "arbitrary", arbitrary(default))]
    pub unknown: Unknown<'a>,
}

impl Channel<'_> {
    /// A channel to encode: number, value, no alarm, nothing else.
    #[must_use]
    pub const fn new(number: u8, status: Status) -> Self {
        Self {
            number,
            form: ChannelForm::Named,
            name: None,
            raw: None,
            status,
            float: None,
            unit: None,
            alarm: Alarm::None,
            alarm_text: None,
            decimals: None,
            e: None,
            warnings: Warnings::NONE,
            #[cfg(feature = "std")]
            unknown: Unknown::new(),
        }
    }

    /// `f` as a number; `None` if absent or not finite.
    #[must_use]
    pub fn precise(&self) -> Option<f32> {
        self.float.map(f32::from_bits).filter(|float| float.is_finite())
    }

    /// `e` as a flag; `None` if absent or neither `0` nor `1`.
    #[must_use]
    pub fn e_flag(&self) -> Option<bool> {
        match self.e.as_deref() {
            Some("0") => Some(false),
            Some("1") => Some(true),
            _ => None,
        }
    }
}

/// Sub-elements of a channel; the number is the place in [`ChannelFields`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum SubSlot {
    N,
    V,
    F,
    U,
    A,
    P,
    E,
}

/// Wire order of the sub-elements.
pub(crate) static SUB_ELEMENTS: [(SubSlot, &str, &str); 7] = [
    (SubSlot::N, "<n>", "</n>"),
    (SubSlot::V, "<v>", "</v>"),
    (SubSlot::F, "<f>", "</f>"),
    (SubSlot::U, "<u>", "</u>"),
    (SubSlot::A, "<a>", "</a>"),
    (SubSlot::P, "<p>", "</p>"),
    (SubSlot::E, "<e>", "</e>"),
];

/// The content of every known sub-element.
#[derive(Debug, Default)]
pub(crate) struct ChannelFields<'a>([Field<'a>; 7]);

impl<'a> ChannelFields<'a> {
    #[expect(
        clippy::as_conversions,
        clippy::indexing_slicing,
        reason = "seven slots, seven places"
    )]
    pub(crate) const fn slot(&mut self, slot: SubSlot) -> &mut Field<'a> {
        &mut self.0[slot as usize]
    }

    fn take(&mut self, slot: SubSlot) -> Field<'a> {
        core::mem::take(self.slot(slot))
    }
}

impl<'a> Channel<'a> {
    pub(crate) fn from_fields(
        number: u8,
        form: ChannelForm,
        mut fields: ChannelFields<'a>,
        device: Option<DeviceCode>,
    ) -> Self {
        let mut warnings = Warnings::NONE;
        let name = fields.take(SubSlot::N).into_text(&mut warnings);
        let float = match fields.take(SubSlot::F) {
            Field::Missing => None,
            field => {
                let bits = if let Field::Text(text) = field {
                    parse_float(&text)
                } else {
                    None
                };
                if bits.is_none() {
                    warnings.insert(Warning::FloatMalformed);
                }
                bits
            }
        };
        let (raw, status) = value(fields.take(SubSlot::V), float, device, &mut warnings);
        let unit = fields.take(SubSlot::U).into_text(&mut warnings);
        let alarm_text = fields.take(SubSlot::A).into_text(&mut warnings);
        let alarm = alarm_text.as_deref().map_or(Alarm::Unknown, Alarm::from_token);
        if alarm_text.is_some() && alarm == Alarm::Unknown {
            warnings.insert(Warning::Alarms);
        }
        let decimals = fields.take(SubSlot::P).into_text(&mut warnings).and_then(|text| {
            let decimals = parse_u16(&text);
            if decimals.is_none() {
                warnings.insert(Warning::FieldMalformed);
            }
            decimals
        });
        let e = fields.take(SubSlot::E).into_text(&mut warnings);
        if e.as_deref().is_some_and(|e| !matches!(e, "0" | "1")) {
            warnings.insert(Warning::FieldMalformed);
        }
        Self {
            number,
            form,
            name,
            raw,
            status,
            float,
            unit,
            alarm,
            alarm_text,
            decimals,
            e,
            warnings,
            #[cfg(feature = "std")]
            unknown: Unknown::new(),
        }
    }
}

/// `v` and `f` together. The order of the rules is that of spec §5.2.
fn value<'a>(
    v: Field<'a>,
    float: Option<u32>,
    device: Option<DeviceCode>,
    warnings: &mut Warnings,
) -> (Option<Text<'a>>, Status) {
    let not_finite = float.is_some_and(|bits| !f32::from_bits(bits).is_finite());
    let error = Status::Error {
        number: float.and_then(error_number),
    };
    let text = match v {
        Field::Children => return (None, Status::Malformed),
        Field::Missing => return (None, if not_finite { error } else { Status::Missing }),
        Field::Text(text) => text,
    };
    let number = Decimal::parse(&text);
    let status = if text.eq_ignore_ascii_case("n/a") && (float.is_none() || not_finite) {
        Status::NoValue
    } else if not_finite
        || text
            .get(..3)
            .is_some_and(|start| start.eq_ignore_ascii_case("err"))
        || number.is_some_and(|number| is_error_value(number, device))
    {
        error
    } else {
        number.map_or(Status::Malformed, Status::Ok)
    };
    if let (Status::Ok(number), Some(bits)) = (status, float)
        && differ(number, f32::from_bits(bits))
    {
        warnings.insert(Warning::ValueMismatch);
    }
    (Some(text), status)
}

/// −11000 or −1100 on the P85xx and P86xx; a P2520 is scaled freely (spec §5.2).
fn is_error_value(number: Decimal, device: Option<DeviceCode>) -> bool {
    const P_LINE: core::ops::RangeInclusive<u16> = 4352..=4362;
    const P2520: u16 = 4357;
    (number.equals(-11000) || number.equals(-1100))
        && device.is_some_and(|device| P_LINE.contains(&device.0) && device.0 != P2520)
}

/// Eight hexadecimal digits, least significant octet first.
fn parse_float(text: &str) -> Option<u32> {
    if text.len() != 8 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(text, 16).ok().map(u32::swap_bytes)
}

/// NN of the pattern 0xFF8100NN (spec §5.3).
fn error_number(bits: u32) -> Option<u8> {
    match bits.to_be_bytes() {
        [0xFF, 0x81, 0x00, number] => Some(number),
        _ => None,
    }
}

/// More than one unit of the last place of `v` apart.
fn differ(v: Decimal, f: f32) -> bool {
    let unit = f64::from(10_u32.saturating_pow(u32::from(v.scale())));
    // Both products are exact in binary64: 24 bits times 10^6, and fifteen digits.
    #[expect(clippy::as_conversions, reason = "fifteen digits are exact in binary64")]
    let mantissa = v.mantissa() as f64;
    (f64::from(f) * unit - mantissa).abs() > 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channel(v: &'static str, f: &'static str, code: u16) -> Channel<'static> {
        let mut fields = ChannelFields::default();
        *fields.slot(SubSlot::V) = Field::new(Text::from(v));
        *fields.slot(SubSlot::F) = Field::new(Text::from(f));
        Channel::from_fields(1, ChannelForm::Named, fields, Some(DeviceCode(code)))
    }

    #[test]
    fn the_float_has_its_least_significant_octet_first() {
        assert_eq!(channel("3.25", "00005040", 4357).precise(), Some(3.25));
        assert_eq!(channel("18.00", "00009041", 4357).precise(), Some(18.0));
        assert_eq!(channel("12.07", "b81e4141", 4357).precise(), Some(12.07));
    }

    #[test]
    fn rules_apply_in_the_order_of_the_specification() {
        let error = |number| Status::Error { number };
        for (v, f, code, status) in [
            ("n/a", "000080FF", 4357, Status::NoValue),
            ("N/A", "", 4357, Status::NoValue),
            ("n/a", "00005040", 4357, Status::Malformed),
            ("12.07", "070081FF", 4357, error(Some(7))),
            ("12.07", "0000C07F", 4357, error(None)),
            ("", "000080FF", 4357, error(None)),
            ("", "00005040", 4357, Status::Missing),
            ("ERROR 3", "", 4357, error(None)),
            ("err", "00005040", 4357, error(None)),
            ("-11000", "", 4357, Status::Ok(Decimal::new(-11000, 0).unwrap())),
            ("-11000.0", "", 4359, error(None)),
            ("-1100", "", 4352, error(None)),
            ("-1100.5", "", 4352, Status::Ok(Decimal::new(-11005, 1).unwrap())),
            ("open", "", 4357, Status::Malformed),
            ("čr", "", 4357, Status::Malformed),
        ] {
            assert_eq!(channel(v, f, code).status, status, "{v} {f} {code}");
        }
    }

    #[test]
    fn one_unit_of_the_last_place_is_no_mismatch() {
        for (v, f, mismatch) in [
            ("3.25", 3.25_f32, false),
            ("3.2", 3.25, false),
            ("3", 4.0, false),
            ("3", 4.000_000_5, true),
            ("3.23", 3.25, true),
        ] {
            assert_eq!(differ(Decimal::parse(v).unwrap(), f), mismatch, "{v} {f}");
        }
    }

    #[test]
    fn a_malformed_float_is_noted_and_ignored() {
        for f in ["B81E414", "B81E41411", "B81E414G", "+81E4141"] {
            let channel = channel("12.07", f, 4357);
            assert_eq!(channel.float, None);
            assert!(channel.warnings.contains(Warning::FloatMalformed));
            assert!(matches!(channel.status, Status::Ok(_)));
        }
    }

    #[test]
    fn a_list_is_sorted_and_without_doubles() {
        let make = |number| Channel::new(number, Status::Missing);
        let list = ChannelList::new([12, 2, 7].map(make).to_vec()).unwrap();
        assert!(list.iter().map(|channel| channel.number).eq([2, 7, 12]));
        assert_eq!(ChannelList::new([2, 2].map(make).to_vec()), None);
        assert_eq!(ChannelList::new([0].map(make).to_vec()), None);
        assert_eq!(ChannelList::new([100].map(make).to_vec()), None);
        assert_eq!(ChannelList::pair(make(2), Some(make(1))), None);
        assert!(ChannelList::pair(make(1), Some(make(99))).is_some());
    }
}
