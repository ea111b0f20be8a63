//! Listing every source.

use crate::config::{ForgeConfig, SourceConfig};
use crate::error::ForgeError;
use crate::filter::Filter;
use crate::forges::{Forge, bitbucket, gitea, github, gitlab};
use crate::gate::{InMemory, Shared};
use crate::http::{Client, NetLimits};
use crate::identity::{self, Identity};
use crate::repository::Listing;
use crate::{list_file, local};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The forges of a configuration.
#[derive(Debug)]
pub struct Forges {
    pub(crate) config: ForgeConfig,
    /// The folder that relative paths of the configuration are in.
    pub(crate) base: PathBuf,
    pub(crate) client: Arc<Client>,
    sources: Vec<Source>,
    /// Who fetches from a host, where its own configuration says so.
    hosts: BTreeMap<String, Identity>,
}

/// A source, ready to be asked.
#[derive(Debug)]
enum Source {
    GitHub(github::Source),
    GitLab(gitlab::Source),
    Gitea(gitea::Source),
    Bitbucket(bitbucket::Source),
    Files,
}

impl Source {
    fn new(config: &SourceConfig, base: &Path, client: &Client) -> Result<Source, ForgeError> {
        Ok(match config {
            SourceConfig { github: Some(config), .. } => Source::GitHub(github::Source::new(config, base)?),
            SourceConfig { gitlab: Some(config), .. } => Source::GitLab(gitlab::Source::new(config, base)?),
            SourceConfig { gitea: Some(config), .. } => Source::Gitea(gitea::Source::new(config, base)?),
            SourceConfig { bitbucket: Some(config), .. } => {
                let authority = config.url.as_deref().map(crate::address::Base::parse).transpose()?.map(|b| b.authority);
                let host = client.host(authority.as_deref().unwrap_or("bitbucket.org"));
                Source::Bitbucket(bitbucket::Source::new(config, base, host)?)
            }
            _ => Source::Files,
        })
    }

    /// The host that its repositories are fetched from, and who fetches.
    fn identity(&self) -> Option<(&str, &Arc<Identity>)> {
        match self {
            Source::GitHub(source) => Some((&source.base.authority, &source.identity)),
            Source::GitLab(source) => Some((&source.base.authority, &source.identity)),
            Source::Gitea(source) => Some((&source.base.authority, &source.identity)),
            Source::Bitbucket(source) => Some((&source.base.authority, &source.identity)),
            Source::Files => None,
        }
    }
}

impl Forges {
    /// Checks a configuration. `base` is the folder that its relative paths are in. Nothing is read or asked yet.
    ///
    /// # Errors
    /// When the configuration makes no sense.
    pub fn new(config: ForgeConfig, base: &Path) -> Result<Forges, ForgeError> {
        Forges::with(config, base, NetLimits::default(), Arc::new(InMemory::default()))
    }

    /// The same with limits, and with what other processes know.
    ///
    /// # Errors
    /// When the configuration makes no sense.
    pub fn with(config: ForgeConfig, base: &Path, limits: NetLimits, shared: Arc<dyn Shared>) -> Result<Forges, ForgeError> {
        config.check()?;
        let client = Client::new(config.hosts.clone(), base, limits, shared);
        let sources = config.sources.iter().map(|s| Source::new(s, base, &client)).collect::<Result<_, _>>()?;
        let hosts = config.hosts.iter().filter_map(|(host, c)| Some((host.clone(), identity::of_host(c, base)?))).collect();
        Ok(Forges { config, base: base.to_owned(), client: Arc::new(client), sources, hosts })
    }

    /// Lists all sources.
    pub fn list(&self) -> Listing {
        let mut all = Listing::whole();
        for at in 0..self.config.sources.len() {
            all.merge(self.list_source(at));
        }
        all
    }

    /// Lists one source by its place in the configuration.
    pub fn list_source(&self, at: usize) -> Listing {
        let mut listing = Listing::whole();
        let (Some(config), Some(source)) = (self.config.sources.get(at), self.sources.get(at)) else { return listing };
        let mut raw = Listing::whole();
        match source {
            Source::GitHub(source) => source.list(&self.client, &mut raw),
            Source::GitLab(source) => source.list(&self.client, &mut raw),
            Source::Gitea(source) => source.list(&self.client, &mut raw),
            Source::Bitbucket(source) => source.list(&self.client, &mut raw),
            Source::Files => match config {
                SourceConfig { list: Some(file), .. } => raw = list_file::list(file, &self.base),
                SourceConfig { local: Some(local), .. } => raw = local::list(local, &self.base),
                _ => {}
            },
        }
        listing.merge(raw);
        // `with` has compiled the same patterns.
        if let Ok(filter) = Filter::new(config) {
            let before = listing.repositories.len();
            listing.repositories.retain(|r| filter.keeps(r));
            listing.left_out += before - listing.repositories.len();
        }
        for repository in &mut listing.repositories {
            repository.refs.clone_from(&config.refs);
        }
        listing
    }

    /// Who fetches from a host: whom its configuration names, else the first source there that has a token or an App.
    pub(crate) fn identity(&self, authority: &str) -> Option<&Identity> {
        if let Some(identity) = self.hosts.get(authority) {
            return Some(identity);
        }
        let mut all = self.sources.iter().filter_map(Source::identity).filter(|(host, _)| *host == authority);
        all.find(|(_, identity)| !matches!(***identity, Identity::Nobody)).map(|(_, identity)| &**identity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn make(path: &Path) {
        fs::create_dir_all(path.join("objects")).unwrap();
        fs::write(path.join("HEAD"), "ref: refs/heads/main\n").unwrap();
    }

    fn forges(base: &Path, config: serde_json::Value) -> Forges {
        Forges::new(serde_json::from_value(config).unwrap(), base).unwrap()
    }

    #[test]
    fn folders_are_found_by_pattern_and_opened_in_place() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["srv/a/one.git", "srv/a/two/.git", "srv/b/three.git", "srv/b/three.git/nested.git"] {
            make(&folder.path().join(name));
        }
        fs::create_dir_all(folder.path().join("srv/a/plain")).unwrap();
        std::os::unix::fs::symlink("a", folder.path().join("srv/link")).unwrap();
        let config = serde_json::json!({"sources": [{"local": {"globs": ["srv/*/*", "nothing/*"]}, "exclude": ["two"]}]});
        let listing = forges(folder.path(), config).list();
        let names: Vec<_> = listing.repositories.iter().map(|r| r.name.as_str()).collect();
        assert_eq!(names, ["one", "three"]);
        assert_eq!(listing.left_out, 1);
        assert_eq!(listing.repositories[0].local_path.as_deref(), Some(folder.path().join("srv/a/one.git").as_path()));
        assert_eq!(listing.troubles.len(), 1, "{:?}", listing.troubles);
        assert!(!listing.complete || listing.troubles[0].message == "no git repository matches");
        let deep = serde_json::json!({"sources": [{"local": {"globs": ["srv/**"]}}]});
        assert_eq!(forges(folder.path(), deep).list().repositories.len(), 3);
    }

    #[test]
    fn a_list_gives_addresses_and_says_which_lines_are_wrong() {
        let folder = tempfile::tempdir().unwrap();
        make(&folder.path().join("here.git"));
        let text = "# ours\nhttps://h/acme/shop.git develop # the shop\ngit@h:acme/shop\n\nhere.git\nhttps://u:p4ss@h/x\nhttps://h/a b c\nmissing\n";
        fs::write(folder.path().join("repos.txt"), text).unwrap();
        let config = serde_json::json!({"sources": [{"list": {"file": "repos.txt"}, "refs": ["release/*"]}]});
        let listing = forges(folder.path(), config).list();
        let ids: Vec<_> = listing.repositories.iter().map(|r| r.forge_id.as_str()).collect();
        assert_eq!(ids, ["git:h/acme/shop", format!("local:{}/here.git", folder.path().display()).as_str()]);
        assert_eq!(listing.repositories[0].default_ref.as_deref(), Some("develop"));
        assert_eq!(listing.repositories[0].refs, ["release/*"]);
        let troubles: Vec<_> = listing.troubles.iter().map(|t| format!("{} {}", t.place, t.message)).collect();
        assert_eq!(troubles.len(), 3, "{troubles:?}");
        assert!(troubles[0].starts_with("repos.txt:6 ") && !troubles[0].contains("p4ss"), "{troubles:?}");
        assert!(!listing.complete);
    }

    #[test]
    fn a_configuration_that_makes_no_sense_is_refused() {
        let text = |config| Forges::new(serde_json::from_value(config).unwrap(), Path::new(".")).unwrap_err().to_string();
        assert!(text(serde_json::json!({"sources": [{}]})).starts_with("source 1: it has none of `github`"));
        assert!(text(serde_json::json!({"sources": [{"github": {}}]})).contains("names nothing to list"));
        assert!(text(serde_json::json!({"sources": [{"list": {"file": "a"}, "local": {"globs": ["b"]}}]})).contains("its own source"));
        assert!(text(serde_json::json!({"sources": [{"list": {"file": "a"}, "include": ["a["]}]})).contains("bad pattern `a[`"));
        assert!(text(serde_json::json!({"hosts": {"https://h": {}}})).contains("without scheme"));
        assert!(text(serde_json::json!({"sources": [{"gitea": {"url": "ftp://h", "users": ["a"]}}]})).contains("scheme"));
    }
}
