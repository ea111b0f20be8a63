//! A Hurl file: <https://hurl.dev/docs/hurl-file.html>. Run it with `hurl --variable base_url=.. --variable token=..`.
//! What may destroy data is a comment.

use crate::operation::{Operation, operations};
use crate::{Exported, Exporter, Input, escape};
use apicensus_catalog::ParameterIn;

pub struct Hurl;

impl Exporter for Hurl {
    fn name(&self) -> &'static str {
        "hurl"
    }
    fn about(&self) -> &'static str {
        "Hurl file, destructive requests as comments"
    }
    fn write(&self, input: &Input<'_>) -> Exported {
        let (operations, left_out) = operations(input);
        let urls: String =
            input.variables("base_url").iter().map(|(name, url)| format!(" --variable {name}={}", escape::shell(url))).collect();
        let mut text = format!("# hurl{urls} --variable token=\"${}\"\n", input.options.token());
        for operation in &operations {
            let mark = if operation.is_destructive { "# " } else { "" };
            text.push_str(&format!("\n# {}\n", escape::line(&operation.title())));
            entry(operation, &input.variable(&operation.endpoint.service, "base_url"))
                .lines()
                .for_each(|line| text.push_str(&format!("{mark}{line}\n")));
        }
        Exported::text(text, left_out)
    }
}

fn entry(operation: &Operation<'_>, url: &str) -> String {
    let mut out = format!("{} {{{{{url}}}}}{}\n", operation.method, operation.target().replace('#', "%23"));
    for (name, value) in operation.needed(ParameterIn::Header) {
        out.push_str(&format!("{}: {}\n", name.replace('#', "_"), plain(&value)));
    }
    if let Some((name, value)) = operation.proof_header("\u{0}") {
        out.push_str(&format!("{name}: {}\n", value.replace('\u{0}', "{{token}}")));
    }
    if let Some((body, text)) = operation.body() {
        if body.content_type.contains("form-data") {
            let fields = body.sample.as_ref().and_then(serde_json::Value::as_object).into_iter().flatten();
            let fields: String = fields.map(|(n, v)| format!("{}: {}\n", key(n), plain(&crate::sample::text(v)))).collect();
            return format!("{out}[Multipart]\n{fields}HTTP *\n");
        }
        out.push_str(&format!("Content-Type: {}\n", plain(&body.content_type)));
        // A one-line string body takes any text; backticks and braces have a meaning there.
        out.push_str(&format!("`{}`\n", plain(&text).replace('`', "\\`")));
    }
    out.push_str("HTTP *\n");
    out
}

/// The name of a field: what a key may not hold is escaped as a code point.
fn key(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    escape::line(name).chars().map(|c| if is_plain(c) { c.to_string() } else { format!("\\u{{{:x}}}", c as u32) }).collect()
}

/// Text in which Hurl finds nothing of its own: `#`, `\` and `{{` are escaped.
fn plain(text: &str) -> String {
    escape::line(text).replace('\\', "\\\\").replace("{{", "\\u{7b}\\u{7b}").replace('#', "\\#")
}
