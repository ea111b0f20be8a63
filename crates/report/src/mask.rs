//! Credentials in source text, masked before they reach a page that people pass on.
//!
//! Two strengths: [`Masker::tokens`] masks what is a credential wherever it stands (keys of well-known services, JSON Web
//! Tokens, passwords in URLs); [`Masker::source`] also masks literals that are given to names like `password` or `api_key`,
//! long random literals and blocks of private keys. It rather masks too much than too little.

use regex::{Captures, Regex};
use std::borrow::Cow;
use std::sync::LazyLock;

/// What stands in place of a credential.
pub const MASK: &str = "\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}";

/// Masks credentials.
#[derive(Default)]
pub struct Masker;

type Pattern = LazyLock<Option<Regex>>;

static TOKEN: Pattern = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?-u)\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}|\bxox[abeoprs]-[\w-]{10,}",
        r"|\b(?:sk|pk|rk)_(?:live|test)_\w{10,}|\bwhsec_\w{16,}|\bsk-[\w-]{20,}|\bAIza[\w-]{30,}|\bya29\.[\w-]{20,}|\bnpm_\w{30,}",
        r"|\bpypi-[\w-]{30,}|\bSG\.[\w-]{16,}\.[\w-]{16,}|\bdop_v1_\w{30,}|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*",
    ))
    .ok()
});
static USERINFO: Pattern = LazyLock::new(|| Regex::new(r#"(\w://[^/\s:@"'`]*):([^/\s@"'`{}]+)@"#).ok());
static HEADER: Pattern = LazyLock::new(|| Regex::new(r"\b(Bearer|Basic|Token)\s+([A-Za-z0-9+/._~=-]{12,})").ok());
static NAMED: Pattern = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)([\w.-]*(?:passw(?:or)?d|passphrase|pwd|secret|token|credential|salt|api[_-]?key|private[_-]?key|access[_-]?key",
        r#"|auth[_-]?key|signing[_-]?key|encryption[_-]?key)[\w-]*["'`]?\]?\s*(?::\s*[&\w<>\[\]|. ]+)?(?:=>|:=|={1,3}|!=|:|,)\s*(?:[rbuf]{0,2}))"#,
        r#"("[^"\n]{3,}"|'[^'\n]{3,}'|`[^`\n]{3,}`)"#,
    ))
    .ok()
});
/// Settings files: `PASSWORD=...` and `password: ...` without quotes.
static BARE: Pattern = LazyLock::new(|| {
    Regex::new(r"(?i)^(\s*(?:export\s+)?[A-Z0-9_.-]*(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|private[_-]?key|access[_-]?key)[A-Z0-9_]*\s*[=:]\s*)([^\s'\x22`(\[{<$&*!,;]{6,})\s*$").ok()
});
static LITERAL: Pattern = LazyLock::new(|| Regex::new(r#"(["'`])([A-Za-z0-9+/=_-]{32,})(["'`])"#).ok());

fn replace<'t>(pattern: &Pattern, text: Cow<'t, str>, with: impl Fn(&Captures<'_>) -> String) -> Cow<'t, str> {
    let Some(regex) = pattern.as_ref() else { return text };
    match regex.replace_all(&text, |found: &Captures<'_>| with(found)) {
        Cow::Borrowed(_) => text,
        Cow::Owned(changed) => Cow::Owned(changed),
    }
}

fn group<'c>(found: &'c Captures<'_>, at: usize) -> &'c str {
    found.get(at).map_or("", |m| m.as_str())
}

impl Masker {
    /// The text without what is a credential wherever it stands.
    pub fn tokens<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if text.len() < 12 {
            return Cow::Borrowed(text);
        }
        let text = replace(&TOKEN, Cow::Borrowed(text), |_| MASK.to_owned());
        let text = replace(&USERINFO, text, |found| format!("{}:{MASK}@", group(found, 1)));
        replace(&HEADER, text, |found| match looks_random(group(found, 2)) {
            true => format!("{} {MASK}", group(found, 1)),
            false => group(found, 0).to_owned(),
        })
    }

    /// The lines of a source file, masked.
    pub fn source(&self, text: &str) -> Vec<String> {
        let mut in_key = false;
        let mut out = Vec::new();
        for line in text.lines() {
            let ends = line.contains("-----END");
            if in_key && !ends {
                out.push(MASK.to_owned());
                continue;
            }
            in_key = line.contains("-----BEGIN") && line.contains("PRIVATE KEY") && !ends;
            out.push(if line.contains("PRIVATE KEY-----") { key_line(line) } else { self.line(line) });
        }
        out
    }

    fn line(&self, line: &str) -> String {
        let text = self.tokens(line);
        let text = replace(&NAMED, text, |found| {
            let literal = group(found, 2);
            let (quote, value) = (&literal[..1], &literal[1..literal.len() - 1]);
            if is_harmless(value) { group(found, 0).to_owned() } else { format!("{}{quote}{MASK}{quote}", group(found, 1)) }
        });
        let text = replace(&BARE, text, |found| match is_word(group(found, 2)) {
            true => group(found, 0).to_owned(),
            false => format!("{}{MASK}", group(found, 1)),
        });
        let text = replace(&LITERAL, text, |found| match looks_random(group(found, 2)) {
            true => format!("{}{MASK}{}", group(found, 1), group(found, 3)),
            false => group(found, 0).to_owned(),
        });
        text.into_owned()
    }
}

/// A line that holds the marks of a private key: only the marks are left.
fn key_line(line: &str) -> String {
    let at = line.find("-----").unwrap_or(0);
    let marked = line.contains("-----BEGIN") && line.contains("-----END");
    if marked { format!("{}{MASK}", &line[..at]) } else { line.to_owned() }
}

/// Paths of URLs and names of variables are no credentials, whatever they are given to.
fn is_harmless(value: &str) -> bool {
    let is_path = value.starts_with('/') && value.chars().all(|c| c.is_ascii_lowercase() || "/_-{}:<>.".contains(c));
    let is_variable = value.contains('_') && value.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    is_path || is_variable || value == MASK
}

/// Code rather than a value: `settings.token`, `None`, `string`.
fn is_word(value: &str) -> bool {
    value.chars().all(|c| c.is_ascii_alphabetic() || c == '_' || c == '.' || c == '/')
}

/// Letters and digits mixed as in a key, not as in words.
fn looks_random(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let letters = text.chars().filter(char::is_ascii_alphabetic).count();
    let is_hex = text.chars().all(|c| c.is_ascii_hexdigit());
    let mixed = text.chars().any(|c| c.is_ascii_lowercase()) && text.chars().any(|c| c.is_ascii_uppercase());
    digits >= 3 && letters >= 3 && (is_hex || mixed || digits * 6 >= text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(line: &str) -> String {
        Masker.source(line).join("\n")
    }

    #[test]
    fn credentials_are_masked() {
        for line in [
            "password = \"correct horse battery\"",
            "db.connect(password='hunter2hunter2')",
            "SECRET_KEY: str = 'django-insecure-9a8s7d6'",
            "const apiKey = `abcdef123456`;",
            "{\"client_secret\": \"zzzTopSecret\"}",
            "headers = {'Authorization': 'Bearer a1B2c3D4e5F6g7'}",
            "URL = 'postgres://admin:s3cr3tpw@db/prod'",
            "aws('AKIAIOSFODNN7EXAMPLE')",
            "x = 'f3b1c2d4e5a6978812345678deadbeef0'",
            "DB_PASSWORD=hunter2x9",
            "let k = \"-----BEGIN PRIVATE KEY-----MIIabc-----END PRIVATE KEY-----\"",
        ] {
            assert!(masked(line).contains(MASK), "{line} -> {}", masked(line));
        }
        let secrets = ["horse", "hunter2", "insecure", "abcdef", "zzzTop", "a1B2", "s3cr3t", "AKIA", "deadbeef", "MIIabc"];
        let all = masked("password='horse'\npw_token = \"hunter2\"\nkey='postgres://a:s3cr3t@h/'");
        assert!(secrets.iter().all(|s| !all.contains(s)), "{all}");
    }

    #[test]
    fn every_pattern_is_one() {
        assert!([&TOKEN, &USERINFO, &HEADER, &NAMED, &BARE, &LITERAL].iter().all(|pattern| pattern.is_some()));
    }

    #[test]
    fn code_is_left_as_it_is() {
        for line in [
            "token_url = '/oauth/token'",
            "app.include_router(api, prefix=\"/api/v1\")",
            "password: str",
            "const token = request.headers.get('x')",
            "name = 'OrganizerSepaXMLExportViewSetForControl'",
            "os.environ['API_TOKEN'] == os.environ['OTHER']",
            "token: settings.token_value",
        ] {
            assert_eq!(masked(line), line);
        }
    }

    #[test]
    fn the_body_of_a_private_key_is_masked() {
        let text = "A\n-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\nabc\n-----END RSA PRIVATE KEY-----\nB";
        let lines = Masker.source(text);
        assert_eq!(lines.len(), 6);
        assert_eq!((lines[0].as_str(), lines[5].as_str()), ("A", "B"));
        assert!(lines[2] == MASK && lines[3] == MASK, "{lines:?}");
    }
}
