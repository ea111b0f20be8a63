//! Which endpoints are exported.

use crate::ExportError;
use crate::operation::is_destructive;
use apicensus_catalog::{Audience, AuthState, Catalog, DocumentedState, Endpoint, Finding};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use std::collections::{BTreeMap, BTreeSet};

/// How an export is asked for.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The URL that paths hang on; none gives `/` or `http://localhost`, where the format needs a host.
    pub base_url: Option<String>,
    /// The URL of single services, by id or name.
    pub service_urls: BTreeMap<String, String>,
    /// Services by id or name; empty for all.
    pub services: Vec<String>,
    /// Keep only what is all of these; empty for all.
    pub only: Vec<Only>,
    /// Keep only the endpoints with these ids: what changed since a revision.
    pub changed: Option<BTreeSet<String>>,
    /// Leave out paths that match one of these globs (`*` stays within a segment, `**` does not).
    pub exclude: Vec<String>,
    /// Leave out what may destroy data or stop the service.
    pub safe: bool,
    /// The environment variable that holds the token or key which requests are to carry.
    pub auth_env: Option<String>,
    /// Kinds of code; empty for production.
    pub audience: Vec<Audience>,
    /// How rich an OpenAPI document is.
    pub profile: Profile,
    /// The version of OpenAPI.
    pub openapi: OpenApiVersion,
    /// The text of contracts of the tree that are handed on as they are, by their path.
    pub files: BTreeMap<String, String>,
}

/// What to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Only {
    /// What anyone may call though nothing says it is meant so.
    Unauthenticated,
    /// Of which it is not known who may call it.
    AuthUnknown,
    /// What the contract of its service does not have.
    Undocumented,
    /// What is declared deprecated.
    Deprecated,
    /// What takes or gives sensitive data.
    Sensitive,
    /// What no report of a test run has exercised.
    Untested,
}

/// How rich an OpenAPI document is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// Everything that is known.
    #[default]
    Full,
    /// Plain types and one kind of token, which scanners make more of.
    Dast,
}

/// A version of OpenAPI.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OpenApiVersion {
    /// 3.0.3.
    V30,
    /// 3.1.0.
    #[default]
    V31,
    /// 3.2.0.
    V32,
}

impl Options {
    /// The URL without a slash at its end; `http://localhost` when none is given.
    pub fn host(&self) -> &str {
        self.base_url.as_deref().map_or("http://localhost", |url| url.trim_end_matches('/'))
    }
    /// The environment variable of the token, as a name that shells take.
    pub fn token(&self) -> String {
        crate::escape::identifier(self.auth_env.as_deref().unwrap_or("APICENSUS_TOKEN")).replace(['-', '.'], "_")
    }
}

/// The catalog with what is asked for.
///
/// # Errors
/// When a service is not in the catalog or a glob is wrong.
pub fn select(catalog: &Catalog, options: &Options) -> Result<Catalog, ExportError> {
    for name in options.services.iter().chain(options.service_urls.keys()) {
        if !catalog.services.iter().any(|s| s.id == *name || s.name == *name) {
            let known: Vec<&str> = catalog.services.iter().map(|s| s.id.as_str()).collect();
            return Err(ExportError::Service(name.clone(), known.join(", ")));
        }
    }
    let excluded = globs(&options.exclude)?;
    let asked: BTreeSet<&str> =
        catalog.services.iter().filter(|s| options.services.iter().any(|n| *n == s.id || *n == s.name)).map(|s| s.id.as_str()).collect();
    let keeps = |e: &&Endpoint| {
        let audience =
            if options.audience.is_empty() { e.audience == Audience::Production } else { options.audience.contains(&e.audience) };
        audience
            && (options.services.is_empty() || asked.contains(e.service.as_str()))
            && options.only.iter().all(|only| is(*only, e, catalog))
            && options.changed.as_ref().is_none_or(|ids| ids.contains(&e.id))
            && !excluded.is_match(&e.path)
            && !(options.safe && is_destructive(e, &e.method))
    };
    let endpoints: Vec<Endpoint> = catalog.endpoints.iter().filter(keeps).cloned().collect();
    let left: BTreeSet<&str> = endpoints.iter().map(|e| e.service.as_str()).collect();
    let services = catalog.services.iter().filter(|s| left.contains(s.id.as_str())).cloned().collect();
    let ids: BTreeSet<&str> = endpoints.iter().map(|e| e.id.as_str()).collect();
    let is_whole = options.only.is_empty() && options.changed.is_none();
    let of_service = |f: &Finding| f.service.as_deref().map_or(options.services.is_empty(), |s| left.contains(s));
    let stays = |f: &&Finding| f.endpoint.as_deref().map_or_else(|| is_whole && of_service(f), |id| ids.contains(id));
    let findings = catalog.findings.iter().filter(stays).cloned().collect();
    Ok(Catalog { services, endpoints, findings, ..catalog.clone() })
}

/// The catalog without what may destroy data or stop the service.
pub fn without_destructive(catalog: &Catalog) -> Catalog {
    let mut out = catalog.clone();
    out.endpoints.retain(|e| !is_destructive(e, &e.method));
    out
}

/// The catalog of one service.
pub fn of_service(catalog: &Catalog, service: &str) -> Catalog {
    let mut out = catalog.clone();
    out.endpoints.retain(|e| e.service == service);
    out.services.retain(|s| s.id == service);
    out.findings.retain(|f| f.service.as_deref() == Some(service));
    out.contracts.retain(|c| c.services.iter().any(|s| s.service == service));
    out
}

fn is(only: Only, endpoint: &Endpoint, catalog: &Catalog) -> bool {
    match only {
        Only::Unauthenticated => endpoint.auth.state == AuthState::None && endpoint.auth.by_design.is_none(),
        Only::AuthUnknown => endpoint.auth.state == AuthState::Unknown,
        Only::Undocumented => endpoint.documented.as_ref().is_some_and(|d| d.state == DocumentedState::No),
        Only::Deprecated => endpoint.lifecycle.deprecated,
        Only::Sensitive => !endpoint.sensitive.is_empty() || endpoint.parameters.iter().any(|p| p.sensitive.is_some()),
        Only::Untested => !catalog.tested.is_exercised(&endpoint.id),
    }
}

/// Globs over path templates. Braces are parameters there, not alternatives.
fn globs(texts: &[String]) -> Result<GlobSet, ExportError> {
    let wrong = |text: &str, error: globset::Error| ExportError::Glob(text.to_owned(), error.to_string());
    let mut set = GlobSetBuilder::new();
    for text in texts {
        let literal: String = text
            .chars()
            .map(|c| match c {
                '{' => "[{]".to_owned(),
                '}' => "[}]".to_owned(),
                other => other.to_string(),
            })
            .collect();
        set.add(GlobBuilder::new(&literal).literal_separator(true).build().map_err(|e| wrong(text, e))?);
    }
    set.build().map_err(|e| wrong(&texts.join(" "), e))
}
