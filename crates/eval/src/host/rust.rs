//! Rust: constructors and adapters that are identity to routing, macros, environment.

use crate::output::Place;
use crate::text::Text;
use crate::value::*;
use crate::world::World;
use std::rc::Rc;

impl World<'_> {
    pub(super) fn rust_call(&mut self, symbol: &str, args: &Args, at: Place) -> Option<Value> {
        let first = args.at(0).cloned();
        let last = symbol.rsplit('.').next().unwrap_or(symbol);
        match symbol {
            "Some"
            | "Ok"
            | "Err"
            | "Box.new"
            | "Arc.new"
            | "Rc.new"
            | "String.from"
            | "std.sync.Arc.new"
            | "Cow.from"
            | "Mutex.new"
            | "RwLock.new"
            | "Arc.clone"
            | "std.boxed.Box.new"
            | "Box.pin"
            | "Into.into"
            | "From.from"
            | "std.mem.take"
            | "std.convert.identity"
            | "Cow.Borrowed"
            | "Cow.Owned"
            | "std.iter.once"
            | "dbg!"
            | "std.string.String.from" => first,
            "Vec.new" | "Vec.with_capacity" | "std.vec.Vec.new" | "vec!" | "VecDeque.new" | "HashSet.new" => {
                Some(Value::list(args.items.clone()))
            }
            "HashMap.new" | "BTreeMap.new" | "std.collections.HashMap.new" | "std.collections.BTreeMap.new" | "HashMap.with_capacity" => {
                Some(Value::dict([]))
            }
            "String.new" => Some(Value::text("")),
            "HashMap.from" | "BTreeMap.from" => {
                let dict = Dict::default();
                for pair in self.items_of(&first?, at).0 {
                    let (pair, _) = self.items_of(&pair, at);
                    if let [key, value] = pair.as_slice() {
                        dict.set(key, value.clone());
                    }
                }
                Some(Value::Dict(Rc::new(dict)))
            }
            "concat!" | "std.concat!" => {
                let empty = Text::default();
                self.joined(&args.items, &empty, false, at)
            }
            "format!" | "std.format!" | "alloc.format!" => {
                let pattern = self.to_text(&first?, at);
                let rest = Args { items: args.items.get(1..).unwrap_or_default().to_vec(), named: args.named.clone(), ..Args::default() };
                self.formatted(&pattern, &rest, at)
            }
            "env!" | "option_env!" | "std.env!" => {
                first.as_ref().and_then(Value::as_str).map(|name| Value::unknown(name, "an environment variable at build time", Some(at)))
            }
            "std.env.var" | "env.var" => Some(Value::unknown(
                first.as_ref().and_then(Value::as_str).unwrap_or_default(),
                "an environment variable without a default",
                Some(at),
            )),
            "tokio.spawn" | "tokio.task.spawn" | "std.thread.spawn" | "tokio.task.spawn_blocking" => match &first {
                Some(f @ Value::Function(_)) => Some(self.call_value(f, Args::default(), at)),
                other => other.clone(),
            },
            _ if matches!(
                last,
                "println!" | "eprintln!" | "print!" | "assert!" | "assert_eq!" | "debug!" | "info!" | "warn!" | "error!" | "trace!"
            ) =>
            {
                Some(Value::Null)
            }
            _ => None,
        }
    }

    /// Methods of values that Rust wraps and adapts: options, results, futures.
    pub(super) fn rust_method(&mut self, receiver: &Value, name: &str, args: &Args, at: Place) -> Option<Value> {
        match name {
            "clone" | "into" | "unwrap" | "expect" | "as_ref" | "as_mut" | "to_owned" | "unwrap_or_default" | "ok" | "await" | "borrow"
            | "borrow_mut" | "lock" | "read" | "write" | "as_str" | "to_string" | "iter" | "into_iter" | "boxed" | "as_deref"
            | "into_inner" | "cloned" | "copied" | "collect" | "map_err" | "with_context" | "context" | "ok_or" | "ok_or_else"
            | "get_ref" | "deref" | "take" | "flatten" | "get_or_insert_with" => Some(receiver.clone()),
            "unwrap_or" | "or" => match receiver {
                Value::Null => args.at(0).cloned(),
                Value::Unknown(_) | Value::Symbol(_) => Some(Value::Default(Rc::new(args.at(0)?.clone()))),
                _ => Some(receiver.clone()),
            },
            "unwrap_or_else" | "or_else" | "map_or" => match receiver {
                Value::Null | Value::Unknown(_) | Value::Symbol(_) => {
                    let default = args.at(0)?.clone();
                    let value = if matches!(default, Value::Function(_)) {
                        self.call_value(&default, Args::of(vec![receiver.clone()]), at)
                    } else {
                        default
                    };
                    Some(if matches!(receiver, Value::Null) { value } else { Value::Default(Rc::new(value)) })
                }
                _ => Some(receiver.clone()),
            },
            "map" | "and_then" | "then" | "inspect" | "tap" | "pipe" | "then_some" => {
                let f = args.at(0)?.clone();
                match (receiver, name) {
                    (Value::Null, _) | (Value::Bool(false), _) => Some(Value::Null),
                    (_, "then_some") => Some(f),
                    (_, "then") => Some(self.call_value(&f, Args::default(), at)),
                    (other, _) => Some(self.call_value(&f, Args::of(vec![other.clone()]), at)),
                }
            }
            "is_some" | "is_ok" => Some(match receiver {
                Value::Null => Value::Bool(false),
                Value::Unknown(_) | Value::Symbol(_) => return None,
                _ => Value::Bool(true),
            }),
            _ => None,
        }
    }
}
