//! YAML with the line of every value. Several documents in one text; aliases share, so an alias bomb stays small.
//!
//! Words are read by the core schema of YAML 1.2: `no` is text. Merge keys (`<<`) are merged.

use crate::node::{Broken, Entry, MAX_DEPTH, Node, Value};
use saphyr_parser::{Event, Parser, ScalarStyle, Span};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// The key of what a text tagged `!include` becomes: a mapping of this key to the text.
pub const INCLUDE: &str = "!include";
/// Most nodes of one text.
const MAX_NODES: usize = 4_000_000;

/// The documents of a text, and what is wrong with it. What stands before a mistake is given.
pub fn parse(text: &str) -> (Vec<Node>, Vec<Broken>) {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let step = match event {
            Ok((event, span)) => builder.event(event, span),
            Err(error) => Err(Broken { line: error.marker().line() as u32, message: error.info().to_owned() }),
        };
        if let Err(broken) = step {
            builder.broken.push(broken);
            break;
        }
    }
    // What ends too early is told at its last line, not behind it.
    let last = text.lines().count().max(1) as u32;
    builder.broken.iter_mut().for_each(|broken| broken.line = broken.line.min(last));
    (builder.documents, builder.broken)
}

#[derive(Default)]
struct Builder {
    documents: Vec<Node>,
    broken: Vec<Broken>,
    open: Vec<Open>,
    /// What anchors name, and how many levels it has.
    anchors: HashMap<usize, (Node, usize)>,
    nodes: usize,
}

/// A collection that has not ended.
struct Open {
    line: u32,
    anchor: usize,
    /// Levels of the deepest item.
    levels: usize,
    what: Collection,
}

enum Collection {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, key: Option<(String, u32)>, seen: HashMap<String, usize> },
}

impl Builder {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Broken> {
        let line = span.start.line() as u32;
        self.nodes += 1;
        if self.nodes > MAX_NODES || self.open.len() > MAX_DEPTH {
            return Err(Broken { line, message: "it is too large or nested too deeply".to_owned() });
        }
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let is_include = tag.as_ref().is_some_and(|t| t.handle == "!" && t.suffix == "include");
                let is_text = style != ScalarStyle::Plain || tag.is_some_and(|t| t.suffix == "str");
                let value = match () {
                    () if is_include => Value::Map(Rc::new(vec![Entry {
                        key: INCLUDE.to_owned(),
                        line,
                        node: Node { line, value: Value::Text(text.into_owned()) },
                    }])),
                    () if is_text => Value::Text(text.into_owned()),
                    () => plain(&text),
                };
                self.done(Node { line, value }, anchor, 1)?;
            }
            Event::SequenceStart(anchor, _) => self.open.push(Open { line, anchor, levels: 0, what: Collection::List(Vec::new()) }),
            Event::MappingStart(anchor, _) => {
                let what = Collection::Map { entries: Vec::new(), key: None, seen: HashMap::new() };
                self.open.push(Open { line, anchor, levels: 0, what });
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.open.pop() else { return Ok(()) };
                let value = match open.what {
                    Collection::List(items) => Value::List(Rc::new(items)),
                    Collection::Map { entries, .. } => Value::Map(Rc::new(self.merged(entries))),
                };
                self.done(Node { line: open.line, value }, open.anchor, open.levels + 1)?;
            }
            Event::Alias(anchor) => {
                let (node, levels) = self.anchors.get(&anchor).cloned().unwrap_or((Node { line, value: Value::Null }, 1));
                self.done(Node { line, ..node }, 0, levels)?;
            }
            Event::DocumentEnd => self.anchors.clear(),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) => {}
        }
        Ok(())
    }

    /// The entries with those that `<<` brings in, own ones first.
    fn merged(&mut self, entries: Vec<Entry>) -> Vec<Entry> {
        if entries.iter().all(|e| e.key != "<<") {
            return entries;
        }
        let (merges, mut own): (Vec<Entry>, Vec<Entry>) = entries.into_iter().partition(|e| e.key == "<<");
        let mut seen: HashSet<String> = own.iter().map(|e| e.key.clone()).collect();
        for merge in &merges {
            let sources = if merge.node.is_map() { std::slice::from_ref(&merge.node) } else { merge.node.items() };
            for entry in sources.iter().flat_map(|source| source.entries()) {
                self.nodes += 1;
                if self.nodes > MAX_NODES {
                    return own;
                }
                if seen.insert(entry.key.clone()) {
                    own.push(entry.clone());
                }
            }
        }
        own
    }

    /// A value is complete: the next key, value or item of what is open.
    fn done(&mut self, node: Node, anchor: usize, levels: usize) -> Result<(), Broken> {
        // Aliases of aliases can be deeper than their text.
        if levels > MAX_DEPTH {
            return Err(Broken { line: node.line, message: "it is nested too deeply".to_owned() });
        }
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), levels));
        }
        let Some(open) = self.open.last_mut() else {
            self.documents.push(node);
            return Ok(());
        };
        open.levels = open.levels.max(levels);
        match &mut open.what {
            Collection::List(items) => items.push(node),
            Collection::Map { entries, key, seen } => match key.take() {
                None => *key = Some((key_text(&node), node.line)),
                Some((name, line)) => {
                    if let Some(first) = seen.get(&name).filter(|_| name != "<<") {
                        let message = format!("the key `{name}` stands twice; the later one counts");
                        self.broken.push(Broken { line, message });
                        entries[*first] = Entry { key: name, line, node };
                        return Ok(());
                    }
                    seen.insert(name.clone(), entries.len());
                    entries.push(Entry { key: name, line, node });
                }
            },
        }
        Ok(())
    }
}

fn key_text(node: &Node) -> String {
    match &node.value {
        Value::Text(text) | Value::Number(text) => text.clone(),
        Value::Bool(is) => is.to_string(),
        _ => String::new(),
    }
}

fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ if is_number(text) => Value::Number(text.to_owned()),
        _ => Value::Text(text.to_owned()),
    }
}

fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.')) && text.parse::<f64>().is_ok()
}
