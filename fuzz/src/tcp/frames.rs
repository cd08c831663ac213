//! Frames and bodies.

use wifisensor_tcp::DecodeError;
use wifisensor_tcp::ack::Ack;
use wifisensor_tcp::config::{Config, ConfigBody};
use wifisensor_tcp::failure::Failure;
use wifisensor_tcp::frame::{DeviceFrames, Direction, Frame, FrameType, ServerFrames, Splitter};
use wifisensor_tcp::handshake::{Challenge, Hello};
use wifisensor_tcp::result::Answer;
use wifisensor_tcp::rotate::Rotate;
use wifisensor_tcp::status::Status;

use super::{pieces, sealed};

/// However a stream is cut, its frames and its error are the same; every frame and body is the only encoding of what it says.
pub fn splitting(stream: &[u8]) {
    // The cuts come from the stream: any octets cut it somewhere.
    let own: Vec<u8> = stream.iter().map(|octet| octet & 31).collect();
    for direction in [Direction::FromDevice, Direction::FromServer] {
        let whole = split(direction, &[stream]);
        for cuts in [&[1][..], &[3], &[7, 1], &[24], &own] {
            assert_eq!(split(direction, &pieces(stream, cuts)), whole);
        }
        let (frames, end) = whole;
        let mut at = 0;
        for bytes in &frames {
            assert_eq!(
                stream.get(at..).and_then(|rest| rest.get(..bytes.len())),
                Some(bytes.as_slice())
            );
            at += bytes.len();
            let frame = Frame::parse(bytes, direction).expect("it was split off");
            let again = sealed(frame.kind().into(), frame.seq(), frame.body(), None).expect("it fits");
            assert_eq!(again.get(..frame.signed().len()), Some(frame.signed()));
            body(&frame);
        }
        match end {
            Ok(pending) => assert_eq!(at + pending, stream.len()),
            Err(error) => assert!((at..at + 8).contains(&error.offset), "{error:?}"),
        }
    }
}

/// The octets of all frames; then how many octets are left, or the error.
type Split = (Vec<Vec<u8>>, Result<usize, DecodeError>);

fn split(direction: Direction, chunks: &[&[u8]]) -> Split {
    match direction {
        Direction::FromDevice => run(DeviceFrames::from_device(), chunks),
        Direction::FromServer => run(ServerFrames::from_server(), chunks),
    }
}

fn run<const N: usize>(mut splitter: Splitter<N>, chunks: &[&[u8]]) -> Split {
    let mut frames = Vec::new();
    for mut chunk in chunks.iter().copied() {
        loop {
            match splitter.next_frame(&mut chunk) {
                Ok(Some(frame)) => frames.push([frame.signed(), frame.tag()].concat()),
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(splitter.next_frame(&mut &[][..]), Err(error), "final");
                    return (frames, Err(error));
                }
            }
        }
        assert!(chunk.is_empty());
    }
    let pending = splitter.pending();
    (frames, Ok(pending))
}

fn body(frame: &Frame<'_>) {
    let body = frame.body();
    match frame.kind() {
        FrameType::Hello => only_encoding(body, Hello::parse, |hello| hello.to_bytes().to_vec()),
        FrameType::Status => only_encoding(body, Status::parse, |status| status.to_bytes().to_vec()),
        FrameType::Samples => super::samples::decoding(body),
        FrameType::Result => only_encoding(body, Answer::parse, |answer| answer.to_bytes().to_vec()),
        FrameType::DeviceError | FrameType::ServerError => {
            only_encoding(body, Failure::parse, |failure| failure.to_bytes().to_vec());
        }
        FrameType::Challenge => {
            only_encoding(body, Challenge::parse, |challenge| challenge.to_bytes().to_vec());
        }
        FrameType::Ack => only_encoding(body, Ack::parse, |ack| ack.to_bytes().to_vec()),
        FrameType::Rotate => only_encoding(body, Rotate::parse, |rotate| rotate.to_bytes().to_vec()),
        FrameType::Config => config(body),
        _ => {}
    }
}

/// Behind the fields of this version a body may go on; reserved octets count for nothing.
fn only_encoding<T: PartialEq + std::fmt::Debug>(
    body: &[u8],
    parse: impl Fn(&[u8]) -> Result<T, DecodeError>,
    encode: impl Fn(&T) -> Vec<u8>,
) {
    match parse(body) {
        Ok(value) => {
            let bytes = encode(&value);
            assert!(bytes.len() <= body.len());
            assert_eq!(parse(&bytes).as_ref(), Ok(&value));
            assert_eq!(encode(&parse(&bytes).expect("it was read")), bytes);
        }
        Err(error) => assert!(error.offset <= body.len(), "{error:?}"),
    }
}

fn config(body: &[u8]) {
    match Config::parse(body) {
        Ok(config) => {
            assert_eq!(
                ConfigBody::from_bytes(body).expect("it was read").as_bytes(),
                config.as_bytes()
            );
            // What the items say can be written, and reads back.
            let Some(mut written) = ConfigBody::new(config.version()) else {
                return;
            };
            for item in config.items() {
                if written.push(&item).is_err() {
                    return;
                }
            }
            let again = Config::parse(written.as_bytes()).expect("it was written");
            assert!(again.items().eq(config.items()));
        }
        Err(error) => assert!(error.offset <= body.len(), "{error:?}"),
    }
}
