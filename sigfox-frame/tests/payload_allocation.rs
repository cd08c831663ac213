//! Compiled once, a description of payloads reads them without the heap.

use allocation_counter::measure;
use sigfox_frame::Decimal;
use sigfox_frame::layout::{
    Constant, Description, Endian, FieldDescription, Layout, Reading, Reason, Selection, Sentinel, Status,
    Word, select,
};
use sigfox_frame::payload::{Config, Value};

#[test]
fn a_configuration_is_evaluated_without_the_heap() {
    let text = "on::bool:7 n:1:uint:16:little-endian t::int:16 f::float:32 name:0:char:4 beyond:11:uint:16";
    let config = Config::compile(text).unwrap();
    let payload = [0x85, 0x0a, 0x01, 0xff, 0x38, 0x41, 0xbc, 0, 0, 0x42, 0x42, 0x42];
    for len in 0..=payload.len() {
        let (mut kinds, mut absent) = ([0_u32; 5], 0);
        let used = measure(|| {
            for (_, value) in config.values(&payload[..len]) {
                match value {
                    Some(Value::Bool(_)) => kinds[0] += 1,
                    Some(Value::Unsigned(_)) => kinds[1] += 1,
                    Some(Value::Signed(_)) => kinds[2] += 1,
                    Some(Value::Float(_)) => kinds[3] += 1,
                    Some(Value::Text(text)) => kinds[4] += u32::from(!text.as_bytes().is_empty()),
                    _ => absent += 1,
                }
            }
        });
        assert_eq!(used.count_total, 0, "{len}");
        assert_eq!(kinds.iter().sum::<u32>() + absent, 6);
        if len == payload.len() {
            assert_eq!((kinds, absent), ([1, 1, 1, 1, 1], 1));
        }
    }
}

#[test]
fn a_layout_is_found_and_decodes_without_the_heap() {
    let mut description = Description::new("demo", Status::Confirmed);
    description.lengths.push(6);
    description.constants.push(Constant {
        byte: 0,
        mask: 0xf0,
        value: 0x60,
    });
    let mut state = FieldDescription::new("state", 0, 4);
    state.bit = 3;
    state.words = Some(vec![Word {
        raw: 1,
        word: "alarm".to_owned(),
    }]);
    let mut temperature = FieldDescription::new("temperature", 1, 16);
    temperature.signed = true;
    temperature.scale = Decimal::parse("0.1").unwrap();
    temperature.offset = Decimal::parse("-1.5").unwrap();
    temperature.unit = Some("°C".to_owned());
    temperature.range = Some((Decimal::parse("-40").unwrap(), Decimal::parse("80.5").unwrap()));
    temperature.sentinels.push(Sentinel {
        raw: 0x8001,
        reason: Reason::Error,
    });
    let mut number = FieldDescription::new("number", 3, 16);
    number.endian = Endian::Little;
    description.fields = vec![state, temperature, number];
    let layouts = [Layout::new(description).unwrap()];
    let (mut values, mut withheld, mut words, mut others, mut open) = (0, 0, 0, 0, 0);
    let used = measure(|| {
        for payload in [
            [0x61, 0xff, 0x9c, 1, 0, 0],
            [0x62, 0x80, 0x01, 1, 0, 0xff],
            [0x61, 0x7f, 0xff, 1, 0, 0],
        ] {
            let Selection::One(layout) = select(&layouts, &payload) else {
                continue;
            };
            let Some(decoded) = layout.decode(&payload) else {
                continue;
            };
            for value in decoded.values() {
                match value.reading {
                    Reading::Value(_) => values += 1,
                    Reading::Word(_) => words += 1,
                    Reading::Withheld(_) => withheld += 1,
                    _ => others += 1,
                }
            }
            open += decoded.undescribed().count();
        }
    });
    assert_eq!(used.count_total, 0);
    // Of nine: the numbers and one temperature, an error, two known states; an unknown one and a temperature that cannot be.
    assert_eq!((values, withheld, words, others, open), (4, 1, 2, 2, 3));
}
