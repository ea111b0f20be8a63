//! Puts the page together: template, style, script and data, and a policy that allows exactly these.

use crate::ReportError;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use sha2::{Digest, Sha256};
use std::io::Write;

const TEMPLATE: &str = include_str!("../page/template.html");

const STYLES: &[&str] = &[include_str!("../page/style.css"), include_str!("../page/views.css"), include_str!("../page/print.css")];

macro_rules! modules {
    ($($name:literal),+ $(,)?) => {
        /// The modules of the script, each after those it imports: (name, text).
        const MODULES: &[(&str, &str)] = &[$(($name, include_str!(concat!("../page/app/", $name)))),+];
    };
}

modules![
    "dom.js",
    "data.js",
    "text.js",
    "state.js",
    "filter.js",
    "tree.js",
    "virtual.js",
    "layout.js",
    "source.js",
    "schema.js",
    "parts.js",
    "endpoint.js",
    "list.js",
    "facets.js",
    "endpoints.js",
    "overview.js",
    "matrix.js",
    "findings.js",
    "outbound.js",
    "map.js",
    "versions.js",
    "changes.js",
    "coverage.js",
    "keys.js",
    "main.js",
];

/// A page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The document.
    pub html: String,
    /// Its content security policy, without `frame-ancestors`, which only a header can say.
    pub policy: String,
}

/// Puts data into the page.
pub fn assemble(title: &str, data: &str) -> Result<Page, ReportError> {
    let (style, script) = (style(), script());
    let policy = format!(
        "default-src 'none'; script-src '{}'; style-src '{}'; img-src data:; base-uri 'none'; form-action 'none'",
        hash(&style_or_script(&script)),
        hash(&style_or_script(&style)),
    );
    let mut html = String::with_capacity(TEMPLATE.len() + style.len() + script.len() + data.len() / 4);
    // Data and title are put in last and never looked at again, so no text of theirs is taken for a slot.
    for (at, piece) in TEMPLATE.split("{{").enumerate() {
        let (slot, rest) = if at == 0 { ("", piece) } else { piece.split_once("}}").unwrap_or(("", piece)) };
        match slot {
            "title" => html.push_str(&escaped(title)),
            "policy" => html.push_str(&policy),
            "style" => html.push_str(&style),
            "script" => html.push_str(&script),
            "data" => html.push_str(&packed(data)?),
            _ => {}
        }
        html.push_str(rest);
    }
    Ok(Page { html, policy })
}

fn style() -> String {
    format!("\n{}", STYLES.join("\n"))
}

/// The modules as one: imports go, as everything is in one scope, and so does the word `export`.
fn script() -> String {
    let mut out = String::from("\n");
    for (name, text) in MODULES {
        out.push_str(&format!("// ---- {name}\n"));
        for line in text.lines().filter(|line| !line.starts_with("import ")) {
            out.push_str(line.strip_prefix("export ").unwrap_or(line));
            out.push('\n');
        }
    }
    out
}

/// What a browser hashes: the text between the tags, with line ends as the parser makes them.
fn style_or_script(text: &str) -> String {
    text.replace("\r\n", "\n")
}

fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

fn packed(data: &str) -> Result<String, ReportError> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(data.as_bytes())?;
    Ok(STANDARD.encode(encoder.finish()?))
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn modules_import_only_what_stands_before_them() {
        let mut before = BTreeSet::new();
        for (name, text) in MODULES {
            for line in text.lines().filter(|l| l.starts_with("import ")) {
                let from = line.rsplit_once("\"./").and_then(|(_, rest)| rest.split_once('"')).unwrap().0;
                assert!(before.contains(from), "{name} imports {from}, which is not before it");
                assert!(line.ends_with("\";"), "{name}: an import stands on one line: {line}");
            }
            before.insert(*name);
        }
    }

    #[test]
    fn nothing_of_the_page_can_end_its_own_tag() {
        assert!(!script().to_lowercase().contains("</script"));
        assert!(!style().to_lowercase().contains("</style"));
        for word in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "fetch(", "XMLHttpRequest"]
        {
            assert!(!script().contains(word), "the script uses {word}");
        }
    }

    #[test]
    fn a_title_is_text() {
        let page = assemble("</title><script>x</script>{{data}}", "{}").unwrap();
        assert!(!page.html.contains("<script>x"));
        assert!(page.html.contains("&lt;/title&gt;&lt;script&gt;x&lt;/script&gt;{{data}}"));
    }
}
