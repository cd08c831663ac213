//! Elements (§C.2).

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::answer::payload;
use super::error::ApiError;
use super::json::{Json, Member, given};
use super::number::Number;

/// An element: a measured quantity.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Element<'a> {
    /// Id.
    pub element: Cow<'a, str>,
    /// Name.
    pub name: Cow<'a, str>,
    /// Unit.
    pub unit: Cow<'a, str>,
    /// The member `element_type`.
    pub element_type: Cow<'a, str>,
    /// `devices/{device}/{channel}/{sub channel}`.
    pub source: Cow<'a, str>,
    /// The member `numeric`, whose type is not documented.
    pub numeric: Option<Json<'a>>,
    /// The member `connection_timeout`, whose type is not documented.
    pub connection_timeout: Option<Json<'a>>,
    /// `telemetry.cur_val`.
    pub cur_val: Reading<'a>,
    /// `telemetry.last_val`, if there is one.
    pub last_val: Option<Reading<'a>>,
}

/// A value of an element.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Reading<'a> {
    /// Value.
    pub val: Number<'a>,
    /// Unix seconds with a fraction.
    pub time: Number<'a>,
}

/// GET `/projects/{project}/elements` and `…/elements/{element}`: the elements, sorted by id.
///
/// # Errors
/// [`ApiError`].
pub fn elements(body: &[u8]) -> Result<Vec<Element<'_>>, ApiError> {
    let elements = payload(body)?.entries()?.map(|(element, member)| {
        let [name, unit, element_type, source, telemetry] =
            member.demand(["name", "unit", "element_type", "source", "telemetry"])?;
        let [numeric, connection_timeout] = member.members(["numeric", "connection_timeout"])?;
        let [cur_val] = telemetry.demand(["cur_val"])?;
        let [last_val] = telemetry.members(["last_val"])?;
        Ok(Element {
            element,
            name: name.text()?,
            unit: unit.text()?,
            element_type: element_type.text()?,
            source: source.text()?,
            numeric: given(numeric),
            connection_timeout: given(connection_timeout),
            cur_val: reading(cur_val)?,
            last_val: last_val
                .filter(|last_val| !last_val.is_null())
                .map(reading)
                .transpose()?,
        })
    });
    elements.collect()
}

fn reading(member: Member<'_>) -> Result<Reading<'_>, ApiError> {
    let [val, time] = member.demand(["val", "time"])?;
    Ok(Reading {
        val: val.number()?,
        time: time.number()?,
    })
}

#[cfg(test)]
mod tests {
    use super::elements;
    use crate::api::ApiError;
    use alloc::format;
    use alloc::string::ToString as _;

    fn element(more: &str, telemetry: &str) -> alloc::string::String {
        format!(
            r#"{{"status":"ok","payload":{{"e":{{"name":"n","unit":"u","element_type":"m","source":"devices/d/1/t"{more},
            "telemetry":{{{telemetry}}}}}}}}}"#
        )
    }

    #[test]
    fn an_element_has_a_present_value_and_maybe_a_last_one() {
        let cur_val = r#""cur_val":{"val":-1.50,"time":1.5}"#;
        let body = element("", cur_val);
        let found = elements(body.as_bytes()).unwrap();
        assert_eq!(found[0].cur_val.val.to_string(), "-1.5");
        assert_eq!(found[0].source, "devices/d/1/t");
        assert!(
            found[0].last_val.is_none()
                && found[0].numeric.is_none()
                && found[0].connection_timeout.is_none()
        );

        let body = element(
            r#","numeric":true,"connection_timeout":300"#,
            &format!(r#"{cur_val},"last_val":{{"val":2.50,"time":1}}"#),
        );
        let found = elements(body.as_bytes()).unwrap();
        assert_eq!(found[0].numeric.and_then(|numeric| numeric.bool()), Some(true));
        let timeout = found[0].connection_timeout.and_then(|timeout| timeout.number());
        assert_eq!(timeout.unwrap().as_str(), "300");
        let last = found[0].last_val.unwrap();
        assert_eq!((last.val.as_str(), last.time.as_str()), ("2.50", "1"));

        let body = element("", &format!(r#"{cur_val},"last_val":null"#));
        assert!(elements(body.as_bytes()).unwrap()[0].last_val.is_none());
    }

    #[test]
    fn values_are_numbers_with_a_time() {
        for (telemetry, name) in [
            (r#""cur_val":{"val":"1","time":1}"#, "val"),
            (r#""cur_val":{"val":1}"#, "time"),
            (r#""last_val":{"val":1,"time":1}"#, "cur_val"),
            (r#""cur_val":{"val":1,"time":1},"last_val":{"val":1}"#, "time"),
            (r#""cur_val":{"val":1,"time":1},"last_val":[]"#, "last_val"),
        ] {
            let body = element("", telemetry);
            assert_eq!(
                elements(body.as_bytes()).unwrap_err(),
                ApiError::Shape(name),
                "{telemetry}"
            );
        }
    }
}
