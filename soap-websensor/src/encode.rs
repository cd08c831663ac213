//! The canonical form (spec §8): UTF-8, CRLF, table order, every child of the shape.

use core::fmt::{self, Write};

use crate::alarms::Alarm;
use crate::canonical::{BODY, DECLARATION, ENVELOPE, ENVELOPE_END};
use crate::channels::{Channel, ChannelForm, Channels};
use crate::decimal::Decimal;
use crate::error::{EncodeError, EncodeErrorKind, Limit};
use crate::limits::{MAX_ELEMENTS, MAX_NAME_LEN, MAX_TEXT_LEN};
use crate::message::{Content, Message, MessageName};
use crate::reading::{Reading, Status};
use crate::sample::{CO2, Climate, Element, NOT_AVAILABLE, Slot, TRHP};
use crate::text::{is_ncname, is_reserved, is_xml_char};
use crate::units::{ComputedQuantity, Unit};

/// `Content-Type` that goes with a body.
pub const CONTENT_TYPE: &str = "text/xml; charset=utf-8";

/// Prefix of every `SOAPAction` (spec §2); the message namespace is not part of it.
const ACTION: &str = "http://tempuri.org/";

/// `SOAPAction` that goes with a message, with its double quotes: `"http://tempuri.org/InsertP2520Sample"`.
///
/// Documented for the P2520, inferred for the others (spec §2).
#[derive(Debug, Clone, Copy)]
pub struct SoapAction<'m>(&'m str);

impl fmt::Display for SoapAction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{ACTION}{}\"", self.0)
    }
}

impl MessageName<'_> {
    /// The value of the `SOAPAction` header.
    #[must_use]
    pub fn soap_action(&self) -> SoapAction<'_> {
        SoapAction(self.local())
    }
}

impl Message<'_> {
    /// Octets that [`emit`](Self::emit) writes.
    ///
    /// # Errors
    /// As [`emit`](Self::emit), the buffer apart.
    pub fn encoded_len(&self) -> Result<usize, EncodeError> {
        let mut counter = Writer { out: &mut [], len: 0 };
        self.write(&mut counter)?;
        Ok(counter.len)
    }

    /// Writes the canonical form to the front of `out`, or nothing.
    ///
    /// A quantity without a value becomes its sentinel, an unsupported one also the unit `n/a`, a unit that is not there an empty
    /// text; numbers get the digits
    /// after the point that the devices use (spec §4, §5.5), more only where the value has more. Alarms are those of the
    /// readings. Unknown elements and warnings are not written.
    ///
    /// # Errors
    /// [`EncodeErrorKind::Character`] for text that XML cannot hold, [`EncodeErrorKind::Name`] for a message name that is
    /// no XML name, [`EncodeErrorKind::TooComplex`] for what the decoder would refuse as that, [`EncodeErrorKind::Buffer`] if
    /// `out` is too small.
    pub fn emit<'b>(&self, out: &'b mut [u8]) -> Result<&'b mut [u8], EncodeError> {
        let needed = self.encoded_len()?;
        let Some(out) = out.get_mut(..needed) else {
            return Err(EncodeError::new(EncodeErrorKind::Buffer { needed }, "document"));
        };
        self.write(&mut Writer {
            out: &mut *out,
            len: 0,
        })?;
        Ok(out)
    }

    /// The canonical form in a vector of its own.
    ///
    /// # Errors
    /// As [`emit`](Self::emit), the buffer apart.
    #[cfg(feature = "std")]
    pub fn to_vec(&self) -> Result<alloc::vec::Vec<u8>, EncodeError> {
        let mut out = alloc::vec![0; self.encoded_len()?];
        self.write(&mut Writer {
            out: &mut out,
            len: 0,
        })?;
        Ok(out)
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        let (local, namespace) = (self.name.local(), self.name.namespace());
        if !is_ncname(local) {
            return Err(EncodeError::new(EncodeErrorKind::Name, "message"));
        }
        if is_reserved(namespace) {
            return Err(EncodeError::new(EncodeErrorKind::Name, "xmlns"));
        }
        within(local.len(), MAX_NAME_LEN, Limit::NameLength, "message")?;
        w.line(DECLARATION);
        let [tag, soap, xsi, xsd] = ENVELOPE;
        w.all(&[
            tag,
            " ",
            soap,
            " ",
            xsi,
            " ",
            xsd,
            "\r\n",
            BODY.0,
            "\r\n<",
            local,
            " xmlns=\"",
        ]);
        w.attribute(namespace)?;
        w.line("\">");
        match &self.content {
            Content::FlatTrhp(sample) => {
                let fourth = pressure(&sample.pressure, sample.pressure_u.as_deref());
                self.flat(w, &TRHP, &sample.climate, &sample.pressure, &fourth)?;
            }
            Content::FlatCo2(sample) => {
                let fourth = Fourth {
                    decimals: Some(0),
                    unit: "",
                    lamps: sample.lamps,
                };
                self.flat(w, &CO2, &sample.climate, &sample.co2, &fourth)?;
            }
            Content::Channels(channels) => self.channels(w, channels)?,
        }
        w.all(&["</", local, ">\r\n", BODY.1, "\r\n", ENVELOPE_END]);
        Ok(())
    }

    fn flat(
        &self,
        w: &mut Writer<'_>,
        elements: &[Element],
        climate: &Climate<'_>,
        fourth: &Reading<'_>,
        rest: &Fourth<'_>,
    ) -> Result<(), EncodeError> {
        let flag = |lamp: Option<bool>| lamp.map_or("", |lit| if lit { "1" } else { "0" });
        for element in elements {
            w.all(&["\t", element.open]);
            match element.slot {
                Slot::PassKey => w.text(self.serial.as_str(), element.name)?,
                Slot::Device => w.number(self.device.map(|code| code.0)),
                Slot::Timer => w.number(self.interval_s),
                Slot::Temp => w.status(climate.temperature.status, Some(1)),
                Slot::RelHum => w.status(climate.humidity.status, Some(1)),
                Slot::CompQuant => w.status(climate.computed.status, Some(1)),
                Slot::Fourth => w.status(fourth.status, rest.decimals),
                Slot::Alarms => {
                    let token = Alarm::token;
                    w.all(&[
                        token(climate.temperature.alarm),
                        ",",
                        token(climate.humidity.alarm),
                        ",",
                        token(climate.computed.alarm),
                        ",",
                        token(fourth.alarm),
                    ]);
                }
                Slot::Lev1 => w.all(&[flag(rest.lamps.green)]),
                Slot::Lev2 => w.all(&[flag(rest.lamps.yellow)]),
                Slot::Lev3 => w.all(&[flag(rest.lamps.red)]),
                Slot::CompType => w.text(comp_type(climate), element.name)?,
                Slot::TempU => w.text(temp_u(climate), element.name)?,
                Slot::PressureU => w.text(rest.unit, element.name)?,
            }
            w.line(element.close);
        }
        Ok(())
    }

    fn channels(&self, w: &mut Writer<'_>, channels: &Channels<'_>) -> Result<(), EncodeError> {
        w.all(&["\t<name>"]);
        w.text(channels.device_name.as_deref().unwrap_or_default(), "name")?;
        w.all(&["</name>\r\n\t<sn>", self.serial.as_str(), "</sn>\r\n\t<tmr>"]);
        w.number(self.interval_s);
        w.all(&["</tmr>\r\n\t<kind>"]);
        w.number(self.device.map(|code| code.0));
        w.line("</kind>");
        // Envelope, Body, the message and its four of the head.
        let mut elements = 7_usize;
        for channel in channels.list.iter() {
            w.channel(channel)?;
            let named = channel.form == ChannelForm::Named;
            let optional = [
                channel.float.is_some(),
                channel.decimals.is_some(),
                channel.e.is_some(),
            ];
            let optional = optional.into_iter().filter(|is_there| named || *is_there).count();
            elements = elements.saturating_add(5).saturating_add(optional);
        }
        within(elements, MAX_ELEMENTS, Limit::Elements, "c")
    }
}

/// What the flat shapes have beside the common part.
struct Fourth<'m> {
    decimals: Option<u8>,
    unit: &'m str,
    lamps: crate::Lamps,
}

fn pressure<'m>(reading: &Reading<'_>, pressure_u: Option<&'m str>) -> Fourth<'m> {
    let unit = pressure_u.and_then(Unit::from_pressure_u);
    let text = match (reading.status, unit) {
        (Status::NotSupported, _) => NOT_AVAILABLE,
        (_, Some(unit)) => unit.code(),
        (_, None) => pressure_u.unwrap_or_default(),
    };
    Fourth {
        decimals: unit.map(Unit::decimals),
        unit: text,
        lamps: crate::Lamps::default(),
    }
}

fn comp_type<'m>(climate: &'m Climate<'_>) -> &'m str {
    match (climate.computed.status, climate.comp_type.as_deref()) {
        (Status::NotSupported, _) => NOT_AVAILABLE,
        (_, None) => "",
        (_, Some(text)) => ComputedQuantity::from_comp_type(text).map_or(text, |quantity| quantity.as_str()),
    }
}

fn temp_u<'m>(climate: &'m Climate<'_>) -> &'m str {
    match (climate.temperature.status, climate.temp_u.as_deref()) {
        (Status::NotSupported, _) => NOT_AVAILABLE,
        (_, None) => "",
        (_, Some(text)) => Unit::from_temp_u(text).map_or(text, |unit| unit.code()),
    }
}

fn within(len: usize, limit: usize, kind: Limit, field: &'static str) -> Result<(), EncodeError> {
    if len > limit {
        return Err(EncodeError::new(EncodeErrorKind::TooComplex(kind), field));
    }
    Ok(())
}

/// Counts always, writes as far as there is room.
struct Writer<'b> {
    out: &'b mut [u8],
    len: usize,
}

impl Write for Writer<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len.saturating_add(text.len());
        if let Some(place) = self.out.get_mut(self.len..end) {
            place.copy_from_slice(text.as_bytes());
        }
        self.len = end;
        Ok(())
    }
}

impl Writer<'_> {
    /// Never fails: [`fmt::Write`] is infallible here.
    fn raw(&mut self, arguments: fmt::Arguments<'_>) {
        let _ = self.write_fmt(arguments);
    }

    fn all(&mut self, texts: &[&str]) {
        for text in texts {
            let _ = self.write_str(text);
        }
    }

    fn line(&mut self, text: &str) {
        self.all(&[text, "\r\n"]);
    }

    fn number(&mut self, number: Option<u16>) {
        if let Some(number) = number {
            self.raw(format_args!("{number}"));
        }
    }

    fn status(&mut self, status: Status, decimals: Option<u8>) {
        match status {
            Status::Ok(value) => self.decimal(value, decimals),
            Status::OverRange => self.all(&["9999"]),
            Status::NotReady => self.all(&["-9998"]),
            _ => self.all(&["-9999"]),
        }
    }

    fn decimal(&mut self, value: Decimal, decimals: Option<u8>) {
        let shown = decimals
            .and_then(|decimals| value.with_scale(decimals))
            .unwrap_or(value);
        self.raw(format_args!("{shown}"));
    }

    fn text(&mut self, text: &str, field: &'static str) -> Result<(), EncodeError> {
        self.escaped(text, (Limit::TextLength, field), |c| match c {
            '&' => Some("&amp;"),
            '<' => Some("&lt;"),
            '>' => Some("&gt;"),
            // XML 1.0 §2.11: a literal one would be read as a line feed.
            '\r' => Some("&#13;"),
            _ => None,
        })
    }

    fn attribute(&mut self, value: &str) -> Result<(), EncodeError> {
        self.escaped(value, (Limit::AttributeLength, "xmlns"), |c| match c {
            '&' => Some("&amp;"),
            '<' => Some("&lt;"),
            '"' => Some("&quot;"),
            '\t' => Some("&#9;"),
            '\n' => Some("&#10;"),
            '\r' => Some("&#13;"),
            _ => None,
        })
    }

    fn escaped(
        &mut self,
        text: &str,
        (limit, field): (Limit, &'static str),
        escape: impl Fn(char) -> Option<&'static str>,
    ) -> Result<(), EncodeError> {
        within(text.len(), MAX_TEXT_LEN, limit, field)?;
        // Most texts need neither escapes nor a second look.
        if text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'-'..=b'/' | b':' | b'_'))
        {
            self.all(&[text]);
            return Ok(());
        }
        for c in text.chars() {
            if !is_xml_char(c) {
                return Err(EncodeError::new(EncodeErrorKind::Character(u32::from(c)), field));
            }
            let _ = match escape(c) {
                Some(escaped) => self.write_str(escaped),
                None => self.write_char(c),
            };
        }
        Ok(())
    }

    /// Only children of the message element are indented (spec §3).
    ///
    /// All seven sub-elements of a P2520; `f`, `p` and `e` of the indexed form only where there is something to say, since
    /// it is not known whether those devices have them (spec §4.5).
    fn channel(&mut self, channel: &Channel<'_>) -> Result<(), EncodeError> {
        let named = channel.form == ChannelForm::Named;
        match channel.form {
            ChannelForm::Named => self.raw(format_args!("\t<c{}>\r\n", channel.number)),
            ChannelForm::Indexed => self.raw(format_args!("\t<c i=\"{}\">\r\n", channel.number)),
        }
        self.all(&["<n>"]);
        self.text(channel.name.as_deref().unwrap_or_default(), "n")?;
        self.all(&["</n>\r\n<v>"]);
        match (channel.status, channel.raw.as_deref()) {
            (Status::Ok(value), _) => {
                let decimals = channel.decimals.and_then(|decimals| u8::try_from(decimals).ok());
                self.decimal(value, decimals);
            }
            (_, Some(raw)) => self.text(raw, "v")?,
            (Status::Missing | Status::Malformed, None) => {}
            (Status::Error { .. }, None) => self.all(&["Err"]),
            (_, None) => self.all(&["n/a"]),
        }
        self.line("</v>");
        if named || channel.float.is_some() {
            self.all(&["<f>"]);
            if let Some(bits) = channel.float {
                self.raw(format_args!("{:08X}", bits.swap_bytes()));
            }
            self.line("</f>");
        }
        self.all(&["<u>"]);
        self.text(channel.unit.as_deref().unwrap_or_default(), "u")?;
        self.all(&["</u>\r\n<a>", channel.alarm.token(), "</a>\r\n"]);
        if named || channel.decimals.is_some() {
            self.all(&["<p>"]);
            self.number(channel.decimals);
            self.line("</p>");
        }
        if named || channel.e.is_some() {
            self.all(&["<e>"]);
            self.text(channel.e.as_deref().unwrap_or_default(), "e")?;
            self.line("</e>");
        }
        match channel.form {
            ChannelForm::Named => self.raw(format_args!("</c{}>\r\n", channel.number)),
            ChannelForm::Indexed => self.line("</c>"),
        }
        Ok(())
    }
}
