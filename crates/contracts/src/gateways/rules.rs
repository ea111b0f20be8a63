//! Rules of Traefik's routers (https://doc.traefik.io/traefik/routing/routers/#rule): `Host(`a`) && (PathPrefix(`/x`) || Path(`/y`))`
//! as alternatives, each with what it asks of host, path and method. What is not read stays as a condition.

use apicensus_catalog::PathMatch;

/// Most alternatives of one rule.
const MAX_WAYS: usize = 64;
/// Deepest nesting of brackets.
const MAX_DEPTH: usize = 20;

/// One way to meet a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Way {
    /// Hosts.
    pub hosts: Vec<String>,
    /// The path, and how it is compared.
    pub path: Option<(String, PathMatch)>,
    /// Methods.
    pub methods: Vec<String>,
    /// Anything else, as written.
    pub others: Vec<String>,
}

/// The ways to meet a rule; none (with what is wrong) where it can't be read.
pub fn ways(rule: &str) -> Result<Vec<Way>, String> {
    let mut reader = Reader { text: rule, at: 0 };
    let ways = reader.either(0)?;
    reader.space();
    if reader.at < rule.len() {
        return Err(format!("the rule `{rule}` can't be read"));
    }
    Ok(ways)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn eat(&mut self, mark: &str) -> bool {
        self.space();
        let is_there = self.rest().starts_with(mark);
        self.at += if is_there { mark.len() } else { 0 };
        is_there
    }

    fn broken<T>(&self) -> Result<T, String> {
        Err(format!("the rule `{}` can't be read", self.text))
    }

    fn either(&mut self, depth: usize) -> Result<Vec<Way>, String> {
        let mut ways = self.both(depth)?;
        while self.eat("||") {
            ways.extend(self.both(depth)?);
            ways.truncate(MAX_WAYS);
        }
        Ok(ways)
    }

    fn both(&mut self, depth: usize) -> Result<Vec<Way>, String> {
        let mut ways = self.single(depth)?;
        // A semicolon is the older way to say "and".
        while self.eat("&&") || self.eat(";") {
            let others = self.single(depth)?;
            ways = ways.iter().flat_map(|a| others.iter().map(|b| joined(a, b))).take(MAX_WAYS).collect();
        }
        Ok(ways)
    }

    fn single(&mut self, depth: usize) -> Result<Vec<Way>, String> {
        if depth > MAX_DEPTH {
            return self.broken();
        }
        self.space();
        let start = self.at;
        if self.eat("!") {
            self.single(depth + 1)?;
            let text = self.text.get(start..self.at).unwrap_or_default().to_owned();
            return Ok(vec![Way { others: vec![text], ..Way::default() }]);
        }
        if self.eat("(") {
            let ways = self.either(depth + 1)?;
            return if self.eat(")") { Ok(ways) } else { self.broken() };
        }
        let rest = self.rest();
        let length = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let name = rest[..length].to_owned();
        self.at += length;
        // The oldest form has a colon and no brackets: `Host:a.test`.
        if name.is_empty() || !self.eat("(") {
            return self.broken();
        }
        let args = self.args()?;
        let text = self.text.get(start..self.at).unwrap_or_default().to_owned();
        Ok(matcher(&name, args, text))
    }

    fn args(&mut self) -> Result<Vec<String>, String> {
        let mut args = Vec::new();
        loop {
            self.space();
            let Some(quote) = self.rest().chars().next() else { return self.broken() };
            match quote {
                ')' => {
                    self.at += 1;
                    return Ok(args);
                }
                ',' => self.at += 1,
                '`' | '"' | '\'' => {
                    let inner = &self.rest()[1..];
                    let Some(end) = inner.find(quote) else { return self.broken() };
                    args.push(inner[..end].to_owned());
                    self.at += end + 2;
                }
                _ => {
                    let rest = self.rest();
                    let end = rest.find([',', ')']).unwrap_or(rest.len());
                    args.push(rest[..end].trim().to_owned());
                    self.at += end;
                }
            }
        }
    }
}

fn matcher(name: &str, args: Vec<String>, text: String) -> Vec<Way> {
    let path = |kind: PathMatch| -> Vec<Way> {
        let of = |arg: String| {
            // Version 2 writes `{name}` and `{name:pattern}` in paths.
            let kind = if arg.contains('{') && kind == PathMatch::Exact { PathMatch::Template } else { kind };
            Way { path: Some((without_patterns(&arg), kind)), ..Way::default() }
        };
        args.iter().cloned().map(of).collect()
    };
    match name {
        "Host" | "HostHeader" | "HostSNI" => vec![Way { hosts: args, ..Way::default() }],
        "HostRegexp" => vec![Way { hosts: args.iter().map(|a| format!("~{a}")).collect(), ..Way::default() }],
        "Path" => path(PathMatch::Exact),
        "PathPrefix" => path(PathMatch::Prefix),
        "PathRegexp" => path(PathMatch::Regex),
        "Method" => vec![Way { methods: args.iter().map(|a| a.to_ascii_uppercase()).collect(), ..Way::default() }],
        _ => vec![Way { others: vec![text], ..Way::default() }],
    }
}

/// `{id:[0-9]+}` as `{id}`.
fn without_patterns(path: &str) -> String {
    let mut out = String::new();
    let mut depth = 0usize;
    let mut is_pattern = false;
    for c in path.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ':' if depth == 1 => is_pattern = true,
            _ => {}
        }
        is_pattern &= depth > 0;
        if !is_pattern {
            out.push(c);
        }
    }
    out
}

fn joined(a: &Way, b: &Way) -> Way {
    let mut way = a.clone();
    way.hosts.extend(b.hosts.iter().cloned());
    way.methods.extend(b.methods.iter().cloned());
    way.others.extend(b.others.iter().cloned());
    match (&way.path, &b.path) {
        (None, path) => way.path.clone_from(path),
        (Some(_), Some((text, _))) => way.others.push(format!("path {text}")),
        (Some(_), None) => {}
    }
    way
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn rules_are_ways() {
        let all = ways("Host(`a.test`, `b.test`) && (PathPrefix(`/x`) || Path(`/y/{id:[0-9]+}`)) && !Method(`GET`)").unwrap();
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].hosts, ["a.test", "b.test"]);
        assert_eq!(all[0].path, Some(("/x".to_owned(), PathMatch::Prefix)));
        assert_eq!(all[1].path, Some(("/y/{id}".to_owned(), PathMatch::Template)));
        assert_eq!(all[0].others, ["!Method(`GET`)"]);
        assert_eq!(ways("Method(`GET`,`post`)").unwrap()[0].methods, ["GET", "POST"]);
    }

    #[test]
    fn what_can_not_be_read_is_an_error() {
        for rule in ["", "Host(`a", "Host(`a`) &&", "(((", "Host:a.test", &"(".repeat(10_000), "Host(`a`) Host(`b`)"] {
            assert!(ways(rule).is_err(), "{rule:.20}");
        }
        let many = ["(Path(`/a`) || Path(`/b`))"; 40].join(" && ");
        assert!(ways(&many).unwrap().len() <= MAX_WAYS);
    }
}
