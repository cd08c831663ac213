//! The project's own implementations as ops: one module per suite, registered in [`registry`].

mod comet_json;
mod sigfox_callback;
mod soap;
mod wst;

use crate::op::Registry;

/// Every op that a crate of the project implements.
///
/// A suite joins with one module of functions `fn(&Input) -> Result<Value, OpError>` and one line for each op here, such as
/// `.stateless("soap.decode", soap::decode)`.
#[must_use]
pub fn registry() -> Registry {
    Registry::new("comet-proto", env!("CARGO_PKG_VERSION"))
        .stateless("comet-json.decode", comet_json::decode)
        .stateless("comet-json.encode", comet_json::encode)
        .stateless("comet-json.answer", comet_json::answer)
        .stateless("comet-sms.decode", comet_json::decode_sms)
        .stateless("sigfox.payload.decode", sigfox_callback::payload)
        .stateless("sigfox.layout.decode", sigfox_callback::layout)
        .session(
            "sigfox.callback.new",
            &["sigfox.callback.receive", "sigfox.callback.stored"],
            sigfox_callback::receiver,
        )
        .stateless("soap.decode", soap::decode)
        .stateless("soap.encode", soap::encode)
        .stateless("wst.frames.split", wst::split)
        .stateless("wst.keys.derive", wst::derive)
        .stateless("wst.keys.session", wst::session_keys)
        .stateless("wst.keys.rotate", wst::rotate)
        .stateless("wst.body.decode", wst::body)
        .stateless("wst.samples.decode", wst::samples_decode)
        .stateless("wst.samples.encode", wst::samples_encode)
        .session(
            "wst.server.new",
            &["wst.server.input", "wst.server.eof", "wst.server.state"],
            wst::server,
        )
        .session(
            "wst.device.new",
            &["wst.device.input", "wst.device.eof", "wst.device.state"],
            wst::device,
        )
}
