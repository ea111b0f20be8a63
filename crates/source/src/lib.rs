//! Where bytes come from: a work tree on disk, a git revision, a bare repository.
//!
//! [`Tree::open`] lists the files once, sorted, with their sizes; [`Tree::read`] gives one file's bytes and may be
//! called from many threads. What can't be read is a [`SourceTrouble`], never a silent gap. [`classify`] says what a
//! file is (production, test, generated, ...) from its path and the first bytes of its content.
//!
//! Nothing is checked out, no hook or filter runs, and nothing is written. Languages are data given by the caller.

mod beside;
mod changed;
pub mod classify;
mod error;
mod ignores;
mod links;
pub mod past;
pub mod paths;
mod repository;
mod revision;
mod stamp;
mod tree;
mod worktree;

pub use beside::Beside;
pub use error::{ReadError, SourceError, SourceTrouble, SourceTroubleKind};
pub use repository::{Repository, Revision};
pub use tree::{Entry, OpenOptions, Tree, content_id};
