//! What models can't say, as small Rust functions named by the models. The only place that knows frameworks.

pub mod files;
mod next;

use crate::models::Call;
use crate::output::Place;
use crate::value::{Args, Object, Value};
use crate::world::World;
use smol_str::SmolStr;
use std::rc::Rc;

/// A call that a native handles.
pub struct CallSite<'c> {
    /// The model.
    pub model: u16,
    /// The call's spec.
    pub call: &'c Call,
    /// The object it is called on.
    pub receiver: Option<Rc<Object>>,
    /// The name it is called by.
    pub name: SmolStr,
    /// Its arguments.
    pub args: Args,
    /// The path, if the spec has a place for it.
    pub path: Option<Value>,
    /// Where.
    pub at: Place,
}

/// Names a model may use.
pub const NAMES: &[&str] = &[];

/// Runs a native for a call; None when it does not apply.
pub fn call(_world: &mut World<'_>, _name: &str, _site: &CallSite<'_>) -> Option<Value> {
    None
}

/// Runs a native after everything ran, before routes are assembled.
pub fn finish(_world: &mut World<'_>, _name: &str, _model: u16) {}
