//! Macro calls: their tokens as arguments, and the standard library's macros that are values.

use super::tokens::{Kind, Token, after_tree, covered, split};
use super::*;

/// A function around what is read again.
pub(super) const BLOCK: (&str, &str) = ("fn f(){", "\n}");
/// A call around it.
const CALL: (&str, &str) = ("fn f(){__m(", "\n)}");

impl<'s> Low<'_, 's> {
    /// A macro call as an expression: its expansion, its value, or a call.
    pub(super) fn macro_call(&mut self, node: Node<'_>) -> ExprId {
        if let Some(value) = self.expand(node, BLOCK, |low, root| low.block_value(root)) {
            return value;
        }
        let (Some(name), Some(range)) = (field(node, "macro"), content(node)) else {
            return self.unknown(node);
        };
        let last = field(name, "name").map_or_else(|| self.name(name), |last| self.name(last));
        let value = match last.as_str() {
            "vec" => self.reread(node, range.clone(), ("fn f(){[", "\n]}"), |low, root| {
                let array = block_of(root).and_then(first).filter(|array| array.kind() == "array_expression")?;
                Some(low.array(array))
            }),
            "matches" => self.matches(node, range.clone()),
            "stringify" => {
                let words = self.text.get(range.clone()).unwrap_or_default().split_whitespace();
                Some(expressions::text_expr(words.collect::<Vec<_>>().join(" ")))
            }
            _ => None,
        };
        if let Some(value) = value {
            return self.put(value, node);
        }
        let args = match last.as_str() {
            "json" | "json_internal" => {
                let tokens = self.tokens(range);
                if tokens.is_empty() { Vec::new() } else { vec![Arg::Positional(self.json(&tokens, 0..tokens.len()))] }
            }
            "cfg" => {
                let tokens = self.tokens(range);
                self.meta_args(&tokens, 0..tokens.len())
            }
            _ => self.macro_args(node, range),
        };
        if matches!(last.as_str(), "format" | "format_args")
            && let Some(text) = self.format(&args)
        {
            return self.put(text, node);
        }
        let callee = self.macro_name(name);
        self.put(Expr::Call { callee, args, types: Vec::new(), new: false }, node)
    }

    /// A macro call's statements, where it stands as one: its expansion, or the items it was given. Nothing when the call is
    /// to be kept; else the value that `tail` asked for.
    pub(super) fn expand_statements(&mut self, node: Node<'_>, tail: Tail, out: &mut Block) -> Option<Option<ExprId>> {
        let expanded = self.expand(node, BLOCK, |low, root| Some(low.sequence(block_of(root)?, tail, out)));
        if expanded.is_some() || tail != Tail::Statement {
            return expanded;
        }
        let range = content(node).filter(|range| self.text.get(..range.start).is_some_and(|before| before.ends_with('{')))?;
        let name = self.text(field(node, "macro")?);
        if name.rsplit("::").next() == Some("cfg_if") {
            return self.alternatives(node, range, out).map(|()| None);
        }
        self.reread(node, range, BLOCK, |low, root| {
            let body = block_of(root)?;
            let items = named(body);
            let neutral = |kind: &str| matches!(kind, "attribute_item" | "inner_attribute_item" | "empty_statement");
            let item = |kind: &str| items::is_item(kind) && kind != "let_declaration";
            let all = items.iter().all(|child| neutral(child.kind()) || item(child.kind()));
            (all && items.iter().any(|child| item(child.kind()) && !neutral(child.kind()))).then(|| low.sequence(body, tail, out))
        })
    }

    /// All the branches of `cfg_if! { if #[cfg(..)] { .. } else { .. } }`.
    fn alternatives(&mut self, node: Node<'_>, range: Range<usize>, out: &mut Block) -> Option<()> {
        let tokens = self.tokens(range);
        let (mut at, mut test) = (0, None);
        // The conditions of the branches before.
        let mut before: Vec<ExprId> = Vec::new();
        while at < tokens.len() {
            let next = after_tree(&tokens, at);
            if tokens[at].is("[") && at > 0 && tokens[at - 1].is("#") {
                test = Some(self.meta_value(&tokens, at + 1..next.saturating_sub(1)));
            }
            if tokens[at].is("{") {
                let inner = tokens[at].range.end..tokens[next - 1].range.start;
                let mut body = Block::new();
                self.reread(node, inner, BLOCK, |low, root| Some(low.sequence(block_of(root)?, Tail::Statement, &mut body)))?;
                let own = test.take();
                let mut annotations: Vec<ExprId> = before.iter().map(|test| self.negated(*test)).collect();
                annotations.extend(own);
                before.extend(own);
                out.push(self.put_stmt(Stmt::Given { annotations, body }, node));
            }
            at = next;
        }
        Some(())
    }

    /// `cfg(not(..))` of a `cfg(..)`.
    fn negated(&mut self, test: ExprId) -> ExprId {
        let span = self.ctx.module.span(test);
        let args = match self.ctx.module.expr(test) {
            Expr::Call { args, .. } => args.clone(),
            _ => Vec::new(),
        };
        let (not, cfg) = (self.put_at(Expr::Name("not".into()), span), self.put_at(Expr::Name("cfg".into()), span));
        let inner = self.put_at(Expr::Call { callee: not, args, types: Vec::new(), new: false }, span);
        self.put_at(Expr::Call { callee: cfg, args: vec![Arg::Positional(inner)], types: Vec::new(), new: false }, span)
    }

    /// The value of the wrapping function's block.
    fn block_value(&mut self, root: Node<'_>) -> Option<ExprId> {
        let body = block_of(root)?;
        let mut block = Block::new();
        let value = self.sequence(body, Tail::Value, &mut block);
        match value {
            Some(value) if block.is_empty() => Some(value),
            _ => Some(self.put(Expr::Block(block, value), body)),
        }
    }

    /// The callee of a macro call: its path with a `!`.
    fn macro_name(&mut self, node: Node<'_>) -> ExprId {
        let expr = match (field(node, "path"), field(node, "name")) {
            (Some(path), Some(name)) => {
                let base = self.path(path);
                Expr::Attr(base, SmolStr::new(format!("{}!", self.name(name))))
            }
            (None, Some(name)) => Expr::Name(SmolStr::new(format!("{}!", self.name(name)))),
            _ => Expr::Name(SmolStr::new(format!("{}!", self.name(node)))),
        };
        self.put(expr, node)
    }

    /// The text of a part of this one in a wrapping.
    fn wrapped(&self, node: Node<'_>, parts: &[(&str, Range<usize>)], end: &str) -> Text {
        let call = self.map.map_or_else(|| self.file_range(node.byte_range()), |map| map.call());
        let mut text = Text::new(call);
        for (before, range) in parts {
            text.push(before);
            self.part(&mut text, range.clone());
        }
        text.push(end);
        text.finish()
    }

    /// Appends a part of this text to another.
    fn part(&self, text: &mut Text, range: Range<usize>) {
        match self.map {
            Some(map) => text.push_part(map, range),
            None => text.push_from(self.text.get(range.clone()).unwrap_or_default(), range.start as u32, range.end as u32),
        }
    }

    /// Reads a part of the text again, wrapped.
    fn reread<T>(
        &mut self,
        node: Node<'_>,
        range: Range<usize>,
        wrap: (&str, &str),
        lower: impl FnOnce(&mut Low<'_, 's>, Node<'_>) -> Option<T>,
    ) -> Option<T> {
        let text = self.wrapped(node, &[(wrap.0, range)], wrap.1);
        self.inside(&text, lower)
    }

    /// The arguments in the tokens of a macro call: as written for a function, else as a block, else piece by piece.
    fn macro_args(&mut self, node: Node<'_>, range: Range<usize>) -> Vec<Arg> {
        if self.text.get(range.clone()).unwrap_or_default().trim().is_empty() {
            return Vec::new();
        }
        if let Some(args) = self.whole_args(node, range.clone()) {
            return args;
        }
        if let Some(block) = self.reread(node, range.clone(), BLOCK, |low, root| low.block_value(root)) {
            return vec![Arg::Positional(block)];
        }
        let tokens = self.tokens(range);
        let mut args = Vec::new();
        for (left, right) in arms(&tokens) {
            let Some(right) = right else {
                args.push(self.loose_arg(&tokens, left));
                continue;
            };
            let value = self.loose(&tokens, left);
            let result = self.loose(&tokens, right);
            let (a, b) = (self.ctx.module.span(value), self.ctx.module.span(result));
            let span = Span { end: b.end.max(a.end), end_line: b.end_line.max(a.end_line), ..a };
            args.push(Arg::Positional(self.put_at(Expr::List(ListKind::Tuple, vec![Item::One(value), Item::One(result)]), span)));
        }
        args
    }

    /// A part of a macro's tokens as an argument; `name: value` and `dotted.name = value` are named.
    fn loose_arg(&mut self, tokens: &[Token], range: Range<usize>) -> Arg {
        let is_name = |at: &usize| tokens[*at].is_word() || tokens[*at].is(".") || tokens[*at].is("::") || tokens[*at].kind == Kind::Str;
        let end = range.clone().find(|at| !is_name(at)).unwrap_or(range.end);
        let named = end > range.start && end + 1 < range.end && (tokens[end].is(":") || tokens[end].is("="));
        if !named {
            return Arg::Positional(self.loose(tokens, range));
        }
        let name = match &tokens[range.start] {
            text if text.kind == Kind::Str => literals::string(&text.text),
            _ => tokens[range.start..end].iter().map(|token| token.text.as_str()).collect(),
        };
        Arg::Named(plain(&name), self.loose(tokens, end + 1..range.end))
    }

    /// Tokens as the arguments of a function call, if they are that.
    pub(super) fn whole_args(&mut self, node: Node<'_>, range: Range<usize>) -> Option<Vec<Arg>> {
        self.reread(node, range, CALL, |low, root| low.call_args(root))
    }

    /// The arguments of the wrapping call.
    fn call_args(&mut self, root: Node<'_>) -> Option<Vec<Arg>> {
        let call = block_of(root).and_then(first).filter(|call| call.kind() == "call_expression")?;
        let ours = field(call, "function").is_some_and(|function| self.text(function) == "__m");
        let args = field(call, "arguments").filter(|_| ours)?;
        Some(self.arguments(args, true))
    }

    /// A literal or a path, which need no parser.
    pub(super) fn simple(&mut self, tokens: &[Token], range: Range<usize>) -> Option<ExprId> {
        let slice = tokens.get(range)?;
        let span = |low: &Self, from: &Token, to: &Token| low.file_span(from.from.0, to.from.1.max(from.from.0));
        if let [one] = slice {
            let at = span(self, one, one);
            let expr = match one.kind {
                Kind::Str => expressions::text_expr(literals::string(&one.text)),
                Kind::Char => expressions::text_expr(literals::char(&one.text)),
                Kind::Number => Expr::Number(literals::number(&one.text)),
                Kind::Word if one.text == "true" || one.text == "false" => Expr::Bool(one.text == "true"),
                Kind::Word if one.text != "_" => Expr::Name(plain(&one.text)),
                _ => return None,
            };
            return Some(self.put_at(expr, at));
        }
        let path = slice.iter().enumerate().all(|(at, token)| if at % 2 == 0 { token.is_word() } else { token.is("::") });
        let start = slice.first().filter(|_| path && slice.len() % 2 == 1 && slice.len() < 64)?;
        let at = span(self, start, start);
        let mut expr = self.put_at(Expr::Name(plain(&start.text)), at);
        for name in slice.iter().skip(2).step_by(2) {
            let at = span(self, start, name);
            expr = self.put_at(Expr::Attr(expr, plain(&name.text)), at);
        }
        Some(expr)
    }

    /// Tokens that may be an expression or a type, a sigil before them (`%value` of logging) or JSON.
    pub(super) fn loose(&mut self, tokens: &[Token], range: Range<usize>) -> ExprId {
        let sigil = range.len() > 1 && ["%", "?", "@"].iter().any(|sigil| tokens[range.start].is(sigil));
        let range = if sigil { range.start + 1..range.end } else { range };
        if let Some(simple) = self.simple(tokens, range.clone()) {
            return simple;
        }
        let bytes = covered(tokens, &range);
        let span = self.span_of(bytes.clone());
        let call = self.map.map_or((span.start - self.ctx.offset, span.end - self.ctx.offset), |map| map.call());
        let text = |low: &Self, wrap: (&str, &str)| {
            let mut text = Text::new(call);
            text.push(wrap.0);
            low.part(&mut text, bytes.clone());
            text.push(wrap.1);
            text.finish()
        };
        let as_call = text(self, CALL);
        let args = self.inside(&as_call, |low, root| low.call_args(root));
        match args.as_deref() {
            Some([Arg::Positional(one)]) => return *one,
            Some([Arg::Named(name, value)]) => {
                let at = self.ctx.module.span(*value);
                let target = if name == "_" { Pattern::Ignore } else { Pattern::Name(name.clone(), at) };
                return self.put_at(Expr::Assign(Box::new(target), *value, BindKind::Assign), span);
            }
            _ => {}
        }
        if range.len() > 2
            && tokens[range.start].is("{")
            && after_tree(tokens, range.start) == range.end
            && tokens.get(range.start + 2).is_some_and(|colon| colon.is(":"))
        {
            return self.json(tokens, range);
        }
        let as_type = text(self, ("type X=", "\n;"));
        let ty = self.inside(&as_type, |low, root| {
            let ty = first(root).filter(|item| item.kind() == "type_item").and_then(|item| field(item, "type"))?;
            Some(low.ty(ty))
        });
        ty.unwrap_or_else(|| self.put_at(Expr::Unknown(SmolStr::new("token_tree")), span))
    }

    /// `matches!(e, P if guard)` as a match.
    fn matches(&mut self, node: Node<'_>, range: Range<usize>) -> Option<Expr> {
        let tokens = self.tokens(range.clone());
        let comma = split(&tokens, 0..tokens.len(), &[","]).first()?.end;
        let comma = tokens.get(comma)?.range.clone();
        let rest = self.text.get(comma.end..range.end)?;
        let end = comma.end + rest.trim_end().trim_end_matches(',').len();
        let parts = [("fn f(){match (", range.start..comma.start), ("){", comma.end..end)];
        let text = self.wrapped(node, &parts, "\n=>true,_=>false}}");
        self.inside(&text, |low, root| {
            let body = first(block_of(root)?)?;
            let whole = if body.kind() == "expression_statement" { first(body)? } else { body };
            (whole.kind() == "match_expression").then(|| low.match_value(whole))
        })
    }

    /// A JSON value of `json!`.
    fn json(&mut self, tokens: &[Token], range: Range<usize>) -> ExprId {
        let bytes = covered(tokens, &range);
        let span = self.span_of(bytes.clone());
        let value = self.deeper(bytes.start, |low| low.json_here(tokens, range, span));
        value.unwrap_or_else(|| self.put_at(Expr::Unknown(SmolStr::new("token_tree")), span))
    }

    fn json_here(&mut self, tokens: &[Token], range: Range<usize>, span: Span) -> ExprId {
        let whole = after_tree(tokens, range.start) == range.end && range.len() > 1;
        let inner = range.start + 1..range.end.saturating_sub(1);
        if range.len() == 1 && tokens[range.start].is("null") {
            return self.put_at(Expr::Null, span);
        }
        if whole && tokens[range.start].is("[") {
            let items = split(tokens, inner, &[","]).into_iter().map(|part| Item::One(self.json(tokens, part))).collect();
            return self.put_at(Expr::List(ListKind::List, items), span);
        }
        if whole && tokens[range.start].is("{") {
            let mut entries = Vec::new();
            for part in split(tokens, inner, &[","]) {
                let key = split(tokens, part.clone(), &[":"]).first().cloned().unwrap_or(part.clone());
                if key.is_empty() || key.end >= part.end {
                    continue;
                }
                let value = key.end + 1..part.end;
                let key = self.loose(tokens, key);
                entries.push(Entry::Pair(key, self.json(tokens, value)));
            }
            return self.put_at(Expr::Dict(entries, None), span);
        }
        self.loose(tokens, range)
    }

    /// `format!`'s arguments as a text with holes.
    fn format(&mut self, args: &[Arg]) -> Option<Expr> {
        let Some((Arg::Positional(first), rest)) = args.split_first() else {
            return None;
        };
        let span = self.ctx.module.span(*first);
        let Expr::Str(parts) = self.ctx.module.expr(*first) else {
            return None;
        };
        let template = match parts.as_slice() {
            [] => SmolStr::default(),
            [StrPart::Text(text)] => text.clone(),
            _ => return None,
        };
        let positional: Vec<ExprId> = rest.iter().filter_map(|arg| if let Arg::Positional(id) = arg { Some(*id) } else { None }).collect();
        let named = |name: &str| rest.iter().find(|arg| matches!(arg, Arg::Named(n, _) if n == name));
        let (mut out, mut text, mut next) = (Vec::new(), String::new(), 0);
        let mut chars = template.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '{' | '}' if chars.next_if_eq(&c).is_some() => text.push(c),
                '{' => {
                    let hole: String = chars.by_ref().take_while(|c| *c != '}').collect();
                    let name = hole.split(':').next().unwrap_or_default().trim();
                    let index = if name.is_empty() { Some(next) } else { name.parse().ok() };
                    next += usize::from(name.is_empty());
                    let value = match (index, named(name)) {
                        (Some(index), _) => positional.get(index).copied(),
                        (None, Some(Arg::Named(_, value))) => Some(*value),
                        _ => Some(self.put_at(Expr::Name(plain(name)), span)),
                    };
                    let value = value.unwrap_or_else(|| self.put_at(Expr::Unknown(SmolStr::new("format")), span));
                    if !text.is_empty() {
                        out.push(StrPart::Text(SmolStr::new(std::mem::take(&mut text))));
                    }
                    out.push(StrPart::Hole(value));
                }
                _ => text.push(c),
            }
        }
        if !text.is_empty() || out.is_empty() {
            out.push(StrPart::Text(SmolStr::new(text)));
        }
        Some(Expr::Str(out))
    }
}

/// The bytes between a macro call's brackets.
pub(super) fn content(node: Node<'_>) -> Option<Range<usize>> {
    let tree = child_of(node, "token_tree")?;
    let range = tree.byte_range();
    (range.len() >= 2).then(|| range.start + 1..range.end - 1)
}

/// The body of the wrapping function.
pub(super) fn block_of<'t>(root: Node<'t>) -> Option<Node<'t>> {
    let function = first(root).filter(|item| item.kind() == "function_item")?;
    field(function, "body")
}

fn plain(word: &str) -> SmolStr {
    SmolStr::new(word.strip_prefix("r#").unwrap_or(word))
}

/// The parts between commas and semicolons, each with what stands right of its `=>`.
fn arms(tokens: &[Token]) -> Vec<(Range<usize>, Option<Range<usize>>)> {
    let mut arms = Vec::new();
    let (mut start, mut arrow, mut at) = (0, None, 0);
    while at <= tokens.len() {
        let end = tokens.get(at).is_none_or(|token| token.is(",") || token.is(";"));
        let braced = !end && arrow == Some(at.wrapping_sub(1)) && tokens[at].is("{");
        let next = if at < tokens.len() { after_tree(tokens, at) } else { at + 1 };
        if end || braced {
            let stop = if braced { next } else { at };
            if start < stop {
                arms.push(match arrow {
                    Some(arrow) => (start..arrow, Some(arrow + 1..stop)),
                    None => (start..stop, None),
                });
            }
            (start, arrow) = (next, None);
        } else if arrow.is_none() && tokens[at].is("=>") {
            arrow = Some(at);
        }
        at = next;
    }
    arms
}
