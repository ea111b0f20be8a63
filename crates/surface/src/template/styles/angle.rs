//! Path syntaxes whose parameters stand in angle brackets, or in braces in the same way.

use super::{Parameter, Reader, Token, is_name, push_char, regex};

impl Reader<'_> {
    pub(super) fn angle(&mut self, read: fn(&str) -> Parameter) {
        while let Some(token) = self.tokens.get(self.at) {
            match token {
                Token::Char('?') => return,
                Token::Char('<') => match self.between('<', '>') {
                    Some(text) => {
                        let parameter = read(&text);
                        self.param(parameter);
                    }
                    None => self.copy(),
                },
                _ => self.copy(),
            }
        }
    }

    /// `<id:int>`, and the older `:id` and `:id#[0-9]+#` beside it.
    pub(super) fn angle_name_colon(&mut self) {
        while self.at < self.tokens.len() {
            match self.peek(0) {
                Some('\\') if matches!(self.peek(1), Some(':' | '<')) => self.at += 1,
                Some('<') => {
                    if let Some(text) = self.between('<', '>') {
                        self.param(angle_name_param(&text));
                        continue;
                    }
                }
                Some(':') => {
                    self.at += 1;
                    let name = self.while_name();
                    let pattern = self.peek(0).filter(|c| *c == '#').and_then(|_| self.hashed());
                    if name.is_empty() && pattern.is_none() {
                        push_char(&mut self.out, ':');
                        continue;
                    }
                    let catch_all = pattern.as_deref().is_some_and(regex::crosses_segments);
                    self.param(Parameter { name, pattern, catch_all, ..Parameter::default() });
                    continue;
                }
                _ => {}
            }
            self.copy();
        }
    }

    /// The characters of a name from here on, which are passed.
    fn while_name(&mut self) -> String {
        let mut name = String::new();
        while let Some(c) = self.peek(0).filter(|c| is_name(*c)) {
            name.push(c);
            self.at += 1;
        }
        name
    }

    /// The text between a `#` here and the next one, which is passed.
    fn hashed(&mut self) -> Option<String> {
        let rest = self.tokens.get(self.at + 1..)?;
        let end = rest.iter().position(|t| *t == Token::Char('#'))?;
        let text = rest[..end].iter().map(|t| if let Token::Char(c) = t { *c } else { '_' }).collect();
        self.at += end + 2;
        Some(text)
    }

    /// `{int:id}`: what `angle` has between its brackets stands in braces.
    pub(super) fn brace_angle(&mut self) {
        while self.at < self.tokens.len() {
            match self.peek(0).filter(|c| *c == '{').and_then(|_| self.between('{', '}')) {
                Some(text) => {
                    let parameter = angle_param(&text);
                    self.param(parameter);
                }
                None => self.copy(),
            }
        }
    }
}

/// The inside of `<..>`: `name`, `type:name`, `type(args):name`, `name..`.
pub(super) fn angle_param(text: &str) -> Parameter {
    let mut parameter = Parameter::default();
    let text = text.trim();
    let (kind, name) = text.rsplit_once(':').map_or((None, text), |(kind, name)| (Some(kind), name));
    let rest = name.strip_suffix("..");
    let name = rest.unwrap_or(name);
    parameter.catch_all = rest.is_some();
    parameter.name = if name == "_" { String::new() } else { name.to_owned() };
    if let Some(kind) = kind {
        let (word, arguments) = kind.split_once('(').map_or((kind, None), |(word, rest)| (word, rest.strip_suffix(')')));
        parameter.type_name = Some(word.to_owned());
        parameter.catch_all |= word == "path";
        let is_quoted = |a: &&str| a.len() >= 2 && (a.starts_with('"') && a.ends_with('"') || a.starts_with('\'') && a.ends_with('\''));
        if let Some(pattern) = arguments.map(str::trim).map(|a| a.trim_start_matches('r')).filter(is_quoted) {
            let pattern = &pattern[1..pattern.len() - 1];
            parameter.catch_all |= regex::crosses_segments(pattern);
            parameter.pattern = Some(pattern.to_owned());
        }
    }
    parameter
}

/// `<id:int>`, `<name:re:[a-z]+>`, `<id:[0-9]+>`, `<ext=file:ext>`: the name comes first.
pub(super) fn angle_name_param(text: &str) -> Parameter {
    let (name, kind) = text.trim().split_once(':').map_or((text.trim(), None), |(name, kind)| (name, Some(kind)));
    let (name, default) = name.split_once('=').map_or((name, None), |(name, kind)| (name, Some(kind)));
    let mut parameter = Parameter { name: name.to_owned(), ..Parameter::default() };
    let is_word = |k: &str| !k.is_empty() && k.chars().all(is_name);
    match kind.or(default) {
        Some(kind) if is_word(kind) => {
            parameter.catch_all = kind == "path";
            parameter.type_name = Some(kind.to_owned());
        }
        Some(pattern) => {
            let pattern = pattern.strip_prefix("re:").unwrap_or(pattern);
            parameter.catch_all = regex::crosses_segments(pattern);
            parameter.pattern = Some(pattern.to_owned());
        }
        None => {}
    }
    parameter
}
