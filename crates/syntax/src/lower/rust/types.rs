//! Types and paths as expressions.

use super::*;

impl Low<'_, '_> {
    /// Lowers a type.
    pub(super) fn ty(&mut self, node: Node<'_>) -> ExprId {
        match self.deeper(node.start_byte(), |low| low.ty_here(node)) {
            Some(ty) => ty,
            None => self.unknown(node),
        }
    }

    fn ty_here(&mut self, node: Node<'_>) -> ExprId {
        match node.kind() {
            "type_identifier"
            | "primitive_type"
            | "identifier"
            | "scoped_type_identifier"
            | "scoped_identifier"
            | "self"
            | "super"
            | "crate"
            | "never_type" => self.path(node),
            "generic_type" | "generic_type_with_turbofish" => self.generic(node),
            "reference_type" | "pointer_type" | "qualified_type" | "higher_ranked_trait_bound" => self.ty_field(node, "type"),
            "dynamic_type" | "abstract_type" => self.ty_field(node, "trait"),
            "bounded_type" => self.bounded(node),
            "removed_trait_bound" | "bracketed_type" => self.ty_first(node),
            "unit_type" => self.put(Expr::Null, node),
            "tuple_type" => {
                let items = named(node).into_iter().map(|item| Item::One(self.ty(item))).collect();
                self.put(Expr::List(ListKind::Tuple, items), node)
            }
            "array_type" => {
                let array = self.put(Expr::Name(SmolStr::new("Array")), node);
                let element = self.ty_field(node, "element");
                self.put(Expr::Index(array, element), node)
            }
            "function_type" => match field(node, "trait") {
                Some(name) => self.ty(name),
                None => self.unknown(node),
            },
            "type_binding" => self.ty_field(node, "type"),
            "macro_invocation" => self.ty_macro(node),
            kind if kind.ends_with("_literal") || kind == "block" => self.expr(node),
            _ => self.unknown(node),
        }
    }

    fn ty_macro(&mut self, node: Node<'_>) -> ExprId {
        let expanded = self.expand(node, ("type X=", "\n;"), |low, root| {
            let ty = first(root).filter(|item| item.kind() == "type_item").and_then(|item| field(item, "type"))?;
            Some(low.ty(ty))
        });
        match expanded {
            Some(ty) => ty,
            None => self.expr(node),
        }
    }

    fn ty_field(&mut self, node: Node<'_>, name: &str) -> ExprId {
        match field(node, name) {
            Some(ty) => self.ty(ty),
            None => self.unknown(node),
        }
    }

    fn ty_first(&mut self, node: Node<'_>) -> ExprId {
        match first(node) {
            Some(ty) => self.ty(ty),
            None => self.unknown(node),
        }
    }

    /// `A + 'b + C`: the first that is a type.
    fn bounded(&mut self, node: Node<'_>) -> ExprId {
        match named(node).into_iter().find(|bound| !matches!(bound.kind(), "lifetime" | "use_bounds")) {
            Some(bound) => self.ty(bound),
            None => self.unknown(node),
        }
    }

    fn generic(&mut self, node: Node<'_>) -> ExprId {
        let base = self.ty_field(node, "type");
        let args = field(node, "type_arguments");
        let types = args.map(|args| self.type_args(args)).unwrap_or_default();
        match (types.as_slice(), args) {
            ([], _) | (_, None) => base,
            ([one], _) => self.put(Expr::Index(base, *one), node),
            (many, Some(args)) => {
                let items = many.iter().map(|ty| Item::One(*ty)).collect();
                let tuple = self.put(Expr::List(ListKind::Tuple, items), args);
                self.put(Expr::Index(base, tuple), node)
            }
        }
    }

    /// The type arguments in `<..>`, lifetimes left out.
    pub(super) fn type_args(&mut self, node: Node<'_>) -> Vec<ExprId> {
        let types = named(node).into_iter().filter(|arg| !matches!(arg.kind(), "lifetime" | "trait_bounds" | "ERROR"));
        types.map(|arg| self.ty(arg)).collect()
    }

    /// A path of names, with type arguments where it has some.
    pub(super) fn path(&mut self, node: Node<'_>) -> ExprId {
        match self.deeper(node.start_byte(), |low| low.path_here(node)) {
            Some(path) => path,
            None => self.unknown(node),
        }
    }

    fn path_here(&mut self, node: Node<'_>) -> ExprId {
        match node.kind() {
            "scoped_identifier" | "scoped_type_identifier" => {
                let name = field(node, "name").map(|name| self.name(name)).unwrap_or_default();
                match field(node, "path") {
                    Some(path) => {
                        let base = self.path(path);
                        self.put(Expr::Attr(base, name), node)
                    }
                    None => self.put(Expr::Name(name), node),
                }
            }
            "generic_type" | "bracketed_type" => self.ty(node),
            _ => {
                let name = self.name(node);
                self.put(Expr::Name(name), node)
            }
        }
    }
}
