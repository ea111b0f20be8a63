//! The common tree as readable text, for tests and for looking at what a file was lowered to.
//!
//! One statement a line, blocks indented by two blanks, expressions as nested words:
//! `bind x = call(attr(name a, b), "str")`. Every variant of the tree has its word; spans are left out.
//! Nesting deeper than [`MAX_DEPTH`] is shown as `...`, so any tree can be rendered on an ordinary stack.

use crate::tree::*;
use smol_str::SmolStr;
use std::fmt::{Display, Write};

mod expr;

/// Nesting beyond which `...` stands for the rest.
const MAX_DEPTH: u32 = 250;

/// The whole module as text; ends with a newline unless it is empty.
pub fn render(module: &Module) -> String {
    let mut printer = Printer::new(module);
    for trouble in &module.troubles {
        printer.line(format_args!("trouble {} {:?}: {}", trouble.line, trouble.kind, trouble.message));
    }
    printer.doc(&module.doc);
    printer.block(&module.body);
    printer.out
}

/// One expression as text.
pub fn render_expr(module: &Module, id: ExprId) -> String {
    let mut printer = Printer::new(module);
    printer.expr(id);
    printer.out
}

struct Printer<'m> {
    module: &'m Module,
    out: String,
    indent: usize,
    depth: u32,
}

impl<'m> Printer<'m> {
    fn new(module: &'m Module) -> Self {
        Printer { module, out: String::new(), indent: 0, depth: 0 }
    }
    fn put(&mut self, what: impl Display) {
        // Writing to a String can't fail.
        let _ = write!(self.out, "{what}");
    }
    fn start(&mut self) {
        self.out.extend(std::iter::repeat_n("  ", self.indent));
    }
    fn line(&mut self, what: impl Display) {
        self.start();
        self.put(what);
        self.end();
    }
    fn end(&mut self) {
        self.out.push('\n');
    }
    fn quoted(&mut self, text: &str) {
        self.put(format_args!("{text:?}"));
    }
    fn doc(&mut self, doc: &Option<SmolStr>) {
        if let Some(text) = doc {
            self.line(format_args!("doc {text:?}"));
        }
    }
    /// Runs `inner` between separators for each item.
    fn list<T>(&mut self, items: &'m [T], mut inner: impl FnMut(&mut Self, &'m T)) {
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.put(", ");
            }
            inner(self, item);
        }
    }
    fn indented(&mut self, inner: impl FnOnce(&mut Self)) {
        self.indent += 1;
        inner(self);
        self.indent -= 1;
    }
    fn deeper(&mut self, inner: impl FnOnce(&mut Self)) {
        if self.depth >= MAX_DEPTH {
            return self.put("...");
        }
        self.depth += 1;
        inner(self);
        self.depth -= 1;
    }
    fn block(&mut self, block: &'m [StmtId]) {
        if self.depth >= MAX_DEPTH && !block.is_empty() {
            return self.line("...");
        }
        self.depth += 1;
        for id in block {
            self.stmt(*id);
        }
        self.depth -= 1;
    }
    fn body(&mut self, block: &'m [StmtId]) {
        self.indented(|p| p.block(block));
    }
    /// A labelled block, left out when empty.
    fn part(&mut self, label: &str, block: &'m [StmtId]) {
        if !block.is_empty() {
            self.line(label);
            self.body(block);
        }
    }

    fn stmt(&mut self, id: StmtId) {
        match self.module.stmt(id) {
            Stmt::Function(id) => {
                let function = self.module.function(*id);
                self.annotation_lines(&function.annotations);
                self.start();
                self.function_lines(function);
            }
            Stmt::Class(id) => {
                let class = self.module.class(*id);
                self.annotation_lines(&class.annotations);
                self.start();
                self.class_head(class);
                self.end();
                self.indented(|p| p.class_members(class));
            }
            Stmt::Extend { target, base, methods, body, annotations } => {
                self.annotation_lines(annotations);
                self.extend(*target, *base, methods, body);
            }
            Stmt::Namespace { name, body, annotations } => {
                self.annotation_lines(annotations);
                self.line(format_args!("namespace {name}"));
                self.body(body);
            }
            Stmt::If { test, then, other } => self.branch(*test, then, other),
            Stmt::For { target, iter, body, keys } => {
                self.start();
                self.put(if *keys { "for keys " } else { "for " });
                self.pattern(target);
                self.put(" in ");
                self.expr(*iter);
                self.end();
                self.body(body);
            }
            Stmt::While { init, test, step, body } => {
                self.part("init", init);
                self.head("while", *test);
                self.body(body);
                self.part("step", step);
            }
            Stmt::Try { body, handlers, other, last } => self.guarded(body, handlers, other, last),
            Stmt::Switch { subject, cases, falls } => {
                self.head(if *falls { "switch falling" } else { "switch" }, Some(*subject));
                self.indented(|p| {
                    for case in cases {
                        p.case(case);
                        p.body(&case.body);
                    }
                });
            }
            Stmt::With { items, body } => self.with(items, body),
            Stmt::Given { annotations, body } => {
                self.annotation_lines(annotations);
                self.line("given");
                self.body(body);
            }
            Stmt::Block(body) => {
                self.line("block");
                self.body(body);
            }
            simple => {
                self.start();
                self.simple(simple);
                self.end();
            }
        }
    }

    /// Statements of one line.
    fn simple(&mut self, stmt: &'m Stmt) {
        match stmt {
            Stmt::Bind { target, value, kind, ty } => self.bind(target, *value, *kind, *ty),
            Stmt::Expr(id) => self.expr(*id),
            Stmt::Return(value) => self.word("return", *value),
            Stmt::Throw(value) => self.word("throw", *value),
            Stmt::Break => self.put("break"),
            Stmt::Continue => self.put("continue"),
            Stmt::Outer(names) => self.put(format_args!("outer {}", names.join(", "))),
            Stmt::Import(import) => self.import(import),
            Stmt::Export(export) => self.export(export),
            Stmt::Macro { name, rules } => self.put(format_args!("macro {name} {rules:?}")),
            // All others are blocks and have been handled by `stmt`.
            _ => {}
        }
    }

    fn word(&mut self, word: &str, value: Option<ExprId>) {
        self.put(word);
        if let Some(id) = value {
            self.put(" ");
            self.expr(id);
        }
    }
    fn head(&mut self, word: &str, value: Option<ExprId>) {
        self.start();
        self.word(word, value);
        self.end();
    }

    fn bind(&mut self, target: &'m Pattern, value: Option<ExprId>, kind: BindKind, ty: Option<ExprId>) {
        self.put(match kind {
            BindKind::Declare => "declare ",
            BindKind::Var => "var ",
            BindKind::Assign | BindKind::Compound(_) => "bind ",
        });
        self.pattern(target);
        if let Some(ty) = ty {
            self.put(": ");
            self.expr(ty);
        }
        if let Some(value) = value {
            self.put(" ");
            if let BindKind::Compound(op) = kind {
                self.put(expr::symbol(op));
            }
            self.put("= ");
            self.expr(value);
        }
    }

    fn branch(&mut self, test: ExprId, then: &'m [StmtId], other: &'m [StmtId]) {
        let (mut word, mut test, mut then, mut other) = ("if", test, then, other);
        loop {
            self.head(word, Some(test));
            self.body(then);
            match other {
                [only] if matches!(self.module.stmt(*only), Stmt::If { .. }) => {
                    if let Stmt::If { test: t, then: a, other: b } = self.module.stmt(*only) {
                        (word, test, then, other) = ("else if", *t, a, b);
                    }
                }
                _ => return self.part("else", other),
            }
        }
    }

    fn guarded(&mut self, body: &'m [StmtId], handlers: &'m [Handler], other: &'m [StmtId], last: &'m [StmtId]) {
        self.line("try");
        self.body(body);
        for handler in handlers {
            self.start();
            self.word("except", handler.ty);
            if let Some(name) = &handler.name {
                self.put(format_args!(" as {name}"));
            }
            self.end();
            self.body(&handler.body);
        }
        self.part("else", other);
        self.part("finally", last);
    }

    fn with(&mut self, items: &'m [(ExprId, Option<Pattern>)], body: &'m [StmtId]) {
        self.start();
        self.put("with ");
        self.list(items, |p, (value, target)| {
            p.expr(*value);
            if let Some(target) = target {
                p.put(" as ");
                p.pattern(target);
            }
        });
        self.end();
        self.body(body);
    }

    fn extend(&mut self, target: ExprId, base: Option<ExprId>, methods: &'m [FunctionId], body: &'m [StmtId]) {
        self.start();
        self.word("extend", Some(target));
        if let Some(base) = base {
            self.put(" with ");
            self.expr(base);
        }
        self.end();
        self.indented(|p| {
            p.block(body);
            p.methods(methods);
        });
    }

    /// `case a, b if guard` or `default`, as a line.
    fn case(&mut self, case: &'m Case) {
        self.start();
        self.put(if case.patterns.is_empty() { "default" } else { "case " });
        self.list(&case.patterns, Self::pattern);
        if let Some(guard) = case.guard {
            self.put(" if ");
            self.expr(guard);
        }
        self.end();
    }

    fn import(&mut self, import: &'m Import) {
        self.inline_annotations(&import.annotations);
        self.put(if import.public { "public import " } else { "import " });
        for (flag, word) in [(import.child, "child "), (import.root, "root "), (import.type_only, "type ")] {
            self.put(if flag { word } else { "" });
        }
        self.quoted(&format!("{}{}", ".".repeat(import.level as usize), import.module));
        if let Some(path) = &import.path {
            self.put(format_args!(" at {path:?}"));
        }
        if let Some(name) = &import.namespace {
            self.put(format_args!(" as {name}"));
        }
        if import.star {
            self.put(" star");
        }
        if !import.names.is_empty() {
            self.put(" names ");
            self.list(&import.names, |p, (name, local, _)| p.renamed(name, local));
        }
    }
    fn renamed(&mut self, name: &str, other: &str) {
        self.put(name);
        if name != other {
            self.put(format_args!(" as {other}"));
        }
    }
    fn export(&mut self, export: &'m Export) {
        match export {
            Export::Names(names) => {
                self.put("export names ");
                self.list(names, |p, (name, outside)| p.renamed(name, outside));
            }
            Export::From(module, names) => {
                self.put(format_args!("export from {module:?} names "));
                self.list(names, |p, (name, outside)| p.renamed(name, outside));
            }
            Export::Star(module, name) => {
                self.put(format_args!("export star {module:?}"));
                if let Some(name) = name {
                    self.put(format_args!(" as {name}"));
                }
            }
            Export::Default(id, assigned) => self.word(if *assigned { "export =" } else { "export default" }, Some(*id)),
        }
    }

    fn annotation_lines(&mut self, annotations: &'m [ExprId]) {
        for id in annotations {
            self.start();
            self.put("@");
            self.expr(*id);
            self.end();
        }
    }
    /// A function's head and body; the first line's indent is already written.
    fn function_lines(&mut self, function: &'m Function) {
        self.function_head(function);
        self.end();
        self.indented(|p| {
            p.doc(&function.doc);
            p.block(&function.body);
        });
    }
    fn function_head(&mut self, function: &'m Function) {
        for (flag, word) in [
            (function.is_abstract, "abstract "),
            (function.is_static, "static "),
            (function.is_async, "async "),
            (function.is_generator, "generator "),
        ] {
            self.put(if flag { word } else { "" });
        }
        self.put(match function.kind {
            FunctionKind::Function => "function",
            FunctionKind::Lambda => "lambda",
            FunctionKind::Method => "method",
            FunctionKind::Constructor => "constructor",
            FunctionKind::Getter => "getter",
            FunctionKind::Setter => "setter",
        });
        if let Some(name) = &function.name {
            self.put(format_args!(" {name}"));
        }
        self.put("(");
        self.list(&function.params, Self::param);
        self.put(")");
        if let Some(returns) = function.returns {
            self.put(" -> ");
            self.expr(returns);
        }
    }
    fn param(&mut self, param: &'m Param) {
        self.inline_annotations(&param.annotations);
        self.put(if param.is_field { "field " } else { "" });
        self.put(match param.kind {
            ParamKind::Normal => "",
            ParamKind::NameOnly => "named ",
            ParamKind::Rest => "*",
            ParamKind::RestNamed => "**",
        });
        self.pattern(&param.pattern);
        self.put(if param.optional { "?" } else { "" });
        if let Some(ty) = param.ty {
            self.put(": ");
            self.expr(ty);
        }
        if let Some(default) = param.default {
            self.put(" = ");
            self.expr(default);
        }
    }

    fn class_head(&mut self, class: &'m Class) {
        self.put(if class.is_abstract { "abstract " } else { "" });
        self.put(match class.kind {
            ClassKind::Class => "class",
            ClassKind::Struct => "struct",
            ClassKind::Enum => "enum",
            ClassKind::Interface => "interface",
            ClassKind::Alias => "alias",
        });
        if let Some(name) = &class.name {
            self.put(format_args!(" {name}"));
        }
        if class.bases.is_empty() && class.keywords.is_empty() {
            return;
        }
        self.put("(");
        self.list(&class.bases, |p, id| p.expr(*id));
        if !class.bases.is_empty() && !class.keywords.is_empty() {
            self.put(", ");
        }
        self.list(&class.keywords, |p, (name, value)| {
            p.put(format_args!("{name}="));
            p.expr(*value);
        });
        self.put(")");
    }
    /// What stands in a class: doc, fields, the statements that run, then methods kept apart from them.
    fn class_members(&mut self, class: &'m Class) {
        self.doc(&class.doc);
        for field in &class.fields {
            self.annotation_lines(&field.annotations);
            self.start();
            self.put(format_args!("field {}{}", field.name, if field.optional { "?" } else { "" }));
            if let Some(ty) = field.ty {
                self.put(": ");
                self.expr(ty);
            }
            if let Some(value) = field.value {
                self.put(" = ");
                self.expr(value);
            }
            self.end();
            self.indented(|p| p.doc(&field.doc));
        }
        self.block(&class.body);
        self.methods(&class.methods);
    }
    fn methods(&mut self, methods: &'m [FunctionId]) {
        for id in methods {
            let function = self.module.function(*id);
            self.annotation_lines(&function.annotations);
            self.start();
            self.put("member ");
            self.deeper(|p| p.function_lines(function));
        }
    }
}
