//! The formats, one file each.

mod api_catalog;
mod apis_json;
mod asyncapi;
mod backstage;
mod bruno;
mod burp;
mod csv;
mod curl;
mod cyclonedx;
mod evidence;
mod ffuf;
mod github;
mod gitlab;
mod graphql;
mod grpc;
mod har;
mod httpie;
mod hurl;
mod insomnia;
mod jsonl;
mod junit;
mod markdown;
mod nuclei;
mod nuclei_requests;
mod openapi;
#[cfg(feature = "parquet")]
mod parquet;
mod postman;
mod raw;
mod sarif;
mod schemathesis;
mod soap;
mod stackhawk;
mod wapiti;
mod zap;

use crate::{Exporter, Input, escape};
use serde_json::Value;

/// All formats, in the order they are listed.
pub const EXPORTERS: &[&dyn Exporter] = &[
    &openapi::OpenApi,
    &asyncapi::AsyncApi,
    &graphql::Graphql,
    &grpc::Grpc,
    &soap::Wsdl,
    &postman::Postman,
    &bruno::Bruno,
    &insomnia::Insomnia,
    &har::Har,
    &hurl::Hurl,
    &curl::Curl,
    &httpie::Httpie,
    &zap::Zap,
    &stackhawk::StackHawk,
    &schemathesis::Schemathesis,
    &wapiti::Wapiti,
    &nuclei::Nuclei,
    &nuclei_requests::NucleiRequests,
    &burp::Burp,
    &raw::Raw,
    &ffuf::Ffuf,
    &sarif::Sarif,
    &junit::Junit,
    &github::Annotations,
    &github::Summary,
    &gitlab::GitLab,
    &cyclonedx::V16,
    &cyclonedx::V17,
    &backstage::Backstage,
    &api_catalog::ApiCatalog,
    &apis_json::ApisJson,
    &evidence::Evidence,
    &csv::Csv,
    &markdown::Markdown,
    &jsonl::JsonLines,
    #[cfg(feature = "parquet")]
    &parquet::Parquet,
];

/// Indented JSON with a newline at its end.
fn json(value: &Value) -> String {
    format!("{value:#}\n")
}

/// YAML; the same data as JSON should it not be writable. Words that readers of YAML 1.1 take for a truth value are quoted.
fn yaml(value: &Value) -> String {
    let text = serde_yaml::to_string(value).unwrap_or_else(|_| json(value));
    let is_block = |line: &str| line.ends_with(['|', '>']) || line.ends_with("|-") || line.ends_with(">-") || line.ends_with("|+");
    if text.lines().any(is_block) {
        return text;
    }
    text.lines().map(|line| format!("{}\n", quoted_word(line))).collect()
}

/// A line of YAML whose value is a word like `off`, which YAML 1.1 has as a truth value, with the word quoted.
fn quoted_word(line: &str) -> String {
    let (head, word) = match (line.rsplit_once(": "), line.trim_start().strip_prefix("- ")) {
        (Some((head, word)), _) => (format!("{head}: "), word),
        (None, Some(word)) => (line[..line.len() - word.len()].to_owned(), word),
        (None, None) => return line.to_owned(),
    };
    let is_truth = ["y", "n", "yes", "no", "on", "off"].contains(&word.to_ascii_lowercase().as_str());
    if is_truth { format!("{head}'{word}'") } else { line.to_owned() }
}

/// The name of a service as that of a folder or file, one for each service.
fn folder(input: &Input<'_>, service: &str) -> String {
    let plain = escape::file(input.name(service));
    let all = &input.catalog.services;
    let same = all.iter().take_while(|s| s.id != service).filter(|s| escape::file(&s.name).eq_ignore_ascii_case(&plain)).count();
    if same > 0 { format!("{plain}_{}", same + 1) } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn words_of_older_yaml_stay_words() {
        assert_eq!(yaml(&json!({"a": "off", "b": ["No", true, "x"]})), "a: 'off'\nb:\n- 'No'\n- true\n- x\n");
    }
}
