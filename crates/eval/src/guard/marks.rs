//! Marks on handlers that lift guards further out: a property that a decorator sets on the function (`f.is_public = True`),
//! which a guard for everything reads and then lets pass.

use super::names;
use crate::output::{GuardRef, Place, Ruling, Says};
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;
use std::rc::Rc;

impl World<'_> {
    /// The mark that declares a function open, if it carries one.
    pub(super) fn exempting_mark(&mut self, f: &Rc<Closure>, at: Place, level: &str) -> Option<GuardRef> {
        let props: Vec<(SmolStr, Value)> = f.props.borrow().iter().map(|(n, v)| (n.clone(), v.clone())).collect();
        let (name, _) = props.into_iter().find(|(name, value)| names::exempts(name) && self.truth(value) != Some(false))?;
        let ruling = Ruling { says: Says::Public, inferred: true, ..Ruling::default() };
        Some(GuardRef { place: at, level: SmolStr::new(level), symbol: name, defined: None, ruling, controls: Vec::new(), foreign: false })
    }
}
