//! Walking all expressions of a function, nested functions included.

use apicensus_syntax::{Arg, Case, Entry, Expr, ExprId, FunctionId, Item, Module, Pattern, Stmt, StmtId, StrPart};
use smol_str::SmolStr;

/// Calls `visit` for every expression of a function's body, defaults included, annotations and types left out.
pub fn function(tree: &Module, id: FunctionId, visit: &mut dyn FnMut(ExprId)) {
    with_bindings(tree, id, visit, &mut Vec::new());
}

/// Calls `visit` for every expression of a block.
pub fn block(tree: &Module, body: &[StmtId], visit: &mut dyn FnMut(ExprId)) {
    let stmts = body.iter().rev().copied().collect();
    Walker { tree, exprs: Vec::new(), stmts, functions: Vec::new(), binds: Vec::new(), seen: 0 }.run(visit);
}

/// The same as [`function`], and collects the statements that bind, import or catch.
pub fn with_bindings(tree: &Module, id: FunctionId, visit: &mut dyn FnMut(ExprId), bindings: &mut Vec<StmtId>) {
    let mut walker = Walker { tree, exprs: Vec::new(), stmts: Vec::new(), functions: vec![id], binds: Vec::new(), seen: 0 };
    walker.run(visit);
    bindings.append(&mut walker.binds);
}

/// Calls `visit` for these expressions, those of these statements, and all inside them.
pub fn within(tree: &Module, exprs: Vec<ExprId>, stmts: Vec<StmtId>, visit: &mut dyn FnMut(ExprId)) {
    Walker { tree, exprs, stmts, functions: Vec::new(), binds: Vec::new(), seen: 0 }.run(visit);
}

/// A text without holes.
pub fn plain_text(tree: &Module, id: ExprId) -> Option<&str> {
    let Expr::Str(parts) = tree.expr(id) else { return None };
    match parts.as_slice() {
        [StrPart::Text(text)] => Some(text),
        _ => None,
    }
}

/// The plain text that an argument of this name has.
pub fn named_text(tree: &Module, args: &[Arg], wanted: &str) -> Option<SmolStr> {
    args.iter().find_map(|arg| match arg {
        Arg::Named(name, value) if name == wanted => plain_text(tree, *value).map(SmolStr::new),
        _ => None,
    })
}

/// The items of a list, or the expression itself: arguments of a type.
pub fn items(tree: &Module, id: ExprId) -> Vec<ExprId> {
    match tree.expr(id) {
        Expr::List(_, items) => items
            .iter()
            .map(|i| match i {
                Item::One(e) | Item::Spread(e) => *e,
            })
            .collect(),
        _ => vec![id],
    }
}

struct Walker<'t> {
    tree: &'t Module,
    exprs: Vec<ExprId>,
    stmts: Vec<StmtId>,
    functions: Vec<FunctionId>,
    binds: Vec<StmtId>,
    seen: usize,
}

impl Walker<'_> {
    fn run(&mut self, visit: &mut dyn FnMut(ExprId)) {
        // Every node is reached once: the tree has no sharing; the cap only guards against a broken one.
        while self.seen < 4_000_000 {
            self.seen += 1;
            if let Some(id) = self.exprs.pop() {
                visit(id);
                self.expr(id);
            } else if let Some(id) = self.stmts.pop() {
                self.stmt(id);
            } else if let Some(id) = self.functions.pop() {
                let f = self.tree.function(id);
                self.stmts.extend(f.body.iter().rev());
                for param in &f.params {
                    self.exprs.extend(param.default);
                    self.pattern(&param.pattern);
                }
            } else {
                return;
            }
        }
    }

    fn expr(&mut self, id: ExprId) {
        let tree = self.tree;
        match tree.expr(id) {
            Expr::Str(parts) => self.exprs.extend(parts.iter().filter_map(|p| if let StrPart::Hole(h) = p { Some(*h) } else { None })),
            Expr::Attr(a, _) | Expr::Unary(_, a) | Expr::Wrap(_, a) | Expr::Import(a) | Expr::Yield(Some(a)) => self.exprs.push(*a),
            Expr::Index(a, b) | Expr::Binary(_, a, b) => self.exprs.extend([*a, *b]),
            Expr::Slice(a, b, c) => self.exprs.extend([Some(*a), *b, *c].into_iter().flatten()),
            Expr::Cond(a, b, c) => self.exprs.extend([*a, *b, *c]),
            Expr::Call { callee, args, .. } => {
                self.exprs.push(*callee);
                self.exprs.extend(args.iter().map(|a| match a {
                    Arg::Positional(e) | Arg::Named(_, e) | Arg::Spread(e) | Arg::SpreadNamed(e) => *e,
                }));
            }
            Expr::List(_, items) => self.exprs.extend(items.iter().map(|i| match i {
                Item::One(e) | Item::Spread(e) => *e,
            })),
            Expr::Dict(entries, ty) => {
                self.exprs.extend(*ty);
                for entry in entries {
                    match entry {
                        Entry::Pair(k, v) => self.exprs.extend([*k, *v]),
                        Entry::Spread(e) => self.exprs.push(*e),
                        Entry::Getter(_, f) => self.functions.push(*f),
                    }
                }
            }
            Expr::Function(f) => self.functions.push(*f),
            Expr::Class(c) => self.class(*c),
            Expr::Assign(p, e, _) => {
                self.pattern(p);
                self.exprs.push(*e);
            }
            Expr::Comp { element, value, clauses, .. } => {
                self.exprs.push(*element);
                self.exprs.extend(*value);
                for clause in clauses {
                    self.exprs.push(clause.iter);
                    self.exprs.extend(&clause.tests);
                }
            }
            Expr::Block(body, value) => {
                self.stmts.extend(body);
                self.exprs.extend(*value);
            }
            Expr::Match(subject, arms) => {
                self.exprs.push(*subject);
                for (case, value) in arms {
                    self.case(case);
                    self.exprs.extend(*value);
                }
            }
            _ => {}
        }
    }

    fn stmt(&mut self, id: StmtId) {
        let tree = self.tree;
        match tree.stmt(id) {
            Stmt::Bind { target, value, .. } => {
                self.binds.push(id);
                self.pattern(target);
                self.exprs.extend(*value);
            }
            Stmt::Expr(e) => self.exprs.push(*e),
            Stmt::Function(f) => self.functions.push(*f),
            Stmt::Class(c) => self.class(*c),
            Stmt::Extend { methods, body, .. } => {
                self.functions.extend(methods);
                self.stmts.extend(body);
            }
            Stmt::Namespace { body, .. } | Stmt::Given { body, .. } | Stmt::Block(body) => self.stmts.extend(body),
            Stmt::If { test, then, other } => {
                self.exprs.push(*test);
                self.stmts.extend(then.iter().chain(other));
            }
            Stmt::For { iter, body, .. } => {
                self.exprs.push(*iter);
                self.stmts.extend(body);
            }
            Stmt::While { init, test, step, body } => {
                self.exprs.extend(*test);
                self.stmts.extend(init.iter().chain(step).chain(body));
            }
            Stmt::Return(e) | Stmt::Throw(e) => self.exprs.extend(*e),
            Stmt::Try { body, handlers, other, last } => {
                self.binds.push(id);
                self.stmts.extend(body.iter().chain(other).chain(last));
                for handler in handlers {
                    self.stmts.extend(&handler.body);
                }
            }
            Stmt::Switch { subject, cases, .. } => {
                self.exprs.push(*subject);
                cases.iter().for_each(|c| self.case(c));
            }
            Stmt::With { items, body } => {
                self.binds.push(id);
                self.exprs.extend(items.iter().map(|(e, _)| *e));
                self.stmts.extend(body);
            }
            Stmt::Export(apicensus_syntax::Export::Default(e, _)) => self.exprs.push(*e),
            Stmt::Import(_) => self.binds.push(id),
            Stmt::Break | Stmt::Continue | Stmt::Outer(_) | Stmt::Export(_) | Stmt::Macro { .. } => {}
        }
    }

    fn case(&mut self, case: &Case) {
        self.exprs.extend(case.guard);
        case.patterns.iter().for_each(|p| self.pattern(p));
        self.stmts.extend(&case.body);
    }

    fn class(&mut self, id: apicensus_syntax::ClassId) {
        let class = self.tree.class(id);
        self.exprs.extend(&class.bases);
        self.stmts.extend(&class.body);
        self.functions.extend(&class.methods);
        self.exprs.extend(class.fields.iter().filter_map(|f| f.value));
    }

    fn pattern(&mut self, pattern: &Pattern) {
        match pattern {
            Pattern::Place(e) | Pattern::Value(e) => self.exprs.push(*e),
            Pattern::Default(p, e) => {
                self.exprs.push(*e);
                self.pattern(p);
            }
            Pattern::List(all) | Pattern::Or(all) => all.iter().for_each(|p| self.pattern(p)),
            Pattern::Object(all) => all.iter().for_each(|(_, p)| self.pattern(p)),
            Pattern::Rest(p) => self.pattern(p),
            Pattern::Construct { items, fields, .. } => {
                items.iter().for_each(|p| self.pattern(p));
                fields.iter().for_each(|(_, p)| self.pattern(p));
            }
            Pattern::Name(..) | Pattern::Ignore => {}
        }
    }
}
