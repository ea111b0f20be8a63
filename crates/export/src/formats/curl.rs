//! A shell script of curl commands, one an operation, destructive ones as comments. Every text is a quoted word of a POSIX
//! shell; the token comes from the environment.

use crate::operation::{Operation, operations};
use crate::request::Proof;
use crate::{Exported, Exporter, Input, escape};
use apicensus_catalog::ParameterIn;

pub struct Curl;

impl Exporter for Curl {
    fn name(&self) -> &'static str {
        "curl"
    }
    fn about(&self) -> &'static str {
        "Shell script of curl commands, destructive ones as comments"
    }
    fn write(&self, input: &Input<'_>) -> Exported {
        script(input, command)
    }
}

/// A shell script of one command an operation: `command` makes it of the operation, the name of the token's variable and that of the
/// base URL's. Destructive ones stand as comments.
pub fn script(input: &Input<'_>, command: fn(&Operation<'_>, &str, &str) -> String) -> Exported {
    let (operations, left_out) = operations(input);
    let token = input.options.token();
    let mut text = format!("#!/bin/sh\n# {token} holds the token or key.\n");
    for (name, url) in input.variables("BASE_URL") {
        text.push_str(&format!("{name}=${{{name}:-{}}}\n", base(url)));
    }
    for operation in &operations {
        let mark = if operation.is_destructive { "# " } else { "" };
        let url = input.variable(&operation.endpoint.service, "BASE_URL");
        text.push_str(&format!("\n# {}\n{mark}{}\n", escape::line(&operation.title()), command(operation, &token, &url)));
    }
    Exported::text(text, left_out)
}

/// A default for a shell variable: what has a meaning there is percent-encoded.
pub fn base(url: &str) -> String {
    url.chars().map(|c| if c.is_ascii_alphanumeric() || "-._~:/%@[]".contains(c) { c.to_string() } else { String::new() }).collect()
}

fn command(operation: &Operation<'_>, token: &str, url: &str) -> String {
    let mut words = vec!["curl -sS -g -o /dev/null -w '%{http_code} %{url_effective}\\n'".to_owned()];
    words.push(if operation.method == "HEAD" { "-I".to_owned() } else { format!("-X {}", operation.method) });
    for (name, value) in operation.needed(ParameterIn::Header) {
        words.push(format!("-H {}", escape::shell(&format!("{name}: {value}"))));
    }
    let cookies: Vec<String> =
        operation.needed(ParameterIn::Cookie).iter().map(|(n, v)| format!("{}={}", escape::query(n), escape::query(v))).collect();
    if !cookies.is_empty() {
        words.push(format!("-b {}", escape::shell(&cookies.join("; "))));
    }
    if let Some((name, value)) = operation.proof_header("\u{0}") {
        // The token is outside of the quoted word, in a quoted variable.
        let (before, after) = value.split_once('\u{0}').unwrap_or((&value, ""));
        let after = if after.is_empty() { String::new() } else { escape::shell(after) };
        words.push(format!("-H {}\"${token}\"{after}", escape::shell(&format!("{name}: {before}"))));
    } else if operation.proofs().contains(&Proof::Mtls) {
        words.push("--cert \"$CLIENT_CERT\"".to_owned());
    }
    if let Some((body, text)) = operation.body() {
        if body.content_type.contains("form-data") {
            let fields = body.sample.as_ref().and_then(serde_json::Value::as_object).into_iter().flatten();
            words.extend(fields.map(|(n, v)| format!("--form-string {}", escape::shell(&format!("{n}={}", crate::sample::text(v))))));
        } else {
            words.push(format!("-H {}", escape::shell(&format!("Content-Type: {}", body.content_type))));
            words.push(format!("--data-raw {}", escape::shell(&text)));
        }
    }
    words.push(format!("\"${url}\"{}", escape::shell(&operation.target())));
    words.join(" ")
}
