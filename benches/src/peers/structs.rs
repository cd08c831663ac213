//! `quick-xml` and `serde`: the message as plain structs that borrow where the deserializer lets them.
//!
//! Shortest to write. Reads local names whatever the namespace, and takes no notice of a document type declaration.

use std::borrow::Cow;

use serde::Deserialize;
use soap_websensor::{ChannelForm, Message};

use super::meaning::{self, ChannelFields, Field, Fields, Shape};

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "Body", borrow)]
    body: Body<'a>,
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(rename = "$value", borrow)]
    message: Entry<'a>,
}

#[derive(Deserialize)]
enum Entry<'a> {
    #[serde(rename = "InsertTx5xxSample", borrow)]
    Trhp(Flat<'a>),
    #[serde(rename = "InsertTx5xxCO2Sample", borrow)]
    Co2(Flat<'a>),
    #[serde(rename = "InsertP2520Sample", borrow)]
    Channels(List<'a>),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Flat<'a> {
    #[serde(borrow)]
    pass_key: Leaf<'a>,
    #[serde(borrow)]
    device: Leaf<'a>,
    #[serde(borrow)]
    temp: Leaf<'a>,
    #[serde(borrow)]
    rel_hum: Leaf<'a>,
    #[serde(borrow)]
    comp_quant: Leaf<'a>,
    #[serde(borrow, default)]
    pressure: Leaf<'a>,
    #[serde(borrow, default)]
    co2: Leaf<'a>,
    #[serde(borrow)]
    alarms: Leaf<'a>,
    #[serde(borrow, default)]
    lev1: Leaf<'a>,
    #[serde(borrow, default)]
    lev2: Leaf<'a>,
    #[serde(borrow, default)]
    lev3: Leaf<'a>,
    #[serde(borrow)]
    comp_type: Leaf<'a>,
    #[serde(borrow)]
    temp_u: Leaf<'a>,
    #[serde(borrow, default)]
    pressure_u: Leaf<'a>,
    #[serde(borrow)]
    timer: Leaf<'a>,
}

#[derive(Deserialize)]
struct List<'a> {
    #[serde(borrow)]
    name: Leaf<'a>,
    #[serde(borrow)]
    sn: Leaf<'a>,
    #[serde(borrow)]
    tmr: Leaf<'a>,
    #[serde(borrow)]
    kind: Leaf<'a>,
    #[serde(borrow)]
    c1: Option<Channel<'a>>,
    #[serde(borrow)]
    c2: Option<Channel<'a>>,
    #[serde(borrow, default)]
    c: Vec<Channel<'a>>,
}

#[derive(Deserialize)]
struct Channel<'a> {
    #[serde(rename = "@i")]
    i: Option<u8>,
    #[serde(borrow)]
    n: Leaf<'a>,
    #[serde(borrow)]
    v: Leaf<'a>,
    #[serde(borrow)]
    f: Leaf<'a>,
    #[serde(borrow)]
    u: Leaf<'a>,
    #[serde(borrow)]
    a: Leaf<'a>,
    #[serde(borrow)]
    p: Leaf<'a>,
    #[serde(borrow)]
    e: Leaf<'a>,
}

/// Without the attribute, `serde` would make an owned text of it.
#[derive(Deserialize, Default)]
struct Leaf<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'a> Leaf<'a> {
    fn field(self) -> Field<'a> {
        let text = match self.0 {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim_ascii()),
            Cow::Owned(text) => Cow::Owned(text.trim_ascii().to_owned()),
        };
        (!text.is_empty()).then_some(text)
    }
}

/// Decodes a body; `None` refuses it.
#[must_use]
pub fn decode(body: &[u8]) -> Option<Message<'_>> {
    let text = std::str::from_utf8(body).ok()?;
    let envelope: Envelope<'_> = quick_xml::de::from_str(text).ok()?;
    match envelope.body.message {
        Entry::Trhp(flat) => meaning::message(Shape::Trhp, flat.fields(), Vec::new()),
        Entry::Co2(flat) => meaning::message(Shape::Co2, flat.fields(), Vec::new()),
        Entry::Channels(list) => {
            let fields = Fields {
                name: list.name.field(),
                pass_key: list.sn.field(),
                timer: list.tmr.field(),
                device: list.kind.field(),
                ..Fields::default()
            };
            let named = [(1, list.c1), (2, list.c2)];
            let named = named
                .into_iter()
                .filter_map(|(number, channel)| Some(channel?.read(number, ChannelForm::Named)));
            let indexed = list
                .c
                .into_iter()
                .filter_map(|channel| Some((channel.i?, channel)))
                .map(|(number, channel)| channel.read(number, ChannelForm::Indexed));
            meaning::message(Shape::Channels, fields, named.chain(indexed).collect())
        }
    }
}

impl<'a> Flat<'a> {
    fn fields(self) -> Fields<'a> {
        Fields {
            pass_key: self.pass_key.field(),
            device: self.device.field(),
            temp: self.temp.field(),
            rel_hum: self.rel_hum.field(),
            comp_quant: self.comp_quant.field(),
            pressure: self.pressure.field(),
            co2: self.co2.field(),
            alarms: self.alarms.field(),
            lev1: self.lev1.field(),
            lev2: self.lev2.field(),
            lev3: self.lev3.field(),
            comp_type: self.comp_type.field(),
            temp_u: self.temp_u.field(),
            pressure_u: self.pressure_u.field(),
            timer: self.timer.field(),
            name: None,
        }
    }
}

impl<'a> Channel<'a> {
    fn read(self, number: u8, form: ChannelForm) -> soap_websensor::Channel<'a> {
        let fields = ChannelFields {
            n: self.n.field(),
            v: self.v.field(),
            f: self.f.field(),
            u: self.u.field(),
            a: self.a.field(),
            p: self.p.field(),
            e: self.e.field(),
        };
        meaning::channel(number, form, fields)
    }
}
