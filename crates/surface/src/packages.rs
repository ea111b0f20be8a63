//! The packages of a tree, and giving it those of other trees that it depends on.

use crate::languages::Languages;
use apicensus_eval::files::{DEPENDENCIES, parent};
use apicensus_eval::resolve::packages::{is_manifest, read};
use apicensus_source::classify::Class;
use apicensus_source::{Beside, Tree};
use std::collections::BTreeSet;

/// The packages of a tree. Each is (where its name is known: `python`, `npm`, `cargo`; the name; the folder of the manifest).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packages {
    /// Those that its manifests declare, sorted.
    pub declares: Vec<(&'static str, String, String)>,
    /// Those that its manifests depend on, sorted.
    pub needs: Vec<(&'static str, String, String)>,
}

/// Reads the manifests of deployed code.
pub fn packages(tree: &Tree, languages: &Languages) -> Packages {
    let (mut declares, mut needs) = (BTreeSet::new(), BTreeSet::new());
    for (at, entry) in tree.files().iter().enumerate() {
        if !is_manifest(&entry.path) || !is_deployed(languages.class(&entry.path)) {
            continue;
        }
        let Ok(bytes) = tree.read(at) else { continue };
        let Some(found) = read(&entry.path, &String::from_utf8_lossy(&bytes)) else { continue };
        let (kind, folder) = (found.ecosystem.as_str(), parent(&entry.path).to_owned());
        declares.extend(found.declares.map(|name| (kind, name.to_string(), folder.clone())));
        needs.extend(found.needs.into_iter().map(|name| (kind, name.to_string(), folder.clone())));
    }
    Packages { declares: declares.into_iter().collect(), needs: needs.into_iter().collect() }
}

fn is_deployed(class: Class) -> bool {
    matches!(class, Class::Production | Class::Generated)
}

/// Packages of another tree that a tree depends on.
pub struct Dependency<'a> {
    /// What the other repository is called.
    pub name: String,
    /// Its tree, of a revision.
    pub tree: &'a Tree,
    /// The folders of the packages; an empty one is all of it.
    pub folders: Vec<String>,
}

/// A tree with the deployed code of packages of other trees under [`DEPENDENCIES`], and with manifests above them.
pub fn with_dependencies(tree: &Tree, dependencies: &[Dependency<'_>], languages: &Languages) -> Tree {
    let inside = |path: &str, folder: &str| folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    let takes: Vec<_> = dependencies
        .iter()
        .map(|dependency| {
            let folders = &dependency.folders;
            move |path: &str| {
                let is_above = || is_manifest(path) && folders.iter().any(|folder| inside(folder, parent(path)));
                (folders.iter().any(|folder| inside(path, folder)) || is_above()) && is_deployed(languages.class(path))
            }
        })
        .collect();
    let others: Vec<Beside<'_>> = dependencies
        .iter()
        .zip(&takes)
        .map(|(dependency, takes)| Beside { folder: format!("{DEPENDENCIES}{}/", plain(&dependency.name)), tree: dependency.tree, takes })
        .collect();
    tree.with(&others)
}

/// A name as the path of a folder.
fn plain(name: &str) -> String {
    let parts = name.split('/').filter(|part| !matches!(*part, "" | "." | ".."));
    parts.collect::<Vec<_>>().join("/")
}
