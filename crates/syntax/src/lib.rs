//! Parse one file with tree-sitter and lower it to the common tree ([`tree`]).
//!
//! Pure and per file: no I/O, no resolution, no state between files, so files lower in parallel. Lowering never
//! fails: broken code gives a partial [`tree::Module`] with troubles in it. This is the only crate that knows
//! tree-sitter; each language file is the only place that knows that grammar's node names.

pub mod lower;
pub mod render;
mod stored;
pub mod tree;

pub use lower::lower;
pub use render::render;
pub use tree::*;
