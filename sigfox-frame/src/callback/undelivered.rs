//! Messages that the cloud could not deliver (§3): fetched afterwards, they merge with those that arrived.

use alloc::vec::Vec;

use super::error::{ErrorKind, ReceiveError};
use super::ids::Device;
use super::record::{Content, Data, Radio, Record};
use super::scalar::plausible_time;
use super::service::Service;
use super::values::Payload;
use crate::decimal::Decimal;

/// Makes the record of an uplink message that the management interface lists as not delivered.
///
/// The list gives times in **milliseconds**, newest first; how else it looks is not specified, so the caller takes it apart.
/// The record has the key that the callback would have had: [`merge`](super::merge) it, in any order.
///
/// ```
/// use sigfox_frame::callback::undelivered;
/// let record = undelivered("2d91f3", 1_718_000_000_123, "850a", Some(611), 1_718_086_400).unwrap();
/// assert_eq!((record.time_s, record.seq), (Some(1_718_000_000), Some(611)));
/// ```
///
/// # Errors
/// [`ErrorKind::BadDevice`], [`ErrorKind::BadTime`], [`ErrorKind::BadData`].
pub fn undelivered(
    device: &str,
    time_ms: u64,
    data: &str,
    seq: Option<u32>,
    now_s: u64,
) -> Result<Record<'static>, ReceiveError> {
    let refused = |kind, field| ReceiveError::new(kind, field, 0);
    let device = Device::parse(device).ok_or_else(|| refused(ErrorKind::BadDevice, "device"))?;
    let time_s = plausible_time(Decimal::from(time_ms / 1000), now_s);
    let time_s = time_s.ok_or_else(|| refused(ErrorKind::BadTime, "time"))?;
    let payload = Payload::parse(data).ok_or_else(|| refused(ErrorKind::BadData, "data"))?;
    Ok(Record {
        service: Service::Uplink,
        device: Some(device),
        time_s: Some(time_s),
        seq,
        device_type_id: None,
        device_type_name: None,
        radio: Radio::default(),
        content: Content::Data(Data {
            payload,
            ack: None,
            long_polling: None,
            lqi: None,
            link_quality: None,
            fixed_lat: None,
            fixed_lng: None,
            operator: None,
            country: None,
            receptions: Vec::new(),
            location: None,
        }),
        attributes: Vec::new(),
        dropped_attributes: 0,
    })
}
