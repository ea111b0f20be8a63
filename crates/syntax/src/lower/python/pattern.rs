//! Targets of assignments, loops and `with`, and the patterns of `case`.

use super::{Python, has_token, parts};
use crate::tree::*;
use smol_str::SmolStr;
use tree_sitter::Node;

/// Names bound by an inner `P as name`, to be bound to something unknown.
pub(super) type Captures<'t> = Vec<(SmolStr, Node<'t>)>;

impl Python<'_, '_> {
    /// A target.
    pub(super) fn pattern(&mut self, node: Node<'_>) -> Pattern {
        self.deeper(node, |p| p.pattern_inner(node)).unwrap_or(Pattern::Ignore)
    }

    fn pattern_inner(&mut self, node: Node<'_>) -> Pattern {
        if node.is_missing() || node.is_error() {
            return Pattern::Ignore;
        }
        match node.kind() {
            "identifier" => Pattern::Name(self.ctx.name(node), self.ctx.span(node)),
            "attribute" | "subscript" => Pattern::Place(self.expr(node)),
            "tuple_pattern" | "list_pattern" | "pattern_list" | "tuple" | "list" | "expression_list" => {
                let items = parts(node);
                match items.as_slice() {
                    [one] if node.kind() == "tuple_pattern" && !has_token(node, ",") => self.pattern(*one),
                    _ => single_rest(items.into_iter().map(|n| self.pattern(n)).collect()),
                }
            }
            "list_splat_pattern" | "list_splat" | "dictionary_splat_pattern" => {
                Pattern::Rest(Box::new(parts(node).first().map_or(Pattern::Ignore, |n| self.pattern(*n))))
            }
            "parenthesized_expression" | "as_pattern_target" => parts(node).first().map_or(Pattern::Ignore, |n| self.pattern(*n)),
            _ => Pattern::Ignore,
        }
    }

    /// A pattern of `case`.
    pub(super) fn case_pattern<'t>(&mut self, node: Node<'t>, captures: &mut Captures<'t>) -> Pattern {
        self.deeper(node, |p| p.case_pattern_inner(node, captures)).unwrap_or(Pattern::Ignore)
    }

    fn case_pattern_inner<'t>(&mut self, node: Node<'t>, captures: &mut Captures<'t>) -> Pattern {
        if node.is_missing() || node.is_error() {
            return Pattern::Ignore;
        }
        match node.kind() {
            "case_pattern" | "keyword_pattern" => {
                let mut alternatives = self.alternatives(node, captures);
                alternatives.pop().unwrap_or(Pattern::Ignore)
            }
            "union_pattern" => Pattern::Or(self.alternatives(node, captures)),
            "as_pattern" => {
                let (pattern, name) = self.as_pattern(node, captures);
                captures.extend(name.map(|name| (name, node)));
                pattern
            }
            "list_pattern" | "tuple_pattern" => {
                let items = parts(node);
                match items.as_slice() {
                    [one] if node.kind() == "tuple_pattern" && !has_token(node, ",") => self.case_pattern(*one, captures),
                    _ => single_rest(items.into_iter().map(|n| self.case_pattern(n, captures)).collect()),
                }
            }
            "splat_pattern" => Pattern::Rest(Box::new(match parts(node).first() {
                Some(name) if self.ctx.text(*name) != "_" => Pattern::Name(self.ctx.name(*name), self.ctx.span(*name)),
                _ => Pattern::Ignore,
            })),
            "dict_pattern" => self.dict_pattern(node, captures),
            "class_pattern" => self.class_pattern(node, captures),
            "dotted_name" => match parts(node).as_slice() {
                [name] if self.ctx.text(*name) == "_" => Pattern::Ignore,
                [name] => Pattern::Name(self.ctx.name(*name), self.ctx.span(*name)),
                _ => Pattern::Value(self.expr(node)),
            },
            _ => Pattern::Value(self.expr(node)),
        }
    }

    /// The patterns directly in a node, where `_` and a minus before a number are bare tokens.
    fn alternatives<'t>(&mut self, node: Node<'t>, captures: &mut Captures<'t>) -> Vec<Pattern> {
        let mut out = Vec::new();
        let mut minus = false;
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            match child.kind() {
                "-" => minus = true,
                "_" => out.push(Pattern::Ignore),
                _ if !child.is_named() || child.is_extra() => {}
                _ if minus => {
                    minus = false;
                    let number = self.expr(child);
                    out.push(Pattern::Value(self.ctx.put(Expr::Unary(UnaryOp::Minus, number), child)));
                }
                _ => out.push(self.case_pattern(child, captures)),
            }
        }
        out
    }

    /// `P as name`: the pattern and the name.
    pub(super) fn as_pattern<'t>(&mut self, node: Node<'t>, captures: &mut Captures<'t>) -> (Pattern, Option<SmolStr>) {
        let items = parts(node);
        let pattern = items.first().map_or(Pattern::Ignore, |n| self.case_pattern(*n, captures));
        (pattern, items.get(1).map(|n| self.ctx.name(*n)))
    }

    fn dict_pattern<'t>(&mut self, node: Node<'t>, captures: &mut Captures<'t>) -> Pattern {
        let mut out = Vec::new();
        let mut key = None;
        let mut cursor = node.walk();
        let mut more = cursor.goto_first_child();
        while more {
            let child = cursor.node();
            match cursor.field_name() {
                Some("key") if child.is_named() => key = Some(self.key(child)),
                Some("value") => {
                    let value = self.case_pattern(child, captures);
                    out.push((key.take().unwrap_or_default(), value));
                }
                _ if child.kind() == "splat_pattern" => out.push((SmolStr::new("..."), self.case_pattern(child, captures))),
                _ => {}
            }
            more = cursor.goto_next_sibling();
        }
        Pattern::Object(out)
    }

    /// A key as text: the value of a plain string, else as written.
    fn key(&mut self, node: Node<'_>) -> SmolStr {
        match self.plain_string(node) {
            Some(text) => text,
            None => self.ctx.name(node),
        }
    }

    fn class_pattern<'t>(&mut self, node: Node<'t>, captures: &mut Captures<'t>) -> Pattern {
        let all = parts(node);
        let Some((ty, args)) = all.split_first() else { return Pattern::Ignore };
        let ty = self.expr(*ty);
        let (mut items, mut fields) = (Vec::new(), Vec::new());
        for arg in args {
            let keyword = parts(*arg).first().copied().filter(|n| n.kind() == "keyword_pattern");
            match keyword.and_then(|k| parts(k).first().copied().map(|name| (k, name))) {
                Some((keyword, name)) => {
                    let mut inner = self.alternatives(keyword, captures);
                    // The name itself reads as a pattern; what follows it is the value.
                    let value = if inner.len() > 1 { inner.pop() } else { None };
                    fields.push((self.ctx.name(name), value.unwrap_or(Pattern::Ignore)));
                }
                None => items.push(self.case_pattern(*arg, captures)),
            }
        }
        Pattern::Construct { ty, items, fields }
    }
}

/// A sequence pattern with one rest at most, as Python demands.
fn single_rest(mut items: Vec<Pattern>) -> Pattern {
    let mut seen = false;
    for item in &mut items {
        if matches!(item, Pattern::Rest(_)) && std::mem::replace(&mut seen, true) {
            *item = Pattern::Ignore;
        }
    }
    Pattern::List(items)
}
