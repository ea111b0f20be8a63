//! Expressions.

use super::pattern::label_of;
use super::{Cx, Flow};
use crate::bounds::{MAX_NESTING, MAX_TURNS};
use crate::evaluate::Family;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{BinaryOp, BindKind, CompClause, CompKind, Expr, ExprId, ListKind, UnaryOp};
use smol_str::SmolStr;
use std::rc::Rc;

impl World<'_> {
    /// Evaluates an expression.
    pub(crate) fn expr(&mut self, cx: &Cx, id: ExprId) -> Value {
        if self.nesting > MAX_NESTING || !self.step() {
            return Value::unknown("", "evaluation was cut short", Some(self.at(cx, id)));
        }
        self.nesting += 1;
        let value = self.expr_inner(cx, id);
        self.nesting -= 1;
        value
    }

    pub(crate) fn expr_inner(&mut self, cx: &Cx, id: ExprId) -> Value {
        let tree = cx.tree.clone();
        match tree.expr(id) {
            Expr::Str(parts) => self.string(cx, id, parts),
            Expr::Number(n) => Value::Number(*n),
            Expr::Bool(b) => Value::Bool(*b),
            Expr::Null => Value::Null,
            Expr::Name(name) => self.read_name(cx, name, Some(id)),
            Expr::Attr(base, name) => self.attribute(cx, id, *base, name),
            Expr::Index(base, index) => {
                let base_value = self.expr(cx, *base);
                // Type arguments.
                if self.family == Family::Rust && matches!(base_value, Value::Symbol(_) | Value::Class(_) | Value::Function(_)) {
                    return base_value;
                }
                let index_value = self.expr(cx, *index);
                self.index(&base_value, &index_value, self.at(cx, id))
            }
            Expr::Slice(base, from, to) => {
                let base = self.expr(cx, *base);
                let from = from.map(|f| self.expr(cx, f));
                let to = to.map(|t| self.expr(cx, t));
                self.slice(&base, from.as_ref(), to.as_ref())
            }
            Expr::Call { callee, args, types, new } => self.call_expr(cx, id, *callee, args, types, *new),
            Expr::List(kind, items) => self.list(cx, *kind, items),
            Expr::Dict(entries, ty) => self.dict(cx, id, entries, *ty),
            Expr::Function(function) => self.closure(cx, *function),
            Expr::Class(class) => self.decorated_class(cx, *class),
            Expr::Binary(op @ (BinaryOp::And | BinaryOp::Or | BinaryOp::Coalesce), a, b) => self.logical(cx, *op, *a, *b),
            Expr::Binary(op, a, b) => {
                let a = self.expr(cx, *a);
                let b = self.expr(cx, *b);
                self.binary(*op, &a, &b, self.at(cx, id))
            }
            Expr::Unary(op, inner) => self.unary(cx, *op, *inner),
            // await, `?`, references and casts are identity.
            Expr::Wrap(_, inner) => self.expr(cx, *inner),
            Expr::Cond(test, a, b) => self.cond(cx, *test, *a, *b),
            Expr::Assign(pattern, value, kind) => {
                if let BindKind::Compound(op) = kind {
                    return self.compound(cx, pattern, *value, *op);
                }
                let value = self.expr(cx, *value);
                self.bind(cx, pattern, value.clone(), *kind);
                if is_some(&cx.tree, pattern) && matches!(value, Value::Text(_) | Value::Number(_) | Value::Bool(_)) {
                    return Value::Bool(true);
                }
                value
            }
            Expr::Comp { kind, element, value, clauses } => self.comprehension(cx, *kind, *element, *value, clauses),
            Expr::Block(body, value) => {
                let inner = cx.block();
                self.hoist(&inner, body);
                if self.block(&inner, body) != Flow::Normal {
                    return Value::Null;
                }
                value.map_or(Value::Null, |v| self.expr(&inner, v))
            }
            Expr::Match(subject, arms) => self.match_expr(cx, *subject, arms),
            Expr::Yield(value) => {
                let value = value.map_or(Value::Null, |v| self.expr(cx, v));
                cx.out.yields.borrow_mut().push(value.clone());
                value
            }
            Expr::Regex(text) => Value::Regex(text.clone()),
            Expr::This => cx.this.clone().unwrap_or_else(|| Value::unknown("this", "the receiver is not known", Some(self.at(cx, id)))),
            Expr::Super => self.super_value(cx),
            Expr::Import(module) => {
                let module = self.expr(cx, *module);
                self.dynamic_import(cx, &module, self.at(cx, id))
            }
            Expr::Unknown(kind) => {
                Value::unknown(self.source_text(self.at(cx, id), 30), format!("`{kind}` is not evaluated"), Some(self.at(cx, id)))
            }
        }
    }

    /// Reads a name: scopes, then what the language has built in.
    pub(crate) fn read_name(&mut self, cx: &Cx, name: &SmolStr, id: Option<ExprId>) -> Value {
        if let Some(value) = cx.scope.get(name) {
            return self.force(&value);
        }
        if self.family == Family::Rust {
            return self.read_rust_name(cx, name, id);
        }
        if let Some(value) = self.star_name(cx, name) {
            return value;
        }
        let at = id.map(|id| self.at(cx, id));
        self.builtin_name(name, at)
    }

    /// The value that an attribute is read of.
    pub(crate) fn base_expr(&mut self, cx: &Cx, base: ExprId) -> Value {
        match cx.tree.clone().expr(base) {
            Expr::Name(name) if self.family == Family::Rust => self.path_base(cx, name),
            _ => self.expr(cx, base),
        }
    }

    pub(crate) fn attribute(&mut self, cx: &Cx, id: ExprId, base: ExprId, name: &SmolStr) -> Value {
        let base_value = self.base_expr(cx, base);
        let at = self.at(cx, id);
        match self.get_attr(&base_value, name, Some(at)) {
            Some(value) => self.force(&value),
            None => match &base_value {
                Value::Dict(d) if !d.open.get() && self.family == Family::JavaScript => Value::Null,
                _ => self.missing_attr(&base_value, name, at),
            },
        }
    }

    /// What an attribute is that isn't there: something to call, or the tree's only value of that name.
    pub(crate) fn missing_attr(&mut self, base: &Value, name: &SmolStr, at: crate::output::Place) -> Value {
        match base {
            Value::Symbol(symbol) => Value::Symbol(super::module::join_symbol(symbol, name)),
            _ => Value::Method(Rc::new(Bound {
                receiver: base.clone(),
                name: name.clone(),
                args: Args {
                    items: Vec::new(),
                    named: vec![("@at".into(), Value::unknown(label_of(base, &format!(".{name}")), "", Some(at)))],
                    ..Args::default()
                },
            })),
        }
    }

    pub(crate) fn logical(&mut self, cx: &Cx, op: BinaryOp, a: ExprId, b: ExprId) -> Value {
        let left = self.expr(cx, a);
        match (op, self.truth(&left)) {
            (BinaryOp::And, Some(false)) | (BinaryOp::Or, Some(true)) => return left,
            (BinaryOp::Coalesce, _)
                if !matches!(
                    left,
                    Value::Null | Value::Unknown(_) | Value::Symbol(_) | Value::Default(_) | Value::Method(_) | Value::Either(_)
                ) =>
            {
                return left;
            }
            _ => {}
        }
        let mut right = Value::Null;
        if self.truth(&left).is_none() {
            self.maybe(None, |w| {
                right = w.expr(cx, b);
                Flow::Normal
            });
        } else {
            right = self.expr(cx, b);
        }
        self.logical_values(op, left, right)
    }

    /// The value of a logical operation whose sides are evaluated.
    pub(crate) fn logical_values(&mut self, op: BinaryOp, left: Value, right: Value) -> Value {
        let known = self.truth(&left);
        match op {
            BinaryOp::And => match known {
                Some(true) => right,
                Some(false) => left,
                None if self.truth(&right) == Some(false) => right,
                // `x && y`: when it matters it is y, but as a condition it stays open.
                None => match right {
                    Value::Bool(_) | Value::Text(_) | Value::Number(_) | Value::List(_) | Value::Dict(_) => Value::Default(Rc::new(right)),
                    right => right,
                },
            },
            BinaryOp::Or => match known {
                Some(true) => left,
                Some(false) => right,
                None => self.or_default(left, right),
            },
            _ => match left {
                Value::Null => right,
                Value::Unknown(_) | Value::Symbol(_) | Value::Default(_) | Value::Method(_) | Value::Either(_) => {
                    self.or_default(left, right)
                }
                left => left,
            },
        }
    }

    /// `unknown || default`.
    pub(crate) fn or_default(&mut self, left: Value, right: Value) -> Value {
        match (&left, &right) {
            (Value::Default(_), _) => left,
            (Value::Either(all), _) => {
                let known: Vec<Value> = all.iter().filter(|v| !v.is_unknown() && !matches!(v, Value::Null)).cloned().collect();
                Value::either(known.into_iter().chain([right]))
            }
            (_, Value::Text(_) | Value::Bool(_) | Value::Number(_) | Value::Null) => Value::Default(Rc::new(right)),
            (_, Value::Unknown(_)) => left,
            (Value::Symbol(_), _) => Value::either([left, right]),
            _ => right,
        }
    }

    pub(crate) fn unary(&mut self, cx: &Cx, op: UnaryOp, inner: ExprId) -> Value {
        let value = self.expr(cx, inner);
        match op {
            UnaryOp::Not => match self.truth(&value) {
                Some(b) => Value::Bool(!b),
                None => match &value {
                    Value::Default(d) => match self.truth(&d.clone()) {
                        Some(b) => Value::Default(Rc::new(Value::Bool(!b))),
                        None => value,
                    },
                    _ => Value::unknown(label_of(&value, ""), "the condition is not known", Some(self.at(cx, inner))),
                },
            },
            UnaryOp::Minus => {
                value.as_number().map_or_else(|| Value::unknown("-", "arithmetic on something unknown", None), |n| Value::Number(-n))
            }
            UnaryOp::TypeOf => self.type_of(&value),
            UnaryOp::Other => match value.as_number() {
                Some(n) => Value::Number(n),
                None => Value::unknown(label_of(&value, ""), "not evaluated", None),
            },
        }
    }

    pub(crate) fn type_of(&mut self, value: &Value) -> Value {
        let name = match value {
            Value::Text(_) => "string",
            Value::Number(_) => "number",
            Value::Bool(_) => "boolean",
            Value::Function(_) | Value::Class(_) | Value::BoundFunction(_) => "function",
            Value::Null => "undefined",
            Value::Dict(_) | Value::List(_) | Value::Instance(_) | Value::Regex(_) => "object",
            Value::Default(inner) => return self.type_of(&inner.clone()),
            _ => return Value::unknown("typeof", "the type is not known", None),
        };
        Value::text(name)
    }

    pub(crate) fn cond(&mut self, cx: &Cx, test: ExprId, a: ExprId, b: ExprId) -> Value {
        let value = self.expr(cx, test);
        match self.truth(&value) {
            Some(true) => self.expr(cx, a),
            Some(false) => self.expr(cx, b),
            None => {
                let (mut first, mut second) = (Value::Null, Value::Null);
                let is_statement = self.family == Family::Rust;
                let yes = if is_statement { self.condition(cx, test, &value, false) } else { None };
                let no = if is_statement { self.condition(cx, test, &value, true) } else { None };
                self.both(
                    yes,
                    no,
                    |w| {
                        first = w.expr(cx, a);
                        Flow::Normal
                    },
                    |w| {
                        second = w.expr(cx, b);
                        Flow::Normal
                    },
                );
                // `x ? x : default`: the default is what is known.
                match (first, second) {
                    (f @ (Value::Unknown(_) | Value::Symbol(_)), s @ Value::Text(_)) if value.same(&f) => Value::Default(Rc::new(s)),
                    (first, second) => Value::either([first, second]),
                }
            }
        }
    }

    pub(crate) fn comprehension(
        &mut self,
        cx: &Cx,
        kind: CompKind,
        element: ExprId,
        value: Option<ExprId>,
        clauses: &[CompClause],
    ) -> Value {
        let inner = Cx { scope: crate::scope::new(crate::scope::ScopeKind::Block, Some(cx.scope.clone())), ..cx.clone() };
        let result = match kind {
            CompKind::Dict => Value::dict([]),
            CompKind::List => Value::list(Vec::new()),
            CompKind::Set => Value::of_kind(ListKind::Set, Vec::new()),
        };
        self.clause(&inner, element, value, clauses, &result);
        result
    }

    pub(crate) fn clause(&mut self, cx: &Cx, element: ExprId, value: Option<ExprId>, clauses: &[CompClause], into: &Value) {
        let Some((first, rest)) = clauses.split_first() else {
            let item = self.expr(cx, element);
            match (into, value) {
                (Value::Dict(dict), Some(value)) => {
                    let value = self.expr(cx, value);
                    dict.set(&item, value);
                }
                (Value::List(list), _) if list.kind != ListKind::Set || !list.items.borrow().iter().any(|v| v.same(&item)) => {
                    list.items.borrow_mut().push(item);
                }
                _ => {}
            }
            return;
        };
        let over = self.expr(cx, first.iter);
        let (mut items, open) = self.items_of(&over, self.at(cx, first.iter));
        if open {
            let label = self.source_text(self.at(cx, first.iter), 40);
            items.push(Value::unknown(format!("{label}[]"), "the collection is only known at run time", Some(self.at(cx, first.iter))));
        }
        for item in items.into_iter().take(MAX_TURNS) {
            if !self.step() {
                return;
            }
            // The loop variable belongs to the comprehension, not to the function around it.
            self.bind_here(cx, &first.target, item);
            let mut keep = true;
            for test in &first.tests {
                let test = self.expr(cx, *test);
                keep &= self.keeps(&test);
            }
            if keep {
                self.clause(cx, element, value, rest, into);
            }
        }
    }

    pub(crate) fn bind_here(&mut self, cx: &Cx, pattern: &apicensus_syntax::Pattern, item: Value) {
        if self.family != Family::Python {
            self.bind(cx, pattern, item, BindKind::Declare);
            return;
        }
        let scope = crate::scope::new(crate::scope::ScopeKind::Function, Some(cx.scope.clone()));
        let temporary = Cx { scope: scope.clone(), ..cx.clone() };
        self.bind(&temporary, pattern, item, BindKind::Assign);
        let bound: Vec<_> = scope.names.borrow().iter().map(|(n, v)| (n.clone(), v.clone())).collect();
        for (name, value) in bound {
            cx.scope.set(name, value);
        }
    }

    pub(crate) fn match_expr(&mut self, cx: &Cx, subject: ExprId, arms: &[(apicensus_syntax::Case, Option<ExprId>)]) -> Value {
        let value = self.expr(cx, subject);
        let value = self.force(&value);
        let mut possible = Vec::new();
        for (case, result) in arms {
            let inner = cx.block();
            let verdict = if case.patterns.is_empty() { Some(true) } else { self.case_matches(&inner, case, &value) };
            if verdict == Some(false) {
                continue;
            }
            let mut one = Value::Null;
            let mut run = |w: &mut Self| {
                if verdict.is_none() {
                    for pattern in &case.patterns {
                        w.bind(&inner, pattern, value.clone(), BindKind::Declare);
                    }
                }
                w.hoist(&inner, &case.body);
                let flow = w.block(&inner, &case.body);
                if flow == Flow::Normal
                    && let Some(result) = result
                {
                    one = w.expr(&inner, *result);
                }
                flow
            };
            if verdict == Some(true) && possible.is_empty() {
                run(self);
                return one;
            }
            let condition = self.condition_at(self.at(cx, subject), "match ");
            self.maybe(condition, run);
            possible.push(one);
            if verdict == Some(true) {
                break;
            }
        }
        Value::either(possible)
    }
}

/// Rust's `Some(x)` and `Ok(x)`, which any value that is there fits.
fn is_some(tree: &apicensus_syntax::Module, pattern: &apicensus_syntax::Pattern) -> bool {
    let apicensus_syntax::Pattern::Construct { ty, .. } = pattern else { return false };
    matches!(tree.expr(*ty), Expr::Name(n) if n == "Some" || n == "Ok")
}
