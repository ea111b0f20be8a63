//! Components of Backstage: who owns what, from `catalog-info.yaml` files.
//!
//! The format: <https://backstage.io/docs/features/software-catalog/descriptor-format>. A component describes the services in its
//! file's folder and below, down to the next file; of several in one file the one that says so.

use apicensus_contracts::node::Node;
use apicensus_contracts::yaml;

/// A component that has an owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// Its name.
    pub name: String,
    /// Its type: `service`, `website`, `library`.
    pub kind: String,
    /// The reference to its owner, as written: `team-a`, `group:default/team-a`, `user:ann`.
    pub owner: String,
    /// The folder that its source location names, if it names one below the repository.
    pub source: Option<String>,
    /// The line of its owner.
    pub line: u32,
}

/// The components of a text, and what is wrong with it: (line, message).
pub fn parse(text: &str) -> (Vec<Component>, Vec<(u32, String)>) {
    let (documents, broken) = yaml::parse(text);
    let found = documents.iter().filter_map(component).collect();
    (found, broken.into_iter().map(|b| (b.line, b.message)).collect())
}

fn component(document: &Node) -> Option<Component> {
    let is_backstage = document.text_at("apiVersion")?.starts_with("backstage.io/");
    if !is_backstage || document.text_at("kind") != Some("Component") {
        return None;
    }
    let (metadata, spec) = (document.get("metadata")?, document.get("spec")?);
    let owner = spec.entry("owner")?;
    let text = owner.node.text().filter(|t| !t.trim().is_empty())?;
    let location = metadata.get("annotations").and_then(|a| a.text_at("backstage.io/source-location"));
    Some(Component {
        name: metadata.text_at("name").unwrap_or_default().to_owned(),
        kind: spec.text_at("type").unwrap_or_default().to_owned(),
        owner: text.trim().to_owned(),
        source: location.and_then(folder),
        line: owner.line,
    })
}

/// The folder of a source location: `url:https://host/org/repo/tree/main/services/orders/`, `dir:./services/orders`.
fn folder(location: &str) -> Option<String> {
    let path = match location.split_once(':')? {
        ("dir", path) => path.trim_start_matches("./"),
        ("url", url) => {
            let (_, after) = url.split_once("/tree/").or_else(|| url.split_once("/blob/"))?;
            after.split_once('/').map_or("", |(_, path)| path)
        }
        _ => return None,
    };
    Some(path.trim_matches('/').to_owned())
}

/// The component of a service, among those of one file.
pub fn of_service<'c>(all: &'c [Component], name: &str, root: &str) -> Option<&'c Component> {
    let located = all.iter().find(|c| c.source.as_deref() == Some(root) && !root.is_empty());
    let named = || all.iter().find(|c| c.name.eq_ignore_ascii_case(name));
    let only = |of: Vec<&'c Component>| if of.len() == 1 { of.first().copied() } else { None };
    located.or_else(named).or_else(|| only(all.iter().collect())).or_else(|| only(all.iter().filter(|c| c.kind == "service").collect()))
}
