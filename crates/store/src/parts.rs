//! A catalog cut into parts that change apart from each other: the endpoints, findings and contracts of a file, schemas in
//! buckets, the rest by kind. A part is compressed (zlib) and known by the BLAKE3 hash of its JSON.

use crate::error::StoreError;
use crate::facts;
use apicensus_catalog::{Catalog, Contract, Endpoint, Finding, Outbound, Trouble};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;

/// Characters of a hash.
const LENGTH: usize = 32;
/// Bytes that a part may unpack to at most.
const MOST: usize = 1 << 30;
/// Compression; 6 of 10 is where more costs much and gives little.
const EFFORT: u8 = 6;

/// The hash that things are known by.
pub(crate) fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().chars().take(LENGTH).collect()
}

/// Parts by name: (hash, JSON).
pub(crate) type Parts = BTreeMap<String, (String, Vec<u8>)>;

/// Cuts a catalog.
pub(crate) fn cut(catalog: &Catalog) -> Result<Parts, StoreError> {
    let mut parts = Parts::new();
    let mut endpoints: BTreeMap<String, Vec<&Endpoint>> = BTreeMap::new();
    for endpoint in &catalog.endpoints {
        endpoints.entry(format!("endpoints {} {}", endpoint.service, endpoint.registered_at.file)).or_default().push(endpoint);
    }
    let mut findings: BTreeMap<String, Vec<&Finding>> = BTreeMap::new();
    for finding in &catalog.findings {
        findings.entry(format!("findings {} {}", finding.rule, finding.at.file)).or_default().push(finding);
    }
    let mut schemas: BTreeMap<String, BTreeMap<&str, &Value>> = BTreeMap::new();
    for (name, schema) in &catalog.schemas {
        let bucket: String = hash(name.as_bytes()).chars().take(1).collect();
        schemas.entry(format!("schemas {bucket}")).or_default().insert(name, schema);
    }
    let mut add = |name: String, part: Result<Vec<u8>, serde_json::Error>| {
        let bytes = part.map_err(|e| StoreError::Wrong(format!("`{name}` can't be written as JSON: {e}")))?;
        parts.insert(name, (hash(&bytes), bytes));
        Ok::<(), StoreError>(())
    };
    for (name, part) in endpoints {
        add(name, serde_json::to_vec(&part))?;
    }
    for (name, part) in findings {
        add(name, serde_json::to_vec(&part))?;
    }
    for (name, part) in schemas {
        add(name, serde_json::to_vec(&part))?;
    }
    for contract in &catalog.contracts {
        add(format!("contract {}", contract.id), serde_json::to_vec(contract))?;
    }
    add("outbound".to_owned(), serde_json::to_vec(&catalog.outbound))?;
    add("troubles".to_owned(), serde_json::to_vec(&catalog.troubles))?;
    let order: Vec<&str> = catalog.contracts.iter().map(|c| c.id.as_str()).collect();
    add("order of contracts".to_owned(), serde_json::to_vec(&order))?;
    add("head".to_owned(), head(catalog))?;
    Ok(parts)
}

/// The rest of a catalog.
fn head(catalog: &Catalog) -> Result<Vec<u8>, serde_json::Error> {
    let Catalog { schema, tool, views, repositories, services, coverage, .. } = catalog.clone();
    let head = Catalog { schema, tool, views, repositories, services, coverage, ..Catalog::default() };
    serde_json::to_vec(&head)
}

/// Puts parts together again.
pub(crate) fn join(parts: &BTreeMap<String, &[u8]>) -> Result<Catalog, StoreError> {
    let head = parts.get("head").ok_or_else(|| StoreError::Damaged("the part `head` of a revision is not there".to_owned()))?;
    let mut catalog: Catalog = read("head", head)?;
    let mut contracts: BTreeMap<String, Contract> = BTreeMap::new();
    let mut order: Vec<String> = Vec::new();
    for (name, bytes) in parts {
        match name.split(' ').next().unwrap_or_default() {
            "endpoints" => catalog.endpoints.append(&mut read::<Vec<Endpoint>>(name, bytes)?),
            "findings" => catalog.findings.append(&mut read::<Vec<Finding>>(name, bytes)?),
            "schemas" => catalog.schemas.append(&mut read(name, bytes)?),
            "contract" => {
                let contract: Contract = read(name, bytes)?;
                contracts.insert(contract.id.clone(), contract);
            }
            "order" => order = read(name, bytes)?,
            "outbound" => catalog.outbound = read::<Outbound>(name, bytes)?,
            "troubles" => catalog.troubles = read::<Vec<Trouble>>(name, bytes)?,
            "head" => {}
            _ => return Err(StoreError::Damaged(format!("a part is called `{name}`, which no version writes"))),
        }
    }
    catalog.contracts = order.iter().filter_map(|id| contracts.remove(id)).collect();
    facts::sort(&mut catalog.endpoints);
    apicensus_inventory::sort_findings(&mut catalog.findings);
    Ok(catalog)
}

fn read<T: DeserializeOwned>(name: &str, bytes: &[u8]) -> Result<T, StoreError> {
    serde_json::from_slice(bytes).map_err(|e| StoreError::Damaged(format!("the part `{name}` can't be read: {e}")))
}

/// Any value as JSON.
pub(crate) fn json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| StoreError::Wrong(format!("it can't be written as JSON: {e}")))
}

/// Packs the bytes of a part.
pub(crate) fn pack(bytes: &[u8]) -> Vec<u8> {
    miniz_oxide::deflate::compress_to_vec_zlib(bytes, EFFORT)
}

/// Unpacks bytes; nothing where they are damaged.
pub(crate) fn inflate(body: &[u8]) -> Option<Vec<u8>> {
    miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(body, MOST).ok()
}

/// Unpacks a part and compares it with its hash.
pub(crate) fn unpack(name: &str, wanted: &str, body: &[u8]) -> Result<Vec<u8>, StoreError> {
    let bytes = inflate(body).ok_or_else(|| StoreError::Damaged(format!("the part `{name}` ({wanted}) can't be unpacked")))?;
    if hash(&bytes) == wanted { Ok(bytes) } else { Err(StoreError::Damaged(format!("the part `{name}` does not have its hash {wanted}"))) }
}
