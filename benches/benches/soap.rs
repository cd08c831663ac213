//! Web Sensor SOAP bodies: decoding, encoding, entry points.
//!
//! What each implementation checks beyond the values is in the table of [`comet_benches::peers`]: the readers of `quick-xml`
//! do less work than this crate, `roxmltree` about the same for the XML.

use std::hint::black_box;

use comet_benches::peers::{borrowed, namespaces, structs, tree};
use comet_benches::{corpus, writers};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use soap_websensor::entry::{EntryKey, EntryPoint, EntryToken};
use soap_websensor::{Message, Options, decode, envelope};

fn octets(len: usize) -> Throughput {
    Throughput::Bytes(u64::try_from(len).unwrap_or(u64::MAX))
}

/// Same body, same message; refused bodies are refused by all that are timed with them.
fn decoding(c: &mut Criterion) {
    let options = Options::new();
    let mut group = c.benchmark_group("soap/decode");
    for corpus::Body {
        name,
        octets: body,
        lawful,
        ..
    } in &corpus::bodies()
    {
        let expected = decode(body).ok();
        assert_eq!(expected.is_some(), *lawful, "{name}");
        let check = |message: Option<Message<'_>>| assert_eq!(message, expected, "{name}");
        group.throughput(octets(body.len()));
        group.bench_with_input(BenchmarkId::new("this-crate", name), body, |b, body| {
            b.iter(|| decode(black_box(body)));
        });
        check(envelope::decode(body, &options).ok());
        group.bench_with_input(BenchmarkId::new("this-crate-general", name), body, |b, body| {
            b.iter(|| envelope::decode(black_box(body), &options));
        });
        check(borrowed::decode(body));
        group.bench_with_input(BenchmarkId::new("quick-xml-borrowed", name), body, |b, body| {
            b.iter(|| borrowed::decode(black_box(body)));
        });
        check(namespaces::decode(body));
        group.bench_with_input(BenchmarkId::new("quick-xml-ns", name), body, |b, body| {
            b.iter(|| namespaces::decode(black_box(body)));
        });
        // The deserializer accepts a document type declaration: not the same task there.
        if *lawful || structs::decode(body).is_none() {
            check(structs::decode(body));
            group.bench_with_input(BenchmarkId::new("quick-xml-serde", name), body, |b, body| {
                b.iter(|| structs::decode(black_box(body)));
            });
        }
        check(tree::decode(body));
        group.bench_with_input(BenchmarkId::new("roxmltree", name), body, |b, body| {
            b.iter(|| tree::decode(black_box(body)));
        });
    }
    group.finish();
}

/// This crate checks every character and writes into a buffer that it measures first; the others do neither.
fn encoding(c: &mut Criterion) {
    let body = corpus::typical();
    let Ok(message) = decode(body) else { return };
    let (mut buffer, mut vector) = ([0; 1024], Vec::with_capacity(1024));
    let mut group = c.benchmark_group("soap/encode");
    group.throughput(octets(body.len()));
    assert_eq!(message.emit(&mut buffer).map(|written| &*written), Ok(body));
    group.bench_function("this-crate", |b| {
        b.iter(|| black_box(&message).emit(&mut buffer).map(|written| written.len()));
    });
    assert!(writers::events(&writers::EXAMPLE, &mut vector).is_ok() && vector == body);
    group.bench_function("quick-xml-writer", |b| {
        b.iter(|| {
            vector.clear();
            writers::events(black_box(&writers::EXAMPLE), &mut vector)
        });
    });
    assert_eq!(writers::formatted(&writers::EXAMPLE).as_bytes(), body);
    group.bench_function("format", |b| {
        b.iter(|| writers::formatted(black_box(&writers::EXAMPLE)));
    });
    group.finish();
}

/// The peer keeps the keyed state of the MAC, which this crate makes anew for each token so as to keep the key alone.
fn entry(c: &mut Criterion) {
    const TEXT: &str = "WlpaWlpaWlpaWlpaWlpaWg";
    let key = EntryKey::new([7; 32]);
    let (Some(token), Ok(kept)) = (EntryToken::parse(TEXT), Hmac::<Sha256>::new_from_slice(&[7; 32])) else {
        return;
    };
    let hash = key.hash(&token);
    let point = EntryPoint::with_previous(key.hash(&token), Some(hash));
    let mut group = c.benchmark_group("soap/entry");
    group.bench_function("parse", |b| b.iter(|| EntryToken::parse(black_box(TEXT))));
    let with_kept = |text: &str| {
        let mut mac = kept.clone();
        mac.update(text.as_bytes());
        <[u8; 32]>::from(mac.finalize().into_bytes())
    };
    assert_eq!(with_kept(TEXT), hash.to_bytes());
    group.bench_function("hash/this-crate", |b| b.iter(|| key.hash(black_box(&token))));
    group.bench_function("hash/hmac-state-kept", |b| b.iter(|| with_kept(black_box(TEXT))));
    assert!(point.matches(&hash));
    group.bench_function("match", |b| b.iter(|| point.matches(black_box(&hash))));
    group.bench_function("request", |b| {
        b.iter(|| EntryToken::parse(black_box(TEXT)).is_some_and(|token| point.matches(&key.hash(&token))));
    });
    group.finish();
}

criterion_group!(benches, decoding, encoding, entry);
criterion_main!(benches);
