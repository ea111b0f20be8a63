//! Which repositories of a source count.

use crate::config::SourceConfig;
use crate::error::ForgeError;
use crate::repository::Repository;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// The filters of a source, compiled.
pub(crate) struct Filter {
    include: Option<GlobSet>,
    exclude: GlobSet,
    topics: Vec<String>,
    archived: bool,
    forks: bool,
}

impl Filter {
    pub fn new(source: &SourceConfig) -> Result<Filter, ForgeError> {
        let include = (!source.include.is_empty()).then(|| globs(&source.include)).transpose()?;
        globs(&source.refs)?;
        Ok(Filter {
            include,
            exclude: globs(&source.exclude)?,
            topics: source.topics.clone(),
            archived: source.archived,
            forks: source.forks,
        })
    }

    pub fn keeps(&self, repository: &Repository) -> bool {
        (self.archived || !repository.archived)
            && (self.forks || !repository.fork)
            && self.include.as_ref().is_none_or(|set| set.is_match(&repository.name))
            && !self.exclude.is_match(&repository.name)
            && (self.topics.is_empty() || self.topics.iter().any(|t| repository.topics.contains(t)))
    }
}

/// Patterns in which `*` does not cross a `/`.
pub(crate) fn globs(patterns: &[String]) -> Result<GlobSet, ForgeError> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let glob = GlobBuilder::new(pattern).literal_separator(true).build();
        set.add(glob.map_err(|e| ForgeError::config(format!("bad pattern `{pattern}`: {}", e.kind())))?);
    }
    set.build().map_err(|e| ForgeError::config(e.to_string()))
}
