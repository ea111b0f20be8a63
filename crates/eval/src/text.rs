//! Strings with holes: the value of a path while it is being built.

use crate::output::Place;
use smol_str::SmolStr;

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Known characters and where they were written.
    Known(SmolStr, Option<Place>),
    /// Something unknown.
    Hole {
        /// What stands in the source.
        label: SmolStr,
        /// Why it is unknown.
        reason: SmolStr,
        /// Where.
        at: Option<Place>,
    },
}

/// Parts of a text at most: a path has far fewer, and one that doubles itself has no end.
const MAX_PARTS: usize = 2_000;
/// Why the rest of a text is a hole.
const TOO_LONG: &str = "the text has too many parts";

/// Why a name that the tree does not define is a hole.
pub const OUTSIDE: &str = "it comes from outside the tree";

/// A string, maybe with holes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// Its parts; neighbours are merged only when they share their place.
    pub parts: Vec<Part>,
    /// It is or contains a default value.
    pub is_default: bool,
}

/// How a number prints.
pub fn number(n: f64) -> SmolStr {
    if n.fract() == 0.0 && n.abs() < 1e15 { SmolStr::new(format!("{}", n as i64)) } else { SmolStr::new(format!("{n}")) }
}

impl Text {
    /// Known text.
    pub fn plain(text: SmolStr, at: Option<Place>) -> Text {
        Text { parts: vec![Part::Known(text, at)], is_default: false }
    }
    /// A single hole.
    pub fn hole(label: impl Into<SmolStr>, reason: impl Into<SmolStr>, at: Option<Place>) -> Text {
        Text { parts: vec![Part::Hole { label: label.into(), reason: reason.into(), at }], is_default: false }
    }
    /// The whole text, if it has one part and no holes.
    pub fn as_known(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Known(text, _)] => Some(text),
            _ => None,
        }
    }
    /// The whole text, if there are no holes.
    pub fn known(&self) -> Option<SmolStr> {
        match self.parts.as_slice() {
            [] => Some(SmolStr::default()),
            [Part::Known(text, _)] => Some(text.clone()),
            parts => {
                let mut all = String::new();
                for part in parts {
                    match part {
                        Part::Known(text, _) => all.push_str(text),
                        Part::Hole { .. } => return None,
                    }
                }
                Some(SmolStr::new(all))
            }
        }
    }
    /// Text with holes shown as `{?label}`.
    pub fn show(&self) -> String {
        let mut all = String::new();
        for part in &self.parts {
            match part {
                Part::Known(text, _) => all.push_str(text),
                Part::Hole { label, .. } => {
                    all.push_str("{?");
                    all.push_str(label);
                    all.push('}');
                }
            }
        }
        all
    }
    /// Same characters and holes, wherever they come from.
    pub fn same(&self, other: &Text) -> bool {
        match (self.known(), other.known()) {
            (Some(a), Some(b)) => a == b,
            (None, None) => self.show() == other.show(),
            _ => false,
        }
    }
    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.parts.iter().all(|p| matches!(p, Part::Known(t, _) if t.is_empty()))
    }
    /// Appends another text.
    pub fn push(&mut self, other: &Text) {
        self.is_default |= other.is_default;
        for part in &other.parts {
            if matches!(part, Part::Known(t, _) if t.is_empty()) && !self.parts.is_empty() {
                continue;
            }
            if self.parts.len() >= MAX_PARTS {
                if !matches!(self.parts.last(), Some(Part::Hole { reason, .. }) if reason == TOO_LONG) {
                    self.parts.push(Part::Hole { label: "...".into(), reason: TOO_LONG.into(), at: None });
                }
                return;
            }
            self.parts.push(part.clone());
        }
    }
    /// Appends known text without a place of its own.
    pub fn push_str(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if let Some(Part::Known(last, _)) = self.parts.last_mut() {
            *last = SmolStr::new(format!("{last}{text}"));
        } else {
            self.parts.push(Part::Known(SmolStr::new(text), None));
        }
    }
    /// The first place in it.
    pub fn place(&self) -> Option<Place> {
        self.parts.iter().find_map(|p| match p {
            Part::Known(t, at) if !t.is_empty() => *at,
            Part::Known(..) => None,
            Part::Hole { at, .. } => *at,
        })
    }
    /// The place of the last known part.
    pub fn last_place(&self) -> Option<Place> {
        self.parts.iter().rev().find_map(|p| match p {
            Part::Known(_, at) => *at,
            Part::Hole { .. } => None,
        })
    }
    /// Applies a change to the known characters at the start.
    pub fn map_start(&self, change: impl FnOnce(&str) -> SmolStr) -> Text {
        let mut out = self.clone();
        if let Some(Part::Known(text, _)) = out.parts.first_mut() {
            *text = change(text);
        }
        out
    }
    /// Applies a change to the known characters at the end.
    pub fn map_end(&self, change: impl FnOnce(&str) -> SmolStr) -> Text {
        let mut out = self.clone();
        if let Some(Part::Known(text, _)) = out.parts.last_mut() {
            *text = change(text);
        }
        out
    }
    /// Applies a change to all known characters, keeping holes.
    pub fn map(&self, change: impl Fn(&str) -> SmolStr) -> Text {
        let mut out = self.clone();
        if let Some(all) = self.known() {
            let at = self.place();
            out.parts = vec![Part::Known(change(&all), at)];
            return out;
        }
        for part in &mut out.parts {
            if let Part::Known(text, _) = part {
                *text = change(text);
            }
        }
        out
    }
    /// Whether it starts with a prefix; None when a hole hides it.
    pub fn starts_with(&self, prefix: &str) -> Option<bool> {
        if let Some(all) = self.known() {
            return Some(all.starts_with(prefix));
        }
        let head = self.parts.iter().take_while(|p| matches!(p, Part::Known(..)));
        let head: String = head.map(|p| if let Part::Known(t, _) = p { t.as_str() } else { "" }).collect();
        if head.len() >= prefix.len() {
            Some(head.starts_with(prefix))
        } else if !prefix.starts_with(&head) {
            Some(false)
        } else {
            None
        }
    }
    /// Whether it ends with a suffix; None when a hole hides it.
    pub fn ends_with(&self, suffix: &str) -> Option<bool> {
        if let Some(all) = self.known() {
            return Some(all.ends_with(suffix));
        }
        match self.parts.last() {
            Some(Part::Known(tail, _)) if tail.len() >= suffix.len() => Some(tail.ends_with(suffix)),
            Some(Part::Known(tail, _)) if !suffix.ends_with(tail.as_str()) => Some(false),
            _ => None,
        }
    }
    /// Whether it could equal another text: holes match anything (as patterns).
    pub fn may_equal(&self, other: &str) -> bool {
        let mut rest = other;
        let mut floating = false;
        for (at, part) in self.parts.iter().enumerate() {
            match part {
                Part::Hole { .. } => floating = true,
                Part::Known(text, _) if !floating => match rest.strip_prefix(text.as_str()) {
                    Some(tail) => rest = tail,
                    None => return false,
                },
                Part::Known(text, _) if at + 1 == self.parts.len() => return rest.ends_with(text.as_str()),
                Part::Known(text, _) => match rest.find(text.as_str()) {
                    Some(found) => {
                        rest = &rest[found + text.len()..];
                        floating = false;
                    }
                    None => return false,
                },
            }
        }
        floating || rest.is_empty()
    }
}
