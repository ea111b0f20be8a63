//! `export`: a catalog, scanned or read from a file, in the format of another tool.

use crate::args::{ExportArgs, OpenApiVersion, ProfileArg};
use crate::changes::state;
use crate::errors::did_you_mean;
use crate::pipeline::Job;
use crate::progress::Progress;
use crate::{filter, held, output, style, targets, tested};
use anyhow::{Result, bail};
use apicensus_catalog::{Audience, Catalog, ContractKind};
use apicensus_export::{Content, EXPORTERS, ExportError, Exporter, Only, Options, Profile, export};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

pub const EXAMPLES: &str = "\
Examples:
  apicensus export                                     what formats there are
  apicensus export openapi . -o openapi.json           a specification of what the code serves
  apicensus export openapi --profile dast --safe .     the same for scanners, without what destroys data
  apicensus export postman --from catalog.json --base-url https://staging.example.com
  apicensus export zap . -o zap/                       a plan and what it imports, in a folder
  apicensus export nuclei . --only unauthenticated     URLs that anyone may call";

/// What `--only` takes.
const ONLY: &[(&str, Only)] = &[
    ("unauthenticated", Only::Unauthenticated),
    ("auth-unknown", Only::AuthUnknown),
    ("undocumented", Only::Undocumented),
    ("deprecated", Only::Deprecated),
    ("sensitive", Only::Sensitive),
    ("untested", Only::Untested),
];
/// The word before the state that is compared with.
const CHANGED: &str = "changed-since:";

/// Runs the command.
pub fn run(args: &ExportArgs) -> Result<u8> {
    let Some(format) = args.format.as_deref() else { return output::print(&list()).map(|()| 0) };
    let exporter = exporter(format)?;
    needs_output(exporter, args)?;
    let mut read = read(args)?;
    let options = options(args, &mut read)?;
    write(exporter, &read.catalog, &options, args)
}

/// A catalog, and what stands in the tree it is of.
pub struct Read {
    /// The catalog.
    pub catalog: Catalog,
    /// The text of contracts, by file.
    pub files: BTreeMap<String, String>,
    /// The tree, where it was scanned.
    pub job: Option<Job>,
}

/// The exporter of a format.
pub fn exporter(format: &str) -> Result<&'static dyn Exporter> {
    let Some(exporter) = EXPORTERS.iter().find(|e| e.name().eq_ignore_ascii_case(format)) else {
        let hint = did_you_mean(format, EXPORTERS.iter().map(|e| e.name()));
        bail!("unknown format `{format}`{hint}; `apicensus export` lists them");
    };
    Ok(*exporter)
}

/// Refuses to write several files, or what is no text, to a terminal.
pub fn needs_output(exporter: &dyn Exporter, args: &ExportArgs) -> Result<()> {
    match args.output {
        None if exporter.is_folder() => bail!("`{}` writes several files: name a folder for them with -o DIR", exporter.name()),
        None if exporter.is_binary() => bail!("`{}` is no text: name a file for it with -o FILE", exporter.name()),
        _ => Ok(()),
    }
}

/// Writes a catalog, and says what the format could not carry.
pub fn write(exporter: &dyn Exporter, catalog: &Catalog, options: &Options, args: &ExportArgs) -> Result<u8> {
    let exported = export(catalog, exporter.name(), options).map_err(|error| match &error {
        ExportError::Service(name, _) => {
            let hint = did_you_mean(name, catalog.services.iter().map(|s| s.id.as_str()));
            anyhow::anyhow!("{error}{hint}")
        }
        _ => error.into(),
    })?;
    match (&exported.content, args.output.as_deref()) {
        (Content::Text(text), file) => output::write(text, file)?,
        (Content::Bytes(bytes), Some(file)) => output::write_bytes(bytes, file)?,
        (Content::Folder(files), Some(folder)) => output::write_folder(files, folder)?,
        (Content::Bytes(_) | Content::Folder(_), None) => bail!("`{}` needs -o", exporter.name()),
    }
    if !args.quiet {
        for (count, reason) in &exported.left_out {
            output::note(&format!("left out: {} ({reason})\n", style::count(*count as u64, "endpoint", "endpoints")));
        }
    }
    Ok(0)
}

/// The formats, one a line.
fn list() -> String {
    EXPORTERS.iter().map(|e| format!("  {:<15} {}\n", e.name(), e.about())).collect()
}

/// Scans, or reads a catalog, with what is known of test runs.
pub fn read(args: &ExportArgs) -> Result<Read> {
    let mut read = match args.from.as_deref().or_else(|| held::only(&args.paths)) {
        Some(name) => Read { catalog: held::newest(name)?, files: BTreeMap::new(), job: None },
        None => {
            let progress = Progress::start(args.quiet);
            let mut source = args.source.clone();
            source.exclude.retain(|glob| !glob.starts_with('/'));
            let job = Job::open(&args.paths, &source)?;
            let catalog = job.scan(&progress)?;
            Read { files: contracts(&catalog, &job), catalog, job: Some(job) }
        }
    };
    if let Some(file) = &args.tested {
        read.catalog.tested = tested::state(file)?.tested;
    }
    Ok(read)
}

/// The text of the contracts that formats hand on as they are.
fn contracts(catalog: &Catalog, job: &Job) -> BTreeMap<String, String> {
    let is_kept = |kind: ContractKind| matches!(kind, ContractKind::Wsdl | ContractKind::Protobuf | ContractKind::Graphql);
    let files = catalog.contracts.iter().filter(|c| is_kept(c.kind)).map(|c| c.file.clone());
    files.filter_map(|file| job.text(&file).map(|text| (file, text))).collect()
}

/// The options that the arguments ask for.
pub fn options(args: &ExportArgs, read: &mut Read) -> Result<Options> {
    let audience = if args.audience.is_empty() {
        Vec::new()
    } else {
        filter::audiences(&args.audience, false).unwrap_or_else(|| Audience::ALL.to_vec())
    };
    let (base_url, service_urls) = urls(&args.base_url)?;
    let (only, changed) = only(args, read)?;
    let excluded = args.source.exclude.iter().filter(|glob| glob.starts_with('/'));
    Ok(Options {
        base_url,
        service_urls,
        services: args.service.clone(),
        only,
        changed,
        exclude: args.leave_out.iter().chain(excluded).cloned().collect(),
        safe: args.safe,
        auth_env: args.auth_env.clone(),
        audience,
        profile: if args.profile == ProfileArg::Dast { Profile::Dast } else { Profile::Full },
        openapi: match args.openapi_version {
            OpenApiVersion::V30 => apicensus_export::OpenApiVersion::V30,
            OpenApiVersion::V31 => apicensus_export::OpenApiVersion::V31,
            OpenApiVersion::V32 => apicensus_export::OpenApiVersion::V32,
        },
        files: std::mem::take(&mut read.files),
    })
}

/// The common URL and those of single services.
fn urls(given: &[String]) -> Result<(Option<String>, BTreeMap<String, String>)> {
    let (mut common, mut own) = (None, BTreeMap::new());
    for text in given {
        // An equals sign before the scheme is no part of a URL.
        let before = text.find("://").unwrap_or(text.len());
        match text.find('=').filter(|at| *at < before) {
            Some(at) => drop(own.insert(text[..at].to_owned(), text[at + 1..].to_owned())),
            None if common.is_some() => bail!("--base-url is given twice without a service; write SERVICE=URL for one of them"),
            None => common = Some(text.clone()),
        }
    }
    Ok((common, own))
}

type Kept = (Vec<Only>, Option<BTreeSet<String>>);

/// What `--only` keeps.
fn only(args: &ExportArgs, read: &Read) -> Result<Kept> {
    let (mut only, mut changed) = (Vec::new(), None);
    for word in &args.only {
        if let Some((_, one)) = ONLY.iter().find(|(name, _)| name == word) {
            only.push(*one);
        } else if let Some(name) = word.strip_prefix(CHANGED) {
            let repository = args.paths.first().map_or(Path::new("."), |p| p.as_path());
            let before = state(name, repository, &args.source)?;
            changed = Some(targets::changed(&before, &read.catalog));
        } else {
            let hint = did_you_mean(word, ONLY.iter().map(|(name, _)| *name).chain([CHANGED]));
            bail!("--only does not know `{word}`{hint}");
        }
    }
    if only.contains(&Only::Untested) && read.catalog.tested.is_empty() {
        bail!("--only untested needs to know what was tested; name a file of `apicensus tested` with --tested");
    }
    Ok((only, changed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::AudienceArg;

    #[test]
    fn every_format_is_listed() {
        let list = list();
        for exporter in EXPORTERS {
            assert!(list.lines().any(|l| l.trim_start().starts_with(exporter.name())), "{}", exporter.name());
        }
        assert_eq!(urls(&["http://x/?a=b".to_owned()]).ok(), Some((Some("http://x/?a=b".to_owned()), BTreeMap::new())));
        let own = urls(&["shop=https://s".to_owned(), "https://c".to_owned()]).unwrap_or_default();
        assert_eq!(own.1["shop"], "https://s");
        assert!(urls(&["a".to_owned(), "b".to_owned()]).is_err());
        assert_eq!(filter::audiences(&[AudienceArg::All], false), None);
    }
}
