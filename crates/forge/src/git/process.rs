//! Child processes for fetching: `ssh`, and `git` where that is wanted. They get a clean environment and end in time.

use crate::error::ForgeError;
use crate::gate::lock;
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The end of what a child says on its error output that is kept.
const MAX_SAID: usize = 4 << 10;

/// A child that is killed when it is late, or when this value goes.
pub(crate) struct Watched {
    pub place: String,
    child: Arc<Mutex<Child>>,
    over: Arc<AtomicBool>,
    late: Arc<AtomicBool>,
    said: Arc<Mutex<Vec<u8>>>,
}

/// What of the environment a child may know.
const KEPT: &[&str] = &["PATH", "HOME", "USER", "SSH_AUTH_SOCK", "TMPDIR", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"];

/// A command with a clean environment.
pub(crate) fn clean(program: &std::path::Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("LC_ALL", "C");
    for name in KEPT {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}

impl Watched {
    /// Starts a command in a process group of its own.
    pub fn start(mut command: Command, place: &str, end: Instant) -> Result<(Watched, ChildStdin, ChildStdout), ForgeError> {
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let program = command.get_program().to_string_lossy().into_owned();
        let mut child = command.spawn().map_err(|e| ForgeError::config(format!("`{program}` can't be run: {e}")))?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(input), Some(output), Some(errors)) = pipes else {
            return Err(ForgeError::network(place, "a child without pipes"));
        };
        let watched = Watched {
            place: place.to_owned(),
            child: Arc::new(Mutex::new(child)),
            over: Arc::default(),
            late: Arc::default(),
            said: Arc::default(),
        };
        let said = Arc::clone(&watched.said);
        std::thread::spawn(move || keep_tail(errors, &said));
        let (child, over, late) = (Arc::clone(&watched.child), Arc::clone(&watched.over), Arc::clone(&watched.late));
        std::thread::spawn(move || {
            while !over.load(Ordering::Acquire) {
                if Instant::now() >= end {
                    late.store(true, Ordering::Release);
                    kill(&child);
                    return;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        Ok((watched, input, output))
    }

    /// Whether it was killed because its time was over.
    pub fn was_late(&self) -> bool {
        self.late.load(Ordering::Acquire)
    }

    /// Whether it has ended, and well.
    pub fn ended(&self) -> Option<bool> {
        lock(&self.child).try_wait().ok().flatten().map(|status| status.success())
    }

    /// The last words of its error output, one line.
    pub fn said(&self) -> String {
        let bytes = lock(&self.said).clone();
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
        let text = lines.iter().rev().take(3).rev().copied().collect::<Vec<_>>().join("; ");
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(400).collect()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Release);
        kill(&self.child);
    }
}

/// Kills the child; those that it started lose their pipes.
fn kill(child: &Mutex<Child>) {
    let mut child = lock(child);
    if matches!(child.try_wait(), Ok(None)) {
        // The whole group, by the system's own command: there is no safe call for it in the standard library.
        let group = format!("-{}", child.id());
        let _ = Command::new("kill").args(["-9", "--", &group]).stderr(Stdio::null()).status();
        let _ = child.kill();
        let _ = child.wait();
    }
}

fn keep_tail(mut stream: impl Read, said: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 1024];
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        let mut said = lock(said);
        let _ = said.write_all(buffer.get(..count).unwrap_or_default());
        let extra = said.len().saturating_sub(MAX_SAID);
        said.drain(..extra);
    }
}
