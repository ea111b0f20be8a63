//! Expressions.

use super::*;

impl Low<'_, '_> {
    /// Lowers an expression.
    pub(super) fn expr(&mut self, node: Node<'_>) -> ExprId {
        match self.deeper(node.start_byte(), |low| low.expr_here(node)) {
            Some(expr) => expr,
            None => self.unknown(node),
        }
    }

    /// The expression under a field name.
    pub(super) fn expr_of(&mut self, node: Node<'_>, name: &str) -> ExprId {
        match field(node, name) {
            Some(child) => self.expr(child),
            None => self.unknown(node),
        }
    }

    /// The first expression in a node.
    fn inner(&mut self, node: Node<'_>) -> ExprId {
        match first(node) {
            Some(child) => self.expr(child),
            None => self.unknown(node),
        }
    }

    fn expr_here(&mut self, node: Node<'_>) -> ExprId {
        let expr = match node.kind() {
            "string_literal" | "raw_string_literal" => text_expr(literals::string(self.text(node))),
            "char_literal" => text_expr(literals::char(self.text(node))),
            "integer_literal" | "float_literal" => Expr::Number(literals::number(self.text(node))),
            "boolean_literal" => Expr::Bool(self.text(node) == "true"),
            "unit_expression" => Expr::Null,
            "identifier"
            | "self"
            | "super"
            | "crate"
            | "scoped_identifier"
            | "scoped_type_identifier"
            | "type_identifier"
            | "metavariable" => return self.path(node),
            "parenthesized_expression" | "label" => return self.inner(node),
            "reference_expression" => Expr::Wrap(WrapKind::Reference, self.expr_of(node, "value")),
            "await_expression" => Expr::Wrap(WrapKind::Await, self.inner(node)),
            "try_expression" => Expr::Wrap(WrapKind::Try, self.inner(node)),
            "type_cast_expression" => Expr::Wrap(WrapKind::Cast, self.expr_of(node, "value")),
            "negative_literal" => Expr::Unary(UnaryOp::Minus, self.inner(node)),
            "yield_expression" => Expr::Yield(first(node).map(|value| self.expr(value))),
            "unary_expression" => self.unary(node),
            "binary_expression" => self.binary(node),
            "assignment_expression" | "compound_assignment_expr" => match self.assignment(node) {
                Some((target, value, kind)) => Expr::Assign(Box::new(target), value, kind),
                None => return self.unknown(node),
            },
            "call_expression" => self.call(node),
            "field_expression" => {
                let value = self.expr_of(node, "value");
                Expr::Attr(value, field(node, "field").map(|name| self.name(name)).unwrap_or_default())
            }
            "generic_function" => return self.generic_function(node),
            "index_expression" => self.index(node),
            "range_expression" => {
                let (low, high) = self.bounds(node);
                return self.range_call(node, low, high);
            }
            "array_expression" => self.array(node),
            "tuple_expression" => Expr::List(ListKind::Tuple, self.items_of(node)),
            "struct_expression" => self.structure_value(node),
            "closure_expression" => Expr::Function(self.closure(node)),
            "macro_invocation" => return self.macro_call(node),
            "if_expression" => self.choice(node),
            "match_expression" => self.match_value(node),
            "block" => {
                let (block, value) = self.value(node);
                Expr::Block(block, value)
            }
            "async_block" | "unsafe_block" | "const_block" | "gen_block" | "try_block" => {
                let (block, value) = child_of(node, "block").map(|block| self.value(block)).unwrap_or_default();
                Expr::Block(block, value)
            }
            "for_expression"
            | "while_expression"
            | "loop_expression"
            | "return_expression"
            | "break_expression"
            | "continue_expression" => {
                let mut block = Block::new();
                self.statement(node, &mut block);
                Expr::Block(block, None)
            }
            _ => return self.unknown(node),
        };
        self.put(expr, node)
    }

    fn unary(&mut self, node: Node<'_>) -> Expr {
        let operand = self.inner(node);
        match node.child(0).map(|operator| operator.kind()) {
            Some("!") => Expr::Unary(UnaryOp::Not, operand),
            Some("-") => Expr::Unary(UnaryOp::Minus, operand),
            _ => Expr::Wrap(WrapKind::Reference, operand),
        }
    }

    fn binary(&mut self, node: Node<'_>) -> Expr {
        let left = self.expr_of(node, "left");
        let right = self.expr_of(node, "right");
        Expr::Binary(operator(field(node, "operator").map(|op| op.kind()).unwrap_or_default()), left, right)
    }

    /// The target, value and kind of an assignment.
    pub(super) fn assignment(&mut self, node: Node<'_>) -> Option<(Pattern, ExprId, BindKind)> {
        let target = self.target(field(node, "left")?);
        let value = self.expr(field(node, "right")?);
        let kind = match field(node, "operator").map(|op| op.kind()) {
            Some(compound) => BindKind::Compound(operator(compound.strip_suffix('=').unwrap_or(compound))),
            None => BindKind::Assign,
        };
        Some((target, value, kind))
    }

    /// A call; a method's receiver and name count as one level with it.
    fn call(&mut self, node: Node<'_>) -> Expr {
        let (callee, types) = match field(node, "function") {
            Some(generic) if generic.kind() == "generic_function" => {
                let types = field(generic, "type_arguments").map(|args| self.type_args(args)).unwrap_or_default();
                let callee = field(generic, "function").map(|function| self.callee(function));
                (callee, types)
            }
            Some(function) => (Some(self.callee(function)), Vec::new()),
            None => (None, Vec::new()),
        };
        let callee = callee.unwrap_or_else(|| self.unknown(node));
        let args = field(node, "arguments").map(|args| self.arguments(args, false)).unwrap_or_default();
        Expr::Call { callee, args, types, new: false }
    }

    fn callee(&mut self, node: Node<'_>) -> ExprId {
        if node.kind() != "field_expression" {
            return self.expr(node);
        }
        let value = self.expr_of(node, "value");
        let place = field(node, "field");
        let name = place.map(|name| self.name(name)).unwrap_or_default();
        self.put(Expr::Attr(value, name), node)
    }

    /// Arguments; with `named`, `name = value` is a named one.
    pub(super) fn arguments(&mut self, node: Node<'_>, named_args: bool) -> Vec<Arg> {
        let mut args = Vec::new();
        for child in named(node).into_iter().filter(|child| child.kind() != "attribute_item") {
            let name =
                field(child, "left").filter(|left| named_args && child.kind() == "assignment_expression" && left.kind() == "identifier");
            match (name, field(child, "right")) {
                (Some(name), Some(value)) => args.push(Arg::Named(self.name(name), self.expr(value))),
                _ => args.push(Arg::Positional(self.expr(child))),
            }
        }
        args
    }

    /// `f::<T>` that is not called.
    fn generic_function(&mut self, node: Node<'_>) -> ExprId {
        let function = self.expr_of(node, "function");
        let Some(args) = field(node, "type_arguments") else {
            return function;
        };
        let types = self.type_args(args);
        let index = match types.as_slice() {
            [] => return function,
            [one] => *one,
            many => self.put(Expr::List(ListKind::Tuple, many.iter().map(|ty| Item::One(*ty)).collect()), args),
        };
        self.put(Expr::Index(function, index), node)
    }

    fn index(&mut self, node: Node<'_>) -> Expr {
        let children = named(node);
        let [value, index] = children.as_slice() else {
            return Expr::Unknown(SmolStr::new(node.kind()));
        };
        let value = self.expr(*value);
        if index.kind() == "range_expression" {
            let (low, high) = self.bounds(*index);
            return Expr::Slice(value, low, high);
        }
        Expr::Index(value, self.expr(*index))
    }

    /// The ends of a range.
    fn bounds(&mut self, node: Node<'_>) -> (Option<ExprId>, Option<ExprId>) {
        let (mut low, mut high, mut after) = (None, None, false);
        for child in node.children(&mut node.walk()).collect::<Vec<_>>() {
            if !child.is_named() {
                after = true;
            } else if !is_comment(child) {
                let bound = Some(self.expr(child));
                if after { high = bound } else { low = bound }
            }
        }
        (low, high)
    }

    /// A range as a call of `..`; open ends are `Null`.
    pub(super) fn range_call(&mut self, node: Node<'_>, low: Option<ExprId>, high: Option<ExprId>) -> ExprId {
        let callee = self.put(Expr::Name(SmolStr::new("..")), node);
        let mut args = Vec::new();
        for bound in [low, high] {
            let bound = bound.unwrap_or_else(|| self.put(Expr::Null, node));
            args.push(Arg::Positional(bound));
        }
        self.put(Expr::Call { callee, args, types: Vec::new(), new: false }, node)
    }

    /// `[a, b]` and `[a; n]`, the latter as a list of one.
    pub(super) fn array(&mut self, node: Node<'_>) -> Expr {
        let length = field(node, "length").map(|length| length.id());
        let mut items = Vec::new();
        for child in named(node) {
            if child.kind() != "attribute_item" && Some(child.id()) != length {
                items.push(Item::One(self.expr(child)));
            }
        }
        Expr::List(ListKind::List, items)
    }

    fn items_of(&mut self, node: Node<'_>) -> Vec<Item> {
        let items = named(node).into_iter().filter(|child| child.kind() != "attribute_item");
        items.map(|child| Item::One(self.expr(child))).collect()
    }

    fn structure_value(&mut self, node: Node<'_>) -> Expr {
        let ty = field(node, "name").map(|name| self.ty(name));
        let mut entries = Vec::new();
        for child in field(node, "body").map(named).unwrap_or_default() {
            match child.kind() {
                "field_initializer" => {
                    let Some(name) = field(child, "field") else { continue };
                    let key = self.put(text_expr(self.name(name)), name);
                    entries.push(Entry::Pair(key, self.expr_of(child, "value")));
                }
                "shorthand_field_initializer" => {
                    let Some(name) = child_of(child, "identifier") else { continue };
                    let key = self.put(text_expr(self.name(name)), name);
                    entries.push(Entry::Pair(key, self.path(name)));
                }
                "base_field_initializer" => entries.push(Entry::Spread(self.inner(child))),
                _ => {}
            }
        }
        Expr::Dict(entries, ty)
    }

    fn closure(&mut self, node: Node<'_>) -> FunctionId {
        let params = field(node, "parameters").map(|params| self.closure_params(params)).unwrap_or_default();
        let returns = field(node, "return_type").map(|ty| self.ty(ty));
        let body = field(node, "body").map(|body| self.body(body, false)).unwrap_or_default();
        let function = Function {
            name: None,
            kind: FunctionKind::Lambda,
            params,
            annotations: Vec::new(),
            returns,
            body,
            doc: None,
            is_async: child_of(node, "async").is_some(),
            is_generator: false,
            is_static: false,
            is_abstract: false,
            span: self.span(node),
        };
        self.ctx.module.add_function(function)
    }

    /// `if` as a value.
    fn choice(&mut self, node: Node<'_>) -> Expr {
        let test = self.condition_of(node);
        let then = self.expr_of(node, "consequence");
        let other = match field(node, "alternative").and_then(first) {
            Some(other) => self.expr(other),
            None => self.put(Expr::Null, node),
        };
        Expr::Cond(test, then, other)
    }
}

/// A plain text.
pub(super) fn text_expr(text: impl AsRef<str>) -> Expr {
    Expr::Str(vec![StrPart::Text(SmolStr::new(text))])
}

fn operator(text: &str) -> BinaryOp {
    match text {
        "+" => BinaryOp::Add,
        "-" => BinaryOp::Sub,
        "*" => BinaryOp::Mul,
        "/" => BinaryOp::Div,
        "%" => BinaryOp::Mod,
        "|" => BinaryOp::BitOr,
        "&" => BinaryOp::BitAnd,
        "==" => BinaryOp::Eq,
        "!=" => BinaryOp::Ne,
        "<" => BinaryOp::Lt,
        "<=" => BinaryOp::Le,
        ">" => BinaryOp::Gt,
        ">=" => BinaryOp::Ge,
        "&&" => BinaryOp::And,
        "||" => BinaryOp::Or,
        _ => BinaryOp::Other,
    }
}
