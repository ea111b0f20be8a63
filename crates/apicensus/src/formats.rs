//! The catalog for programs: JSON, JSON Lines and YAML.

use anyhow::{Context, Result};
use apicensus_catalog::Catalog;
use serde::Serialize;
use serde_json::{Map, Value};

/// The catalog as indented JSON.
pub fn json(value: &impl Serialize) -> Result<String> {
    let mut text = serde_json::to_string_pretty(value).context("could not write the catalog as JSON")?;
    text.push('\n');
    Ok(text)
}

/// The catalog as YAML.
pub fn yaml(catalog: &impl Serialize) -> Result<String> {
    serde_yaml::to_string(catalog).context("could not write the catalog as YAML")
}

/// One object a line: first the catalog without its lists, then its services, endpoints, contracts, findings and troubles.
pub fn jsonl(catalog: &Catalog) -> Result<String> {
    let head = Catalog {
        services: Vec::new(),
        endpoints: Vec::new(),
        contracts: Vec::new(),
        findings: Vec::new(),
        troubles: Vec::new(),
        ..catalog.clone()
    };
    let mut out = String::new();
    line(&mut out, "catalog", &head, &["services", "endpoints", "troubles"])?;
    for service in &catalog.services {
        line(&mut out, "service", service, &[])?;
    }
    for endpoint in &catalog.endpoints {
        line(&mut out, "endpoint", endpoint, &[])?;
    }
    for contract in &catalog.contracts {
        line(&mut out, "contract", contract, &[])?;
    }
    for finding in &catalog.findings {
        line(&mut out, "finding", finding, &[])?;
    }
    for trouble in &catalog.troubles {
        line(&mut out, "trouble", trouble, &[])?;
    }
    Ok(out)
}

/// One object a line, of one kind.
pub fn lines(kind: &str, values: &[impl Serialize]) -> Result<String> {
    let mut out = String::new();
    for value in values {
        line(&mut out, kind, value, &[])?;
    }
    Ok(out)
}

fn line(out: &mut String, kind: &str, value: &impl Serialize, without: &[&str]) -> Result<()> {
    let mut object = Map::new();
    object.insert("type".to_owned(), Value::from(kind));
    if let Value::Object(fields) = serde_json::to_value(value).context("could not write the catalog as JSON")? {
        object.extend(fields.into_iter().filter(|(name, _)| !without.contains(&name.as_str())));
    }
    out.push_str(&Value::Object(object).to_string());
    out.push('\n');
    Ok(())
}
