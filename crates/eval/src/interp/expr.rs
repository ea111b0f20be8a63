//! Expressions.

use super::pattern::label_of;
use super::{Cx, Flow};
use crate::evaluate::Family;
use crate::text::{Part, Text};
use crate::value::*;
use crate::world::{MAX_NESTING, World};
use apicensus_syntax::{BinaryOp, BindKind, CompClause, CompKind, Entry, Expr, ExprId, Item, ListKind, StrPart, UnaryOp};
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

    fn expr_inner(&mut self, cx: &Cx, id: ExprId) -> Value {
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

    fn string(&mut self, cx: &Cx, id: ExprId, parts: &[StrPart]) -> Value {
        let at = self.at(cx, id);
        let mut text = Text::default();
        for part in parts {
            match part {
                StrPart::Text(t) => text.parts.push(Part::Known(t.clone(), Some(at))),
                StrPart::Hole(hole) => {
                    let value = self.expr(cx, *hole);
                    let value = self.force(&value);
                    if let Value::Either(all) = &value
                        && parts.len() > 1
                    {
                        return self.string_alternatives(cx, id, parts, *hole, all);
                    }
                    let inner = self.to_text(&value, self.at(cx, *hole));
                    text.push(&inner);
                }
            }
        }
        if text.parts.is_empty() {
            text.parts.push(Part::Known(SmolStr::default(), Some(at)));
        }
        Value::Text(Rc::new(text))
    }

    /// A template with a hole that has several alternatives.
    fn string_alternatives(&mut self, cx: &Cx, id: ExprId, parts: &[StrPart], hole: ExprId, all: &[Value]) -> Value {
        let at = self.at(cx, id);
        let mut texts: Vec<Text> = vec![Text::default()];
        for part in parts {
            match part {
                StrPart::Text(t) => texts.iter_mut().for_each(|x| x.parts.push(Part::Known(t.clone(), Some(at)))),
                StrPart::Hole(h) if *h == hole => {
                    let options: Vec<Text> = all.iter().map(|v| self.to_text(v, at)).collect();
                    texts = texts
                        .iter()
                        .flat_map(|x| {
                            options
                                .iter()
                                .map(|o| {
                                    let mut y = x.clone();
                                    y.push(o);
                                    y
                                })
                                .collect::<Vec<_>>()
                        })
                        .collect();
                }
                StrPart::Hole(h) => {
                    let value = self.expr(cx, *h);
                    let inner = self.to_text(&value, at);
                    texts.iter_mut().for_each(|x| x.push(&inner));
                }
            }
        }
        Value::either(texts.into_iter().map(|t| Value::Text(Rc::new(t))))
    }

    /// A value as text; what can't be text is a hole.
    pub(crate) fn to_text(&mut self, value: &Value, at: crate::output::Place) -> Text {
        match value {
            Value::Text(text) => text.as_ref().clone(),
            Value::Number(n) => Text::plain(crate::text::number(*n), None),
            Value::Bool(b) => Text::plain(SmolStr::new_static(if *b { "true" } else { "false" }), None),
            Value::Default(inner) => {
                let mut text = self.to_text(inner, at);
                text.is_default = true;
                text
            }
            Value::Null if self.family == Family::Python => Text::plain(SmolStr::new_static("None"), None),
            Value::Null => Text::plain(SmolStr::default(), None),
            Value::Unknown(u) => Text::hole(u.label.clone(), u.reason.clone(), u.at.or(Some(at))),
            Value::Regex(r) => Text::plain(r.clone(), Some(at)),
            Value::List(list) if self.family == Family::JavaScript => {
                let items = list.items.borrow().clone();
                let mut all = Text::default();
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        all.push_str(",");
                    }
                    let text = self.to_text(item, at);
                    all.push(&text);
                }
                all
            }
            Value::Lazy(_) => {
                let forced = self.force(value);
                if matches!(forced, Value::Lazy(_)) {
                    Text::hole("", "an import cycle hides it", Some(at))
                } else {
                    self.to_text(&forced, at)
                }
            }
            Value::Instance(instance) => {
                for name in ["value", "_value_"] {
                    if let Some(inner @ (Value::Text(_) | Value::Number(_))) = instance.fields.borrow().get(name).cloned() {
                        return self.to_text(&inner, at);
                    }
                }
                if let Some(Value::Function(f)) =
                    self.class_attr(&instance.class, "__str__").or_else(|| self.class_attr(&instance.class, "toString"))
                {
                    let result = self.call_closure(&f, Some(value.clone()), Args::default(), at);
                    if !matches!(result, Value::Instance(_)) {
                        return self.to_text(&result, at);
                    }
                }
                Text::hole(instance.class.name.clone(), "it is an object", Some(at))
            }
            Value::Symbol(s) => Text::hole(s.clone(), "it comes from outside the tree", Some(at)),
            Value::Either(all) => {
                let all = all.clone();
                let known = all.iter().find(|v| matches!(v, Value::Text(_) | Value::Default(_)));
                match known.or(all.first()) {
                    Some(one) => self.to_text(one, at),
                    None => Text::default(),
                }
            }
            Value::Class(class) => Text::hole(class.name.clone(), "it is a class", Some(at)),
            _ => Text::hole(self.source_text(at, 30), "it is not text", Some(at)),
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

    fn attribute(&mut self, cx: &Cx, id: ExprId, base: ExprId, name: &SmolStr) -> Value {
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

    fn list(&mut self, cx: &Cx, kind: ListKind, items: &[Item]) -> Value {
        let mut values = Vec::with_capacity(items.len());
        let mut open = false;
        for item in items {
            match item {
                Item::One(id) => {
                    let value = self.expr(cx, *id);
                    values.push(value);
                }
                Item::Spread(id) => {
                    let value = self.expr(cx, *id);
                    let (more, unknown) = self.items_of(&value, self.at(cx, *id));
                    values.extend(more);
                    open |= unknown;
                }
            }
        }
        let value = Value::of_kind(kind, values);
        if let Value::List(list) = &value {
            list.open.set(open);
        }
        value
    }

    fn dict(&mut self, cx: &Cx, id: ExprId, entries: &[Entry], ty: Option<ExprId>) -> Value {
        let dict = Rc::new(Dict::default());
        let this = Value::Dict(dict.clone());
        let inner = Cx { this: Some(this.clone()), ..cx.clone() };
        for entry in entries {
            match entry {
                Entry::Pair(key, value) => {
                    let key = self.expr(cx, *key);
                    let is_method = matches!(cx.tree.expr(*value), Expr::Function(f) if cx.tree.function(*f).kind == apicensus_syntax::FunctionKind::Method);
                    let value = self.expr(if is_method { &inner } else { cx }, *value);
                    dict.set(&key, value);
                }
                Entry::Spread(other) => {
                    let other = self.expr(cx, *other);
                    self.merge_into(&dict, &other);
                }
                Entry::Getter(name, function) => {
                    if let Value::Function(getter) = self.closure(&inner, *function) {
                        dict.getters.borrow_mut().insert(name.clone(), getter);
                    }
                }
            }
        }
        match ty.map(|t| self.expr(cx, t)) {
            Some(Value::Class(class)) => self.struct_literal(&class, &dict, self.at(cx, id)),
            _ => this,
        }
    }

    fn struct_literal(&mut self, class: &Rc<ClassValue>, dict: &Dict, at: crate::output::Place) -> Value {
        let instance = Rc::new(Instance { class: class.clone(), fields: Default::default(), assumed: false, at });
        for (key, (_, value)) in dict.entries.borrow().iter() {
            if let Key::Text(name) = key {
                instance.fields.borrow_mut().insert(name.clone(), value.clone());
            }
        }
        Value::Instance(instance)
    }

    /// Adds the entries of a value to a dict.
    pub(crate) fn merge_into(&mut self, dict: &Dict, other: &Value) {
        match self.force(other) {
            Value::Dict(other) => {
                let entries: Vec<_> = other.entries.borrow().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
                dict.entries.borrow_mut().extend(entries);
                if other.open.get() {
                    dict.open.set(true);
                }
            }
            Value::Module(id) => {
                for (name, value) in self.module_entries(id) {
                    dict.set(&Value::text(name), value);
                }
            }
            Value::Instance(instance) => {
                for (name, value) in instance.fields.borrow().iter() {
                    dict.set(&Value::text(name.clone()), value.clone());
                }
            }
            Value::Default(inner) => self.merge_into(dict, &inner),
            Value::Either(all) => {
                for one in all.iter() {
                    self.merge_into(dict, one);
                }
            }
            Value::Null | Value::Bool(_) => {}
            _ => dict.open.set(true),
        }
    }

    fn logical(&mut self, cx: &Cx, op: BinaryOp, a: ExprId, b: ExprId) -> Value {
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
    fn or_default(&mut self, left: Value, right: Value) -> Value {
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

    fn unary(&mut self, cx: &Cx, op: UnaryOp, inner: ExprId) -> Value {
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

    fn type_of(&mut self, value: &Value) -> Value {
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

    fn cond(&mut self, cx: &Cx, test: ExprId, a: ExprId, b: ExprId) -> Value {
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

    fn comprehension(&mut self, cx: &Cx, kind: CompKind, element: ExprId, value: Option<ExprId>, clauses: &[CompClause]) -> Value {
        let inner = Cx { scope: crate::scope::new(crate::scope::ScopeKind::Block, Some(cx.scope.clone())), ..cx.clone() };
        let result = match kind {
            CompKind::Dict => Value::dict([]),
            CompKind::List => Value::list(Vec::new()),
            CompKind::Set => Value::of_kind(ListKind::Set, Vec::new()),
        };
        self.clause(&inner, element, value, clauses, &result);
        result
    }

    fn clause(&mut self, cx: &Cx, element: ExprId, value: Option<ExprId>, clauses: &[CompClause], into: &Value) {
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
        for item in items.into_iter().take(crate::world::MAX_TURNS) {
            if !self.step() {
                return;
            }
            // The loop variable belongs to the comprehension, not to the function around it.
            self.bind_here(cx, &first.target, item);
            let mut keep = true;
            for test in &first.tests {
                let test = self.expr(cx, *test);
                keep &= self.truth(&test) != Some(false);
            }
            if keep {
                self.clause(cx, element, value, rest, into);
            }
        }
    }

    fn bind_here(&mut self, cx: &Cx, pattern: &apicensus_syntax::Pattern, item: Value) {
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

    fn match_expr(&mut self, cx: &Cx, subject: ExprId, arms: &[(apicensus_syntax::Case, Option<ExprId>)]) -> Value {
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
