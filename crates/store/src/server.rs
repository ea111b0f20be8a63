//! The way to a PostgreSQL server.
//!
//! A URL is read as `libpq` reads it (<https://www.postgresql.org/docs/current/libpq-connect.html>), with one difference that is on the
//! safe side: where TLS is spoken, the certificate and the name of the server are always checked.

use crate::db::Db;
use crate::error::StoreError;
use percent_encoding::percent_decode_str;
use postgres::config::{Host, SslMode};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres_rustls::MakeRustlsConnect;

/// What is said where a certificate is refused.
const HINT: &str = "name the certificate of its authority with ?sslrootcert=FILE or PGSSLROOTCERT";

/// Opens a connection.
pub fn open(url: &str, place: &str) -> Result<Db, StoreError> {
    let failed = |reason: String| StoreError::Open { place: place.to_owned(), reason };
    let (url, tls) = split(url).map_err(failed)?;
    // What a driver says of a wrong URL may quote it.
    let mut config: postgres::Config =
        url.parse().map_err(|_| failed("the URL can't be read: postgres://user@host:port/database".to_owned()))?;
    if config.get_user().is_none() {
        let user = std::env::var("PGUSER").or_else(|_| std::env::var("USER")).unwrap_or_else(|_| "postgres".to_owned());
        config.user(&user);
    }
    if config.get_password().is_none()
        && let Ok(password) = std::env::var("PGPASSWORD")
    {
        config.password(password);
    }
    config.application_name("apicensus").connect_timeout(Duration::from_secs(10));
    config.ssl_mode(tls.mode.unwrap_or(if is_here(&config) { SslMode::Disable } else { SslMode::Prefer }));
    let connector = MakeRustlsConnect::new(client(tls.roots.as_deref()).map_err(failed)?);
    let mut client = config.connect(connector).map_err(|e| failed(reason(&e)))?;
    client.batch_execute("SET client_min_messages = warning").map_err(|e| failed(reason(&e)))?;
    Ok(Db::Postgres(Box::new(crate::db::Server::new(client))))
}

/// Whether all hosts are this machine, where nobody listens in.
fn is_here(config: &postgres::Config) -> bool {
    config.get_hosts().iter().all(|host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback()),
    })
}

/// What a URL says of TLS.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tls {
    mode: Option<SslMode>,
    roots: Option<PathBuf>,
}

/// A URL without what the driver can't read of TLS, and that.
fn split(url: &str) -> Result<(String, Tls), String> {
    let mut tls = Tls { roots: std::env::var_os("PGSSLROOTCERT").filter(|v| !v.is_empty()).map(PathBuf::from), ..Tls::default() };
    let from_environment = std::env::var("PGSSLMODE").ok().filter(|m| !m.is_empty());
    tls.mode = from_environment.map(|word| mode(&word)).transpose()?;
    let Some((head, query)) = url.split_once('?') else { return Ok((url.to_owned(), tls)) };
    let mut rest = Vec::new();
    for pair in query.split('&') {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = || percent_decode_str(value).decode_utf8_lossy().into_owned();
        match key {
            "sslmode" => tls.mode = Some(mode(&value())?),
            "sslrootcert" => tls.roots = Some(PathBuf::from(value())),
            "sslcert" | "sslkey" | "sslcrl" | "sslpassword" => {
                return Err(format!("`{key}` is not supported: there are no client certificates"));
            }
            _ => rest.push(pair),
        }
    }
    Ok((if rest.is_empty() { head.to_owned() } else { format!("{head}?{}", rest.join("&")) }, tls))
}

fn mode(word: &str) -> Result<SslMode, String> {
    Ok(match word {
        "disable" => SslMode::Disable,
        "allow" | "prefer" => SslMode::Prefer,
        "require" | "verify-ca" | "verify-full" => SslMode::Require,
        _ => return Err(format!("`sslmode={word}` is none of disable, prefer, require, verify-full")),
    })
}

/// A configuration of TLS that trusts the authorities of a file, else those of this machine.
fn client(roots: Option<&Path>) -> Result<ClientConfig, String> {
    let mut store = RootCertStore::empty();
    match roots.filter(|file| *file != Path::new("system")) {
        Some(file) => {
            let shown = file.display();
            let wrong = |error: &dyn std::fmt::Display| format!("`{shown}` holds no certificate: {error}");
            for certificate in CertificateDer::pem_file_iter(file).map_err(|e| wrong(&e))? {
                store.add(certificate.map_err(|e| wrong(&e))?).map_err(|e| wrong(&e))?;
            }
            if store.is_empty() {
                return Err(wrong(&"it is empty"));
            }
        }
        None => drop(store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs)),
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(|e| e.to_string())?;
    Ok(builder.with_root_certificates(store).with_no_client_auth())
}

/// What a driver says, with its causes.
fn reason(error: &postgres::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    if text.contains("certificate") { format!("{text}; {HINT}") } else { text }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_a_url_says_of_tls_is_taken_out() {
        let (url, tls) = split("postgres://a@h/d?sslmode=verify-full&connect_timeout=3&sslrootcert=%2Fca.pem").unwrap();
        assert_eq!(url, "postgres://a@h/d?connect_timeout=3");
        assert_eq!(tls, Tls { mode: Some(SslMode::Require), roots: Some(PathBuf::from("/ca.pem")) });
        assert!(split("postgres://a@h/d?sslmode=maybe").unwrap_err().contains("none of disable"));
        assert!(split("postgres://a@h/d?sslkey=x").unwrap_err().contains("sslkey"));
        assert!(client(Some(Path::new("/nonexistent.pem"))).unwrap_err().contains("nonexistent"));
    }

    #[test]
    fn this_machine_is_told_apart() {
        for (url, here) in [("postgres://a@127.0.0.1/d", true), ("postgres://a@localhost/d", true), ("postgres://a@db.acme.test/d", false)]
        {
            assert_eq!(is_here(&url.parse().unwrap()), here, "{url}");
        }
    }
}
