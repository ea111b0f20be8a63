//! A list of URLs for `nuclei -l`, one a line: <https://docs.projectdiscovery.io/tools/nuclei/running>. Only what answers
//! GET, each URL once, with samples for parameters.

use crate::operation::operations;
use crate::{Exported, Exporter, Input};
use std::collections::BTreeSet;

pub struct Nuclei;

impl Exporter for Nuclei {
    fn name(&self) -> &'static str {
        "nuclei"
    }
    fn about(&self) -> &'static str {
        "URL list for nuclei -l, what answers GET"
    }
    fn write(&self, input: &Input<'_>) -> Exported {
        let (operations, mut left_out) = operations(input);
        let gets = operations.iter().filter(|o| o.method == "GET");
        let urls: BTreeSet<String> = gets.map(|o| format!("{}{}", input.host(&o.endpoint.service), o.target())).collect();
        let others = operations.iter().filter(|o| o.method != "GET").count();
        if others > 0 {
            left_out.push((others, "another method than GET"));
        }
        Exported::text(urls.iter().map(|u| format!("{}\n", crate::escape::line(u))).collect(), left_out)
    }
}
