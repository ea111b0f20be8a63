//! A repository as its forge describes it, and a listing of them.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A repository that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repository {
    /// What stays when it is renamed or transferred: `github:12345`, `gitlab:12345`, `gitea:git.example.org:12`,
    /// `bitbucket:{uuid}`, with the host after the forge's name when it is not the public one; `git:host/path` for an
    /// address from a list, `local:/path` for a folder.
    pub forge_id: String,
    /// Its full name today: `owner/name`, `group/subgroup/name`; for a folder, its last part.
    pub name: String,
    /// Where it is fetched from, without credentials; empty for a folder.
    #[serde(default)]
    pub url: String,
    /// Its default branch, without `refs/heads/`; none when the forge did not say (or it is empty).
    #[serde(default)]
    pub default_ref: Option<String>,
    /// Patterns of branches and tags to scan (`main`, `release/*`, `refs/tags/v*`); the default branch when empty.
    #[serde(default)]
    pub refs: Vec<String>,
    /// The commit of the default branch, where the listing tells.
    #[serde(default)]
    pub head: Option<String>,
    /// A mark that changes with every push to any branch (a time, as the forge writes it): if it is the same as in the
    /// last sweep, nothing was pushed. None where the forge has none that can be relied on.
    #[serde(default)]
    pub pushed: Option<String>,
    /// It is read-only.
    #[serde(default)]
    pub archived: bool,
    /// It is a fork.
    #[serde(default)]
    pub fork: bool,
    /// Topics, sorted.
    #[serde(default)]
    pub topics: Vec<String>,
    /// The folder to open in place; none for what has to be fetched.
    #[serde(default)]
    pub local_path: Option<PathBuf>,
}

/// Kinds of [`Trouble`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TroubleKind {
    /// A part of a source could not be listed: what it holds is missing, and nothing of it may be called gone.
    Listing,
    /// One repository was described in a way that can't be used; it is missing.
    Entry,
    /// A pattern or address found nothing.
    Empty,
}

/// Something that was not as it should be while listing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Trouble {
    /// The source, and the part of it: `github.com acme`, `repos.txt:12`.
    pub place: String,
    /// Its kind.
    pub kind: TroubleKind,
    /// One sentence.
    pub message: String,
}

/// What a source holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// Repositories after filters, each once, sorted by id.
    pub repositories: Vec<Repository>,
    /// How many the filters left out.
    #[serde(default)]
    pub left_out: usize,
    /// What went wrong.
    pub troubles: Vec<Trouble>,
    /// Every part of every source was listed to its end: what is not here is gone.
    pub complete: bool,
}

impl Listing {
    pub(crate) fn trouble(&mut self, place: impl Into<String>, kind: TroubleKind, message: impl Into<String>) {
        self.complete &= kind == TroubleKind::Empty;
        self.troubles.push(Trouble { place: place.into(), kind, message: message.into() });
    }

    /// An empty listing that is whole so far.
    pub(crate) fn whole() -> Listing {
        Listing { complete: true, ..Listing::default() }
    }

    /// Takes in another one. A repository that both have stays once, as the first saw it.
    pub fn merge(&mut self, other: Listing) {
        self.repositories.extend(other.repositories);
        self.repositories.sort_by(|a, b| a.forge_id.cmp(&b.forge_id));
        self.repositories.dedup_by(|a, b| a.forge_id == b.forge_id);
        self.left_out += other.left_out;
        self.troubles.extend(other.troubles);
        self.complete &= other.complete;
    }
}
