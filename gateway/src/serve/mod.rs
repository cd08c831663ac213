//! `comet serve`: takes what sensors send and stores it before it answers.

mod admission;
mod connection;
mod counters;
mod http;
pub(crate) mod https;
mod options;
mod pace;
mod pem;
mod push;
pub(crate) mod shed;
mod sigfox;
mod soap;
mod status;
pub(crate) mod tcp;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::post;
use soap_websensor::entry::EntryKey;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

pub(crate) use connection::Limits;
pub(crate) use counters::Counters;
pub(crate) use options::Options;

use crate::guard::{Guard, Keeper};
use crate::secrets::Vault;
use crate::store::{self, Devices, Writer};
use crate::{Failure, clock, secrets};

/// Changes when the gateway stops.
type Stopping = watch::Receiver<bool>;

/// Time for requests under way when the gateway stops.
const GRACE: Duration = Duration::from_secs(10);

/// What every request needs.
pub(crate) struct Gateway {
    entry_key: EntryKey,
    devices: Mutex<Devices>,
    writer: Writer,
    guard: Guard,
    vault: Vault,
    shed: Option<shed::Shed>,
    pub(crate) counters: Arc<Counters>,
    limits: Limits,
    /// Places of callbacks that are worked on, also after their connection has ended.
    callbacks: Arc<Semaphore>,
}

impl Gateway {
    fn devices(&self) -> MutexGuard<'_, Devices> {
        self.devices.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A gateway that listens but does not serve yet.
pub(crate) struct Server {
    listener: TcpListener,
    status: Option<TcpListener>,
    tcp: Option<tcp::Listener>,
    https: Option<https::Listener>,
    gateway: Arc<Gateway>,
    writer: JoinHandle<()>,
    db: PathBuf,
}

impl Server {
    pub(crate) async fn bind(options: &Options) -> Result<Self, Failure> {
        let bind = |address: SocketAddr| async move {
            TcpListener::bind(address)
                .await
                .map_err(|error| Failure::new(format!("{address}: {error}")))
        };
        let (connection, devices) = (open(&options.db)?, open(&options.db)?);
        let listener = bind(options.listen).await?;
        let status = match options.status {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        let failed = |error: rusqlite::Error| Failure::new(format!("{}: {error}", options.db.display()));
        let begun = store::gate::guard_begun(&connection).map_err(failed)?;
        let guard = Guard::open(&options.db, &options.guard, &begun)?;
        let ledgers = match &guard.keeper {
            Keeper::Here(ledgers) => {
                store::gate::begin_guard(&connection, clock::now()).map_err(failed)?;
                Some(Arc::clone(ledgers))
            }
            Keeper::Shared(_) => None,
        };
        let (writer, thread) =
            Writer::start(connection, ledgers).map_err(|error| Failure::new(format!("writer: {error}")))?;
        let gateway = Gateway {
            entry_key: secrets::entry_key(&options.db)?,
            devices: Mutex::new(Devices::new(devices)),
            writer,
            guard,
            vault: Vault::open(&options.db)?,
            shed: options.shed.shed()?,
            counters: Arc::new(Counters::new(options.quiet)),
            limits: options.limits(),
            callbacks: Arc::new(Semaphore::new(
                options.max_connections.min(Semaphore::MAX_PERMITS),
            )),
        };
        let gateway = Arc::new(gateway);
        let tcp = match options.tcp.listen {
            Some(address) => {
                let vault = Vault::open(&options.db)?;
                Some(tcp::Listener::bind(address, &options.tcp, Arc::clone(&gateway), vault).await?)
            }
            None => None,
        };
        let https = https::Listener::bind(&options.https, &gateway).await?;
        Ok(Self {
            listener,
            status,
            tcp,
            https,
            gateway,
            writer: thread,
            db: options.db.clone(),
        })
    }

    /// Address for sessions, if there is one.
    pub(crate) fn tcp_address(&self) -> Result<Option<SocketAddr>, Failure> {
        self.tcp.as_ref().map(tcp::Listener::address).transpose()
    }

    /// Address for devices with certificates, if there is one.
    fn https_address(&self) -> Result<Option<SocketAddr>, Failure> {
        self.https.as_ref().map(https::Listener::address).transpose()
    }

    fn status_address(&self) -> Result<Option<SocketAddr>, Failure> {
        let address = self.status.as_ref().map(TcpListener::local_addr).transpose();
        address.map_err(|error| Failure::new(error.to_string()))
    }

    pub(crate) fn address(&self) -> Result<SocketAddr, Failure> {
        self.listener
            .local_addr()
            .map_err(|error| Failure::new(error.to_string()))
    }

    pub(crate) fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.gateway.counters)
    }

    /// Serves until `stop`; then takes no more connections, finishes the requests under way and the last commit.
    pub(crate) async fn run(self, stop: impl Future<Output = ()>) {
        let Self {
            listener,
            status,
            tcp,
            https,
            gateway,
            writer,
            db,
        } = self;
        // At its own pace: neither messages nor the end wait for it.
        std::thread::spawn(move || sigfox::go_on(&db));
        let status =
            status.map(|listener| tokio::spawn(status::serve(listener, Arc::clone(&gateway.counters))));
        let router = Router::new()
            .route("/soap/{entry}", post(soap::post))
            .route("/json/{entry}", post(push::post));
        let router = sigfox::routes(router)
            .layer(from_fn_with_state(Arc::clone(&gateway), shed::address))
            .with_state(Arc::clone(&gateway));
        let (limits, counters) = (gateway.limits, Arc::clone(&gateway.counters));
        let certified = https.map(|https| (https.router(), https));
        let orders = tokio::spawn(admission::carry_out(gateway));
        let (stopping, stopped) = watch::channel(false);
        let sessions = async {
            if let Some(tcp) = tcp {
                tcp.serve(stopped.clone(), GRACE).await;
            }
        };
        let end = |mut stopped: Stopping| async move {
            // An error says that the sender is gone, which is the end too.
            let _ = stopped.changed().await;
        };
        let https = {
            let (end, counters) = (end(stopped.clone()), Arc::clone(&counters));
            async move {
                if let Some((router, https)) = certified {
                    let door = (https.listener, https.checkpoint);
                    connection::serve(door, router, limits, counters, end, GRACE).await;
                }
            }
        };
        let door = (listener, connection::Open);
        let http = connection::serve(door, router, limits, counters, end(stopped.clone()), GRACE);
        let stop = async {
            stop.await;
            let _ = stopping.send(true);
        };
        tokio::join!(stop, http, https, sessions);
        orders.abort();
        if let Some(status) = status {
            status.abort();
        }
        // The last clone of the sender went with the last connection, so the thread comes to its end.
        let ended = tokio::task::spawn_blocking(move || writer.join());
        if tokio::time::timeout(GRACE, ended).await.is_err() {
            eprintln!("comet: the database did not finish in time");
        }
    }
}

pub(crate) fn open(path: &Path) -> Result<rusqlite::Connection, Failure> {
    store::open(path).map_err(|error| Failure::new(format!("{}: {error}", path.display())))
}

/// Runs until SIGINT or SIGTERM.
pub(crate) async fn run(options: &Options) -> Result<(), Failure> {
    let server = Server::bind(options).await?;
    eprintln!(
        "comet: http://{}/ takes /soap/<entry point>, /json/<entry point> and /sigfox/<device type>, database {}",
        server.address()?,
        options.db.display()
    );
    if let Some(address) = server.tcp_address()? {
        let inside = if options.tcp.tls_cert.is_some() {
            ", inside TLS"
        } else {
            ""
        };
        eprintln!("comet: tcp {address} takes sessions of WiFi sensors{inside}");
    }
    if let Some(address) = server.https_address()? {
        eprintln!("comet: https://{address}/json takes messages of devices with certificates");
    }
    if let Some(address) = server.status_address()? {
        eprintln!("comet: status http://{address}/ has /health and /metrics");
    }
    match &server.gateway.guard.keeper {
        Keeper::Here(ledgers) if ledgers.torn() > 0 => {
            let torn = ledgers.torn();
            eprintln!("comet: guard: {torn} octets of journals were torn by a crash and are cut off");
        }
        Keeper::Here(_) => {}
        Keeper::Shared(_) => eprintln!("comet: guard: shared with other nodes"),
    }
    server.run(stop_signal()).await;
    Ok(())
}

async fn stop_signal() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            core::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => core::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = core::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}
