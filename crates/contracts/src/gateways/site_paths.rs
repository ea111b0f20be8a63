//! Paths of rewrites and redirects as hosts of pages write them.
//!
//! Vercel's are those of path-to-regexp 6 (<https://github.com/pillarjs/path-to-regexp>): `:name`, its own pattern in brackets, and `?`, `*`, `+`
//! behind, which take the slash before with them. Netlify's (<https://docs.netlify.com/routing/redirects/redirect-options/>) are names of a whole
//! segment and `*` for the rest. Both were asked with their own libraries; what they took stands in the tests of the readers.

use apicensus_catalog::PathMatch;

/// A part of a path of Vercel.
enum Part {
    Text(String),
    /// What stands before it, its pattern, what stands after it, and whether it is a plain name.
    Parameter {
        prefix: String,
        pattern: String,
        mark: Option<char>,
        name: Option<String>,
    },
}

/// How a path of Vercel is compared; None where it can't be read.
pub fn of_vercel(path: &str) -> Option<(String, PathMatch)> {
    let parts = parts(path)?;
    if let Some(text) = whole_text(&parts) {
        return Some((if text.is_empty() { "/".to_owned() } else { text }, PathMatch::Exact));
    }
    if let Some((Part::Parameter { prefix, pattern, mark, name }, head)) = parts.split_last() {
        match (whole_text(head), mark, name.is_some()) {
            (Some(head), Some('*'), true) if prefix == "/" && pattern == SEGMENT => return Some((rooted(head), PathMatch::Segments)),
            (Some(head), None, false) if prefix == "/" && pattern == ".*" && head.is_empty() => {
                return Some(("/".to_owned(), PathMatch::Segments));
            }
            (Some(head), None, false) if prefix == "/" && pattern == ".*" => return Some((format!("{head}/"), PathMatch::Prefix)),
            _ => {}
        }
    }
    let template: Option<String> = parts.iter().enumerate().map(|(at, part)| templated(part, parts.get(at + 1))).collect();
    if let Some(template) = template {
        return Some((template, PathMatch::Template));
    }
    Some((format!("^{}$", parts.iter().map(expression).collect::<String>()), PathMatch::Regex))
}

/// What a name without a pattern stands for.
const SEGMENT: &str = "[^/]+";

fn rooted(text: String) -> String {
    if text.is_empty() { "/".to_owned() } else { text }
}

/// The text, if there is nothing else.
fn whole_text(parts: &[Part]) -> Option<String> {
    parts.iter().map(|part| if let Part::Text(text) = part { Some(text.as_str()) } else { None }).collect()
}

/// A part as one of a template: text, a whole segment, or one or more of them at the end.
fn templated(part: &Part, next: Option<&Part>) -> Option<String> {
    let ends = |next: Option<&Part>| match next {
        None => true,
        Some(Part::Text(text)) => text.starts_with('/'),
        Some(Part::Parameter { prefix, .. }) => prefix == "/",
    };
    match part {
        Part::Text(text) => Some(text.clone()),
        Part::Parameter { prefix, pattern, mark, name: Some(name) } if prefix == "/" && pattern == SEGMENT && ends(next) => match mark {
            None => Some(format!("/{{{name}}}")),
            Some('+') if next.is_none() => Some(format!("/{{{name}+}}")),
            _ => None,
        },
        Part::Parameter { .. } => None,
    }
}

fn expression(part: &Part) -> String {
    match part {
        Part::Text(text) => escaped(text),
        Part::Parameter { prefix, pattern, mark, .. } => {
            let one = format!("{}{}", escaped(prefix), if pattern.contains('|') { format!("(?:{pattern})") } else { pattern.clone() });
            match mark {
                None => one,
                Some('?') => format!("(?:{one})?"),
                Some('+') => format!("(?:{one})+"),
                Some(_) => format!("(?:{one})*"),
            }
        }
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if r".+*?()[]{}|^$\".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Reads a path: text, `:name`, `(pattern)`, with marks behind.
fn parts(path: &str) -> Option<Vec<Part>> {
    let mut parts: Vec<Part> = Vec::new();
    let mut text = String::new();
    let mut rest = path;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '\\' => {
                let escaped = rest.chars().next()?;
                rest = &rest[escaped.len_utf8()..];
                text.push(escaped);
            }
            ':' | '(' => {
                let name = if c == ':' { Some(name_of(&mut rest)?) } else { None };
                let pattern = match (c, rest.strip_prefix('(')) {
                    (':', None) => SEGMENT.to_owned(),
                    (':', Some(inner)) => bracketed(&mut rest, inner)?,
                    _ => {
                        let inner = rest;
                        bracketed(&mut rest, inner)?
                    }
                };
                let mark = rest.chars().next().filter(|c| "*+?".contains(*c));
                rest = &rest[mark.map_or(0, char::len_utf8)..];
                let prefix: String = text.chars().next_back().filter(|c| "./".contains(*c)).into_iter().collect();
                text.truncate(text.len() - prefix.len());
                if !text.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut text)));
                }
                parts.push(Part::Parameter { prefix, pattern, mark, name });
            }
            // Marks without a parameter, and groups, which no host of pages documents.
            '*' | '+' | '?' | '{' | '}' => return None,
            c => text.push(c),
        }
    }
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
    Some(parts)
}

fn name_of(rest: &mut &str) -> Option<String> {
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
    let (name, after) = rest.split_at(end);
    *rest = after;
    (!name.is_empty()).then(|| name.to_owned())
}

/// What stands in brackets, from behind the first.
fn bracketed<'t>(rest: &mut &'t str, inner: &'t str) -> Option<String> {
    let mut depth = 1_usize;
    let mut is_escaped = false;
    for (at, c) in inner.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '(' => depth += 1,
            ')' => {
                depth -= 1;
                if depth == 0 {
                    *rest = &inner[at + 1..];
                    return Some(inner[..at].to_owned());
                }
            }
            _ => {}
        }
    }
    None
}

/// How a path of Netlify is compared: a name is a whole segment, or one up to a dot; `*` is anything.
pub fn of_netlify(path: &str) -> (String, PathMatch) {
    let is_name = |s: &str| s.strip_prefix(':').is_some_and(|n| !n.is_empty() && n.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
    let segments: Vec<&str> = path.split('/').collect();
    let head = path.strip_suffix("/*");
    let has_name = segments.iter().any(|s| s.starts_with(':'));
    match head {
        Some(head) if !has_name && !head.contains('*') => return (rooted(head.to_owned()), PathMatch::Segments),
        _ => {}
    }
    if let Some(head) = path.strip_suffix('*').filter(|h| head.is_none() && !has_name && !h.contains('*')) {
        return (head.to_owned(), PathMatch::Prefix);
    }
    if !has_name && !path.contains('*') {
        return (path.to_owned(), PathMatch::Exact);
    }
    if !path.contains('*') && segments.iter().all(|s| !s.starts_with(':') || is_name(s)) {
        let of = |s: &&str| s.strip_prefix(':').map_or((*s).to_owned(), |name| format!("{{{name}}}"));
        return (segments.iter().map(of).collect::<Vec<_>>().join("/"), PathMatch::Template);
    }
    let of = |s: &&str| match s.strip_prefix(':') {
        Some(rest) => {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            format!("{SEGMENT}{}", escaped(&rest[end..]))
        }
        None => s.split('*').map(escaped).collect::<Vec<_>>().join(".*"),
    };
    let whole = head.map_or_else(|| segments.clone(), |head| head.split('/').collect());
    let tail = if head.is_some() { "(?:/.*)?" } else { "" };
    (format!("^{}{tail}$", whole.iter().map(of).collect::<Vec<_>>().join("/")), PathMatch::Regex)
}
