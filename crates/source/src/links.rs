//! Symbolic links are never followed. One that leads to a file or folder of the tree loses nothing, since its target
//! is read in its own place; any other is a trouble. Both sources, disk and git, decide by the text of the link.

use crate::error::{SourceTrouble, SourceTroubleKind};
use crate::paths::{folder, joined};
use crate::tree::Entry;

/// A symbolic link that a listing came across.
pub(crate) struct Link {
    /// Path from the scan root.
    pub path: String,
    /// What it holds; None when that could not be read.
    pub target: Option<String>,
}

/// The troubles of the links, given the sorted files of the tree.
pub(crate) fn troubles(links: Vec<Link>, entries: &[Entry]) -> Vec<SourceTrouble> {
    links.into_iter().filter_map(|link| trouble(link, entries)).collect()
}

fn trouble(link: Link, entries: &[Entry]) -> Option<SourceTrouble> {
    let effect = "what it leads to is not read";
    let say = |message: String| Some(SourceTrouble::new(SourceTroubleKind::Symlink, link.path.clone(), message, effect));
    let Some(target) = &link.target else {
        return say("the symbolic link can't be read".to_owned());
    };
    match resolve(&link.path, target) {
        None => say(format!("the symbolic link leads out of the scanned tree, to `{target}`")),
        Some(inside) if holds(entries, &inside) => None,
        Some(_) => say(format!("the symbolic link leads to `{target}`, which is not among the scanned files")),
    }
}

/// Where a relative link leads, as a path from the root; None when outside.
fn resolve(link: &str, target: &str) -> Option<String> {
    if target.starts_with('/') || target.is_empty() {
        return None;
    }
    joined(folder(link), target)
}

fn holds(entries: &[Entry], path: &str) -> bool {
    if path.is_empty() {
        return true;
    }
    let folder = format!("{path}/");
    entries.binary_search_by(|e| e.path.as_str().cmp(path)).is_ok() || {
        let at = entries.partition_point(|e| e.path.as_str() < folder.as_str());
        entries.get(at).is_some_and(|e| e.path.starts_with(&folder))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_resolve_by_their_text() {
        assert_eq!(resolve("a/b/l", "../c.py").as_deref(), Some("a/c.py"));
        assert_eq!(resolve("l", "./x//y").as_deref(), Some("x/y"));
        assert_eq!(resolve("a/l", "..").as_deref(), Some(""));
        assert_eq!(resolve("a/l", "../../etc"), None);
        assert_eq!(resolve("l", "/etc/passwd"), None);
    }
}
