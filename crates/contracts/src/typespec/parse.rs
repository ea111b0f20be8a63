//! Declarations of a TypeSpec file: only what routes are made of. What is not understood is passed over to its end.

use super::{Declarations, Field, Interface, Marks, Model, Operation, Reference, Spot, auth};
use crate::refs::Loader;
use crate::tokens::{Token, after_group};

/// Deepest nesting of namespaces.
const MAX_NESTING: usize = 32;
/// Decorators by which libraries make routes.
const MAKERS: &[&str] =
    &["autoRoute", "resource", "segment", "segmentOf", "action", "collectionAction", "actionSeparator", "parentResource"];

/// Reads a file's declarations.
pub fn file(path: &str, tokens: &[Token], declarations: &mut Declarations, loader: &mut Loader<'_>) {
    let mut parser = Parser { tokens, at: 0, file: path, declarations, loader };
    parser.statements(tokens.len(), "", 0);
}

struct Parser<'t, 'd, 'l, 's> {
    tokens: &'t [Token],
    at: usize,
    file: &'t str,
    declarations: &'d mut Declarations,
    loader: &'l mut Loader<'s>,
}

impl<'t> Parser<'t, '_, '_, '_> {
    fn peek(&self) -> Option<&'t Token> {
        self.tokens.get(self.at)
    }

    fn word(&self) -> Option<&'t str> {
        self.peek().and_then(Token::word)
    }

    fn is(&self, mark: char) -> bool {
        self.peek().is_some_and(|t| t.is(mark))
    }

    fn line(&self) -> u32 {
        self.peek().map_or(1, |t| t.line)
    }

    /// The end of the group that opens here; the reader stands behind it then.
    fn group(&mut self) -> (usize, usize) {
        let open = self.at;
        self.at = after_group(self.tokens, open);
        (open + 1, self.at.saturating_sub(1).max(open + 1).min(self.tokens.len()))
    }

    /// Passes over `<...>`; gives the words right after `<` and commas.
    fn angles(&mut self) -> Option<Vec<String>> {
        if !self.is('<') {
            return None;
        }
        let mut depth = 0usize;
        let mut names = Vec::new();
        while let Some(token) = self.peek() {
            let is_new = token.is('<') || token.is(',');
            match () {
                () if token.is('<') => depth += 1,
                () if token.is('>') => depth = depth.saturating_sub(1),
                () if token.is('(') || token.is('{') || token.is('[') => {
                    self.group();
                    continue;
                }
                () => {}
            }
            self.at += 1;
            if is_new && depth == 1 {
                names.extend(self.word().map(str::to_owned));
            }
            if depth == 0 {
                break;
            }
        }
        Some(names)
    }

    /// To behind the next `;`, or to a place where it can't be.
    fn to_end(&mut self, end: usize) {
        while self.at < end {
            if self.is('{') || self.is('(') || self.is('[') {
                self.group();
            } else {
                self.at += 1;
                if self.tokens[self.at - 1].is(';') {
                    return;
                }
            }
        }
    }

    fn name(&mut self) -> String {
        // Names in backticks are marks and words.
        if self.is('`') {
            let mut name = String::new();
            self.at += 1;
            while let Some(token) = self.peek().filter(|t| !t.is('`')) {
                match &token.what {
                    crate::tokens::What::Word(text) | crate::tokens::What::Text(text) => name.push_str(text),
                    crate::tokens::What::Mark(mark) => name.push(*mark),
                }
                self.at += 1;
            }
            self.at += 1;
            return name;
        }
        let name = self.word().unwrap_or_default().to_owned();
        self.at += 1;
        name
    }

    fn reference(&mut self) -> Reference {
        let name = self.name().trim_start_matches("...").to_owned();
        Reference { name, has_arguments: self.angles().is_some() }
    }

    /// Decorators and directives, and where a value goes by them.
    fn marks(&mut self) -> (Marks, Option<Spot>, Option<String>) {
        let mut marks = Marks::default();
        let (mut spot, mut wire) = (None, None);
        while let Some(token) = self.peek().filter(|t| t.is('@') || t.is('#')) {
            let is_directive = token.is('#');
            self.at += 1;
            let name = self.name();
            if is_directive {
                marks.deprecated |= name == "deprecated";
                while self.peek().is_some_and(|t| t.text().is_some()) {
                    self.at += 1;
                }
                continue;
            }
            let (start, stop) = if self.is('(') { self.group() } else { (self.at, self.at) };
            let arguments = &self.tokens[start.min(stop)..stop];
            let last = name.rsplit('.').next().unwrap_or_default();
            let place = mark(&mut marks, last, arguments);
            if place.is_some() {
                (spot, wire) = (place, name_of(arguments));
            }
        }
        (marks, spot, wire)
    }

    fn statements(&mut self, end: usize, namespace: &str, depth: usize) {
        let mut namespace = namespace.to_owned();
        while self.at < end {
            let line = self.line();
            // `@@route(Shop.list, "/x")` marks what stands elsewhere.
            if self.is('@') && self.tokens.get(self.at + 1).is_some_and(|t| t.is('@')) {
                self.at += 2;
                let name = self.name();
                if is_routing(name.rsplit('.').next().unwrap_or_default()) {
                    let message = format!("`@@{name}` changes a route from elsewhere; it is not applied");
                    self.loader.trouble(self.file, line, message);
                }
                self.to_end(end);
                continue;
            }
            let (marks, ..) = self.marks();
            let start = self.at;
            match self.word() {
                Some("namespace") => {
                    self.at += 1;
                    let full = joined(&namespace, &self.name());
                    self.namespace(&full, marks);
                    if self.is('{') && depth < MAX_NESTING {
                        let (open, close) = self.group();
                        let after = self.at;
                        self.at = open;
                        self.statements(close, &full, depth + 1);
                        self.at = after;
                    } else if self.is(';') {
                        namespace = full;
                        self.at += 1;
                    }
                }
                Some("interface") => self.interface(&namespace, marks),
                Some("op") => {
                    self.at += 1;
                    let operation = self.operation(&namespace, marks, end);
                    let full = joined(&namespace, &operation.name);
                    self.known(&full);
                    self.declarations.operations.insert(full, operation);
                }
                Some("model") => self.model(&namespace, end),
                Some("alias") => self.alias(&namespace, end),
                Some("enum" | "union" | "scalar") => {
                    while self.at < end && !self.is('{') && !self.is(';') {
                        self.at += 1;
                    }
                    if self.is('{') {
                        self.group();
                    } else {
                        self.at += 1;
                    }
                }
                _ => self.to_end(end),
            }
            self.at = self.at.max(start + usize::from(self.at == start));
        }
    }

    fn known(&mut self, full: &str) {
        let last = full.rsplit('.').next().unwrap_or(full).to_owned();
        self.declarations.by_last.entry(last).or_default().push(full.to_owned());
    }

    /// A namespace may be opened many times, each time with marks of its own.
    fn namespace(&mut self, full: &str, marks: Marks) {
        let known = self.declarations.namespaces.entry(full.to_owned()).or_default();
        known.route = marks.route.or(known.route.take());
        known.auth = marks.auth.or(known.auth.take());
        known.service = marks.service.or(known.service.take());
        known.version = marks.version.or(known.version.take());
        known.made_by = marks.made_by.or(known.made_by.take());
        known.servers.extend(marks.servers);
    }

    fn interface(&mut self, namespace: &str, marks: Marks) {
        let line = self.line();
        self.at += 1;
        let name = self.name();
        let is_template = self.angles().is_some();
        let mut bases = Vec::new();
        while self.at < self.tokens.len() && !self.is('{') {
            if self.word() == Some("extends") || self.is(',') {
                self.at += 1;
            } else {
                bases.push(self.reference());
            }
        }
        let (open, close) = self.group();
        let after = self.at;
        self.at = open;
        let mut operations = Vec::new();
        while self.at < close {
            let (marks, ..) = self.marks();
            if self.word() == Some("op") {
                self.at += 1;
            }
            operations.push(self.operation(namespace, marks, close));
        }
        self.at = after;
        let full = joined(namespace, &name);
        self.known(&full);
        let namespace = namespace.to_owned();
        let interface = Interface { namespace, file: self.file.to_owned(), line, marks, bases, operations, is_template };
        self.declarations.interfaces.insert(full, interface);
    }

    /// An operation from its name to its end.
    fn operation(&mut self, namespace: &str, marks: Marks, end: usize) -> Operation {
        let line = self.line();
        let name = self.name();
        let parameters = self.angles().unwrap_or_default();
        let (mut fields, mut like) = (Vec::new(), None);
        if self.is('(') {
            let (open, close) = self.group();
            fields = self.fields(open, close);
        } else if self.word() == Some("is") {
            self.at += 1;
            like = Some(self.reference());
        }
        self.to_end(end);
        Operation { name, namespace: namespace.to_owned(), file: self.file.to_owned(), line, marks, fields, like, parameters }
    }

    /// Parameters or properties between two places; the reader stays where it is.
    fn fields(&mut self, open: usize, close: usize) -> Vec<Field> {
        let after = std::mem::replace(&mut self.at, open);
        let mut fields = Vec::new();
        while self.at < close {
            let (_, spot, wire) = self.marks();
            if self.word().is_some_and(|w| w.starts_with("...")) {
                let spread = Some(self.reference());
                fields.push(Field { name: String::new(), spot: Spot::Plain, optional: false, spread });
            } else if self.at < close {
                let name = self.name();
                let optional = self.is('?');
                let spot = spot.unwrap_or(Spot::Plain);
                let plain = if spot == Spot::Header { kebab(&name) } else { name };
                fields.push(Field { name: wire.unwrap_or(plain), spot, optional, spread: None });
            }
            while self.at < close && !self.is(',') && !self.is(';') {
                if self.is('{') || self.is('(') || self.is('[') {
                    self.group();
                } else if self.is('<') {
                    self.angles();
                } else {
                    self.at += 1;
                }
            }
            self.at += 1;
        }
        self.at = after;
        fields
    }

    fn model(&mut self, namespace: &str, end: usize) {
        self.at += 1;
        let name = self.name();
        let mut model = Model { parameters: self.angles().unwrap_or_default(), ..Model::default() };
        while self.at < end && !self.is('{') && !self.is(';') {
            if matches!(self.word(), Some("is" | "extends")) {
                self.at += 1;
                model.bases.push(self.reference());
            } else {
                self.at += 1;
            }
        }
        if self.is('{') {
            let (open, close) = self.group();
            model.fields = self.fields(open, close);
        } else {
            self.at += 1;
        }
        let full = joined(namespace, &name);
        self.known(&full);
        self.declarations.models.insert(full, model);
    }

    /// `alias X = {...}` and `alias X = Y`; of anything else nothing is known.
    fn alias(&mut self, namespace: &str, end: usize) {
        self.at += 1;
        let name = self.name();
        let mut model = Model { parameters: self.angles().unwrap_or_default(), ..Model::default() };
        if self.is('=') {
            self.at += 1;
        }
        if self.is('{') {
            let (open, close) = self.group();
            model.fields = self.fields(open, close);
        } else {
            model.bases.push(self.reference());
        }
        let is_simple = self.is(';');
        self.to_end(end);
        if is_simple {
            let full = joined(namespace, &name);
            self.known(&full);
            self.declarations.models.insert(full, model);
        }
    }
}

fn joined(namespace: &str, name: &str) -> String {
    if namespace.is_empty() { name.to_owned() } else { format!("{namespace}.{name}") }
}

fn is_routing(name: &str) -> bool {
    verb(name).is_some() || name == "route" || MAKERS.contains(&name)
}

fn verb(name: &str) -> Option<&'static str> {
    ["GET", "PUT", "POST", "PATCH", "DELETE", "HEAD"].into_iter().find(|verb| name == verb.to_ascii_lowercase())
}

/// Notes what a decorator says of a declaration; gives where a value goes by it.
fn mark(marks: &mut Marks, name: &str, arguments: &[Token]) -> Option<Spot> {
    let text = || arguments.iter().find_map(Token::text).map(str::to_owned);
    match name {
        "route" => marks.route = text(),
        "useAuth" => {
            let outer = outer_words(arguments);
            marks.auth = Some(auth(&outer));
        }
        "server" => marks.servers.extend(arguments.first().and_then(Token::text).map(|url| filled(url, arguments))),
        "service" => marks.service = Some(named(arguments, "title").unwrap_or_default()),
        "info" => marks.version = named(arguments, "version"),
        "path" => return Some(Spot::Path),
        "query" => return Some(Spot::Query),
        "header" => return Some(Spot::Header),
        "body" | "bodyRoot" | "multipartBody" => return Some(Spot::Body),
        "cookie" | "statusCode" | "bodyIgnore" => return Some(Spot::Other),
        maker if MAKERS.contains(&maker) => marks.made_by = Some(format!("@{maker}")),
        other => marks.verb = verb(other).or(marks.verb),
    }
    None
}

/// The name that `@path("name")` or `@query(#{name: "name"})` gives.
fn name_of(arguments: &[Token]) -> Option<String> {
    match arguments.first()? {
        first if first.text().is_some() => first.text().map(str::to_owned),
        _ => named(arguments, "name"),
    }
}

/// The text after `key:`.
fn named(arguments: &[Token], key: &str) -> Option<String> {
    let found = arguments.windows(3).find(|w| w[0].word() == Some(key) && w[1].is(':'))?;
    found[2].text().map(str::to_owned)
}

/// A server's URL with the defaults of its variables: `{ stage: string = "v1" }`.
fn filled(url: &str, arguments: &[Token]) -> String {
    let mut url = url.to_owned();
    for (at, pair) in arguments.windows(2).enumerate().filter(|(_, pair)| pair[1].is(':')) {
        let rest = &arguments[at + 2..];
        let value = rest.iter().take_while(|t| !t.is(',') && !t.is(';')).skip_while(|t| !t.is('=')).find_map(Token::text);
        if let (Some(name), Some(value)) = (pair[0].word(), value) {
            url = url.replace(&format!("{{{name}}}"), value);
        }
    }
    url
}

/// The words that stand in no angle brackets.
fn outer_words(arguments: &[Token]) -> Vec<&str> {
    let mut depth = 0usize;
    let mut found = Vec::new();
    for token in arguments {
        match token.word() {
            Some(word) if depth == 0 => found.push(word),
            _ if token.is('<') => depth += 1,
            _ if token.is('>') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    found
}

/// `ifMatch` as `if-match`.
fn kebab(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.extend(c.to_lowercase());
    }
    out
}
