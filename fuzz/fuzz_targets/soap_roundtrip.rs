//! Any message that can be built: what is written reads back, means the same, and is a fixed point after one round.

#![no_main]

use arbitrary::{Arbitrary, Result, Unstructured};
use comet_fuzz::soap;
use soap_websensor::{
    Channel, ChannelList, Channels, Co2, Content, DeviceCode, Message, MessageName, Reading, Serial, Status,
    Text, Trhp,
};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(Some(message)) = build(&mut Unstructured::new(data)) {
        check(&message);
    }
});

fn build<'a>(u: &mut Unstructured<'a>) -> Result<Option<Message<'a>>> {
    let content = match u.int_in_range(0..=2)? {
        0 => Content::FlatTrhp(Trhp::arbitrary(u)?),
        1 => Content::FlatCo2(Co2::arbitrary(u)?),
        _ => {
            let list: Vec<Channel<'a>> = u.arbitrary_iter()?.take(12).collect::<Result<_>>()?;
            let Some(list) = ChannelList::new(list) else {
                return Ok(None);
            };
            let mut channels = Channels::default();
            channels.device_name = u.arbitrary()?;
            channels.list = list;
            Content::Channels(channels)
        }
    };
    let serial = *u.choose(&["13960932", "00000000", "A-1", "12345678901234567890123456789012"])?;
    let Some(serial) = Serial::new(serial) else {
        return Ok(None);
    };
    let mut message = Message::new(serial, DeviceCode::arbitrary(u)?, u.arbitrary()?, content);
    if u.ratio(1, 8)? {
        message.name = MessageName::Other {
            local: Text::arbitrary(u)?,
            namespace: Text::arbitrary(u)?,
        };
    }
    if u.ratio(1, 8)? {
        message.device = None;
    }
    if u.ratio(1, 8)? {
        message.interval_s = None;
    }
    Ok(Some(message))
}

fn check(message: &Message<'_>) {
    let Some(written) = soap::emit(message) else {
        return;
    };
    let registered = matches!(message.name, MessageName::Registered(_));
    match soap::reread(&written) {
        Ok(read) => {
            if registered {
                same_values(message, &read);
            }
            // Texts are trimmed when read and statuses are reduced to their sentinels: from here on nothing changes.
            soap::rewriting(&read);
        }
        // Another name may stand for another shape.
        Err(error) => assert!(!registered, "{error}\n{}", String::from_utf8_lossy(&written)),
    }
}

/// Numbers, alarms and lamps survive; texts do as far as their blanks do.
fn same_values(sent: &Message<'_>, read: &Message<'_>) {
    assert_eq!(sent.serial, read.serial);
    assert_eq!(sent.interval_s, read.interval_s);
    assert_eq!(sent.device, read.device);
    assert_eq!(sent.name, read.name);
    match (&sent.content, &read.content) {
        (Content::FlatTrhp(a), Content::FlatTrhp(b)) => {
            same_reading(&a.climate.temperature, &b.climate.temperature);
            same_reading(&a.climate.humidity, &b.climate.humidity);
            same_reading(&a.climate.computed, &b.climate.computed);
            same_reading(&a.pressure, &b.pressure);
        }
        (Content::FlatCo2(a), Content::FlatCo2(b)) => {
            same_reading(&a.climate.temperature, &b.climate.temperature);
            same_reading(&a.climate.humidity, &b.climate.humidity);
            same_reading(&a.climate.computed, &b.climate.computed);
            same_reading(&a.co2, &b.co2);
            assert_eq!(a.lamps, b.lamps);
        }
        (Content::Channels(a), Content::Channels(b)) => {
            assert!(
                a.list
                    .iter()
                    .map(|c| (c.number, c.form))
                    .eq(b.list.iter().map(|c| (c.number, c.form)))
            );
            for (a, b) in a.list.iter().zip(b.list.iter()) {
                assert_eq!(a.float, b.float);
                assert_eq!(a.decimals, b.decimals);
                assert_eq!(a.alarm.token(), b.alarm.token());
            }
        }
        _ => panic!("another shape"),
    }
}

fn same_reading(sent: &Reading<'_>, read: &Reading<'_>) {
    assert_eq!(sent.alarm.token(), read.alarm.token());
    if let Status::Ok(value) = sent.status
        && !value.equals(9999)
        && !value.equals(-9999)
        && !value.equals(-9998)
    {
        assert_eq!(
            read.status.value().map(|value| value.normalized()),
            Some(value.normalized())
        );
    }
}
