//! Proofs and figures of sweeps: workers that are killed, the throughput of the queue, how long large sweeps take.

pub mod chaos;
pub mod queue;
mod server;
pub mod simulate;
#[allow(clippy::unwrap_used)]
#[path = "../../../crates/apicensus/tests/sweeps/mod.rs"]
mod world;
