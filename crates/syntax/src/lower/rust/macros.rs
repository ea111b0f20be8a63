//! Macros by example: the rules of a file's own `macro_rules!`, matched against their calls and written out.
//!
//! Expansion is textual: an expression a macro was given is put into parentheses where it could be read apart, and that is
//! all the hygiene there is. Every token remembers where it comes from, so that what the expansion is lowered to has spans
//! of the call (or, for a text that stands in the rules, of the rules).

use super::fragments::fragment;
use super::tokens::{Kind, Token};
use super::*;

/// Longest expansion, in bytes.
const MAX_EXPANSION: usize = 1 << 20;
/// Deepest nesting of brackets and repetitions in rules.
const MAX_RULE_DEPTH: u32 = 64;

/// A `macro_rules!`.
#[derive(Debug)]
pub(super) struct Macro {
    /// Where it is defined in the file.
    at: u32,
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    pattern: Vec<Matcher>,
    body: Vec<Token>,
}

#[derive(Debug)]
enum Matcher {
    Token(Token),
    Group(SmolStr, Vec<Matcher>),
    Variable(SmolStr, SmolStr),
    Repeat { body: Vec<Matcher>, separator: Option<Token>, operator: SmolStr },
}

/// What a variable was matched with: a range of the call's tokens, or one binding for each turn of a repetition.
#[derive(Clone, Debug)]
enum Binding {
    One { range: Range<usize>, expr: bool },
    Many(Vec<Binding>),
}

type Bindings = BTreeMap<SmolStr, Binding>;

impl<'s> Low<'_, 's> {
    /// Notes all `macro_rules!` of a file.
    pub(super) fn collect_macros(&mut self, root: Node<'_>) {
        if !self.text.contains("macro_rules!") {
            return;
        }
        let mut cursor = root.walk();
        loop {
            let node = cursor.node();
            if node.kind() == "macro_definition" {
                self.note_macro(node);
            } else if cursor.goto_first_child() {
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return;
                }
            }
        }
    }

    fn note_macro(&mut self, node: Node<'_>) {
        let (Some(name), Some(range)) = (field(node, "name"), rules_range(node)) else {
            return;
        };
        let tokens = self.tokens(range);
        let at = self.file_range(node.byte_range()).0;
        if let Some(rules) = rules(&tokens) {
            self.shared.macros.entry(self.name(name)).or_default().push(Rc::new(Macro { at, rules }));
        }
    }

    /// Notes a macro of another file, given its rules' text; what it writes is taken to stand at the call.
    pub(super) fn foreign_macro(&mut self, name: &str, text: &str) {
        let mut map = Text::new((0, self.text.len() as u32));
        let start = self.shared.elsewhere;
        self.shared.elsewhere = start.saturating_add(text.len() as u32 + 1);
        map.push_from(text, start, self.shared.elsewhere - 1);
        let map = map.finish();
        let low = Low { ctx: &mut *self.ctx, text, map: Some(&map), shared: &mut *self.shared, nesting: 0 };
        if let Some(rules) = rules(&low.tokens(0..text.len())) {
            self.shared.macros.entry(SmolStr::new(name)).or_default().push(Rc::new(Macro { at: 0, rules }));
        }
    }

    /// A `macro_rules!` as a statement.
    pub(super) fn macro_definition(&mut self, node: Node<'_>) -> Stmt {
        if self.map.is_some() {
            self.note_macro(node);
        }
        let name = field(node, "name").map(|name| self.name(name)).unwrap_or_default();
        let rules = rules_range(node).and_then(|range| self.text.get(range)).unwrap_or_default();
        Stmt::Macro { name, rules: SmolStr::new(rules) }
    }

    /// Expands a call of one of the file's own macros and lowers what it gives, in a wrapping.
    pub(super) fn expand<T>(
        &mut self,
        node: Node<'_>,
        wrap: (&str, &str),
        lower: impl FnOnce(&mut Low<'_, 's>, Node<'_>) -> Option<T>,
    ) -> Option<T> {
        let definition = self.macro_of(node)?;
        if self.nesting >= MAX_NESTING {
            return None;
        }
        let range = calls::content(node)?;
        let tokens = self.tokens(range);
        let expansion = definition.rules.iter().find_map(|rule| {
            let mut bindings = Bindings::new();
            let matched = match_all(&rule.pattern, &tokens, 0, tokens.len(), &mut bindings, &mut self.shared.steps);
            (matched == Some(tokens.len())).then(|| {
                let mut out = Vec::new();
                let mut writer = Writer { call: &tokens, out: &mut out, size: 0 };
                writer.write(&rule.body, &bindings.iter().map(|(name, binding)| (name.clone(), binding)).collect(), 0).map(|()| out)
            })
        })??;
        let call = self.map.map_or_else(|| self.file_range(node.byte_range()), |map| map.call());
        let text = join(&expansion, call, wrap);
        self.inside(&text, lower)
    }

    /// The macro a call names: the last one defined before it, else the first.
    fn macro_of(&self, node: Node<'_>) -> Option<Rc<Macro>> {
        if self.shared.macros.is_empty() {
            return None;
        }
        let path = self.text(field(node, "macro")?);
        let mut segments = path.split("::").map(str::trim).collect::<Vec<_>>();
        let name = segments.pop()?;
        if segments.iter().any(|segment| !matches!(*segment, "crate" | "self" | "super" | "$crate")) {
            return None;
        }
        let all = self.shared.macros.get(name)?;
        let at = self.file_range(node.byte_range()).0;
        all.iter().rev().find(|definition| definition.at < at).or(all.first()).cloned()
    }
}

/// The bytes of a definition's rules, brackets included.
fn rules_range(node: Node<'_>) -> Option<Range<usize>> {
    let mut cursor = node.walk();
    let brackets: Vec<_> = node.children(&mut cursor).filter(|child| matches!(child.kind(), "(" | "[" | "{" | ")" | "]" | "}")).collect();
    Some(brackets.first()?.start_byte()..brackets.last()?.end_byte())
}

/// The rules in the tokens of a definition.
fn rules(tokens: &[Token]) -> Option<Vec<Rule>> {
    let end = tokens.first()?.close?;
    let mut rules = Vec::new();
    let mut at = 1;
    while at < end {
        let close = tokens[at].close?;
        let pattern = matchers(tokens, at + 1..close, 0)?;
        tokens.get(close + 1).filter(|token| token.is("=>"))?;
        let body = close + 2;
        let body_end = tokens.get(body)?.close?;
        rules.push(Rule { pattern, body: rebased(tokens, body + 1..body_end) });
        at = body_end + 1;
        if tokens.get(at).is_some_and(|token| token.is(";")) {
            at += 1;
        }
    }
    Some(rules)
}

/// A range of tokens with the closing indices counted from its start.
fn rebased(tokens: &[Token], range: Range<usize>) -> Vec<Token> {
    let start = range.start;
    tokens[range].iter().map(|token| Token { close: token.close.map(|close| close - start), ..token.clone() }).collect()
}

fn matchers(tokens: &[Token], range: Range<usize>, depth: u32) -> Option<Vec<Matcher>> {
    if depth > MAX_RULE_DEPTH {
        return None;
    }
    let mut out = Vec::new();
    let mut at = range.start;
    while at < range.end {
        let token = &tokens[at];
        let next = tokens.get(at + 1).filter(|_| at + 1 < range.end);
        if token.is("$") && next.is_some_and(|next| next.is("(")) {
            let close = tokens[at + 1].close?;
            let body = matchers(tokens, at + 2..close, depth + 1)?;
            let (separator, operator, end) = repetition(tokens, close + 1)?;
            out.push(Matcher::Repeat { body, separator, operator });
            at = end;
        } else if token.is("$") && next.is_some_and(Token::is_word) && tokens.get(at + 2).is_some_and(|colon| colon.is(":")) {
            let kind = tokens.get(at + 3).filter(|kind| kind.is_word())?;
            out.push(Matcher::Variable(tokens[at + 1].text.clone(), kind.text.clone()));
            at += 4;
        } else if let Some(close) = token.close {
            out.push(Matcher::Group(token.text.clone(), matchers(tokens, at + 1..close, depth + 1)?));
            at = close + 1;
        } else {
            out.push(Matcher::Token(token.clone()));
            at += 1;
        }
    }
    Some(out)
}

/// The separator and operator of a repetition, and the index after it.
fn repetition(tokens: &[Token], at: usize) -> Option<(Option<Token>, SmolStr, usize)> {
    let is_operator = |at: usize| tokens.get(at).is_some_and(|token| ["*", "+", "?"].iter().any(|operator| token.is(operator)));
    if is_operator(at) {
        return Some((None, tokens[at].text.clone(), at + 1));
    }
    is_operator(at + 1).then(|| (Some(tokens[at].clone()), tokens[at + 1].text.clone(), at + 2))
}

/// Matches as much as the pattern asks for from `at`; gives the index after it.
fn match_all(pattern: &[Matcher], tokens: &[Token], at: usize, end: usize, out: &mut Bindings, steps: &mut u32) -> Option<usize> {
    let mut at = at;
    for matcher in pattern {
        *steps = steps.checked_sub(1)?;
        at = match matcher {
            Matcher::Token(expected) => {
                let token = tokens.get(at).filter(|_| at < end)?;
                (token.text == expected.text && token.kind == expected.kind).then_some(at + 1)?
            }
            Matcher::Group(open, inner) => {
                let close = tokens.get(at).filter(|token| at < end && token.is(open))?.close?;
                (match_all(inner, tokens, at + 1, close, out, steps)? == close).then_some(close + 1)?
            }
            Matcher::Variable(name, kind) => {
                let after = fragment(kind, tokens, at, end)?;
                *steps = steps.checked_sub((after - at) as u32)?;
                out.insert(name.clone(), Binding::One { range: at..after, expr: kind.starts_with("expr") });
                after
            }
            Matcher::Repeat { body, separator, operator } => {
                let (turns, after) = match_turns(body, separator.as_ref(), operator, tokens, at, end, steps)?;
                for name in variables(body) {
                    let bindings = turns.iter().filter_map(|turn| turn.get(&name).cloned()).collect();
                    out.insert(name, Binding::Many(bindings));
                }
                after
            }
        };
    }
    Some(at)
}

/// As many turns of a repetition as match.
fn match_turns(
    body: &[Matcher],
    separator: Option<&Token>,
    operator: &str,
    tokens: &[Token],
    start: usize,
    end: usize,
    steps: &mut u32,
) -> Option<(Vec<Bindings>, usize)> {
    let mut turns = Vec::new();
    let mut at = start;
    while at < end && !(operator == "?" && turns.len() == 1) {
        let begin = match separator {
            Some(separator) if !turns.is_empty() => {
                if tokens[at].text != separator.text {
                    break;
                }
                at + 1
            }
            _ => at,
        };
        let mut turn = Bindings::new();
        match match_all(body, tokens, begin, end, &mut turn, steps) {
            Some(after) if after > at => at = after,
            _ => break,
        }
        turns.push(turn);
    }
    (operator != "+" || !turns.is_empty()).then_some((turns, at))
}

/// The variables a pattern binds.
fn variables(pattern: &[Matcher]) -> Vec<SmolStr> {
    let mut out = Vec::new();
    for matcher in pattern {
        match matcher {
            Matcher::Token(_) => {}
            Matcher::Variable(name, _) => out.push(name.clone()),
            Matcher::Group(_, inner) | Matcher::Repeat { body: inner, .. } => out.extend(variables(inner)),
        }
    }
    out
}

/// Writes out the body of a rule.
struct Writer<'t> {
    call: &'t [Token],
    out: &'t mut Vec<Token>,
    size: usize,
}

impl Writer<'_> {
    fn push(&mut self, token: Token) -> Option<()> {
        self.size += token.text.len() + 1;
        self.out.push(token);
        (self.size <= MAX_EXPANSION).then_some(())
    }

    fn write(&mut self, body: &[Token], bindings: &BTreeMap<SmolStr, &Binding>, depth: u32) -> Option<()> {
        if depth > MAX_RULE_DEPTH {
            return None;
        }
        let mut at = 0;
        while at < body.len() {
            let token = &body[at];
            let next = body.get(at + 1);
            if token.is("$") && next.is_some_and(|next| next.is("(")) {
                let close = body[at + 1].close?;
                let inner = rebased(body, at + 2..close);
                let (separator, _, end) = repetition(body, close + 1)?;
                self.repeat(&inner, separator, bindings, depth)?;
                at = end;
                continue;
            }
            if let Some(name) = next.filter(|next| token.is("$") && next.is_word()) {
                if name.text == "crate" {
                    self.push(name.clone())?;
                    at += 2;
                    continue;
                }
                if let Some(binding) = bindings.get(&name.text) {
                    self.variable(binding)?;
                    at += 2;
                    continue;
                }
            }
            self.push(token.clone())?;
            at += 1;
        }
        Some(())
    }

    fn repeat(&mut self, inner: &[Token], separator: Option<Token>, bindings: &BTreeMap<SmolStr, &Binding>, depth: u32) -> Option<()> {
        let mut turns: Option<usize> = None;
        for pair in inner.windows(2).filter(|pair| pair[0].is("$")) {
            if let Some(Binding::Many(many)) = bindings.get(&pair[1].text) {
                turns = Some(turns.map_or(many.len(), |turns| turns.max(many.len())));
            }
        }
        for turn in 0..turns? {
            if let Some(separator) = separator.clone().filter(|_| turn > 0) {
                self.push(separator)?;
            }
            let mut scope = bindings.clone();
            for binding in scope.values_mut() {
                if let Binding::Many(many) = *binding
                    && let Some(one) = many.get(turn)
                {
                    *binding = one;
                }
            }
            self.write(inner, &scope, depth + 1)?;
        }
        Some(())
    }

    fn variable(&mut self, binding: &Binding) -> Option<()> {
        let Binding::One { range, expr } = binding else {
            return None;
        };
        let tokens = self.call.get(range.clone())?;
        let apart = *expr && reads_apart(tokens, range.start);
        if apart {
            self.push(made(Kind::Open, "("))?;
        }
        for token in tokens {
            self.push(token.clone())?;
        }
        if apart {
            self.push(made(Kind::Close, ")"))?;
        }
        Some(())
    }
}

/// A token that stands nowhere in the file.
fn made(kind: Kind, text: &str) -> Token {
    Token { kind, text: SmolStr::new(text), range: 0..0, from: (u32::MAX, u32::MAX), close: None }
}

/// An expression's parts could be taken by operators around it.
fn reads_apart(tokens: &[Token], offset: usize) -> bool {
    let mut at = 0;
    while at < tokens.len() {
        let token = &tokens[at];
        let harmless = [".", "::", "?"].iter().any(|text| token.is(text)) || token.is("!") && at > 0;
        let word = ["as", "if", "match", "return", "move", "async", "unsafe"].iter().any(|word| token.is(word));
        if word || token.kind == Kind::Punct && !harmless {
            return true;
        }
        at = token.close.map_or(at + 1, |close| close + 1 - offset);
    }
    false
}

/// The text of an expansion: tokens that touched in the file touch, others are held apart.
fn join(tokens: &[Token], call: (u32, u32), wrap: (&str, &str)) -> Text {
    let mut text = Text::new(call);
    text.push(wrap.0);
    let mut previous = None;
    for token in tokens {
        let real = token.from.0 != u32::MAX;
        if !(real && previous == Some(token.from.0)) {
            text.push(" ");
        }
        if real {
            text.push_from(&token.text, token.from.0, token.from.1);
        } else {
            text.push(&token.text);
        }
        previous = real.then_some(token.from.1);
    }
    text.push(wrap.1);
    text.finish()
}
