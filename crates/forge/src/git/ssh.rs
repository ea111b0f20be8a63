//! `upload-pack` over ssh, by the system's `ssh`.
//!
//! The user's and the system's ssh configuration are not read; a host whose key is not known is refused; nothing is
//! forwarded and nothing is asked on a terminal.

use super::limits::Budget;
use super::process::{Watched, clean};
use super::wire::Connection;
use crate::address::Address;
use crate::config::HostConfig;
use crate::error::ForgeError;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout, Command};

/// A running `ssh`.
pub(crate) struct Ssh {
    child: Watched,
    input: ChildStdin,
    output: ChildStdout,
}

impl Ssh {
    pub fn open(program: &Path, address: &Address, host: Option<&HostConfig>, base: &Path, budget: &Budget) -> Result<Ssh, ForgeError> {
        budget.time()?;
        let command = command(program, address, host, base);
        let (child, input, output) = Watched::start(command, &budget.place, budget.end)?;
        Ok(Ssh { child, input, output })
    }

    fn failure(&self, what: &dyn std::fmt::Display) -> ForgeError {
        if self.child.was_late() {
            return ForgeError::network(&self.child.place, "fetching took too long and was given up");
        }
        let said = self.child.said();
        let lower = said.to_ascii_lowercase();
        if ["permission denied", "host key verification failed", "no matching host key"].iter().any(|w| lower.contains(w)) {
            return ForgeError::Denied { place: self.child.place.clone(), reason: said };
        }
        if ["not found", "does not exist", "not appear to be a git repository"].iter().any(|w| lower.contains(w)) {
            return ForgeError::NotFound { place: format!("{} ({said})", self.child.place) };
        }
        ForgeError::network(&self.child.place, if said.is_empty() { what.to_string() } else { format!("{what}: {said}") })
    }
}

fn command(program: &Path, address: &Address, host: Option<&HostConfig>, base: &Path) -> Command {
    let mut command = clean(program);
    command.env("GIT_PROTOCOL", "version=2");
    command.args(["-F", "none", "-T", "-a", "-x"]);
    for option in [
        "BatchMode=yes",
        "StrictHostKeyChecking=yes",
        "ClearAllForwardings=yes",
        "PermitLocalCommand=no",
        "ProxyCommand=none",
        "ControlPath=none",
        "ConnectTimeout=20",
        "ServerAliveInterval=15",
        "ServerAliveCountMax=4",
        "SendEnv=GIT_PROTOCOL",
    ] {
        command.args(["-o", option]);
    }
    if let Some(file) = host.and_then(|h| h.known_hosts.as_ref()) {
        command.arg("-o").arg(format!("UserKnownHostsFile={}", base.join(file).display()));
        command.args(["-o", "GlobalKnownHostsFile=none"]);
    }
    if let Some(key) = host.and_then(|h| h.ssh_key.as_ref()) {
        command.args(["-o", "IdentitiesOnly=yes", "-i"]).arg(base.join(key));
    }
    if let Some(port) = address.port {
        command.arg("-p").arg(port.to_string());
    }
    let user = address.user.as_deref().unwrap_or("git");
    // The far shell gets the path in single quotes.
    let path = address.path.replace('\'', "'\\''");
    command.args(["--", &format!("{user}@{}", address.host.trim_matches(['[', ']'])), &format!("git-upload-pack '/{path}'")]);
    command
}

/// Reads the child's output; its death is told in its own words.
struct Output<'a>(&'a mut Ssh);

impl Read for Output<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self.0.output.read(buffer) {
            Ok(0) if !buffer.is_empty() => {
                std::thread::sleep(std::time::Duration::from_millis(30));
                Err(std::io::Error::other(self.0.failure(&"the connection ended")))
            }
            other => other,
        }
    }
}

impl Connection for Ssh {
    fn greeting(&mut self, _budget: &Budget) -> Result<Box<dyn Read + '_>, ForgeError> {
        Ok(Box::new(Output(self)))
    }
    fn ask(&mut self, request: &[u8], _budget: &Budget) -> Result<Box<dyn Read + '_>, ForgeError> {
        if let Err(e) = self.input.write_all(request).and_then(|()| self.input.flush()) {
            return Err(self.failure(&e));
        }
        Ok(Box::new(Output(self)))
    }
}
