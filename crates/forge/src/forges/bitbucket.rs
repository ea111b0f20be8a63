//! Bitbucket Cloud (REST 2.0) and Bitbucket Data Center (REST 1.0).

use super::{Forge, branch, forge_id, repository, segment};
use crate::address::Base;
use crate::config::{Bitbucket, HostConfig};
use crate::error::ForgeError;
use crate::http::{Answer, Client};
use crate::identity::Identity;
use crate::pages::{List, number, text};
use crate::repository::{Listing, Repository};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;

const PUBLIC: &str = "bitbucket.org";

/// A Bitbucket and who asks it.
#[derive(Debug)]
pub(crate) struct Source {
    config: Bitbucket,
    pub base: Base,
    pub(super) api: String,
    pub identity: Arc<Identity>,
}

impl Source {
    /// With a user in the host's configuration the token is an API token, which goes with the user as a password.
    pub fn new(config: &Bitbucket, folder: &Path, host: Option<&HostConfig>) -> Result<Source, ForgeError> {
        let base = Base::parse(config.url.as_deref().unwrap_or("https://bitbucket.org"))?;
        let api = match config.url {
            None => "https://api.bitbucket.org/2.0".to_owned(),
            Some(_) => format!("{}/rest/api/1.0", base.url),
        };
        let user = host.and_then(|h| h.user.as_deref());
        let mut identity = Identity::token(config.token.as_ref(), folder, "Bearer", user.unwrap_or("x-token-auth"));
        if let Identity::Token { basic, .. } = &mut identity {
            *basic = user.is_some();
        }
        Ok(Source { config: config.clone(), base, api, identity: Arc::new(identity) })
    }

    fn cloud(&self, entry: &Value) -> Result<Option<Repository>, String> {
        // Mercurial repositories are long gone; whatever else there is can't be fetched.
        if entry["scm"].as_str().is_some_and(|scm| scm != "git") {
            return Ok(None);
        }
        let id = forge_id("bitbucket", PUBLIC, &self.base, text(entry, "uuid")?);
        let mut found = repository(id, text(entry, "full_name")?, &clone_link(entry, "https")?)?;
        found.default_ref = branch(&entry["mainbranch"]["name"]);
        found.fork = entry["parent"].is_object();
        Ok(Some(found))
    }

    fn data_center(&self, entry: &Value) -> Result<Option<Repository>, String> {
        if entry["scmId"].as_str().is_some_and(|scm| scm != "git") {
            return Ok(None);
        }
        let id = forge_id("bitbucket", PUBLIC, &self.base, number(entry, "id")?);
        let name = format!("{}/{}", text(&entry["project"], "key")?, text(entry, "slug")?);
        let mut found = repository(id, &name, &clone_link(entry, "http")?)?;
        found.archived = entry["archived"].as_bool().unwrap_or(false);
        found.fork = entry["origin"].is_object();
        Ok(Some(found))
    }
}

/// The clone address of a kind. The Cloud writes the asking user into it.
fn clone_link(entry: &Value, kind: &str) -> Result<String, String> {
    let links = entry["links"]["clone"].as_array();
    let link = links.into_iter().flatten().find(|l| l["name"].as_str() == Some(kind)).and_then(|l| l["href"].as_str());
    let link = link.ok_or("a repository without an address to clone it from")?;
    match link.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
            Ok(format!("{scheme}://{}/{path}", authority.rsplit('@').next().unwrap_or(authority)))
        }
        None => Ok(link.to_owned()),
    }
}

/// `{values, next}`.
fn open_cloud(answer: &Answer, _url: &str) -> Result<(Vec<Value>, Option<String>), String> {
    let entries = answer.body["values"].as_array().ok_or("a page without `values`")?;
    Ok((entries.clone(), answer.body["next"].as_str().map(str::to_owned)))
}

/// `{values, isLastPage, nextPageStart}`.
fn open_data_center(answer: &Answer, url: &str) -> Result<(Vec<Value>, Option<String>), String> {
    let entries = answer.body["values"].as_array().ok_or("a page without `values`")?;
    if answer.body["isLastPage"].as_bool().ok_or("a page without `isLastPage`")? {
        return Ok((entries.clone(), None));
    }
    let start = answer.body["nextPageStart"].as_u64().ok_or("a page without `nextPageStart`")?;
    let first = url.split("&start=").next().unwrap_or(url);
    Ok((entries.clone(), Some(format!("{first}&start={start}"))))
}

impl Forge for Source {
    fn list(&self, client: &Client, listing: &mut Listing) {
        let authorization = || self.identity.authorization(client, None);
        for workspace in &self.config.workspaces {
            let list = List {
                client,
                place: format!("{} workspace {workspace}", self.base.authority),
                first: format!("{}/repositories/{}?pagelen=100&sort=created_on", self.api, segment(workspace)),
                authorization: &authorization,
                open: &open_cloud,
                read: &|entry| self.cloud(entry),
                keyed: false,
            };
            list.gather(listing);
        }
        for project in &self.config.projects {
            let list = List {
                client,
                place: format!("{} project {project}", self.base.authority),
                first: format!("{}/projects/{}/repos?limit=100", self.api, segment(project)),
                authorization: &authorization,
                open: &open_data_center,
                read: &|entry| self.data_center(entry),
                keyed: false,
            };
            list.gather(listing);
        }
    }
}
