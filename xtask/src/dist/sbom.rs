//! The bill of materials: every crate that is in the binary or takes part in building it, as CycloneDX 1.6.

use super::{Kit, Made};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

pub fn make(kit: &Kit) -> Result<Made> {
    let metadata = metadata(&kit.target)?;
    let checksums = checksums()?;
    let packages: BTreeMap<&str, &Value> =
        metadata["packages"].as_array().into_iter().flatten().filter_map(|p| Some((p["id"].as_str()?, p))).collect();
    let nodes: BTreeMap<&str, &Value> =
        metadata["resolve"]["nodes"].as_array().into_iter().flatten().filter_map(|n| Some((n["id"].as_str()?, n))).collect();
    let root = packages.iter().find(|(_, p)| p["name"] == "apicensus").map(|(id, _)| *id).context("cargo does not know apicensus")?;
    let mut used: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut open = vec![root];
    while let Some(id) = open.pop() {
        if used.contains_key(id) {
            continue;
        }
        let below: BTreeSet<&str> = nodes.get(id).map(|n| dependencies(n)).unwrap_or_default();
        open.extend(&below);
        used.insert(id, below);
    }
    let reference = |id: &str| packages.get(id).map_or_else(String::new, |p| purl(p));
    let component = |id: &str| component(packages.get(id).copied().unwrap_or(&Value::Null), &checksums);
    let mut components: Vec<Value> = used.keys().filter(|id| **id != root).map(|id| component(id)).collect();
    components.sort_by_key(|c| c["bom-ref"].to_string());
    let mut graph: Vec<Value> = Vec::new();
    for (id, below) in &used {
        let mut below: Vec<String> = below.iter().map(|b| reference(b)).collect();
        below.sort();
        graph.push(json!({"ref": reference(id), "dependsOn": below}));
    }
    graph.sort_by_key(|g| g["ref"].to_string());
    let mut main = component(root);
    main["type"] = json!("application");
    let bill = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": main, "properties": [{"name": "apicensus:target", "value": kit.target}]},
        "components": components,
        "dependencies": graph,
    });
    let name = format!("apicensus-{}-{}.cdx.json", kit.version, kit.target);
    Ok(Made { name, bytes: (serde_json::to_string_pretty(&bill)? + "\n").into_bytes() })
}

/// What a package uses, tests aside.
fn dependencies(node: &Value) -> BTreeSet<&str> {
    let counts = |d: &&Value| d["dep_kinds"].as_array().into_iter().flatten().any(|k| k["kind"] != "dev");
    node["deps"].as_array().into_iter().flatten().filter(counts).filter_map(|d| d["pkg"].as_str()).collect()
}

fn metadata(target: &str) -> Result<Value> {
    let arguments = ["metadata", "--format-version", "1", "--locked", "--filter-platform", target];
    let manifest = crate::root().join("crates/apicensus/Cargo.toml");
    let output = Command::new(env!("CARGO")).args(arguments).arg("--manifest-path").arg(manifest).output()?;
    if !output.status.success() {
        bail!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Checksums of the lock file, by name and version.
fn checksums() -> Result<BTreeMap<(String, String), String>> {
    let text = std::fs::read_to_string(crate::root().join("Cargo.lock"))?;
    let mut found = BTreeMap::new();
    for package in text.split("[[package]]") {
        let value =
            |key: &str| package.lines().find_map(|l| l.strip_prefix(key)?.strip_prefix(" = ")).map(|v| v.trim_matches('"').to_owned());
        if let (Some(name), Some(version), Some(checksum)) = (value("name"), value("version"), value("checksum")) {
            found.insert((name, version), checksum);
        }
    }
    Ok(found)
}

fn purl(package: &Value) -> String {
    format!(
        "pkg:cargo/{}@{}",
        package["name"].as_str().unwrap_or_default(),
        package["version"].as_str().unwrap_or_default().replace('+', "%2B")
    )
}

fn component(package: &Value, checksums: &BTreeMap<(String, String), String>) -> Value {
    let text = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
    let mut component = json!({
        "type": "library",
        "bom-ref": purl(package),
        "name": text("name"),
        "version": text("version"),
        "purl": purl(package),
    });
    if !text("license").is_empty() {
        // Some old crates write `/` for OR.
        component["licenses"] = json!([{"expression": text("license").replace('/', " OR ")}]);
    }
    if let Some(checksum) = checksums.get(&(text("name"), text("version"))) {
        component["hashes"] = json!([{"alg": "SHA-256", "content": checksum}]);
    }
    if !text("repository").is_empty() {
        component["externalReferences"] = json!([{"type": "vcs", "url": text("repository")}]);
    }
    component
}
