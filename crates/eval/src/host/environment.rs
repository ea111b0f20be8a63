//! Libraries that read the environment: django-environ, environs, python-decouple and `*.config.Config`.

use crate::evaluate::Family;
use crate::output::Place;
use crate::value::*;
use crate::world::World;
use std::rc::Rc;

/// What reads a variable when it is called: the library's function, or an object or method of what it makes.
const READERS: &[&str] = &["environ.Env", "environ.FileAwareEnv", "environs.Env", "decouple.config", "decouple.Config"];

impl World<'_> {
    /// A variable with its default; None when the callee reads no environment.
    pub(crate) fn environment_reader(&mut self, callee: &str, args: &Args, at: Place) -> Option<Value> {
        if self.family != Family::Python {
            return None;
        }
        let (reader, rest) = callee.split_once("()").unwrap_or((callee, ""));
        if !READERS.contains(&reader) && !reader.ends_with(".config.Config") {
            return None;
        }
        let method = rest.trim_start_matches('.');
        if matches!(method, "read_env" | "prefixed" | "read_envfile") {
            return None;
        }
        let name = args.at(0).and_then(Value::as_str)?;
        match args.name("default") {
            Some(Value::Null) | None => Some(Value::unknown(name, "an environment variable without a default", Some(at))),
            Some(default) => Some(Value::Default(Rc::new(default.clone()))),
        }
    }
}
