//! Ignore files as data: the include and exclude patterns of a scan, and the `.ignore` and `.apicensusignore` files
//! of folders that are not walked on disk (git trees, files that git tracks though `.gitignore` names them).

use crate::error::{SourceError, SourceTrouble, SourceTroubleKind};
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::rc::Rc;

/// This tool's own ignore file; wins over the others.
pub(crate) const OWN_IGNORE: &str = ".apicensusignore";
/// The ignore file that search tools share.
pub(crate) const SHARED_IGNORE: &str = ".ignore";
/// Ignore files over this size are not read.
pub(crate) const MAX_IGNORE_FILE: u64 = 1 << 20;

/// The include and exclude patterns of a scan, in gitignore syntax, relative to the scan root.
pub(crate) struct Filter {
    include: Option<Gitignore>,
    exclude: Option<Gitignore>,
}

impl Filter {
    pub(crate) fn new(include: &[String], exclude: &[String]) -> Result<Self, SourceError> {
        Ok(Filter { include: globs(include)?, exclude: globs(exclude)? })
    }
    /// Whether a file is wanted.
    pub(crate) fn keeps_file(&self, path: &str) -> bool {
        let hit = |globs: &Option<Gitignore>| globs.as_ref().map(|g| g.matched_path_or_any_parents(path, false).is_ignore());
        hit(&self.exclude) != Some(true) && hit(&self.include) != Some(false)
    }
    /// Whether nothing below a folder can be wanted.
    pub(crate) fn prunes(&self, folder: &str) -> bool {
        self.exclude.as_ref().is_some_and(|g| g.matched(folder, true).is_ignore())
    }
}

fn globs(patterns: &[String]) -> Result<Option<Gitignore>, SourceError> {
    if patterns.is_empty() {
        return Ok(None);
    }
    let mut builder = GitignoreBuilder::new("");
    builder.allow_unclosed_class(false);
    for glob in patterns {
        let bad = |reason: String| SourceError::Glob { glob: glob.clone(), reason };
        let text = glob.strip_prefix("./").unwrap_or(glob);
        if text.is_empty() || text.starts_with('#') {
            return Err(bad("it matches nothing".to_owned()));
        }
        builder.add_line(None, text).map_err(|e| bad(plain(&e)))?;
    }
    let built = builder.build().map_err(|e| SourceError::Glob { glob: patterns.join(", "), reason: plain(&e) })?;
    Ok(Some(built))
}

/// An `ignore` error without the paths and numbers around it.
pub(crate) fn plain(error: &ignore::Error) -> String {
    match error {
        ignore::Error::Glob { err, .. } => err.clone(),
        ignore::Error::WithLineNumber { err, line } => format!("line {line}: {}", plain(err)),
        ignore::Error::WithPath { err, .. } | ignore::Error::WithDepth { err, .. } => plain(err),
        ignore::Error::Partial(errors) => errors.iter().map(plain).collect::<Vec<_>>().join("; "),
        ignore::Error::Io(e) => e.to_string(),
        other => other.to_string(),
    }
}

/// The ignore rules that hold in a folder: its own and those of the folders above.
pub(crate) struct Rules {
    own: Gitignore,
    shared: Gitignore,
    above: Option<Rc<Rules>>,
}

impl Rules {
    /// The rules of `folder` (a path from the root, "" for the root), given the texts of its ignore files.
    pub(crate) fn push(
        above: Option<Rc<Rules>>,
        folder: &str,
        own: Option<&str>,
        shared: Option<&str>,
        troubles: &mut Vec<SourceTrouble>,
    ) -> Option<Rc<Rules>> {
        if own.is_none() && shared.is_none() {
            return above;
        }
        let mut build = |text: Option<&str>, name: &str| {
            let mut builder = GitignoreBuilder::new(folder);
            for (at, line) in text.unwrap_or_default().lines().enumerate() {
                if let Err(e) = builder.add_line(None, line) {
                    let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
                    troubles.push(bad_ignore_file(&path, &format!("line {}: {}", at + 1, plain(&e))));
                }
            }
            builder.build().unwrap_or_else(|_| Gitignore::empty())
        };
        let rules = Rules { own: build(own, OWN_IGNORE), shared: build(shared, SHARED_IGNORE), above };
        Some(Rc::new(rules))
    }
    /// Whether an entry (a path from the root) is ignored. The nearest rule wins, `.apicensusignore` before `.ignore`.
    pub(crate) fn ignores(rules: &Option<Rc<Rules>>, path: &str, is_folder: bool) -> bool {
        let first = |pick: fn(&Rules) -> &Gitignore| {
            let mut at = rules.as_deref();
            while let Some(rule) = at {
                let hit = pick(rule).matched(path, is_folder);
                if !hit.is_none() {
                    return Some(hit.is_ignore());
                }
                at = rule.above.as_deref();
            }
            None
        };
        first(|r| &r.own).or_else(|| first(|r| &r.shared)).unwrap_or(false)
    }
}

pub(crate) fn bad_ignore_file(path: &str, reason: &str) -> SourceTrouble {
    SourceTrouble::new(
        SourceTroubleKind::IgnoreFile,
        path,
        format!("a pattern can't be understood: {reason}"),
        "files it should leave out may be read",
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn filter(include: &[&str], exclude: &[&str]) -> Filter {
        let own = |list: &[&str]| list.iter().map(|s| s.to_string()).collect::<Vec<_>>();
        Filter::new(&own(include), &own(exclude)).unwrap()
    }

    #[test]
    fn folders_and_globs_select_files() {
        let f = filter(&["src", "*.yaml"], &["src/gen/", "*_test.py"]);
        assert!(f.keeps_file("src/a.py"));
        assert!(f.keeps_file("deep/src/a.py"));
        assert!(f.keeps_file("x/y.yaml"));
        assert!(!f.keeps_file("lib/a.py"));
        assert!(!f.keeps_file("src/a_test.py"));
        assert!(!f.keeps_file("src/gen/a.py"));
        assert!(f.prunes("src/gen"));
        assert!(!f.prunes("src"));
    }

    #[test]
    fn bad_patterns_are_errors() {
        let error = Filter::new(&["a/[".to_owned()], &[]).err().unwrap().to_string();
        assert!(error.starts_with("bad pattern `a/[`: "), "{error}");
        assert!(Filter::new(&[String::new()], &[]).is_err());
    }

    #[test]
    fn the_nearest_rule_wins_and_the_own_file_beats_the_shared() {
        let mut troubles = Vec::new();
        let top = Rules::push(None, "", Some("*.js\n!keep.js\n"), Some("*.py\n"), &mut troubles);
        let sub = Rules::push(top.clone(), "a", Some("!b.py\n"), Some("!c.py\nonly/\n"), &mut troubles);
        assert!(Rules::ignores(&top, "x/y.js", false));
        assert!(!Rules::ignores(&top, "x/keep.js", false));
        assert!(!Rules::ignores(&sub, "a/b.py", false));
        assert!(!Rules::ignores(&sub, "a/c.py", false));
        assert!(Rules::ignores(&sub, "a/d.py", false));
        assert!(Rules::ignores(&sub, "a/only", true));
        assert!(!Rules::ignores(&sub, "a/only", false));
        assert!(troubles.is_empty());
        Rules::push(None, "a", Some("[z-a\n"), None, &mut troubles);
        assert_eq!(troubles[0].path, "a/.apicensusignore");
    }
}
