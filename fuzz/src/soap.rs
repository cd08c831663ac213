//! Laws of `soap-websensor`.

use soap_websensor::{
    Climate, Content, DecodeError, Message, Options, Status, Strictness, canonical, decode, decode_with,
    envelope,
};

use crate::oracle;

/// Everything that holds for any octets whatever.
pub fn decoding(body: &[u8]) {
    let options = Options::new();
    let general = envelope::decode(body, &options);
    if let Some(message) = canonical::decode(body)
        && body.len() <= options.max_len
    {
        assert_eq!(
            Ok(&message),
            general.as_ref(),
            "the canonical path decides otherwise"
        );
    }
    assert_eq!(
        decode(body),
        general,
        "decode decides otherwise than its general path"
    );
    let strict = decode_with(body, &options.with_strictness(Strictness::Strict));
    match general {
        Err(error) => {
            assert!(error.offset <= body.len(), "{error} in {} octets", body.len());
            assert!(strict.is_err(), "strict mode accepts more");
        }
        Ok(message) => {
            if strict != Ok(message.clone()) {
                let refused = strict.map(drop).map_err(|error| error.kind.code());
                assert_eq!(refused, Err("structure"), "strict mode decides otherwise");
            }
            oracle::agrees(body, &message);
            rewriting(&message);
        }
    }
}

/// A decoded message can be written and reads back. Where all quantities read back as they were, the octets are a fixed
/// point; where one did not (the canonical form has only the sentinels of the wire for what is missing or malformed, and
/// what they mean depends on unit and model), they are one a round later.
pub fn rewriting(message: &Message<'_>) {
    let Some(once) = emit(message) else { return };
    let again = reread(&once).unwrap_or_else(|error| panic!("{error}\n{}", String::from_utf8_lossy(&once)));
    let twice = emit(&again).expect("it was written before");
    if statuses(message) == statuses(&again) {
        assert_eq!(text(&twice), text(&once));
    } else {
        let third = reread(&twice).map(|message| emit(&message).expect("and again"));
        assert_eq!(third.as_deref().map(text), Ok(text(&twice)));
    }
}

fn text(octets: &[u8]) -> &str {
    std::str::from_utf8(octets).expect("the encoder writes UTF-8")
}

fn statuses(message: &Message<'_>) -> Vec<Status> {
    let climate = |climate: &Climate<'_>| {
        [
            climate.temperature.status,
            climate.humidity.status,
            climate.computed.status,
        ]
    };
    let mut all = match &message.content {
        Content::FlatTrhp(sample) => Vec::from_iter(
            climate(&sample.climate)
                .into_iter()
                .chain([sample.pressure.status]),
        ),
        Content::FlatCo2(sample) => {
            Vec::from_iter(climate(&sample.climate).into_iter().chain([sample.co2.status]))
        }
        Content::Channels(channels) => channels.list.iter().map(|channel| channel.status).collect(),
        _ => Vec::new(),
    };
    for status in &mut all {
        if let Status::Ok(value) = status {
            *value = value.normalized();
        }
    }
    all
}

/// Writes a message in all three ways, which have to agree; `None` if the canonical form cannot hold it.
pub fn emit(message: &Message<'_>) -> Option<Vec<u8>> {
    let mut nothing = [0; 0];
    let written = match message.to_vec() {
        Ok(written) => written,
        Err(error) => {
            assert_eq!(message.encoded_len(), Err(error));
            assert_eq!(message.emit(&mut nothing), Err(error));
            return None;
        }
    };
    assert_eq!(message.encoded_len(), Ok(written.len()));
    let mut buffer = vec![0; written.len()];
    assert!(message.emit(&mut buffer).is_ok_and(|octets| octets == written));
    if let Some((_, short)) = buffer.split_first_mut() {
        let before = short.to_vec();
        assert!(message.emit(short).is_err());
        assert_eq!(short, before, "an error, and something was written");
    }
    Some(written)
}

/// Decodes whatever the length.
pub fn reread(body: &[u8]) -> Result<Message<'_>, DecodeError> {
    decode_with(body, &Options::new().with_max_len(usize::MAX))
}
