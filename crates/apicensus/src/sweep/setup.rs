//! What all parts of a sweep start from: the configuration, the database, the rules of scanning, the listing.

use crate::pipeline;
use anyhow::{Context, Result, bail};
use apicensus_forge::{FetchOptions, Forges, NetLimits, Repository};
use apicensus_store::Target;
use apicensus_sweep::config::{self, SweepConfig};
use apicensus_sweep::{InDatabase, Link, Listed, Listing, Rules};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where the database is unless something else is said.
const DATABASE: &str = ".apicensus/sweep.db";

/// The smallest configuration.
const FIRST: &str = "`sources: [{local: {globs: [\"repos/*\"]}}]`; `apicensus schema sweep` tells the rest";

/// The configuration, and what follows from it.
pub struct Setup {
    /// It.
    pub config: SweepConfig,
    /// The folder that its paths are relative to.
    pub base: PathBuf,
    /// Folders of models, as they are from here.
    pub models: Vec<PathBuf>,
    /// By what repositories are scanned.
    pub rules: Rules,
    target: Target,
}

impl Setup {
    /// Reads a configuration.
    pub fn read(file: &Path, database: Option<&str>) -> Result<Setup> {
        let text = std::fs::read_to_string(file).with_context(|| {
            format!("could not read `{}`; -c names another file, and a first one needs no more than {FIRST}", file.display())
        })?;
        let config = config::read(&text, &file.display().to_string())?;
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let base = folder.canonicalize().with_context(|| format!("could not find `{}`", folder.display()))?;
        let target = match database {
            Some(named) => Target::parse(named),
            None => match Target::parse(config.database.as_deref().unwrap_or(DATABASE)) {
                Target::Sqlite(path) | Target::Tree(path) => Target::Sqlite(base.join(path)),
                server => server,
            },
        };
        let models: Vec<PathBuf> = config.scan.models.iter().map(|folder| base.join(folder)).collect();
        let rules = rules(&config, &models)?;
        Ok(Setup { config, base, models, rules, target })
    }

    /// Whether there is anything to list.
    pub fn check_sources(&self) -> Result<()> {
        if self.config.sources.is_empty() {
            bail!("the configuration names no repositories: it needs at least {FIRST}");
        }
        Ok(())
    }

    /// A connection to the database.
    pub fn link(&self) -> Result<Link> {
        Ok(Link::open(&self.target)?)
    }

    /// The forges, which share what they know through the database.
    pub fn forges(&self) -> Result<Forges> {
        let shared = Arc::new(InDatabase::new(self.link()?));
        Ok(Forges::with(self.config.forge(), &self.base, NetLimits::default(), shared)?)
    }

    /// Everything that the sources hold.
    pub fn listing(&self, forges: &Forges) -> Listing {
        let listed = forges.list();
        let mut all = Listing { whole: listed.complete, ..Listing::default() };
        for trouble in &listed.troubles {
            tracing::warn!(place = trouble.place, "{}", trouble.message);
            all.troubles.push(format!("{}: {}", trouble.place, trouble.message));
        }
        for found in listed.repositories {
            if found.refs.is_empty() {
                all.repositories.push(own(found));
            } else {
                several(forges, &found, &mut all);
            }
        }
        all
    }
}

/// A repository of which several branches or tags are scanned: each is one of the sweep. Its default branch keeps the identity.
fn several(forges: &Forges, found: &Repository, all: &mut Listing) {
    match forges.heads(found, &FetchOptions::default()) {
        Ok(heads) => {
            for head in heads {
                let mut one = own(Repository { head: Some(head.commit), ..found.clone() });
                one.pushed.clear();
                if found.default_ref.as_ref() != Some(&head.name) {
                    one.identity = format!("{}#{}", one.identity, head.name);
                    one.name = format!("{}@{}", one.name, head.name);
                }
                one.reference = head.name;
                all.repositories.push(one);
            }
        }
        Err(error) => {
            all.whole = false;
            all.troubles.push(format!("{}: its branches could not be listed: {error}", found.name));
        }
    }
}

/// A repository of a forge in the words of sweeps. The commit of one on this machine is looked up.
fn own(found: Repository) -> Listed {
    let path = found.local_path.as_ref().map(|path| path.to_string_lossy().into_owned()).unwrap_or_default();
    let reference = found.default_ref.clone().unwrap_or_default();
    let named = Some(reference.as_str()).filter(|name| !name.is_empty());
    let looked_up = || found.local_path.as_ref().and_then(|path| apicensus_source::past::tip(path, named).ok()?);
    let head = found.head.clone().or_else(|| looked_up().map(|(commit, _)| commit)).unwrap_or_default();
    Listed {
        identity: found.forge_id,
        name: found.name,
        url: found.url,
        reference,
        head,
        pushed: found.pushed.unwrap_or_default(),
        path,
        archived: found.archived,
        fork: found.fork,
        topics: found.topics,
    }
}

/// What the scanner knows and how it is told to scan, as hashes: a result holds while they stay.
fn rules(config: &SweepConfig, models: &[PathBuf]) -> Result<Rules> {
    let mut known = blake3::Hasher::new();
    known.update(env!("CARGO_PKG_VERSION").as_bytes());
    for (file, text) in apicensus_eval::models::BUILTIN {
        known.update(file.as_bytes()).update(text.as_bytes());
    }
    let mut told = blake3::Hasher::new();
    if config.scan.include.iter().chain(&config.scan.exclude).any(|glob| glob.is_empty()) {
        bail!("a glob of `scan` is empty");
    }
    told.update(serde_json::to_string(&config.scan)?.as_bytes());
    for (_, text) in pipeline::read_models(models)? {
        told.update(text.as_bytes());
    }
    let short = |hasher: blake3::Hasher| hasher.finalize().to_hex().chars().take(16).collect();
    Ok(Rules { ruleset: short(known), config: short(told) })
}
