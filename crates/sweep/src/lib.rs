//! Sweeps: the catalog of an organisation, made by scanning all its repositories, again and again.
//!
//! [`plan()`] writes down what there is to scan, [`work()`] scans a repository at a time in a child process, in as many processes on
//! as many machines as there are, and [`finish()`] publishes what was found as one state of the versioned catalog. What they share
//! is a few tables beside those of the catalog, on SQLite or PostgreSQL; every process may be killed at any time.
//!
//! A job is held by a **lease** that its worker renews. When it runs out somebody else takes the job, with the next **attempt**; what
//! an earlier attempt still reports is refused. A result and the end of its job are one transaction.
//!
//! Left out: finding repositories and fetching them, and the scan itself, which are handed in.

pub mod child;
mod class;
pub mod config;
mod digest;
mod error;
mod finish;
mod link;
mod listing;
mod monitor;
mod packages;
mod plan;
mod queue;
mod retry;
mod schema;
mod shared;
mod status;
mod work;

pub use class::{Backoff, Class, Rule};
pub use digest::{Digest, digest, markdown};
pub use error::SweepError;
pub use finish::{Finish, Finished, finish};
pub use link::Link;
pub use listing::{Listed, Listing, Rules};
pub use monitor::Monitor;
pub use packages::{Libraries, Library, Package, Packages};
pub use plan::{Plan, Planned, plan};
pub use queue::{Claim, Done, Usage};
pub use retry::{Retried, retry};
pub use schema::Sweep;
pub use shared::InDatabase;
pub use status::{Explained, Status, explain, status};
pub use work::{Scanned, Scanner, Tally, Worked, Worker, work};
