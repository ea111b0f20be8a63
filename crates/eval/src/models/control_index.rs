//! Finding what models say of controls and HTTP clients, by language and outside name.

use super::{ClientModel, ControlLibrary, ControlModel};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

/// The libraries of controls with an index over their symbols.
#[derive(Clone, Debug, Default)]
pub struct Controls {
    /// The libraries, by language then name.
    pub libraries: Vec<ControlLibrary>,
    /// Library and fact, by language and the last part of the symbol.
    facts: FxHashMap<(SmolStr, SmolStr), Vec<(usize, usize)>>,
    clients: FxHashMap<(SmolStr, SmolStr), Vec<(usize, usize)>>,
    /// Symbols that stand for everything inside of them: language, `a.b.`, library and fact.
    wide: Vec<(SmolStr, SmolStr, (usize, usize))>,
}

impl Controls {
    /// Indexes libraries.
    pub fn new(mut libraries: Vec<ControlLibrary>) -> Controls {
        libraries.sort_by(|a, b| (&a.language, &a.controls).cmp(&(&b.language, &b.controls)));
        let mut out = Controls::default();
        for (l, library) in libraries.iter().enumerate() {
            let language = SmolStr::new(&library.language);
            for (f, fact) in library.facts.iter().enumerate() {
                for symbol in &fact.symbol {
                    match symbol.strip_suffix(".*") {
                        Some(inside) => out.wide.push((language.clone(), SmolStr::new(format!("{inside}.")), (l, f))),
                        None => out.facts.entry((language.clone(), last(symbol))).or_default().push((l, f)),
                    }
                }
            }
            for (c, client) in library.clients.iter().enumerate() {
                for name in &client.names {
                    let own = client.holders.iter().map(|h| last(h));
                    let keys: Vec<SmolStr> = if name == "()" { own.collect() } else { vec![SmolStr::new(name)] };
                    for key in keys {
                        out.clients.entry((language.clone(), key)).or_default().push((l, c));
                    }
                }
            }
        }
        out.libraries = libraries;
        out
    }

    /// What is known of an outside name; the exact names go before `a.*`.
    pub fn of_symbol(&self, language: &str, symbol: &str) -> Vec<&ControlModel> {
        let found = self.facts.get(&(SmolStr::new(language), last(symbol)));
        let exact = found.into_iter().flatten().filter_map(|at| self.fact(*at)).filter(|f| f.symbol.iter().any(|s| fits(s, symbol)));
        let mut out: Vec<&ControlModel> = exact.collect();
        if out.is_empty() {
            // `a.b.*` is `a.b.c` and, of what `a.b` makes, `a.b().c`.
            let made = |start: &str| symbol.strip_prefix(start.trim_end_matches('.')).is_some_and(|rest| rest.starts_with("()."));
            let inside =
                |(l, start, _): &&(SmolStr, SmolStr, _)| l == language && (symbol.starts_with(start.as_str()) || made(start.as_str()));
            out.extend(self.wide.iter().filter(inside).filter_map(|(_, _, at)| self.fact(*at)));
        }
        out
    }

    /// The facts of a language that are no symbols: settings, attributes and frameworks.
    pub fn others(&self, language: &str) -> impl Iterator<Item = &ControlModel> {
        self.libraries.iter().filter(move |l| l.language == language).flat_map(|l| &l.facts).filter(|f| f.symbol.is_empty())
    }

    /// The client whose function this is.
    pub fn client(&self, language: &str, symbol: &str) -> Option<&ClientModel> {
        let found = self.clients.get(&(SmolStr::new(language), last(symbol)))?;
        let all = found.iter().filter_map(|(l, c)| self.libraries.get(*l)?.clients.get(*c));
        all.into_iter().find(|c| c.makes(symbol))
    }

    /// Whether a function of a client has this name.
    pub fn names_client(&self, language: &str, name: &str) -> bool {
        self.clients.contains_key(&(SmolStr::new(language), SmolStr::new(name)))
    }

    /// The outermost modules of a language's clients: `requests`, `axios`.
    pub fn client_modules(&self, language: &str) -> Vec<&str> {
        let clients = self.libraries.iter().filter(|l| l.language == language).flat_map(|l| &l.clients).flat_map(|c| &c.holders);
        let mut out: Vec<&str> = clients.map(|s| s.split(['.', '(']).next().unwrap_or(s)).collect();
        out.sort_unstable();
        out.dedup();
        out
    }

    fn fact(&self, (library, fact): (usize, usize)) -> Option<&ControlModel> {
        self.libraries.get(library)?.facts.get(fact)
    }
}

impl ClientModel {
    /// Whether calling an outside name makes a request: a function of a holder, or of something made by calls on one, but
    /// not of what a request gives (`requests.get(..).json().get(..)`).
    fn makes(&self, symbol: &str) -> bool {
        self.holders.iter().any(|holder| {
            let Some(rest) = symbol.strip_prefix(holder.as_str()) else { return false };
            if self.names.iter().any(|n| n == "()") && (rest.is_empty() || rest == "()") {
                return true;
            }
            let Some((between, last)) = rest.rsplit_once('.') else { return false };
            let is_request = |part: &str| self.names.iter().any(|n| n == part.trim_end_matches("()"));
            (between.is_empty() || between.starts_with("()") || between.starts_with('.') && between.ends_with("()"))
                && self.names.iter().any(|n| n == last)
                && !between.split('.').any(|part| is_request(part) || is_answer(part.trim_end_matches("()")))
        })
    }
}

/// Whether a part of a name is what a request gave, or a part of it: `.json().get("x")`, `Response().headers.get("x")`.
fn is_answer(part: &str) -> bool {
    let flat = part.to_ascii_lowercase();
    flat.contains("response")
        || matches!(flat.as_str(), "json" | "headers" | "cookies" | "extensions" | "send" | "content" | "data" | "body")
}

/// The last part of a dotted name, without the marks of a call.
fn last(symbol: &str) -> SmolStr {
    SmolStr::new(symbol.trim_end_matches("()").rsplit('.').next().unwrap_or(symbol))
}

/// `*.x.y` is any name that ends in `.x.y`.
fn fits(pattern: &str, symbol: &str) -> bool {
    match pattern.strip_prefix("*.") {
        Some(end) => symbol == end || symbol.strip_suffix(end).is_some_and(|rest| rest.ends_with('.')),
        None => pattern == symbol,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_told_from_what_they_give() {
        let text = "controls: x\ntitle: X\nlanguage: python\nclients:\n  - {client: c, of: [c, c.Session], name: [get, post], method: '@name', url: 0}\n";
        let controls = Controls::new(vec![serde_yaml::from_str(text).unwrap()]);
        for symbol in ["c.get", "c.Session().post", "c.session().get", "c.Client.builder().build().get"] {
            assert!(controls.client("python", symbol).is_some(), "{symbol}");
        }
        for symbol in ["c.get().json().get", "c.codes.get", "cc.get", "c.put"] {
            assert!(controls.client("python", symbol).is_none(), "{symbol}");
        }
        assert_eq!(controls.client_modules("python"), ["c"]);
    }

    #[test]
    fn symbols_find_their_facts() {
        let text = "controls: x\ntitle: X\nlanguage: python\nfacts:\n  - {symbol: [a.b.*], control: nothing}\n  - {symbol: [a.b.Limit], control: rate_limit}\n  - {symbol: ['*.shield'], control: csrf}\n";
        let controls = Controls::new(vec![serde_yaml::from_str(text).unwrap()]);
        let kinds = |symbol| controls.of_symbol("python", symbol).iter().map(|f| f.control.clone()).collect::<Vec<_>>();
        assert_eq!(kinds("a.b.Limit"), ["rate_limit"]);
        assert_eq!(kinds("a.b.Other"), ["nothing"]);
        assert_eq!(kinds("a.b().other"), ["nothing"]);
        assert_eq!(kinds("q.w.shield"), ["csrf"]);
        assert!(kinds("a.bc.Other").is_empty());
        assert!(controls.of_symbol("rust", "a.b.Limit").is_empty());
    }
}
