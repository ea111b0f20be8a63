//! traitlets: configurable attributes of classes. Their defaults are what a program has unless it is configured.

use crate::output::Place;
use crate::value::*;
use crate::world::World;
use std::rc::Rc;

impl World<'_> {
    /// The default of a trait.
    pub(super) fn traitlet(&mut self, symbol: &str, args: &Args, at: Place) -> Option<Value> {
        let name = symbol.strip_prefix("traitlets.")?.rsplit('.').next()?;
        let given = args.name("default_value").or_else(|| args.at(0)).map(|v| self.force(v));
        match name {
            "List" | "Set" | "Tuple" => Some(match given {
                Some(list @ Value::List(_)) => list,
                _ => Value::list(Vec::new()),
            }),
            "Dict" => Some(match given {
                Some(dict @ Value::Dict(_)) => dict,
                _ => Value::dict(Vec::new()),
            }),
            "Unicode" | "CUnicode" | "Int" | "CInt" | "Integer" | "Float" | "Bool" | "CBool" => {
                let value = given.filter(|v| !v.is_unknown())?;
                Some(if matches!(value, Value::Null) { value } else { Value::Default(Rc::new(value)) })
            }
            "Type" => {
                let value = given?;
                match value.as_str() {
                    Some(path) => self.import_string(&path, at),
                    None => matches!(value, Value::Class(_)).then_some(value),
                }
            }
            _ => None,
        }
    }
}
