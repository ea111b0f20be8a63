//! Frameworks that no model reads: where production code of Python imports one, or a package of another language depends on one,
//! a trouble says that its endpoints are missing.

use crate::evaluate::{Family, Input};
use crate::files::FileId;
use crate::output::{Trouble, TroubleKind};
use crate::resolve::Target;
use crate::resolve::python::PythonResolver;
use crate::resolve::scan::ImportSpec;
use serde::Deserialize;

const PYTHON: &str = include_str!("../../../grammars/python/unread.yaml");

const JAVASCRIPT: &str = include_str!("../../../grammars/javascript/unread.yaml");
const RUST: &str = include_str!("../../../grammars/rust/unread.yaml");

/// One line of `grammars/<language>/unread.yaml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unread {
    /// A module, or a name of one; a package where manifests are read.
    import: String,
    title: String,
}

/// The first import of each such framework, of files in order with what they import.
pub(crate) fn troubles(input: &Input<'_>, python: &PythonResolver, scanned: &[Vec<ImportSpec>]) -> Vec<Trouble> {
    let all: Vec<Unread> = serde_saphyr::from_str(PYTHON).unwrap_or_default();
    let mut found: Vec<(&str, Trouble)> = Vec::new();
    for (id, file) in input.files.iter() {
        if file.secondary || file.installed || file.lang.map(Family::of) != Some(Family::Python) {
            continue;
        }
        for spec in scanned.get(id.0 as usize).into_iter().flatten().filter(|s| s.level == 0) {
            let Some(one) = all.iter().find(|u| is_inside(&spec.module, &u.import)) else { continue };
            if found.iter().any(|(title, _)| *title == one.title) || !is_outside(python, id, &one.import) {
                continue;
            }
            let line = line_of(input, id, &one.import);
            let message = format!("{} is used here, and no model reads its routes", one.title);
            let effect = "endpoints that it serves are missing".into();
            found.push((&one.title, Trouble { kind: TroubleKind::Unsupported, file: id, line, message, effect }));
        }
    }
    let mut found: Vec<Trouble> = found.into_iter().map(|(_, trouble)| trouble).collect();
    by_manifest(input, "package.json", JAVASCRIPT, &npm_dependencies, &mut found);
    by_manifest(input, "Cargo.toml", RUST, &cargo_dependencies, &mut found);
    found
}

/// The first manifest that depends on each framework of a list.
fn by_manifest(input: &Input<'_>, name: &str, list: &str, dependencies: &dyn Fn(&str) -> Vec<String>, out: &mut Vec<Trouble>) {
    let all: Vec<Unread> = serde_saphyr::from_str(list).unwrap_or_default();
    let mut told: Vec<&str> = Vec::new();
    for (id, file) in input.files.iter() {
        let Some(text) = file.text.as_deref().filter(|_| file.path.rsplit('/').next() == Some(name)) else { continue };
        if file.secondary || file.installed {
            continue;
        }
        let dependencies = dependencies(text);
        for one in all.iter().filter(|one| dependencies.contains(&one.import)) {
            if told.contains(&one.title.as_str()) {
                continue;
            }
            told.push(&one.title);
            let line = text.lines().position(|line| line.trim_start().trim_start_matches('"').starts_with(&one.import));
            out.push(Trouble {
                kind: TroubleKind::Unsupported,
                file: id,
                line: line.map_or(1, |at| at as u32 + 1),
                message: format!("{} is used here, and no model reads its routes", one.title),
                effect: "endpoints that it serves are missing".into(),
            });
        }
    }
}

/// What a package needs when it runs.
fn npm_dependencies(text: &str) -> Vec<String> {
    let manifest: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    manifest.get("dependencies").and_then(|d| d.as_object()).map(|all| all.keys().cloned().collect()).unwrap_or_default()
}

fn cargo_dependencies(text: &str) -> Vec<String> {
    let manifest: toml::Table = text.parse().unwrap_or_default();
    manifest.get("dependencies").and_then(|d| d.as_table()).map(|all| all.keys().cloned().collect()).unwrap_or_default()
}

fn is_inside(module: &str, import: &str) -> bool {
    module.strip_prefix(import).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn is_outside(python: &PythonResolver, from: FileId, import: &str) -> bool {
    let root = import.split('.').next().unwrap_or(import);
    matches!(python.resolve(from, root, 0), Target::External(_))
}

/// The line on which a file first imports a module of that root; 1 where that can't be told.
fn line_of(input: &Input<'_>, id: FileId, import: &str) -> u32 {
    let root = import.split('.').next().unwrap_or(import);
    let Some(text) = (input.text)(id) else { return 1 };
    let text = String::from_utf8_lossy(&text);
    let is_it = |line: &str| {
        let rest = line.trim_start();
        let rest = rest.strip_prefix("from ").or_else(|| rest.strip_prefix("import "));
        rest.is_some_and(|rest| is_inside(rest.trim_start().split([' ', ',']).next().unwrap_or_default(), root))
    };
    text.lines().position(is_it).map_or(1, |at| at as u32 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_reads() {
        let all: Vec<Unread> = serde_saphyr::from_str(PYTHON).unwrap_or_default();
        assert!(!all.is_empty() && all.iter().all(|u| !u.import.is_empty() && !u.title.is_empty()));
        for list in [JAVASCRIPT, RUST] {
            assert!(serde_saphyr::from_str::<Vec<Unread>>(list).is_ok_and(|all| !all.is_empty()));
        }
        assert_eq!(cargo_dependencies("[dependencies]\nviz = \"1\"\n[dev-dependencies]\niron = \"1\""), ["viz"]);
        assert_eq!(npm_dependencies("{\"dependencies\": {\"sails\": \"1\"}, \"devDependencies\": {\"payload\": \"2\"}}"), ["sails"]);
        assert!(npm_dependencies("[").is_empty() && cargo_dependencies("[").is_empty());
        assert!(is_inside("pecan.rest", "pecan") && !is_inside("pecans", "pecan"));
    }
}
