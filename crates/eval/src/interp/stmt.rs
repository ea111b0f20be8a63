//! Statements.

use super::Cx;
use crate::bounds::{MAX_IDLE_TURNS, MAX_NESTING, MAX_TURNS};
use crate::evaluate::Family;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{BindKind, Block, Case, Export, ExprId, Pattern, Stmt, StmtId};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// How a statement ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Goes on.
    Normal,
    /// Leaves the function.
    Return,
    /// Leaves the loop.
    Break,
    /// Goes on with the next turn.
    Continue,
    /// Throws.
    Throw,
}

impl World<'_> {
    /// Runs statements in the current scope.
    pub(crate) fn block(&mut self, cx: &Cx, body: &Block) -> Flow {
        for id in body {
            if !self.step() {
                return Flow::Normal;
            }
            let flow = self.stmt(cx, *id);
            if flow != Flow::Normal {
                return flow;
            }
        }
        Flow::Normal
    }

    /// Runs statements in a scope of their own where the language has block scopes.
    pub(crate) fn scoped(&mut self, cx: &Cx, body: &Block) -> Flow {
        if body.is_empty() {
            return Flow::Normal;
        }
        if self.family == Family::Python {
            return self.block(cx, body);
        }
        let inner = cx.block();
        self.hoist(&inner, body);
        self.block(&inner, body)
    }

    fn stmt(&mut self, cx: &Cx, id: StmtId) -> Flow {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            self.nesting -= 1;
            return Flow::Normal;
        }
        let flow = self.stmt_inner(cx, id);
        self.nesting -= 1;
        flow
    }

    fn stmt_inner(&mut self, cx: &Cx, id: StmtId) -> Flow {
        let tree = cx.tree.clone();
        match tree.stmt(id) {
            Stmt::Bind { target, value, kind, ty } => self.bind_stmt(cx, target, *value, *kind, *ty),
            Stmt::Expr(expr) => {
                self.expr(cx, *expr);
            }
            Stmt::Function(function) => {
                let value = self.decorated_function(cx, *function);
                if let Some(name) = &tree.function(*function).name
                    && (self.family != Family::Rust || self.hoisted(cx, *function).is_none())
                {
                    self.declare(cx, name, value);
                }
            }
            Stmt::Class(class) => {
                let known = tree.class(*class).name.as_ref().and_then(|n| cx.scope.names.borrow().get(n).cloned());
                let value = match known {
                    Some(value @ Value::Class(_)) if self.family == Family::Rust => value,
                    _ => self.decorated_class(cx, *class),
                };
                if let Some(name) = &tree.class(*class).name {
                    self.declare(cx, name, value);
                }
            }
            Stmt::Extend { .. } if cx.function.is_some() => self.extend(cx, id),
            Stmt::Namespace { name, body, .. } => self.namespace(cx, name, body),
            Stmt::If { test, then, other } => return self.branch(cx, *test, then, other),
            Stmt::For { target, iter, body, keys } => return self.for_loop(cx, target, *iter, body, *keys),
            Stmt::While { init, test, step, body } => return self.while_loop(cx, init, *test, step, body),
            Stmt::Return(value) => {
                let value = value.map_or(Value::Null, |v| self.expr(cx, v));
                cx.out.returns.borrow_mut().push(value);
                return Flow::Return;
            }
            Stmt::Break => return Flow::Break,
            Stmt::Continue => return Flow::Continue,
            Stmt::Throw(_) => return Flow::Throw,
            Stmt::Try { body, other, last, .. } => return self.try_stmt(cx, body, other, last),
            Stmt::Switch { subject, cases, falls } => return self.switch(cx, *subject, cases, *falls),
            Stmt::With { items, body } => return self.with_stmt(cx, items, body),
            Stmt::Block(body) => return self.scoped(cx, body),
            Stmt::Given { annotations, body } => return self.given_block(cx, annotations, body),
            Stmt::Outer(names) => cx.scope.function().outer.borrow_mut().extend(names.iter().cloned()),
            Stmt::Import(import) => {
                if self.family != Family::Rust || cx.function.is_some() {
                    self.import(cx, import, tree.stmt_span(id));
                }
            }
            Stmt::Export(export) => self.export(cx, export),
            Stmt::Macro { .. } | Stmt::Extend { .. } => {}
        }
        Flow::Normal
    }

    fn with_stmt(&mut self, cx: &Cx, items: &[(ExprId, Option<Pattern>)], body: &apicensus_syntax::Block) -> Flow {
        for (item, target) in items {
            let value = self.expr(cx, *item);
            let value = self.entered(value, self.at(cx, *item));
            if let Some(target) = target {
                self.bind(cx, target, value, BindKind::Assign);
            }
        }
        self.scoped(cx, body)
    }

    fn bind_stmt(&mut self, cx: &Cx, target: &Pattern, value: Option<ExprId>, kind: BindKind, ty: Option<ExprId>) {
        let Some(value) = value else {
            if self.family == Family::JavaScript
                && let Pattern::Name(name, _) = target
            {
                self.declare(cx, name, Value::Null);
            }
            self.annotated_field(cx, target, None, ty);
            return;
        };
        // Rust constants of a module were bound lazily.
        if self.family == Family::Rust
            && cx.function.is_none()
            && let Pattern::Name(name, _) = target
            && let Some(lazy @ Value::Lazy(_)) = cx.scope.names.borrow().get(name).cloned()
        {
            drop(lazy);
            return;
        }
        if let BindKind::Compound(op) = kind {
            self.compound(cx, target, value, op);
            return;
        }
        let value = self.expr(cx, value);
        self.annotated_field(cx, target, Some(&value), ty);
        // `let config: Config = read()?`.
        let typed = ty.filter(|_| self.family == Family::Rust && matches!(value, Value::Unknown(_)));
        let value = typed.and_then(|ty| self.instance_of_type(cx, ty, 0)).unwrap_or(value);
        self.bind(cx, target, value, kind);
    }

    /// Remembers the order of annotated fields of a Python class body.
    fn annotated_field(&mut self, cx: &Cx, target: &Pattern, _value: Option<&Value>, ty: Option<ExprId>) {
        if ty.is_none() || cx.scope.kind != crate::scope::ScopeKind::Class {
            return;
        }
        if let (Pattern::Name(name, _), Some(class)) = (target, &cx.home) {
            class.fields.borrow_mut().push(name.clone());
        }
    }

    fn namespace(&mut self, cx: &Cx, name: &smol_str::SmolStr, body: &Block) {
        match self.family {
            Family::Rust => {
                let module = cx.scope.names.borrow().get(&super::items::type_key(name)).cloned();
                for module in module.map(|m| m.alternatives()).unwrap_or_default() {
                    self.run_if_wave(&module);
                }
            }
            _ => {
                let inner = cx.block();
                self.hoist(&inner, body);
                self.block(&inner, body);
                let entries: Vec<_> = inner.scope.names.borrow().iter().map(|(n, v)| (n.clone(), v.clone())).collect();
                self.declare(cx, name, Value::dict(entries));
            }
        }
    }

    fn for_loop(&mut self, cx: &Cx, target: &Pattern, iter: ExprId, body: &Block, keys: bool) -> Flow {
        let over = self.expr(cx, iter);
        let (items, open) = if keys { self.keys_of(&over) } else { self.items_of(&over, self.at(cx, iter)) };
        let mut left = Flow::Normal;
        for item in items.into_iter().take(MAX_TURNS) {
            if !self.step() {
                break;
            }
            match self.turn(cx, target, item, body) {
                Flow::Break if self.journal.is_empty() || !open => break,
                Flow::Return => {
                    left = Flow::Return;
                    if !open {
                        break;
                    }
                }
                Flow::Throw => break,
                _ => {}
            }
        }
        if open {
            let label = self.source_text(self.at(cx, iter), 40);
            let item = Value::unknown(format!("{label}[]"), "the collection is only known at run time", Some(self.at(cx, iter)));
            self.maybe(None, |w| w.turn(cx, target, item, body));
            return Flow::Normal;
        }
        left
    }

    fn turn(&mut self, cx: &Cx, target: &Pattern, item: Value, body: &Block) -> Flow {
        if self.family == Family::Python {
            self.bind(cx, target, item, BindKind::Assign);
            return self.block(cx, body);
        }
        let inner = cx.block();
        self.bind(&inner, target, item, BindKind::Declare);
        self.hoist(&inner, body);
        self.block(&inner, body)
    }

    fn while_loop(&mut self, cx: &Cx, init: &Block, test: Option<ExprId>, step: &Block, body: &Block) -> Flow {
        let inner = cx.block();
        self.block(&inner, init);
        let mut idle = 0;
        for turn in 0..MAX_TURNS {
            // Turns that make and register nothing are not what a registration loop looks like.
            let made = self.objects.len() + self.closures.len() + self.registered;
            if !self.step() || idle >= MAX_IDLE_TURNS {
                break;
            }
            let known = match test {
                Some(test) => {
                    let value = self.expr(&inner, test);
                    self.truth(&value)
                }
                None => (turn == 0).then_some(true),
            };
            match known {
                Some(false) => break,
                Some(true) => match self.scoped(&inner, body) {
                    Flow::Return => return Flow::Return,
                    Flow::Break | Flow::Throw => break,
                    _ => {}
                },
                None => {
                    if turn == 0 {
                        self.maybe(None, |w| w.scoped(&inner, body));
                    }
                    break;
                }
            }
            if test.is_none() && turn > 0 {
                break;
            }
            self.block(&inner, step);
            idle = if self.objects.len() + self.closures.len() + self.registered == made { idle + 1 } else { 0 };
        }
        Flow::Normal
    }

    fn try_stmt(&mut self, cx: &Cx, body: &Block, other: &Block, last: &Block) -> Flow {
        let flow = self.scoped(cx, body);
        let flow = if flow == Flow::Normal { self.scoped(cx, other) } else { flow };
        let end = self.scoped(cx, last);
        match (flow, end) {
            (_, Flow::Return) => Flow::Return,
            (Flow::Throw, _) => Flow::Normal,
            (flow, _) => flow,
        }
    }

    fn switch(&mut self, cx: &Cx, subject: ExprId, cases: &[Case], falls: bool) -> Flow {
        let value = self.expr(cx, subject);
        let inner = cx.block();
        let mut at = None;
        let mut unknown = false;
        for (index, case) in cases.iter().enumerate() {
            let verdict = self.case_matches(&inner, case, &value);
            match verdict {
                Some(true) => {
                    at = Some(index);
                    break;
                }
                Some(false) => {}
                None => unknown = true,
            }
        }
        if unknown {
            return self.every_case(&inner, cases, subject, &value);
        }
        let Some(start) = at.or_else(|| cases.iter().position(|c| c.patterns.is_empty())) else { return Flow::Normal };
        for case in &cases[start..] {
            match self.scoped(&inner, &case.body) {
                Flow::Break => return Flow::Normal,
                Flow::Normal if falls => {}
                Flow::Normal => return Flow::Normal,
                flow => return flow,
            }
        }
        Flow::Normal
    }

    /// Runs every case of a switch whose subject is not known.
    fn every_case(&mut self, cx: &Cx, cases: &[Case], subject: ExprId, value: &Value) -> Flow {
        let mut all_left = !cases.is_empty() && cases.iter().any(|c| c.patterns.is_empty());
        for case in cases {
            let mut condition = self.condition_at(self.at(cx, subject), "default of ");
            self.note_start(value, self.at(cx, subject));
            if let Some(Pattern::Value(value)) = case.patterns.first() {
                let text = self.source_text(self.at(cx, *value), 40);
                if let Some(condition) = &mut condition {
                    condition.text = smol_str::SmolStr::new(format!("{} == {text}", condition.text.trim_start_matches("default of ")));
                }
            }
            let mut flow = Flow::Normal;
            self.maybe(condition, |w| {
                for pattern in &case.patterns {
                    if !matches!(pattern, Pattern::Value(_)) {
                        w.bind_unknown(cx, pattern, "case");
                    }
                }
                flow = w.scoped(cx, &case.body);
                // What leaves the switch goes on after it.
                if flow == Flow::Break { Flow::Normal } else { flow }
            });
            all_left &= flow == Flow::Return;
        }
        if all_left { Flow::Return } else { Flow::Normal }
    }

    fn export(&mut self, cx: &Cx, export: &Export) {
        let exports = self.module(cx.module).exports.clone();
        match export {
            Export::Names(names) => {
                for (local, exported) in names {
                    // A name that nothing binds or mentions is a type.
                    let now = cx.scope.get(local).or_else(|| {
                        let expr = self.name_expr(cx, local)?;
                        Some(Value::Lazy(Rc::new(Lazy {
                            what: LazyWhat::Expr(cx.module, cx.scope.clone(), expr),
                            value: RefCell::new(None),
                            busy: Cell::new(false),
                        })))
                    });
                    if let Some(now) = now {
                        exports.set(&Value::text(exported.clone()), now);
                    }
                }
            }
            Export::From(module, names) => {
                let target = self.js_import(cx, module, false);
                for (there, exported) in names {
                    let at = self.module_place(cx.module);
                    let value = self.lazy_name(&target, there, at);
                    exports.set(&Value::text(exported.clone()), value);
                }
            }
            Export::Star(module, None) => {
                let target = self.js_import(cx, module, false);
                self.module_mut(cx.module).stars.push(target);
            }
            Export::Star(module, Some(name)) => {
                let target = self.js_import(cx, module, false);
                exports.set(&Value::text(name.clone()), target);
            }
            Export::Default(expr, whole) => {
                let value = self.expr(cx, *expr);
                if *whole {
                    if let Some(module) = self.module(cx.module).commonjs.clone() {
                        module.set(&Value::text("exports"), value.clone());
                    }
                } else {
                    exports.set(&Value::text("default"), value);
                }
            }
        }
    }

    /// An expression that reads a name; export lists name bindings that may come later.
    fn name_expr(&self, cx: &Cx, name: &str) -> Option<ExprId> {
        let at = cx.tree.exprs.iter().position(|(e, _)| matches!(e, apicensus_syntax::Expr::Name(n) if n == name))?;
        Some(ExprId(at as u32))
    }
}
