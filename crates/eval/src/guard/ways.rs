//! Whether code checks who calls on every way through it: a check in a branch that only some requests take
//! (`if request.method == "POST":`) asks the others for nothing.

use super::caught::within;
use super::names;
use apicensus_syntax::{Block, Expr, ExprId, FunctionId, Module, Pattern, Span, Stmt, StmtId};
use rustc_hash::FxHashSet;
use smol_str::SmolStr;

/// Words of names that tell of settings.
const SETTINGS: &[&str] =
    &["settings", "setting", "config", "conf", "env", "environ", "enabled", "disabled", "options", "feature", "features", "flags", "mode"];

/// Where code checks.
#[derive(Clone, Debug, Default)]
pub(super) struct Checks {
    /// Calls of what surely refuses strangers.
    pub calls: Vec<Span>,
    /// Its own refusals.
    pub refusals: Vec<Span>,
}

/// A function's code while its ways are followed.
struct Ways<'t> {
    tree: &'t Module,
    checks: &'t Checks,
    dead: &'t [Span],
    locals: FxHashSet<SmolStr>,
}

/// Whether every way through a function meets a check; places that don't run are left out.
pub(super) fn all_check(tree: &Module, f: FunctionId, checks: &Checks, dead: &[Span]) -> bool {
    if checks.calls.is_empty() && checks.refusals.is_empty() {
        return false;
    }
    let function = tree.function(f);
    let mut locals: FxHashSet<SmolStr> = FxHashSet::default();
    for param in &function.params {
        names_of(&param.pattern, &mut locals);
    }
    let mut binds = Vec::new();
    crate::walk::with_bindings(tree, f, &mut |_| {}, &mut binds);
    for stmt in binds {
        if let Stmt::Bind { target, .. } = tree.stmt(stmt) {
            names_of(target, &mut locals);
        }
    }
    for own in ["self", "cls"] {
        locals.remove(own);
    }
    Ways { tree, checks, dead, locals }.block(&function.body)
}

impl Ways<'_> {
    fn block(&self, block: &[StmtId]) -> bool {
        block.iter().any(|s| !within(self.dead, self.tree.stmt_span(*s)) && self.stmt(*s))
    }

    /// Whether a branch checks, or does not run.
    fn branch(&self, block: &Block) -> bool {
        let is_dead = !block.is_empty() && block.iter().all(|s| within(self.dead, self.tree.stmt_span(*s)));
        is_dead || self.block(block)
    }

    fn stmt(&self, id: StmtId) -> bool {
        match self.tree.stmt(id) {
            Stmt::If { test, then, other } => {
                self.calls_in(self.tree.span(*test))
                    || self.refuses(then)
                    || self.refuses(other)
                    || match self.is_of_request(*test) {
                        true => self.branch(then) && self.branch(other),
                        false => self.block(then) || self.block(other),
                    }
            }
            // What fails inside is refused.
            Stmt::Try { handlers, .. } if handlers.iter().any(|h| self.block(&h.body)) => true,
            Stmt::Try { body, other, last, .. } => self.block(body) || self.block(other) || self.block(last),
            Stmt::For { body, .. } | Stmt::While { body, .. } | Stmt::Block(body) | Stmt::Given { body, .. } => self.block(body),
            Stmt::With { items, body } => items.iter().any(|(e, _)| self.calls_in(self.tree.span(*e))) || self.block(body),
            Stmt::Switch { subject, cases, .. } => {
                self.calls_in(self.tree.span(*subject)) || !cases.is_empty() && cases.iter().all(|c| self.branch(&c.body))
            }
            _ => {
                let at = self.tree.stmt_span(id);
                self.calls_in(at) || self.refuses_in(at)
            }
        }
    }

    fn calls_in(&self, at: Span) -> bool {
        self.checks.calls.iter().any(|c| within(&[at], *c))
    }

    fn refuses_in(&self, at: Span) -> bool {
        self.checks.refusals.iter().any(|c| within(&[at], *c))
    }

    /// Whether a block refuses at once: the test above it is the check.
    fn refuses(&self, block: &Block) -> bool {
        block.iter().any(|s| {
            let plain = matches!(self.tree.stmt(*s), Stmt::Throw(_) | Stmt::Return(_) | Stmt::Expr(_) | Stmt::Bind { .. });
            plain && self.refuses_in(self.tree.stmt_span(*s))
        })
    }

    /// Whether a test is about what is asked for: neither about who asks nor about settings.
    fn is_of_request(&self, test: ExprId) -> bool {
        let (mut of_request, mut other) = (false, false);
        crate::walk::within(self.tree, vec![test], Vec::new(), &mut |id| match self.tree.expr(id) {
            Expr::Name(name) => {
                of_request |= self.locals.contains(name);
                other |= is_other(name);
            }
            Expr::Attr(_, name) => {
                of_request |= matches!(name.as_str(), "request" | "req" | "method" | "body" | "query" | "params");
                other |= is_other(name);
            }
            _ => {}
        });
        of_request && !other
    }
}

/// Whether a name is about who calls, or about settings.
fn is_other(name: &str) -> bool {
    names::is_identity(name) || names::may_guard(name) || names::words(name).iter().any(|w| SETTINGS.contains(&w.as_str()))
}

fn names_of(pattern: &Pattern, out: &mut FxHashSet<SmolStr>) {
    match pattern {
        Pattern::Name(name, _) => drop(out.insert(name.clone())),
        Pattern::List(all) | Pattern::Or(all) => all.iter().for_each(|p| names_of(p, out)),
        Pattern::Object(fields) => fields.iter().for_each(|(_, p)| names_of(p, out)),
        Pattern::Rest(inner) | Pattern::Default(inner, _) => names_of(inner, out),
        Pattern::Construct { items, fields, .. } => {
            items.iter().for_each(|p| names_of(p, out));
            fields.iter().for_each(|(_, p)| names_of(p, out));
        }
        _ => {}
    }
}
