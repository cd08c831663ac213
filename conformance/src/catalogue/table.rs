//! The table, in the order of §10.

use super::{Kind, Op};

/// Every op.
pub const OPS: &[Op] = &[
    // §10.1 sigfox-radio
    radio("sigfox.uplink.encode", "13")
        .takes(
            "kind:text key?:octets public-key?:bool ep-id:octets counter:int rollover:int rank:int \
             bidirectional:bool payload?:octets voltage-idle-mv?:int voltage-tx-mv?:int temperature-dc?:int \
             rssi-dbm?:int",
        )
        .refuses("payload-size message-counter frame-rank rollover bidirectional"),
    radio("sigfox.uplink.decode", "10.1")
        .takes("frame:octets key?:octets allow-public?:bool tolerance?:int")
        .refuses("truncated frame-type length crc header auth"),
    radio("sigfox.uplink.combine", "10.4")
        .takes("key:octets frames:list")
        .refuses("truncated frame-type length crc header auth")
        .needs("sigfox.combining"),
    radio("sigfox.downlink.encode", "15")
        .takes("key:octets ep-id:octets counter:int payload:octets")
        .refuses("payload-size message-counter"),
    radio("sigfox.downlink.decode", "18")
        .takes("key:octets ep-id:octets counter:int frame:octets")
        .refuses("truncated length crc auth"),
    radio("sigfox.sequence.new", "11.3").opens().takes("rollover:int window:int"),
    radio("sigfox.sequence.check", "11.3").step_of("sigfox.sequence.new").takes("counter:int"),
    radio("sigfox.uplink.mac", "7").takes("key:octets message:octets"),
    radio("sigfox.crc16", "8").takes("data:octets"),
    radio("sigfox.crc8", "15").takes("data:octets"),
    radio("sigfox.whitening", "17").takes("ep-id:octets counter:int"),
    radio("sigfox.bch.encode", "16").takes("message:octets"),
    radio("sigfox.bch.correct", "16").takes("received:octets"),
    radio("sigfox.convolution.encode", "9").takes("rank:int content:octets"),
    radio("sigfox.convolution.decode", "9").takes("rank:int coded:octets"),
    // §10.2 sigfox-callback
    callback("sigfox.callback.new", "sigfox-callback §2.1, §8, §9")
        .opens()
        .takes("secrets:list pending?:list line-pattern?:text limit?:int known?:list"),
    callback("sigfox.callback.receive", "sigfox-callback §3, §5, §6, §8, §9")
        .step_of("sigfox.callback.new")
        .takes(
            "method:text content-type?:text query?:text authorization:list now:int body?:octets \
             storage-fails?:bool",
        )
        .refuses(
            "auth method content-type too-large storage bad-json bad-text too-deep conflicting-key missing \
             bad-device bad-time bad-data bad-seq bad-value bad-line",
        ),
    callback("sigfox.callback.stored", "sigfox-callback §6").step_of("sigfox.callback.new"),
    callback("sigfox.payload.decode", "sigfox-callback §7").takes("config:text data:octets").refuses("config"),
    callback("sigfox.layout.decode", "comet-sigfox-payload §6")
        .takes("layouts:list payload:octets")
        .refuses("layout"),
    // §10.3 soap
    op("soap.decode", "soap", "soap-websensor §4, §5, §10").takes("body:octets limit?:int").refuses(
        "too-large not-utf8 not-well-formed dtd too-complex not-soap soap-version structure fault \
         unknown-message no-serial duplicate",
    ),
    op("soap.encode", "soap", "soap-websensor §8")
        .takes(
            "shape:text message?:object serial:text device-code:int interval-s:int temp-unit?:text \
             computed-type?:text pressure-unit?:text lamps?:object readings:list",
        )
        .refuses("character"),
    // §10.4 comet-json
    json("comet-json.decode", "comet-wifi-json §8, comet-logger-http §5")
        .takes("body:octets types?:list limit?:int legacy?:bool batch?:bool")
        .shaped_by("json-type")
        .refuses(
            "too-large invalid-utf8 not-json trailing-data too-deep wrong-shape unsupported-type \
             unsupported-version batch missing-field duplicate-field bad-type bad-integer out-of-range bad-string \
             bad-serial bad-time bad-hex-float bad-array-length bad-channels",
        ),
    json("comet-json.encode", "comet-wifi-json §9, comet-logger-http §5")
        .takes(
            "json-type:int json-version:int order-id:int kind:int nconf:int serial:text desc:text rssi:object \
             channels:list state:object|int \
             msg-type?:int msg-cache?:int interval-s?:int conf-id?:text local-ip?:text time?:object \
             time-now-count?:int async?:bool time-count?:int timezone?:int interval-power-s?:int \
             interval-battery-s?:int first-after-reset?:bool buffered-max?:int state-mask?:int \
             alarms-suspended?:bool customer-uid?:text battery-percent?:int",
        )
        .shaped_by("json-type")
        .refuses("unsupported-type unsupported-version"),
    json("comet-json.answer", "comet-wifi-json §7").takes("result:bool message?:text"),
    json("comet-sms.decode", "comet-logger-http §A.1")
        .takes("body:octets")
        .refuses("bad-length bad-literal bad-hex"),
    // §10.5 wifisensor-tcp
    tcp("wst.frames.split", "3").takes("direction:text chunks:list").refuses("bad-magic bad-direction bad-length"),
    tcp("wst.keys.derive", "4").takes("key:octets label:text context:octets"),
    tcp("wst.keys.session", "4").takes("secret:octets hello:octets challenge:octets"),
    tcp("wst.keys.rotate", "8.2").takes("secret:octets key-id:int nonce:octets"),
    tcp("wst.body.decode", "6–9").takes("type:text body:octets").refuses("malformed unsupported value"),
    tcp("wst.samples.decode", "7.1").takes("body:octets").refuses("malformed"),
    tcp("wst.samples.encode", "7.1")
        .takes("first:int period:int basis:int channels:list records:list")
        .refuses("malformed"),
    tcp("wst.server.new", "11").opens().takes(
        "device-id:octets keys:list log-id?:int next:int config?:object rotate?:object min:int max:int \
         nonce:octets time:int ms:int",
    ),
    tcp("wst.server.input", "11").step_of("wst.server.new").takes("bytes:octets"),
    tcp("wst.server.eof", "9").step_of("wst.server.new"),
    tcp("wst.server.state", "6.3, 7").step_of("wst.server.new"),
    tcp("wst.device.new", "11").opens().takes(
        "device-id:octets key-id:int secret:octets nonce:octets min:int max:int status:object upload:list \
         close:bool",
    ),
    tcp("wst.device.input", "11").step_of("wst.device.new").takes("bytes:octets"),
    tcp("wst.device.eof", "11").step_of("wst.device.new"),
    tcp("wst.device.state", "7.2, 8").step_of("wst.device.new"),
    // §10.6 device-trust; the codes of the first three are the names in the tables of that document
    trust("trust.image.verify", "A.1.2")
        .takes(
            "image:octets keys:list max-size:int mode:text stored-counter?:int min-version?:list vendor?:octets \
             class?:octets",
        )
        .refuses(
            "truncated magic header flags size tlv trailing hash-missing hash signature-missing key signature \
             counter-missing rollback downgrade vendor class",
        ),
    trust("trust.manifest.verify", "A.2.2")
        .takes(
            "envelope:octets payload?:octets keys:list stored-sequence:int max-size:int vendor:octets \
             class:octets",
        )
        .refuses(
            "envelope unsupported algorithm digest signature-missing key signature manifest version rollback \
             vendor class size payload",
        ),
    trust("trust.certificate.verify", "B")
        .takes("chain:list anchors:list now:int registry:list tls-version:int")
        .refuses(
            "tls-version no-certificate chain-length malformed algorithm critical-extension ca-leaf key-usage eku \
             untrusted not-yet-valid expired identity unknown-device identity-mismatch revoked suspended \
             not-bound",
        ),
    trust("trust.access.check", "C.1")
        .takes("principal:object project:text operation:text object:text")
        .refuses("operation project role"),
    trust("trust.api.decode", "C.2").takes("kind:text body:octets").refuses("json shape api"),
    trust("trust.api.datalog-path", "C.2")
        .takes("project:text elements:list from-time:int to-time:int interval?:int")
        .refuses("elements time"),
    // §10.7 replay-guard
    guard("guard.policy.check", "2")
        .takes("counter:object rate?:object strikes?:object first?:text")
        .refuses("window reserve modulus back period burst rate extra limit strike-window suspend probation"),
    guard("guard.new", "9")
        .opens()
        .takes("counter:object rate?:object strikes?:object first?:text capacity?:int"),
    guarded("guard.check", "3").takes(MESSAGE),
    guarded("guard.commit", "3").takes(
        "device:text now:int counter?:int sample?:int digest?:int alarm?:bool paid-until?:int ticket?:int",
    ),
    guarded("guard.admit", "3").takes(MESSAGE),
    guarded("guard.seed", "4.1, 6.2")
        .takes("device:text counter?:int sample?:int")
        .refuses("full counter"),
    guarded("guard.forget", "4.1, 6.2").takes("device:text").refuses("full counter"),
    guarded("guard.suspend", "4.1, 6.2").takes("device:text").refuses("full counter"),
    guarded("guard.resume", "4.1, 6.2").takes("device:text").refuses("full counter"),
    guarded("guard.snapshot", "7, 10.4").takes("device:text reserve?:int").refuses("reserve"),
    guarded("guard.restore", "7")
        .takes("device:text record:octets")
        .refuses("length version discipline invalid full"),
    guarded("guard.evict", "9").takes("device:text"),
    guarded("guard.sweep", "9").takes("now:int"),
    guarded("guard.export", "10.1").takes("generation:int"),
    guarded("guard.journal", "10.1").takes("generation:int devices:list"),
    guarded("guard.recover", "10.3")
        .takes("files:list")
        .refuses("no-snapshot journal-gap journal-damaged length version discipline invalid full"),
    guarded("guard.node.read", "11").takes("node:text device:text"),
    guarded("guard.node.step", "11").takes(
        "node:text device:text now:int counter?:int sample?:int digest?:int alarm?:bool paid-until?:int",
    ),
    guarded("guard.node.write", "11").takes("node:text device:text"),
    guard("guard.covers", "10.4").takes("ceiling:int reserve:int ext:int"),
    guard("guard.gcra.new", "5.1").opens().takes("period:int burst:int jitter:int"),
    guard("guard.gcra.take", "5.1").step_of("guard.gcra.new").takes("now:int"),
    guard("guard.gcra.check", "5.1").step_of("guard.gcra.new").takes("now:int"),
    guard("guard.shedder.new", "8")
        .opens()
        .takes("key:octets cells:int rows:int period:int burst:int jitter:int"),
    guard("guard.shedder.take", "8").step_of("guard.shedder.new").takes("id:octets now:int"),
    guard("guard.siphash", "8").takes("key:octets data:octets"),
    guard("guard.crc32c", "10.1").takes("data:octets"),
    guard("guard.shard", "9").takes("key:octets device:text shards:int"),
];

const MESSAGE: &str = "device:text now:int counter?:int sample?:int digest?:int alarm?:bool paid-until?:int";

const fn op(name: &'static str, suite: &'static str, spec: &'static str) -> Op {
    Op {
        name,
        suite,
        spec,
        kind: Kind::Stateless,
        needs: None,
        shape: None,
        input: "",
        codes: "",
    }
}

const fn radio(name: &'static str, section: &'static str) -> Op {
    op(name, "sigfox-radio", section)
}

const fn callback(name: &'static str, spec: &'static str) -> Op {
    op(name, "sigfox-callback", spec)
}

const fn json(name: &'static str, spec: &'static str) -> Op {
    op(name, "comet-json", spec)
}

const fn tcp(name: &'static str, section: &'static str) -> Op {
    op(name, "wifisensor-tcp", section)
}

const fn trust(name: &'static str, section: &'static str) -> Op {
    op(name, "device-trust", section)
}

const fn guard(name: &'static str, section: &'static str) -> Op {
    op(name, "replay-guard", section)
}

/// A step of the guard's own session.
const fn guarded(name: &'static str, section: &'static str) -> Op {
    guard(name, section).step_of("guard.new")
}

impl Op {
    const fn takes(mut self, input: &'static str) -> Self {
        self.input = input;
        self
    }

    const fn refuses(mut self, codes: &'static str) -> Self {
        self.codes = codes;
        self
    }

    const fn needs(mut self, tag: &'static str) -> Self {
        self.needs = Some(tag);
        self
    }

    const fn opens(mut self) -> Self {
        self.kind = Kind::Opens;
        self
    }

    const fn step_of(mut self, opening: &'static str) -> Self {
        self.kind = Kind::StepOf(opening);
        self
    }

    const fn shaped_by(mut self, member: &'static str) -> Self {
        self.shape = Some(member);
        self
    }
}
