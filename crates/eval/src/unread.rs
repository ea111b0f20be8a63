//! Frameworks that no model reads: where production code imports one, a trouble says that its endpoints are missing.
//!
//! Left out: languages other than Python.

use crate::evaluate::{Family, Input};
use crate::files::FileId;
use crate::output::{Trouble, TroubleKind};
use crate::resolve::Target;
use crate::resolve::python::PythonResolver;
use crate::resolve::scan::ImportSpec;
use serde::Deserialize;

const PYTHON: &str = include_str!("../../../grammars/python/unread.yaml");

/// One line of `grammars/python/unread.yaml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unread {
    /// A module, or a name of one.
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
    found.into_iter().map(|(_, trouble)| trouble).collect()
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
        assert!(is_inside("pecan.rest", "pecan") && !is_inside("pecans", "pecan"));
    }
}
