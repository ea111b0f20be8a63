//! `export`: a catalog, scanned or read from a file, in the format of another tool.

use crate::args::{ExportArgs, OnlyArg, OpenApiVersion, ProfileArg};
use crate::errors::did_you_mean;
use crate::pipeline::Job;
use crate::progress::Progress;
use crate::{filter, output, style};
use anyhow::{Context, Result, bail};
use apicensus_catalog::{Audience, Catalog, SCHEMA};
use apicensus_export::{EXPORTERS, ExportError, Only, Options, Profile, export};

/// Runs the command.
pub fn run(args: &ExportArgs) -> Result<u8> {
    let Some(format) = args.format.as_deref() else { return output::print(&list()).map(|()| 0) };
    if !EXPORTERS.iter().any(|e| e.name().eq_ignore_ascii_case(format)) {
        let hint = did_you_mean(format, EXPORTERS.iter().map(|e| e.name()));
        bail!("unknown format `{format}`{hint}; `apicensus export` lists them");
    }
    let catalog = catalog(args)?;
    let exported = export(&catalog, format, &options(args)).map_err(|error| match &error {
        ExportError::Service(name, _) => {
            let hint = did_you_mean(name, catalog.services.iter().map(|s| s.id.as_str()));
            anyhow::anyhow!("{error}{hint}")
        }
        _ => error.into(),
    })?;
    output::write(&exported.text, args.output.as_deref())?;
    if !args.quiet {
        for (count, reason) in &exported.left_out {
            output::note(&format!("left out: {} ({reason})\n", style::count(*count as u64, "endpoint", "endpoints")));
        }
    }
    Ok(0)
}

/// The formats, one a line.
fn list() -> String {
    EXPORTERS.iter().map(|e| format!("  {:<10} {}\n", e.name(), e.about())).collect()
}

fn catalog(args: &ExportArgs) -> Result<Catalog> {
    let Some(file) = &args.from else {
        let progress = Progress::start(args.quiet);
        return Job::open(&args.paths, &args.source)?.scan(&progress);
    };
    let text = std::fs::read_to_string(file).with_context(|| format!("could not read `{}`", file.display()))?;
    let catalog: Catalog =
        serde_json::from_str(&text).with_context(|| format!("`{}` is not a catalog (apicensus scan -f json)", file.display()))?;
    if catalog.schema != SCHEMA {
        bail!("`{}` is of format `{}`, and this version reads `{SCHEMA}`", file.display(), catalog.schema);
    }
    Ok(catalog)
}

fn options(args: &ExportArgs) -> Options {
    let audience = if args.audience.is_empty() {
        Vec::new()
    } else {
        filter::audiences(&args.audience, false).unwrap_or_else(|| Audience::ALL.to_vec())
    };
    Options {
        base_url: args.base_url.clone(),
        services: args.service.clone(),
        only: args.only.iter().map(|o| only(*o)).collect(),
        exclude: args.leave_out.clone(),
        safe: args.safe,
        auth_env: args.auth_env.clone(),
        audience,
        profile: if args.profile == ProfileArg::Dast { Profile::Dast } else { Profile::Full },
        openapi_30: args.openapi_version == OpenApiVersion::V30,
    }
}

fn only(asked: OnlyArg) -> Only {
    match asked {
        OnlyArg::Unauthenticated => Only::Unauthenticated,
        OnlyArg::Undocumented => Only::Undocumented,
        OnlyArg::Deprecated => Only::Deprecated,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::AudienceArg;

    #[test]
    fn every_format_is_listed() {
        let list = list();
        for name in ["openapi", "sarif", "postman", "csv", "markdown", "curl", "nuclei", "ffuf", "zap", "stackhawk", "har", "hurl", "jsonl"]
        {
            assert!(list.lines().any(|l| l.trim_start().starts_with(name)), "{name}");
        }
        assert_eq!(filter::audiences(&[AudienceArg::All], false), None);
    }
}
