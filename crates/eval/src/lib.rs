//! The abstract evaluator: runs the registration code of a whole tree over framework models and gives routes.
//!
//! No I/O: files come as paths, texts and lowered modules; results are plain data ([`output`]). Never fails: what can't
//! be followed is a hole in a path or a trouble. Look at it with `cargo xtask try FILE`.

mod ahead;
mod annotation;
mod apply;
mod arguments;
mod assemble;
mod assumed;
mod bounds;
mod changes;
mod config;
pub mod cost;
mod demand;
mod emit;
pub mod evaluate;
pub mod files;
mod group;
mod guard;
mod handler;
pub mod host;
mod interp;
mod live;
pub mod models;
mod mount_list;
pub mod natives;
mod operations;
mod outbound;
pub mod output;
mod own;
mod provisional;
mod registering;
mod registration;
mod relevance;
pub mod resolve;
mod scope;
mod shape;
mod sockets;
mod stream;
mod text;
mod touches;
mod twins;
mod typed;
mod unknown_receiver;
mod unread;
mod usage;
mod value;
mod walk;
mod world;
mod wrapper;

pub use demand::{Anchors, Facts};
pub use evaluate::{Family, Input, Limits, evaluate};
