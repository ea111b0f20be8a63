//! Functions, lambdas, classes, their parameters and docstrings, and types.

use super::{Python, child, has_token, parts};
use crate::tree::*;
use smol_str::SmolStr;
use tree_sitter::Node;

impl Python<'_, '_> {
    pub(super) fn decorated(&mut self, node: Node<'_>, out: &mut Block) {
        let decorators = parts(node).into_iter().filter(|n| n.kind() == "decorator");
        let annotations = decorators.filter_map(|n| self.decorator(n)).collect();
        match child(node, "definition") {
            Some(inner) if inner.kind() == "class_definition" => self.class(inner, node, annotations, out),
            Some(inner) if inner.kind() == "function_definition" => self.function(inner, node, annotations, out),
            _ => {}
        }
    }

    /// The expression after `@`.
    pub(super) fn decorator(&mut self, node: Node<'_>) -> Option<ExprId> {
        parts(node).first().map(|n| self.expr(*n))
    }

    /// A definition; `whole` is the statement with its decorators.
    pub(super) fn function(&mut self, node: Node<'_>, whole: Node<'_>, annotations: Vec<ExprId>, out: &mut Block) {
        let kind = if self.in_class { FunctionKind::Method } else { FunctionKind::Function };
        let params = child(node, "parameters").map(|n| self.params(n)).unwrap_or_default();
        let returns = child(node, "return_type").map(|n| self.expr(n));
        let outer = (std::mem::replace(&mut self.in_class, false), std::mem::replace(&mut self.yields, false));
        let (body, doc) = child(node, "body").map(|n| self.documented(n)).unwrap_or_default();
        let is_generator = self.yields;
        (self.in_class, self.yields) = outer;
        let id = self.ctx.module.add_function(Function {
            name: child(node, "name").map(|n| self.ctx.name(n)),
            kind,
            params,
            annotations,
            returns,
            body,
            doc,
            is_async: has_token(node, "async"),
            is_generator,
            is_static: false,
            is_abstract: false,
            span: self.ctx.span(node),
        });
        out.push(self.ctx.put_stmt(Stmt::Function(id), whole));
    }

    pub(super) fn lambda(&mut self, node: Node<'_>) -> ExprId {
        let params = child(node, "parameters").map(|n| self.params(n)).unwrap_or_default();
        let outer = (std::mem::replace(&mut self.in_class, false), std::mem::replace(&mut self.yields, false));
        let value = self.field(node, "body");
        let is_generator = self.yields;
        (self.in_class, self.yields) = outer;
        let place = child(node, "body").unwrap_or(node);
        let body = vec![self.ctx.put_stmt(Stmt::Return(Some(value)), place)];
        let id = self.ctx.module.add_function(Function {
            name: None,
            kind: FunctionKind::Lambda,
            params,
            annotations: Vec::new(),
            returns: None,
            body,
            doc: None,
            is_async: false,
            is_generator,
            is_static: false,
            is_abstract: false,
            span: self.ctx.span(node),
        });
        self.ctx.put(Expr::Function(id), node)
    }

    fn params(&mut self, node: Node<'_>) -> Vec<Param> {
        let mut out = Vec::new();
        let mut normal = ParamKind::Normal;
        for part in parts(node) {
            match part.kind() {
                "keyword_separator" => normal = ParamKind::NameOnly,
                "positional_separator" => {}
                _ => {
                    let param = self.param(part, normal);
                    if param.kind == ParamKind::Rest {
                        normal = ParamKind::NameOnly;
                    }
                    out.push(param);
                }
            }
        }
        out
    }

    fn param(&mut self, node: Node<'_>, normal: ParamKind) -> Param {
        let name = match node.kind() {
            "typed_parameter" => parts(node).into_iter().find(|n| n.kind() != "type"),
            "default_parameter" | "typed_default_parameter" => child(node, "name"),
            _ => Some(node),
        };
        let kind = match name.map(|n| n.kind()) {
            Some("list_splat_pattern") => ParamKind::Rest,
            Some("dictionary_splat_pattern") => ParamKind::RestNamed,
            _ => normal,
        };
        let ty = child(node, "type").map(|n| self.expr(n));
        let default = child(node, "value").map(|n| self.expr(n));
        let pattern = match name.map_or(Pattern::Ignore, |n| self.pattern(n)) {
            Pattern::Rest(inner) => *inner,
            other => other,
        };
        Param { pattern, ty, default, kind, annotations: Vec::new(), is_field: false, optional: false }
    }

    /// A class; `whole` is the statement with its decorators.
    pub(super) fn class(&mut self, node: Node<'_>, whole: Node<'_>, annotations: Vec<ExprId>, out: &mut Block) {
        let (mut bases, mut keywords) = (Vec::new(), Vec::new());
        for arg in child(node, "superclasses").map(parts).unwrap_or_default() {
            match arg.kind() {
                "keyword_argument" => {
                    let name = child(arg, "name").map(|n| self.ctx.name(n)).unwrap_or_default();
                    let value = self.field(arg, "value");
                    keywords.push((name, value));
                }
                "dictionary_splat" => {}
                "list_splat" => bases.push(self.ctx.unknown(arg)),
                _ => bases.push(self.expr(arg)),
            }
        }
        let outer = std::mem::replace(&mut self.in_class, true);
        let (body, doc) = child(node, "body").map(|n| self.documented(n)).unwrap_or_default();
        self.in_class = outer;
        let id = self.ctx.module.add_class(Class {
            name: child(node, "name").map(|n| self.ctx.name(n)),
            kind: ClassKind::Class,
            bases,
            keywords,
            annotations,
            body,
            fields: Vec::new(),
            methods: Vec::new(),
            doc,
            is_abstract: false,
            span: self.ctx.span(node),
        });
        out.push(self.ctx.put_stmt(Stmt::Class(id), whole));
    }

    /// `type X[T] = Y`.
    pub(super) fn type_alias(&mut self, node: Node<'_>, out: &mut Block) {
        let mut name = child(node, "left");
        while let Some(inner) = name.filter(|n| n.kind() != "identifier").and_then(|n| parts(n).first().copied()) {
            name = Some(inner);
        }
        let base = self.field(node, "right");
        let id = self.ctx.module.add_class(Class {
            name: name.map(|n| self.ctx.name(n)),
            kind: ClassKind::Alias,
            bases: vec![base],
            keywords: Vec::new(),
            annotations: Vec::new(),
            body: Vec::new(),
            fields: Vec::new(),
            methods: Vec::new(),
            doc: None,
            is_abstract: false,
            span: self.ctx.span(node),
        });
        out.push(self.ctx.put_stmt(Stmt::Class(id), node));
    }

    /// What stands in a `type` node, as an expression.
    pub(super) fn type_expr(&mut self, node: Node<'_>) -> ExprId {
        let items = parts(node);
        let Some(first) = items.first().copied() else { return self.ctx.unknown(node) };
        match node.kind() {
            "generic_type" => {
                let base = self.expr(first);
                let mut args: Vec<ExprId> = Vec::new();
                for part in items.iter().skip(1).filter(|n| n.kind() == "type_parameter") {
                    args.extend(parts(*part).into_iter().map(|n| self.expr(n)));
                }
                let index = match args.as_slice() {
                    [one] => *one,
                    _ => {
                        let place = items.get(1).copied().unwrap_or(node);
                        self.ctx.put(Expr::List(ListKind::Tuple, args.into_iter().map(Item::One).collect()), place)
                    }
                };
                self.ctx.put(Expr::Index(base, index), node)
            }
            "union_type" => {
                let left = self.expr(first);
                let right = match items.get(1) {
                    Some(right) => self.expr(*right),
                    None => self.ctx.unknown(node),
                };
                self.ctx.put(Expr::Binary(BinaryOp::BitOr, left, right), node)
            }
            "member_type" => {
                let object = self.expr(first);
                let name = items.get(1).map(|n| self.ctx.name(*n)).unwrap_or_default();
                self.ctx.put(Expr::Attr(object, name), node)
            }
            // `type` and `constrained_type`: the bound of a type parameter is left out.
            _ => self.expr(first),
        }
    }

    /// The text of a statement that is a docstring, its indentation taken away.
    pub(super) fn docstring(&mut self, node: Node<'_>) -> Option<SmolStr> {
        if node.kind() != "expression_statement" {
            return None;
        }
        match parts(node).as_slice() {
            [one] if !has_token(node, ",") => self.plain_string(*one).map(|text| clean(&text)),
            _ => None,
        }
    }
}

/// What `inspect.cleandoc` does: the first line is stripped, the common indentation of the others removed.
fn clean(text: &str) -> SmolStr {
    let text = text.trim_end();
    if !text.contains('\n') {
        return SmolStr::new(text.trim_start());
    }
    let margin = text.lines().skip(1).filter(|l| !l.trim().is_empty()).map(|l| l.len() - l.trim_start_matches([' ', '\t']).len()).min();
    let mut out = String::with_capacity(text.len());
    for (at, line) in text.lines().enumerate() {
        if at == 0 {
            out.push_str(line.trim_start());
        } else {
            out.push('\n');
            out.push_str(line.get(margin.unwrap_or(0)..).unwrap_or_default().trim_end());
        }
    }
    SmolStr::new(out.trim_start_matches('\n'))
}
