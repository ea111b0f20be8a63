//! Terraform's language as blocks with a body of nodes. What an expression gives only when it runs stands as `${its text}`.

use super::toml::Lines;
use crate::node::{Broken, Entry, Node, Value};
use hcl_edit::Span;
use hcl_edit::expr::{Expression, ObjectKey};
use hcl_edit::structure::{Body, Structure};
use std::rc::Rc;

/// Deepest nesting of brackets that is parsed.
const MAX_DEPTH: usize = 100;
/// Most bytes of a file.
const MAX_BYTES: usize = 1 << 20;

/// A block on the top level.
pub struct Block {
    /// Its kind: `resource`, `data`, `module`.
    pub kind: String,
    /// Its labels.
    pub labels: Vec<String>,
    /// Its body.
    pub body: Node,
}

/// The blocks of a text.
///
/// # Errors
/// Where it is not HCL, or nested too deeply.
pub fn parse(text: &str) -> Result<Vec<Block>, Broken> {
    if let Some(line) = too_deep(text) {
        return Err(Broken { line, message: "it is too large or nested too deeply".to_owned() });
    }
    let body = hcl_edit::parser::parse_body(text)
        .map_err(|e| Broken { line: e.location().line() as u32, message: format!("it can't be read: {}", e.message()) })?;
    let reader = Reader { text, lines: Lines::new(text) };
    let mut blocks = Vec::new();
    for block in body.iter().filter_map(Structure::as_block) {
        let labels = block.labels.iter().map(|label| label.as_str().to_owned()).collect();
        let line = reader.line(block.span());
        blocks.push(Block { kind: block.ident.as_str().to_owned(), labels, body: reader.body(&block.body, line) });
    }
    Ok(blocks)
}

/// The line where brackets are nested too deeply for a parser that calls itself.
fn too_deep(text: &str) -> Option<u32> {
    if text.len() > MAX_BYTES {
        return Some(1);
    }
    let (mut depth, mut line, mut signs) = (0usize, 1, 0usize);
    for byte in text.bytes() {
        match byte {
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            b'\n' => {
                line += 1;
                signs = 0;
            }
            // Signs and questions before an expression nest as well.
            b'!' | b'-' | b'?' => signs += 1,
            _ => {}
        }
        if depth > MAX_DEPTH || signs > 2_000 {
            return Some(line);
        }
    }
    None
}

struct Reader<'t> {
    text: &'t str,
    lines: Lines,
}

impl Reader<'_> {
    fn line(&self, span: Option<std::ops::Range<usize>>) -> u32 {
        self.lines.of(span.map_or(0, |s| s.start))
    }

    fn body(&self, body: &Body, line: u32) -> Node {
        let mut entries = Vec::new();
        for structure in body.iter() {
            match structure {
                Structure::Attribute(attribute) => {
                    let line = self.line(attribute.span());
                    entries.push(Entry { key: attribute.key.as_str().to_owned(), line, node: self.node(&attribute.value) });
                }
                Structure::Block(block) => {
                    let line = self.line(block.span());
                    // The block of a `dynamic` stands for those it makes.
                    let labels: Vec<&str> = block.labels.iter().map(|l| l.as_str()).collect();
                    let key =
                        if block.ident.as_str() == "dynamic" { labels.first().copied().unwrap_or("dynamic") } else { block.ident.as_str() };
                    entries.push(Entry { key: key.to_owned(), line, node: self.body(&block.body, line) });
                }
            }
        }
        Node { line, value: Value::Map(Rc::new(entries)) }
    }

    fn node(&self, expression: &Expression) -> Node {
        let line = self.line(expression.span());
        let value = match expression {
            Expression::Null(_) => Value::Null,
            Expression::Bool(is) => Value::Bool(*is.value()),
            Expression::Number(number) => Value::Number(number.value().to_string()),
            Expression::String(text) => Value::Text(text.value().clone()),
            Expression::Array(items) => Value::List(Rc::new(items.iter().map(|item| self.node(item)).collect())),
            Expression::Object(object) => {
                let entries = object.iter().map(|(key, value)| {
                    let name = match key {
                        ObjectKey::Ident(name) => name.as_str().to_owned(),
                        ObjectKey::Expression(expression) => match self.node(expression).text() {
                            Some(text) => text.to_owned(),
                            None => String::new(),
                        },
                    };
                    let node = self.node(value.expr());
                    Entry { key: name, line: node.line, node }
                });
                Value::Map(Rc::new(entries.collect()))
            }
            Expression::Parenthesis(inner) => return self.node(inner.inner()),
            Expression::StringTemplate(_) => Value::Text(self.source(expression).trim_matches('"').to_owned()),
            Expression::FuncCall(call) => return self.call(call, expression, line),
            _ => Value::Text(format!("${{{}}}", self.source(expression))),
        };
        Node { line, value }
    }

    /// What a function leaves as it is, or reads, is told; the rest stays as written.
    fn call(&self, call: &hcl_edit::expr::FuncCall, expression: &Expression, line: u32) -> Node {
        let name = call.name.name.as_str();
        let first = call.args.iter().next();
        match (name, first) {
            ("jsonencode" | "yamlencode" | "jsondecode" | "yamldecode" | "tostring" | "trimspace" | "toset" | "tolist", Some(inner)) => {
                self.node(inner)
            }
            ("file" | "templatefile", Some(inner)) => {
                let entry = Entry { key: "$file".to_owned(), line, node: self.node(inner) };
                Node { line, value: Value::Map(Rc::new(vec![entry])) }
            }
            _ => Node { line, value: Value::Text(format!("${{{}}}", self.source(expression))) },
        }
    }

    fn source(&self, expression: &Expression) -> String {
        let span = expression.span().unwrap_or(0..0);
        self.text.get(span).unwrap_or_default().trim().to_owned()
    }
}
