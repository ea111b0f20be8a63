//! The heads of the framework models, as the documents need them.

use crate::root;
use anyhow::{Context, Result};
use serde::Deserialize;
use std::path::PathBuf;

/// What the documents say about a framework.
#[derive(Debug, Deserialize)]
pub struct Head {
    /// Its name.
    pub framework: String,
    /// Its name as its own documentation writes it.
    pub title: String,
    /// Its language.
    pub language: String,
    /// Its documentation.
    pub docs: String,
}

/// All models, by language and name.
pub fn heads() -> Result<Vec<Head>> {
    let mut found = Vec::new();
    for file in files()? {
        let text = std::fs::read_to_string(&file)?;
        let head: Head = serde_yaml::from_str(&text).with_context(|| format!("{}", file.display()))?;
        found.push(head);
    }
    found.sort_by(|a, b| (&a.language, &a.title).cmp(&(&b.language, &b.title)));
    Ok(found)
}

/// The model files.
pub fn files() -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for language in std::fs::read_dir(root().join("grammars"))? {
        let folder = language?.path().join("frameworks");
        if folder.is_dir() {
            for file in std::fs::read_dir(folder)? {
                found.push(file?.path());
            }
        }
    }
    found.retain(|f| f.extension().is_some_and(|e| e == "yaml"));
    found.sort();
    Ok(found)
}
