//! SMS for people (L §A.2, §A.3). Only what is fixed of them is read; texts whose wording is not public are given as they are.

use crate::time::days_of_month;

use super::{SmsError, SmsErrorKind};

/// A keep-alive SMS for people, which is cut at 160 characters (L §A.2).
///
/// The first line is the description of the device, then come value and unit of each measuring channel, then memory, battery,
/// signal level and time. How many channels there are and what the last lines look like is not public: [`lines`](Self::lines)
/// gives all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HumanSms<'a> {
    /// First line: description of the device, at most 32 long as documented.
    pub description: &'a str,
    rest: &'a str,
}

impl<'a> HumanSms<'a> {
    /// Takes the text apart at CR LF. Fails never: any text can be a description.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        let (description, rest) = text.split_once("\r\n").unwrap_or((text, ""));
        Self { description, rest }
    }

    /// The lines behind the description.
    pub fn lines(&self) -> impl Iterator<Item = Line<'a>> + use<'a> {
        let rest = Some(self.rest).filter(|rest| !rest.is_empty());
        rest.into_iter()
            .flat_map(|rest| rest.split("\r\n"))
            .map(Line::new)
    }
}

/// A line of a keep-alive SMS. The marks mean alarms only in the line of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Line<'a> {
    /// The line without its marks.
    pub text: &'a str,
    /// `!` in front: alarm 1 of the channel is active.
    pub alarm1: bool,
    /// `!` at the end: alarm 2 is active, too.
    pub alarm2: bool,
}

impl<'a> Line<'a> {
    fn new(line: &'a str) -> Self {
        let (alarm1, text) = line.strip_prefix('!').map_or((false, line), |text| (true, text));
        let (alarm2, text) = text.strip_suffix('!').map_or((false, text), |text| (true, text));
        Self { text, alarm1, alarm2 }
    }
}

/// A minute on the clock of the device; which zone it shows is not stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct LocalMinute {
    /// Year, 0 to 9999.
    pub year: u16,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day, from 1.
    pub day: u8,
    /// Hour, 0 to 23.
    pub hour: u8,
    /// Minute, 0 to 59.
    pub minute: u8,
}

impl LocalMinute {
    /// Reads a text that has the form of `pattern`: `Y`, `M`, `D`, `h` and `m` for digits, others as they are.
    fn read(text: &str, pattern: &str) -> Option<Self> {
        if text.len() != pattern.len() {
            return None;
        }
        let [mut year, mut month, mut day, mut hour, mut minute] = [0_u16; 5];
        for (octet, place) in text.bytes().zip(pattern.bytes()) {
            let number = match place {
                b'Y' => &mut year,
                b'M' => &mut month,
                b'D' => &mut day,
                b'h' => &mut hour,
                b'm' => &mut minute,
                place if place == octet => continue,
                _ => return None,
            };
            if !octet.is_ascii_digit() {
                return None;
            }
            *number = number.wrapping_mul(10).wrapping_add(u16::from(octet & 0x0F));
        }
        let days = days_of_month(i32::from(year), i32::from(month));
        let lawful =
            (1..=12).contains(&month) && (1..=days).contains(&i32::from(day)) && hour <= 23 && minute <= 59;
        let [month, day, hour, minute] =
            [month, day, hour, minute].map(|part| u8::try_from(part).unwrap_or(0));
        lawful.then_some(Self {
            year,
            month,
            day,
            hour,
            minute,
        })
    }
}

/// A system alarm (L §A.3): `SYSTEM ALARM`, description of the device, event and its time.
///
/// ```
/// use comet_json::sms::SystemAlarm;
/// let alarm = SystemAlarm::decode("SYSTEM ALARM\r\nVan 12\r\nbattery empty 20230314 07:20").unwrap();
/// assert_eq!((alarm.description, alarm.event), ("Van 12", "battery empty"));
/// assert_eq!((alarm.time.day, alarm.time.minute), (14, 20));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct SystemAlarm<'a> {
    /// Description of the device, at most 32 long as documented.
    pub description: &'a str,
    /// What happened, one of twelve texts whose wording is not public: memory limit, battery warning, battery empty, battery
    /// OK, external power lost, external power OK, date-time error, date-time OK, measuring error, its end, configuration
    /// error, configuration OK.
    pub event: &'a str,
    /// When.
    pub time: LocalMinute,
}

impl<'a> SystemAlarm<'a> {
    const LITERAL: &'static str = "SYSTEM ALARM";
    const TIME: &'static str = "YYYYMMDD hh:mm";

    /// Reads the text of an SMS; lines end with LF or CR LF.
    ///
    /// # Errors
    /// [`SmsErrorKind::BadLiteral`] if it is no system alarm, [`SmsErrorKind::BadTime`] if it does not end with the time.
    pub fn decode(text: &'a str) -> Result<Self, SmsError> {
        let refused = |field, offset| SmsError::new(SmsErrorKind::BadLiteral, field, offset);
        let line = |text: &'a str| {
            let (line, rest) = text.split_once('\n')?;
            Some((line.strip_suffix('\r').unwrap_or(line), rest))
        };
        let (literal, rest) = line(text).ok_or(refused("SYSTEM ALARM", 0))?;
        if literal != Self::LITERAL {
            return Err(refused("SYSTEM ALARM", 0));
        }
        let at = text.len().saturating_sub(rest.len());
        let (description, rest) = line(rest).ok_or(refused("description", at))?;
        let rest = rest.trim_end();
        let split = rest.len().saturating_sub(Self::TIME.len());
        let (event, time) = rest.split_at_checked(split).unwrap_or((rest, ""));
        let Some(time) = LocalMinute::read(time, Self::TIME) else {
            return Err(SmsError::new(SmsErrorKind::BadTime, "time", text.len()));
        };
        Ok(Self {
            description,
            event: event.trim(),
            time,
        })
    }
}

/// Alarms of measured values (L §A.3): several may follow each other in one SMS.
///
/// Each ends with a comma, a blank and its time, and has the word `ALARM` or `ALARM END` in front of the description of the alarm,
/// which is at most 16 long. What separates description of the device, place and value is not public: they stay one text.
///
/// ```
/// use comet_json::sms::AlarmEvents;
/// let mut alarms = AlarmEvents::new("Van 12 Air 9.1 °C ALARM too warm, 2023/03/14 07:20");
/// let alarm = alarms.next().unwrap();
/// assert_eq!((alarm.source, alarm.ended, alarm.description), ("Van 12 Air 9.1 °C", false, "too warm"));
/// assert_eq!((alarm.time.hour, alarms.rest()), (7, ""));
/// ```
#[derive(Debug, Clone)]
pub struct AlarmEvents<'a> {
    rest: &'a str,
}

/// One alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct AlarmEvent<'a> {
    /// Everything in front of the word: device, place, actual value.
    pub source: &'a str,
    /// Whether the alarm ends: `ALARM END`.
    pub ended: bool,
    /// Description of the alarm, at most 16 characters.
    pub description: &'a str,
    /// When it began or ended.
    pub time: LocalMinute,
}

impl<'a> AlarmEvents<'a> {
    const WORD: &'static str = "ALARM";
    const TIME: &'static str = ", YYYY/MM/DD hh:mm";
    const MAX_DESCRIPTION_CHARS: usize = 16;

    /// The alarms in the text of an SMS.
    #[must_use]
    pub const fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    /// What is left: text that is no alarm, or one that was cut at 160 characters.
    #[must_use]
    pub const fn rest(&self) -> &'a str {
        self.rest
    }
}

impl<'a> Iterator for AlarmEvents<'a> {
    type Item = AlarmEvent<'a>;

    fn next(&mut self) -> Option<AlarmEvent<'a>> {
        // The first comma behind which a time stands.
        let (head, time, behind) = self.rest.match_indices(", ").find_map(|(at, _)| {
            let (head, tail) = self.rest.split_at_checked(at)?;
            let (time, behind) = tail.split_at_checked(Self::TIME.len())?;
            Some((head, LocalMinute::read(time, Self::TIME)?, behind))
        })?;
        // The first such word that leaves no more than a description; it may occur in names, too.
        let (source, tail) = head.match_indices(Self::WORD).find_map(|(at, word)| {
            let (source, tail) = head.split_at_checked(at)?;
            let tail = tail.get(word.len()..)?;
            let description = tail.strip_prefix(" END").unwrap_or(tail).trim();
            (description.chars().count() <= Self::MAX_DESCRIPTION_CHARS).then_some((source, tail))
        })?;
        let (ended, description) = tail
            .strip_prefix(" END")
            .map_or((false, tail), |tail| (true, tail));
        self.rest = behind.trim_start();
        Some(AlarmEvent {
            source: source.trim(),
            ended,
            description: description.trim(),
            time,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keep_alive_is_lines_with_marks() {
        let sms = HumanSms::new("Van 12\r\n!9.1 °C\r\n!55 %RH!\r\n4.5 °C\r\nmemory 12 %\r\n");
        assert_eq!(sms.description, "Van 12");
        let marks = sms.lines().map(|line| (line.alarm1, line.alarm2, line.text));
        assert!(marks.eq([
            (true, false, "9.1 °C"),
            (true, true, "55 %RH"),
            (false, false, "4.5 °C"),
            (false, false, "memory 12 %"),
            (false, false, ""),
        ]));
        assert_eq!(HumanSms::new("only").lines().count(), 0);
        assert_eq!(HumanSms::new("").description, "");
        assert_eq!(
            HumanSms::new("a\r\n!")
                .lines()
                .next()
                .map(|line| (line.alarm1, line.alarm2)),
            Some((true, false))
        );
    }

    #[test]
    fn a_system_alarm_has_its_literal_and_a_time() {
        let alarm =
            SystemAlarm::decode("SYSTEM ALARM\nVan\nexternal power lost\r\n20240229 23:59\r\n").unwrap();
        assert_eq!((alarm.event, alarm.time.month), ("external power lost", 2));
        for (text, kind) in [
            ("", SmsErrorKind::BadLiteral),
            ("SYSTEM ALARM", SmsErrorKind::BadLiteral),
            ("SYSTEM ALARM\nVan", SmsErrorKind::BadLiteral),
            ("ALARM\nVan\nx 20240229 23:59", SmsErrorKind::BadLiteral),
            ("SYSTEM ALARM\nVan\nx 20230229 23:59", SmsErrorKind::BadTime),
            ("SYSTEM ALARM\nVan\nx 20240229 24:00", SmsErrorKind::BadTime),
            ("SYSTEM ALARM\nVan\n", SmsErrorKind::BadTime),
            ("SYSTEM ALARM\nVan\nbattery é0240229 23:5", SmsErrorKind::BadTime),
        ] {
            assert_eq!(SystemAlarm::decode(text).unwrap_err().kind, kind, "{text}");
        }
    }

    #[test]
    fn alarms_follow_each_other_up_to_the_cut() {
        let text = "ALARM box, hall 3 Air 9.1 ALARM high, 2023/03/14 07:20 Door open ALARM END door, 2023/03/14 07:25 Air 9.";
        let mut alarms = AlarmEvents::new(text);
        let first = alarms.next().unwrap();
        assert_eq!(
            (first.source, first.ended, first.description),
            ("ALARM box, hall 3 Air 9.1", false, "high")
        );
        let second = alarms.next().unwrap();
        assert_eq!(
            (second.source, second.ended, second.description),
            ("Door open", true, "door")
        );
        assert_eq!((alarms.next(), alarms.rest()), (None, "Air 9."));
        assert_eq!(AlarmEvents::new("no alarm, 2023/03/14 07:20").next(), None);
        assert_eq!(AlarmEvents::new("x ALARM y, 2023/13/14 07:20").next(), None);
    }
}
