//! Sigfox callbacks and frames as observations.

use comet_proto::sigfox::{
    self, Decoding, Descriptions, Receiver, Record, decoded_frame, frame_observations,
};
use sigfox_frame::auth::DeviceKey;
use sigfox_frame::downlink;
use sigfox_frame::uplink::{Body, Tolerance, Uplink, decode};

use super::{Options, print, visible};
use crate::input::{Asked, Format};
use crate::{Failure, clock, layout};

/// What was given to decode payloads with.
fn descriptions(options: &Options) -> Result<Descriptions, Failure> {
    let all = layout::read(&options.layout, options.configuration.as_deref())?;
    let compile = |compiled, description: &crate::store::sigfox::Description| {
        description.compile(compiled).map_err(Failure::new)
    };
    all.iter().try_fold(Descriptions::new(), compile)
}

pub(super) fn callback(body: &[u8], options: &Options) -> Result<(), Failure> {
    let descriptions = descriptions(options)?;
    let carried = options.input.carried(body)?;
    let body = carried.body(body);
    let now = clock::now();
    let receiver: Receiver = carried.receiver()?;
    let received = receiver
        .receive(&carried.request(body), now.0 / 1000)
        .map_err(|error| Failure::new(format!("{}: {error}", error.kind.code())))?;
    for record in received.records() {
        if options.format == Format::Text {
            headline(&record);
        }
        for observation in sigfox::observations(&record, now) {
            print(&observation, options.format)?;
        }
        if let Some(data) = record.data() {
            for observation in sigfox::decoded(&record, &descriptions, now) {
                print(&observation, options.format)?;
            }
            remarks(
                &descriptions.decode(data.payload.as_bytes()),
                &descriptions,
                options.format,
            );
        }
    }
    if options.format == Format::Text {
        received
            .warnings()
            .iter()
            .for_each(|warning| println!("  warning: {warning}"));
    }
    Ok(())
}

fn headline(record: &Record<'_>) {
    let device = record
        .device
        .map_or_else(|| "no device".to_owned(), |device| device.to_string());
    let time = record
        .time_s
        .map_or_else(String::new, |time_s| format!(" at {time_s} s since 1970"));
    let seq = record
        .seq
        .map_or_else(String::new, |seq| format!(", number {seq}"));
    let payload = record.data().map_or_else(String::new, |data| {
        let asks = if record.asks() {
            ", asks for a downlink"
        } else {
            ""
        };
        format!(", payload `{}`{asks}", data.payload)
    });
    println!("{} {device}{time}{seq}{payload}", record.service.as_str());
    for attribute in &record.attributes {
        let text = |text: &str| text.chars().map(visible).collect::<String>();
        println!(
            "  attribute {} = {}",
            text(&attribute.name),
            text(&attribute.value)
        );
    }
}

/// Why a payload stays raw, or how far its description can be trusted.
fn remarks(decoding: &Decoding<'_>, descriptions: &Descriptions, format: Format) {
    if format != Format::Text || descriptions.is_empty() {
        return;
    }
    match (decoding.description(), decoding.diagnostic()) {
        (Some(description), _) => {
            let confidence = if description.confirmed {
                "confirmed"
            } else {
                "unconfirmed"
            };
            let name: String = description.name.chars().map(visible).collect();
            println!("  by {name} version {}, {confidence}", description.version);
        }
        (None, Some("several")) => println!("  raw: more than one description fits"),
        (None, _) => println!("  raw: no description fits"),
    }
    for bits in decoding.undescribed() {
        println!(
            "  undescribed: byte {}, bits {:08b} of mask {:08b}",
            bits.byte, bits.bits, bits.mask
        );
    }
}

pub(super) fn radio(octets: &[u8], options: &Options) -> Result<(), Failure> {
    let descriptions = descriptions(options)?;
    let key = options.input.radio_key();
    if let Some(asked) = options.input.asked() {
        return answer(octets, asked, key);
    }
    let frames = options.input.frames(octets)?;
    for (_, frame) in &frames.list {
        let failed =
            |error: sigfox_frame::DecodeError| Failure::new(format!("{}: {error}", error.kind.code()));
        let unauthenticated = decode(frame, Tolerance::Two).map_err(failed)?;
        let proof = match key {
            // With the key, what is not authentic is not believed.
            Some(key) => {
                unauthenticated.verify(key).map_err(failed)?;
                "authentic"
            }
            None => "tag not checked",
        };
        let uplink = unauthenticated.uplink();
        if options.format == Format::Text {
            headline_of_frame(uplink, proof);
        }
        let now = clock::now();
        for observation in frame_observations(uplink, now) {
            print(&observation, options.format)?;
        }
        for observation in decoded_frame(uplink, &descriptions, now) {
            print(&observation, options.format)?;
        }
        if let Body::Bytes(payload) = &uplink.message.body {
            remarks(&descriptions.decode(payload), &descriptions, options.format);
        }
    }
    Ok(())
}

fn headline_of_frame(uplink: &Uplink, proof: &str) {
    let message = &uplink.message;
    let payload: String = message
        .body
        .payload()
        .as_slice()
        .iter()
        .map(|octet| format!("{octet:02x}"))
        .collect();
    let body = match message.body {
        Body::Empty => "empty".to_owned(),
        Body::Bit(bit) => format!("bit {}", u8::from(bit)),
        Body::Bytes(_) => format!("payload `{payload}`"),
        Body::Control(_) => format!("control record `{payload}`"),
    };
    let asks = if message.bidirectional {
        ", asks for a downlink"
    } else {
        ""
    };
    let ambiguous = if uplink.padding_ambiguous {
        ", its tag fits a shorter message too"
    } else {
        ""
    };
    println!(
        "class {} rank {} of {}, number {}, {body}{asks}: {proof}{ambiguous}",
        uplink.frame_type.class,
        uplink.frame_type.rank.get(),
        message.ep_id,
        message.counter
    );
}

/// The downlink that answers a message.
fn answer(octets: &[u8], asked: Asked, key: Option<&DeviceKey>) -> Result<(), Failure> {
    let failed = |error: sigfox_frame::DecodeError| Failure::new(format!("{}: {error}", error.kind.code()));
    let at = octets.len().saturating_sub(downlink::FRAME_LEN);
    let at = if at == downlink::AIR_HEAD.len() { at } else { 0 };
    let frame = octets.get(at..).unwrap_or_default();
    let received = downlink::decode(frame, asked.ep_id, asked.counter).map_err(failed)?;
    let proof = match key {
        Some(key) => {
            received.verify(key).map_err(failed)?;
            "authentic"
        }
        None => "tag not checked",
    };
    let received = received.received();
    let payload: String = received
        .answer
        .payload
        .iter()
        .map(|octet| format!("{octet:02x}"))
        .collect();
    println!(
        "downlink to {} after its message {}: `{payload}`, {} code words corrected: {proof}",
        asked.ep_id, asked.counter, received.corrected
    );
    Ok(())
}
