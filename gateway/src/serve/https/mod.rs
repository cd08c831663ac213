//! HTTPS for devices with certificates: the certificate says who sends, and where its data goes (spec device-trust, part B; `§` here
//! and below).

mod handshakes;
mod judge;
mod session;
mod update;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Router};
use clap::Args;
use hyper::header::CONNECTION;
use hyper::{HeaderMap, StatusCode};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::server::TlsStream;

use self::handshakes::Handshakes;
use self::judge::{Court, Judge};
use self::session::{Refused, Session, registered};
use self::update::Updates;
use super::connection::{CLOSE, Door};
use super::shed::{self, Peer};
use super::{Gateway, http, push};
use crate::{Failure, clock};

/// What `comet serve` is told about HTTPS.
#[derive(Debug, Clone, Default, Args)]
#[group(skip)]
pub(crate) struct Options {
    /// Address for devices with certificates. None by default.
    #[arg(id = "https", long = "https", requires = "https_cert", value_name = "ADDRESS")]
    pub(crate) listen: Option<SocketAddr>,
    /// Certificate chain of the gateway, in PEM.
    #[arg(
        id = "https_cert",
        long = "https-cert",
        requires = "https_key",
        requires = "https",
        value_name = "FILE"
    )]
    pub(crate) cert: Option<PathBuf>,
    /// Private key of that certificate, in PEM.
    #[arg(
        id = "https_key",
        long = "https-key",
        requires = "https_client_ca",
        value_name = "FILE"
    )]
    pub(crate) key: Option<PathBuf>,
    /// Certificates of the CAs that the certificates of devices come from, in PEM.
    #[arg(
        id = "https_client_ca",
        long = "https-client-ca",
        requires = "https_cert",
        value_name = "FILE"
    )]
    pub(crate) client_ca: Option<PathBuf>,
    /// Let WiFi and wired sensors use TLS 1.2; everybody else needs 1.3.
    #[arg(id = "https_tls12", long = "https-tls12", requires = "https")]
    pub(crate) tls12: bool,
    #[command(flatten)]
    updates: update::Options,
}

/// A listener that does not serve yet.
pub(super) struct Listener {
    pub(super) listener: TcpListener,
    pub(super) checkpoint: Checkpoint,
    updates: Updates,
}

impl Listener {
    pub(super) async fn bind(options: &Options, gateway: &Arc<Gateway>) -> Result<Option<Self>, Failure> {
        let Some((address, court)) = options.listen.zip(Court::open(options)?) else {
            return Ok(None);
        };
        let updates = Updates::load(&options.updates, gateway.devices().connection())?;
        let listener = TcpListener::bind(address)
            .await
            .map_err(|error| Failure::new(format!("{address}: {error}")))?;
        let checkpoint = Checkpoint {
            gateway: Arc::clone(gateway),
            court: Arc::new(court),
            handshakes: Arc::new(Handshakes::start()?),
        };
        Ok(Some(Self {
            listener,
            checkpoint,
            updates,
        }))
    }

    /// What there is for devices with certificates.
    pub(super) fn router(&self) -> Router {
        let gateway = &self.checkpoint.gateway;
        Router::new()
            .route("/json", post(message))
            .route("/update/{class}/{counter}", get(update::get))
            .layer(Extension(self.updates.clone()))
            .layer(from_fn_with_state(Arc::clone(gateway), shed::address))
            .with_state(Arc::clone(gateway))
    }

    pub(super) fn address(&self) -> Result<SocketAddr, Failure> {
        self.listener
            .local_addr()
            .map_err(|error| Failure::new(error.to_string()))
    }
}

/// Lets in whose certificate is good, known, and bound to a project.
#[derive(Clone)]
pub(super) struct Checkpoint {
    gateway: Arc<Gateway>,
    court: Arc<Court>,
    handshakes: Arc<Handshakes>,
}

impl Checkpoint {
    async fn handshake(&self, stream: TcpStream) -> Result<(TlsStream<TcpStream>, Session), Refused> {
        let judge = Judge::new(&self.court);
        let acceptor = self.court.acceptor(&judge).map_err(std::io::Error::other)?;
        let accepted = self.handshakes.run(acceptor.accept(stream));
        // With the time that it waits for its turn.
        let accepted = tokio::time::timeout(self.gateway.limits.head, accepted).await;
        let credential = match judge.found() {
            Some(Err(error)) => return Err(Refused::Certificate(*error)),
            Some(Ok(credential)) => Some(Arc::new(credential.clone())),
            None => None,
        };
        let Some(accepted) = accepted.map_err(|_| Refused::TooSlow)? else {
            return Err(Refused::Handshake(std::io::ErrorKind::Interrupted.into()));
        };
        let stream = accepted?;
        let version = stream.get_ref().1.protocol_version().map(u16::from);
        // There is no handshake without both.
        let (Some(credential), Some(version)) = (credential, version) else {
            return Err(Refused::Handshake(std::io::ErrorKind::InvalidData.into()));
        };
        Ok((stream, Session { credential, version }))
    }
}

impl Door for Checkpoint {
    type Stream = TlsStream<TcpStream>;
    type Guest = Session;

    async fn enter(&self, stream: TcpStream, Peer(address): Peer) -> Option<(Self::Stream, Session)> {
        // Handshakes cost more than requests.
        self.gateway.may_ask(address).ok()?;
        let entered = async {
            let (stream, session) = self.handshake(stream).await?;
            registered(&self.gateway, &session).await?;
            Ok::<_, Refused>((stream, session))
        };
        match entered.await {
            Ok(entered) => Some(entered),
            Err(refused) => {
                self.gateway
                    .counters
                    .add_refused_https(refused.code(), &refused, clock::now());
                None
            }
        }
    }
}

/// `POST /json`: one message. The registry is asked each time, so that its word holds in open sessions too; and when the message is
/// there, so that a device that takes its time is not bound to what held when it began.
async fn message(
    State(gateway): State<Arc<Gateway>>,
    Extension(session): Extension<Session>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let body = match http::receive(&gateway, &headers, body).await {
        Ok(body) => body,
        Err(response) => return response,
    };
    let (device, certified) = match registered(&gateway, &session).await {
        Ok(registered) => registered,
        Err(refused) => return refuse(&gateway, &refused),
    };
    let sender = push::Sender {
        device: &device,
        proof: &certified,
        entry: None,
        project: Some(certified.project()),
    };
    push::take(&gateway, &sender, &body).await
}

/// The end of a session that the registry does not want any more.
fn refuse(gateway: &Gateway, refused: &Refused) -> Response {
    gateway
        .counters
        .add_refused_https(refused.code(), refused, clock::now());
    let mut response = Response::new(Body::empty());
    *response.status_mut() = match refused {
        Refused::Registry => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::FORBIDDEN,
    };
    response.headers_mut().insert(CONNECTION, CLOSE);
    response
}
