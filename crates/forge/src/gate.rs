//! One wait for all who talk to a host: how many at a time, and not before when.
//!
//! A host that answers "too many requests" to one client means all of them. Whoever is told to wait holds the gate; the
//! others find it held. [`Shared`] lets several processes know of it, and keeps pages that have not changed.

use crate::error::ForgeError;
use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// A page that a host may answer "not modified" to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CachedPage {
    /// Its `ETag`.
    pub etag: String,
    /// Its `Link` header.
    pub link: String,
    /// Its body.
    pub body: String,
}

/// What processes share. All methods may do nothing: then each process learns by itself.
pub trait Shared: Send + Sync + Debug {
    /// The page that was kept for an address.
    fn page(&self, _url: &str) -> Option<CachedPage> {
        None
    }
    /// Keeps a page. The address holds no secret.
    fn keep_page(&self, _url: &str, _page: &CachedPage) {}
    /// Until when a host wants no requests.
    fn held_until(&self, _host: &str) -> Option<SystemTime> {
        None
    }
    /// A host wants no requests until then.
    fn hold(&self, _host: &str, _until: SystemTime) {}
}

/// Shares within this process only.
#[derive(Debug, Default)]
pub struct InMemory {
    pages: Mutex<HashMap<String, CachedPage>>,
}

impl Shared for InMemory {
    fn page(&self, url: &str) -> Option<CachedPage> {
        lock(&self.pages).get(url).cloned()
    }
    fn keep_page(&self, url: &str, page: &CachedPage) {
        lock(&self.pages).insert(url.to_owned(), page.clone());
    }
}

/// A lock whose holder died is still a lock: what it guards is whole after each statement.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The way to one host.
#[derive(Debug)]
pub(crate) struct Gate {
    host: String,
    places: usize,
    longest_wait: Duration,
    shared: Arc<dyn Shared>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    inside: usize,
    held_until: Option<SystemTime>,
}

/// A place inside; left when dropped.
#[derive(Debug)]
pub(crate) struct Pass {
    gate: Arc<Gate>,
}

impl Drop for Pass {
    fn drop(&mut self) {
        lock(&self.gate.state).inside -= 1;
        self.gate.changed.notify_all();
    }
}

impl Gate {
    pub fn new(host: &str, places: usize, longest_wait: Duration, shared: Arc<dyn Shared>) -> Gate {
        Gate { host: host.to_owned(), places, longest_wait, shared, state: Mutex::default(), changed: Condvar::new() }
    }

    /// Waits for a place and for the end of a hold.
    ///
    /// # Errors
    /// When the host wants a longer wait than allowed.
    pub fn enter(self: &Arc<Gate>) -> Result<Pass, ForgeError> {
        let mut state = lock(&self.state);
        loop {
            let held = state.held_until.max(self.shared.held_until(&self.host));
            let left = held.and_then(|until| until.duration_since(SystemTime::now()).ok());
            if let (Some(left), Some(until)) = (left, held) {
                if left > self.longest_wait {
                    return Err(ForgeError::RateLimited { host: self.host.clone(), until });
                }
                // Another process may end the hold early or prolong it: look again every so often.
                state = self.changed.wait_timeout(state, left.min(Duration::from_secs(5))).unwrap_or_else(PoisonError::into_inner).0;
            } else if state.inside >= self.places {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            } else {
                state.inside += 1;
                return Ok(Pass { gate: Arc::clone(self) });
            }
        }
    }

    /// Nobody enters for a while. A longer hold stands.
    pub fn hold(&self, wait: Duration) {
        let until = SystemTime::now() + wait;
        let mut state = lock(&self.state);
        if state.held_until.is_none_or(|held| held < until) {
            state.held_until = Some(until);
            self.shared.hold(&self.host, until);
        }
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Instant;

    fn gate(places: usize) -> Arc<Gate> {
        Arc::new(Gate::new("h", places, Duration::from_secs(2), Arc::new(InMemory::default())))
    }

    #[test]
    fn a_hold_is_everyones() {
        let gate = gate(8);
        gate.hold(Duration::from_millis(120));
        gate.hold(Duration::from_millis(10));
        let begin = Instant::now();
        std::thread::scope(|s| {
            for _ in 0..4 {
                s.spawn(|| drop(gate.enter().unwrap()));
            }
        });
        assert!(begin.elapsed() >= Duration::from_millis(110), "{:?}", begin.elapsed());
        gate.hold(Duration::from_secs(60));
        assert!(matches!(gate.enter(), Err(ForgeError::RateLimited { .. })));
    }

    #[test]
    fn only_so_many_are_inside() {
        let (gate, inside, most) = (gate(2), AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|s| {
            for _ in 0..8 {
                s.spawn(|| {
                    let _pass = gate.enter().unwrap();
                    most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(5));
                    inside.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        assert_eq!(most.load(Ordering::SeqCst), 2);
    }
}
