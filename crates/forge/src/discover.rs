//! Listing every source.

use crate::config::{ForgeConfig, SourceConfig};
use crate::error::ForgeError;
use crate::filter::Filter;
use crate::repository::Listing;
use crate::{list_file, local};
use std::path::{Path, PathBuf};

/// The forges of a configuration.
#[derive(Debug)]
pub struct Forges {
    config: ForgeConfig,
    /// The folder that relative paths of the configuration are in.
    base: PathBuf,
}

impl Forges {
    /// Checks a configuration. `base` is the folder that its relative paths are in. Nothing is read or asked yet.
    ///
    /// # Errors
    /// When the configuration makes no sense.
    pub fn new(config: ForgeConfig, base: &Path) -> Result<Forges, ForgeError> {
        config.check()?;
        Ok(Forges { config, base: base.to_owned() })
    }

    /// Lists all sources.
    pub fn list(&self) -> Listing {
        let mut all = Listing::whole();
        for source in &self.config.sources {
            all.merge(self.list_source(source));
        }
        all
    }

    /// Lists one source.
    pub fn list_source(&self, source: &SourceConfig) -> Listing {
        let raw = match source {
            SourceConfig { list: Some(file), .. } => list_file::list(file, &self.base),
            SourceConfig { local: Some(local), .. } => local::list(local, &self.base),
            _ => Listing::whole(),
        };
        let mut listing = Listing::whole();
        listing.merge(raw);
        // `new` has compiled the same patterns.
        if let Ok(filter) = Filter::new(source) {
            let before = listing.repositories.len();
            listing.repositories.retain(|r| filter.keeps(r));
            listing.left_out = before - listing.repositories.len();
        }
        for repository in &mut listing.repositories {
            repository.refs.clone_from(&source.refs);
        }
        listing
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
