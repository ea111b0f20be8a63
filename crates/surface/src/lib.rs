//! From a source tree to a catalog: preparing the tree for the evaluator, and turning what it finds into services and
//! endpoints with templates, identity and evidence.
//!
//! [`survey`] reads and lowers files, [`convert`] makes the catalog; [`auth`] weighs the guards and [`controls`] the other controls; [`template`] knows the path syntaxes.
//! Nothing here knows a framework.

pub mod auth;
pub mod cache;
pub mod controls;
pub mod convert;
pub mod coverage;
pub mod design;
pub mod endpoint;
pub mod inputs;
pub mod languages;
pub mod outbound;
pub mod packages;
pub mod scan;
pub mod sensitive;
pub mod service;
pub mod survey;
mod taken;
pub mod template;
pub mod trace;
