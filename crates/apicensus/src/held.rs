//! Catalogs that are kept somewhere: a file that `scan -f json` wrote, a folder of YAML files, a database.

use crate::changes::stored;
use anyhow::{Context, Result, bail};
use apicensus_catalog::Catalog;
use apicensus_serve::merged;
use apicensus_store::{Store, Target, tree};
use std::io::Read;
use std::path::{Path, PathBuf};

/// What every file of SQLite begins with: <https://www.sqlite.org/fileformat.html>.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// Where catalogs are kept.
enum Place {
    File,
    Tree,
    Database(Target),
}

/// Whether a name is that of kept catalogs, and not of code to scan.
pub fn is_held(name: &str) -> bool {
    matches!(place(name), Ok(Some(_)))
}

/// The name of kept catalogs, where the only path is one.
pub fn only(paths: &[PathBuf]) -> Option<&str> {
    let [only] = paths else { return None };
    only.to_str().filter(|name| is_held(name))
}

/// Whether a name is that of a database.
pub fn is_database(name: &str) -> bool {
    matches!(place(name), Ok(Some(Place::Database(_))))
}

/// Catalogs with their names, the newest of a repository last; of a database at most so many of each repository.
pub fn all(name: &str, revisions: usize) -> Result<Vec<(String, Catalog)>> {
    let path = Path::new(name);
    let stem = || path.file_stem().map_or_else(|| name.to_owned(), |stem| stem.to_string_lossy().into_owned());
    match place(name)? {
        Some(Place::File) => Ok(vec![(stem(), stored(path)?)]),
        Some(Place::Tree) => Ok(vec![(stem(), tree::read(path)?.catalog)]),
        Some(Place::Database(target)) => recorded(&target, revisions),
        None => bail!(
            "`{name}` holds no catalog: it is neither a file that `scan -f json` wrote, nor a folder of `catalog export`, nor a database"
        ),
    }
}

/// The newest of every repository, as one.
pub fn newest(name: &str) -> Result<Catalog> {
    let mut all = all(name, 1)?;
    if all.len() == 1
        && let Some((_, only)) = all.pop()
    {
        return Ok(only);
    }
    let named: Vec<(String, &Catalog)> = all.iter().map(|(_, c)| (repository(c), c)).collect();
    merged(&named).with_context(|| format!("the catalogs of `{name}` could not be put together"))
}

fn repository(catalog: &Catalog) -> String {
    catalog.repositories.iter().map(|r| r.name.as_str()).collect::<Vec<_>>().join("+")
}

fn place(name: &str) -> Result<Option<Place>> {
    let target = Target::parse(name);
    let path = Path::new(name);
    Ok(match target {
        Target::Postgres(_) => Some(Place::Database(target)),
        Target::Tree(_) if tree::is_tree(path) && !path.join(".git").exists() => Some(Place::Tree),
        Target::Sqlite(_) if path.is_file() => {
            let mut head = Vec::new();
            let file = std::fs::File::open(path).with_context(|| format!("could not read `{name}`"))?;
            file.take(SQLITE.len() as u64).read_to_end(&mut head).with_context(|| format!("could not read `{name}`"))?;
            let is_json = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
            if head == SQLITE {
                Some(Place::Database(target))
            } else if is_json || head.trim_ascii_start().starts_with(b"{") {
                Some(Place::File)
            } else {
                None
            }
        }
        Target::Sqlite(_) if !path.exists() => bail!("there is no `{name}`"),
        Target::Sqlite(_) | Target::Tree(_) => None,
    })
}

fn recorded(target: &Target, revisions: usize) -> Result<Vec<(String, Catalog)>> {
    let mut store = Store::open(target, false)?;
    let log = store.log()?;
    let Some(head) = log.iter().map(|r| r.number).max() else { bail!("`{}` holds no revision yet", target.shown()) };
    let mut out = Vec::new();
    for repository in store.repositories(head)? {
        let mut own: Vec<i64> = log.iter().filter(|r| r.repository == repository).map(|r| r.number).collect();
        own.sort_unstable();
        for number in own.iter().rev().take(revisions).rev() {
            out.push((format!("r{number}"), store.catalog(&repository, *number)?));
        }
    }
    Ok(out)
}
