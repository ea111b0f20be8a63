//! From declarations to operations: routes along namespaces and interfaces, verbs, parameters. The rules are those of
//! `@typespec/http` 1.x: without a verb what has a body is POST and the rest GET, and a path parameter that the route does not name is
//! appended to it.

use super::{Declarations, Field, Interface, Marks, Operation, Spot};
use crate::refs::Loader;
use crate::requests::UNSAID;
use apicensus_catalog::{ContractOperation, DeclaredParameter, Location};
use std::collections::HashSet;

/// Longest chain of names.
const MAX_CHAIN: usize = 24;
/// Most parameters of one operation.
const MAX_FIELDS: usize = 1_000;

/// The operations of a service.
pub fn operations(service: &str, declarations: &Declarations, loader: &mut Loader<'_>) -> Vec<ContractOperation> {
    let is_inside = |namespace: &str| namespace == service || namespace.strip_prefix(service).is_some_and(|r| r.starts_with('.'));
    let mut writer = Writer { declarations, loader, found: Vec::new() };
    for operation in declarations.operations.values().filter(|o| is_inside(&o.namespace) && o.parameters.is_empty()) {
        writer.operation(operation, None);
    }
    for interface in declarations.interfaces.values().filter(|i| is_inside(&i.namespace) && !i.is_template) {
        writer.interface(interface, interface, 0);
    }
    writer.found.sort_by(|a, b| (&a.at.file, a.at.line).cmp(&(&b.at.file, b.at.line)));
    writer.found
}

struct Writer<'d, 'l, 's> {
    declarations: &'d Declarations,
    loader: &'l mut Loader<'s>,
    found: Vec<ContractOperation>,
}

/// An operation with what those it is like say.
struct Whole<'d> {
    marks: Vec<&'d Marks>,
    fields: &'d [Field],
    /// Names that stand for types to come.
    open: Vec<String>,
    namespace: &'d str,
}

impl<'d> Writer<'d, '_, '_> {
    /// The operations of an interface; those it extends are there too, under its own route.
    fn interface(&mut self, interface: &'d Interface, own: &'d Interface, depth: usize) {
        for operation in interface.operations.iter().filter(|o| o.parameters.is_empty()) {
            self.operation(operation, Some(own));
        }
        for base in &interface.bases {
            let named = self.declarations.resolve(&base.name, &interface.namespace, |full| self.declarations.interfaces.contains_key(full));
            match named.and_then(|full| self.declarations.interfaces.get(&full)) {
                Some(base) if depth < MAX_CHAIN => self.interface(base, own, depth + 1),
                _ => {
                    let what = if base.has_arguments { "is a template that needs the compiler" } else { "is not in the tree" };
                    let message = format!("`{}` {what}; the operations it brings are left out", base.name);
                    self.loader.trouble(&own.file, own.line, message);
                }
            }
        }
    }

    fn operation(&mut self, operation: &'d Operation, interface: Option<&'d Interface>) {
        let leave_out = |loader: &mut Loader<'_>, why: String| {
            loader.trouble(&operation.file, operation.line, format!("`{}` {why}; it is left out", operation.name));
        };
        let whole = match self.whole(operation) {
            Ok(whole) => whole,
            Err(name) => return leave_out(self.loader, format!("is an instance of `{name}`, which needs the compiler")),
        };
        let outer = self.outer(operation, interface);
        if let Some(maker) = whole.marks.iter().chain(&outer).find_map(|m| m.made_by.as_ref()) {
            return leave_out(self.loader, format!("has a route that the compiler makes ({maker})"));
        }
        let mut fields = Vec::new();
        if let Err(name) = self.expand(whole.fields, &whole, whole.namespace, 0, &mut fields) {
            return leave_out(self.loader, format!("has parameters of `{name}`, which needs the compiler"));
        }
        let own = whole.marks.iter().find_map(|m| m.route.as_deref());
        let mut path = String::new();
        for route in outer.iter().rev().filter_map(|m| m.route.as_deref()).chain(own) {
            append(&mut path, &plain(route));
        }
        for mark in fields.iter().filter(|f| f.spot == Spot::Path).map(|f| format!("{{{}}}", f.name)) {
            if !path.contains(&mark) {
                append(&mut path, &mark);
            }
        }
        let in_path = |f: &Field| path.contains(&format!("{{{}}}", f.name));
        let has_body = fields.iter().any(|f| f.spot == Spot::Body || (f.spot == Spot::Plain && !in_path(f) && !is_expanded(own, &f.name)));
        let method = whole.marks.iter().find_map(|m| m.verb).unwrap_or(if has_body { "POST" } else { "GET" });
        let (auth, schemes) = whole.marks.iter().chain(&outer).find_map(|m| m.auth.clone()).unwrap_or(UNSAID);
        let group = interface.and_then(|i| self.name_of(i)).map(|name| format!("{name}.")).unwrap_or_default();
        let operation = ContractOperation {
            method: method.to_owned(),
            operation_id: format!("{group}{}", operation.name),
            at: Location { file: operation.file.clone(), line: operation.line },
            deprecated: whole.marks.iter().any(|m| m.deprecated),
            auth,
            schemes,
            parameters: fields.iter().filter_map(|f| declared(f, in_path(f), is_expanded(own, &f.name))).collect(),
            path: if path.is_empty() { "/".to_owned() } else { path },
            ..ContractOperation::default()
        };
        self.found.push(operation);
    }

    fn name_of(&self, interface: &Interface) -> Option<&'d str> {
        let named = self.declarations.interfaces.iter().find(|(_, i)| std::ptr::eq(*i, interface))?;
        named.0.rsplit('.').next()
    }

    /// An operation and those it is like; the name of one that is not in the tree.
    fn whole(&self, operation: &'d Operation) -> Result<Whole<'d>, String> {
        let mut whole =
            Whole { marks: vec![&operation.marks], fields: &operation.fields, open: Vec::new(), namespace: &operation.namespace };
        let mut here = operation;
        for _ in 0..MAX_CHAIN {
            let Some(like) = &here.like else { return Ok(whole) };
            here = self.find(&like.name, &here.namespace).ok_or_else(|| like.name.clone())?;
            whole.marks.push(&here.marks);
            whole.fields = &here.fields;
            whole.open.extend(here.parameters.iter().cloned());
            whole.namespace = &here.namespace;
        }
        Err(operation.name.clone())
    }

    /// An operation of a namespace or of an interface.
    fn find(&self, name: &str, namespace: &str) -> Option<&'d Operation> {
        let all = self.declarations;
        if let Some(full) = all.resolve(name, namespace, |full| all.operations.contains_key(full)) {
            return all.operations.get(&full);
        }
        let (interface, last) = name.rsplit_once('.')?;
        let full = all.resolve(interface, namespace, |full| all.interfaces.contains_key(full))?;
        all.interfaces.get(&full)?.operations.iter().find(|o| o.name == last)
    }

    /// The marks of the interface and the namespaces around an operation, the nearest first.
    fn outer(&self, operation: &Operation, interface: Option<&'d Interface>) -> Vec<&'d Marks> {
        let namespace = interface.map_or(operation.namespace.as_str(), |i| i.namespace.as_str());
        let outer = namespace.rmatch_indices('.').map(|(at, _)| &namespace[..at]);
        let names = std::iter::once(namespace).chain(outer);
        let marks = names.filter_map(|name| self.declarations.namespaces.get(name));
        interface.map(|i| &i.marks).into_iter().chain(marks).collect()
    }

    /// Fields with those that spreads bring; the name of a spread that can't be read.
    fn expand(
        &self,
        fields: &'d [Field],
        whole: &Whole<'d>,
        namespace: &str,
        depth: usize,
        found: &mut Vec<&'d Field>,
    ) -> Result<(), String> {
        for field in fields {
            if found.len() > MAX_FIELDS {
                return Ok(());
            }
            match &field.spread {
                None => found.push(field),
                // Any further properties of a body.
                Some(spread) if spread.name == "Record" || spread.name == "TypeSpec.Record" => {}
                Some(spread) => self.model(&spread.name, whole, namespace, depth + 1, found)?,
            }
        }
        Ok(())
    }

    /// The fields of a model and of those it is like or extends.
    fn model(&self, name: &str, whole: &Whole<'d>, namespace: &str, depth: usize, found: &mut Vec<&'d Field>) -> Result<(), String> {
        let all = self.declarations;
        let full = all.resolve(name, namespace, |full| all.models.contains_key(full)).filter(|_| depth < MAX_CHAIN);
        let Some((full, model)) = full.and_then(|full| all.models.get_key_value(&full)) else { return Err(name.to_owned()) };
        let is_open = |name: &str| whole.open.iter().chain(&model.parameters).any(|open| open == name);
        let inner = full.rsplit_once('.').map_or("", |(namespace, _)| namespace);
        for base in &model.bases {
            if is_open(&base.name) {
                return Err(base.name.clone());
            }
            self.model(&base.name, whole, inner, depth + 1, found)?;
        }
        let spreads: HashSet<&str> = model.fields.iter().filter_map(|f| f.spread.as_ref()).map(|s| s.name.as_str()).collect();
        match spreads.into_iter().filter(|name| is_open(name)).min() {
            Some(open) => Err(open.to_owned()),
            None => self.expand(&model.fields, whole, inner, depth, found),
        }
    }
}

/// Adds a piece to a path with one slash between.
fn append(path: &mut String, piece: &str) {
    let piece = piece.trim_matches('/');
    if !piece.is_empty() {
        path.push('/');
        path.push_str(piece);
    }
}

/// A URI template (RFC 6570) as a path: `{+rest}` is `{rest}`, `{/id}` is `/{id}`, `{?q}` goes.
fn plain(route: &str) -> String {
    let mut out = String::new();
    let mut rest = route;
    while let Some((before, (inner, after))) = rest.split_once('{').and_then(|(b, r)| Some((b, r.split_once('}')?))) {
        out.push_str(before);
        let names =
            inner.trim_start_matches(['+', '/', '.', ';']).split(',').map(|n| n.trim_end_matches('*').split(':').next().unwrap_or(n));
        match inner.chars().next() {
            Some('?' | '&' | '#') => {}
            Some('/') => out.extend(names.map(|name| format!("/{{{name}}}"))),
            Some('.') => out.extend(names.map(|name| format!(".{{{name}}}"))),
            _ => out.push_str(&names.map(|name| format!("{{{name}}}")).collect::<Vec<_>>().join(",")),
        }
        rest = after;
    }
    out.push_str(rest);
    out.split('?').next().unwrap_or_default().to_owned()
}

/// Whether a route's query names a parameter: `{?q*,r}`.
fn is_expanded(route: Option<&str>, name: &str) -> bool {
    let groups = route.unwrap_or_default().split('{').filter_map(|g| g.strip_prefix(['?', '&'])?.split_once('}'));
    groups.flat_map(|(names, _)| names.split(',')).any(|n| n.trim_end_matches('*') == name)
}

fn declared(field: &Field, in_path: bool, in_query: bool) -> Option<DeclaredParameter> {
    let location = match field.spot {
        Spot::Path => "path",
        Spot::Query => "query",
        Spot::Header => "header",
        Spot::Plain if in_path => "path",
        Spot::Plain if in_query => "query",
        Spot::Plain | Spot::Body | Spot::Other => return None,
    };
    Some(DeclaredParameter {
        location: location.to_owned(),
        name: field.name.clone(),
        required: location == "path" || !field.optional,
        ..DeclaredParameter::default()
    })
}
