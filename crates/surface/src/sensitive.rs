//! Sensitive data: parameters and fields tagged by class, from their names and types, by the rules of
//! `grammars/sensitive.yaml` and of the tree's own `.apicensus/sensitive.yaml`. Only names and types are looked at, and
//! no values are kept.

use apicensus_catalog::{Endpoint, Sensitive, SensitiveClass, SensitiveTag};
use apicensus_source::Tree;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

const BUILTIN: &str = include_str!("../../../grammars/sensitive.yaml");
/// Where a repository keeps rules of its own.
const OWN_RULES: &str = ".apicensus/sensitive.yaml";
/// Fields of fields are looked at so deep.
const MAX_DEPTH: usize = 6;
/// Fields of one endpoint that are listed.
const MAX_FIELDS: usize = 100;
/// Schemas of one endpoint that are looked at.
const MAX_SCHEMAS: usize = 2_000;

/// The class of rules that tag nothing: their words tell something about what is named (`password_length`).
const NONE: &str = "none";

/// The rules in force.
#[derive(Debug)]
pub struct Rules {
    rules: Vec<Rule>,
    about: Vec<About>,
}

/// Words that tell something about what is named, at the start and the end of a name.
#[derive(Debug)]
struct About {
    rule: String,
    starts: Vec<Vec<String>>,
    ends: Vec<Vec<String>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    rule: String,
    class: String,
    #[serde(default)]
    names: Vec<String>,
    #[serde(default)]
    whole: Vec<String>,
    #[serde(default)]
    starts: Vec<String>,
    #[serde(default)]
    ends: Vec<String>,
    #[serde(default)]
    unless: Vec<String>,
    #[serde(default)]
    types: Vec<String>,
}

#[derive(Debug)]
struct Rule {
    tag: SensitiveTag,
    names: Vec<Vec<String>>,
    whole: Vec<Vec<String>>,
    ends: Vec<Vec<String>>,
    unless: Vec<Vec<String>>,
    types: Vec<String>,
}

/// A list of rules that can't be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{file}: {message}")]
pub struct RuleError {
    file: String,
    message: String,
}

impl Rules {
    /// The tree's own rules, then the built-in ones whose names it doesn't take.
    ///
    /// # Errors
    /// When a list can't be read or is wrong.
    pub fn of(tree: &Tree) -> Result<Rules, RuleError> {
        let own = match tree.find(OWN_RULES) {
            Some(at) => {
                let bytes = tree.read(at).map_err(|e| RuleError { file: OWN_RULES.to_owned(), message: e.to_string() })?;
                parse(OWN_RULES, &String::from_utf8_lossy(&bytes))?
            }
            None => Rules { rules: Vec::new(), about: Vec::new() },
        };
        Rules::with(own)
    }

    /// The built-in rules alone.
    ///
    /// # Errors
    /// When they are wrong, which a test rules out.
    pub fn builtin() -> Result<Rules, RuleError> {
        parse("grammars/sensitive.yaml", BUILTIN)
    }

    fn with(mut own: Rules) -> Result<Rules, RuleError> {
        let builtin = Rules::builtin()?;
        for rule in builtin.rules {
            if !own.rules.iter().any(|r| r.tag.rule == rule.tag.rule) {
                own.rules.push(rule);
            }
        }
        for about in builtin.about {
            if !own.about.iter().any(|a| a.rule == about.rule) {
                own.about.push(about);
            }
        }
        Ok(own)
    }

    /// The tag of a name of which no type is known.
    pub fn of_name(&self, name: &str) -> Option<SensitiveTag> {
        self.of_field(name, &Value::Null, None)
    }

    /// Tags an endpoint's parameters, and the fields of its bodies and answers.
    pub fn tag(&self, endpoint: &mut Endpoint, schemas: &BTreeMap<String, Value>) {
        for parameter in &mut endpoint.parameters {
            let schema = parameter.schema.as_ref().unwrap_or(&Value::Null);
            parameter.sensitive = self.of_field(&parameter.name, schema, parameter.type_name.as_deref());
        }
        let mut walk = Walk { rules: self, schemas, out: Vec::new(), open: Vec::new(), seen: 0 };
        for body in &endpoint.bodies {
            walk.schema(&body.schema, "body", 0);
        }
        for response in &endpoint.responses {
            walk.schema(response.schema.as_ref().unwrap_or(&Value::Null), "response", 0);
        }
        endpoint.sensitive = walk.out;
    }

    fn of_field(&self, name: &str, schema: &Value, type_name: Option<&str>) -> Option<SensitiveTag> {
        let said: Vec<&str> =
            ["type", "format", "x-apicensus-type"].iter().filter_map(|k| schema.get(k)?.as_str()).chain(type_name).collect();
        if said.iter().any(|t| matches!(*t, "boolean" | "bool")) {
            return None;
        }
        let words = words(name);
        self.rules.iter().find(|rule| rule.fits(&words, &said, &self.about)).map(|rule| rule.tag.clone())
    }
}

impl Rule {
    fn fits(&self, words: &[String], types: &[&str], about: &[About]) -> bool {
        if types.iter().any(|t| self.types.iter().any(|own| own == t)) {
            return true;
        }
        if self.unless.iter().any(|wanted| !places(words, wanted).is_empty()) {
            return false;
        }
        let at_end = |wanted: &&Vec<String>| words.len() > wanted.len() && words.ends_with(wanted.as_slice());
        let ends = self.ends.iter().filter(at_end).map(|wanted| (words.len() - wanted.len(), words.len()));
        let mut found = self.names.iter().flat_map(|wanted| places(words, wanted)).chain(ends);
        self.whole.iter().any(|wanted| wanted == words) || found.any(|place| !about.iter().any(|a| a.tells(words, place)))
    }
}

impl About {
    /// Whether a name starts or ends with one of these words, outside of a place in it.
    fn tells(&self, words: &[String], (from, to): (usize, usize)) -> bool {
        self.starts.iter().any(|w| w.len() <= from && words.starts_with(w))
            || self.ends.iter().any(|w| w.len() <= words.len() - to && words.ends_with(w))
    }
}

/// Where words stand next to each other in a name; names that don't set their words apart (`accesstoken`) are words of their own.
fn places(words: &[String], wanted: &[String]) -> Vec<(usize, usize)> {
    let apart = words.windows(wanted.len().max(1)).enumerate().filter(|(_, w)| *w == wanted).map(|(at, w)| (at, at + w.len()));
    let joined = Some(wanted.concat()).filter(|_| wanted.len() > 1);
    let as_one = words.iter().enumerate().filter(|(_, w)| Some(*w) == joined.as_ref()).map(|(at, _)| (at, at + 1));
    apart.chain(as_one).collect()
}

fn parse(file: &str, text: &str) -> Result<Rules, RuleError> {
    let fail = |message: String| RuleError { file: file.to_owned(), message };
    let raw: Vec<Raw> = serde_yaml::from_str(text).map_err(|e| fail(e.to_string()))?;
    let all = |texts: &[String]| -> Vec<Vec<String>> { texts.iter().map(|t| words(t)).filter(|w| !w.is_empty()).collect() };
    let mut out = Rules { rules: Vec::new(), about: Vec::new() };
    for raw in raw {
        if raw.class == NONE {
            if !(raw.names.is_empty() && raw.whole.is_empty() && raw.unless.is_empty() && raw.types.is_empty()) {
                return Err(fail(format!("rule `{}`: a rule of the class `none` has only `starts` and `ends`", raw.rule)));
            }
            out.about.push(About { rule: raw.rule, starts: all(&raw.starts), ends: all(&raw.ends) });
            continue;
        }
        let class = SensitiveClass::from_word(&raw.class).ok_or_else(|| {
            let known: Vec<&str> = SensitiveClass::ALL.iter().map(|c| c.as_str()).collect();
            fail(format!("rule `{}`: there is no class `{}` ({}, {NONE})", raw.rule, raw.class, known.join(", ")))
        })?;
        if !raw.starts.is_empty() {
            return Err(fail(format!("rule `{}`: only a rule of the class `none` has `starts`", raw.rule)));
        }
        let (names, whole, ends, unless) = (all(&raw.names), all(&raw.whole), all(&raw.ends), all(&raw.unless));
        out.rules.push(Rule { tag: SensitiveTag { class, rule: raw.rule }, names, whole, ends, unless, types: raw.types });
    }
    Ok(out)
}

/// The words of a name: `dateOfBirth`, `date_of_birth`, `DATE-OF-BIRTH` are date, of, birth; `userID` is user, id.
fn words(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    let mut out = vec![String::new()];
    for (at, c) in chars.iter().enumerate() {
        if !c.is_alphanumeric() {
            out.push(String::new());
            continue;
        }
        let before = at.checked_sub(1).and_then(|i| chars.get(i));
        let after = chars.get(at + 1);
        let rises = before.is_some_and(|b| b.is_lowercase() || b.is_numeric());
        let ends_capitals = before.is_some_and(|b| b.is_uppercase()) && after.is_some_and(|a| a.is_lowercase());
        if c.is_uppercase() && (rises || ends_capitals) {
            out.push(String::new());
        }
        if let Some(last) = out.last_mut() {
            last.extend(c.to_lowercase());
        }
    }
    out.retain(|w| !w.is_empty());
    out
}

/// A walk over the fields of a schema.
struct Walk<'a> {
    rules: &'a Rules,
    schemas: &'a BTreeMap<String, Value>,
    out: Vec<Sensitive>,
    /// The named schemas around.
    open: Vec<&'a str>,
    seen: usize,
}

impl<'a> Walk<'a> {
    fn schema<'s: 'a>(&mut self, schema: &'s Value, at: &str, depth: usize) {
        self.seen += 1;
        if depth > MAX_DEPTH || self.out.len() >= MAX_FIELDS || self.seen > MAX_SCHEMAS {
            return;
        }
        if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix("#/schemas/")) {
            let Some(target) = self.schemas.get(name) else { return };
            if !self.open.contains(&name) {
                self.open.push(name);
                self.schema(target, at, depth + 1);
                self.open.pop();
            }
            return;
        }
        for part in ["anyOf", "oneOf", "allOf"].iter().filter_map(|k| schema.get(k)?.as_array()).flatten() {
            self.schema(part, at, depth + 1);
        }
        if let Some(items) = schema.get("items") {
            self.schema(items, &format!("{at}[]"), depth + 1);
        }
        for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let place = format!("{at}.{name}");
            match self.rules.of_field(name, property, None) {
                Some(tag) => self.add(place, tag),
                None => self.schema(property, &place, depth + 1),
            }
        }
    }

    fn add(&mut self, place: String, tag: SensitiveTag) {
        if self.out.len() < MAX_FIELDS && !self.out.iter().any(|s| s.place == place) {
            self.out.push(Sensitive { place, class: tag.class, rule: tag.rule });
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    fn class(name: &str) -> Option<&'static str> {
        Rules::builtin().unwrap().of_field(name, &Value::Null, None).map(|tag| tag.class.as_str())
    }

    #[test]
    fn names_in_several_styles_tell() {
        let cases = [
            ("password newPassword PASSWORD_HASH user-password pwd", Some("credential")),
            ("email userEmail E-Mail contact_email phoneNumber shipping_address zipCode", Some("contact")),
            ("dateOfBirth date_of_birth DOB firstName LAST_NAME dateofbirth user[birth-date]", Some("personal")),
            ("api_key APIKey clientSecret X-Api-Key accessToken token Authorization accesstoken REFRESHTOKEN x.auth.token", Some("secret")),
            ("IBAN cardNumber cvv monthly_salary", Some("financial")),
            ("ssn taxId passportNumber", Some("identifier")),
            ("lat longitude client_ip", Some("location")),
            ("bloodType medical_record", Some("health")),
            (
                "name id title max_tokens has_password password_length isSecret api_key_limit passenger tokenType emailTemplate pinned latest page_token_count secretary",
                None,
            ),
        ];
        for (names, expected) in cases {
            for name in names.split(' ') {
                assert_eq!(class(name), expected, "{name}");
            }
        }
    }

    #[test]
    fn types_tell_and_truth_values_do_not() {
        let rules = Rules::builtin().unwrap();
        let of = |name: &str, schema: Value| rules.of_field(name, &schema, None).map(|t| t.rule);
        assert_eq!(of("to", json!({"type": "string", "format": "email"})).as_deref(), Some("email"));
        assert_eq!(of("has_password", json!({"type": "boolean"})), None);
    }

    #[test]
    fn fields_of_fields_are_found_once_and_recursion_ends() {
        let rules = Rules::builtin().unwrap();
        let schemas: BTreeMap<String, Value> = [
            ("User".to_owned(), json!({"properties": {"email": {"type": "string"}, "friends": {"items": {"$ref": "#/schemas/User"}}}})),
            ("Order".to_owned(), json!({"properties": {"user": {"anyOf": [{"$ref": "#/schemas/User"}, {"type": "null"}]}}})),
        ]
        .into();
        let mut walk = Walk { rules: &rules, schemas: &schemas, out: Vec::new(), open: Vec::new(), seen: 0 };
        let body = json!({"$ref": "#/schemas/Order"});
        walk.schema(&body, "body", 0);
        let places: Vec<&str> = walk.out.iter().map(|s| s.place.as_str()).collect();
        assert_eq!(places, ["body.user.email"]);
    }

    #[test]
    fn own_rules_come_first_and_wrong_ones_are_errors() {
        let own = parse("x", "- {rule: badge, class: identifier, names: [badge number]}\n- {rule: email, class: personal, names: [email]}")
            .unwrap();
        let rules = Rules::with(own).unwrap();
        assert_eq!(rules.of_field("badgeNumber", &Value::Null, None).unwrap().rule, "badge");
        assert_eq!(rules.of_field("email", &Value::Null, None).unwrap().class, SensitiveClass::Personal);
        let wrong = parse("x", "- {rule: a, class: secrt, names: [a]}").unwrap_err();
        assert!(wrong.to_string().contains("there is no class `secrt`"), "{wrong}");
        assert!(parse("x", "- {rule: a, nmes: [a]}").is_err());
        assert!(parse("x", "- {rule: a, class: none, names: [a]}").is_err());
        assert!(parse("x", "- {rule: a, class: secret, starts: [a]}").is_err());
    }
}
