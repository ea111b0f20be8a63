//! How far a sweep is, on a terminal: all workers' work, and the time that is left where it can be told.

use super::show::duration;
use anyhow::Result;
use apicensus_sweep::{Link, Status, status};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Between two looks at the sweep.
const LOOK: Duration = Duration::from_secs(1);

/// Shows how far it is until dropped; nothing where the standard error stream is no terminal.
pub struct Progress {
    watch: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// Starts to look, with a connection of its own.
    pub fn start(link: &Link) -> Result<Progress> {
        if !std::io::stderr().is_terminal() {
            return Ok(Progress { watch: None });
        }
        let link = link.another()?;
        let (sender, receiver) = channel::<()>();
        let thread = std::thread::spawn(move || {
            let bar = ProgressBar::new(0);
            if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos} of {len} {msg}") {
                bar.set_style(style);
            }
            while matches!(receiver.recv_timeout(LOOK), Err(RecvTimeoutError::Timeout)) {
                if let Ok(status) = status(&link) {
                    let jobs = status.jobs;
                    bar.set_length(jobs.all().unsigned_abs());
                    bar.set_position((jobs.all() - jobs.left()).unsigned_abs());
                    bar.set_message(told(&status));
                }
            }
            bar.finish_and_clear();
        });
        Ok(Progress { watch: Some((sender, thread)) })
    }
}

fn told(status: &Status) -> String {
    let jobs = &status.jobs;
    let failed = if jobs.dead > 0 { format!(", {} given up", jobs.dead) } else { String::new() };
    let left = match status.eta {
        Some(seconds) => format!(", about {} left", duration(seconds * 1000)),
        None => String::new(),
    };
    format!("repositories, {} running{failed}{left}", jobs.running)
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((sender, thread)) = self.watch.take() {
            drop(sender);
            let _ = thread.join();
        }
    }
}
