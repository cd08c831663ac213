use replay_guard::*;
use std::hint::black_box;
use std::time::Instant;
fn main() {
    let key = HashKey::new([7; 16]);
    let n = 2_000_000u64;
    let mut best = f64::MAX;
    for _ in 0..9 {
        let t = Instant::now();
        let mut d = [3u8; 16];
        for i in 0..n {
            d[..8].copy_from_slice(&i.to_le_bytes());
            black_box(key.device(&DeviceKey::new(black_box(d))));
        }
        best = best.min(t.elapsed().as_secs_f64() * 1e9 / n as f64);
    }
    println!("hash {best:.1}");
    let mut c = Config::new(Counter::Sliding {
        window: 64,
        hold: 30000,
        reserve: 0,
    });
    c.rate = Some(Rate {
        period: 10,
        burst: 1,
        jitter: 0,
        extra: 3,
    });
    let p = Policy::new(c).unwrap();
    let mut t = Table::new(p.clone(), key.clone(), 1000).unwrap();
    let devs: Vec<_> = (0..64u8).map(|i| DeviceKey::new([i; 16])).collect();
    let mut seq = 1u64;
    best = f64::MAX;
    for _ in 0..9 {
        let s = Instant::now();
        for i in 0..n {
            seq += 1;
            black_box(t.admit(
                black_box(&devs[(i & 63) as usize]),
                &Message::numbered(seq),
                1_790_000_000_000 + seq * 10,
            ));
        }
        best = best.min(s.elapsed().as_secs_f64() * 1e9 / n as f64);
    }
    println!("admit {best:.1}");
    best = f64::MAX;
    for _ in 0..9 {
        let s = Instant::now();
        for i in 0..n {
            seq += 1;
            black_box(t.check(
                black_box(&devs[(i & 63) as usize]),
                &Message::numbered(seq),
                1_790_000_000_000 + seq * 10,
            ));
        }
        best = best.min(s.elapsed().as_secs_f64() * 1e9 / n as f64);
    }
    println!("check {best:.1}");
    best = f64::MAX;
    for _ in 0..9 {
        let s = Instant::now();
        for i in 0..n {
            black_box(t.record(black_box(&devs[(i & 63) as usize])));
        }
        best = best.min(s.elapsed().as_secs_f64() * 1e9 / n as f64);
    }
    println!("record {best:.1}");
}
