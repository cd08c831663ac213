//! Devices (§C.2).
//!
//! Their channels are keyed as in the `source` of an element, `devices/{device}/{channel}/{sub channel}`. Of what is documented by its
//! name only, the JSON is given as it came.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::answer::payload;
use super::error::ApiError;
use super::json::{Json, Member, given};

/// A device.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Device<'a> {
    /// Id.
    pub device: Cow<'a, str>,
    /// Name.
    pub name: Cow<'a, str>,
    /// The member `type`.
    pub kind: Cow<'a, str>,
    /// Channels, sorted by their key; none if the answer has none.
    pub channels: Vec<Channel<'a>>,
    /// The member `max_offline`.
    pub max_offline: Option<Json<'a>>,
    /// The member `max_interval`.
    pub max_interval: Option<Json<'a>>,
    /// The member `firmware`.
    pub firmware: Option<Firmware<'a>>,
    /// The member `versions`.
    pub versions: Option<Json<'a>>,
}

/// A channel of a device.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Channel<'a> {
    /// Key.
    pub channel: Cow<'a, str>,
    /// Sub-channels, sorted by their key.
    pub sub_channels: Vec<SubChannel<'a>>,
}

/// A part of a channel: what an element is measured by.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct SubChannel<'a> {
    /// Key.
    pub sub_channel: Cow<'a, str>,
    /// Id of the element, if there is one.
    pub element_id: Option<Cow<'a, str>>,
    /// The member `config`.
    pub config: Option<Json<'a>>,
}

/// Firmware of a device.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Firmware<'a> {
    /// The member `current`.
    pub current: Option<Json<'a>>,
    /// The member `target`.
    pub target: Option<Json<'a>>,
    /// The member `auto_update`.
    pub auto_update: Option<Json<'a>>,
    /// The member `broker`.
    pub broker: Option<Json<'a>>,
}

/// GET `/projects/{project}/devices` and `…/devices/{device}`: the devices, sorted by id.
///
/// # Errors
/// [`ApiError`].
pub fn devices(body: &[u8]) -> Result<Vec<Device<'_>>, ApiError> {
    let devices = payload(body)?.entries()?.map(|(device, member)| {
        let [name, kind] = member.demand(["name", "type"])?;
        let [channels, max_offline, max_interval, firmware, versions] =
            member.members(["channels", "max_offline", "max_interval", "firmware", "versions"])?;
        Ok(Device {
            device,
            name: name.text()?,
            kind: kind.text()?,
            channels: keyed(channels, channel)?,
            max_offline: given(max_offline),
            max_interval: given(max_interval),
            firmware: firmware
                .filter(|firmware| !firmware.is_null())
                .map(read_firmware)
                .transpose()?,
            versions: given(versions),
        })
    });
    devices.collect()
}

/// The members of an object, each read; none if there is no object.
fn keyed<'a, T>(
    object: Option<Member<'a>>,
    read: impl Fn(Cow<'a, str>, Member<'a>) -> Result<T, ApiError>,
) -> Result<Vec<T>, ApiError> {
    match object.filter(|object| !object.is_null()) {
        Some(object) => object.entries()?.map(|(key, member)| read(key, member)).collect(),
        None => Ok(Vec::new()),
    }
}

fn channel<'a>(channel: Cow<'a, str>, member: Member<'a>) -> Result<Channel<'a>, ApiError> {
    let [sub_channels] = member.members(["sub_channels"])?;
    let sub_channels = keyed(sub_channels, sub_channel)?;
    Ok(Channel {
        channel,
        sub_channels,
    })
}

fn sub_channel<'a>(sub_channel: Cow<'a, str>, member: Member<'a>) -> Result<SubChannel<'a>, ApiError> {
    let [element_id, config] = member.members(["element_id", "config"])?;
    Ok(SubChannel {
        sub_channel,
        element_id: element_id
            .filter(|id| !id.is_null())
            .map(|id| id.text())
            .transpose()?,
        config: given(config),
    })
}

fn read_firmware(member: Member<'_>) -> Result<Firmware<'_>, ApiError> {
    let [current, target, auto_update, broker] =
        member.members(["current", "target", "auto_update", "broker"])?;
    Ok(Firmware {
        current: given(current),
        target: given(target),
        auto_update: given(auto_update),
        broker: given(broker),
    })
}

#[cfg(test)]
mod tests {
    use super::devices;
    use crate::api::ApiError;
    use alloc::format;

    #[test]
    fn a_device_has_channels_limits_and_firmware() {
        let answer = br#"{"status":"ok","payload":{"d\u0031":{"name":"\u00e9","type":"t",
            "channels":{"2":{"sub_channels":{"b":{"element_id":null},"a":{"element_id":"e\u0031","config":{"k":[1]}}}},
                        "1":{"config":0}},
            "max_offline":900,"max_interval":60.50,
            "firmware":{"current":"1.2.3","target":null,"auto_update":true,"broker":{"host":"h"}},
            "versions":["x"],"more":1}}}"#;
        let found = devices(answer).unwrap();
        let [device] = &found[..] else {
            panic!("one device")
        };
        assert_eq!(
            (&*device.device, &*device.name, &*device.kind),
            ("d1", "\u{e9}", "t")
        );
        let [one, two] = &device.channels[..] else {
            panic!("two channels")
        };
        assert_eq!(
            (&*one.channel, one.sub_channels.len(), &*two.channel),
            ("1", 0, "2")
        );
        let [a, b] = &two.sub_channels[..] else {
            panic!("two sub-channels")
        };
        assert_eq!((&*a.sub_channel, a.element_id.as_deref()), ("a", Some("e1")));
        assert_eq!(a.config.unwrap().as_str(), r#"{"k":[1]}"#);
        assert_eq!((&*b.sub_channel, b.element_id.as_deref()), ("b", None));
        assert!(b.config.is_none());
        let number =
            |json: Option<crate::api::Json<'static>>| json.and_then(|json| json.number()).unwrap().as_f64();
        assert_eq!(
            (number(device.max_offline), number(device.max_interval)),
            (900.0, 60.5)
        );
        let firmware = device.firmware.unwrap();
        assert_eq!(
            firmware.current.and_then(|version| version.text()).unwrap(),
            "1.2.3"
        );
        assert!(firmware.target.is_none());
        assert_eq!(firmware.auto_update.and_then(|update| update.bool()), Some(true));
        let host = firmware.broker.and_then(|broker| broker.get("host"));
        assert_eq!(host.and_then(|host| host.text()).unwrap(), "h");
        assert_eq!(device.versions.unwrap().as_str(), r#"["x"]"#);
    }

    #[test]
    fn name_and_type_are_enough_and_what_is_there_has_its_shape() {
        let with =
            |more: &str| format!(r#"{{"status":"ok","payload":{{"d":{{"name":"n","type":"t"{more}}}}}}}"#);
        for more in [
            "",
            r#","channels":null,"firmware":null,"versions":null"#,
            r#","channels":{},"firmware":{}"#,
        ] {
            let body = with(more);
            let found = devices(body.as_bytes()).unwrap();
            assert!(
                found[0].channels.is_empty() && found[0].versions.is_none(),
                "{more}"
            );
        }
        for (more, name) in [
            (r#","channels":[]"#, "channels"),
            (r#","channels":{"1":{"sub_channels":[]}}"#, "sub_channels"),
            (r#","channels":{"1":{"sub_channels":{"a":5}}}"#, "sub_channels"),
            (
                r#","channels":{"1":{"sub_channels":{"a":{"element_id":5}}}}"#,
                "element_id",
            ),
            (r#","firmware":"1.2""#, "firmware"),
        ] {
            assert_eq!(
                devices(with(more).as_bytes()).unwrap_err(),
                ApiError::Shape(name),
                "{more}"
            );
        }
        let body = br#"{"status":"ok","payload":{"d":{"name":"n"}}}"#;
        assert_eq!(devices(body).unwrap_err(), ApiError::Shape("type"));
    }
}
