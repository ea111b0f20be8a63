//! Catalogs over HTTP, read-only: the page of `report`, and a JSON API with an OpenAPI document of its own (`openapi.json`).
//!
//! [`Archive`] holds catalogs by repository and revision. What is asked for without a revision is the newest of every
//! repository, together. Nothing is written and nothing is fetched. Who may ask is decided in [`access`]: anyone on this
//! machine where the server listens on a loopback address, else who has the token.
//!
//! Left out: TLS, which a proxy in front brings.

pub mod access;
mod api;
mod archive;
mod merge;
mod page;
mod problem;

pub use access::{Access, AccessError};
pub use api::router;
pub use archive::{Archive, ArchiveError, Snapshot};
pub use merge::merged;

use std::net::SocketAddr;
use std::sync::Arc;

/// The document that describes the API.
pub const OPENAPI: &str = include_str!("../openapi.json");

/// Serves until the process is interrupted. `ready` is told the address once requests are taken.
///
/// # Errors
/// When the address can't be listened on.
pub async fn serve(archive: Archive, access: Access, address: SocketAddr, ready: impl FnOnce(SocketAddr)) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind(address).await?;
    ready(listener.local_addr()?);
    let app = router(Arc::new(archive), Arc::new(access));
    let interrupted = async {
        // Without a handler for the signal the process ends by the signal itself.
        let _ = tokio::signal::ctrl_c().await;
    };
    axum::serve(listener, app).with_graceful_shutdown(interrupted).await
}
