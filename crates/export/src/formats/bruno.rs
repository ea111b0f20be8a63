//! A Bruno collection (<https://docs.usebruno.com/bru-lang/overview>): a folder a service, a `.bru` file an operation with samples in
//! its URL and body, and the environment `apicensus`, which takes the token from the process. Run it with
//! `bru run -r --env apicensus`.

use super::json;
use crate::operation::{Operation, operations};
use crate::request::Proof;
use crate::{Exported, Exporter, Input, escape, sample};
use apicensus_catalog::ParameterIn;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub struct Bruno;

/// Methods that the language has a block for.
const METHODS: &[&str] = &["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "CONNECT", "TRACE"];

impl Exporter for Bruno {
    fn name(&self) -> &'static str {
        "bruno"
    }
    fn about(&self) -> &'static str {
        "Folder of a Bruno collection, with samples"
    }
    fn is_folder(&self) -> bool {
        true
    }
    fn write(&self, input: &Input<'_>) -> Exported {
        let (operations, mut left_out) = operations(input);
        let config = json!({"version": "1", "name": "apicensus", "type": "collection", "ignore": ["node_modules", ".git"]});
        let urls: String = input.variables("base_url").iter().map(|(name, url)| format!("  {name}: {}\n", plain(url))).collect();
        let token = format!("  token: {{{{process.env.{}}}}}\n", input.options.token());
        let mut files = BTreeMap::from([
            ("bruno.json".to_owned(), json(&config)),
            ("environments/apicensus.bru".to_owned(), format!("vars {{\n{urls}{token}  username: user\n}}\n")),
        ]);
        let mut foreign = 0;
        for (at, operation) in operations.iter().enumerate() {
            if !METHODS.contains(&operation.method.as_str()) {
                foreign += 1;
                continue;
            }
            let folder = super::folder(input, &operation.endpoint.service);
            let name = escape::file(&format!("{:04}-{}", at + 1, operation.id));
            let url = input.variable(&operation.endpoint.service, "base_url");
            files.insert(format!("{folder}/{name}.bru"), request(operation, at + 1, &url));
        }
        if foreign > 0 {
            left_out.push((foreign, "a method that the format does not have"));
        }
        Exported::folder(files, left_out)
    }
}

fn request(operation: &Operation<'_>, number: usize, url: &str) -> String {
    let name = plain(&format!("{} {}", operation.method, operation.path));
    let (body_word, body, content_type) = body(operation);
    let proof = operation.proofs().first().copied();
    let (auth, auth_block) = match proof {
        Some(Proof::Bearer) => ("bearer", "auth:bearer {\n  token: {{token}}\n}\n\n"),
        Some(Proof::Basic) => ("basic", "auth:basic {\n  username: {{username}}\n  password: {{token}}\n}\n\n"),
        Some(Proof::ApiKey) => ("apikey", "auth:apikey {\n  key: X-API-Key\n  value: {{token}}\n  placement: header\n}\n\n"),
        Some(Proof::Session | Proof::Mtls) | None => ("none", ""),
    };
    let mut headers: Vec<(String, String)> =
        operation.needed(ParameterIn::Header).into_iter().map(|(n, v)| (n.to_owned(), plain(&v))).collect();
    headers.extend(content_type.map(|t| ("Content-Type".to_owned(), plain(&t))));
    let cookies: Vec<String> =
        operation.needed(ParameterIn::Cookie).iter().map(|(n, v)| format!("{}={}", escape::query(n), escape::query(v))).collect();
    let session = (proof == Some(Proof::Session)).then(|| "session={{token}}".to_owned());
    let cookies: Vec<String> = cookies.into_iter().chain(session).collect();
    if !cookies.is_empty() {
        headers.push(("Cookie".to_owned(), cookies.join("; ")));
    }
    let headers: String = headers.iter().map(|(n, v)| format!("  {}: {v}\n", header(n))).collect();
    let headers = if headers.is_empty() { headers } else { format!("headers {{\n{headers}}}\n\n") };
    let text = format!(
        "meta {{\n  name: {name}\n  type: http\n  seq: {number}\n}}\n\n{} {{\n  url: {{{{{url}}}}}{}\n  body: {body_word}\n  auth: {auth}\n}}\n\n\
         {headers}{auth_block}{body}",
        operation.method.to_ascii_lowercase(),
        plain(&operation.target()),
    );
    format!("{}\n", text.trim_end())
}

/// The word, the block and the content type to send of the body.
fn body(operation: &Operation<'_>) -> (&'static str, String, Option<String>) {
    let Some((body, text)) = operation.body() else { return ("none", String::new(), None) };
    if body.content_type.contains("form-data") {
        let fields = body.sample.as_ref().and_then(Value::as_object).into_iter().flatten();
        let lines: String = fields.map(|(n, v)| format!("  {}: {}\n", header(n), plain(&sample::text(v)))).collect();
        return ("multipartForm", format!("body:multipart-form {{\n{lines}}}\n"), None);
    }
    let word = if body.content_type.contains("json") { "json" } else { "text" };
    (word, format!("body:{word} {{\n  {}\n}}\n", plain(&text)), Some(body.content_type.clone()))
}

/// The name of an entry: a word that the language takes for one.
fn header(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' }).collect()
}

/// One line in which Bruno finds no variable.
fn plain(text: &str) -> String {
    escape::line(text).replace("{{", "{ {")
}
