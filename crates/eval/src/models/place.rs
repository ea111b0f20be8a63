//! Argument places: the little language in which models say where a call takes something.
//!
//! `0` the first positional argument, `-1` the last, `1..` the rest from the second, `name` a named one, `0.url` a key of
//! an argument, `0?` the first one if it looks like a path, `rest` the positional ones that no earlier place took,
//! `a|b` the first that is there, `a&b` both.

use crate::value::{Args, Value};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use smol_str::SmolStr;

/// A parsed place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place(Vec<Vec<One>>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct One {
    base: Base,
    keys: Vec<SmolStr>,
    /// Only when it looks like a path.
    path_like: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Base {
    At(usize),
    Last,
    From(usize),
    BeforeLast(usize),
    Rest,
    Name(SmolStr),
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Raw {
            Number(usize),
            Text(String),
        }
        let text = match Raw::deserialize(input)? {
            Raw::Number(n) => n.to_string(),
            Raw::Text(text) => text,
        };
        Place::parse(&text).ok_or_else(|| {
            D::Error::custom(format!("`{text}` is not an argument place (like `0`, `-1`, `1..`, `name`, `0.url`, `0?`, `rest`, `0|path`)"))
        })
    }
}

impl Place {
    /// Parses a place.
    pub fn parse(text: &str) -> Option<Place> {
        let both = |part: &str| part.split('&').map(|one| One::parse(one.trim())).collect::<Option<Vec<One>>>();
        let all: Option<Vec<Vec<One>>> = text.split('|').map(both).collect();
        all.filter(|a| !a.is_empty()).map(Place)
    }
    /// The name, when the place is nothing but a named argument.
    pub fn name(&self) -> Option<&SmolStr> {
        match self.0.iter().flatten().collect::<Vec<_>>().as_slice() {
            [One { base: Base::Name(name), keys, .. }] if keys.is_empty() => Some(name),
            _ => None,
        }
    }
    /// The value at the place, and the index of the positional argument it took.
    pub fn find(
        &self,
        args: &Args,
        key: &mut dyn FnMut(&Value, &str) -> Option<Value>,
        path_like: &dyn Fn(&Value) -> bool,
    ) -> Option<(Value, Option<usize>)> {
        self.0.iter().flatten().find_map(|one| {
            let (value, at) = one.base.one(args)?;
            let mut value = value;
            for name in &one.keys {
                value = key(&value, name).filter(|v| !matches!(v, Value::Null))?;
            }
            (!one.path_like || path_like(&value)).then_some((value, at))
        })
    }
    /// All values at the place; `taken` is the index of the positional argument that the path took.
    pub fn all(&self, args: &Args, taken: Option<usize>, key: &mut dyn FnMut(&Value, &str) -> Option<Value>) -> Vec<Value> {
        for group in &self.0 {
            let mut found: Vec<Value> = Vec::new();
            for one in group {
                let mut values: Vec<Value> = match &one.base {
                    Base::Rest => args.items.iter().skip(taken.map_or(0, |t| t + 1)).cloned().collect(),
                    Base::From(from) => args.items.iter().skip(*from).cloned().collect(),
                    Base::BeforeLast(from) => {
                        let end = args.items.len().saturating_sub(1);
                        args.items.get(*from..end).unwrap_or_default().to_vec()
                    }
                    base => base.one(args).map(|(v, _)| v).into_iter().collect(),
                };
                for name in &one.keys {
                    values = values.iter().filter_map(|v| key(v, name)).filter(|v| !matches!(v, Value::Null)).collect();
                }
                found.append(&mut values);
            }
            if !found.is_empty() {
                return found;
            }
        }
        Vec::new()
    }
}

impl One {
    fn parse(text: &str) -> Option<One> {
        let (text, path_like) = text.strip_suffix('?').map_or((text, false), |t| (t, true));
        let (base, keys) = match text.split_once("..") {
            Some((from, "")) => (Base::From(from.parse().ok()?), Vec::new()),
            Some((from, "-1")) => (Base::BeforeLast(from.parse().ok()?), Vec::new()),
            Some(_) => return None,
            None => {
                let mut parts = text.split('.');
                let head = parts.next().filter(|h| !h.is_empty())?;
                let base = match head {
                    "rest" => Base::Rest,
                    "-1" => Base::Last,
                    head => match head.parse() {
                        Ok(index) => Base::At(index),
                        Err(_) if head.chars().all(|c| c.is_alphanumeric() || "_-@$".contains(c)) => Base::Name(SmolStr::new(head)),
                        Err(_) => return None,
                    },
                };
                (base, parts.map(SmolStr::new).collect())
            }
        };
        Some(One { base, keys, path_like })
    }
}

impl Base {
    fn one(&self, args: &Args) -> Option<(Value, Option<usize>)> {
        match self {
            Base::At(index) => args.items.get(*index).map(|v| (v.clone(), Some(*index))),
            Base::Last => args.items.last().map(|v| (v.clone(), Some(args.items.len() - 1))),
            Base::Name(name) => args.name(name).map(|v| (v.clone(), None)),
            Base::From(index) => args.items.get(*index).map(|v| (v.clone(), Some(*index))),
            Base::BeforeLast(_) | Base::Rest => None,
        }
    }
}
