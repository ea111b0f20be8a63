//! `serve`: catalogs over HTTP, read-only, on this machine unless a token says who else may ask.

use crate::org;
use crate::{held, output};
use anyhow::{Context, Result};
use apicensus_serve::{Access, Archive, serve};
use clap::{Args, ValueHint};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The environment variable that holds the token.
const TOKEN: &str = "APICENSUS_SERVE_TOKEN";

/// Shown below the help of `serve`.
pub const EXAMPLES: &str = "\
Examples:
  apicensus serve                                    what `scan --record` kept: http://127.0.0.1:8765/
  apicensus serve catalog.json                       one catalog
  apicensus serve catalogs/*.json                    an organisation: the newest of every repository
  apicensus serve catalog.json --listen 0.0.0.0:8765 --token-file token.txt

On 127.0.0.1 and ::1 anyone on this machine may ask. Any other address needs a token of at least 16
characters, from APICENSUS_SERVE_TOKEN or --token-file: as `Authorization: Bearer`, or in a browser as
the password. There is no TLS; put a proxy in front. The API describes itself: /api/v1/openapi.json.

Exit codes: 0 stopped, 2 wrong use, or it could not be done.";

/// Arguments of `serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Catalogs: files as `scan -f json` writes them, of which several of one repository are its revisions, folders of `catalog
    /// export`, or a database (a SQLite file or a `postgres://` URL) [default: .apicensus/sweep.db, else .apicensus/catalog.db].
    #[arg(value_name = "CATALOG", value_hint = ValueHint::AnyPath)]
    pub catalogs: Vec<String>,
    /// Of a database the last so many revisions of each repository.
    #[arg(long, value_name = "NUMBER", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..))]
    pub revisions: u16,
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8765")]
    pub listen: SocketAddr,
    /// A file that holds the token which callers must give.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub token_file: Option<PathBuf>,
}

/// Runs the command.
pub fn run(args: &ServeArgs) -> Result<u8> {
    let token = token(args.token_file.as_deref())?;
    let access = Access::new(args.listen, token.as_deref(), TOKEN)?;
    let archive = archive(args)?;
    let how = if access.needs_token() { "with the token" } else { "for anyone on this machine" };
    let said = format!("{} of {}", crate::style::count(archive.snapshots().len() as u64, "catalog", "catalogs"), repositories(&archive));
    let ready = |address: SocketAddr| output::note(&format!("{said}: http://{address}/ ({how}; Ctrl-C ends it)\n"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("could not start")?;
    runtime.block_on(serve(archive, access, args.listen, ready)).with_context(|| format!("could not listen on {}", args.listen))?;
    Ok(0)
}

fn repositories(archive: &Archive) -> String {
    let newest = archive.snapshots().iter().filter(|s| s.newest).count();
    crate::style::count(newest as u64, "repository", "repositories")
}

/// The catalogs that are meant. Files have the order of their commits; what was recorded has its own.
fn archive(args: &ServeArgs) -> Result<Archive> {
    let default = [org::usual().to_owned()];
    let names = if args.catalogs.is_empty() { &default[..] } else { &args.catalogs };
    let mut catalogs = Vec::new();
    for name in names {
        catalogs.extend(held::all(name, args.revisions.into())?);
    }
    let is_recorded = names.iter().any(|name| held::is_database(name));
    Ok(if is_recorded { Archive::new(catalogs)? } else { Archive::by_time(catalogs)? })
}

/// The token of the file, else of the environment. It is never an argument: those are seen by every user of the machine.
fn token(file: Option<&Path>) -> Result<Option<String>> {
    match file {
        Some(file) => {
            let text = std::fs::read_to_string(file).with_context(|| format!("could not read the token from `{}`", file.display()))?;
            anyhow::ensure!(!text.trim().is_empty(), "`{}` holds no token", file.display());
            Ok(Some(text.trim().to_owned()))
        }
        None => Ok(std::env::var(TOKEN).ok().filter(|token| !token.trim().is_empty())),
    }
}
