//! Methods of lists, tuples and sets, in all languages.

use crate::evaluate::Family;
use crate::output::Place;
use crate::text::Text;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::ListKind;
use smol_str::SmolStr;
use std::rc::Rc;

impl World<'_> {
    pub(super) fn list_method(&mut self, list: &Rc<List>, name: &str, args: &Args, at: Place) -> Option<Value> {
        let whole = Value::List(list.clone());
        let items = list.items.borrow().clone();
        match name {
            "append" | "push" | "add" | "push_back" if self.family != Family::Rust || name != "append" => {
                for item in &args.items {
                    let known = list.kind == ListKind::Set && list.items.borrow().iter().any(|v| v.same(item));
                    if !known && list.items.borrow().len() < 50_000 {
                        list.items.borrow_mut().push(item.clone());
                    }
                }
                list.open.set(list.open.get() || args.open);
                Some(Value::Null)
            }
            "extend" | "update" | "append" | "extend_from_slice" => {
                for item in &args.items {
                    self.extend_list(list, item);
                }
                Some(Value::Null)
            }
            "insert" => {
                let index = args.at(0).and_then(Value::as_number).unwrap_or(0.0).max(0.0) as usize;
                let length = list.items.borrow().len();
                if let Some(item) = args.at(1) {
                    list.items.borrow_mut().insert(index.min(length), item.clone());
                }
                Some(Value::Null)
            }
            "unshift" => {
                list.items.borrow_mut().splice(0..0, args.items.clone());
                Some(Value::Null)
            }
            "pop" if args.items.is_empty() => Some(list.items.borrow_mut().pop().unwrap_or(Value::Null)),
            "shift" => Some(if items.is_empty() { Value::Null } else { list.items.borrow_mut().remove(0) }),
            "remove" | "discard" | "clear" | "sort" | "delete" => Some(whole),
            "reverse" => {
                list.items.borrow_mut().reverse();
                Some(whole)
            }
            "concat" if self.family == Family::Rust && items.iter().all(|v| !matches!(v, Value::List(_))) => {
                self.joined(&items, &Text::default(), list.open.get(), at)
            }
            "concat" if self.family == Family::Rust => Some(self.flattened(&items, at)),
            "concat" => {
                let result = self.copy_list(list);
                if let Value::List(copy) = &result {
                    for item in &args.items {
                        match self.force(item) {
                            Value::List(_) => self.extend_list(copy, item),
                            other => copy.items.borrow_mut().push(other),
                        }
                    }
                }
                Some(result)
            }
            "copy" | "slice" if args.items.is_empty() => Some(self.copy_list(list)),
            "slice" => Some(self.slice(&whole, args.at(0), args.at(1))),
            "join" => {
                let separator = args.at(0).map_or_else(|| Text::plain(",".into(), None), |s| self.to_text(s, at));
                self.joined(&items, &separator, list.open.get(), at)
            }
            "index" | "indexOf" => {
                let wanted = args.at(0)?.clone();
                for (index, item) in items.iter().enumerate() {
                    if self.equal(item, &wanted) == Some(true) {
                        return Some(Value::Number(index as f64));
                    }
                }
                Some(if list.open.get() || wanted.is_unknown() {
                    Value::unknown("index()", "the list is not known", Some(at))
                } else {
                    Value::Number(-1.0)
                })
            }
            "includes" | "contains" | "has" | "__contains__" => {
                let wanted = args.at(0)?.clone();
                Some(
                    self.contains(&whole, &wanted)
                        .map_or_else(|| Value::unknown("includes()", "the list is not known", Some(at)), Value::Bool),
                )
            }
            "len" => Some(Value::Number(items.len() as f64)),
            "is_empty" => Some(if list.open.get() {
                Value::unknown("is_empty()", "the list is not known", Some(at))
            } else {
                Value::Bool(items.is_empty())
            }),
            "at" | "get" | "nth" => {
                let index = args.at(0)?.clone();
                Some(self.index(&whole, &index, at))
            }
            "first" | "next" => Some(items.first().cloned().unwrap_or(Value::Null)),
            "last" => Some(items.last().cloned().unwrap_or(Value::Null)),
            "entries" | "enumerate" => {
                Some(Value::list(items.into_iter().enumerate().map(|(i, v)| Value::tuple(vec![Value::Number(i as f64), v])).collect()))
            }
            "keys" => Some(Value::list((0..items.len()).map(|i| Value::Number(i as f64)).collect())),
            "union" => {
                let result = self.copy_list(list);
                if let Value::List(copy) = &result {
                    args.items.iter().for_each(|i| self.extend_list(copy, i));
                }
                Some(result)
            }
            "chain" => {
                let result = self.copy_list(list);
                if let (Value::List(copy), Some(more)) = (&result, args.at(0)) {
                    self.extend_list(copy, more);
                }
                Some(result)
            }
            "rev" | "toReversed" => Some(Value::list(items.into_iter().rev().collect())),
            "flat" | "flatten" => Some(self.flattened(&items, at)),
            "count" => Some(Value::Number(items.len() as f64)),
            _ => self.list_callback(list, &items, name, args, at),
        }
    }

    fn copy_list(&self, list: &List) -> Value {
        let copy = Value::of_kind(list.kind, list.items.borrow().clone());
        if let Value::List(l) = &copy {
            l.open.set(list.open.get());
        }
        copy
    }

    fn flattened(&mut self, items: &[Value], at: Place) -> Value {
        let mut out = Vec::new();
        for item in items {
            match self.force(item) {
                list @ Value::List(_) => out.extend(self.items_of(&list, at).0),
                Value::Null => {}
                other => out.push(other),
            }
        }
        Value::list(out)
    }

    fn list_callback(&mut self, list: &Rc<List>, items: &[Value], name: &str, args: &Args, at: Place) -> Option<Value> {
        let mut items = items.to_vec();
        if list.open.get() {
            items.push(Value::unknown("[]", "an item of an unknown list", Some(at)));
        }
        match name {
            "forEach" | "for_each" | "each" => {
                let f = args.at(0)?.clone();
                for (index, item) in items.into_iter().enumerate() {
                    self.callback(&f, vec![item, Value::Number(index as f64)], at);
                }
                Some(Value::Null)
            }
            "map" | "flatMap" | "flat_map" | "filter_map" | "and_then" => {
                let f = args.at(0)?.clone();
                let results: Vec<Value> =
                    items.into_iter().enumerate().map(|(i, v)| self.callback(&f, vec![v, Value::Number(i as f64)], at)).collect();
                Some(if name == "map" { Value::list(results) } else { self.flattened(&results, at) })
            }
            "filter" => {
                let f = args.at(0)?.clone();
                let mut kept = Vec::new();
                for (index, item) in items.into_iter().enumerate() {
                    let verdict = self.callback(&f, vec![item.clone(), Value::Number(index as f64)], at);
                    if self.keeps(&verdict) {
                        kept.push(item);
                    }
                }
                Some(Value::list(kept))
            }
            "find" | "some" | "any" | "every" | "all" | "findIndex" => {
                let f = args.at(0)?.clone();
                let mut unknown = false;
                for item in items {
                    let verdict = self.callback(&f, vec![item.clone()], at);
                    match (self.truth(&verdict), name) {
                        (Some(true), "find") => return Some(item),
                        (Some(true), "some" | "any") => return Some(Value::Bool(true)),
                        (Some(false), "every" | "all") => return Some(Value::Bool(false)),
                        (None, _) => unknown = true,
                        _ => {}
                    }
                }
                Some(if unknown {
                    Value::unknown(format!("{name}()"), "the test is not known", Some(at))
                } else {
                    match name {
                        "find" => Value::Null,
                        "every" | "all" => Value::Bool(true),
                        "findIndex" => Value::Number(-1.0),
                        _ => Value::Bool(false),
                    }
                })
            }
            "reduce" | "fold" | "try_fold" | "reduceRight" => {
                let (f, start) = if name.ends_with("fold") {
                    (args.at(1)?.clone(), args.at(0).cloned())
                } else {
                    (args.at(0)?.clone(), args.at(1).cloned())
                };
                if name == "reduceRight" {
                    items.reverse();
                }
                let mut all = items.into_iter();
                let mut value = start.or_else(|| all.next()).unwrap_or(Value::Null);
                for (index, item) in all.enumerate() {
                    value = self.callback(&f, vec![value, item, Value::Number(index as f64)], at);
                }
                Some(value)
            }
            "iter" | "into_iter" | "collect" | "values" | "clone" | "to_vec" | "iter_mut" | "cloned" | "copied" | "as_slice" | "into"
            | "unwrap" | "peekable" | "skip" | "take" | "as_ref" | "drain" | "sorted" | "toSorted" | "splice" | "fill" | "as_mut"
            | "to_owned" | "into_boxed_slice" | "expect" | "unwrap_or_default" | "filter_ok" | "dedup" | "inspect" => {
                Some(Value::List(list.clone()))
            }
            "toString" => {
                let separator = Text::plain(SmolStr::new_static(","), None);
                self.joined(&items, &separator, false, at)
            }
            _ => None,
        }
    }
}
