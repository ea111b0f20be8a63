//! Patterns.

use super::*;

impl Low<'_, '_> {
    /// The pattern under a field name.
    pub(super) fn pattern_of(&mut self, node: Node<'_>, name: &str) -> Pattern {
        field(node, name).map_or(Pattern::Ignore, |pattern| self.pattern(pattern))
    }

    /// Lowers a pattern.
    pub(super) fn pattern(&mut self, node: Node<'_>) -> Pattern {
        self.deeper(node.start_byte(), |low| low.pattern_here(node)).unwrap_or(Pattern::Ignore)
    }

    fn pattern_here(&mut self, node: Node<'_>) -> Pattern {
        match node.kind() {
            "identifier" | "shorthand_field_identifier" | "self" => self.named_pattern(node),
            "scoped_identifier" => Pattern::Value(self.path(node)),
            "generic_pattern" => first(node).map_or(Pattern::Ignore, |path| Pattern::Value(self.path(path))),
            "tuple_pattern" | "slice_pattern" => Pattern::List(self.patterns(node)),
            "remaining_field_pattern" => Pattern::Rest(Box::new(Pattern::Ignore)),
            "mut_pattern" | "ref_pattern" | "reference_pattern" => self.patterns(node).pop().unwrap_or(Pattern::Ignore),
            "captured_pattern" => self.captured(node),
            "tuple_struct_pattern" => {
                let Some(ty) = field(node, "type") else {
                    return Pattern::Ignore;
                };
                let (ty, items) = (self.ty(ty), self.patterns(node));
                Pattern::Construct { ty, items, fields: Vec::new() }
            }
            "struct_pattern" => self.struct_pattern(node),
            "or_pattern" => {
                let mut all = Vec::new();
                for pattern in self.patterns(node) {
                    match pattern {
                        Pattern::Or(inner) => all.extend(inner),
                        one => all.push(one),
                    }
                }
                if all.iter().any(|pattern| matches!(pattern, Pattern::Ignore)) { Pattern::Ignore } else { Pattern::Or(all) }
            }
            "range_pattern" => {
                let low = field(node, "left").map(|left| self.expr(left));
                let high = field(node, "right").map(|right| self.expr(right));
                Pattern::Value(self.range_call(node, low, high))
            }
            "string_literal" | "raw_string_literal" | "char_literal" | "boolean_literal" | "integer_literal" | "float_literal"
            | "negative_literal" | "const_block" => Pattern::Value(self.expr(node)),
            _ => Pattern::Ignore,
        }
    }

    /// A name that binds, or a constant or unit variant to compare with: those are capitalised.
    fn named_pattern(&mut self, node: Node<'_>) -> Pattern {
        let name = self.name(node);
        if name == "_" {
            Pattern::Ignore
        } else if name.starts_with(char::is_uppercase) {
            Pattern::Value(self.put(Expr::Name(name), node))
        } else {
            Pattern::Name(name, self.span(node))
        }
    }

    /// `name @ pattern`: the name where the pattern takes anything, else the pattern.
    fn captured(&mut self, node: Node<'_>) -> Pattern {
        let mut children = node.children(&mut node.walk()).filter(|child| !is_comment(*child)).collect::<Vec<_>>().into_iter();
        let name = children.next().map_or(Pattern::Ignore, |name| Pattern::Name(self.name(name), self.span(name)));
        match children.next_back().map_or(Pattern::Ignore, |inner| self.pattern(inner)) {
            Pattern::Ignore => name,
            Pattern::Rest(_) => Pattern::Rest(Box::new(name)),
            inner => inner,
        }
    }

    fn struct_pattern(&mut self, node: Node<'_>) -> Pattern {
        let Some(ty) = field(node, "type") else {
            return Pattern::Ignore;
        };
        let ty = self.ty(ty);
        let mut fields = Vec::new();
        for child in named(node) {
            let Some(name) = field(child, "name").filter(|_| child.kind() == "field_pattern") else {
                continue;
            };
            let pattern = match field(child, "pattern") {
                Some(pattern) => self.pattern(pattern),
                None => Pattern::Name(self.name(name), self.span(name)),
            };
            fields.push((self.name(name), pattern));
        }
        Pattern::Construct { ty, items: Vec::new(), fields }
    }

    /// The patterns in a node, `_` included, its type excluded.
    fn patterns(&mut self, node: Node<'_>) -> Vec<Pattern> {
        let ty = field(node, "type").map(|ty| ty.id());
        let children = node.children(&mut node.walk()).collect::<Vec<_>>();
        let patterns = children.into_iter().filter(|child| {
            let pattern = child.kind() == "_" || (child.is_named() && !is_comment(*child) && child.kind() != "mutable_specifier");
            pattern && Some(child.id()) != ty
        });
        patterns.map(|child| self.pattern(child)).collect()
    }

    /// The parameters of a closure.
    pub(super) fn closure_params(&mut self, node: Node<'_>) -> Vec<Param> {
        let mut params = Vec::new();
        for child in node.children(&mut node.walk()).collect::<Vec<_>>() {
            let (pattern, ty) = match child.kind() {
                "parameter" => (self.pattern_of(child, "pattern"), field(child, "type").map(|ty| self.ty(ty))),
                "_" => (Pattern::Ignore, None),
                _ if child.is_named() && !is_comment(child) => (self.pattern(child), None),
                _ => continue,
            };
            params.push(items::param(pattern, ty, ParamKind::Normal));
        }
        params
    }

    /// The left side of an assignment.
    pub(super) fn target(&mut self, node: Node<'_>) -> Pattern {
        self.deeper(node.start_byte(), |low| low.target_here(node)).unwrap_or(Pattern::Ignore)
    }

    fn target_here(&mut self, node: Node<'_>) -> Pattern {
        match node.kind() {
            "identifier" if self.text(node) == "_" => Pattern::Ignore,
            "identifier" => Pattern::Name(self.name(node), self.span(node)),
            "tuple_expression" | "array_expression" => Pattern::List(named(node).into_iter().map(|item| self.target(item)).collect()),
            _ => Pattern::Place(self.expr(node)),
        }
    }
}
