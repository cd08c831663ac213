//! x
use comet_benches::guard::*; use std::time::Instant;
fn main(){
 let kind=std::env::args().nth(1).unwrap(); let n:u64=std::env::args().nth(2).unwrap().parse().unwrap(); let cap:usize=std::env::args().nth(3).unwrap().parse().unwrap();
 let mut g: Box<dyn Guard> = match kind.as_str(){"table"=>Box::new(Ours::new(cap).unwrap()),"batch"=>Box::new(Batched::new(cap).unwrap()),"bare"=>Box::new(Bare::default()),_=>Box::new(Detector::default())};
 let mut seq=fill(g.as_mut(),n); let mut r=Random::new(5);
 let mut v=vec![];
 for _ in 0..300 { let k=r.keys(8192,n); let t=Instant::now(); g.take(&k,seq); v.push(t.elapsed().as_secs_f64()*1e9/8192.0); seq+=8192; }
 v.sort_by(f64::total_cmp); println!("{kind} {n} {cap}: median {:.1} min {:.1}", v[150], v[0]);
}
