//! Descriptions of payloads as their owners write them: layouts in JSON with the members of comet-sigfox-payload §6, or the network's custom
//! payload configuration (sigfox-callback §7).

use comet_proto::sigfox::Descriptions;
use serde_json::Value;
use sigfox_frame::Decimal;
use sigfox_frame::layout::{
    Constant, Description as LayoutDescription, Endian, FieldDescription, Layout, Reason, Sentinel, Status,
    Word,
};
use sigfox_frame::payload::Config;

/// A description as it was supplied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Description {
    pub(crate) kind: Kind,
    pub(crate) text: String,
}

/// In which language it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Layout,
    Configuration,
}

impl Kind {
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Layout => "layout",
            Self::Configuration => "configuration",
        }
    }

    pub(super) fn from_code(code: &str) -> Option<Self> {
        [Self::Layout, Self::Configuration]
            .into_iter()
            .find(|kind| kind.code() == code)
    }
}

impl Description {
    /// Adds it to others, or says why it cannot be used.
    pub(crate) fn compile(&self, to: Descriptions) -> Result<Descriptions, String> {
        match self.kind {
            Kind::Layout => layout(&self.text).map(|layout| to.with_layout(layout)),
            Kind::Configuration => {
                let config = Config::compile(&self.text).map_err(|error| error.to_string())?;
                Ok(to.with_configuration("configuration", 0, config))
            }
        }
    }
}

/// A JSON object whose members are all looked at.
struct Object<'v> {
    place: String,
    members: &'v serde_json::Map<String, Value>,
}

impl<'v> Object<'v> {
    fn new(place: impl Into<String>, value: &'v Value, known: &[&str]) -> Result<Self, String> {
        let place = place.into();
        let members = value
            .as_object()
            .ok_or_else(|| format!("{place}: not an object"))?;
        if let Some(unknown) = members.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(format!("{place}: {unknown:?} is no member of a layout"));
        }
        Ok(Self { place, members })
    }

    fn wrong(&self, name: &str, why: &str) -> String {
        format!("{}{name}: {why}", self.place)
    }

    fn get(&self, name: &str) -> Option<&'v Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    fn text(&self, name: &str) -> Result<Option<&'v str>, String> {
        let text = |value: &'v Value| value.as_str().ok_or_else(|| self.wrong(name, "not a text"));
        self.get(name).map(text).transpose()
    }

    /// A number as such, or as text in decimal or, with `0x`, hexadecimal digits: JSON numbers do not hold 64 bits everywhere.
    fn integer<T: TryFrom<u64>>(&self, name: &str) -> Result<Option<T>, String> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let number = match value {
            Value::String(text) => match text.strip_prefix("0x") {
                Some(digits) => u64::from_str_radix(digits, 16).ok(),
                None => text.parse().ok(),
            },
            value => value.as_u64(),
        };
        let number = number.and_then(|number| T::try_from(number).ok());
        number
            .map(Some)
            .ok_or_else(|| self.wrong(name, "not a number that fits"))
    }

    fn needed<T>(&self, name: &str, found: Option<T>) -> Result<T, String> {
        found.ok_or_else(|| self.wrong(name, "missing"))
    }

    fn list(&self, name: &str) -> Result<&'v [Value], String> {
        match self.get(name) {
            None => Ok(&[]),
            Some(value) => value
                .as_array()
                .map(Vec::as_slice)
                .ok_or_else(|| self.wrong(name, "not a list")),
        }
    }

    fn flag(&self, name: &str) -> Result<bool, String> {
        match self.get(name) {
            None => Ok(false),
            Some(value) => value
                .as_bool()
                .ok_or_else(|| self.wrong(name, "neither true nor false")),
        }
    }
}

/// Exactly: a text, or a number as it is written.
fn decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::String(text) => Decimal::parse(text),
        Value::Number(number) => Decimal::parse(&number.to_string()),
        _ => None,
    }
}

fn layout(text: &str) -> Result<Layout, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let object = Object::new("", &value, &["name", "version", "status", "match", "fields"])?;
    let name = object.needed("name", object.text("name")?)?;
    let status = object.needed("status", object.text("status")?)?;
    let status = Status::from_word(status)
        .ok_or_else(|| object.wrong("status", "neither `confirmed` nor `unconfirmed`"))?;
    let mut description = LayoutDescription::new(name, status);
    description.version = object.integer("version")?.unwrap_or_default();
    let conditions = object.needed("match", object.get("match"))?;
    let conditions = Object::new("match.", conditions, &["lengths", "const"])?;
    for length in conditions.list("lengths")? {
        let length = length.as_u64().and_then(|length| u8::try_from(length).ok());
        let length = length.ok_or_else(|| conditions.wrong("lengths", "not a length in bytes"))?;
        description.lengths.push(length);
    }
    for (number, constant) in conditions.list("const")?.iter().enumerate() {
        let place = format!("match.const[{number}].");
        let constant = Object::new(place, constant, &["byte", "mask", "value"])?;
        let member = |name| constant.needed(name, constant.integer(name)?);
        description.constants.push(Constant {
            byte: member("byte")?,
            mask: member("mask")?,
            value: member("value")?,
        });
    }
    for (number, value) in object.list("fields")?.iter().enumerate() {
        description.fields.push(field(number, value)?);
    }
    Layout::new(description).map_err(|error| error.to_string())
}

const FIELD: [&str; 12] = [
    "key",
    "byte",
    "bit",
    "width",
    "endian",
    "signed",
    "scale",
    "offset",
    "sentinels",
    "range",
    "unit",
    "enum",
];

fn field(number: usize, value: &Value) -> Result<FieldDescription, String> {
    let object = Object::new(format!("fields[{number}]."), value, &FIELD)?;
    let key = object.needed("key", object.text("key")?)?;
    let byte = object.needed("byte", object.integer("byte")?)?;
    let width = object.needed("width", object.integer("width")?)?;
    let mut field = FieldDescription::new(key, byte, width);
    if let Some(bit) = object.integer("bit")? {
        field.bit = bit;
    }
    field.endian = match object.text("endian")? {
        None | Some("big") => Endian::Big,
        Some("little") => Endian::Little,
        Some(_) => return Err(object.wrong("endian", "neither `big` nor `little`")),
    };
    field.signed = object.flag("signed")?;
    for (name, place) in [("scale", &mut field.scale), ("offset", &mut field.offset)] {
        if let Some(value) = object.get(name) {
            *place = decimal(value).ok_or_else(|| object.wrong(name, "not a decimal number"))?;
        }
    }
    field.unit = object.text("unit")?.map(str::to_owned);
    if object.get("range").is_some() {
        let range: Vec<_> = object.list("range")?.iter().filter_map(decimal).collect();
        let [low, high] = range[..] else {
            return Err(object.wrong("range", "not two decimal numbers"));
        };
        field.range = Some((low, high));
    }
    for value in object.list("sentinels")? {
        let sentinel = Object::new(object.place.clone() + "sentinels.", value, &["raw", "reason"])?;
        let reason = sentinel.needed("reason", sentinel.text("reason")?)?;
        field.sentinels.push(Sentinel {
            raw: sentinel.needed("raw", sentinel.integer("raw")?)?,
            reason: Reason::from_word(reason)
                .ok_or_else(|| sentinel.wrong("reason", "none of `error`, `low`, `high`, `absent`"))?,
        });
    }
    if object.get("enum").is_some() {
        let word = |value| {
            let word = Object::new(object.place.clone() + "enum.", value, &["raw", "word"])?;
            Ok(Word {
                raw: word.needed("raw", word.integer("raw")?)?,
                word: word.needed("word", word.text("word")?)?.to_owned(),
            })
        };
        let words: Result<Vec<_>, String> = object.list("enum")?.iter().map(word).collect();
        field.words = Some(words?);
    }
    Ok(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compiled(kind: Kind, text: &str) -> Result<Descriptions, String> {
        let description = Description {
            kind,
            text: text.to_owned(),
        };
        description.compile(Descriptions::new())
    }

    const GOOD: &str = r#"{"name":"demo","version":1,"status":"unconfirmed","match":{"lengths":[6],"const":[{"byte":0,"mask":"0xF0","value":96}]},
"fields":[{"key":"state","byte":0,"bit":3,"width":4,"enum":[{"raw":0,"word":"ok"},{"raw":"1","word":"alarm"}]},
{"key":"tA","byte":1,"width":16,"signed":true,"scale":0.1,"offset":"-1.5","range":[-40,"80.5"],"unit":"°C","sentinels":[{"raw":"0x8001","reason":"error"}]}]}"#;

    #[test]
    fn a_layout_has_the_members_of_the_specification_and_no_others() {
        let good = compiled(Kind::Layout, GOOD).unwrap();
        let decoding = good.decode(&[0x61, 0xff, 0x9c, 0, 0, 0]);
        assert_eq!(decoding.description().unwrap().name, "demo");
        for (from, to, why) in [
            ("\"name\"", "\"nam\"", "\"nam\" is no member"),
            ("\"demo\"", "7", "name: not a text"),
            ("unconfirmed", "sure", "status: neither"),
            ("[6]", "[600]", "match.lengths"),
            ("0xF0", "0xF", "constant outside its mask"),
            (
                "\"scale\":0.1",
                "\"scale\":\"x\"",
                "fields[1].scale: not a decimal",
            ),
            ("[-40,\"80.5\"]", "[-40]", "fields[1].range"),
            (
                "\"reason\":\"error\"",
                "\"reason\":\"odd\"",
                "fields[1].sentinels.reason",
            ),
            ("\"width\":16", "\"width\":65", "bad width in field 1"),
            ("\"signed\":true", "\"signed\":1", "fields[1].signed"),
            ("\"byte\":1,", "", "fields[1].byte: missing"),
        ] {
            let error = compiled(Kind::Layout, &GOOD.replacen(from, to, 1)).unwrap_err();
            assert!(error.contains(why), "{error} for {to}");
        }
    }

    #[test]
    fn a_configuration_is_that_of_the_network() {
        assert!(compiled(Kind::Configuration, "t::int:16 h::uint:8").is_ok());
        assert!(compiled(Kind::Configuration, "t::int:0").is_err());
    }
}
