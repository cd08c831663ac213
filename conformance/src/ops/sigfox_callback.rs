//! Suite `sigfox-callback`: requests of the network's cloud, custom payload configurations, layout descriptions, by `sigfox-frame`.

use alloc::collections::{BTreeMap, VecDeque};

use serde_json::{Map, Value, json};
use sigfox_frame::Decimal;
use sigfox_frame::callback::{
    Ack, Answer, Content, Data, Delivery, Device, DownlinkFault, Event, Given, LinePattern, Location, Merged,
    MessageKey, ReceiveError, Receiver, Record, Repeater, Request, Secrets, decide, merge, status,
};
use sigfox_frame::layout::{
    Constant, Decoded, Description, Endian, FieldDescription, Layout, Reading, Reason, Selection, Sentinel,
    Status, Word, select,
};
use sigfox_frame::payload::{self, Config};

use crate::op::{Input, Members, OpError, Opened, Outcome, Session, int, octets};

/// `sigfox.payload.decode`: configuration and payload → values.
pub(super) fn payload(input: &Input) -> Outcome {
    let input = Members::of(input);
    let data = input.octets("data")?;
    let config = Config::compile(input.text("config")?)
        .map_err(|error| OpError::new("config").at(error.offset).because(error.to_string()))?;
    let values: Vec<_> = config
        .values(&data)
        .map(|(name, value)| json!({"name": name, "value": value.and_then(value_told)}))
        .collect();
    Ok(json!({"values": values}))
}

fn value_told(value: payload::Value) -> Option<Value> {
    Some(match value {
        payload::Value::Bool(value) => json!(value),
        payload::Value::Unsigned(value) => json!(value.to_string()),
        payload::Value::Signed(value) => json!(value.to_string()),
        // `Display` gives the shortest text without exponent; it knows a zero with a sign, which §3 does not.
        payload::Value::Float(value) => json!((value + 0.0).to_string()),
        payload::Value::Text(chars) => json!(chars.as_str()?),
        _ => return None,
    })
}

/// `sigfox.layout.decode`: descriptions and payload → values.
pub(super) fn layout(input: &Input) -> Outcome {
    let input = Members::of(input);
    let payload = input.octets("payload")?;
    let mut layouts = Vec::new();
    for layout in input.objects("layouts")? {
        let description = description(&layout)?;
        layouts.push(Layout::new(description).map_err(|error| refused_layout().because(error.to_string()))?);
    }
    let raw_only =
        |diagnostic| json!({"layout": null, "diagnostic": diagnostic, "values": [], "undescribed": []});
    Ok(match select(&layouts, &payload) {
        Selection::One(layout) => layout
            .decode(&payload)
            .map_or_else(|| raw_only("none"), |decoded| decoded_told(&decoded)),
        Selection::Several => raw_only("several"),
        _ => raw_only("none"),
    })
}

fn decoded_told(decoded: &Decoded<'_>) -> Value {
    let values = decoded.values().map(|value| {
        let mut told = Map::new();
        told.insert("key".to_owned(), json!(value.key));
        set(&mut told, "unit", value.unit);
        set(&mut told, "raw", value.raw.map(|raw| raw.to_string()));
        set(&mut told, "reason", value.reading.reason());
        match value.reading {
            Reading::Value(value) => set(&mut told, "value", Some(value.to_string())),
            Reading::Word(word) => set(&mut told, "word", Some(word)),
            _ => {}
        }
        Value::Object(told)
    });
    let hex = |octet| octets(&[octet]);
    let undescribed = decoded
        .undescribed()
        .map(|bits| json!({"byte": bits.byte, "mask": hex(bits.mask), "bits": hex(bits.bits)}));
    json!({
        "layout": decoded.name(),
        "confidence": decoded.confidence().as_str(),
        "values": values.collect::<Vec<_>>(),
        "undescribed": undescribed.collect::<Vec<_>>(),
    })
}

fn refused_layout() -> OpError {
    OpError::new("layout")
}

/// What the types of a description cannot hold breaks its rules, too.
fn description(input: &Members<'_>) -> Result<Description, OpError> {
    let broken = |_| refused_layout();
    let status = Status::from_word(input.text("status")?).ok_or_else(refused_layout)?;
    let mut description = Description::new(input.text("name")?, status);
    description.version = input.int_opt("version").map_err(broken)?.unwrap_or(0);
    let conditions = input.object("match")?;
    description.lengths = conditions.ints("lengths").map_err(broken)?;
    if conditions.list_opt("const")?.is_some() {
        for constant in conditions.objects("const")? {
            description.constants.push(Constant {
                byte: constant.int("byte").map_err(broken)?,
                mask: constant.int("mask").map_err(broken)?,
                value: constant.int("value").map_err(broken)?,
            });
        }
    }
    for input in input.objects("fields")? {
        description.fields.push(field(&input)?);
    }
    Ok(description)
}

fn field(input: &Members<'_>) -> Result<FieldDescription, OpError> {
    let broken = |_| refused_layout();
    let decimal = |text: &str| Decimal::parse(text).ok_or_else(refused_layout);
    let byte = input.int("byte").map_err(broken)?;
    let mut field = FieldDescription::new(input.text("key")?, byte, input.int("width").map_err(broken)?);
    if let Some(bit) = input.int_opt("bit").map_err(broken)? {
        field.bit = bit;
    }
    field.endian = match input.text_opt("endian")? {
        None | Some("big") => Endian::Big,
        Some("little") => Endian::Little,
        Some(_) => return Err(refused_layout()),
    };
    field.signed = input.bool_opt("signed")?.unwrap_or(false);
    if let Some(scale) = input.text_opt("scale")? {
        field.scale = decimal(scale)?;
    }
    if let Some(offset) = input.text_opt("offset")? {
        field.offset = decimal(offset)?;
    }
    field.unit = input.text_opt("unit")?.map(str::to_owned);
    if input.list_opt("sentinels")?.is_some() {
        for sentinel in input.objects("sentinels")? {
            field.sentinels.push(Sentinel {
                raw: sentinel.int("raw").map_err(broken)?,
                reason: Reason::from_word(sentinel.text("reason")?).ok_or_else(refused_layout)?,
            });
        }
    }
    if input.list_opt("enum")?.is_some() {
        let words = input.objects("enum")?;
        let word = |word: &Members<'_>| {
            Ok(Word {
                raw: word.int("raw").map_err(broken)?,
                word: word.text("word")?.to_owned(),
            })
        };
        field.words = Some(words.iter().map(word).collect::<Result<_, OpError>>()?);
    }
    if input.list_opt("range")?.is_some() {
        let [low, high] = input.texts("range")?[..] else {
            return Err(refused_layout());
        };
        field.range = Some((decimal(low)?, decimal(high)?));
    }
    Ok(field)
}

/// `sigfox.callback.new`: a receiver and its store.
pub(super) fn receiver(input: &Input) -> Result<Opened, OpError> {
    let input = Members::of(input);
    let unusable = || OpError::bad_input("secrets", "texts that are not empty, one at least");
    let mut secrets = input.texts("secrets")?.into_iter();
    let mut all = secrets.next().and_then(|first| Secrets::new(first.as_bytes()));
    for secret in secrets {
        all = all.and_then(|all| all.or(secret.as_bytes()));
    }
    let mut receiver = Receiver::new(all.ok_or_else(unusable)?);
    if let Some(pattern) = input.text_opt("line-pattern")? {
        let pattern = LinePattern::new(pattern);
        let pattern = pattern.map_err(|error| OpError::bad_input("line-pattern", &error.to_string()))?;
        receiver = receiver.with_line_pattern(pattern);
    }
    if let Some(limit) = input.int_opt("limit")? {
        receiver = receiver.with_max_len(limit).with_max_batch_len(limit);
    }
    let device = |text: &str| Device::parse(text).ok_or_else(|| OpError::bad_input("device", "a device"));
    let mut pending = BTreeMap::new();
    if input.list_opt("pending")?.is_some() {
        for queue in input.objects("pending")? {
            let values = queue.texts("data")?.into_iter().map(str::to_owned);
            pending.insert(device(queue.text("device")?)?.number(), values.collect());
        }
    }
    let known = match input.list_opt("known")? {
        None => None,
        Some(_) => {
            let all = input
                .texts("known")?
                .into_iter()
                .map(|text| device(text).map(Device::number));
            Some(all.collect::<Result<_, _>>()?)
        }
    };
    let store = Store {
        messages: Vec::new(),
        given: BTreeMap::new(),
        conflicts: 0,
        quarantined: 0,
        pending,
    };
    Ok(Opened::new(CallbackSession {
        receiver,
        known,
        store,
    }))
}

struct CallbackSession {
    receiver: Receiver,
    /// Numbers of the devices that are known; all if `None`.
    known: Option<Vec<u32>>,
    store: Store,
}

/// What a server keeps.
#[derive(Clone)]
struct Store {
    messages: Vec<(MessageKey, Record<'static>)>,
    /// What messages that asked were given, by their key as text.
    given: BTreeMap<String, Given>,
    conflicts: u32,
    quarantined: u32,
    pending: BTreeMap<u32, VecDeque<String>>,
}

impl CallbackSession {
    fn receive(&mut self, input: &Input) -> Outcome {
        let input = Members::of(input);
        let authorization: Vec<_> = input
            .texts("authorization")?
            .into_iter()
            .map(str::as_bytes)
            .collect();
        let body = input.octets_opt("body")?.unwrap_or_default();
        let mut request = Request::new(input.text("method")?, &authorization).with_body(&body);
        if let Some(content_type) = input.text_opt("content-type")? {
            request = request.with_content_type(content_type);
        }
        if let Some(query) = input.text_opt("query")? {
            request = request.with_query(query);
        }
        let received = self
            .receiver
            .receive(&request, input.int("now")?)
            .map_err(refused)?;
        if input.bool_opt("storage-fails")? == Some(true) {
            return Err(OpError::new("storage").with("status", status::STORAGE));
        }
        // A store that takes all of a request or nothing.
        let mut store = self.store.clone();
        let (mut answer, mut fault) = (Answer::new(), None);
        for record in received.records() {
            let device = record.device.map(Device::number);
            let unknown = self.known.as_ref().zip(device);
            if unknown.is_some_and(|(known, device)| !known.contains(&device)) {
                store.quarantined = store.quarantined.saturating_add(1);
                continue;
            }
            fault = store.answer(&record, &mut answer).or(fault);
            store.keep(record.into_owned());
        }
        self.store = store;
        let downlinks = answer
            .members()
            .map(|(device, data)| json!({"device": device.spelling(), "data": octets(data)}));
        let warnings = received.warnings().iter().map(ToString::to_string);
        let mut told = Map::new();
        told.insert("status".to_owned(), json!(answer.status()));
        told.insert("class".to_owned(), json!(received.service().as_str()));
        told.insert("downlinks".to_owned(), json!(downlinks.collect::<Vec<_>>()));
        told.insert("warnings".to_owned(), json!(warnings.collect::<Vec<_>>()));
        set(&mut told, "fault", fault.map(DownlinkFault::code));
        Ok(Value::Object(told))
    }
}

impl Store {
    /// Answers a record that asks.
    fn answer(&mut self, record: &Record<'_>, answer: &mut Answer) -> Option<DownlinkFault> {
        let device = record.device.filter(|_| record.asks())?;
        let key = format!("{:?}", record.key());
        let earlier = self.given.get(&key).copied();
        if earlier.is_none() && answer.has(device) {
            return None;
        }
        let queue = self.pending.entry(device.number()).or_default();
        // Text that is no hexadecimal has no eight bytes either.
        let pending = queue
            .front()
            .map(|text| crate::hex::decode(&text.to_ascii_lowercase()).unwrap_or_default());
        let decision = decide(earlier, pending.as_deref());
        if decision.taken {
            queue.pop_front();
        }
        self.given.insert(key, decision.given);
        answer.give(device, decision.given);
        decision.fault
    }

    /// Creates a message, or merges the record into the one with its key.
    fn keep(&mut self, record: Record<'static>) {
        let key = record.key();
        for (_, stored) in self.messages.iter_mut().filter(|(known, _)| *known == key) {
            match merge(stored, &record) {
                Merged::Distinct => {}
                Merged::Conflict => {
                    self.conflicts = self.conflicts.saturating_add(1);
                    return;
                }
                _ => return,
            }
        }
        self.messages.push((key, record));
    }

    fn told(&self) -> Value {
        let messages = self.messages.iter().map(|(_, record)| message(record));
        let queues = self.pending.iter().filter(|(_, queue)| !queue.is_empty());
        let mut pending: Vec<_> = queues
            .map(|(device, queue)| (format!("{device:X}"), queue))
            .collect();
        pending.sort();
        let pending = pending
            .into_iter()
            .map(|(device, data)| json!({"device": device, "data": data}));
        json!({
            "messages": messages.collect::<Vec<_>>(),
            "conflicts": self.conflicts,
            "quarantined": self.quarantined,
            "pending": pending.collect::<Vec<_>>(),
        })
    }
}

impl Session for CallbackSession {
    fn step(&mut self, op: &str, input: &Input) -> Outcome {
        match op {
            "sigfox.callback.receive" => self.receive(input),
            "sigfox.callback.stored" => Ok(self.store.told()),
            _ => Err(OpError::foreign_step(op)),
        }
    }
}

fn refused(error: ReceiveError) -> OpError {
    OpError::new(error.kind.code())
        .at(error.offset)
        .with("status", error.status())
        .because(error.to_string())
}

/// Sets a member that is there.
fn set(object: &mut Map<String, Value>, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        object.insert(name.to_owned(), value.into());
    }
}

/// Sets a decimal number that is there.
fn decimal(object: &mut Map<String, Value>, name: &str, value: Option<Decimal>) {
    set(object, name, value.map(|value| value.to_string()));
}

fn message(record: &Record<'_>) -> Value {
    let mut told = Map::new();
    set(
        &mut told,
        "device",
        record.device.map(|device| device.to_string()),
    );
    set(&mut told, "time", record.time_s.map(int));
    set(&mut told, "seq", record.seq);
    set(&mut told, "device-type-id", record.device_type_id.as_deref());
    set(&mut told, "device-type-name", record.device_type_name.as_deref());
    let radio = &record.radio;
    decimal(&mut told, "rssi", radio.rssi);
    decimal(&mut told, "snr", radio.snr);
    decimal(&mut told, "avg-snr", radio.avg_snr);
    decimal(&mut told, "station-lat", radio.station_lat);
    decimal(&mut told, "station-lng", radio.station_lng);
    set(
        &mut told,
        "station",
        radio.station.map(|station| station.to_string()),
    );
    set(&mut told, "duplicate", radio.duplicate);
    match &record.content {
        Content::Data(data) => data_told(&mut told, data),
        Content::Status(status) => {
            decimal(&mut told, "battery-v", status.battery_v);
            decimal(&mut told, "temperature-c", status.temperature_c);
        }
        Content::Ack(ack) => ack_told(&mut told, ack),
        Content::Repeater(repeater) => repeater_told(&mut told, repeater),
        Content::Geoloc(location) => set(&mut told, "location", Some(location_told(location))),
        Content::Error(fault) => {
            set(&mut told, "severity", Some(fault.severity.as_ref()));
            set(&mut told, "info", fault.info.as_deref());
        }
        Content::Event(event) => event_told(&mut told, event),
        _ => {}
    }
    let extra = record
        .attributes
        .iter()
        .map(|attribute| (attribute.name.to_string(), json!(attribute.value)));
    told.insert("extra".to_owned(), Value::Object(extra.collect()));
    Value::Object(told)
}

fn data_told(told: &mut Map<String, Value>, data: &Data<'_>) {
    set(told, "data", Some(data.payload.to_string()));
    set(told, "ack", data.ack);
    set(told, "long-polling", data.long_polling);
    set(told, "lqi", data.lqi.map(|lqi| lqi.as_str()));
    set(told, "link-quality", data.link_quality);
    decimal(told, "fixed-lat", data.fixed_lat);
    decimal(told, "fixed-lng", data.fixed_lng);
    set(told, "operator", data.operator.as_deref());
    set(told, "country", data.country);
    set(told, "location", data.location.as_ref().map(location_told));
    if data.receptions.is_empty() {
        return;
    }
    let receptions = data.receptions.iter().map(|reception| {
        let mut told = Map::new();
        set(&mut told, "station", Some(reception.station.to_string()));
        decimal(&mut told, "rssi", reception.rssi);
        decimal(&mut told, "snr", reception.snr);
        set(&mut told, "rep", reception.repetitions);
        Value::Object(told)
    });
    set(told, "receptions", Some(receptions.collect::<Vec<_>>()));
}

fn location_told(location: &Location) -> Value {
    let mut told = Map::new();
    told.insert("usable".to_owned(), json!(location.position.is_some()));
    set(&mut told, "status", location.status);
    if let Some(position) = &location.position {
        decimal(&mut told, "lat", Some(position.lat));
        decimal(&mut told, "lng", Some(position.lng));
        set(&mut told, "radius-m", position.radius_m);
        set(&mut told, "source", location.source);
    }
    Value::Object(told)
}

fn ack_told(told: &mut Map<String, Value>, ack: &Ack<'_>) {
    set(told, "info-code", Some(ack.code.0));
    set(told, "info-name", ack.code.name());
    set(told, "info-message", ack.message.as_deref());
    set(told, "downlink-ack", ack.downlink_ack);
    set(told, "overusage", ack.overusage);
    let state = ack.delivery().and_then(|delivery| match delivery {
        Delivery::Transmitted => Some("transmitted"),
        Delivery::Failed(_) => Some("failed"),
        _ => None,
    });
    set(told, "downlink-state", state);
}

fn repeater_told(told: &mut Map<String, Value>, repeater: &Repeater) {
    decimal(told, "battery-v", repeater.battery_v);
    set(told, "whitelist", repeater.whitelist);
    set(told, "repeated", repeater.repeated);
    set(told, "unwanted-devices", repeater.unwanted_devices);
    set(told, "unwanted-class", repeater.unwanted_class);
    set(told, "wrong-class", repeater.wrong_class);
    set(told, "overregul-class", repeater.overregul_class);
}

fn event_told(told: &mut Map<String, Value>, event: &Event<'_>) {
    set(told, "event-type", Some(event.event_type.as_ref()));
    set(told, "severity", event.severity.as_deref());
    set(told, "source-id", event.source_id.as_deref());
    set(told, "source-type", event.source_type.as_deref());
    set(told, "group-id", event.group_id.as_deref());
    set(told, "last-seq", event.last_seq);
    set(told, "expected-seq", event.expected_seq);
    set(told, "message-seq", event.message_seq);
}
