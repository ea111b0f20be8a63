//! `use` trees and extern crates as imports.

use super::attributes::Pending;
use super::*;

/// One name a `use` brings in.
struct Leaf {
    module: String,
    /// (name, local name, place); nothing for `*`.
    name: Option<(SmolStr, SmolStr, Span)>,
}

impl Low<'_, '_> {
    /// One import for each module a `use` names, in order.
    pub(super) fn use_declaration(&mut self, node: Node<'_>, pending: &Pending<'_>, out: &mut Block) {
        let mut leaves = Vec::new();
        if let Some(argument) = field(node, "argument") {
            self.use_tree(argument, "", &mut leaves);
        }
        let public = child_of(node, "visibility_modifier").is_some();
        let annotations = pending.annotations(self);
        let mut imports: Vec<Import> = Vec::new();
        for leaf in leaves {
            let module = SmolStr::new(&leaf.module);
            let star = leaf.name.is_none();
            match imports.iter_mut().find(|import| import.module == module && import.star == star) {
                Some(import) => import.names.extend(leaf.name),
                None => {
                    let names = leaf.name.into_iter().collect();
                    imports.push(Import { module, names, star, public, annotations: annotations.clone(), ..Import::default() });
                }
            }
        }
        for import in imports {
            out.push(self.put_stmt(Stmt::Import(Box::new(import)), node));
        }
    }

    fn use_tree(&mut self, node: Node<'_>, prefix: &str, leaves: &mut Vec<Leaf>) {
        self.deeper(node.start_byte(), |low| low.use_tree_here(node, prefix, leaves));
    }

    fn use_tree_here(&mut self, node: Node<'_>, prefix: &str, leaves: &mut Vec<Leaf>) {
        match node.kind() {
            "use_list" => {
                for child in named(node) {
                    self.use_tree(child, prefix, leaves);
                }
            }
            "scoped_use_list" => {
                let prefix = join(prefix, &self.path_text(field(node, "path")));
                if let Some(list) = field(node, "list") {
                    self.use_tree(list, &prefix, leaves);
                }
            }
            "use_wildcard" => {
                let module = join(prefix, &self.path_text(first(node)));
                leaves.push(Leaf { module, name: None });
            }
            "use_as_clause" => {
                let path = self.path_text(field(node, "path"));
                if let Some(alias) = field(node, "alias") {
                    leaves.push(leaf(prefix, &path, Some(self.name(alias)), self.span(node)));
                }
            }
            "ERROR" => {}
            _ => {
                let path = self.path_text(Some(node));
                let place = field(node, "name").unwrap_or(node);
                leaves.push(leaf(prefix, &path, None, self.span(place)));
            }
        }
    }

    /// A path's text without white space and `r#`. One that begins with `::` keeps it: its first segment is a crate.
    fn path_text(&self, node: Option<Node<'_>>) -> String {
        let text = node.map(|node| self.text(node)).unwrap_or_default();
        let segments = text.split("::").map(str::trim).filter(|segment| !segment.is_empty());
        let path = segments.map(|segment| segment.strip_prefix("r#").unwrap_or(segment)).collect::<Vec<_>>().join("::");
        if text.trim_start().starts_with("::") { format!("::{path}") } else { path }
    }

    pub(super) fn extern_crate(&mut self, node: Node<'_>, pending: &Pending<'_>) -> Stmt {
        let name = self.name_of(node).unwrap_or_default();
        let local = field(node, "alias").map_or_else(|| name.clone(), |alias| self.name(alias));
        let names = vec![(name, local, self.span(node))];
        let public = child_of(node, "visibility_modifier").is_some();
        Stmt::Import(Box::new(Import { names, public, annotations: pending.annotations(self), ..Import::default() }))
    }
}

fn join(prefix: &str, path: &str) -> String {
    match (prefix.is_empty(), path.is_empty()) {
        (true, _) => path.to_owned(),
        (_, true) => prefix.to_owned(),
        _ => format!("{prefix}::{path}"),
    }
}

/// The name a path ends in, `self` in a list standing for the list's own module.
fn leaf(prefix: &str, path: &str, local: Option<SmolStr>, place: Span) -> Leaf {
    let full = if path == "self" && !prefix.is_empty() { prefix.to_owned() } else { join(prefix, path) };
    let (module, name) = full.rsplit_once("::").unwrap_or(("", &full));
    let name = SmolStr::new(name);
    let local = local.unwrap_or_else(|| name.clone());
    Leaf { module: module.to_owned(), name: Some((name, local, place)) }
}
