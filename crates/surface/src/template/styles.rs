//! The path syntaxes that are not regular expressions.

mod angle;

use super::{Parameter, Parsed, Part, Token, regex};
use angle::{angle_name_param, angle_param};

/// Parses a run of one style.
pub(super) fn parse(style: &str, tokens: &[Token], labels: &[String]) -> Parsed {
    let mut reader = Reader { tokens, at: 0, labels, out: Vec::new(), is_exact: true };
    match style {
        "brace" => reader.brace(),
        "colon_brace" => reader.colon_brace(),
        "colon" => reader.colon(0),
        "angle" => reader.angle(angle_param),
        "angle_name" => reader.angle(angle_name_param),
        "angle_name_colon" => reader.angle_name_colon(),
        "brace_angle" => reader.brace_angle(),
        "bracket" => reader.bracket(),
        "regex" => return regex::parse(tokens),
        "pattern" => return Parsed { is_exact: false, ..regex::parse(tokens) },
        _ => reader.literal(),
    }
    Parsed { parts: reader.out, is_exact: reader.is_exact }
}

/// A name that stands for a hole inside a parameter: `:${key}`.
fn hole_name(label: &str) -> String {
    label.rsplit('.').next().unwrap_or(label).to_owned()
}

/// Adds a character to the last text.
pub(super) fn push_char(out: &mut Vec<Part>, c: char) {
    // Braces are the template's own.
    let text = match c {
        '{' => "%7B".to_owned(),
        '}' => "%7D".to_owned(),
        c => c.to_string(),
    };
    match out.last_mut() {
        Some(Part::Text(last)) => last.push_str(&text),
        _ => out.push(Part::Text(text)),
    }
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
    labels: &'a [String],
    out: Vec<Part>,
    is_exact: bool,
}

impl Reader<'_> {
    fn peek(&self, ahead: usize) -> Option<char> {
        match self.tokens.get(self.at + ahead) {
            Some(Token::Char(c)) => Some(*c),
            _ => None,
        }
    }
    fn hole(&self) -> Option<usize> {
        match self.tokens.get(self.at) {
            Some(Token::Hole(at)) => Some(*at),
            _ => None,
        }
    }
    /// Takes one token over as it is.
    fn copy(&mut self) {
        match self.tokens.get(self.at) {
            Some(Token::Char(c)) => push_char(&mut self.out, *c),
            Some(Token::Hole(at)) => self.out.push(Part::Hole(*at)),
            None => {}
        }
        self.at += 1;
    }
    fn param(&mut self, parameter: Parameter) {
        self.out.push(Part::Param(parameter));
    }
    /// The text between an opening token here and its partner, which is passed; None (and nothing passed) without partner.
    /// Quotes and escapes are respected.
    fn between(&mut self, open: char, close: char) -> Option<String> {
        let (mut depth, mut text, mut quote, mut at) = (0usize, String::new(), None, self.at);
        while let Some(token) = self.tokens.get(at) {
            at += 1;
            let c = match token {
                Token::Char(c) => *c,
                Token::Hole(hole) => {
                    text.push_str(&hole_name(self.labels.get(*hole).map_or("", String::as_str)));
                    continue;
                }
            };
            if c == '\\' && matches!(self.tokens.get(at), Some(Token::Char(_))) {
                text.push(c);
                if let Some(Token::Char(next)) = self.tokens.get(at) {
                    text.push(*next);
                }
                at += 1;
                continue;
            }
            match quote {
                Some(q) if c == q => quote = None,
                Some(_) => {}
                None if depth > 0 && open == '<' && matches!(c, '"' | '\'') => quote = Some(c),
                None if c == open => {
                    depth += 1;
                    if depth == 1 {
                        continue;
                    }
                }
                None if c == close => {
                    depth -= 1;
                    if depth == 0 {
                        self.at = at;
                        return Some(text);
                    }
                }
                None => {}
            }
            text.push(c);
        }
        None
    }

    fn literal(&mut self) {
        while self.at < self.tokens.len() {
            self.copy();
        }
    }

    fn brace(&mut self) {
        while self.at < self.tokens.len() {
            match (self.peek(0), self.peek(1)) {
                // The escape of some routers; `{{` that closes nowhere is one too.
                (Some('{'), Some('{')) | (Some('}'), Some('}')) => {
                    self.copy();
                    self.at += 1;
                }
                (Some('{'), _) => match self.between('{', '}') {
                    Some(text) => self.brace_param(&text),
                    None => self.copy(),
                },
                _ => self.copy(),
            }
        }
    }

    /// A segment that begins with `:` or `*` is a parameter, and so is what stands in braces.
    fn colon_brace(&mut self) {
        let mut at_start = true;
        while self.at < self.tokens.len() {
            match (self.peek(0), self.peek(1)) {
                (Some('{'), Some('{')) | (Some('}'), Some('}')) => {
                    self.copy();
                    self.at += 1;
                }
                (Some('{'), _) => match self.between('{', '}') {
                    Some(text) => self.brace_param(&text),
                    None => self.copy(),
                },
                (Some(mark @ (':' | '*')), Some(next)) if at_start && is_name(next) => {
                    self.at += 1;
                    let mut name = String::new();
                    while let Some(c) = self.peek(0).filter(|c| *c != '/') {
                        name.push(c);
                        self.at += 1;
                    }
                    // A pattern may stand behind the name: `:id<\d+>`.
                    let (name, pattern) = match name.split_once('<') {
                        Some((name, pattern)) => (name.to_owned(), Some(pattern.trim_end_matches('>').to_owned())),
                        None => (name, None),
                    };
                    self.param(Parameter { name, pattern, catch_all: mark == '*', ..Parameter::default() });
                }
                (Some('<'), _) if at_start => match self.between('<', '>') {
                    Some(text) if text.starts_with(|c: char| is_name(c) || c == '*') => self.brace_param(&text),
                    Some(pattern) => self.param(Parameter { pattern: Some(pattern), ..Parameter::default() }),
                    None => self.copy(),
                },
                (first, _) => {
                    at_start = first == Some('/');
                    self.copy();
                    continue;
                }
            }
            at_start = false;
        }
    }

    fn brace_param(&mut self, text: &str) {
        let mut parameter = Parameter::default();
        let text = text.trim();
        let (name, rest) = text.split_once(':').map_or((text, None), |(name, rest)| (name, Some(rest)));
        let name = name.split('=').next().unwrap_or(name);
        let optional = name.strip_suffix('?');
        let name = optional.unwrap_or(name);
        let starred = name.trim_end_matches(|c: char| c.is_ascii_digit()).strip_suffix('*');
        parameter.catch_all = name.starts_with('*') || starred.is_some();
        parameter.name = starred.unwrap_or(name).trim_start_matches('*').trim().to_owned();
        if let Some(rest) = rest {
            let is_word = |s: &str| !s.is_empty() && s.chars().all(|c| c.is_alphanumeric() || c == '_');
            let word = rest.split([':', '(']).next().unwrap_or(rest).trim_end_matches('?');
            if is_word(word) {
                parameter.type_name = Some(word.to_owned());
                parameter.catch_all |= word == "path";
            } else {
                parameter.catch_all |= regex::crosses_segments(rest);
                parameter.pattern = Some(rest.to_owned());
            }
        }
        if optional.is_some() {
            return self.optional(parameter);
        }
        self.param(parameter);
    }

    /// An optional parameter takes the slash before it along.
    fn optional(&mut self, mut parameter: Parameter) {
        parameter.optional = true;
        let mut inner = Vec::new();
        if let Some(Part::Text(text)) = self.out.last_mut() {
            if text.ends_with('/') || text.ends_with('.') {
                inner.extend(text.pop().map(|c| Part::Text(c.to_string())));
            }
            if text.is_empty() {
                self.out.pop();
            }
        }
        inner.push(Part::Param(parameter));
        self.out.push(Part::Optional(inner));
    }

    fn colon(&mut self, depth: usize) {
        while let Some(token) = self.tokens.get(self.at) {
            let Token::Char(c) = *token else {
                self.copy();
                continue;
            };
            let next = self.peek(1);
            match c {
                '\\' if next.is_some() => {
                    self.at += 1;
                    self.copy();
                }
                ':' if next == Some(':') => {
                    self.copy();
                    self.at += 1;
                }
                ':' if next.is_some_and(is_name) || matches!(self.tokens.get(self.at + 1), Some(Token::Hole(_))) => self.colon_param(),
                '*' => self.star(),
                '(' => self.group(),
                '{' => self.colon_braces(depth),
                '?' => self.question(),
                _ => self.copy(),
            }
        }
    }

    fn colon_param(&mut self) {
        self.at += 1;
        let mut parameter = Parameter::default();
        if let Some(hole) = self.hole() {
            parameter.name = hole_name(self.labels.get(hole).map_or("", String::as_str));
            self.at += 1;
        }
        while let Some(c) = self.peek(0).filter(|c| is_name(*c)) {
            parameter.name.push(c);
            self.at += 1;
        }
        if self.peek(0) == Some('(')
            && let Some(pattern) = self.between('(', ')')
        {
            parameter.catch_all = pattern == "*" || regex::crosses_segments(&pattern);
            parameter.pattern = (pattern != "*").then_some(pattern);
        }
        self.braced_pattern(&mut parameter);
        match self.peek(0) {
            Some('?') => {
                self.at += 1;
                self.optional(parameter);
            }
            Some(c @ ('*' | '+')) => {
                self.at += 1;
                parameter.catch_all = true;
                parameter.optional = c == '*';
                self.param(parameter);
            }
            _ => self.param(parameter),
        }
    }

    /// `*` or `*name`.
    fn star(&mut self) {
        self.at += 1;
        let mut name = String::new();
        while let Some(c) = self.peek(0).filter(|c| is_name(*c)) {
            name.push(c);
            self.at += 1;
        }
        if name.is_empty() {
            return self.out.push(Part::Wild);
        }
        self.param(Parameter { name, catch_all: true, ..Parameter::default() });
    }

    /// A nameless group: `(.*)` is a wildcard, `(a|b)` a parameter; a look-around stays as written.
    fn group(&mut self) {
        if self.peek(1) == Some('?') && matches!(self.peek(2), Some('!' | '=' | '<')) {
            let start = self.at;
            if self.between('(', ')').is_some() {
                let end = self.at;
                self.at = start;
                while self.at < end {
                    self.copy();
                }
                return;
            }
        }
        match self.between('(', ')') {
            None => {
                self.is_exact = false;
                self.copy();
            }
            Some(text) if matches!(text.as_str(), ".*" | "*") => self.out.push(Part::Wild),
            Some(text) => {
                let pattern = text.trim_start_matches("?:").to_owned();
                let parameter = Parameter { catch_all: regex::crosses_segments(&pattern), pattern: Some(pattern), ..Parameter::default() };
                if self.peek(0) == Some('?') {
                    self.at += 1;
                    return self.optional(parameter);
                }
                self.param(parameter);
            }
        }
    }

    /// `:id{[0-9]+}`: a pattern, when what stands in the braces is no optional part of the path.
    fn braced_pattern(&mut self, parameter: &mut Parameter) {
        let start = self.at;
        if self.peek(0) != Some('{') {
            return;
        }
        match self.between('{', '}') {
            Some(text) if !text.contains(':') && text.contains(['[', '\\', '+', '|', '(']) => {
                parameter.catch_all = regex::crosses_segments(&text);
                parameter.pattern = Some(text);
            }
            _ => self.at = start,
        }
    }

    /// `{/:optional}`: what stands in the braces may be absent.
    fn colon_braces(&mut self, depth: usize) {
        let start = self.at;
        if depth < 8 && self.between('{', '}').is_some() {
            let inner = &self.tokens[start + 1..self.at - 1];
            let mut reader = Reader { tokens: inner, at: 0, labels: self.labels, out: Vec::new(), is_exact: true };
            reader.colon(depth + 1);
            self.is_exact &= reader.is_exact;
            let mut parts = reader.out;
            parts.iter_mut().for_each(|p| {
                if let Part::Param(parameter) = p {
                    parameter.optional = true;
                }
            });
            if self.peek(0) == Some('?') {
                self.at += 1;
            }
            return self.out.push(Part::Optional(parts));
        }
        self.at = start;
        self.copy();
    }

    /// `?` after a character: at the end, an optional slash is no other path; elsewhere it stays as written.
    fn question(&mut self) {
        let is_last = self.at + 1 == self.tokens.len();
        let after_slash = matches!(self.out.last(), Some(Part::Text(t)) if t.ends_with('/'));
        if is_last && after_slash {
            if let Some(Part::Text(text)) = self.out.last_mut() {
                text.pop();
            }
            self.at += 1;
            return;
        }
        self.is_exact &= after_slash;
        self.copy();
    }

    fn bracket(&mut self) {
        let all = self.tokens;
        for segment in all.split(|t| *t == Token::Char('/')) {
            self.tokens = segment;
            self.at = 0;
            let is_group = segment.first() == Some(&Token::Char('(')) && segment.last() == Some(&Token::Char(')'));
            if segment.is_empty() || is_group || segment.first() == Some(&Token::Char('@')) {
                continue;
            }
            push_char(&mut self.out, '/');
            while self.at < self.tokens.len() {
                match self.peek(0).filter(|c| *c == '[').and_then(|_| self.between('[', ']')) {
                    Some(text) => self.bracket_param(&text),
                    None => self.copy(),
                }
            }
        }
    }

    fn bracket_param(&mut self, text: &str) {
        let inner = text.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
        let name = inner.unwrap_or(text);
        let (name, kind) = name.split_once('=').map_or((name, None), |(name, kind)| (name, Some(kind.to_owned())));
        let rest = name.strip_prefix("...");
        let parameter =
            Parameter { name: rest.unwrap_or(name).to_owned(), type_name: kind, catch_all: rest.is_some(), ..Parameter::default() };
        match inner {
            Some(_) => self.optional(parameter),
            None => self.param(parameter),
        }
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
