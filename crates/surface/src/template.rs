//! From a framework's path syntax to one template syntax: `/users/:id(\\d+)`, `/users/<int:id>`, `^users/(?P<id>\d+)/$`
//! and `/users/[id]` all become `/users/{id}`.
//!
//! A path comes as pieces, each in the syntax (*style*) of the framework that takes it:
//!
//! | style     | examples |
//! |-----------|----------|
//! | `brace`   | `{id}` `{id:int}` `{path:path}` `{*rest}` `{rest*}` `{tail:.*}` `{id:[0-9]{2}}` `{id?}` |
//! | `colon_brace` | both `:id` `*rest` and `{id}` `{*rest}`: a framework whose versions changed from one to the other |
//! | `colon`   | `:id` `:id(\\d+)` `:id?` `:path*` `*` `*rest` `/:a-:b` `{/:optional}` `::` |
//! | `angle`   | `<id>` `<int:id>` `<path:rest>` `<regex("[a-z]+"):id>` `<rest..>` `?<query>` |
//! | `angle_name` | the same with the name first: `<id:int>` `<name:re:[a-z]+>` |
//! | `angle_name_colon` | `angle_name`, and `:name` `:name#[a-z]+#` beside it |
//! | `bracket` | file routes: `[id]` `[...slug]` `[[...slug]]` `(group)` `@slot` |
//! | `regex`   | a regular expression used as a path language: `^users/(?P<id>\d+)/$` |
//! | `pattern` | a regular expression object: the path state is `pattern`, the template is a reading aid |
//! | `literal` | no parameters at all |
//!
//! An unknown style is read as `literal`. Conversion never fails: what no template can say stays as written, with the
//! state `pattern`. One path may give several templates, when a part of it is optional.

mod regex;
mod styles;

use apicensus_catalog::PathState;
use apicensus_eval::output::PathPiece;

/// Alternatives one path may give.
const MAX_ALTERNATIVES: usize = 8;
/// Longest path that is read, in characters; a longer one stays as written.
const MAX_LENGTH: usize = 4096;
/// Longest label of a hole, in characters.
const MAX_LABEL: usize = 60;

/// A path as a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// `/api/{id}`; unknown parts are `{?label}`, an unknown leading base path is left out.
    pub path: String,
    /// As the source writes it, unknown parts as `{?label}`.
    pub raw_path: String,
    /// How much is known.
    pub state: PathState,
    /// The path's parameters in order.
    pub parameters: Vec<Parameter>,
    /// Some of the text is a default that configuration can change.
    pub has_default: bool,
}

/// A parameter of a path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameter {
    /// Its name, as it stands in the template; empty for an anonymous `*`.
    pub name: String,
    /// Its type as its framework calls it.
    pub type_name: Option<String>,
    /// The regular expression it must match.
    pub pattern: Option<String>,
    /// It takes the rest of the path, slashes included.
    pub catch_all: bool,
    /// The path is served without it too.
    pub optional: bool,
}

/// A part of a converted path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Text.
    Text(String),
    /// A parameter.
    Param(Parameter),
    /// An anonymous wildcard, shown as `*`.
    Wild,
    /// An unknown part; index into the path's holes.
    Hole(usize),
    /// Present in some requests: two paths.
    Optional(Vec<Part>),
    /// One of these.
    Either(Vec<Vec<Part>>),
}

/// A character or a hole of a piece in one style.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    Char(char),
    Hole(usize),
}

/// The parts of a run of one style, and whether templates can say all of it.
pub(crate) struct Parsed {
    pub parts: Vec<Part>,
    pub is_exact: bool,
}

/// Converts a path. Gives at least one template; the fullest comes first.
pub fn templates(pieces: &[PathPiece]) -> Vec<Template> {
    let labels: Vec<String> = pieces.iter().filter_map(label_of).collect();
    let raw_path = raw(pieces);
    let mut parts = Vec::new();
    let mut is_pattern = false;
    for run in runs(pieces) {
        let is_long = run.tokens.len() > MAX_LENGTH;
        let parsed = styles::parse(if is_long { "literal" } else { &run.style }, &run.tokens, &labels);
        is_pattern |= is_long;
        is_pattern |= !parsed.is_exact;
        parts.extend(parsed.parts);
    }
    let has_default = pieces.iter().any(|p| matches!(p, PathPiece::Text { is_default: true, .. }));
    let mut templates: Vec<Template> = Vec::new();
    for flat in expand(&parts) {
        let mut template = render(&flat, &labels);
        template.raw_path = raw_path.clone();
        template.has_default = has_default;
        if is_pattern {
            template.state = PathState::Pattern;
        }
        if templates.iter().all(|t| t.path != template.path) {
            templates.push(template);
        }
    }
    templates
}

/// The path as written, holes as `{?label}`.
pub fn raw(pieces: &[PathPiece]) -> String {
    let part = |piece: &PathPiece| match piece {
        PathPiece::Text { text, .. } => text.to_string(),
        PathPiece::Hole { .. } => format!("{{?{}}}", label_of(piece).unwrap_or_default()),
    };
    pieces.iter().map(part).collect()
}

/// A hole's label, fit to stand in braces.
fn label_of(piece: &PathPiece) -> Option<String> {
    let PathPiece::Hole { label, .. } = piece else { return None };
    let words: Vec<&str> = label.split_whitespace().collect();
    let label: String = words.join(" ").chars().map(|c| if matches!(c, '{' | '}') { '_' } else { c }).collect();
    let short: String = label.chars().take(MAX_LABEL).collect();
    Some(if short.len() < label.len() { format!("{short}...") } else { label })
}

struct Run {
    style: String,
    tokens: Vec<Token>,
}

/// Joins neighbouring pieces of one style; a hole belongs to what stands before it.
fn runs(pieces: &[PathPiece]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut holes = 0;
    for piece in pieces {
        match piece {
            PathPiece::Hole { .. } => {
                if runs.is_empty() {
                    runs.push(Run { style: String::new(), tokens: Vec::new() });
                }
                if let Some(run) = runs.last_mut() {
                    run.tokens.push(Token::Hole(holes));
                }
                holes += 1;
            }
            PathPiece::Text { text, style, .. } => {
                let same = runs.last().is_some_and(|r| r.style.is_empty() || r.style == style.as_str());
                if !same {
                    runs.push(Run { style: style.to_string(), tokens: Vec::new() });
                }
                if let Some(run) = runs.last_mut() {
                    run.style = style.to_string();
                    run.tokens.extend(text.chars().map(Token::Char));
                }
            }
        }
    }
    runs
}

/// All paths that optional and alternative parts stand for, fullest first, at most [`MAX_ALTERNATIVES`].
fn expand(parts: &[Part]) -> Vec<Vec<Part>> {
    let mut paths: Vec<Vec<Part>> = vec![Vec::new()];
    for part in parts {
        let choices: Vec<Vec<Part>> = match part {
            Part::Optional(inner) => expand(inner).into_iter().chain([Vec::new()]).collect(),
            Part::Either(all) => all.iter().take(MAX_ALTERNATIVES + 1).flat_map(|inner| expand(inner)).collect(),
            other => {
                paths.iter_mut().for_each(|path| path.push(other.clone()));
                continue;
            }
        };
        // Over the cap only the fullest form is kept.
        let kept = if paths.len() * choices.len() > MAX_ALTERNATIVES { 1 } else { choices.len() };
        paths = choices.iter().take(kept).flat_map(|choice| paths.iter().map(move |path| [path.as_slice(), choice].concat())).collect();
    }
    paths
}

/// Writes one flat path.
fn render(parts: &[Part], labels: &[String]) -> Template {
    let mut path = String::new();
    let mut parameters: Vec<Parameter> = Vec::new();
    let mut is_partial = false;
    let mut dropped_base = false;
    // What stands before nothing but a slash is a base path.
    let is_root = matches!(parts, [Part::Hole(_), Part::Text(text)] if text == "/");
    let total = parts.iter().filter(|p| !matches!(p, Part::Text(t) if t.trim_matches('/').is_empty())).count();
    for part in parts {
        match part {
            Part::Text(text) => path.push_str(text),
            Part::Wild => {
                path.push('*');
                parameters.push(Parameter { catch_all: true, ..Parameter::default() });
            }
            Part::Hole(at) => {
                is_partial = true;
                if path.trim_matches('/').is_empty() && parameters.is_empty() && (total > 1 || is_root) {
                    dropped_base = true;
                } else {
                    path.push_str(&format!("{{?{}}}", labels.get(*at).map_or("", String::as_str)));
                }
            }
            Part::Param(parameter) => {
                let mut parameter = parameter.clone();
                parameter.name = unique(&parameter.name, &parameters);
                if parameter.pattern.as_deref().is_some_and(starts_with_slash) && !path.ends_with('/') {
                    path.push('/');
                }
                path.push_str(&format!("{{{}}}", parameter.name));
                parameters.push(parameter);
            }
            Part::Optional(_) | Part::Either(_) => {}
        }
    }
    if !path.starts_with('/') {
        path.insert(0, '/');
    }
    if dropped_base && path.starts_with("//") {
        path = format!("/{}", path.trim_start_matches('/'));
    }
    let state = if is_partial { PathState::Partial } else { PathState::Exact };
    Template { path, raw_path: String::new(), state, parameters, has_default: false }
}

/// Whether a parameter's regular expression begins with a slash of its own: `(?P<path>/.*)` after `/files`.
fn starts_with_slash(pattern: &str) -> bool {
    pattern.trim_start_matches("(?:").trim_start_matches('(').trim_start_matches('\\').starts_with('/')
}

/// A parameter name that is fit for a template and not taken yet.
fn unique(name: &str, taken: &[Parameter]) -> String {
    let clean: String = name.chars().map(|c| if c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '$') { c } else { '_' }).collect();
    let base = if clean.is_empty() { format!("p{}", taken.len() + 1) } else { clean };
    let is_taken = |name: &str| taken.iter().any(|p| p.name == name);
    if !is_taken(&base) {
        return base;
    }
    (2..).map(|n| format!("{base}{n}")).find(|n| !is_taken(n)).unwrap_or(base)
}

/// The path with the names of its parameters blanked and without a trailing slash: what identity is made of.
pub fn key(path: &str) -> String {
    let mut key = String::with_capacity(path.len());
    let mut chars = path.chars().peekable();
    while let Some(c) = chars.next() {
        key.push(c);
        if c == '{' && chars.peek() != Some(&'?') {
            while chars.peek().is_some_and(|c| *c != '}') {
                chars.next();
            }
        }
    }
    let trimmed = key.trim_end_matches('/');
    if trimmed.is_empty() { "/".to_owned() } else { trimmed.to_owned() }
}

/// The version of the API that a path names: its first segment like `v1`, `v2.1` or `v1beta1`.
pub fn version(path: &str) -> Option<String> {
    path.split('/').find(|segment| is_version(segment)).map(str::to_ascii_lowercase)
}

fn is_version(segment: &str) -> bool {
    let Some(rest) = segment.strip_prefix(['v', 'V']) else { return false };
    let digits = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    if digits.len() == rest.len() || rest.len() > 12 {
        return false;
    }
    let is_number = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let staged = ["alpha", "beta"].iter().find_map(|s| digits.strip_prefix(s));
    digits.is_empty() || digits.strip_prefix('.').is_some_and(is_number) || staged.is_some_and(|s| s.is_empty() || is_number(s))
}

#[cfg(test)]
mod tests;
