//! What comes over the internet instead of the radio: a callback of the Sigfox Cloud, its payload by a configuration and by a
//! description.

use sigfox_frame::Decimal;
use sigfox_frame::callback::{Answer, Receiver, Request, Secrets, decide};
use sigfox_frame::layout::{Description, FieldDescription, Layout, Reading, Status};
use sigfox_frame::payload::{Config, Value};

const BODY: &[u8] = br#"{"device":"2D91F3","time":1718000000,"data":"850a01ff38","seqNumber":611,"ack":true,
    "duplicates":[{"bsId":"5A17","rssi":-131.0,"nbRep":2}]}"#;

/// The answer to a callback, if everything in it is as it should be.
fn answered() -> Option<()> {
    let receiver = Receiver::new(Secrets::new(b"Bearer probe")?);
    let request = Request::new("POST", &[b"Bearer probe"])
        .with_content_type("application/json")
        .with_body(BODY);
    let received = receiver.receive(&request, 1_718_000_005).ok()?;
    let record = received.as_one()?;
    let data = record.data()?;
    let payload = data.payload.as_bytes();
    (data.receptions.first()?.rssi? == Decimal::parse("-131")?).then_some(())?;

    let config = Config::compile("st::uint:8 n::uint:16:little-endian t::int:16").ok()?;
    let temperature = config.values(payload).find(|(name, _)| *name == "t")?.1;
    (temperature? == Value::Signed(-200)).then_some(())?;
    let field = FieldDescription::new("st", 0, 8);
    let description = Description::new("probe", Status::Unconfirmed)
        .with_lengths([5])
        .with_field(field);
    let layout = Layout::new(description).ok()?;
    let decoded = layout.decode(payload)?;
    (decoded.values().next()?.reading == Reading::Value(Decimal::from(0x85_u64))).then_some(())?;

    let mut answer = Answer::new();
    answer.give(
        record.device?,
        decide(None, Some(&[1, 2, 3, 4, 5, 6, 7, 8])).given,
    );
    (answer.body()? == r#"{"2D91F3":{"downlinkData":"0102030405060708"}}"#).then_some(())
}

/// 1 if a callback is read and answered.
#[unsafe(no_mangle)]
pub extern "C" fn probe_cloud() -> i32 {
    i32::from(answered().is_some())
}
