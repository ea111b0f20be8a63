//! traitlets: configurable attributes of classes. Their defaults are what a program has unless it is configured.

use crate::evaluate::Family;
use crate::output::Place;
use crate::value::*;
use crate::world::World;
use std::rc::Rc;

impl World<'_> {
    /// What a method marked `@default("name")` gives a trait.
    pub(crate) fn trait_default(&mut self, instance: &Rc<Instance>, name: &str) -> Option<Value> {
        let class = instance.class.clone();
        let value = Value::Instance(instance.clone());
        let maker = self.mro(&class).into_iter().find_map(|one| {
            let Value::Class(one) = one else { return None };
            let attrs = one.attrs.borrow();
            attrs.values().find_map(|v| match v {
                Value::Function(f) => {
                    let marks = f.marks.borrow();
                    let is_it = marks.iter().any(|m| {
                        m.symbol.as_deref().is_some_and(is_default) && m.args.at(0).and_then(Value::as_str).is_some_and(|n| n == name)
                    });
                    is_it.then(|| f.clone())
                }
                _ => None,
            })
        })?;
        let found = self.call_closure(&maker, Some(value), Args::default(), instance.at);
        if found.is_unknown() {
            return None;
        }
        let found = match found {
            instance @ (Value::Instance(_) | Value::Either(_) | Value::List(_) | Value::Null) => instance,
            other => Value::Default(Rc::new(other)),
        };
        self.set_field(instance, &smol_str::SmolStr::new(name), found.clone());
        Some(found)
    }

    /// The default of a trait whose class the tree derives from one of the library's.
    pub(crate) fn own_traitlet(&mut self, class: &Rc<ClassValue>, args: &Args, at: Place) -> Option<Value> {
        if self.family != Family::Python || self.class_attr(class, "__init__").is_some() {
            return None;
        }
        let bases = self.outside_bases(class);
        bases.iter().find_map(|base| base.starts_with("traitlets.").then(|| self.traitlet(base, args, at)).flatten())
    }

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

/// Whether a decorator is `traitlets.default`; a member called `default` goes by its module's name.
fn is_default(symbol: &str) -> bool {
    matches!(symbol, "traitlets" | "traitlets.traitlets" | "traitlets.config" | "traitlets.default")
}
