//! `serve`: catalogs over HTTP, read-only, on this machine unless a token says who else may ask.

use crate::output;
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
  apicensus serve catalog.json                       http://127.0.0.1:8765/
  apicensus serve catalogs/*.json                    an organisation: the newest of every repository
  apicensus serve catalog.json --listen 0.0.0.0:8765 --token-file token.txt

On 127.0.0.1 and ::1 anyone on this machine may ask. Any other address needs a token of at least 16
characters, from APICENSUS_SERVE_TOKEN or --token-file: as `Authorization: Bearer`, or in a browser as
the password. There is no TLS; put a proxy in front. The API describes itself: /api/v1/openapi.json.

Exit codes: 0 stopped, 2 wrong use, or it could not be done.";

/// Arguments of `serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Catalogs, as `scan -f json` writes them; several of one repository are its revisions.
    #[arg(value_name = "CATALOG", required = true, value_hint = ValueHint::FilePath)]
    pub catalogs: Vec<PathBuf>,
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
    let archive = Archive::read(args.catalogs.iter().map(|file| read(file)).collect::<Result<_>>()?)?;
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

fn read(file: &Path) -> Result<(String, String)> {
    let text = std::fs::read_to_string(file).with_context(|| format!("could not read `{}`", file.display()))?;
    let name = file.file_stem().map_or_else(|| file.display().to_string(), |stem| stem.to_string_lossy().into_owned());
    Ok((name, text))
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
