//! The configuration of sources and hosts, as it is written in YAML.

use crate::error::ForgeError;
use crate::secret::SecretRef;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What is listed, and how hosts are spoken to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForgeConfig {
    /// Where repositories are found.
    #[serde(default)]
    pub sources: Vec<SourceConfig>,
    /// How a host is spoken to, by its name (with the port if it is not the usual one).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hosts: BTreeMap<String, HostConfig>,
}

/// One source: exactly one of the forges, and which of its repositories count.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceConfig {
    /// GitHub or GitHub Enterprise Server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub github: Option<GitHub>,
    /// GitLab, of gitlab.com or self-managed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gitlab: Option<GitLab>,
    /// Gitea or Forgejo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gitea: Option<Gitea>,
    /// Bitbucket Cloud, or Bitbucket Data Center.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bitbucket: Option<Bitbucket>,
    /// A file of addresses, one a line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<ListFile>,
    /// Folders of this machine, opened in place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local: Option<Local>,
    /// Only repositories whose full name matches one of these (`acme/*`, `acme/{shop,pay}-**`); all when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<String>,
    /// None whose full name matches one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
    /// Only those that have one of these topics; all when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<String>,
    /// Take archived repositories too.
    #[serde(default)]
    pub archived: bool,
    /// Take forks too.
    #[serde(default)]
    pub forks: bool,
    /// Branches and tags to scan (`main`, `release/*`, `refs/tags/v*`); the default branch when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refs: Vec<String>,
}

/// GitHub.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GitHub {
    /// The address of a GitHub Enterprise Server; github.com when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Organisations whose repositories are listed.
    #[serde(default, alias = "organizations", skip_serializing_if = "Vec::is_empty")]
    pub organisations: Vec<String>,
    /// Users whose repositories are listed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<String>,
    /// A personal access token (classic or fine-grained).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<SecretRef>,
    /// A GitHub App instead of a token. Without organisations and users, everything that it is installed on is listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<GitHubApp>,
}

/// A GitHub App.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GitHubApp {
    /// The App's client id or its number.
    pub id: String,
    /// Its private key, in PEM.
    pub key: SecretRef,
}

/// GitLab.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GitLab {
    /// The address of a self-managed GitLab; gitlab.com when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Groups by full path, each with its subgroups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Users whose projects are listed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<String>,
    /// Leave the subgroups out.
    #[serde(default)]
    pub without_subgroups: bool,
    /// List every project that the token may see, instead of groups and users.
    #[serde(default)]
    pub everything: bool,
    /// A token of a person, group or project that may read the API and repositories.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<SecretRef>,
}

/// Gitea or Forgejo.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gitea {
    /// Its address.
    pub url: String,
    /// Organisations whose repositories are listed.
    #[serde(default, alias = "organizations", skip_serializing_if = "Vec::is_empty")]
    pub organisations: Vec<String>,
    /// Users whose repositories are listed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<String>,
    /// An access token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<SecretRef>,
}

/// Bitbucket: workspaces of the Cloud, or projects of a Data Center.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bitbucket {
    /// The address of a Data Center; Bitbucket Cloud when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Workspaces of Bitbucket Cloud.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub workspaces: Vec<String>,
    /// Keys of projects of a Data Center.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub projects: Vec<String>,
    /// An access token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<SecretRef>,
}

/// A file of addresses: one a line, `#` begins a comment, a second word is the branch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListFile {
    /// The file, relative to the configuration.
    pub file: PathBuf,
}

/// Folders of this machine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Local {
    /// Patterns of folders (`/srv/git/**/*.git`, `../*`), relative to the configuration. Only git repositories count.
    pub globs: Vec<String>,
}

/// How a host is spoken to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HostConfig {
    /// The user that fetches over https; by default the one that the forge expects with a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The token or password that fetches over https; by default that of the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<SecretRef>,
    /// The private key file for ssh; without it the ssh agent is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssh_key: Option<PathBuf>,
    /// The file of host keys for ssh; the user's own by default. A host that is not in it is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_hosts: Option<PathBuf>,
    /// A PEM file of certificate authorities that this host is trusted by, beside those of the system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// Speak http without TLS to this host. Only for a host that no one can listen in on.
    #[serde(default)]
    pub allow_http: bool,
    /// Requests to this host at a time, of one process; 4 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connections: Option<usize>,
}

impl ForgeConfig {
    /// Looks for what serde can't see.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), ForgeError> {
        for (at, source) in self.sources.iter().enumerate() {
            source.check().map_err(|e| ForgeError::config(format!("source {}: {e}", at + 1)))?;
        }
        for (host, config) in &self.hosts {
            let wrong = |e: String| ForgeError::config(format!("host `{host}`: {e}"));
            if host.is_empty() || host.contains(['/', '@', ' ']) {
                return Err(wrong("a host is written without scheme, user and path".to_owned()));
            }
            config.token.as_ref().map_or(Ok(()), SecretRef::check).map_err(|e| wrong(e.to_string()))?;
            if config.connections == Some(0) {
                return Err(wrong("`connections` is at least 1".to_owned()));
            }
        }
        Ok(())
    }
}

impl SourceConfig {
    /// Its kind, for messages.
    pub fn kind(&self) -> &'static str {
        self.kinds().first().copied().unwrap_or("nothing")
    }

    fn kinds(&self) -> Vec<&'static str> {
        let all = [
            ("github", self.github.is_some()),
            ("gitlab", self.gitlab.is_some()),
            ("gitea", self.gitea.is_some()),
            ("bitbucket", self.bitbucket.is_some()),
            ("list", self.list.is_some()),
            ("local", self.local.is_some()),
        ];
        all.into_iter().filter(|(_, there)| *there).map(|(name, _)| name).collect()
    }

    fn check(&self) -> Result<(), ForgeError> {
        match self.kinds().as_slice() {
            [_] => {}
            [] => return Err(ForgeError::config("it has none of `github`, `gitlab`, `gitea`, `bitbucket`, `list`, `local`")),
            several => return Err(ForgeError::config(format!("it has `{}`; give each its own source", several.join("`, `")))),
        }
        for secret in self.secrets() {
            secret.check()?;
        }
        for url in self.urls() {
            crate::address::Base::parse(url)?;
        }
        crate::filter::Filter::new(self)?;
        self.check_owners()
    }

    fn secrets(&self) -> impl Iterator<Item = &SecretRef> {
        let app = self.github.as_ref().and_then(|g| g.app.as_ref()).map(|a| &a.key);
        let tokens = [
            self.github.as_ref().and_then(|g| g.token.as_ref()),
            self.gitlab.as_ref().and_then(|g| g.token.as_ref()),
            self.gitea.as_ref().and_then(|g| g.token.as_ref()),
            self.bitbucket.as_ref().and_then(|g| g.token.as_ref()),
            app,
        ];
        tokens.into_iter().flatten()
    }

    fn urls(&self) -> impl Iterator<Item = &str> {
        let urls = [
            self.github.as_ref().and_then(|g| g.url.as_deref()),
            self.gitlab.as_ref().and_then(|g| g.url.as_deref()),
            self.gitea.as_ref().map(|g| g.url.as_str()),
            self.bitbucket.as_ref().and_then(|g| g.url.as_deref()),
        ];
        urls.into_iter().flatten()
    }

    fn check_owners(&self) -> Result<(), ForgeError> {
        let missing = |what: &str| Err(ForgeError::config(format!("`{}` names nothing to list: give {what}", self.kind())));
        match self {
            SourceConfig { github: Some(g), .. } if g.token.is_some() && g.app.is_some() => {
                Err(ForgeError::config("`github` has both `token` and `app`; give one"))
            }
            SourceConfig { github: Some(g), .. } if g.organisations.is_empty() && g.users.is_empty() && g.app.is_none() => {
                missing("`organisations`, `users` or an `app`")
            }
            SourceConfig { gitlab: Some(g), .. } if g.everything && !(g.groups.is_empty() && g.users.is_empty()) => {
                Err(ForgeError::config("`gitlab` has `everything` beside `groups` or `users`; give one"))
            }
            SourceConfig { gitlab: Some(g), .. } if !g.everything && g.groups.is_empty() && g.users.is_empty() => {
                missing("`groups`, `users` or `everything: true`")
            }
            SourceConfig { gitea: Some(g), .. } if g.organisations.is_empty() && g.users.is_empty() => {
                missing("`organisations` or `users`")
            }
            SourceConfig { bitbucket: Some(b), .. } if b.url.is_none() && b.workspaces.is_empty() => missing("`workspaces`"),
            SourceConfig { bitbucket: Some(b), .. } if b.url.is_some() && b.projects.is_empty() => {
                missing("`projects` of the Data Center (workspaces are of Bitbucket Cloud)")
            }
            SourceConfig { local: Some(l), .. } if l.globs.is_empty() => missing("`globs`"),
            _ => Ok(()),
        }
    }
}
