//! Configuration values by key: a key that can't be resolved takes the tree's only value of that name.

use crate::output::Place;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{Expr, Pattern, Stmt, StrPart};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

/// Parts of the names whose values can be parts of a path.
pub(crate) const CONFIG_NAMES: &[&str] = &["path", "prefix", "url", "base", "root", "route", "version", "endpoint", "api"];

impl World<'_> {
    /// The only text that the evaluated part of the tree binds to the last name of a label, and where.
    pub(crate) fn only_value(&mut self, label: &str) -> Option<(SmolStr, Place)> {
        let name = label.rsplit(['.', ':', '[', ']', '\'', '"']).find(|s| !s.is_empty())?;
        let lower = name.to_ascii_lowercase();
        let tells = CONFIG_NAMES.iter().any(|w| lower.contains(w));
        if !tells || !name.chars().all(|c| c.is_alphanumeric() || c == '_') {
            return None;
        }
        self.index_config();
        let index = self.config.borrow();
        let values = index.as_ref()?.get(name)?;
        match values.as_slice() {
            [Value::Text(text)] => Some((text.known().filter(|t| is_path(t))?, text.place()?)),
            _ => None,
        }
    }

    /// Collects `NAME = "text"` of module and class bodies and `name: "text"` of object literals in evaluated files.
    fn index_config(&self) {
        if self.config.borrow().is_some() {
            return;
        }
        let mut index: FxHashMap<SmolStr, Vec<Value>> = FxHashMap::default();
        for (at, module) in self.modules.iter().enumerate() {
            if module.parent.is_some() {
                continue;
            }
            let id = ModuleId(at as u32);
            let tree = &module.tree;
            let mut add = |name: &SmolStr, expr: apicensus_syntax::ExprId| {
                if let Expr::Str(parts) = tree.expr(expr)
                    && let [StrPart::Text(text)] = parts.as_slice()
                {
                    let value =
                        Value::Text(std::rc::Rc::new(crate::text::Text::plain(text.clone(), Some(self.place(id, tree.span(expr))))));
                    let all = index.entry(name.clone()).or_default();
                    if all.len() < 3 && !all.iter().any(|v| v.same(&value)) {
                        all.push(value);
                    }
                }
            };
            for (stmt, _) in &tree.stmts {
                if let Stmt::Bind { target: Pattern::Name(name, _), value: Some(value), .. } = stmt {
                    add(name, *value);
                }
            }
            for (expr, _) in &tree.exprs {
                if let Expr::Dict(entries, _) = expr {
                    for entry in entries {
                        if let apicensus_syntax::Entry::Pair(key, value) = entry
                            && let Expr::Str(parts) = tree.expr(*key)
                            && let [StrPart::Text(name)] = parts.as_slice()
                        {
                            add(name, *value);
                        }
                    }
                }
            }
        }
        *self.config.borrow_mut() = Some(index);
    }

    /// A JSON value.
    pub(crate) fn json_value(&mut self, json: &serde_json::Value, at: Place, depth: u32) -> Value {
        use serde_json::Value as Json;
        if depth > 40 {
            return Value::unknown("json", "it nests too deeply", Some(at));
        }
        match json {
            Json::Null => Value::Null,
            Json::Bool(b) => Value::Bool(*b),
            Json::Number(n) => Value::Number(n.as_f64().unwrap_or_default()),
            Json::String(s) => Value::Text(std::rc::Rc::new(crate::text::Text::plain(SmolStr::new(s), Some(at)))),
            Json::Array(items) => Value::list(items.iter().take(5_000).map(|v| self.json_value(v, at, depth + 1)).collect()),
            Json::Object(entries) => {
                let entries: Vec<(SmolStr, Value)> =
                    entries.iter().take(5_000).map(|(k, v)| (SmolStr::new(k), self.json_value(v, at, depth + 1))).collect();
                Value::dict(entries)
            }
        }
    }
}

/// Whether a text can be a part of a path.
fn is_path(text: &str) -> bool {
    // `Service.base_path` names something else.
    let dotted = text.split('.').count() > 1 && !text.contains('/') && text.split('.').all(|s| s.starts_with(|c: char| c.is_alphabetic()));
    !dotted && !text.contains("://") && text.chars().all(|c| c.is_alphanumeric() || "/-_.~{}:<>".contains(c))
}
