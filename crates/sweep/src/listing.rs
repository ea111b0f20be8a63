//! What a sweep is told: the repositories that there are, and by which rules they are scanned.

use serde::{Deserialize, Serialize};

/// A repository as a source lists it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// What stays when it is renamed or moved: `github:12345`, `local:/srv/git/a.git`.
    pub identity: String,
    /// Its name for people: `acme/orders`.
    pub name: String,
    /// Where it is fetched from, without credentials; empty for one of this machine.
    pub url: String,
    /// The branch or revision that is scanned; empty for what its HEAD says.
    pub reference: String,
    /// The commit of that, where the listing says it.
    pub head: String,
    /// A mark that changes with every push to it, as its forge writes it; empty where there is none that can be relied on.
    #[serde(default)]
    pub pushed: String,
    /// Where it lies on this machine; empty for one that is fetched.
    pub path: String,
    /// It is archived.
    pub archived: bool,
    /// It is a fork.
    pub fork: bool,
    /// Its topics.
    pub topics: Vec<String>,
}

/// What sources list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The repositories.
    pub repositories: Vec<Listed>,
    /// Whether every source was read to its end.
    pub whole: bool,
    /// What went wrong.
    pub troubles: Vec<String>,
}

/// By what repositories are scanned: a result holds while neither these nor the commit change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// What the scanner knows, as a hash.
    pub ruleset: String,
    /// How it is told to scan, as a hash.
    pub config: String,
}
