//! `new-framework`: the skeleton of a model and of its cases.

use crate::root;
use anyhow::{Context, Result, bail};
use std::fs;

/// Writes both files; overwrites nothing.
pub fn create(language: &str, name: &str) -> Result<()> {
    if !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') || name.is_empty() {
        bail!("`{name}` should be lower case letters, digits and `_`");
    }
    if !root().join("grammars").join(language).is_dir() {
        bail!("there is no folder grammars/{language}");
    }
    let (extension, comment) = match language {
        "python" => ("python app.py", "#"),
        "javascript" => ("javascript app.js", "//"),
        "rust" => ("rust src/main.rs", "//"),
        other => bail!("cases for {other} have no skeleton yet; add its extension here"),
    };
    let model = format!(
        "framework: {name}\ntitle: {name}\nlanguage: {language}\ndocs: https://example.org\nmanifests: [{name}]\nimports: [{name}]\n\
         style: brace\njoin: concat\nroles:\n  app:\n    made_by: [{name}.App]\n    root: true\ncalls:\n  \
         - {{on: [app], name: [get, post, put, patch, delete], does: route, path: 0, handler: last, methods: \"@name\"}}\n"
    );
    let cases = format!(
        "---\nframeworks: [{name}]\n---\n# {name}\n\n## One route\n\n```{extension}\n{comment} the smallest application\n```\n\
         ```endpoints\nGET /hello  {}:1 hello\n```\n",
        extension.split(' ').next_back().unwrap_or_default()
    );
    write(&format!("grammars/{language}/frameworks/{name}.yaml"), &model)?;
    write(&format!("testdata/{language}/{name}.md"), &cases)
}

fn write(file: &str, text: &str) -> Result<()> {
    let path = root().join(file);
    if path.exists() {
        bail!("{file} is there already");
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&path, text).with_context(|| format!("{file} can't be written"))?;
    println!("wrote {file}");
    Ok(())
}
