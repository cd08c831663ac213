//! Before anything is looked up: how often one address may ask (replay-guard §8).

use std::net::IpAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use clap::Args;
use comet_proto::UnixMillis;
use hyper::StatusCode;
use hyper::header::{CONNECTION, HeaderValue, RETRY_AFTER};
use replay_guard::shed::Shedder;
use replay_guard::{Gcra, HashKey};

use super::Gateway;
use super::connection::CLOSE;
use crate::{Failure, clock, secrets};

/// Cells of each of two rows: 1 MiB in all, whatever addresses are made up.
const CELLS: u64 = 65_536;

/// How much an address may ask for.
#[derive(Debug, Clone, Args)]
#[group(skip)]
pub(crate) struct Options {
    /// Requests and sessions a second from one address, 1 to 1000; 0 for no limit. Behind a proxy all devices have one.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u64).range(0..=1000), value_name = "COUNT")]
    pub(crate) address_rate: u64,
    /// Requests and sessions at once from one address that was quiet before.
    #[arg(long, default_value_t = 60_000, value_parser = clap::value_parser!(u64).range(1..), value_name = "COUNT")]
    pub(crate) address_burst: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            address_rate: 1000,
            address_burst: 60_000,
        }
    }
}

impl Options {
    pub(super) fn shed(&self) -> Result<Option<Shed>, Failure> {
        let Some(period) = 1000_u64.checked_div(self.address_rate) else {
            return Ok(None);
        };
        let failed = || Failure::new("--address-rate and --address-burst are above 0");
        let rate = Gcra::new(period, self.address_burst, 0).ok_or_else(failed)?;
        let shedder = Shedder::new(HashKey::new(secrets::random()?), 2, CELLS, rate);
        let shedder = shedder.map_err(|error| Failure::new(error.to_string()))?;
        Ok(Some(Shed(Mutex::new(shedder))))
    }
}

/// Counts what each address asks for. Addresses are not kept: cells of a hash under a secret key are.
#[derive(Debug)]
pub(crate) struct Shed(Mutex<Shedder>);

impl Shed {
    /// Seconds to wait, if the address asks for too much.
    fn take(&self, address: IpAddr, now: UnixMillis) -> Result<(), u64> {
        let mut shedder = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = match address.to_canonical() {
            IpAddr::V4(address) => shedder.take(&address.octets(), now.0),
            // Whoever has one address of a network of 64 bits has them all.
            IpAddr::V6(address) => {
                let octets = address.octets();
                shedder.take(octets.get(..8).unwrap_or_default(), now.0)
            }
        };
        taken.map_err(|early| early.retry_after.unwrap_or(60_000).div_ceil(1000))
    }
}

impl Gateway {
    /// Whether the address may ask now.
    pub(super) fn may_ask(&self, address: IpAddr) -> Result<(), u64> {
        let taken = match &self.shed {
            Some(shed) => shed.take(address, clock::now()),
            None => Ok(()),
        };
        if taken.is_err() {
            self.counters.guard.shed.fetch_add(1, Ordering::Relaxed);
        }
        taken
    }
}

/// The other side of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) IpAddr);

/// In front of all routes.
pub(super) async fn address(State(gateway): State<Arc<Gateway>>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<Peer>().copied();
    match peer.map_or(Ok(()), |Peer(address)| gateway.may_ask(address)) {
        Ok(()) => next.run(request).await,
        Err(wait_s) => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
            let headers = response.headers_mut();
            headers.insert(RETRY_AFTER, HeaderValue::from(wait_s));
            headers.insert(CONNECTION, CLOSE);
            response
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_its_burst_and_others_have_theirs() {
        let options = Options {
            address_rate: 2,
            address_burst: 3,
        };
        let shed = options.shed().unwrap().unwrap();
        let take =
            |address: &str, ms: u64| shed.take(address.parse().unwrap(), UnixMillis(1_790_000_000_000 + ms));
        for _ in 0..6 {
            // At most once through each of two rows.
            let _ = take("192.0.2.1", 0);
        }
        assert_eq!(take("::ffff:192.0.2.1", 0), Err(1), "the same address");
        assert_eq!(take("2001:db8::1", 0), Ok(()));
        assert_eq!(take("192.0.2.1", 500), Ok(()));
        let without = Options {
            address_rate: 0,
            ..options
        };
        assert!(without.shed().unwrap().is_none());
    }
}
