//! Methods of dicts, Maps and plain objects.

use crate::evaluate::Family;
use crate::output::Place;
use crate::value::*;
use crate::world::World;
use std::rc::Rc;

impl World<'_> {
    pub(super) fn dict_method(&mut self, dict: &Rc<Dict>, name: &str, args: &Args, at: Place) -> Option<Value> {
        let pairs: Vec<(Value, Value)> = dict.entries.borrow().values().cloned().collect();
        let open = dict.open.get();
        let listed = |items: Vec<Value>| {
            let list = Value::list(items);
            if let Value::List(l) = &list {
                l.open.set(open);
            }
            Some(list)
        };
        match name {
            "get" | "setdefault" | "pop" | "__getitem__" => {
                let key = args.at(0)?.clone();
                if let Some(found) = self.dict_get(dict, &key) {
                    if name == "pop"
                        && let Some(key) = Key::of(&key)
                    {
                        dict.entries.borrow_mut().shift_remove(&key);
                    }
                    return Some(found);
                }
                let default = args.at(1).cloned();
                if name == "setdefault" {
                    let value = default.unwrap_or(Value::Null);
                    dict.set(&key, value.clone());
                    return Some(value);
                }
                if key.is_unknown() && !open && !pairs.is_empty() && pairs.len() <= MAX_EITHER {
                    return Some(Value::either(pairs.into_iter().map(|(_, v)| v).collect::<Vec<_>>()));
                }
                Some(match default {
                    Some(default) if open => Value::Default(Rc::new(default)),
                    Some(default) => default,
                    None if open || key.is_unknown() => {
                        Value::unknown(key.as_str().unwrap_or_default(), "an entry of an unknown dict", Some(at))
                    }
                    None => Value::Null,
                })
            }
            // An entry of a folder.
            "isDirectory" | "isFile" => match dict.get("@folder")? {
                Value::Bool(is_folder) => Some(Value::Bool(is_folder == (name == "isDirectory"))),
                _ => None,
            },
            "isSymbolicLink" if dict.get("@folder").is_some() => Some(Value::Bool(false)),
            "set" | "__setitem__" | "insert" => {
                let key = args.at(0)?.clone();
                dict.set(&key, args.at(1).cloned().unwrap_or(Value::Null));
                Some(Value::Dict(dict.clone()))
            }
            "add" => {
                let key = args.at(0)?.clone();
                dict.set(&key, key.clone());
                Some(Value::Dict(dict.clone()))
            }
            "has" | "hasOwnProperty" | "contains_key" | "__contains__" | "has_key" => {
                let key = args.at(0)?.clone();
                let whole = Value::Dict(dict.clone());
                Some(self.contains(&whole, &key).map_or_else(|| Value::unknown("has()", "the dict is not known", Some(at)), Value::Bool))
            }
            "items" | "entries" | "iter" | "iteritems" | "into_iter" => {
                listed(pairs.into_iter().map(|(k, v)| Value::tuple(vec![k, self.force(&v)])).collect())
            }
            "keys" | "iterkeys" | "into_keys" => listed(pairs.into_iter().map(|(k, _)| k).collect()),
            "values" | "itervalues" | "into_values" => listed(pairs.into_iter().map(|(_, v)| self.force(&v)).collect()),
            "update" => {
                for other in &args.items {
                    self.merge_into(dict, other);
                }
                for (name, value) in &args.named {
                    dict.set(&Value::text(name.clone()), value.clone());
                }
                Some(Value::Null)
            }
            "forEach" => {
                let f = args.at(0)?.clone();
                for (key, value) in pairs {
                    self.callback(&f, vec![value, key], at);
                }
                Some(Value::Null)
            }
            "copy" | "clone" => {
                let copy = Rc::new(Dict::default());
                let whole = Value::Dict(dict.clone());
                self.merge_into(&copy, &whole);
                Some(Value::Dict(copy))
            }
            "delete" | "clear" | "popitem" => Some(Value::Null),
            "len" => Some(Value::Number(pairs.len() as f64)),
            "unwrap" | "into" | "as_ref" | "freeze" if self.family == Family::Rust => Some(Value::Dict(dict.clone())),
            _ => None,
        }
    }
}
