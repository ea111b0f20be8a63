//! Expressions and patterns as text.

use super::Printer;
use crate::tree::*;

/// The symbol of a binary operator.
pub(super) fn symbol(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
        BinaryOp::Div => "/",
        BinaryOp::Mod => "%",
        BinaryOp::BitOr => "|",
        BinaryOp::BitAnd => "&",
        BinaryOp::Other => "?",
        BinaryOp::Eq => "==",
        BinaryOp::Ne => "!=",
        BinaryOp::Lt => "<",
        BinaryOp::Le => "<=",
        BinaryOp::Gt => ">",
        BinaryOp::Ge => ">=",
        BinaryOp::In => "in",
        BinaryOp::NotIn => "not in",
        BinaryOp::InstanceOf => "instanceof",
        BinaryOp::And => "and",
        BinaryOp::Or => "or",
        BinaryOp::Coalesce => "??",
    }
}

impl<'m> Printer<'m> {
    pub(super) fn expr(&mut self, id: ExprId) {
        let module = self.module;
        self.deeper(|p| p.expr_inner(module.expr(id)));
    }

    fn expr_inner(&mut self, expr: &'m Expr) {
        match expr {
            Expr::Str(parts) => self.string(parts),
            Expr::Number(n) => self.put(n),
            Expr::Bool(b) => self.put(b),
            Expr::Null => self.put("null"),
            Expr::Name(name) => self.put(format_args!("name {name}")),
            Expr::Attr(object, name) => {
                self.put("attr(");
                self.expr(*object);
                self.put(format_args!(", {name})"));
            }
            Expr::Index(object, index) => self.words("index", &[*object, *index]),
            Expr::Slice(object, from, to) => self.slice(*object, *from, *to),
            Expr::Call { callee, args, types, new } => self.call(*callee, args, types, *new),
            Expr::List(kind, items) => self.items(*kind, items),
            Expr::Dict(entries, ty) => self.dict(entries, *ty),
            Expr::Function(id) => self.function(*id),
            Expr::Class(id) => self.class(*id),
            Expr::Binary(op, left, right) => {
                self.put("(");
                self.expr(*left);
                self.put(format_args!(" {} ", symbol(*op)));
                self.expr(*right);
                self.put(")");
            }
            Expr::Unary(op, inner) => {
                let word = match op {
                    UnaryOp::Not => "not",
                    UnaryOp::Minus => "minus",
                    UnaryOp::TypeOf => "typeof",
                    UnaryOp::Other => "unary",
                };
                self.words(word, &[*inner]);
            }
            Expr::Wrap(kind, inner) => {
                let word = match kind {
                    WrapKind::Await => "await",
                    WrapKind::Try => "try",
                    WrapKind::Reference => "ref",
                    WrapKind::Cast => "cast",
                };
                self.words(word, &[*inner]);
            }
            Expr::Cond(test, then, other) => self.words("cond", &[*test, *then, *other]),
            Expr::Assign(target, value, kind) => self.assign(target, *value, *kind),
            Expr::Comp { kind, element, value, clauses } => self.comp(*kind, *element, *value, clauses),
            Expr::Block(block, value) => self.value_block("block", block, *value),
            Expr::Match(subject, arms) => self.matching(*subject, arms),
            Expr::Yield(value) => self.words("yield", value.as_slice()),
            Expr::Regex(text) => self.put(format_args!("regex({text:?})")),
            Expr::This => self.put("this"),
            Expr::Super => self.put("super"),
            Expr::Import(what) => self.words("import", &[*what]),
            Expr::Unknown(kind) => self.put(format_args!("unknown({kind})")),
        }
    }

    /// `word(a, b)`.
    fn words(&mut self, word: &str, parts: &[ExprId]) {
        self.put(word);
        self.put("(");
        for (at, id) in parts.iter().enumerate() {
            if at > 0 {
                self.put(", ");
            }
            self.expr(*id);
        }
        self.put(")");
    }

    fn string(&mut self, parts: &'m [StrPart]) {
        match parts {
            [] => self.put("\"\""),
            [StrPart::Text(text)] => self.quoted(text),
            _ => {
                self.put("str(");
                self.list(parts, |p, part| match part {
                    StrPart::Text(text) => p.quoted(text),
                    StrPart::Hole(id) => p.expr(*id),
                });
                self.put(")");
            }
        }
    }

    fn slice(&mut self, object: ExprId, from: Option<ExprId>, to: Option<ExprId>) {
        self.put("slice(");
        self.expr(object);
        for end in [from, to] {
            self.put(", ");
            match end {
                Some(id) => self.expr(id),
                None => self.put("_"),
            }
        }
        self.put(")");
    }

    fn call(&mut self, callee: ExprId, args: &'m [Arg], types: &'m [ExprId], new: bool) {
        self.put(if new { "new" } else { "call" });
        if !types.is_empty() {
            self.put("<");
            self.list(types, |p, id| p.expr(*id));
            self.put(">");
        }
        self.put("(");
        self.expr(callee);
        for arg in args {
            self.put(", ");
            match arg {
                Arg::Positional(id) => self.expr(*id),
                Arg::Named(name, id) => {
                    self.put(format_args!("{name}="));
                    self.expr(*id);
                }
                Arg::Spread(id) => {
                    self.put("*");
                    self.expr(*id);
                }
                Arg::SpreadNamed(id) => {
                    self.put("**");
                    self.expr(*id);
                }
            }
        }
        self.put(")");
    }

    fn items(&mut self, kind: ListKind, items: &'m [Item]) {
        self.put(match kind {
            ListKind::List => "list[",
            ListKind::Tuple => "tuple[",
            ListKind::Set => "set[",
        });
        self.list(items, |p, item| match item {
            Item::One(id) => p.expr(*id),
            Item::Spread(id) => {
                p.put("*");
                p.expr(*id);
            }
        });
        self.put("]");
    }

    fn dict(&mut self, entries: &'m [Entry], ty: Option<ExprId>) {
        self.put("dict");
        if let Some(ty) = ty {
            self.put("<");
            self.expr(ty);
            self.put(">");
        }
        self.put("{");
        self.list(entries, |p, entry| match entry {
            Entry::Pair(key, value) => {
                p.expr(*key);
                p.put(": ");
                p.expr(*value);
            }
            Entry::Spread(id) => {
                p.put("**");
                p.expr(*id);
            }
            Entry::Getter(name, id) => {
                p.put(format_args!("get {name}: "));
                p.function(*id);
            }
        });
        self.put("}");
    }

    pub(super) fn inline_annotations(&mut self, annotations: &'m [ExprId]) {
        for id in annotations {
            self.put("@");
            self.expr(*id);
            self.put(" ");
        }
    }

    fn function(&mut self, id: FunctionId) {
        let function = self.module.function(id);
        self.inline_annotations(&function.annotations);
        self.function_head(function);
        self.put(" ");
        self.braces(&function.body, None);
    }

    fn class(&mut self, id: ClassId) {
        let class = self.module.class(id);
        self.inline_annotations(&class.annotations);
        self.class_head(class);
        self.put(" {\n");
        self.indented(|p| p.class_members(class));
        self.start();
        self.put("}");
    }

    /// Statements in braces: on one line when there is a single simple one, else a line each.
    fn braces(&mut self, block: &'m [StmtId], value: Option<ExprId>) {
        match (block, value) {
            ([], None) => self.put("{}"),
            ([], Some(id)) => {
                self.put("{ value ");
                self.expr(id);
                self.put(" }");
            }
            ([only], None) if is_simple(self.module.stmt(*only)) => {
                let module = self.module;
                self.put("{ ");
                self.deeper(|p| p.simple(module.stmt(*only)));
                self.put(" }");
            }
            _ => {
                self.put("{\n");
                self.body(block);
                if let Some(id) = value {
                    self.indented(|p| p.head("value", Some(id)));
                }
                self.start();
                self.put("}");
            }
        }
    }

    fn value_block(&mut self, word: &str, block: &'m [StmtId], value: Option<ExprId>) {
        self.put(word);
        self.put(" ");
        self.braces(block, value);
    }

    fn matching(&mut self, subject: ExprId, arms: &'m [(Case, Option<ExprId>)]) {
        self.put("match ");
        self.expr(subject);
        self.put(" {\n");
        self.indented(|p| {
            for (case, value) in arms {
                p.case(case);
                p.body(&case.body);
                if let Some(id) = value {
                    p.indented(|p| p.head("value", Some(*id)));
                }
            }
        });
        self.start();
        self.put("}");
    }

    fn assign(&mut self, target: &'m Pattern, value: ExprId, kind: BindKind) {
        self.put("assign(");
        self.pattern(target);
        self.put(" ");
        if let BindKind::Compound(op) = kind {
            self.put(symbol(op));
        }
        self.put("= ");
        self.expr(value);
        self.put(")");
    }

    fn comp(&mut self, kind: CompKind, element: ExprId, value: Option<ExprId>, clauses: &'m [CompClause]) {
        self.put(match kind {
            CompKind::List => "comp list(",
            CompKind::Set => "comp set(",
            CompKind::Dict => "comp dict(",
        });
        self.expr(element);
        if let Some(value) = value {
            self.put(": ");
            self.expr(value);
        }
        for clause in clauses {
            self.put(" for ");
            self.pattern(&clause.target);
            self.put(" in ");
            self.expr(clause.iter);
            for test in &clause.tests {
                self.put(" if ");
                self.expr(*test);
            }
        }
        self.put(")");
    }

    pub(super) fn pattern(&mut self, pattern: &'m Pattern) {
        self.deeper(|p| p.pattern_inner(pattern));
    }

    fn pattern_inner(&mut self, pattern: &'m Pattern) {
        match pattern {
            Pattern::Name(name, _) => self.put(name),
            Pattern::Place(id) => self.words("place", &[*id]),
            Pattern::List(items) => {
                self.put("[");
                self.list(items, Self::pattern);
                self.put("]");
            }
            Pattern::Object(fields) => {
                self.put("{");
                self.fields(fields);
                self.put("}");
            }
            Pattern::Rest(inner) => {
                self.put("...");
                self.pattern(inner);
            }
            Pattern::Default(inner, default) => {
                self.pattern(inner);
                self.put(" = ");
                self.expr(*default);
            }
            Pattern::Construct { ty, items, fields } => {
                self.put("construct(");
                self.expr(*ty);
                for item in items {
                    self.put(", ");
                    self.pattern(item);
                }
                if !fields.is_empty() {
                    self.put(", ");
                }
                self.fields(fields);
                self.put(")");
            }
            Pattern::Value(id) => self.words("value", &[*id]),
            Pattern::Or(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.put(if at > 0 { " | " } else { "" });
                    self.pattern(item);
                }
            }
            Pattern::Ignore => self.put("_"),
        }
    }

    fn fields(&mut self, fields: &'m [(smol_str::SmolStr, Pattern)]) {
        self.list(fields, |p, (name, pattern)| {
            p.put(format_args!("{name}: "));
            p.pattern(pattern);
        });
    }
}

fn is_simple(stmt: &Stmt) -> bool {
    matches!(stmt, Stmt::Bind { .. } | Stmt::Expr(_) | Stmt::Return(_) | Stmt::Throw(_) | Stmt::Break | Stmt::Continue | Stmt::Outer(_))
}
