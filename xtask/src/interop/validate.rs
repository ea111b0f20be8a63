//! Every format to its validator.

use super::tools::{Tools, complaint};
use crate::{corpus, root};
use anyhow::{Context, Result};
use apicensus_catalog::Catalog;
use apicensus_export::{Content, EXPORTERS, OpenApiVersion, Options, Profile, export};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The catalogs whose exports are validated: the sample with hostile names, and odd shapes of paths, parameters and schemas.
const CATALOGS: &[&str] = &["sample", "shapes"];
/// OpenAPI documents: profile, version and the name of the file.
const DOCUMENTS: &[(Profile, OpenApiVersion, &str)] = &[
    (Profile::Full, OpenApiVersion::V31, "full-31"),
    (Profile::Full, OpenApiVersion::V30, "full-30"),
    (Profile::Full, OpenApiVersion::V32, "full-32"),
    (Profile::Dast, OpenApiVersion::V31, "dast-31"),
    (Profile::Dast, OpenApiVersion::V30, "dast-30"),
];

/// All formats of the catalogs in testdata/exports; what is wrong.
pub fn formats(tools: &Tools) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for name in CATALOGS {
        let text = fs::read_to_string(root().join(format!("testdata/exports/{name}.json")))?;
        let catalog: Catalog = serde_json::from_str(&text).with_context(|| format!("testdata/exports/{name}.json"))?;
        let folder = tools.scratch(name)?;
        let mut found = Vec::new();
        for exporter in EXPORTERS {
            let path = folder.join(exporter.name());
            write(&catalog, exporter.name(), &options(), &path)?;
            found.extend(check(tools, exporter.name(), &path)?);
        }
        found.extend(documents(tools, &catalog, &folder)?);
        println!("{name}: {} formats, {} faults", EXPORTERS.len(), found.len());
        faults.extend(found);
    }
    Ok(faults)
}

/// OpenAPI documents of the real applications; what is wrong.
pub fn corpus(tools: &Tools, names: &[String], binary: &Path) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    let catalogs = tools.kept("catalogs")?;
    for (name, folder) in corpus::folders(names)? {
        let file = catalogs.join(format!("{name}.json"));
        if !file.is_file() {
            let found: serde_json::Value = corpus::scan(binary, &folder)?;
            fs::write(&file, found.to_string())?;
        }
        let catalog: Catalog = serde_json::from_str(&fs::read_to_string(&file)?)?;
        let found = documents(tools, &catalog, &tools.scratch(&name)?)?;
        println!("{name}: {} endpoints, {} faults", catalog.endpoints.len(), found.len());
        faults.extend(found);
    }
    Ok(faults)
}

fn options() -> Options {
    let files = BTreeMap::from([
        ("schema.graphql".to_owned(), "type Query {\n  a: Int\n}\n".to_owned()),
        ("proto/stock.proto".to_owned(), "syntax = \"proto3\";\npackage acme.stock.v1;\nmessage M {}\n".to_owned()),
    ]);
    Options { base_url: Some("http://127.0.0.1:9".to_owned()), files, ..Options::default() }
}

fn write(catalog: &Catalog, format: &str, options: &Options, path: &Path) -> Result<()> {
    match export(catalog, format, options)?.content {
        Content::Text(text) => fs::write(path, text)?,
        Content::Bytes(bytes) => fs::write(path, bytes)?,
        Content::Folder(files) => {
            fs::create_dir_all(path)?;
            for (name, text) in files {
                let file = path.join(name);
                if let Some(parent) = file.parent() {
                    fs::create_dir_all(parent)?;
                }
                fs::write(file, text)?;
            }
        }
    }
    Ok(())
}

/// The documents of every profile and version, to both validators of OpenAPI, which each accept what the other refuses.
fn documents(tools: &Tools, catalog: &Catalog, folder: &Path) -> Result<Vec<String>> {
    let mut files: Vec<PathBuf> = Vec::new();
    for (profile, openapi, name) in DOCUMENTS {
        let options = Options { profile: *profile, openapi: *openapi, ..Options::default() };
        let path = folder.join(format!("{name}.json"));
        write(catalog, "openapi", &options, &path)?;
        files.push(path);
    }
    let mut faults: Vec<String> = Vec::new();
    faults.extend(python(tools, "openapi", &files)?);
    faults.extend(redocly(tools, &files)?);
    Ok(faults)
}

fn python(tools: &Tools, kind: &str, files: &[PathBuf]) -> Result<Option<String>> {
    let out = tools.python("python").arg(root().join("xtask/interop/check.py")).arg(kind).args(files).output()?;
    Ok(complaint(kind, &out))
}

fn node(tools: &Tools, kind: &str, file: &Path) -> Result<Option<String>> {
    Ok(complaint(kind, &tools.script("check.cjs").arg(kind).arg(file).output()?))
}

fn redocly(tools: &Tools, files: &[PathBuf]) -> Result<Option<String>> {
    let config = root().join("xtask/interop/redocly.yaml");
    let out = tools
        .node("redocly")
        .args(["lint", "--format", "checkstyle", "--max-problems", "50", "--config"])
        .arg(config)
        .args(files)
        .output()?;
    Ok(complaint("redocly", &out))
}

fn spectral(tools: &Tools, file: &Path) -> Result<Option<String>> {
    let rules = root().join("xtask/interop/spectral.yaml");
    let out = tools
        .node("spectral")
        .args(["lint", "--fail-severity", "error", "--display-only-failures", "--ruleset"])
        .arg(rules)
        .arg(file)
        .output()?;
    Ok(complaint("spectral", &out))
}

/// One format by what reads it.
fn check(tools: &Tools, format: &str, path: &Path) -> Result<Vec<String>> {
    let one = |kind: &str| python(tools, kind, &[path.to_owned()]);
    let script = |kind: &str, file: &str| python(tools, kind, &[path.join(file)]);
    let found = match format {
        "openapi" => vec![one("openapi")?, redocly(tools, &[path.to_owned()])?, spectral(tools, path)?],
        "asyncapi" => vec![node(tools, "asyncapi", path)?, spectral(tools, path)?],
        "graphql" | "har" | "backstage" | "postman" => vec![node(tools, format, path)?],
        "bruno" => vec![node(tools, "bruno", path)?, bruno(tools, path)?],
        "cyclonedx" | "cyclonedx-1.7" => vec![one("cyclonedx")?],
        "junit" | "grpc" | "parquet" | "csv" | "burp" => vec![one(format)?],
        "nuclei-jsonl" => vec![one("nuclei")?],
        "sarif" => vec![one("sarif")?, multitool(tools, path)?],
        "zap" => vec![one("zap")?, script("openapi", "openapi.json")?],
        "stackhawk" => stackhawk(tools, path)?,
        "curl" | "httpie" => vec![one("shell")?],
        "schemathesis" | "wapiti" => vec![script("shell", "run.sh")?, script("openapi", "openapi.json")?],
        // The others are lists of lines, or have no validator that can be had: tests of the exports look at their structure.
        _ => Vec::new(),
    };
    Ok(found.into_iter().flatten().map(|fault| format!("{format}: {fault}")).collect())
}

fn stackhawk(tools: &Tools, path: &Path) -> Result<Vec<Option<String>>> {
    let mut out = Vec::new();
    for entry in fs::read_dir(path)? {
        let folder = entry?.path();
        out.push(python(tools, "stackhawk", std::slice::from_ref(&folder))?);
        out.push(python(tools, "openapi", &[folder.join("openapi.json")])?);
    }
    Ok(out)
}

/// Bruno reads and runs the whole collection; nobody listens, so each request fails to connect, but none to be read.
fn bruno(tools: &Tools, path: &Path) -> Result<Option<String>> {
    let report = path.with_extension("json");
    let out = tools.node("bru").args(["run", "-r", "--env", "apicensus", "--reporter-json"]).arg(&report).current_dir(path).output()?;
    let Ok(text) = fs::read_to_string(&report) else { return Ok(Some(format!("bru: {}", String::from_utf8_lossy(&out.stderr)))) };
    let value: serde_json::Value = serde_json::from_str(&text)?;
    let first = value.get(0).unwrap_or(&value);
    let results = first.get("results").and_then(serde_json::Value::as_array).map_or(0, Vec::len);
    let mut wanted = 0;
    for entry in walk(path)? {
        let is_request = entry.extension().is_some_and(|e| e == "bru") && !entry.to_string_lossy().contains("environments");
        wanted += usize::from(is_request);
    }
    Ok((results != wanted).then(|| format!("bru: {results} requests of {wanted} were read")))
}

fn walk(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut out = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { out.extend(walk(&path)?) } else { out.push(path) }
    }
    Ok(out)
}

fn multitool(tools: &Tools, path: &Path) -> Result<Option<String>> {
    let log = path.with_extension("validated");
    let named = path.with_extension("sarif");
    fs::copy(path, &named)?;
    let out = tools.node("sarif-multitool").args(["validate", "--output"]).arg(&log).arg(&named).output()?;
    let Ok(text) = fs::read_to_string(&log) else {
        return Ok(complaint("sarif-multitool", &out).or(Some("sarif-multitool wrote nothing".to_owned())));
    };
    let value: serde_json::Value = serde_json::from_str(text.trim_start_matches('\u{feff}'))?;
    let results = value.pointer("/runs/0/results").and_then(serde_json::Value::as_array).cloned().unwrap_or_default();
    let errors: Vec<String> = results
        .iter()
        .filter(|r| r.get("level").and_then(serde_json::Value::as_str) == Some("error"))
        .map(|r| {
            let text = r.pointer("/message/text").or_else(|| r.pointer("/message/arguments")).map(ToString::to_string).unwrap_or_default();
            format!("{} {}", r["ruleId"], text)
        })
        .collect();
    Ok((!errors.is_empty()).then(|| format!("sarif-multitool: {}", errors.join("; "))))
}
