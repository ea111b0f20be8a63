//! Settings classes: their fields are defaults, which pass the class's validators before a program sees them.
//!
//! pydantic validates the defaults of settings (<https://docs.pydantic.dev/latest/concepts/pydantic_settings/>); those of other
//! models are left as they are.

use crate::evaluate::Family;
use crate::interp::attr::NOWHERE;
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;
use std::rc::Rc;

impl World<'_> {
    /// Fields of settings classes are defaults: the environment may set them.
    pub(crate) fn is_settings(&mut self, class: &Rc<ClassValue>) -> bool {
        self.family == Family::Python && self.mro(class).iter().any(|v| matches!(v, Value::Symbol(s) if s.ends_with("BaseSettings")))
    }

    /// What the validators of a settings class make of a field's default; None when it has none for it, or when what they give
    /// can't be known.
    pub(crate) fn validated_default(&mut self, instance: &Rc<Instance>, name: &str, default: &Value) -> Option<Value> {
        let class = instance.class.clone();
        if matches!(default, Value::Function(_) | Value::Unknown(_)) || !self.is_settings(&class) {
            return None;
        }
        let validators = self.validators_of(&class, name);
        if validators.is_empty() {
            return None;
        }
        let mut value = default.clone();
        // A validator that reads the field it validates gets the default.
        self.set_field(instance, &SmolStr::new(name), value.clone());
        for validator in validators {
            let bound = self.bind_method(Value::Function(validator), &Value::Instance(instance.clone()));
            let bound = match bound {
                // A validator of version 1 is a class method without being marked as one.
                Value::BoundFunction(b) => Value::BoundFunction(Rc::new((Value::Class(class.clone()), b.1.clone()))),
                other => other,
            };
            let found = self.call_value(&bound, Args::of(vec![value.clone()]), NOWHERE);
            match self.force(&found) {
                Value::Unknown(_) => {}
                known => value = known,
            }
        }
        let value = if matches!(value, Value::Default(_)) { value } else { Value::Default(Rc::new(value)) };
        self.set_field(instance, &SmolStr::new(name), value.clone());
        Some(value)
    }

    /// The validators of a field, those that run before its type is looked at first.
    fn validators_of(&mut self, class: &Rc<ClassValue>, name: &str) -> Vec<Rc<Closure>> {
        let mut before = Vec::new();
        let mut after = Vec::new();
        for one in self.mro(class).into_iter().rev() {
            let Value::Class(one) = one else { continue };
            for value in one.attrs.borrow().values() {
                let Value::Function(function) = value else { continue };
                for mark in function.marks.borrow().iter() {
                    if !mark.symbol.as_deref().is_some_and(is_validator) {
                        continue;
                    }
                    if !mark.args.items.iter().any(|arg| arg.as_str().is_some_and(|field| field == name || field == "*")) {
                        continue;
                    }
                    let is_before = mark.args.name("mode").and_then(Value::as_str).is_some_and(|mode| mode == "before")
                        || matches!(mark.args.name("pre"), Some(Value::Bool(true)));
                    if is_before { before.push(function.clone()) } else { after.push(function.clone()) }
                }
            }
        }
        before.extend(after);
        before
    }
}

fn is_validator(symbol: &str) -> bool {
    symbol.starts_with("pydantic") && matches!(symbol.rsplit('.').next(), Some("validator" | "field_validator"))
}
