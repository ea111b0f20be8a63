//! File-system routes: the rules by which a framework makes routes of files.

use serde::Deserialize;
use std::collections::BTreeMap;

/// Routes from files: every file below a root of a package that uses the framework.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRoute {
    /// Folders of a package, tried in order; the first one that exists counts (`app`, `src/app`).
    pub roots: Vec<String>,
    /// File name without extension (`route`), or `*`.
    pub name: String,
    /// Extensions; every code extension when empty.
    #[serde(default)]
    pub extensions: Vec<String>,
    /// A prefix.
    #[serde(default)]
    pub prefix: String,
    /// Exported names that are methods; empty: the default export answers.
    #[serde(default)]
    pub exports: Vec<String>,
    /// Exported names with the methods that each answers.
    #[serde(default)]
    pub verbs: BTreeMap<String, Vec<String>>,
    /// Dots in a file's name divide its path (`api.users.$id`); folders hold one route each.
    #[serde(default)]
    pub flat: bool,
    /// An exported name that answers every method.
    #[serde(default)]
    pub any_export: Vec<String>,
    /// The file's own name is the last segment, except these (`index`).
    #[serde(default)]
    pub own_name: bool,
    /// Names that add no segment.
    #[serde(default)]
    pub index: Vec<String>,
    /// The file's name may end in a method (`users.get.ts`).
    #[serde(default)]
    pub method_suffix: bool,
    /// The default export tells methods apart by comparing the request's method with literals.
    #[serde(default)]
    pub compares: bool,
    /// First characters of folders that add no segment (`(`, `@`).
    #[serde(default)]
    pub transparent: Vec<String>,
    /// First characters of folders and files that route nothing (`_`).
    #[serde(default)]
    pub private: Vec<String>,
    /// Configuration files that make their folder a package of the framework, without extension (`next.config`).
    #[serde(default)]
    pub config: Vec<String>,
    /// The key of the configuration that is put before every path.
    #[serde(default)]
    pub base: Option<String>,
    /// A native that adds routes from the configuration.
    #[serde(default)]
    pub native: Option<String>,
}
