//! Fetching by the `git` program, in a clean environment.
//!
//! Neither the user's nor the system's configuration is read, no hook runs, no other protocol is spoken, nothing is
//! followed to another host. A token goes through the environment of the child, which only its user can read.

use super::fetch::FetchOptions;
use super::limits::{size, too_large};
use super::mirror::Slot;
use super::process::{Watched, clean};
use super::wire::Fetched;
use crate::address::{Address, Scheme};
use crate::config::HostConfig;
use crate::error::ForgeError;
use crate::identity::Login;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Fetches a commit into a mirror.
pub(crate) fn fetch(
    address: &Address,
    login: Option<&Login>,
    host: Option<&HostConfig>,
    base: &Path,
    commit: &str,
    slot: &Slot,
    options: &FetchOptions,
) -> Result<Fetched, ForgeError> {
    let place = address.to_string();
    if address.scheme == Scheme::Ssh {
        return Err(ForgeError::config(format!("`{place}`: the git backend fetches over https; ssh is fetched by the native one")));
    }
    let command = command(address, login, host, base, commit, slot, options);
    let (watched, input, mut output) = Watched::start(command, &place, Instant::now() + options.limits.wall)?;
    drop(input);
    std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
    let mut well = None;
    while well.is_none() {
        std::thread::sleep(Duration::from_millis(50));
        well = watched.ended();
        let bytes = written(&slot.repository.join("objects"));
        if bytes > options.limits.received {
            return Err(too_large(&place, format!("the server sent more than {}", size(options.limits.received))));
        }
    }
    // git notes partial clones there, in a way that other readers refuse.
    slot.write_config()?;
    if well == Some(true) {
        let shallow = std::fs::read_to_string(slot.repository.join("shallow")).unwrap_or_default();
        return Ok(Fetched { shallow: shallow.lines().map(str::to_owned).collect(), filtered: options.limits.blob.is_some() });
    }
    let said = login.map_or_else(|| watched.said(), |l| l.password.redact(&watched.said()));
    let lower = said.to_ascii_lowercase();
    Err(match () {
        () if watched.was_late() => ForgeError::network(&place, "fetching took too long and was given up"),
        () if ["authentication failed", "could not read username", "403"].iter().any(|w| lower.contains(w)) => {
            ForgeError::Denied { place, reason: said }
        }
        () if ["not our ref", "not found"].iter().any(|w| lower.contains(w)) => ForgeError::NotFound { place: format!("{place} ({said})") },
        () if lower.contains("redirect") || lower.contains("transport") => ForgeError::refused(&place, said),
        () => ForgeError::network(&place, format!("git says: {said}")),
    })
}

fn command(
    address: &Address,
    login: Option<&Login>,
    host: Option<&HostConfig>,
    base: &Path,
    commit: &str,
    slot: &Slot,
    options: &FetchOptions,
) -> Command {
    let mut command = clean(options.git.as_deref().unwrap_or(Path::new("git")));
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_TERMINAL_PROMPT", "0");
    command.env("GIT_ASKPASS", "/bin/false").env("GIT_ATTR_NOSYSTEM", "1").env("HOME", "/nonexistent");
    let mut settings = vec![
        ("core.hooksPath".to_owned(), "/dev/null".to_owned()),
        ("protocol.allow".to_owned(), "never".to_owned()),
        (format!("protocol.{}.allow", if address.scheme == Scheme::Http { "http" } else { "https" }), "always".to_owned()),
        ("http.followRedirects".to_owned(), "false".to_owned()),
        ("http.lowSpeedLimit".to_owned(), "100".to_owned()),
        ("http.lowSpeedTime".to_owned(), "60".to_owned()),
        ("fetch.unpackLimit".to_owned(), "1".to_owned()),
        ("gc.auto".to_owned(), "0".to_owned()),
        ("maintenance.auto".to_owned(), "false".to_owned()),
        ("credential.helper".to_owned(), String::new()),
        ("pack.threads".to_owned(), "1".to_owned()),
    ];
    if let Some(file) = host.and_then(|h| h.ca_file.as_ref()) {
        settings.push(("http.sslCAInfo".to_owned(), base.join(file).display().to_string()));
    }
    if let Some(login) = login {
        settings.push(("http.extraHeader".to_owned(), format!("Authorization: {}", login.basic().expose())));
    }
    command.env("GIT_CONFIG_COUNT", settings.len().to_string());
    for (at, (key, value)) in settings.into_iter().enumerate() {
        command.env(format!("GIT_CONFIG_KEY_{at}"), key).env(format!("GIT_CONFIG_VALUE_{at}"), value);
    }
    command.arg("--git-dir").arg(&slot.repository);
    command.args([
        "fetch",
        "--quiet",
        "--no-tags",
        "--no-recurse-submodules",
        "--no-write-fetch-head",
        "--no-auto-maintenance",
        "--depth=1",
    ]);
    if let Some(blob) = options.limits.blob {
        command.arg(format!("--filter=blob:limit={blob}"));
    }
    command.args(["--", &address.to_string(), commit]);
    command
}

/// Bytes below a folder of objects, temporary files included.
fn written(objects: &Path) -> u64 {
    let folders = std::iter::once(objects.to_owned()).chain(std::iter::once(objects.join("pack")));
    let entries = folders.flat_map(|f| std::fs::read_dir(f).into_iter().flatten().flatten());
    entries.filter_map(|e| e.metadata().ok()).filter(|m| m.is_file()).map(|m| m.len()).sum()
}
