//! Templates to publish (§11): what to type into the callbacks of a device type.

use super::service::Service;

/// A body template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Template {
    /// For callbacks of this service.
    pub service: Service,
    /// The body, with content type `application/json`.
    pub body: &'static str,
}

/// The body templates. Those for DATA_ADVANCED need contract options for `duplicates` and `computedLocation`: drop them where
/// the contract has none.
pub const TEMPLATES: [Template; 5] = [
    Template {
        service: Service::Bidir,
        body: r#"{"cb":"bidir","v":1,"device":"{device}","deviceTypeId":"{deviceTypeId}","time":{time},"seqNumber":"{seqNumber}","data":"{data}","ack":{ack}}"#,
    },
    Template {
        service: Service::Advanced,
        body: r#"{"cb":"advanced","v":1,"device":"{device}","time":{time},"seqNumber":"{seqNumber}","data":"{data}","lqi":"{lqi}","operatorName":"{operatorName}","countryCode":"{countryCode}","duplicates":{duplicates},"computedLocation":{computedLocation}}"#,
    },
    Template {
        service: Service::Status,
        body: r#"{"cb":"status","v":1,"device":"{device}","time":{time},"seqNumber":"{seqNumber}","batt":"{batt}","temp":"{temp}"}"#,
    },
    Template {
        service: Service::Ack,
        body: r#"{"cb":"ack","v":1,"device":"{device}","time":{time},"infoCode":{infoCode},"infoMessage":"{infoMessage}","downlinkAck":"{downlinkAck}","downlinkOverusage":"{downlinkOverusage}"}"#,
    },
    Template {
        service: Service::Error,
        body: r#"{"cb":"error","v":1,"device":"{device}","time":{time},"severity":"{severity}","info":"{info}"}"#,
    },
];

/// A line pattern for batches (§10).
pub const LINE_PATTERN: &str = "{device};{time};{seqNumber};{data};{ack}";
