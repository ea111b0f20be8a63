//! A progress line on the standard error stream: only on a terminal, and only after half a second.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Shows what a scan is at until dropped.
pub struct Progress {
    bar: ProgressBar,
    watch: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// Starts to wait for half a second; with `quiet` or without a terminal nothing is ever shown.
    pub fn start(quiet: bool) -> Progress {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        if quiet || !std::io::stderr().is_terminal() {
            return Progress { bar, watch: None };
        }
        let (sender, receiver) = channel::<()>();
        let shown = bar.clone();
        let thread = std::thread::spawn(move || {
            if matches!(receiver.recv_timeout(Duration::from_millis(500)), Err(RecvTimeoutError::Timeout)) {
                if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {pos}") {
                    shown.set_style(style);
                }
                shown.set_draw_target(ProgressDrawTarget::stderr());
                shown.enable_steady_tick(Duration::from_millis(100));
            }
        });
        Progress { bar, watch: Some((sender, thread)) }
    }

    /// A new stage begins: what is counted from now on.
    pub fn stage(&self, name: &'static str) {
        self.bar.set_message(name);
        self.bar.set_position(0);
    }

    /// So much of the stage is done.
    pub fn at(&self, done: u64) {
        self.bar.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((sender, thread)) = self.watch.take() {
            drop(sender);
            let _ = thread.join();
        }
        self.bar.finish_and_clear();
    }
}
