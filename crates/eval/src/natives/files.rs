//! File-system routes: which files are routes, and what they export.

use crate::world::World;

/// Adds the routes of a model's file rules.
pub fn finish(_world: &mut World<'_>, _model: u16) {}
