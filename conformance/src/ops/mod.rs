//! The project's own implementations as ops: one module per suite, registered in [`registry`].

mod comet_json;
mod guard;
mod sigfox_callback;
mod sigfox_radio;
mod soap;
mod store;
mod trust;
mod wst;

use crate::op::Registry;
pub use store::{RecordStore, guard_on};

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
        .feature("sigfox.combining")
        .stateless("sigfox.uplink.encode", sigfox_radio::uplink_encode)
        .stateless("sigfox.uplink.decode", sigfox_radio::uplink_decode)
        .stateless("sigfox.uplink.combine", sigfox_radio::combine)
        .stateless("sigfox.uplink.mac", sigfox_radio::mac)
        .stateless("sigfox.downlink.encode", sigfox_radio::downlink_encode)
        .stateless("sigfox.downlink.decode", sigfox_radio::downlink_decode)
        .stateless("sigfox.crc16", sigfox_radio::crc16)
        .stateless("sigfox.crc8", sigfox_radio::crc8)
        .stateless("sigfox.whitening", sigfox_radio::whitening)
        .stateless("sigfox.bch.encode", sigfox_radio::bch_encode)
        .stateless("sigfox.bch.correct", sigfox_radio::bch_correct)
        .stateless("sigfox.convolution.encode", sigfox_radio::convolution_encode)
        .stateless("sigfox.convolution.decode", sigfox_radio::convolution_decode)
        .session(
            "sigfox.sequence.new",
            &["sigfox.sequence.check"],
            sigfox_radio::sequence,
        )
        .stateless("sigfox.payload.decode", sigfox_callback::payload)
        .stateless("sigfox.layout.decode", sigfox_callback::layout)
        .session(
            "sigfox.callback.new",
            &["sigfox.callback.receive", "sigfox.callback.stored"],
            sigfox_callback::receiver,
        )
        .stateless("soap.decode", soap::decode)
        .stateless("soap.encode", soap::encode)
        .stateless("trust.image.verify", trust::image_verify)
        .stateless("trust.manifest.verify", trust::manifest_verify)
        .stateless("trust.certificate.verify", trust::certificate_verify)
        .stateless("trust.access.check", trust::access_check)
        .stateless("trust.api.decode", trust::api_decode)
        .stateless("trust.api.datalog-path", trust::api_datalog_path)
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
        .stateless("guard.policy.check", guard::policy_check)
        .stateless("guard.covers", guard::covering)
        .stateless("guard.siphash", guard::siphash)
        .stateless("guard.crc32c", guard::crc)
        .stateless("guard.shard", guard::shard)
        .session("guard.new", guard::STEPS, guard::table)
        .session(
            "guard.gcra.new",
            &["guard.gcra.take", "guard.gcra.check"],
            guard::gcra,
        )
        .session("guard.shedder.new", &["guard.shedder.take"], guard::shedder)
}
