//! Attributes and doc comments.

use super::tokens::{Kind, Token, after_tree, covered, split};
use super::*;

/// The attributes and doc comments seen before an item.
#[derive(Debug, Default)]
pub(super) struct Pending<'t> {
    attributes: Vec<Node<'t>>,
    docs: Vec<String>,
}

impl<'t> Pending<'t> {
    /// Notes a comment; plain ones say nothing.
    pub fn comment(&mut self, low: &Low<'_, '_>, node: Node<'t>) {
        if field(node, "outer").is_some() {
            self.docs.push(low.doc_comment(node));
        }
    }
    /// Notes an attribute.
    pub fn attribute(&mut self, node: Node<'t>) {
        self.attributes.extend(first(node));
    }
    /// The annotations, `#[doc = ".."]` excluded.
    pub fn annotations(&self, low: &mut Low<'_, '_>) -> Vec<ExprId> {
        let plain = self.attributes.iter().filter(|node| !low.is_doc(**node)).copied().collect::<Vec<_>>();
        plain.into_iter().map(|node| low.attribute(node)).collect()
    }
    /// The documentation.
    pub fn doc(&self, low: &Low<'_, '_>) -> Option<SmolStr> {
        let attributes = self.attributes.iter().filter(|node| low.is_doc(**node)).filter_map(|node| low.string_value(*node));
        doc(self.docs.iter().cloned().chain(attributes))
    }
    /// Whether what follows may be left out of a build: `#[cfg(..)]`.
    pub fn is_conditional(&self, low: &Low<'_, '_>) -> bool {
        self.attributes.iter().any(|node| first(*node).is_some_and(|name| low.text(name) == "cfg"))
    }
    /// The value of `#[path = ".."]`.
    pub fn path(&self, low: &Low<'_, '_>) -> Option<SmolStr> {
        let path = self.attributes.iter().find(|node| first(**node).is_some_and(|name| low.text(name) == "path"))?;
        low.string_value(*path).map(SmolStr::new)
    }
}

/// Joins the parts of a documentation, without the one space before each line.
fn doc(parts: impl Iterator<Item = String>) -> Option<SmolStr> {
    let mut text = String::new();
    for line in parts.collect::<Vec<_>>().join("\n").lines() {
        text.push_str(line.strip_prefix(' ').unwrap_or(line).trim_end());
        text.push('\n');
    }
    let text = text.trim();
    (!text.is_empty()).then(|| SmolStr::new(text))
}

impl Low<'_, '_> {
    /// Calls `each` with every named child that is neither attribute nor comment, and what was written before it.
    pub(super) fn each<'t>(&mut self, node: Node<'t>, mut each: impl FnMut(&mut Self, Node<'t>, Pending<'t>)) {
        let mut pending = Pending::default();
        for child in node.named_children(&mut node.walk()).collect::<Vec<_>>() {
            match child.kind() {
                "line_comment" | "block_comment" => pending.comment(self, child),
                "attribute_item" => pending.attribute(child),
                "inner_attribute_item" | "visibility_modifier" => {}
                _ => each(self, child, std::mem::take(&mut pending)),
            }
        }
    }

    /// The documentation written inside of a file, module or block: `//!` and `#![doc = ".."]`.
    pub(super) fn inner_doc(&self, node: Node<'_>) -> Option<SmolStr> {
        let children = node.named_children(&mut node.walk()).collect::<Vec<_>>();
        doc(children.into_iter().filter_map(|child| match child.kind() {
            "line_comment" | "block_comment" => field(child, "inner").map(|_| self.doc_comment(child)),
            "inner_attribute_item" => first(child).filter(|attribute| self.is_doc(*attribute)).and_then(|a| self.string_value(a)),
            _ => None,
        }))
    }

    fn doc_comment(&self, node: Node<'_>) -> String {
        let text = field(node, "doc").map(|doc| self.text(doc)).unwrap_or_default();
        if node.kind() == "line_comment" {
            return text.trim_end_matches(['\n', '\r']).to_owned();
        }
        let lines = text.lines().map(|line| {
            let bare = line.trim_start();
            bare.strip_prefix('*').unwrap_or(bare)
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    fn is_doc(&self, attribute: Node<'_>) -> bool {
        field(attribute, "value").is_some() && first(attribute).is_some_and(|name| self.text(name) == "doc")
    }

    /// The string an attribute is set to.
    fn string_value(&self, attribute: Node<'_>) -> Option<String> {
        let value = field(attribute, "value")?;
        matches!(value.kind(), "string_literal" | "raw_string_literal").then(|| literals::string(self.text(value)))
    }

    /// An attribute: a path, or a call of it.
    fn attribute(&mut self, node: Node<'_>) -> ExprId {
        let Some(path) = first(node) else {
            return self.unknown(node);
        };
        let callee = self.path(path);
        let args = if let Some(value) = field(node, "value") {
            vec![Arg::Positional(self.expr(value))]
        } else if let Some(arguments) = field(node, "arguments") {
            let range = arguments.byte_range();
            let tokens = self.tokens(range.start + 1..range.end.saturating_sub(1));
            let closure = tokens.iter().any(|token| token.is("|"));
            let whole = if closure { self.whole_args(node, range.start + 1..range.end.saturating_sub(1)) } else { None };
            whole.unwrap_or_else(|| self.meta_args(&tokens, 0..tokens.len()))
        } else {
            return callee;
        };
        self.put(Expr::Call { callee, args, types: Vec::new(), new: false }, node)
    }

    /// The arguments of an attribute: `a, "b", c = d, e(f)`.
    pub(super) fn meta_args(&mut self, tokens: &[Token], range: Range<usize>) -> Vec<Arg> {
        let mut args = Vec::new();
        for part in split(tokens, range, &[","]) {
            let name_end = (part.start..part.end).find(|at| !(tokens[*at].is_word() || tokens[*at].is("::") || tokens[*at].is(".")));
            // `"id" = u64`: a parameter that a description names.
            let is_text = part.len() > 2 && tokens[part.start].kind == Kind::Str && tokens[part.start + 1].is("=");
            match name_end {
                Some(at) if is_text && at == part.start => {
                    let name = literals::string(&tokens[at].text);
                    let value = self.meta_value(tokens, at + 2..part.end);
                    args.push(Arg::Named(SmolStr::new(name), value));
                }
                Some(end) if end > part.start && tokens[end].is("=") => {
                    let name = tokens[part.start..end].iter().map(|token| token.text.as_str()).collect::<String>();
                    let value = self.meta_value(tokens, end + 1..part.end);
                    args.push(Arg::Named(SmolStr::new(name.strip_prefix("r#").unwrap_or(&name)), value));
                }
                _ if part.is_empty() => {}
                _ => args.push(Arg::Positional(self.meta_value(tokens, part))),
            }
        }
        args
    }

    pub(super) fn meta_value(&mut self, tokens: &[Token], range: Range<usize>) -> ExprId {
        let at = covered(tokens, &range);
        self.deeper(at.start, |low| low.meta_value_here(tokens, range)).unwrap_or_else(|| {
            let span = self.span_of(at);
            self.put_at(Expr::Unknown(SmolStr::new("token_tree")), span)
        })
    }

    fn meta_value_here(&mut self, tokens: &[Token], range: Range<usize>) -> ExprId {
        if let Some(simple) = self.simple(tokens, range.clone()) {
            return simple;
        }
        let span = self.span_of(covered(tokens, &range));
        let open = (range.start..range.end).find(|at| tokens[*at].kind == Kind::Open);
        if let Some(open) = open.filter(|open| tokens[*open].is("(") && after_tree(tokens, *open) == range.end) {
            let inner = open + 1..range.end.saturating_sub(1).max(open + 1);
            if open == range.start {
                return self.meta_tuple(tokens, inner, span);
            }
            if let Some(callee) = self.simple(tokens, range.start..open) {
                let args = self.meta_args(tokens, inner);
                return self.put_at(Expr::Call { callee, args, types: Vec::new(), new: false }, span);
            }
        }
        self.loose(tokens, range)
    }

    /// `(status = 200, body = T)` in an attribute: a tuple of values and assignments.
    fn meta_tuple(&mut self, tokens: &[Token], range: Range<usize>, span: Span) -> ExprId {
        let mut items = Vec::new();
        for arg in self.meta_args(tokens, range) {
            let item = match arg {
                Arg::Named(name, value) => {
                    let at = self.ctx.module.span(value);
                    self.put_at(Expr::Assign(Box::new(Pattern::Name(name, at)), value, BindKind::Assign), at)
                }
                Arg::Positional(value) | Arg::Spread(value) | Arg::SpreadNamed(value) => value,
            };
            items.push(Item::One(item));
        }
        self.put_at(Expr::List(ListKind::Tuple, items), span)
    }
}
