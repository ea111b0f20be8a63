//! Middleware made in two steps: a factory whose method makes the service that decides (actix's `Transform`, tower's
//! `Layer`), and the paths that a middleware object keeps to let them pass.

use super::matcher::Matcher;
use crate::evaluate::Family;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::Expr;
use smol_str::SmolStr;
use std::rc::Rc;

/// Methods by which a factory makes its service.
const FACTORIES: &[&str] = &["new_transform", "layer", "transform", "create", "new_middleware"];
/// Parts of names of fields that hold paths which need no proof.
const PASSES: &[&str] = &["whitelist", "white_list", "allowlist", "allow_list", "exempt", "exclude", "public", "skip", "bypass", "ignore"];

impl World<'_> {
    /// The classes of the services that a factory of middleware makes.
    pub(super) fn services_of(&mut self, class: &Rc<ClassValue>) -> Vec<Rc<ClassValue>> {
        let mut out: Vec<Rc<ClassValue>> = Vec::new();
        for name in FACTORIES {
            let method = class.attrs.borrow().get(*name).cloned();
            let Some(Value::Function(f)) = method.map(|m| self.force(&m)) else { continue };
            let tree = self.module(f.module).tree.clone();
            let mut exprs = Vec::new();
            crate::walk::function(&tree, f.function, &mut |e| exprs.push(e));
            for id in exprs {
                let Expr::Name(name) = tree.expr(id) else { continue };
                if !name.starts_with(char::is_uppercase) || name == "Self" {
                    continue;
                }
                if let Some(Value::Class(made)) = self.named_value(&f.scope, None, &tree, id, 0)
                    && !Rc::ptr_eq(&made, class)
                    && !out.iter().any(|o| Rc::ptr_eq(o, &made))
                {
                    out.push(made);
                }
            }
        }
        out
    }

    /// What the callbacks of a call that is not known give: `keys.map(|k| Auth::new(k))`.
    pub(super) fn callback_results(&mut self, u: &Rc<Unknown>) -> Vec<Value> {
        if !u.results.is_empty() {
            return u.results.clone();
        }
        let name = u.label.trim_end_matches("()").rsplit('.').next().unwrap_or_default();
        if self.family != Family::Rust || !matches!(name, "map" | "and_then" | "then" | "map_or" | "map_or_else") {
            return Vec::new();
        }
        let given: Vec<Rc<Closure>> =
            u.args.items.iter().filter_map(|v| if let Value::Function(f) = self.force(v) { Some(f) } else { None }).collect();
        let whole = Value::Unknown(
            u.from.as_ref().and_then(|v| if let Value::Unknown(u) = v { Some(u.clone()) } else { None }).unwrap_or_default(),
        );
        given.iter().map(|f| self.call_closure(f, None, Args::of(vec![whole.clone()]), crate::interp::attr::NOWHERE)).collect()
    }

    /// The paths that a middleware object lets pass, by fields of it that say so.
    pub(super) fn passing_paths(&mut self, value: &Value, out: &mut Vec<Matcher>, depth: u32) {
        if depth > 4 {
            return;
        }
        match self.force(value) {
            Value::Unknown(u) => {
                let mut inner = self.callback_results(&u);
                inner.extend(u.args.items.iter().cloned());
                inner.iter().for_each(|v| self.passing_paths(v, out, depth + 1));
            }
            Value::Either(all) => all.iter().for_each(|v| self.passing_paths(v, out, depth + 1)),
            Value::Instance(i) => {
                let fields: Vec<(SmolStr, Value)> = i.fields.borrow().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
                for (name, field) in fields {
                    let flat = name.to_ascii_lowercase();
                    if PASSES.iter().any(|w| flat.contains(w)) {
                        self.passing_items(&field, out);
                    }
                }
            }
            _ => {}
        }
    }

    fn passing_items(&mut self, field: &Value, out: &mut Vec<Matcher>) {
        let field = self.force(field);
        let items = match &field {
            Value::List(_) => self.items_of(&field, crate::interp::attr::NOWHERE).0,
            _ => vec![field],
        };
        for item in items {
            match self.force(&item) {
                Value::Instance(i) => {
                    let fields: Vec<Value> = i.fields.borrow().iter().map(|(_, v)| v.clone()).collect();
                    let below = fields.iter().any(|v| {
                        let v = self.force(v);
                        self.label(&v).to_ascii_lowercase().contains("prefix")
                    });
                    let words: Vec<SmolStr> = fields.iter().flat_map(|v| self.path_words(v)).filter(|w| w.starts_with('/')).collect();
                    out.extend(words.iter().filter_map(|w| Matcher::of(w, below)));
                }
                other => out.extend(self.path_words(&other).iter().filter(|w| w.starts_with('/')).filter_map(|w| Matcher::of(w, false))),
            }
        }
    }
}
