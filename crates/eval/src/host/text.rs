//! Methods of strings, in all languages.

use crate::evaluate::Family;
use crate::output::Place;
use crate::text::{Part, Text};
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;
use std::rc::Rc;

fn of(text: Text) -> Option<Value> {
    Some(Value::Text(Rc::new(text)))
}

impl World<'_> {
    pub(super) fn text_method(&mut self, text: &Rc<Text>, name: &str, args: &Args, at: Place) -> Option<Value> {
        let first = args.at(0).and_then(Value::as_str);
        let chars =
            |set: &Option<SmolStr>| -> Vec<char> { set.as_ref().map_or_else(|| vec![' ', '\t', '\n', '\r'], |s| s.chars().collect()) };
        match name {
            "strip" | "trim" => {
                let set = chars(&first);
                of(text.map_start(|s| s.trim_start_matches(&set[..]).into()).map_end(|s| s.trim_end_matches(&set[..]).into()))
            }
            "lstrip" | "trimStart" | "trim_start" | "trim_start_matches" | "trimLeft" => {
                let set = chars(&first);
                of(text.map_start(|s| s.trim_start_matches(&set[..]).into()))
            }
            "rstrip" | "trimEnd" | "trim_end" | "trim_end_matches" | "trimRight" => {
                let set = chars(&first);
                of(text.map_end(|s| s.trim_end_matches(&set[..]).into()))
            }
            "trim_matches" => {
                let set = chars(&first);
                of(text.map_start(|s| s.trim_start_matches(&set[..]).into()).map_end(|s| s.trim_end_matches(&set[..]).into()))
            }
            "removeprefix" => first.and_then(|p| of(text.map_start(|s| s.strip_prefix(p.as_str()).unwrap_or(s).into()))),
            "removesuffix" => first.and_then(|p| of(text.map_end(|s| s.strip_suffix(p.as_str()).unwrap_or(s).into()))),
            "lower" | "toLowerCase" | "to_lowercase" | "to_ascii_lowercase" | "casefold" | "toLocaleLowerCase" => {
                of(text.map(|s| s.to_lowercase().into()))
            }
            "upper" | "toUpperCase" | "to_uppercase" | "to_ascii_uppercase" | "toLocaleUpperCase" => {
                of(text.map(|s| s.to_uppercase().into()))
            }
            "capitalize" => of(text.map_start(|s| capitalized(s).into())),
            "title" => of(text.map(|s| s.split(' ').map(capitalized).collect::<Vec<_>>().join(" ").into())),
            "startswith" | "startsWith" | "starts_with" => self.any_of(args, |p| text.starts_with(p), at),
            "endswith" | "endsWith" | "ends_with" => self.any_of(args, |p| text.ends_with(p), at),
            "includes" | "contains" => {
                let needle = args.at(0).cloned()?;
                let whole = Value::Text(text.clone());
                Some(
                    self.contains(&whole, &needle)
                        .map_or_else(|| Value::unknown("includes", "the text is not known", Some(at)), Value::Bool),
                )
            }
            "replace" | "replaceAll" | "replace_all" => self.replaced(text, name, args, at),
            "split" | "rsplit" => self.split(text, name, args),
            "splitlines" => Some(Value::list(text.known()?.lines().map(Value::text).collect())),
            "join" if self.family == Family::Python => {
                let (items, open) = self.items_of(args.at(0)?, at);
                self.joined(&items, text, open, at)
            }
            "format" => self.formatted(text, args, at),
            "format_map" => {
                let dict = args.at(0)?.clone();
                let (keys, _) = self.keys_of(&dict);
                let named = keys.iter().filter_map(|k| Some((k.as_str()?, self.index(&dict, k, at)))).collect();
                self.formatted(text, &Args { named, ..Args::default() }, at)
            }
            "concat" | "push_str" => {
                let mut all = text.as_ref().clone();
                for item in &args.items {
                    let more = self.to_text(item, at);
                    all.push(&more);
                }
                of(all)
            }
            "slice" | "substring" | "substr" => {
                let whole = Value::Text(text.clone());
                Some(self.slice(&whole, args.at(0), args.at(1)))
            }
            "charAt" => {
                let whole = Value::Text(text.clone());
                Some(self.index(&whole, args.at(0)?, at))
            }
            "isupper" => Some(Value::Bool(text.known()?.chars().all(|c| !c.is_lowercase()))),
            "islower" => Some(Value::Bool(text.known()?.chars().all(|c| !c.is_uppercase()))),
            "isdigit" | "isnumeric" => Some(Value::Bool(text.known()?.chars().all(|c| c.is_ascii_digit()))),
            "is_empty" => Some(Value::Bool(text.is_empty())),
            "len" => Some(Value::Number(text.known()?.len() as f64)),
            "find" | "index" | "indexOf" => {
                let all = text.known()?;
                Some(Value::Number(all.find(first?.as_str()).map_or(-1.0, |i| i as f64)))
            }
            "lastIndexOf" | "rfind" => {
                let all = text.known()?;
                Some(Value::Number(all.rfind(first?.as_str()).map_or(-1.0, |i| i as f64)))
            }
            "partition" | "rpartition" => {
                let all = text.known()?;
                let sep = first?;
                let parts = if name == "partition" { all.split_once(sep.as_str()) } else { all.rsplit_once(sep.as_str()) };
                let (a, b) = parts.map_or((all.as_str(), ""), |p| p);
                Some(Value::tuple(vec![Value::text(a), Value::text(if parts.is_some() { sep.as_str() } else { "" }), Value::text(b)]))
            }
            "match" | "test" | "search" => Some(Value::unknown(format!("{name}()"), "regular expressions are not run", Some(at))),
            "repeat" => {
                let n = args.at(0)?.as_number()?.clamp(0.0, 100.0) as usize;
                Some(Value::text(text.known()?.repeat(n)))
            }
            "padStart" | "padEnd" | "zfill" | "center" | "ljust" | "rjust" => Some(Value::Text(text.clone())),
            "read_text" | "read" => Some(Value::unknown("read()", "file contents are not read", Some(at))),
            "value" | "toString" | "valueOf" | "trim_left" | "to_string" | "to_owned" | "into" | "clone" | "as_str" | "as_ref"
            | "as_bytes" | "as_deref" | "unwrap" | "expect" | "to_str" | "encode" | "decode" | "to_string_lossy" | "as_path"
            | "to_path_buf" | "as_posix" | "resolve" | "absolute" | "expanduser" | "borrow" | "chars" | "ok" | "into_owned"
            | "into_boxed_str" | "toJSON" | "normalize" | "unwrap_or_default" | "unwrap_or" | "unwrap_or_else" | "leak" | "deref"
            | "as_mut" => Some(Value::Text(text.clone())),
            "exists" | "is_dir" | "is_file" => Some(Value::unknown(format!("{name}()"), "the file system is not asked", Some(at))),
            _ => None,
        }
    }

    fn any_of(&mut self, args: &Args, test: impl Fn(&str) -> Option<bool>, at: Place) -> Option<Value> {
        let options: Vec<SmolStr> = match args.at(0)? {
            Value::List(list) => list.items.borrow().iter().filter_map(Value::as_str).collect(),
            one => vec![one.as_str()?],
        };
        let answers: Vec<Option<bool>> = options.iter().map(|o| test(o)).collect();
        Some(if answers.contains(&Some(true)) {
            Value::Bool(true)
        } else if answers.contains(&None) {
            Value::unknown("startswith()", "the text is not known", Some(at))
        } else {
            Value::Bool(false)
        })
    }

    fn replaced(&mut self, text: &Text, name: &str, args: &Args, at: Place) -> Option<Value> {
        let to = match args.at(1)? {
            Value::Function(_) => return Some(Value::unknown("replace()", "the replacement is computed", Some(at))),
            other => self.to_text(other, at).known().unwrap_or_default(),
        };
        let first_only = name == "replace" && self.family == Family::JavaScript;
        match args.at(0)? {
            Value::Regex(pattern) => {
                let Ok(regex) = regex::Regex::new(pattern) else { return Some(Value::Text(Rc::new(text.clone()))) };
                of(text.map(|s| regex.replace_all(s, to.replace('$', "$$").as_str()).into_owned().into()))
            }
            other => {
                let from = other.as_str()?;
                if from.is_empty() {
                    return of(text.clone());
                }
                of(text.map(|s| if first_only { s.replacen(from.as_str(), &to, 1).into() } else { s.replace(from.as_str(), &to).into() }))
            }
        }
    }

    fn split(&mut self, text: &Text, name: &str, args: &Args) -> Option<Value> {
        let all = text.known()?;
        let most = args.at(1).or(args.name("maxsplit")).and_then(Value::as_number).filter(|_| self.family == Family::Python);
        let place = text.place();
        let part = |s: &str| Value::Text(Rc::new(Text::plain(SmolStr::new(s), place)));
        let parts: Vec<Value> = match args.at(0) {
            None | Some(Value::Null) => all.split_whitespace().map(part).collect(),
            Some(sep) => {
                let sep = sep.as_str()?;
                if sep.is_empty() {
                    all.chars().take(500).map(|c| part(&c.to_string())).collect()
                } else {
                    match most {
                        Some(n) if name == "rsplit" => {
                            let mut parts: Vec<Value> = all.rsplitn(n as usize + 1, sep.as_str()).map(part).collect();
                            parts.reverse();
                            parts
                        }
                        Some(n) => all.splitn(n as usize + 1, sep.as_str()).map(part).collect(),
                        None => all.split(sep.as_str()).map(part).collect(),
                    }
                }
            }
        };
        Some(Value::list(parts))
    }

    /// Items joined by a separator.
    pub(crate) fn joined(&mut self, items: &[Value], separator: &Text, open: bool, at: Place) -> Option<Value> {
        let mut all = Text::default();
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                all.push(separator);
            }
            let text = self.to_text(item, at);
            all.push(&text);
        }
        if open {
            if !items.is_empty() {
                all.push(separator);
            }
            all.push(&Text::hole("..", "the list is not known", Some(at)));
        }
        of(all)
    }

    /// `"..{}..{name}..".format(..)`.
    pub(crate) fn formatted(&mut self, text: &Text, args: &Args, at: Place) -> Option<Value> {
        let mut out = Text { is_default: text.is_default, ..Text::default() };
        let mut next = 0;
        for part in &text.parts {
            let Part::Known(pattern, place) = part else {
                out.parts.push(part.clone());
                continue;
            };
            let mut rest = pattern.as_str();
            while let Some(found) = rest.find(['{', '}']) {
                out.parts.push(Part::Known(SmolStr::new(&rest[..found]), *place));
                let tail = &rest[found..];
                if tail.starts_with("{{") || tail.starts_with("}}") {
                    out.push_str(&tail[..1]);
                    rest = &tail[2..];
                    continue;
                }
                let Some(end) = tail.find('}').filter(|_| tail.starts_with('{')) else {
                    out.push_str(&tail[..1]);
                    rest = &tail[1..];
                    continue;
                };
                let field = tail[1..end].split([':', '!']).next().unwrap_or_default();
                let value = self.format_field(field, args, &mut next, at);
                let inner = self.to_text(&value, at);
                out.push(&inner);
                rest = &tail[end + 1..];
            }
            if !rest.is_empty() || pattern.is_empty() {
                out.parts.push(Part::Known(SmolStr::new(rest), *place));
            }
        }
        of(out)
    }

    fn format_field(&mut self, field: &str, args: &Args, next: &mut usize, at: Place) -> Value {
        let mut names = field.split('.');
        let head = names.next().unwrap_or_default();
        let mut value = if head.is_empty() {
            *next += 1;
            args.items.get(*next - 1).cloned()
        } else if let Ok(index) = head.parse::<usize>() {
            args.items.get(index).cloned()
        } else {
            args.name(head.split('[').next().unwrap_or(head)).cloned()
        }
        .unwrap_or_else(|| Value::unknown(field, "the argument was not given", Some(at)));
        for name in names {
            value = self.get_attr(&value, name, Some(at)).unwrap_or(Value::Null);
        }
        value
    }
}

fn capitalized(s: &str) -> String {
    let mut chars = s.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars.flat_map(char::to_lowercase)).collect())
}
