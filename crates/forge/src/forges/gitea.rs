//! Gitea and Forgejo (REST, version 1).

use super::{Forge, branch, forge_id, repository, segment, topics};
use crate::address::Base;
use crate::config::Gitea;
use crate::error::ForgeError;
use crate::http::Client;
use crate::identity::Identity;
use crate::pages::{List, by_link, number, text};
use crate::repository::{Listing, Repository};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;

/// A Gitea and who asks it.
#[derive(Debug)]
pub(crate) struct Source {
    config: Gitea,
    pub base: Base,
    pub identity: Arc<Identity>,
}

impl Source {
    pub fn new(config: &Gitea, folder: &Path) -> Result<Source, ForgeError> {
        let base = Base::parse(&config.url)?;
        let identity = Identity::token(config.token.as_ref(), folder, "token", "x-access-token");
        Ok(Source { config: config.clone(), base, identity: Arc::new(identity) })
    }

    fn gather(&self, client: &Client, what: String, path: &str, listing: &mut Listing) {
        let list = List {
            client,
            place: format!("{} {what}", self.base.authority),
            // Pages are of 50 at most unless the server is set otherwise; it cuts a larger limit down.
            first: format!("{}/api/v1{path}?page=1&limit=50", self.base.url),
            authorization: &|| self.identity.authorization(client, None),
            open: &by_link,
            read: &|entry| self.read(entry),
            keyed: false,
        };
        list.gather(listing);
    }

    fn read(&self, entry: &Value) -> Result<Option<Repository>, String> {
        let id = forge_id("gitea", "", &self.base, number(entry, "id")?);
        let mut found = repository(id, text(entry, "full_name")?, text(entry, "clone_url")?)?;
        found.default_ref = branch(&entry["default_branch"]).filter(|_| entry["empty"].as_bool() != Some(true));
        found.archived = entry["archived"].as_bool().unwrap_or(false);
        found.fork = entry["fork"].as_bool().unwrap_or(false);
        found.topics = topics(&entry["topics"]);
        Ok(Some(found))
    }
}

impl Forge for Source {
    fn list(&self, client: &Client, listing: &mut Listing) {
        for organisation in &self.config.organisations {
            self.gather(client, format!("organisation {organisation}"), &format!("/orgs/{}/repos", segment(organisation)), listing);
        }
        for user in &self.config.users {
            self.gather(client, format!("user {user}"), &format!("/users/{}/repos", segment(user)), listing);
        }
    }
}
