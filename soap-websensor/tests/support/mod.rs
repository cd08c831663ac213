//! Bodies of the golden vectors, and an independent strict reader.

#![allow(dead_code, reason = "each test binary uses its part")]

use std::path::Path;

/// `(id, body)` of every `soap.decode` vector.
pub(crate) fn bodies() -> Vec<(String, Vec<u8>)> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/vectors/soap/decode.json");
    let text = std::fs::read_to_string(file).unwrap();
    let group: serde_json::Value = serde_json::from_str(&text).unwrap();
    let cases = group["cases"].as_array().unwrap();
    assert!(cases.len() > 200);
    cases
        .iter()
        .map(|case| (case["id"].as_str().unwrap().to_owned(), body(&case["in"])))
        .collect()
}

fn body(input: &serde_json::Value) -> Vec<u8> {
    if let Some(text) = input["body-utf8"].as_str() {
        return text.as_bytes().to_vec();
    }
    let hex = input["body"].as_str().unwrap();
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}

/// Envelope around a message, with CRLF as the sensors send it.
pub(crate) fn envelope(message: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<soap:Envelope \
         xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\">\r\n<soap:Body>\r\n{message}\r\n</soap:Body>\r\n</soap:Envelope>"
    )
}

/// A documented flat message around the given children.
pub(crate) fn flat(children: &str) -> String {
    envelope(&format!(
        "<InsertTx5xxSample xmlns=\"http://cometsystem.cz/schemas/soapTx5xx_v2.xsd\">{children}</InsertTx5xxSample>"
    ))
}

/// The children of the documented example of spec §4.2.
pub(crate) const EXAMPLE: &str = "<passKey>13960932</passKey><device>4145</device><temp>1.4</temp><relHum>91.9</relHum>\
    <compQuant>0.3</compQuant><pressure>-9999</pressure><alarms>hi,no,no,no</alarms><compType>Dew point</compType>\
    <tempU>C</tempU><pressureU>n/a</pressureU><timer>60</timer>";

/// Names, namespaces and texts of the children of the message element, read by `roxmltree`.
pub(crate) fn oracle(body: &[u8]) -> Option<Vec<(String, String, String)>> {
    let text = std::str::from_utf8(body).ok()?;
    let document = roxmltree::Document::parse(text).ok()?;
    let soap = "http://schemas.xmlsoap.org/soap/envelope/";
    let body = document
        .root_element()
        .children()
        .find(|node| node.has_tag_name((soap, "Body")))?;
    let message = body.children().find(roxmltree::Node::is_element)?;
    let children = message
        .children()
        .filter(roxmltree::Node::is_element)
        .map(|node| {
            let text: String = node
                .children()
                .filter(roxmltree::Node::is_text)
                .filter_map(|text| text.text())
                .collect();
            let tag = node.tag_name();
            (
                tag.name().to_owned(),
                tag.namespace().unwrap_or_default().to_owned(),
                text.trim_matches([' ', '\t', '\r', '\n']).to_owned(),
            )
        });
    Some(children.collect())
}
