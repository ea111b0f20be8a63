//! The abstract evaluator.
pub mod files;
pub mod output;
pub mod resolve;
