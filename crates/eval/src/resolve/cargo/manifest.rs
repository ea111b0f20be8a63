//! One Cargo.toml as written: names, targets, dependencies, features.

use smol_str::SmolStr;
use std::collections::BTreeMap;
use toml::{Table, Value};

/// A dependency as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dependency {
    /// The package's name, if it isn't the key.
    pub package: Option<SmolStr>,
    /// `path`, relative to the manifest that has it.
    pub path: Option<String>,
    /// `workspace = true`.
    pub workspace: bool,
    /// `optional = true`.
    pub optional: bool,
    /// Features asked for.
    pub features: Vec<SmolStr>,
}

/// A target table: `[lib]`, `[[bin]]` and the like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TargetTable {
    /// `name`.
    pub name: Option<SmolStr>,
    /// `path`.
    pub path: Option<String>,
}

/// What resolution needs of a manifest.
#[derive(Clone, Debug, Default)]
pub struct Manifest {
    /// `package.name`; None for a virtual workspace.
    pub name: Option<SmolStr>,
    /// `package.workspace`.
    pub workspace_path: Option<String>,
    /// Whether it has a `[workspace]`.
    pub is_workspace: bool,
    /// `workspace.dependencies`.
    pub shared: BTreeMap<SmolStr, Dependency>,
    /// All kinds of dependencies by key.
    pub dependencies: BTreeMap<SmolStr, Dependency>,
    /// `[lib]`.
    pub lib: Option<TargetTable>,
    /// The `[[bin]]`, `[[example]]`, `[[test]]` and `[[bench]]` tables.
    pub targets: [Vec<TargetTable>; 4],
    /// Whether each of these kinds, and the library, is also discovered by place.
    pub auto: [bool; 5],
    /// `[features]` in order of name.
    pub features: BTreeMap<SmolStr, Vec<SmolStr>>,
}

/// The names of [`Manifest::targets`] and of the switches that turn discovery off.
const KINDS: [(&str, &str); 4] = [("bin", "autobins"), ("example", "autoexamples"), ("test", "autotests"), ("bench", "autobenches")];

impl Manifest {
    /// Reads it; None if it is broken.
    pub fn new(text: &str) -> Option<Self> {
        let table: Table = toml::from_str(text.trim_start_matches('\u{feff}')).ok()?;
        let package = table.get("package").or_else(|| table.get("project")).and_then(Value::as_table);
        let text_of = |key: &str| package.and_then(|p| p.get(key)).and_then(Value::as_str);
        let switch = |key: &str| package.and_then(|p| p.get(key)).and_then(Value::as_bool).unwrap_or(true);
        let mut manifest = Manifest {
            name: text_of("name").map(SmolStr::new),
            workspace_path: text_of("workspace").map(str::to_owned),
            lib: table.get("lib").and_then(Value::as_table).map(target),
            ..Manifest::default()
        };
        for (at, (kind, auto)) in KINDS.iter().enumerate() {
            let list = table.get(*kind).and_then(Value::as_array).into_iter().flatten();
            manifest.targets[at] = list.filter_map(Value::as_table).map(target).collect();
            manifest.auto[at] = switch(auto);
        }
        manifest.auto[4] = switch("autolib");
        if let Some(workspace) = table.get("workspace").and_then(Value::as_table) {
            manifest.is_workspace = true;
            read_dependencies(workspace.get("dependencies"), &mut manifest.shared);
        }
        manifest.all_dependencies(&table);
        for (name, list) in table.get("features").and_then(Value::as_table).into_iter().flatten() {
            manifest.features.insert(name.into(), strings(Some(list)));
        }
        Some(manifest)
    }

    fn all_dependencies(&mut self, table: &Table) {
        let targets = table.get("target").and_then(Value::as_table).into_iter().flatten().filter_map(|(_, t)| t.as_table());
        for table in std::iter::once(table).chain(targets) {
            for kind in ["build-dependencies", "build_dependencies", "dev-dependencies", "dev_dependencies", "dependencies"] {
                read_dependencies(table.get(kind), &mut self.dependencies);
            }
        }
    }
}

fn target(table: &Table) -> TargetTable {
    let text = |key: &str| table.get(key).and_then(Value::as_str);
    TargetTable { name: text("name").map(SmolStr::new), path: text("path").map(str::to_owned) }
}

fn strings(value: Option<&Value>) -> Vec<SmolStr> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(SmolStr::new).collect()
}

fn read_dependencies(value: Option<&Value>, out: &mut BTreeMap<SmolStr, Dependency>) {
    for (name, value) in value.and_then(Value::as_table).into_iter().flatten() {
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        let flag = |key: &str| value.get(key).and_then(Value::as_bool).unwrap_or(false);
        let dependency = Dependency {
            package: text("package").map(SmolStr::new),
            path: text("path").map(str::to_owned),
            workspace: flag("workspace"),
            optional: flag("optional"),
            features: strings(value.get("features")),
        };
        out.insert(name.into(), dependency);
    }
}
