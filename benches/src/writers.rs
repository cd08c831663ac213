//! Other ways to write the documented message of [`corpus::typical`](crate::corpus::typical) from its values.

use std::io::Write;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
const XSD: &str = "http://www.w3.org/2001/XMLSchema";
const MESSAGE: &str = "InsertTx5xxSample";
const NAMESPACE: &str = "http://cometsystem.cz/schemas/soapTx5xx_v2.xsd";

/// Values of the message.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "named as on the wire")]
#[non_exhaustive]
pub struct Values<'a> {
    pub pass_key: &'a str,
    pub device: u16,
    /// In tenths; as the others, below zero only together with a whole part.
    pub temp: i32,
    pub rel_hum: i32,
    pub comp_quant: i32,
    pub pressure: &'a str,
    pub alarms: [&'a str; 4],
    pub comp_type: &'a str,
    pub temp_u: &'a str,
    pub pressure_u: &'a str,
    pub timer: u16,
}

/// Those of the documented example.
pub const EXAMPLE: Values<'static> = Values {
    pass_key: "13960932",
    device: 4145,
    temp: 14,
    rel_hum: 919,
    comp_quant: 3,
    pressure: "-9999",
    alarms: ["hi", "no", "no", "no"],
    comp_type: "Dew point",
    temp_u: "C",
    pressure_u: "n/a",
    timer: 60,
};

/// One `format!`: no escaping, no check of characters.
#[must_use]
pub fn formatted(values: &Values<'_>) -> String {
    let Values {
        pass_key,
        device,
        pressure,
        comp_type,
        temp_u,
        pressure_u,
        timer,
        ..
    } = values;
    let [[t, t1], [h, h1], [c, c1]] = [values.temp, values.rel_hum, values.comp_quant].map(tenths);
    let [a0, a1, a2, a3] = values.alarms;
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<soap:Envelope xmlns:soap=\"{SOAP}\" xmlns:xsi=\"{XSI}\" \
         xmlns:xsd=\"{XSD}\">\r\n<soap:Body>\r\n<{MESSAGE} xmlns=\"{NAMESPACE}\">\r\n\t<passKey>{pass_key}</passKey>\r\n\
         \t<device>{device}</device>\r\n\t<temp>{t}.{t1}</temp>\r\n\t<relHum>{h}.{h1}</relHum>\r\n\
         \t<compQuant>{c}.{c1}</compQuant>\r\n\t<pressure>{pressure}</pressure>\r\n\t<alarms>{a0},{a1},{a2},{a3}</alarms>\r\n\
         \t<compType>{comp_type}</compType>\r\n\t<tempU>{temp_u}</tempU>\r\n\t<pressureU>{pressure_u}</pressureU>\r\n\
         \t<timer>{timer}</timer>\r\n</{MESSAGE}>\r\n</soap:Body>\r\n</soap:Envelope>"
    )
}

/// The event writer of `quick-xml`: escapes, does not check characters.
///
/// # Errors
/// Never with a vector to write to.
pub fn events(values: &Values<'_>, out: &mut Vec<u8>) -> std::io::Result<()> {
    let mut writer = Writer::new(out);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
    line(&mut writer)?;
    let envelope = BytesStart::new("soap:Envelope").with_attributes([
        ("xmlns:soap", SOAP),
        ("xmlns:xsi", XSI),
        ("xmlns:xsd", XSD),
    ]);
    writer.write_event(Event::Start(envelope))?;
    line(&mut writer)?;
    writer.write_event(Event::Start(BytesStart::new("soap:Body")))?;
    line(&mut writer)?;
    let message = BytesStart::new(MESSAGE).with_attributes([("xmlns", NAMESPACE)]);
    writer.write_event(Event::Start(message))?;
    line(&mut writer)?;
    let [[t, t1], [h, h1], [c, c1]] = [values.temp, values.rel_hum, values.comp_quant].map(tenths);
    leaf(&mut writer, "passKey", values.pass_key)?;
    leaf(&mut writer, "device", &values.device.to_string())?;
    leaf(&mut writer, "temp", &format!("{t}.{t1}"))?;
    leaf(&mut writer, "relHum", &format!("{h}.{h1}"))?;
    leaf(&mut writer, "compQuant", &format!("{c}.{c1}"))?;
    leaf(&mut writer, "pressure", values.pressure)?;
    leaf(&mut writer, "alarms", &values.alarms.join(","))?;
    leaf(&mut writer, "compType", values.comp_type)?;
    leaf(&mut writer, "tempU", values.temp_u)?;
    leaf(&mut writer, "pressureU", values.pressure_u)?;
    leaf(&mut writer, "timer", &values.timer.to_string())?;
    for name in [MESSAGE, "soap:Body"] {
        writer.write_event(Event::End(BytesEnd::new(name)))?;
        line(&mut writer)?;
    }
    writer.write_event(Event::End(BytesEnd::new("soap:Envelope")))
}

fn leaf(writer: &mut Writer<&mut Vec<u8>>, name: &str, text: &str) -> std::io::Result<()> {
    writer.get_mut().write_all(b"\t")?;
    writer.write_event(Event::Start(BytesStart::new(name)))?;
    writer.write_event(Event::Text(BytesText::new(text)))?;
    writer.write_event(Event::End(BytesEnd::new(name)))?;
    line(writer)
}

fn line(writer: &mut Writer<&mut Vec<u8>>) -> std::io::Result<()> {
    writer.get_mut().write_all(b"\r\n")
}

/// Whole part and tenths.
const fn tenths(value: i32) -> [i32; 2] {
    [value / 10, (value % 10).wrapping_abs()]
}
