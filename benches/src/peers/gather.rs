//! What both `quick-xml` readers do with their events.

use std::borrow::Cow;

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart};
use soap_websensor::{Channel, ChannelForm, Message};

use super::meaning::{self, ChannelFields, Field, Fields, Shape};

/// The element whose text is being read.
#[derive(Debug, Clone, Copy)]
enum Slot {
    PassKey,
    Device,
    Temp,
    RelHum,
    CompQuant,
    Pressure,
    Co2,
    Alarms,
    Lev1,
    Lev2,
    Lev3,
    CompType,
    TempU,
    PressureU,
    Timer,
    Name,
    N,
    V,
    F,
    U,
    A,
    P,
    E,
}

/// State between events: depth, message, element at hand, texts so far.
#[derive(Debug, Default)]
pub(super) struct Gather<'a> {
    depth: usize,
    shape: Option<Shape>,
    slot: Option<Slot>,
    text: Field<'a>,
    fields: Fields<'a>,
    number: Option<(u8, ChannelForm)>,
    channel: ChannelFields<'a>,
    list: Vec<Channel<'a>>,
}

impl<'a> Gather<'a> {
    /// Elements open above the next one.
    pub(super) const fn depth(&self) -> usize {
        self.depth
    }

    pub(super) const fn shape(&self) -> Option<Shape> {
        self.shape
    }

    /// `None` refuses the document.
    pub(super) fn open(&mut self, tag: &BytesStart<'a>) -> Option<()> {
        let name = tag.local_name().into_inner();
        match (self.depth, self.shape) {
            (0, _) if name != "Envelope" => return None,
            (1, _) if name != "Body" => return None,
            (0 | 1, _) => {}
            (2, None) => self.shape = Some(Shape::from_name(name)?),
            (3, Some(Shape::Channels)) => self.open_in_list(tag, name)?,
            (3, Some(_)) => self.slot = flat_slot(name),
            (4, Some(Shape::Channels)) if self.number.is_some() => self.slot = sub_slot(name),
            // A second message, or something unknown with children.
            (2, Some(_)) => return None,
            _ => {}
        }
        if let Some(slot) = self.slot
            && self.field(slot).is_some()
        {
            return None;
        }
        self.depth = self.depth.saturating_add(1);
        Some(())
    }

    fn open_in_list(&mut self, tag: &BytesStart<'a>, name: &str) -> Option<()> {
        self.slot = match name {
            "name" => Some(Slot::Name),
            "sn" => Some(Slot::PassKey),
            "tmr" => Some(Slot::Timer),
            "kind" => Some(Slot::Device),
            _ => {
                let index = tag.try_get_attribute("i").ok()?;
                self.number = meaning::channel_number(name, index.as_ref().map(|index| &*index.value));
                None
            }
        };
        Some(())
    }

    /// Whether text matters here: not between elements.
    pub(super) const fn wants_text(&self) -> bool {
        self.slot.is_some()
    }

    pub(super) fn text(&mut self, text: Cow<'a, str>) {
        match &mut self.text {
            None => self.text = Some(text),
            Some(first) => first.to_mut().push_str(&text),
        }
    }

    pub(super) fn reference(&mut self, reference: &BytesRef<'a>) -> Option<()> {
        match reference.resolve_char_ref().ok()? {
            _ if self.slot.is_none() => {}
            Some(c) => self.text(Cow::Owned(String::from(c))),
            None => self.text(Cow::Borrowed(resolve_predefined_entity(reference)?)),
        }
        Some(())
    }

    pub(super) fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        if let Some(slot) = self.slot.take() {
            // No form feed in XML: the white space of ASCII is that of XML here.
            let text = match self.text.take() {
                Some(Cow::Borrowed(text)) => Cow::Borrowed(text.trim_ascii()),
                Some(Cow::Owned(text)) => Cow::Owned(text.trim_ascii().to_owned()),
                None => return,
            };
            if !text.is_empty() {
                *self.field(slot) = Some(text);
            }
        } else if self.depth == 3
            && let Some((number, form)) = self.number.take()
        {
            let fields = std::mem::take(&mut self.channel);
            self.list.push(meaning::channel(number, form, fields));
        }
    }

    /// The message; `None` where elements are open still or the serial number is missing.
    pub(super) fn finish(self) -> Option<Message<'a>> {
        if self.depth != 0 {
            return None;
        }
        meaning::message(self.shape?, self.fields, self.list)
    }

    const fn field(&mut self, slot: Slot) -> &mut Field<'a> {
        match slot {
            Slot::PassKey => &mut self.fields.pass_key,
            Slot::Device => &mut self.fields.device,
            Slot::Temp => &mut self.fields.temp,
            Slot::RelHum => &mut self.fields.rel_hum,
            Slot::CompQuant => &mut self.fields.comp_quant,
            Slot::Pressure => &mut self.fields.pressure,
            Slot::Co2 => &mut self.fields.co2,
            Slot::Alarms => &mut self.fields.alarms,
            Slot::Lev1 => &mut self.fields.lev1,
            Slot::Lev2 => &mut self.fields.lev2,
            Slot::Lev3 => &mut self.fields.lev3,
            Slot::CompType => &mut self.fields.comp_type,
            Slot::TempU => &mut self.fields.temp_u,
            Slot::PressureU => &mut self.fields.pressure_u,
            Slot::Timer => &mut self.fields.timer,
            Slot::Name => &mut self.fields.name,
            Slot::N => &mut self.channel.n,
            Slot::V => &mut self.channel.v,
            Slot::F => &mut self.channel.f,
            Slot::U => &mut self.channel.u,
            Slot::A => &mut self.channel.a,
            Slot::P => &mut self.channel.p,
            Slot::E => &mut self.channel.e,
        }
    }
}

fn flat_slot(name: &str) -> Option<Slot> {
    Some(match name {
        "passKey" => Slot::PassKey,
        "device" => Slot::Device,
        "temp" => Slot::Temp,
        "relHum" => Slot::RelHum,
        "compQuant" => Slot::CompQuant,
        "pressure" => Slot::Pressure,
        "co2" => Slot::Co2,
        "alarms" => Slot::Alarms,
        "lev1" => Slot::Lev1,
        "lev2" => Slot::Lev2,
        "lev3" => Slot::Lev3,
        "compType" => Slot::CompType,
        "tempU" => Slot::TempU,
        "pressureU" => Slot::PressureU,
        "timer" => Slot::Timer,
        _ => return None,
    })
}

fn sub_slot(name: &str) -> Option<Slot> {
    Some(match name {
        "n" => Slot::N,
        "v" => Slot::V,
        "f" => Slot::F,
        "u" => Slot::U,
        "a" => Slot::A,
        "p" => Slot::P,
        "e" => Slot::E,
        _ => return None,
    })
}
