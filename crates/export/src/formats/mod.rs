//! The formats, one file each.

mod csv;
mod curl;
mod ffuf;
mod har;
mod hurl;
mod jsonl;
mod markdown;
mod nuclei;
mod openapi;
mod postman;
mod sarif;
mod stackhawk;
mod zap;

use crate::Exporter;
use serde_json::Value;

/// All formats, in the order they are listed.
pub const EXPORTERS: &[&dyn Exporter] = &[
    &openapi::OpenApi,
    &sarif::Sarif,
    &postman::Postman,
    &csv::Csv,
    &markdown::Markdown,
    &curl::Curl,
    &nuclei::Nuclei,
    &ffuf::Ffuf,
    &zap::Zap,
    &stackhawk::StackHawk,
    &har::Har,
    &hurl::Hurl,
    &jsonl::JsonLines,
];

/// Indented JSON with a newline at its end.
fn json(value: &Value) -> String {
    format!("{value:#}\n")
}

/// YAML; the same data as JSON should it not be writable.
fn yaml(value: &Value) -> String {
    serde_yaml::to_string(value).unwrap_or_else(|_| json(value))
}
