//! `sluice serve`: the web page.

use std::fmt;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use sluice_lifecycle::product::{Product, ProductError};
use sluice_server::{Server, ServerOptions};

use crate::commands::surroundings::Surroundings;
use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::render::Answer;

/// Where the page is when `--port` is not given.
const DEFAULT_PORT: u16 = 7340;

/// Serve the web page of the platform on 127.0.0.1 until Ctrl-C
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = DEFAULT_PORT)]
    port: u16,
    /// Checkout of a product, several times for several; that of the current directory when not given. Approvals and differences of
    /// files are read from it
    #[arg(long, value_name = "DIR")]
    repository: Vec<PathBuf>,
}

#[derive(Serialize)]
struct Serving {
    url: String,
}

impl Answer for Serving {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        writeln!(out, "{}", self.url)
    }
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let surroundings = Surroundings::open(context).await?;
    let platform = surroundings.platform()?.clone();
    let here = context.current_directory()?;
    let mut products = Vec::new();
    for directory in &arguments.repository {
        products.push(Product::find(&here.join(directory)).await?);
    }
    if arguments.repository.is_empty() {
        match Product::find(&here).await {
            Ok(product) => products.push(product),
            Err(ProductError::NotFound { .. }) => context.terminal.warning(
                "no product is served with its repository, so that nobody can decide on the page: name checkouts by --repository",
            ),
            Err(error) => return Err(error.into()),
        }
    }
    let server = Server::bind(ServerOptions {
        platform,
        store: surroundings.store.clone(),
        products,
        port: arguments.port,
        process_environment: context.environment.clone(),
    })
    .await?;
    context.answer(&Serving { url: server.url() })?;
    context.terminal.progress("Ctrl-C ends it");
    // A signal ends the serving, not this command: answers under way are finished.
    let _held = context.interrupt.hold();
    server.run(context.interrupt.clone().when_requested()).await?;
    Ok(Outcome::Done)
}
