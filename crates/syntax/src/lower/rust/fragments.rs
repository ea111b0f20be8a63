//! How far a macro fragment reaches: `$x:expr`, `$t:ty` and the others, on tokens.
//!
//! What may follow a fragment is fixed by the language, so that most end at the next such token.

use super::tokens::{Kind, Token, after_tree};

/// The end of the fragment of kind `kind` that begins at `at`; nothing when none does.
pub(super) fn fragment(kind: &str, tokens: &[Token], at: usize, end: usize) -> Option<usize> {
    let scan = Scan { tokens: tokens.get(..end)? };
    let token = scan.tokens.get(at);
    match kind {
        "vis" => Some(scan.visibility(at)),
        "ident" => token.filter(|token| token.is_word()).map(|_| at + 1),
        "lifetime" => token.filter(|token| token.kind == Kind::Lifetime).map(|_| at + 1),
        "tt" => token.filter(|token| token.kind != Kind::Close).map(|_| after_tree(tokens, at)),
        "literal" => scan.literal(at),
        "block" => token.filter(|token| token.is("{")).map(|_| after_tree(tokens, at)),
        "ty" => scan.ty(at),
        "path" => scan.path(at),
        "meta" => scan.meta(at),
        "item" => scan.item(at),
        "stmt" => scan.stmt(at),
        "pat" => scan.pattern(at, true),
        "pat_param" => scan.pattern(at, false),
        _ => scan.expr(at),
    }
}

struct Scan<'t> {
    tokens: &'t [Token],
}

impl Scan<'_> {
    fn is(&self, at: usize, text: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.is(text))
    }

    fn kind(&self, at: usize) -> Option<Kind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    fn after(&self, at: usize) -> usize {
        after_tree(self.tokens, at).min(self.tokens.len())
    }

    fn visibility(&self, at: usize) -> usize {
        if !self.is(at, "pub") {
            return at;
        }
        let restricted = self.is(at + 1, "(") && ["crate", "self", "super", "in"].iter().any(|word| self.is(at + 2, word));
        if restricted { self.after(at + 1) } else { at + 1 }
    }

    fn literal(&self, at: usize) -> Option<usize> {
        let at = if self.is(at, "-") { at + 1 } else { at };
        let literal = matches!(self.kind(at)?, Kind::Str | Kind::Char | Kind::Number) || self.is(at, "true") || self.is(at, "false");
        literal.then_some(at + 1)
    }

    fn expr(&self, start: usize) -> Option<usize> {
        let first = self.tokens.get(start)?;
        let begins = match first.kind {
            Kind::Punct => ["-", "!", "*", "&", "&&", "|", "||", "..", "..=", "<", "::", "#", "$"].iter().any(|text| first.is(text)),
            Kind::Word => !["as", "where", "else", "in", "_", "let", "fn", "struct", "enum", "pub", "mod", "use", "impl"]
                .iter()
                .any(|word| first.is(word)),
            Kind::Close => false,
            _ => true,
        };
        if !begins {
            return None;
        }
        let mut at = start;
        while at < self.tokens.len() {
            if [",", ";", "=>"].iter().any(|text| self.is(at, text)) {
                break;
            }
            let operand = at == start
                || self.tokens[at - 1].kind == Kind::Punct && !self.is(at - 1, "?")
                || self.is(at - 1, "move")
                || self.is(at - 1, "return");
            if self.is(at, "|") && operand {
                at = (at + 1..self.tokens.len()).find(|at| self.is(*at, "|"))?;
            } else if self.is(at, "::") && self.is(at + 1, "<") {
                at = self.angle(at + 1)?;
                continue;
            }
            at = self.after(at);
        }
        (at > start).then_some(at)
    }

    /// After the `>` that closes the `<` at `at`.
    fn angle(&self, mut at: usize) -> Option<usize> {
        let mut depth = 0usize;
        while at < self.tokens.len() {
            if self.is(at, "<") {
                depth += 1;
            } else if self.is(at, ">") {
                depth = depth.checked_sub(1)?;
            } else if self.is(at, ";") {
                return None;
            }
            at = self.after(at);
            if depth == 0 {
                return Some(at);
            }
        }
        None
    }

    fn path(&self, start: usize) -> Option<usize> {
        let mut at = start;
        if self.is(at, "<") {
            at = self.angle(at)?;
        } else if self.is(at, "::") {
            at += 1;
        }
        loop {
            if self.is(at, "::") && at > start {
                if !(self.tokens.get(at + 1).is_some_and(Token::is_word) || self.is(at + 1, "<")) {
                    return Some(at);
                }
                at += 1;
            }
            if self.is(at, "<") {
                at = self.angle(at)?;
            } else {
                let name = self.tokens.get(at).filter(|token| token.is_word())?;
                at += 1;
                if self.is(at, "<") {
                    at = self.angle(at)?;
                } else if self.is(at, "(") && name.text.starts_with("Fn") {
                    at = self.arrow(self.after(at))?;
                }
            }
            if !self.is(at, "::") {
                return Some(at);
            }
        }
    }

    /// After an optional `-> T`.
    fn arrow(&self, at: usize) -> Option<usize> {
        if self.is(at, "->") { self.ty(at + 1) } else { Some(at) }
    }

    fn ty(&self, start: usize) -> Option<usize> {
        let mut at = start;
        loop {
            if self.is(at, "for") && self.is(at + 1, "<") {
                at = self.angle(at + 1)?;
            } else if self.kind(at) == Some(Kind::Lifetime) && at > start
                || self.kind(at) == Some(Kind::Str) && at > start && self.is(at - 1, "extern")
                || ["&", "&&", "*", "mut", "const", "dyn", "impl", "?", "unsafe", "extern"].iter().any(|text| self.is(at, text))
            {
                at += 1;
            } else {
                break;
            }
        }
        at = if self.is(at, "(") || self.is(at, "[") {
            self.after(at)
        } else if self.is(at, "!") || self.is(at, "_") {
            at + 1
        } else if self.is(at, "fn") && self.is(at + 1, "(") {
            self.arrow(self.after(at + 1))?
        } else {
            let end = self.path(at)?;
            if self.is(end, "!") && self.kind(end + 1) == Some(Kind::Open) { self.after(end + 1) } else { end }
        };
        while self.is(at, "+") && at + 1 < self.tokens.len() {
            at = if self.kind(at + 1) == Some(Kind::Lifetime) { at + 2 } else { self.path(at + 1)? };
        }
        Some(at)
    }

    fn meta(&self, at: usize) -> Option<usize> {
        let at = self.path(at)?;
        if self.kind(at) == Some(Kind::Open) {
            return Some(self.after(at));
        }
        if self.is(at, "=") { self.expr(at + 1) } else { Some(at) }
    }

    fn pattern(&self, start: usize, alternatives: bool) -> Option<usize> {
        let mut at = start;
        while at < self.tokens.len() {
            let stop = ["=>", ",", "=", "if", "in", ";"].iter().any(|text| self.is(at, text));
            if stop || !alternatives && self.is(at, "|") {
                break;
            }
            at = self.after(at);
        }
        (at > start).then_some(at)
    }

    fn stmt(&self, start: usize) -> Option<usize> {
        if self.is(start, "let") {
            let mut at = start;
            while at < self.tokens.len() && !self.is(at, ";") {
                at = self.after(at);
            }
            return Some(at);
        }
        self.item(start).or_else(|| self.expr(start))
    }

    fn item(&self, start: usize) -> Option<usize> {
        let mut at = start;
        while self.is(at, "#") && self.is(at + 1, "[") {
            at = self.after(at + 1);
        }
        at = self.visibility(at);
        let word = self.tokens.get(at).filter(|token| token.is_word())?;
        if self.is(at + 1, "!") {
            let group = if self.kind(at + 2) == Some(Kind::Word) { at + 3 } else { at + 2 };
            let end = self.after(group);
            return (self.kind(group) == Some(Kind::Open)).then(|| if self.is(end, ";") { end + 1 } else { end });
        }
        let qualified = |at: usize| ["fn", "unsafe", "async", "extern"].iter().any(|word| self.is(at, word));
        let plain = match word.text.as_str() {
            "use" | "type" | "static" => true,
            "const" => !qualified(at + 1),
            "fn" | "impl" | "trait" | "enum" | "mod" | "struct" | "union" | "extern" => false,
            "unsafe" | "async" if qualified(at + 1) || self.is(at + 1, "impl") || self.is(at + 1, "trait") => false,
            _ => return None,
        };
        while at < self.tokens.len() {
            let brace = self.is(at, "{");
            let semicolon = self.is(at, ";");
            at = self.after(at);
            if semicolon || brace && !plain {
                return Some(at);
            }
        }
        None
    }
}
