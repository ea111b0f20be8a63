//! A folder to run wapiti from (<https://wapiti-scanner.github.io>): `openapi.json` in the plain profile and `run.sh`. wapiti prefers
//! the server of the document over its own option, so the document has the URL of the service.

use super::schemathesis::header;
use super::{json, openapi};
use crate::operation::left_as_destructive;
use crate::select::without_destructive;
use crate::{Exported, Exporter, Input, OpenApiVersion, Profile};
use serde_json::json;
use std::collections::BTreeMap;

pub struct Wapiti;

impl Exporter for Wapiti {
    fn name(&self) -> &'static str {
        "wapiti"
    }
    fn about(&self) -> &'static str {
        "Folder for wapiti: OpenAPI document and the command to run it, without what may destroy data"
    }
    fn is_folder(&self) -> bool {
        true
    }
    fn write(&self, input: &Input<'_>) -> Exported {
        let safe = without_destructive(input.catalog);
        let gone = input.catalog.endpoints.len() - safe.endpoints.len();
        let safe_input = Input { catalog: &safe, options: input.options };
        let (mut document, mut left_out) = openapi::document(&safe_input, Profile::Dast, OpenApiVersion::V30);
        document["servers"] = json!([{"url": input.options.host()}]);
        left_out.extend(left_as_destructive(gone));
        let proof = header(&safe_input).map(|h| format!(" \\\n  -H {h}")).unwrap_or_default();
        let script = format!(
            "#!/bin/sh\n# {} holds the token or key. Further arguments go to wapiti: -m \"\" only sends each request once.\n\
             cd \"$(dirname \"$0\")\" || exit 1\nexec wapiti -u {} --swagger openapi.json{proof} \\\n  \
             -d 0 --no-bugreport --flush-session -f json -o wapiti-report.json \"$@\"\n",
            input.options.token(),
            crate::escape::shell(&format!("{}/", input.options.host())),
        );
        Exported::folder(BTreeMap::from([("openapi.json".to_owned(), json(&document)), ("run.sh".to_owned(), script)]), left_out)
    }
}
