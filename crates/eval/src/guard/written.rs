//! Guards that an attribute gives as text: `#[get("/", wrap = "Bearer::new(check)")]`.

use crate::evaluate::Family;
use crate::models::Place;
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;
use std::rc::Rc;

impl World<'_> {
    /// The guards at a place of an annotation, which may be given several times; texts are read as paths and calls in the
    /// function's scope.
    pub(crate) fn written_guards(&mut self, place: &Option<Place>, args: &Args, f: &Rc<Closure>, at: crate::output::Place) -> Vec<Value> {
        let Some(place) = place else { return Vec::new() };
        let values: Vec<Value> = match place.name() {
            Some(name) => args.named.iter().filter(|(n, _)| n == name).map(|(_, v)| v.clone()).collect(),
            None => self.given_guards(&Some(place.clone()), args, None),
        };
        let mut out = Vec::new();
        for value in values {
            match self.force(&value).as_str() {
                Some(text) if self.family == Family::Rust => out.extend(self.written(&text, f, at)),
                _ => out.push(value),
            }
        }
        out
    }

    /// What a path, or a call of one with paths as arguments, stands for where a function stands.
    fn written(&mut self, text: &str, f: &Rc<Closure>, at: crate::output::Place) -> Option<Value> {
        let text = text.trim();
        let (path, given) = match text.split_once('(') {
            Some((path, rest)) => (path, rest.strip_suffix(')')),
            None => (text, None),
        };
        let value = self.written_path(path.trim(), f)?;
        let Some(given) = given else { return Some(value) };
        let args = given.split(',').filter_map(|part| self.written_path(part.trim(), f)).collect();
        Some(self.call_value(&value, Args::of(args), at))
    }

    fn written_path(&mut self, path: &str, f: &Rc<Closure>) -> Option<Value> {
        let mut parts = path.split("::");
        let first: SmolStr = parts.next()?.into();
        let mut value = f.scope.get(&first).map(|v| self.force(&v))?;
        for part in parts {
            value = self.get_attr(&value, part, None).map(|v| self.force(&v))?;
        }
        Some(value)
    }
}
