//! GitLab (REST, version 4).
//!
//! Keyset pages exist for the list of all projects (`everything`), not for those of a group or user: these are counted
//! pages, ordered by id.

use super::{Forge, branch, forge_id, repository, segment, topics};
use crate::address::Base;
use crate::config::GitLab;
use crate::error::ForgeError;
use crate::http::Client;
use crate::identity::Identity;
use crate::pages::{List, by_link, number, text};
use crate::repository::{Listing, Repository};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;

const PUBLIC: &str = "gitlab.com";

/// A GitLab and who asks it.
#[derive(Debug)]
pub(crate) struct Source {
    config: GitLab,
    pub base: Base,
    pub identity: Arc<Identity>,
}

impl Source {
    pub fn new(config: &GitLab, folder: &Path) -> Result<Source, ForgeError> {
        let base = Base::parse(config.url.as_deref().unwrap_or("https://gitlab.com"))?;
        let identity = Identity::token(config.token.as_ref(), folder, "Bearer", "oauth2");
        Ok(Source { config: config.clone(), base, identity: Arc::new(identity) })
    }

    fn gather(&self, client: &Client, what: String, path: &str, keyed: bool, listing: &mut Listing) {
        let list = List {
            client,
            place: format!("{} {what}", self.base.authority),
            first: format!("{}/api/v4{path}&order_by=id&sort=asc&per_page=100", self.base.url),
            authorization: &|| self.identity.authorization(client, None),
            open: &by_link,
            read: &|entry| self.read(entry),
            keyed,
        };
        list.gather(listing);
    }

    fn read(&self, entry: &Value) -> Result<Option<Repository>, String> {
        // A project whose repository is switched off has nothing to read.
        if entry["repository_access_level"].as_str() == Some("disabled") {
            return Ok(None);
        }
        let id = forge_id("gitlab", PUBLIC, &self.base, number(entry, "id")?);
        let mut found = repository(id, text(entry, "path_with_namespace")?, text(entry, "http_url_to_repo")?)?;
        found.default_ref = branch(&entry["default_branch"]);
        found.archived = entry["archived"].as_bool().unwrap_or(false);
        found.fork = entry["forked_from_project"].is_object();
        found.topics = topics(&entry["topics"]);
        Ok(Some(found))
    }
}

impl Forge for Source {
    fn list(&self, client: &Client, listing: &mut Listing) {
        for group in &self.config.groups {
            let subgroups = !self.config.without_subgroups;
            let path = format!("/groups/{}/projects?include_subgroups={subgroups}&with_shared=false", segment(group));
            self.gather(client, format!("group {group}"), &path, false, listing);
        }
        for user in &self.config.users {
            self.gather(client, format!("user {user}"), &format!("/users/{}/projects?owned=false", segment(user)), false, listing);
        }
        if self.config.everything {
            self.gather(client, "projects".to_owned(), "/projects?pagination=keyset", true, listing);
        }
    }
}
