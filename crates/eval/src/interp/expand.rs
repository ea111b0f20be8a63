//! Calls of `macro_rules!` that another file defines: expanded where they stand, then evaluated like code written there.
//!
//! A macro is found by its name: in the caller's package first. What an expansion defines belongs to the module of the
//! call; hygiene is left out.

use super::Cx;
use crate::value::*;
use crate::world::{RunState, World};
use apicensus_syntax::{Expr, ExprId, Module, Stmt};
use smol_str::SmolStr;
use std::sync::Arc;

/// Macros given along for calls inside of an expansion.
const MAX_RULES: usize = 64;
/// Longest call that is expanded, in bytes.
const MAX_CALL: usize = 1 << 18;
/// Expressions that all expansions may bring.
const MAX_BROUGHT: usize = 400_000;
/// What an expansion counts at least.
const MIN_BROUGHT: usize = 20;

/// A `macro_rules!` of the tree.
pub struct MacroRules {
    /// The module that defines it.
    pub module: ModuleId,
    /// Its rules as written.
    pub rules: SmolStr,
}

impl World<'_> {
    /// Notes the macros a file defines.
    pub(crate) fn note_macros(&mut self, module: ModuleId, tree: &Module) {
        for (stmt, _) in &tree.stmts {
            if let Stmt::Macro { name, rules } = stmt {
                self.macros.entry(name.clone()).or_default().push(MacroRules { module, rules: rules.clone() });
            }
        }
    }

    /// The name of the macro that a callee names, if the tree defines it.
    fn macro_name(&self, cx: &Cx, callee: ExprId) -> Option<SmolStr> {
        if self.macros.is_empty() || self.expansions.contains(&cx.module) {
            return None;
        }
        let (Expr::Name(name) | Expr::Attr(_, name)) = cx.tree.expr(callee) else { return None };
        let name = name.strip_suffix('!')?;
        self.macros.contains_key(name).then(|| SmolStr::new(name))
    }

    /// The value of a call of a macro of the tree; None when it is none, or no rule matches.
    pub(crate) fn macro_value(&mut self, cx: &Cx, call: ExprId, callee: ExprId) -> Option<Value> {
        let (inner, value) = self.expanded(cx, call, callee)?;
        let body = inner.tree.body.clone();
        self.hoist(&inner, &body);
        self.block(&inner, &body);
        Some(value.map_or(Value::Null, |value| self.expr(&inner, value)))
    }

    /// Binds the items that a macro call among items gives.
    pub(crate) fn hoist_macro(&mut self, cx: &Cx, call: ExprId) {
        let tree = cx.tree.clone();
        let Expr::Call { callee, .. } = tree.expr(call) else { return };
        if let Some((inner, _)) = self.expanded(cx, call, *callee) {
            let body = inner.tree.body.clone();
            self.hoist_rust(&inner, &body);
            self.hoist_functions(&inner, &body);
        }
    }

    /// The expansion of a call: where it is evaluated, and its value.
    fn expanded(&mut self, cx: &Cx, call: ExprId, callee: ExprId) -> Option<(Cx, Option<ExprId>)> {
        let name = self.macro_name(cx, callee)?;
        let key = (cx.module, call);
        let (module, value) = match self.expanded.get(&key) {
            Some(known) => (*known)?,
            None => {
                let made = self.expand(cx, call, &name);
                self.expanded.insert(key, made);
                made?
            }
        };
        let tree = self.module(module).tree.clone();
        Some((Cx { module, tree, ..cx.clone() }, value))
    }

    fn expand(&mut self, cx: &Cx, call: ExprId, name: &SmolStr) -> Option<(ModuleId, Option<ExprId>)> {
        let at = self.at(cx, call);
        if self.brought > MAX_BROUGHT {
            let message = "macros expand to too much; this call was not expanded";
            self.trouble_at(crate::output::TroubleKind::Bound, at, message, "routes that it registers are missing");
            return None;
        }
        let bytes = (self.input.text)(at.file)?;
        let text = std::str::from_utf8(bytes.get(at.start as usize..at.end as usize)?).ok()?;
        if text.len() > MAX_CALL || !text.split('!').next().is_some_and(|path| path.trim_end().ends_with(name.as_str())) {
            return None;
        }
        let home = self.resolver.rust_package(at.file);
        let mut rules: Vec<(bool, bool, SmolStr, SmolStr)> = Vec::new();
        for (other, all) in &self.macros {
            for one in all {
                let near = self.resolver.rust_package(self.module(one.module).file) == home;
                rules.push((other != name, !near, other.clone(), one.rules.clone()));
            }
        }
        rules.sort();
        rules.truncate(MAX_RULES);
        // Of several of a name the last one counts to the expander; the nearest is to be it.
        rules.reverse();
        let given: Vec<(&str, &str)> = rules.iter().map(|(_, _, name, rules)| (name.as_str(), rules.as_str())).collect();
        let expansion = apicensus_syntax::lower::expand_macro(&given, text, at.start, at.line)?;
        let from = self.module(cx.module);
        let (file, parent, inline, scope) = (from.file, from.parent, from.inline.clone(), from.scope.clone());
        let (stars, conditions) = (from.stars.clone(), from.conditions.clone());
        self.brought += expansion.module.exprs.len() + MIN_BROUGHT;
        let body = expansion.module.body.clone();
        let id = self.add_module(file, Arc::new(expansion.module), body, parent, inline);
        let module = self.module_mut(id);
        (module.scope, module.stars, module.conditions, module.state) = (scope, stars, conditions, RunState::Done);
        self.expansions.insert(id);
        Some((id, expansion.value))
    }

    /// Whether the rules of a macro register something.
    pub(crate) fn macro_touches(&self, name: &str) -> bool {
        let Some(all) = name.strip_suffix('!').and_then(|name| self.macros.get(name)) else { return false };
        all.iter().any(|one| {
            one.rules.split('.').skip(1).any(|rest| {
                let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                self.vocabulary.contains(&rest[..end])
            })
        })
    }
}
