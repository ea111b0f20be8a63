//! A folder to run schemathesis from (<https://schemathesis.readthedocs.io>): `openapi.json` in the plain profile and `run.sh`, which
//! sends the token and writes reports that `apicensus tested` reads.

use super::{json, openapi};
use crate::operation::merged_operations;
use crate::{Exported, Exporter, Input, OpenApiVersion, Profile, escape};
use std::collections::BTreeMap;

pub struct Schemathesis;

impl Exporter for Schemathesis {
    fn name(&self) -> &'static str {
        "schemathesis"
    }
    fn about(&self) -> &'static str {
        "Folder for schemathesis: OpenAPI document and the command to run it"
    }
    fn is_folder(&self) -> bool {
        true
    }
    fn write(&self, input: &Input<'_>) -> Exported {
        let (document, left_out) = openapi::document(input, Profile::Dast, OpenApiVersion::V31);
        let proof = header(input).map(|h| format!(" \\\n  --header {h}")).unwrap_or_default();
        let script = format!(
            "#!/bin/sh\n# {} holds the token or key. Further arguments go to schemathesis.\ncd \"$(dirname \"$0\")\" || exit 1\n\
             BASE_URL=${{BASE_URL:-{}}}\nexec schemathesis run openapi.json --url \"$BASE_URL\"{proof} \\\n  \
             --continue-on-failure --report har,junit --report-dir reports \"$@\"\n",
            input.options.token(),
            super::curl::base(input.options.host()),
        );
        Exported::folder(BTreeMap::from([("openapi.json".to_owned(), json(&document)), ("run.sh".to_owned(), script)]), left_out)
    }
}

/// The header that most operations take as proof of an identity, as a word of a shell; the token is a variable in it.
pub fn header(input: &Input<'_>) -> Option<String> {
    let (operations, _) = merged_operations(input);
    let mut counted: BTreeMap<(&str, String), usize> = BTreeMap::new();
    for (name, value) in operations.iter().filter_map(|o| o.proof_header("\u{0}")) {
        // In the plain profile a session is a token as well.
        let (name, value) = if name == "Cookie" { ("Authorization", "Bearer \u{0}".to_owned()) } else { (name, value) };
        *counted.entry((name, value)).or_default() += 1;
    }
    let most = counted.iter().max_by_key(|(_, count)| **count)?;
    let ((name, value), _) = most;
    let (before, after) = value.split_once('\u{0}')?;
    let rest = if after.is_empty() { String::new() } else { escape::shell(after) };
    Some(format!("{}\"${}\"{rest}", escape::shell(&format!("{name}: {before}")), input.options.token()))
}
