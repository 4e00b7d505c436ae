//! Listening, and ending cleanly.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use sluice_lifecycle::platform::Platform;
use sluice_lifecycle::product::Product;
use sluice_store::Store;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::route;
use crate::session::Sessions;
use crate::site::Site;

/// How long answers under way may take once the server is to end.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the server shows.
#[derive(Debug)]
pub struct ServerOptions {
    /// The platform. Its file is read anew for each request.
    pub platform: Platform,
    /// Its ledger.
    pub store: Store,
    /// Checkouts of products: approvals and differences of content need them.
    pub products: Vec<Product>,
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// The process environment, for the addresses of webhooks.
    pub process_environment: BTreeMap<String, String>,
}

/// The server cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The port is not to be had.
    #[error("cannot listen on 127.0.0.1:{port}")]
    Listen {
        /// The port.
        port: u16,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It broke while it served.
    #[error("the server stopped serving")]
    Serve(#[source] io::Error),
}

/// A server that listens.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    site: Arc<Site>,
    end: watch::Sender<bool>,
}

impl Server {
    /// Listens on 127.0.0.1. Nothing is answered before [`Self::run`].
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn bind(options: ServerOptions) -> Result<Self, ServerError> {
        let failed = |source| ServerError::Listen {
            port: options.port,
            source,
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))
            .await
            .map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (end, ending) = watch::channel(false);
        let products = options.products.into_iter();
        let site = Arc::new(Site {
            store: options.store,
            platform_file: options.platform.path,
            platform_id: options.platform.id,
            products: products
                .map(|product| (product.descriptor.name.clone(), product))
                .collect(),
            sessions: Sessions::default(),
            process_environment: options.process_environment,
            port: address.port(),
            ending,
        });
        Ok(Self {
            listener,
            address,
            site,
            end,
        })
    }

    /// Where the page is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Serves until `until` is over. Answers under way are finished, live views are closed.
    ///
    /// # Errors
    /// When the listener breaks.
    pub async fn run(self, until: impl Future<Output = ()> + Send + 'static) -> Result<(), ServerError> {
        let router = route::router(self.site);
        let mut ended = self.end.subscribe();
        let end = self.end;
        let stop = async move {
            until.await;
            end.send_replace(true);
        };
        let serving = axum::serve(self.listener, router).with_graceful_shutdown(stop);
        let out_of_patience = async {
            // The sender lives as long as the server serves.
            if ended.wait_for(|ended| *ended).await.is_err() {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(PATIENCE).await;
        };
        tokio::select! {
            served = serving => served.map_err(ServerError::Serve),
            () = out_of_patience => Ok(()),
        }
    }
}
