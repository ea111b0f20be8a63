//! TOML as a tree of nodes with lines.

use crate::node::{Broken, Entry, Node, Value};
use std::rc::Rc;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The document of a text, and what is wrong with it.
pub fn parse(text: &str) -> (Vec<Node>, Vec<Broken>) {
    let lines = Lines::new(text);
    let (table, errors) = DeTable::parse_recoverable(text);
    let broken = errors.iter().map(|e| Broken { line: lines.of(e.span().map_or(0, |s| s.start)), message: e.message().to_owned() });
    let broken: Vec<Broken> = broken.take(1).collect();
    (vec![Node { line: 1, value: self::table(table.get_ref(), &lines) }], broken)
}

/// The lines of places in a text.
pub struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    /// Of a text.
    pub fn new(text: &str) -> Self {
        Lines { starts: std::iter::once(0).chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1)).collect() }
    }

    /// The line of a byte, from 1.
    pub fn of(&self, at: usize) -> u32 {
        self.starts.partition_point(|start| *start <= at) as u32
    }
}

fn table(table: &DeTable<'_>, lines: &Lines) -> Value {
    let mut entries: Vec<(usize, Entry)> = Vec::new();
    for (key, value) in table.iter() {
        let start = key.span().start;
        let entry = Entry { key: key.get_ref().to_string(), line: lines.of(start), node: node(value, lines) };
        entries.push((start, entry));
    }
    entries.sort_by_key(|(start, _)| *start);
    Value::Map(Rc::new(entries.into_iter().map(|(_, entry)| entry).collect()))
}

fn node(value: &Spanned<DeValue<'_>>, lines: &Lines) -> Node {
    let line = lines.of(value.span().start);
    let value = match value.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => Value::Number(number.as_str().to_owned()),
        DeValue::Float(number) => Value::Number(number.as_str().to_owned()),
        DeValue::Boolean(is) => Value::Bool(*is),
        DeValue::Datetime(date) => Value::Text(date.to_string()),
        DeValue::Array(items) => Value::List(Rc::new(items.iter().map(|item| node(item, lines)).collect())),
        DeValue::Table(inner) => table(inner, lines),
    };
    Node { line, value }
}
