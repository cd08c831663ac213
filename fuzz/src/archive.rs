//! Laws of what `comet-proto` keeps of callbacks.

use comet_proto::sigfox::{
    Archive, Callback, Content, LinePattern, Merged, Receiver, Record, Request, Secrets, Stranger, merge,
    observations, read,
};
use comet_proto::{Arrival, Claim, Ingest as _, Quality, UnixMillis};
use sigfox_frame::callback::LINE_PATTERN;

const SECRET: &[u8] = b"Bearer fuzz";
const NOW: UnixMillis = UnixMillis(1_718_000_005_000);
const ARRIVAL: Arrival = Arrival::new(NOW, [7; 16]);

/// Reads a body in every carrier.
pub fn archiving(body: &[u8]) {
    let receiver = Receiver::new(Secrets::new(SECRET).expect("a secret"));
    let pattern = LinePattern::new(LINE_PATTERN).expect("a published pattern");
    let batches = receiver.clone().with_line_pattern(pattern);
    let values = [SECRET];
    let mut all: Vec<Claim<Callback<'static>>> = Vec::new();
    for (receiver, media) in [
        (&receiver, "application/json"),
        (&receiver, "application/x-www-form-urlencoded"),
        (&receiver, "text/plain"),
        (&batches, "text/plain"),
    ] {
        let request = Request::new("POST", &values)
            .with_content_type(media)
            .with_body(body);
        if let Ok(delivery) = read(receiver, &request, ARRIVAL) {
            all.extend(delivery.claims().take(64).map(Claim::into_owned));
        }
    }
    for claim in &all {
        kept(claim);
    }
    for (at, one) in all.iter().enumerate() {
        for other in all.iter().skip(at) {
            merged(one.message(), other.message());
        }
    }
    for claim in all {
        let (key, archive) = (claim.message().key(&ARRIVAL), Archive::of(claim.message()));
        let stranger = Stranger::from(claim);
        assert_eq!((stranger.key(), stranger.archive()), (key, archive));
    }
}

/// What is read again is what was written, and has the same identity and observations.
fn kept(claim: &Claim<Callback<'_>>) {
    let callback = claim.message();
    let archive = Archive::of(callback);
    let again = archive.record().unwrap_or_else(|| panic!("{}", archive.as_str()));
    same(&again, callback, &archive);
    assert_eq!(Archive::of(&again), archive);
    assert_eq!(again.key(), (**callback).key());
    let (before, after) = (observations(callback, NOW), observations(&again, NOW));
    assert_eq!(before.len(), after.len());
    for (before, after) in before.iter().zip(&after) {
        assert_eq!((&before.value, before.taken), (&after.value, after.taken));
        assert_eq!(before.value.is_some(), before.quality == Quality::Good);
        assert_eq!(before.channel.number, 0, "the payload is not looked at");
    }
    for (at, one) in before.iter().enumerate() {
        let another = |other: &comet_proto::Observation<'_>| other.quantity == one.quantity;
        assert!(
            !before.iter().skip(at + 1).any(another),
            "two of one quantity on one channel"
        );
    }
}

fn same(again: &Record<'_>, record: &Record<'_>, archive: &Archive) {
    let mut again = again.clone();
    // What was not kept is not there again.
    again.dropped_attributes = record.dropped_attributes;
    assert_eq!(again, *record, "{}", archive.as_str());
    let spelling = |record: &Record<'_>| record.device.map(|device| device.spelling().to_owned());
    assert_eq!(spelling(&again), spelling(record));
}

/// Records with one key merge or contradict, and what is merged is kept as well.
fn merged(one: &Callback<'_>, other: &Callback<'_>) {
    let alike = one.key(&ARRIVAL) == other.key(&ARRIVAL);
    assert!(!alike || (**one).key() == (**other).key());
    if !alike {
        return;
    }
    let mut stored = Archive::of(one).record().expect("it was read before");
    match merge(&mut stored, other) {
        Merged::Conflict => assert!(matches!(stored.content, Content::Data(_))),
        Merged::Distinct => panic!("two occurrences under one key"),
        _ => {
            let archive = Archive::of(&stored);
            let mut again = archive.record().unwrap_or_else(|| panic!("{}", archive.as_str()));
            stored.dropped_attributes = 0;
            assert_eq!(again, stored, "{}", archive.as_str());
            assert_eq!(
                merge(&mut again, other),
                Merged::Unchanged,
                "{}",
                archive.as_str()
            );
        }
    }
}
