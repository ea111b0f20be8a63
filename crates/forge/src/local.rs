//! Repositories of this machine, found by pattern and opened in place.

use crate::config::Local;
use crate::repository::{Listing, Repository, TroubleKind};
use globset::GlobBuilder;
use ignore::WalkBuilder;
use std::path::{Component, Path, PathBuf};

/// Folders looked at for one pattern.
const MAX_FOLDERS: usize = 1_000_000;

pub(crate) fn list(config: &Local, base: &Path) -> Listing {
    let mut listing = Listing::whole();
    for pattern in &config.globs {
        one(pattern, base, &mut listing);
    }
    listing
}

fn one(pattern: &str, base: &Path, listing: &mut Listing) {
    let full = tidy(&base.join(pattern));
    let text = full.to_string_lossy().into_owned();
    let matcher = match GlobBuilder::new(&text).literal_separator(true).build() {
        Ok(glob) => glob.compile_matcher(),
        Err(e) => {
            listing.trouble(pattern, TroubleKind::Listing, format!("bad pattern: {}", e.kind()));
            return;
        }
    };
    // The walk starts below the last part that has no wildcard.
    let fixed: PathBuf = full.components().take_while(|c| !has_wildcard(c)).collect();
    if !fixed.exists() {
        listing.trouble(pattern, TroubleKind::Listing, format!("there is no folder `{}`", fixed.display()));
        return;
    }
    let depth = (!text.contains("**")).then(|| full.components().count() - fixed.components().count());
    let mut walk = WalkBuilder::new(&fixed);
    walk.standard_filters(false).follow_links(false).max_depth(depth).sort_by_file_name(Ord::cmp);
    // What lies in a repository is not looked at for others.
    walk.filter_entry(|e| e.path().parent().is_none_or(|p| e.depth() == 0 || git_folder(p).is_none()));
    let before = listing.repositories.len();
    for (seen, entry) in walk.build().enumerate() {
        match entry {
            _ if seen >= MAX_FOLDERS => {
                listing.trouble(pattern, TroubleKind::Listing, format!("more than {MAX_FOLDERS} entries; the rest was not looked at"));
                return;
            }
            Ok(entry) if entry.file_type().is_some_and(|t| t.is_dir()) && matcher.is_match(entry.path()) => {
                listing.repositories.extend(repository(entry.path()));
            }
            Ok(_) => {}
            Err(e) => listing.trouble(pattern, TroubleKind::Listing, e.to_string()),
        }
    }
    if listing.repositories.len() == before && listing.complete {
        listing.trouble(pattern, TroubleKind::Empty, "no git repository matches");
    }
}

fn has_wildcard(part: &Component<'_>) -> bool {
    part.as_os_str().to_string_lossy().contains(['*', '?', '[', '{'])
}

/// A path without `.` and `..`.
fn tidy(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut out = PathBuf::new();
    for part in absolute.components() {
        match part {
            Component::ParentDir => {
                out.pop();
            }
            Component::CurDir => {}
            other => out.push(other),
        }
    }
    out
}

/// The folder's git folder: `.git`, or itself when it is bare.
fn git_folder(folder: &Path) -> Option<PathBuf> {
    let is_git = |p: &Path| p.join("HEAD").is_file() && p.join("objects").is_dir();
    let inside = folder.join(".git");
    if inside.is_file() || is_git(&inside) { Some(inside) } else { is_git(folder).then(|| folder.to_owned()) }
}

/// A repository that is still without names.
pub(crate) fn nameless() -> Repository {
    Repository {
        forge_id: String::new(),
        name: String::new(),
        url: String::new(),
        default_ref: None,
        refs: Vec::new(),
        head: None,
        pushed: None,
        archived: false,
        fork: false,
        topics: Vec::new(),
        local_path: None,
    }
}

/// The repository in a folder; None when there is none. Nothing of it is read here.
pub(crate) fn repository(folder: &Path) -> Option<Repository> {
    let folder = tidy(folder);
    git_folder(&folder)?;
    let last = folder.file_name()?.to_string_lossy().into_owned();
    let forge_id = format!("local:{}", folder.to_string_lossy());
    let name = last.strip_suffix(".git").unwrap_or(&last).to_owned();
    Some(Repository { forge_id, name, local_path: Some(folder), ..nameless() })
}
