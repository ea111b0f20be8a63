//! What differs between the bodies that a contract promises and those of the code: properties, which of them are required, their kinds.
//!
//! Only what both sides say is compared. That the code does *not* have a property is said only of types that it declares: where a handler
//! was seen to read single fields it may read others elsewhere. A contract that allows further properties lacks none.

use super::shapes::{Object, Schemas, kinds, object};
use apicensus_catalog::{Body, ContractOperation, DeclaredAnswer, Endpoint, Response};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Levels of properties that are compared.
const DEEPEST: usize = 3;
/// Differences of one operation that are told; more are counted.
const MOST: usize = 8;
/// Properties on both sides from which it says something that none is common.
const SOME: usize = 2;

/// The differences, each as a sentence that begins with `body: ` or `response: `.
pub fn of(promised: &ContractOperation, served: &Endpoint, schemas: &Schemas) -> Vec<String> {
    let mut found = requests(promised, served, schemas);
    found.extend(responses(promised, served, schemas));
    let more = found.len().saturating_sub(MOST);
    if more > 1 {
        found.truncate(MOST);
        let field = if found.iter().all(|f| f.starts_with("response: ")) { "response" } else { "body" };
        found.push(format!("{field}: {more} more differences"));
    }
    found
}

fn requests(promised: &ContractOperation, served: &Endpoint, schemas: &Schemas) -> Vec<String> {
    let Some(bodies) = promised.promised.bodies.as_ref().filter(|_| !served.bodies.is_empty()) else { return Vec::new() };
    let types = |bodies: &[Body]| bodies.iter().map(|b| b.content_type.clone()).collect::<Vec<_>>().join(", ");
    if bodies.is_empty() {
        let is_sure = served.bodies.iter().any(|b| b.required);
        return is_sure
            .then(|| format!("body: the code requires one of {}, the contract has none", types(&served.bodies)))
            .into_iter()
            .collect();
    }
    let mut found = Vec::new();
    let pairs: Vec<(&Body, &Body)> = bodies
        .iter()
        .filter_map(|ours| Some((ours, served.bodies.iter().find(|theirs| fits(&ours.content_type, &theirs.content_type))?)))
        .collect();
    if pairs.is_empty() {
        found.push(format!("body: the contract says {}, the code takes {}", types(bodies), types(&served.bodies)));
    }
    for (ours, theirs) in pairs {
        let pair = Pair { side: Side::Request, schemas };
        let mut of_pair = Vec::new();
        pair.values(&ours.schema, &theirs.schema, "", 0, &mut of_pair);
        found.extend(of_pair.into_iter().filter(|f| !found.contains(f)).collect::<Vec<_>>());
    }
    found
}

fn responses(promised: &ContractOperation, served: &Endpoint, schemas: &Schemas) -> Vec<String> {
    let answers = &promised.promised.answers;
    let declared: Vec<&Response> = served.responses.iter().filter(|r| !r.inferred && (200..300).contains(&r.status)).collect();
    let mut found = Vec::new();
    if answers.is_empty() || declared.is_empty() {
        return found;
    }
    let says = |status: u16| answers.iter().any(|a| a.status == status.to_string() || a.status == "2XX");
    if !declared.iter().any(|r| says(r.status)) && answers.iter().any(|a| a.status.starts_with('2')) {
        let ours: BTreeSet<&str> = answers.iter().map(|a| a.status.as_str()).filter(|s| s.starts_with('2')).collect();
        let theirs: BTreeSet<String> = declared.iter().map(|r| r.status.to_string()).collect();
        let (ours, theirs) = (ours.into_iter().collect::<Vec<_>>().join(", "), theirs.into_iter().collect::<Vec<_>>().join(", "));
        found.push(format!("response: the contract says {ours}, the code answers {theirs}"));
    }
    for response in declared {
        let is_it = |a: &&DeclaredAnswer| {
            let same_type = response.content_type.as_ref().is_none_or(|t| fits(&a.content_type, t));
            a.status == response.status.to_string() && same_type
        };
        let ours = answers.iter().find(is_it).and_then(|a| a.schema.as_ref());
        if let Some((ours, theirs)) = ours.zip(response.schema.as_ref()) {
            Pair { side: Side::Response, schemas }.values(ours, theirs, "", 0, &mut found);
        }
    }
    found
}

/// Whether a media type of the contract is one of the code; `application/*+json` is JSON (RFC 6839, section 3.1).
fn fits(ours: &str, theirs: &str) -> bool {
    let plain = |t: &str| t.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let (ours, theirs) = (plain(ours), plain(theirs));
    let is_json = |t: &str| t == "application/json" || t.ends_with("+json");
    let is_any = |t: &str| t == "*/*" || t.is_empty();
    ours == theirs || is_any(&ours) || is_any(&theirs) || (is_json(&ours) && is_json(&theirs))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Request,
    Response,
}

struct Pair<'c> {
    side: Side,
    schemas: &'c Schemas,
}

impl Pair<'_> {
    fn word(&self) -> &'static str {
        if self.side == Side::Request { "body" } else { "response" }
    }

    /// Compares a value of the contract and one of the code; `above` is what leads to them, with a dot at its end.
    fn values(&self, ours: &Value, theirs: &Value, above: &str, depth: usize, found: &mut Vec<String>) {
        if let (Some(promised), Some(served)) = (kinds(ours, self.schemas), kinds(theirs, self.schemas)) {
            let (from, to) = if self.side == Side::Request { (&promised, &served) } else { (&served, &promised) };
            if is_apart(from, to) {
                let what = if above.is_empty() { "it".to_owned() } else { format!("`{}`", above.trim_end_matches('.')) };
                let (ours, theirs) = (words(&promised), words(&served));
                found.push(format!("{}: {what} is {ours} in the contract and {theirs} in the code", self.word()));
                return;
            }
        }
        if depth >= DEEPEST {
            return;
        }
        let (Some(ours), Some(theirs)) = (object(ours, self.schemas), object(theirs, self.schemas)) else { return };
        self.objects(&ours, &theirs, above, depth, found);
    }

    fn objects(&self, ours: &Object<'_>, theirs: &Object<'_>, above: &str, depth: usize, found: &mut Vec<String>) {
        let alike = same_names(ours, theirs);
        let (field, word) = (self.word(), if self.side == Side::Request { "takes" } else { "gives" });
        if alike.is_empty() && ours.properties.len().min(theirs.properties.len()) >= SOME {
            let place = if above.is_empty() { String::new() } else { format!(" of `{}`", above.trim_end_matches('.')) };
            found.push(format!("{field}: the contract and the code have no property{place} in common"));
            return;
        }
        // What the code only gives is not taken, and the other way round.
        let other = if self.side == Side::Request { "readOnly" } else { "writeOnly" };
        for (name, schema) in theirs.properties.iter().filter(|(_, s)| s.get(other).is_none()) {
            let needs = self.side == Side::Request && theirs.required.contains(name);
            match alike.get(name) {
                None if ours.is_open || schema.get("x-undocumented").is_some() => {}
                None if needs => found.push(format!("{field}: the code requires `{above}{name}`, the contract does not have it")),
                None => found.push(format!("{field}: the code {word} `{above}{name}`, the contract does not have it")),
                Some(known) => {
                    let promised = ours.properties.get(known).copied().unwrap_or(&Value::Null);
                    if needs && !ours.required.contains(known) {
                        found.push(format!("{field}: the code requires `{above}{name}`, the contract leaves it open"));
                    }
                    if self.side == Side::Request && theirs.is_declared && promised.get("readOnly").is_some() {
                        found.push(format!("{field}: the code takes `{above}{name}`, which is only to be read by the contract"));
                    }
                    self.values(promised, schema, &format!("{above}{name}."), depth + 1, found);
                }
            }
        }
        if !theirs.is_declared || theirs.is_open {
            return;
        }
        let met: BTreeSet<&str> = alike.values().copied().collect();
        for name in ours.properties.iter().filter(|(name, s)| !met.contains(*name) && s.get(other).is_none()).map(|(name, _)| name) {
            found.push(format!("{field}: the contract has `{above}{name}`, the type in the code does not"));
        }
    }
}

/// Names of the code's properties to those of the contract: the same, or the same but for case and `_`, as a rule for names may not have
/// been seen.
fn same_names<'v>(ours: &Object<'v>, theirs: &Object<'v>) -> BTreeMap<&'v str, &'v str> {
    let plain = |name: &str| name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    let by_plain: BTreeMap<String, &'v str> = ours.properties.keys().map(|name| (plain(name), *name)).collect();
    let each = theirs.properties.keys().filter_map(|name| {
        let known = if ours.properties.contains_key(name) { Some(*name) } else { by_plain.get(&plain(name)).copied() };
        Some((*name, known?))
    });
    each.collect()
}

/// Whether no kind of `from` is one of `to`. An integer is a number.
pub fn is_apart(from: &BTreeSet<&str>, to: &BTreeSet<&str>) -> bool {
    from.iter().all(|kind| !(to.contains(kind) || *kind == "integer" && to.contains("number")))
}

/// Kinds as text.
pub fn words(kinds: &BTreeSet<&str>) -> String {
    kinds.iter().copied().collect::<Vec<_>>().join(" or ")
}
