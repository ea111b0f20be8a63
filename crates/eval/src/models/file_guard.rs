//! What models say of guards of file-system routes: files of middleware, and what the framework itself puts before paths.

use serde::Deserialize;
use std::collections::BTreeMap;

/// A guard before file-system routes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileGuard {
    /// Files of a package that guard, without extension (`src/middleware`); a last `*` is every file of a folder.
    #[serde(default)]
    pub files: Vec<String>,
    /// The exported names that guard, the first that exists counts.
    #[serde(default)]
    pub exports: Vec<String>,
    /// The exported value that says which paths (`config.matcher`).
    #[serde(default)]
    pub matcher: Option<String>,
    /// The export is, or holds under this key, a list of guards with their paths.
    #[serde(default)]
    pub entries: Option<String>,
    /// The keys of an entry: path, methods, guards.
    #[serde(default)]
    pub keys: Option<EntryKeys>,
    /// The framework's own guard, by its symbol.
    #[serde(default)]
    pub symbol: Option<String>,
    /// Only below this path.
    #[serde(default)]
    pub below: Option<String>,
    /// Not for route files that export this.
    #[serde(default)]
    pub unless: BTreeMap<String, bool>,
}

/// The keys of an entry of a list of guards.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntryKeys {
    /// The path.
    pub path: String,
    /// The methods; an entry without any reaches what is below its path.
    pub methods: Vec<String>,
    /// The guards.
    pub guards: String,
}
