//! Which endpoints of a catalog to show: by audience, framework, method, path and verdict.

use crate::args::{AudienceArg, AuthArg, ScanArgs};
use crate::errors::did_you_mean;
use crate::frameworks::Framework;
use anyhow::{Context, Result, bail};
use apicensus_catalog::{Audience, AuthState, Catalog, Endpoint};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use std::collections::{BTreeMap, BTreeSet};

/// What to keep.
#[derive(Debug)]
pub struct Filter {
    audiences: Option<Vec<Audience>>,
    frameworks: Vec<String>,
    methods: Vec<String>,
    paths: Option<GlobSet>,
    auth: Vec<AuthState>,
}

/// What a filter left out.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Hidden {
    /// Endpoints that only the audience kept out, by it.
    pub by_audience: BTreeMap<Audience, u64>,
    /// Endpoints that the other filters kept out.
    pub others: u64,
}

impl Filter {
    /// Reads the arguments.
    pub fn new(args: &ScanArgs, is_data: bool) -> Result<Filter> {
        Ok(Filter {
            audiences: audiences(&args.audience, is_data),
            frameworks: args.framework.iter().map(|name| name.to_lowercase()).collect(),
            methods: args.method.iter().map(|method| method.trim().to_uppercase()).collect(),
            paths: globs(&args.path)?,
            auth: args.auth.iter().map(|state| auth(*state)).collect(),
        })
    }

    /// A filter by audience alone.
    pub fn of_audience(asked: &[AudienceArg], is_data: bool) -> Filter {
        Filter { audiences: audiences(asked, is_data), frameworks: Vec::new(), methods: Vec::new(), paths: None, auth: Vec::new() }
    }

    /// Whether frameworks are asked for by name.
    pub fn names_frameworks(&self) -> bool {
        !self.frameworks.is_empty()
    }

    /// Refuses a framework that is not known.
    pub fn check(&self, known: &[Framework]) -> Result<()> {
        for name in &self.frameworks {
            if !known.iter().any(|framework| framework.name.eq_ignore_ascii_case(name)) {
                let hint = did_you_mean(name, known.iter().map(|framework| framework.name.as_str()));
                bail!("unknown framework `{name}`{hint}; `apicensus frameworks` lists them");
            }
        }
        Ok(())
    }

    /// Removes what is not asked for, services that have nothing left included, and says how much that was.
    pub fn apply(&self, catalog: &mut Catalog) -> Hidden {
        let mut hidden = Hidden::default();
        catalog.endpoints.retain(|endpoint| {
            if !self.matches(endpoint) {
                hidden.others += 1;
                return false;
            }
            let shown = self.audiences.as_ref().is_none_or(|kept| kept.contains(&endpoint.audience));
            if !shown {
                *hidden.by_audience.entry(endpoint.audience).or_default() += 1;
            }
            shown
        });
        if hidden != Hidden::default() {
            let left: BTreeSet<&str> = catalog.endpoints.iter().map(|endpoint| endpoint.service.as_str()).collect();
            catalog.services.retain(|service| left.contains(service.id.as_str()));
            let kept: BTreeSet<&str> = catalog.endpoints.iter().map(|endpoint| endpoint.id.as_str()).collect();
            catalog.findings.retain(|finding| finding.endpoint.as_deref().is_none_or(|id| kept.contains(id)));
        }
        hidden
    }

    fn matches(&self, endpoint: &Endpoint) -> bool {
        let framework = self.frameworks.is_empty() || self.frameworks.contains(&endpoint.framework.to_lowercase());
        let method = self.methods.is_empty() || endpoint.method == "ANY" || self.methods.contains(&endpoint.method);
        let path = self.paths.as_ref().is_none_or(|globs| globs.is_match(&endpoint.path));
        let auth = self.auth.is_empty() || self.auth.contains(&endpoint.auth.state);
        framework && method && path && auth
    }
}

fn auth(state: AuthArg) -> AuthState {
    match state {
        AuthArg::Required => AuthState::Required,
        AuthArg::Optional => AuthState::Optional,
        AuthArg::Public => AuthState::Public,
        AuthArg::None => AuthState::None,
        AuthArg::Unknown => AuthState::Unknown,
    }
}

pub fn audiences(asked: &[AudienceArg], is_data: bool) -> Option<Vec<Audience>> {
    if asked.is_empty() {
        return if is_data { None } else { Some(vec![Audience::Production]) };
    }
    let mut kept = Vec::new();
    for audience in asked {
        kept.push(match audience {
            AudienceArg::All => return None,
            AudienceArg::Production => Audience::Production,
            AudienceArg::Test => Audience::Test,
            AudienceArg::Example => Audience::Example,
            AudienceArg::Generated => Audience::Generated,
            AudienceArg::Vendored => Audience::Vendored,
        });
    }
    Some(kept)
}

/// Globs over path templates. Braces are parameters there, not alternatives.
fn globs(patterns: &[String]) -> Result<Option<GlobSet>> {
    if patterns.is_empty() {
        return Ok(None);
    }
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let mut literal = String::with_capacity(pattern.len());
        for ch in pattern.chars() {
            match ch {
                '{' => literal.push_str("[{]"),
                '}' => literal.push_str("[}]"),
                other => literal.push(other),
            }
        }
        let glob = GlobBuilder::new(&literal).literal_separator(true).backslash_escape(true).build();
        set.add(glob.map_err(|error| anyhow::anyhow!("{}", error.kind())).with_context(|| format!("bad glob `{pattern}` in --path"))?);
    }
    Ok(Some(set.build()?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        globs(&[pattern.to_owned()]).unwrap().unwrap().is_match(path)
    }

    #[test]
    fn path_globs_know_segments_and_parameters() {
        assert!(matches("/users/{id}", "/users/{id}"));
        assert!(matches("/users/*", "/users/{id}"));
        assert!(!matches("/users/*", "/users/{id}/posts"));
        assert!(matches("/users/**", "/users/{id}/posts"));
        assert!(globs(&["/x[".to_owned()]).is_err());
    }

    #[test]
    fn people_see_production_and_programs_see_all() {
        assert_eq!(audiences(&[], false), Some(vec![Audience::Production]));
        assert_eq!(audiences(&[], true), None);
        assert_eq!(audiences(&[AudienceArg::Test, AudienceArg::All], false), None);
    }
}
