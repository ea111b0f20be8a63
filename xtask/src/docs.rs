//! `docs`: the framework tables of README.md and docs/frameworks.md, made from the models, and the table of contract formats in
//! docs/contracts.md.

use crate::{models, root};
use anyhow::{Context, Result, bail};
use std::fmt::Write as _;
use std::fs;

/// Rewrites the documents, or with `check` fails if one would change.
pub fn run(check: bool) -> Result<()> {
    let heads = models::heads()?;
    let mut table = String::from("| Language | Frameworks |\n| --- | --- |\n");
    let mut languages: Vec<&str> = heads.iter().map(|h| h.language.as_str()).collect();
    languages.dedup();
    for language in languages {
        let links: Vec<String> = heads.iter().filter(|h| h.language == language).map(|h| format!("[{}]({})", h.title, h.docs)).collect();
        let _ = writeln!(table, "| {} | {} |", title(language), links.join(", "));
    }
    let mut page = String::from(
        "# Supported frameworks\n\nMade from the models in `grammars/` by `cargo xtask docs`.\n\n\
         | Name | Framework | Language | Cases |\n| --- | --- | --- | --- |\n",
    );
    for head in &heads {
        let cases = format!("testdata/{}/{}.md", head.language, head.framework);
        let cases = if root().join(&cases).is_file() { format!("[cases](../{cases})") } else { String::new() };
        let _ = writeln!(page, "| `{}` | [{}]({}) | {} | {cases} |", head.framework, head.title, head.docs, title(&head.language));
    }
    let readme = fs::read_to_string(root().join("README.md"))?;
    let readme = between(&readme, "frameworks", &table)?;
    fs::create_dir_all(root().join("docs"))?;
    put("README.md", &readme, check)?;
    let contracts = fs::read_to_string(root().join("docs/contracts.md"))?;
    put("docs/contracts.md", &between(&contracts, "contracts", &apicensus_contracts::formats::table())?, check)?;
    put("docs/frameworks.md", &page, check)
}

/// A language as a person writes it.
fn title(language: &str) -> &str {
    match language {
        "python" => "Python",
        "javascript" => "JavaScript, TypeScript",
        "rust" => "Rust",
        other => other,
    }
}

/// The text with what stands between `<!-- name:begin -->` and `<!-- name:end -->` replaced.
pub fn between(text: &str, name: &str, new: &str) -> Result<String> {
    let (begin, end) = (format!("<!-- {name}:begin -->\n"), format!("<!-- {name}:end -->"));
    let start = text.find(&begin).with_context(|| format!("no `{}` in the document", begin.trim()))? + begin.len();
    let stop = text[start..].find(&end).with_context(|| format!("no `{end}` in the document"))? + start;
    Ok(format!("{}{new}{}", &text[..start], &text[stop..]))
}

fn put(file: &str, text: &str, check: bool) -> Result<()> {
    let path = root().join(file);
    if fs::read_to_string(&path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    if check {
        bail!("{file} is not what models and readers say; run `cargo xtask docs`");
    }
    fs::write(&path, text).with_context(|| format!("{file} can't be written"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn replaces_only_what_stands_between() {
        let text = "a\n<!-- x:begin -->\nold\n<!-- x:end -->\nb\n";
        assert_eq!(between(text, "x", "new\n").unwrap(), "a\n<!-- x:begin -->\nnew\n<!-- x:end -->\nb\n");
        assert!(between(text, "y", "").is_err());
    }
}
