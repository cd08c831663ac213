//! `roxmltree`: the whole document as a tree, then the same questions. Refuses what is not well-formed, a DTD included.

use std::borrow::Cow;

use roxmltree::{Document, Node, StringStorage};
use soap_websensor::{Channel, Message};

use super::meaning::{self, ChannelFields, Field, Fields, Shape};

const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";

/// Decodes a body; `None` refuses it.
#[must_use]
pub fn decode(body: &[u8]) -> Option<Message<'_>> {
    let document = Document::parse(std::str::from_utf8(body).ok()?).ok()?;
    let root = document.root_element();
    if !root.has_tag_name((SOAP, "Envelope")) {
        return None;
    }
    let body = root.children().find(|node| node.has_tag_name((SOAP, "Body")))?;
    let mut entries = body.children().filter(Node::is_element);
    let (message, None) = (entries.next()?, entries.next()) else {
        return None;
    };
    let shape = Shape::from_name(message.tag_name().name())?;
    let namespace = message.tag_name().namespace();
    if namespace != Some(shape.namespace()) {
        return None;
    }
    let mut fields = Fields::default();
    let mut list = Vec::new();
    for child in message.children().filter(Node::is_element) {
        if child
            .tag_name()
            .namespace()
            .is_some_and(|own| Some(own) != namespace)
        {
            continue;
        }
        let field = match (shape, child.tag_name().name()) {
            (Shape::Channels, "name") => &mut fields.name,
            (Shape::Channels, "sn") => &mut fields.pass_key,
            (Shape::Channels, "tmr") => &mut fields.timer,
            (Shape::Channels, "kind") => &mut fields.device,
            (Shape::Channels, name) => {
                list.extend(channel(child, name)?);
                continue;
            }
            (_, name) => match flat_field(&mut fields, name) {
                Some(field) => field,
                None => continue,
            },
        };
        once(field, child)?;
    }
    meaning::message(shape, fields, list)
}

fn flat_field<'f, 'a>(fields: &'f mut Fields<'a>, name: &str) -> Option<&'f mut Field<'a>> {
    Some(match name {
        "passKey" => &mut fields.pass_key,
        "device" => &mut fields.device,
        "temp" => &mut fields.temp,
        "relHum" => &mut fields.rel_hum,
        "compQuant" => &mut fields.comp_quant,
        "pressure" => &mut fields.pressure,
        "co2" => &mut fields.co2,
        "alarms" => &mut fields.alarms,
        "lev1" => &mut fields.lev1,
        "lev2" => &mut fields.lev2,
        "lev3" => &mut fields.lev3,
        "compType" => &mut fields.comp_type,
        "tempU" => &mut fields.temp_u,
        "pressureU" => &mut fields.pressure_u,
        "timer" => &mut fields.timer,
        _ => return None,
    })
}

/// Outer `None` refuses, inner one is no channel.
#[expect(clippy::option_option, reason = "refused, not a channel, a channel")]
fn channel<'a>(node: Node<'_, 'a>, name: &str) -> Option<Option<Channel<'a>>> {
    let Some((number, form)) = meaning::channel_number(name, node.attribute("i")) else {
        return Some(None);
    };
    let mut fields = ChannelFields::default();
    for child in node.children().filter(Node::is_element) {
        let field = match child.tag_name().name() {
            "n" => &mut fields.n,
            "v" => &mut fields.v,
            "f" => &mut fields.f,
            "u" => &mut fields.u,
            "a" => &mut fields.a,
            "p" => &mut fields.p,
            "e" => &mut fields.e,
            _ => continue,
        };
        once(field, child)?;
    }
    Some(Some(meaning::channel(number, form, fields)))
}

/// Sets a field; `None` if it is set already.
fn once<'a>(field: &mut Field<'a>, node: Node<'_, 'a>) -> Option<()> {
    if field.is_some() {
        return None;
    }
    *field = text(node);
    Some(())
}

/// All text of a leaf, which comments cut into several nodes.
fn text<'a>(node: Node<'_, 'a>) -> Field<'a> {
    let mut runs = node.children().filter(Node::is_text);
    let first = runs.next()?;
    let whole = match (first.text_storage()?, runs.next()) {
        (StringStorage::Borrowed(text), None) => Cow::Borrowed(text.trim_ascii()),
        (text, second) => {
            let mut whole = String::from(text.as_str());
            whole.extend(second.into_iter().chain(runs).filter_map(|run| run.text()));
            Cow::Owned(whole.trim_ascii().to_owned())
        }
    };
    (!whole.is_empty()).then_some(whole)
}
