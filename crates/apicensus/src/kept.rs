//! The cache on disk as the command line uses it: which folder, which build, and whole results by what they were worked out from.
//!
//! A result is kept under a hash of all that a scan depends on: the tree's fingerprint, the models, the day (contracts and policies end
//! on days) and the build of the program. Whatever goes wrong with the cache, the scan is done without it.

use crate::output;
use apicensus_cache::{Cache as Disk, DEFAULT_SIZE, Kind, default_folder};
use apicensus_catalog::Catalog;
use apicensus_source::Tree;
use apicensus_surface::cache::Cache;
use clap::{Args, ValueHint};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::path::PathBuf;

/// Arguments about the cache.
#[derive(Clone, Debug, Default, Args)]
pub struct CacheArgs {
    /// Work everything out anew, and keep nothing for later runs.
    #[arg(long)]
    pub no_cache: bool,
    /// The folder of the cache [default: apicensus in the user's cache folder].
    #[arg(long, value_name = "DIR", env = "APICENSUS_CACHE", hide_env_values = true, value_hint = ValueHint::DirPath)]
    pub cache: Option<PathBuf>,
    /// Megabytes that the cache may hold; what was not used for longest goes first [default: 1024].
    #[arg(long, value_name = "MB")]
    pub cache_size: Option<u32>,
}

/// What scans of this run share, with the cache on disk where there is one.
pub fn open(args: &CacheArgs) -> Cache {
    Cache::with(if args.no_cache { None } else { disk(args) })
}

/// The same for a run that scans once.
pub fn open_for_one(args: &CacheArgs) -> Cache {
    Cache::for_one(if args.no_cache { None } else { disk(args) })
}

fn disk(args: &CacheArgs) -> Option<Disk> {
    let folder = args.cache.clone().or_else(default_folder)?;
    let size = args.cache_size.map_or(DEFAULT_SIZE, |mb| u64::from(mb) << 20);
    match Disk::open(&folder, &build()?, size) {
        Ok(disk) => Some(disk),
        Err(error) => {
            // A folder that was asked for should work; without a home there is just no cache.
            if args.cache.is_some() {
                output::note(&format!("note: {error}; nothing is cached\n"));
            }
            None
        }
    }
}

/// Names this build: its version, and size and time of the program's file, as compiler caches tell compilers apart.
fn build() -> Option<String> {
    let meta = std::env::current_exe().ok()?.metadata().ok()?;
    let time = meta.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(format!("{} {} {}", env!("CARGO_PKG_VERSION"), meta.len(), time.as_nanos()))
}

/// A place for the result of one scan.
pub struct Slot<'a> {
    disk: &'a Disk,
    kind: Kind,
    key: [u8; 32],
}

impl<'a> Slot<'a> {
    /// The place for a tree under models; none without a cache, or when files changed only just now.
    pub fn new(cache: &'a Cache, kind: Kind, tree: &Tree, models: &[(String, String)], about: &str) -> Option<Slot<'a>> {
        let disk = cache.disk()?;
        let mut hash = blake3::Hasher::new();
        hash.update(&tree.fingerprint()?);
        for text in models.iter().flat_map(|(file, text)| [file, text]).map(String::as_str).chain([about]) {
            hash.update(&(text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        }
        Some(Slot { disk, kind, key: *hash.finalize().as_bytes() })
    }

    /// The result that is kept here.
    pub fn get<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.disk.get(self.kind, &self.key)?).ok()
    }

    /// Keeps a result.
    pub fn put(&self, result: &impl Serialize) {
        if let Ok(bytes) = serde_json::to_vec(result) {
            self.disk.put(self.kind, &self.key, &bytes);
        }
    }
}

/// Whether a catalog is the same after it was written and read: fractions may lose their last digit, and a null may become nothing.
pub fn is_exact(catalog: &Catalog) -> bool {
    let parameters = catalog.endpoints.iter().flat_map(|e| &e.parameters).filter_map(|p| p.schema.as_ref());
    let responses = catalog.endpoints.iter().flat_map(|e| &e.responses).filter_map(|r| r.schema.as_ref());
    let bodies = catalog.endpoints.iter().flat_map(|e| &e.bodies).map(|b| &b.schema);
    parameters.chain(responses).chain(bodies).all(|v| !v.is_null() && is_plain(v)) && catalog.schemas.values().all(is_plain)
}

fn is_plain(value: &Value) -> bool {
    match value {
        Value::Number(number) => !number.is_f64() || serde_json::from_str(&number.to_string()).is_ok_and(|read: Value| read == *value),
        Value::Array(items) => items.iter().all(is_plain),
        Value::Object(fields) => fields.values().all(is_plain),
        _ => true,
    }
}
