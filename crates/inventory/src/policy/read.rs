//! Reading a policy, strictly.

use super::{FILE, Policy, PolicyError, Require, RuleSeverity, ServicePolicy, Suppress};
use apicensus_catalog::{ControlKind, Severity};
use apicensus_contracts::node::{Entry, Node, Value};
use apicensus_contracts::yaml;

/// Reads a policy.
///
/// # Errors
/// The first mistake, with its line.
pub fn parse(text: &str) -> Result<Policy, PolicyError> {
    let (documents, broken) = yaml::parse(text);
    if let Some(first) = broken.into_iter().next() {
        return Err(wrong(first.line, first.message));
    }
    let mut policy = Policy::default();
    let Some(root) = documents.first().filter(|root| root.value != Value::Null) else { return Ok(policy) };
    for entry in keys(root, &["services", "public", "severity", "suppress", "require", "allowed_hosts", "ignore_contracts"])? {
        match entry.key.as_str() {
            "services" => policy.services = list(&entry.node)?.iter().map(service).collect::<Result<_, _>>()?,
            "public" => policy.public = texts(&entry.node)?,
            "severity" => policy.severity = map(&entry.node)?.iter().map(severity).collect::<Result<_, _>>()?,
            "suppress" => policy.suppress = list(&entry.node)?.iter().map(suppress).collect::<Result<_, _>>()?,
            "require" => policy.require = list(&entry.node)?.iter().map(require).collect::<Result<_, _>>()?,
            "allowed_hosts" => policy.allowed_hosts = Some(texts(&entry.node)?),
            _ => policy.ignore_contracts = texts(&entry.node)?,
        }
    }
    Ok(policy)
}

fn service(node: &Node) -> Result<ServicePolicy, PolicyError> {
    let mut service = ServicePolicy { line: node.line, ..ServicePolicy::default() };
    for entry in keys(node, &["root", "name", "owners", "contracts", "base_urls"])? {
        match entry.key.as_str() {
            "root" => service.root = text(&entry.node)?.trim_matches('/').trim_start_matches("./").to_owned(),
            "name" => service.name = Some(text(&entry.node)?),
            "owners" => service.owners = texts(&entry.node)?,
            "contracts" => service.contracts = texts(&entry.node)?,
            _ => service.base_urls = texts(&entry.node)?,
        }
    }
    needs(node, "root")?;
    Ok(service)
}

fn severity(entry: &Entry) -> Result<RuleSeverity, PolicyError> {
    let rule = rule(&entry.key, entry.line)?;
    let word = match &entry.node.value {
        Value::Bool(false) => "off".to_owned(),
        _ => text(&entry.node)?,
    };
    if word == "off" {
        return Ok(RuleSeverity { rule, severity: None });
    }
    match Severity::from_word(&word) {
        Some(severity) => Ok(RuleSeverity { rule, severity: Some(severity) }),
        None => {
            let known = Severity::ALL.iter().map(|s| s.as_str()).chain(["off"]);
            Err(PolicyError { hint: hint(&word, known), ..wrong(entry.node.line, format!("unknown severity `{word}`")) })
        }
    }
}

fn suppress(node: &Node) -> Result<Suppress, PolicyError> {
    let mut found = Suppress { line: node.line, ..Suppress::default() };
    for entry in keys(node, &["rule", "path", "method", "service", "reason", "expires"])? {
        let value = text(&entry.node)?;
        match entry.key.as_str() {
            "rule" => found.rule = rule(&value, entry.line)?,
            "path" => found.path = Some(value),
            "method" => found.method = Some(value.to_ascii_uppercase()),
            "service" => found.service = Some(value),
            "reason" => found.reason = value,
            _ if is_date(&value) => found.expires = Some(value),
            _ => return Err(wrong(entry.line, format!("`{value}` is no date like 2027-01-31"))),
        }
    }
    needs(node, "rule")?;
    needs(node, "reason")?;
    if found.reason.trim().is_empty() {
        return Err(wrong(node.line, "a suppression needs a reason"));
    }
    Ok(found)
}

fn require(node: &Node) -> Result<Require, PolicyError> {
    let mut found = Require { line: node.line, ..Require::default() };
    for entry in keys(node, &["path", "auth", "roles", "scopes", "controls", "reason"])? {
        match entry.key.as_str() {
            "path" => found.path = text(&entry.node)?,
            "auth" => match entry.node.value {
                Value::Bool(is_asked) => found.auth = is_asked,
                _ => return Err(wrong(entry.line, "`true` or `false` is expected")),
            },
            "roles" => found.roles = texts(&entry.node)?,
            "scopes" => found.scopes = texts(&entry.node)?,
            "controls" => found.controls = list(&entry.node)?.iter().map(control).collect::<Result<_, _>>()?,
            _ => found.reason = text(&entry.node)?,
        }
    }
    needs(node, "path")?;
    if !found.auth && found.roles.is_empty() && found.scopes.is_empty() && found.controls.is_empty() {
        return Err(wrong(node.line, "a requirement needs `auth`, `roles`, `scopes` or `controls`"));
    }
    Ok(found)
}

fn control(node: &Node) -> Result<ControlKind, PolicyError> {
    let word = text(node)?;
    let known = ControlKind::ALL.iter().map(|k| k.as_str());
    ControlKind::from_word(&word)
        .ok_or_else(|| PolicyError { hint: hint(&word, known), ..wrong(node.line, format!("unknown control `{word}`")) })
}

fn is_date(text: &str) -> bool {
    let is_digit = |at: usize, c: u8| if matches!(at, 4 | 7) { c == b'-' } else { c.is_ascii_digit() };
    text.len() == 10 && text.bytes().enumerate().all(|(at, c)| is_digit(at, c))
}

/// A rule's name, checked.
fn rule(name: &str, line: u32) -> Result<String, PolicyError> {
    let known = || apicensus_findings::rules().iter().map(|r| r.id);
    if known().any(|id| id == name) {
        return Ok(name.to_owned());
    }
    Err(PolicyError { hint: hint(name, known()), ..wrong(line, format!("unknown rule `{name}`")) })
}

fn wrong(line: u32, message: impl Into<String>) -> PolicyError {
    PolicyError { file: FILE.to_owned(), line, message: message.into(), hint: String::new() }
}

/// ` (did you mean ...?)` of the nearest known word, or nothing.
pub fn hint<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> String {
    let best = known.map(|k| (strsim::damerau_levenshtein(word, k), k)).min();
    match best {
        Some((distance, word)) if distance <= 3 => format!(" (did you mean `{word}`?)"),
        _ => String::new(),
    }
}

fn map(node: &Node) -> Result<&[Entry], PolicyError> {
    if node.is_map() { Ok(node.entries()) } else { Err(wrong(node.line, "a mapping is expected")) }
}

/// The entries of a mapping that may have these keys.
fn keys<'n>(node: &'n Node, known: &[&str]) -> Result<&'n [Entry], PolicyError> {
    let entries = map(node)?;
    match entries.iter().find(|e| !known.contains(&e.key.as_str())) {
        Some(entry) => {
            Err(PolicyError { hint: hint(&entry.key, known.iter().copied()), ..wrong(entry.line, format!("unknown key `{}`", entry.key)) })
        }
        None => Ok(entries),
    }
}

fn needs(node: &Node, key: &str) -> Result<(), PolicyError> {
    if node.get(key).is_some() { Ok(()) } else { Err(wrong(node.line, format!("the key `{key}` is missing"))) }
}

fn list(node: &Node) -> Result<&[Node], PolicyError> {
    match &node.value {
        Value::List(items) => Ok(items),
        _ => Err(wrong(node.line, "a list is expected")),
    }
}

fn text(node: &Node) -> Result<String, PolicyError> {
    node.text().map(str::to_owned).ok_or_else(|| wrong(node.line, "text is expected"))
}

fn texts(node: &Node) -> Result<Vec<String>, PolicyError> {
    list(node)?.iter().map(text).collect()
}
