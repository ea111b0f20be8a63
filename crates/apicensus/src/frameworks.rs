//! What is supported, as the models say.

use crate::args::ListFormat;
use crate::rows::Titles;
use crate::style::{Look, Meaning, fill, width};
use anyhow::Result;
use serde::Serialize;

/// A supported framework.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Framework {
    /// The language its model is for.
    pub language: String,
    /// Its name in the catalog and in `--framework`.
    pub name: String,
    /// Its name as its makers write it.
    pub title: String,
    /// Its documentation.
    pub docs: String,
}

/// Titles by name.
pub fn titles(frameworks: &[Framework]) -> Titles {
    frameworks.iter().map(|framework| (framework.name.clone(), framework.title.clone())).collect()
}

/// The list in a format.
pub fn render(frameworks: &[Framework], format: ListFormat, look: &Look) -> Result<String> {
    match format {
        ListFormat::Json => crate::formats::json(&frameworks),
        ListFormat::Markdown => Ok(markdown(frameworks)),
        ListFormat::Table => Ok(table(frameworks, look)),
    }
}

fn table(frameworks: &[Framework], look: &Look) -> String {
    let most = |of: &dyn Fn(&Framework) -> usize| frameworks.iter().map(of).max().unwrap_or(0);
    let (title, name) = (most(&|framework| width(&framework.title)), most(&|framework| width(&framework.name)));
    let mut out = String::new();
    let mut language = "";
    for framework in frameworks {
        if framework.language != language {
            language = &framework.language;
            out.push_str(&look.paint(Meaning::Heading, language));
            out.push('\n');
        }
        let line = format!(
            "  {}{}  {}{}  {}",
            framework.title,
            fill(&framework.title, title),
            framework.name,
            fill(&framework.name, name),
            look.paint(Meaning::Dim, &framework.docs)
        );
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

fn markdown(frameworks: &[Framework]) -> String {
    let mut out = String::from("| Language | Framework | `--framework` |\n| --- | --- | --- |\n");
    for framework in frameworks {
        let title = if framework.docs.is_empty() { framework.title.clone() } else { format!("[{}]({})", framework.title, framework.docs) };
        out.push_str(&format!("| {} | {title} | `{}` |\n", framework.language, framework.name));
    }
    out
}
