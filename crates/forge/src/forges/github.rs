//! GitHub and GitHub Enterprise Server (REST, version 2022-11-28).

use super::{Forge, branch, forge_id, repository, segment, topics};
use crate::address::Base;
use crate::app::App;
use crate::config::GitHub;
use crate::error::ForgeError;
use crate::http::{Answer, Authorization, Client};
use crate::identity::Identity;
use crate::pages::{List, by_link, number, text};
use crate::repository::{Listing, Repository, TroubleKind};
use crate::secret::Secret;
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;

const PUBLIC: &str = "github.com";

/// A GitHub and who asks it.
#[derive(Debug)]
pub(crate) struct Source {
    config: GitHub,
    pub base: Base,
    api: String,
    pub identity: Arc<Identity>,
}

impl Source {
    pub fn new(config: &GitHub, folder: &Path) -> Result<Source, ForgeError> {
        let base = Base::parse(config.url.as_deref().unwrap_or("https://github.com"))?;
        // <https://docs.github.com/enterprise-server/rest/quickstart>: the API is below `/api/v3` there.
        let api = if base.authority == PUBLIC { "https://api.github.com".to_owned() } else { format!("{}/api/v3", base.url) };
        let identity = match &config.app {
            Some(app) => Identity::App(App::new(app, folder, &api)),
            None => Identity::token(config.token.as_ref(), folder, "Bearer", "x-access-token"),
        };
        Ok(Source { config: config.clone(), base, api, identity: Arc::new(identity) })
    }

    fn gather(
        &self,
        client: &Client,
        what: String,
        path: &str,
        auth: &dyn Fn() -> Result<Authorization, ForgeError>,
        listing: &mut Listing,
    ) {
        let list = List {
            client,
            place: format!("{} {what}", self.base.authority),
            first: format!("{}{path}", self.api),
            authorization: auth,
            open: &open,
            read: &|entry| self.read(entry),
            keyed: false,
        };
        list.gather(listing);
    }

    fn read(&self, entry: &Value) -> Result<Option<Repository>, String> {
        if entry["disabled"].as_bool() == Some(true) {
            return Ok(None);
        }
        let id = forge_id("github", PUBLIC, &self.base, number(entry, "id")?);
        let mut found = repository(id, text(entry, "full_name")?, text(entry, "clone_url")?)?;
        found.default_ref = branch(&entry["default_branch"]);
        found.pushed = branch(&entry["pushed_at"]);
        found.archived = entry["archived"].as_bool().unwrap_or(false);
        found.fork = entry["fork"].as_bool().unwrap_or(false);
        found.topics = topics(&entry["topics"]);
        Ok(Some(found))
    }

    /// The path that lists a user's repositories: a token sees the private ones only of its own user, under another path.
    fn user_path(&self, client: &Client, user: &str) -> String {
        let rest = "per_page=100&sort=created&direction=asc";
        let own = match (&*self.identity, self.identity.authorization(client, Some(user))) {
            (Identity::Token { .. }, Ok(authorization)) => client.get(&format!("{}/user", self.api), &authorization).ok(),
            _ => None,
        };
        let is_own = own.is_some_and(|me| me.body["login"].as_str().is_some_and(|l| l.eq_ignore_ascii_case(user)));
        if is_own { format!("/user/repos?affiliation=owner&{rest}") } else { format!("/users/{}/repos?type=owner&{rest}", segment(user)) }
    }

    fn list_app(&self, app: &App, client: &Client, listing: &mut Listing) {
        let place = format!("{} installations of the App", self.base.authority);
        let mut installations = Vec::new();
        let mut next = Some(format!("{}/app/installations?per_page=100", self.api));
        while let Some(url) = next {
            let page = crate::http::same_host(&self.api, &url).and_then(|()| app.proof()).and_then(|proof| client.get(&url, &proof));
            match page {
                Ok(page) => {
                    let found = app.learn(&page);
                    next = page.next.filter(|_| !found.is_empty());
                    installations.extend(found);
                }
                Err(error) => {
                    listing.trouble(&place, TroubleKind::Listing, error.to_string());
                    break;
                }
            }
        }
        for (id, owner) in installations {
            let auth = || app.installation_token(client, id).map(|t| Some(Secret::new(format!("Bearer {}", t.expose()))));
            self.gather(client, format!("installation on {owner}"), "/installation/repositories?per_page=100", &auth, listing);
        }
    }
}

/// A list, or `{total_count, repositories}`.
fn open(answer: &Answer, url: &str) -> Result<(Vec<Value>, Option<String>), String> {
    match answer.body.get("repositories").and_then(Value::as_array) {
        Some(entries) => Ok((entries.clone(), answer.next.clone())),
        None => by_link(answer, url),
    }
}

impl Forge for Source {
    fn list(&self, client: &Client, listing: &mut Listing) {
        for organisation in &self.config.organisations {
            let auth = || self.identity.authorization(client, Some(organisation));
            let path = format!("/orgs/{}/repos?type=all&per_page=100&sort=created&direction=asc", segment(organisation));
            self.gather(client, format!("organisation {organisation}"), &path, &auth, listing);
        }
        for user in &self.config.users {
            let auth = || self.identity.authorization(client, Some(user));
            let path = self.user_path(client, user);
            self.gather(client, format!("user {user}"), &path, &auth, listing);
        }
        if let Identity::App(app) = &*self.identity
            && self.config.organisations.is_empty()
            && self.config.users.is_empty()
        {
            self.list_app(app, client, listing);
        }
    }
}
