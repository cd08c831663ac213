//! Web Sensor messages, element by element.

use roxmltree::{Document, Node};
use soap_websensor::{Alarm, Content, DeviceCode, Message, Options as Reading, Status, canonical};

use super::{check, refused};
use crate::Failure;
use crate::decode::visible;

pub(super) fn explain(body: &[u8]) -> Result<(), Failure> {
    println!(
        "Web Sensor SOAP message, {} octets. § refers to soap-websensor.md.\n",
        body.len()
    );
    let message = match soap_websensor::decode(body) {
        Ok(message) => message,
        Err(error) => return Err(refused(body, error.kind.code(), &error, error.offset)),
    };
    check(
        "size",
        &format!("{} of {} octets", body.len(), Reading::new().max_len),
        "§10",
    );
    check("characters", "UTF-8", "§10");
    let path = if canonical::decode(body).is_some() {
        "the template of real sensors"
    } else {
        "well-formed XML in another layout"
    };
    check("document", path, "§3");
    check(
        "dispatch",
        &format!("{} → {}", message.name, message.content.shape()),
        "§4.1",
    );
    let form = if message.serial.is_regular() {
        "eight digits"
    } else {
        "unusual form, kept"
    };
    check("serial", &format!("{} ({form})", message.serial), "§10");
    check("sender", "not checked: needs the secret entry point", "§12");
    println!();
    // Whatever was accepted above is accepted here too.
    if let Some(document) = core::str::from_utf8(body)
        .ok()
        .and_then(|text| Document::parse(text).ok())
    {
        elements(&document, &message);
    }
    for warning in message.all_warnings().iter() {
        println!("warning: {warning}");
    }
    Ok(())
}

fn elements(document: &Document<'_>, message: &Message<'_>) {
    println!(
        "{:>11}  {:16} {:24} {:44} §",
        "octets", "element", "text", "meaning"
    );
    let soap = "http://schemas.xmlsoap.org/soap/envelope/";
    let body = document
        .root_element()
        .children()
        .find(|node| node.has_tag_name((soap, "Body")));
    let Some(element) = body.and_then(|body| body.first_element_child()) else {
        return;
    };
    row(&document.root_element(), "", "SOAP 1.1 envelope", "3");
    row(&element, "", "message", "4.1");
    for child in element.children().filter(Node::is_element) {
        let (meaning, section) = meaning(&child, message);
        row(&child, &text(&child), &meaning, section);
        for sub in child.children().filter(Node::is_element) {
            row(&sub, &text(&sub), sub_meaning(sub.tag_name().name()), "4.4");
        }
    }
    println!();
}

fn text(node: &Node<'_, '_>) -> String {
    let text: String = node
        .children()
        .filter(Node::is_text)
        .filter_map(|text| text.text())
        .collect();
    text.trim_matches([' ', '\t', '\r', '\n']).to_owned()
}

fn row(node: &Node<'_, '_>, text: &str, meaning: &str, section: &str) {
    let range = node.range();
    let text: String = text.chars().map(visible).collect();
    let name: String = node.tag_name().name().chars().map(visible).collect();
    let indent = node.ancestors().count().saturating_sub(2);
    let name = format!("{:indent$}{name}", "");
    println!(
        "{:>11}  {name:16} {text:24} {meaning:44} {section}",
        format!("{}..{}", range.start, range.end)
    );
}

/// What an element of the message means, and the section that says so.
fn meaning(node: &Node<'_, '_>, message: &Message<'_>) -> (String, &'static str) {
    let name = node.tag_name().name();
    let climate = match &message.content {
        Content::FlatTrhp(sample) => Some((&sample.climate, &sample.pressure)),
        Content::FlatCo2(sample) => Some((&sample.climate, &sample.co2)),
        _ => None,
    };
    let reading = climate.and_then(|(climate, fourth)| {
        Some(match name {
            "temp" => &climate.temperature,
            "relHum" => &climate.humidity,
            "compQuant" => &climate.computed,
            "pressure" | "co2" => fourth,
            _ => return None,
        })
    });
    if let Some(reading) = reading {
        let value = match reading.status {
            Status::Ok(value) => value.normalized().to_string(),
            other => other.code().to_owned(),
        };
        let unit = reading.unit.map_or("unit unknown", |unit| unit.code());
        let alarm = if reading.alarm == Alarm::None {
            String::new()
        } else {
            format!(", alarm {}", reading.alarm.as_str())
        };
        return (format!("{value} {unit}{alarm}"), "5.2");
    }
    let text = match name {
        "passKey" | "sn" => return ("serial number, no secret".into(), "12"),
        "device" | "kind" => {
            let model = message
                .device
                .and_then(DeviceCode::model)
                .map_or("unlisted", |model| model.name);
            return (format!("model {model}"), "6");
        }
        "timer" | "tmr" => {
            let interval = message
                .interval_s
                .map_or("unknown".into(), |seconds| format!("{seconds} s"));
            return (format!("sending interval {interval}"), "4.2");
        }
        "alarms" => return ("temperature, humidity, computed, pressure or CO2".into(), "5.6"),
        "compType" => return ("what compQuant is".into(), "5.4"),
        "tempU" => return ("unit of temp, and of a dew point".into(), "5.5"),
        "pressureU" => return ("unit of pressure".into(), "5.5"),
        "lev1" => "green lamp",
        "lev2" => "yellow lamp",
        "lev3" => "red lamp",
        "name" => return ("name of the device, user text".into(), "4.4"),
        _ if climate.is_none() && name.starts_with('c') => return ("channel".into(), "4.6"),
        _ => return ("not part of the message, kept".into(), "10"),
    };
    (text.into(), "5.7")
}

fn sub_meaning(name: &str) -> &'static str {
    match name {
        "n" => "name of the channel, user text",
        "v" => "value as shown",
        "f" => "binary32, least significant octet first",
        "u" => "unit, user text",
        "a" => "alarm",
        "p" => "decimals of the value",
        "e" => "0 or 1, meaning not known",
        _ => "unknown, kept",
    }
}
