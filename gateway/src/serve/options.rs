//! What the command line says.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::{Limits, https, shed, tcp};
use crate::guard;

/// What `comet serve` is told.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// Database file; made if it is not there.
    #[arg(long, default_value = "comet.db")]
    pub(crate) db: PathBuf,
    /// Address for sensors. Port 80 is what Web Sensors have from the factory.
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Address for /health and /metrics; none by default.
    #[arg(long)]
    pub(crate) status: Option<SocketAddr>,
    /// Octets of a message, at most.
    #[arg(long, default_value_t = soap_websensor::limits::MAX_BODY_LEN)]
    pub(crate) max_body: usize,
    /// Connections at a time, over HTTP and as many over HTTPS.
    #[arg(long, default_value_t = 1024)]
    pub(crate) max_connections: usize,
    /// Connections at a time from one address.
    #[arg(long, default_value_t = 256)]
    pub(crate) max_connections_per_address: usize,
    /// Seconds for the head of a request, and again for its body, and for the handshake of TLS; also how long an idle connection is
    /// kept, and one whose other side takes nothing of an answer.
    #[arg(long, default_value_t = 10)]
    pub(crate) timeout_s: u64,
    #[command(flatten)]
    pub(crate) shed: shed::Options,
    #[command(flatten)]
    pub(crate) guard: guard::Options,
    #[command(flatten)]
    pub(crate) tcp: tcp::Options,
    #[command(flatten)]
    pub(crate) https: https::Options,
    /// Do not say on standard error what is refused.
    #[arg(long)]
    pub(crate) quiet: bool,
}

impl Options {
    pub(super) fn limits(&self) -> Limits {
        let timeout = Duration::from_secs(self.timeout_s);
        Limits {
            connections: self.max_connections,
            connections_per_address: self.max_connections_per_address,
            head: timeout,
            body: timeout,
            answer: timeout,
            body_len: self.max_body,
        }
    }
}
