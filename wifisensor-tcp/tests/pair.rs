//! Both machines against each other in memory, with connections that break anywhere: every sample is stored exactly once and
//! in order, nothing is acknowledged before it is stored, nothing is freed before it is acknowledged.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test may panic"
)]

mod support;

use std::collections::BTreeMap;

use proptest::prelude::*;
use support::{Database, DeviceSide, Memory, ServerSide, Side, head};
use wifisensor_tcp::config::{ConfigBody, Item};
use wifisensor_tcp::handshake::{DeviceId, Hello, Versions};
use wifisensor_tcp::keys::Secret;
use wifisensor_tcp::rotate::Rotate;
use wifisensor_tcp::samples::Encoder;
use wifisensor_tcp::server::Options;
use wifisensor_tcp::session::End;
use wifisensor_tcp::status::{LogId, SampleSpan, Status};
use wifisensor_tcp::time::UnixTime;

const DEVICE: DeviceId = DeviceId([0, 0, 0, 0, 0x5e, 0, 0x53, 1]);

/// A device, a server and what both remember.
struct World {
    database: Option<Database>,
    secrets: Vec<(u8, Secret)>,
    /// Which of its secrets the device tries next.
    turn: usize,
    log_id: u32,
    oldest: u32,
    values: Vec<i32>,
    config: u32,
    sessions: u32,
}

/// What happens to a session.
#[derive(Debug, Clone, Copy)]
struct Weather {
    /// Octets that get through before the connection breaks.
    to_server: usize,
    to_device: usize,
    chunk: usize,
    /// How long the database takes.
    delay: u32,
    batch: usize,
}

const FAIR: Weather = Weather {
    to_server: usize::MAX,
    to_device: usize::MAX,
    chunk: usize::MAX,
    delay: 0,
    batch: 200,
};

impl World {
    fn new() -> Self {
        let secret = Secret::new([7; 32]);
        let database = Database {
            device_id: DEVICE,
            secrets: vec![(1, secret.clone())],
            log: None,
            config: None,
            rotate: None,
            records: BTreeMap::new(),
            lost: 0,
            config_result: None,
        };
        Self {
            database: Some(database),
            secrets: vec![(1, secret)],
            turn: 0,
            log_id: 77,
            oldest: 0,
            values: Vec::new(),
            config: 0,
            sessions: 0,
        }
    }

    fn sample(&mut self, count: u32) {
        for _ in 0..count {
            let n = self.values.len() as i32;
            self.values.push(n * n % 1000 - 300);
        }
    }

    fn next(&self) -> u32 {
        self.values.len() as u32
    }

    /// SAMPLES bodies for all that is not acknowledged.
    fn upload(&self, batch: usize) -> Vec<Vec<u8>> {
        let numbers: Vec<u32> = (self.oldest..self.next()).collect();
        let body = |numbers: &[u32]| {
            let mut buffer = [0; 1024];
            let mut encoder = Encoder::new(&mut buffer, head(numbers[0], 1)).unwrap();
            for &n in numbers {
                encoder.push(60 * n, &[Some(self.values[n as usize])]).unwrap();
            }
            encoder.finish().unwrap().to_vec()
        };
        numbers.chunks(batch.clamp(1, 255)).map(body).collect()
    }

    fn session(&mut self, weather: Weather) -> (Option<End>, Option<End>) {
        self.sessions += 1;
        let mut nonce = [0; 16];
        nonce[..4].copy_from_slice(&self.sessions.to_be_bytes());
        let (key_id, secret) = self.secrets[self.turn % self.secrets.len()].clone();
        let hello = Hello {
            versions: Versions::default(),
            key_id,
            device_id: DEVICE,
            nonce,
        };
        let span = SampleSpan::new(self.oldest, self.next()).unwrap();
        let mut status = Status::new(LogId(self.log_id), span);
        status.config = self.config;
        let memory = Memory {
            hello,
            secret,
            status,
            new_secret: None,
            config: None,
            acked: 0,
        };
        let mut device = DeviceSide::new(memory, self.upload(weather.batch), true);
        let time = UnixTime::new(1_767_225_601, 0).unwrap();
        let mut server = ServerSide::new(self.database.take().unwrap(), Options::new(), nonce, time);
        server.delay = weather.delay;
        let (mut up, mut down) = (weather.to_server, weather.to_device);
        let mut to_server = device.feed(&[]);
        let mut to_device = Vec::new();
        while !(to_server.is_empty() && to_device.is_empty()) {
            for chunk in to_server.split_off(0).chunks(weather.chunk) {
                let through = chunk.len().min(up);
                up -= through;
                to_device.extend(server.feed(&chunk[..through]));
            }
            for chunk in to_device.split_off(0).chunks(weather.chunk) {
                let through = chunk.len().min(down);
                down -= through;
                to_server.extend(device.feed(&chunk[..through]));
            }
        }
        server.eof();
        device.eof();
        server.feed(&[]);
        let ends = (device.end(), server.end());
        let (memory, database) = (device.memory, server.database);
        // Freed, only because it was acknowledged; acknowledged, only because it was stored.
        self.oldest = self.oldest.max(memory.acked);
        for n in 0..self.oldest {
            let (time, values) = &database.records[&(self.log_id, n)];
            assert_eq!(
                (*time, values.as_slice()),
                (60 * n, &[Some(self.values[n as usize])][..])
            );
        }
        assert!(database.log.is_none_or(|log| log.stored <= self.next()));
        let worked = memory.acked > 0 || matches!(ends.0, Some(End::Done));
        if worked && self.secrets.len() > 1 && self.turn % 2 == 1 {
            self.secrets.remove(0);
            self.turn = 0;
        }
        if !worked {
            self.turn += 1;
        }
        if let Some(new) = memory.new_secret {
            self.secrets.truncate(1);
            self.secrets.push(new);
            self.turn = 1;
        }
        self.config = memory.config.unwrap_or(self.config);
        self.database = Some(database);
        ends
    }

    fn database(&mut self) -> &mut Database {
        self.database.as_mut().unwrap()
    }

    /// In good weather everything arrives, and both know it.
    fn settle(&mut self) {
        for _ in 0..4 {
            self.session(FAIR);
        }
        assert_eq!(self.session(FAIR), (Some(End::Done), Some(End::Done)));
        assert_eq!(self.oldest, self.next());
        let (log_id, next) = (self.log_id, self.next());
        let stored = self
            .database()
            .records
            .range((log_id, 0)..=(log_id, u32::MAX))
            .count();
        assert_eq!(stored, next as usize);
        assert_eq!(self.database().lost, 0);
    }
}

#[test]
fn a_whole_session_is_done_on_both_sides() {
    let mut world = World::new();
    world.sample(500);
    assert_eq!(world.session(FAIR), (Some(End::Done), Some(End::Done)));
    assert_eq!(world.oldest, 500);
    world.settle();
}

#[test]
fn a_connection_cut_at_every_octet_of_either_direction_loses_and_doubles_nothing() {
    let sizes = (0..420)
        .map(|n| (n, usize::MAX))
        .chain((0..260).map(|n| (usize::MAX, n)));
    for (to_server, to_device) in sizes {
        let mut world = World::new();
        let mut config = ConfigBody::new(8).unwrap();
        config.push(&Item::SamplePeriod(300)).unwrap();
        world.database().config = Some(config);
        world.database().rotate = Some(Rotate::new(2, [9; 32]));
        world.sample(40);
        world.session(Weather {
            to_server,
            to_device,
            batch: 15,
            ..FAIR
        });
        world.sample(3);
        world.settle();
        assert_eq!(world.config, 8);
        assert_eq!(world.secrets.len(), 1);
        assert_eq!(world.secrets[0].0, 2, "the new secret is in use");
        assert_eq!(world.database().secrets.len(), 1);
    }
}

#[test]
fn a_formatted_memory_begins_a_new_log() {
    let mut world = World::new();
    world.sample(10);
    world.settle();
    (world.log_id, world.oldest, world.values) = (78, 0, Vec::new());
    world.sample(4);
    world.settle();
    assert_eq!(world.database().records.len(), 14);
}

#[test]
fn what_was_overwritten_is_noted_and_the_rest_arrives() {
    let mut world = World::new();
    world.sample(5);
    world.settle();
    world.sample(20);
    world.oldest = 12; // 5 to 11 overwritten
    let mut seen = world.database().records.len();
    assert_eq!(seen, 5);
    // Only what is still there can be compared.
    for n in 5..12 {
        let value = world.values[n as usize];
        world
            .database()
            .records
            .insert((77, n), (60 * n, vec![Some(value)]));
    }
    world.session(FAIR);
    seen = world.database().records.len();
    assert_eq!((seen, world.database().lost, world.oldest), (25, 7, 25));
}

fn weather() -> impl Strategy<Value = Weather> {
    let cut = || prop_oneof![2 => Just(usize::MAX), 3 => 0_usize..1500];
    let chunk = prop_oneof![Just(usize::MAX), 1_usize..80];
    (cut(), cut(), chunk, 0_u32..4, 1_usize..60).prop_map(|(to_server, to_device, chunk, delay, batch)| {
        Weather {
            to_server,
            to_device,
            chunk,
            delay,
            batch,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_weather_every_sample_is_stored_exactly_once(
        days in prop::collection::vec((0_u32..120, weather(), any::<u8>()), 1..12),
    ) {
        let mut world = World::new();
        for (day, (samples, weather, luck)) in (2_u8..).zip(days) {
            world.sample(samples);
            if luck < 60 && world.database().rotate.is_none() {
                world.database().rotate = Some(Rotate::new(day, [luck; 32]));
            }
            if luck % 3 == 0 {
                world.database().config = ConfigBody::new(u32::from(day));
            }
            world.session(weather);
        }
        world.settle();
        prop_assert!(world.database().rotate.is_none());
    }
}
