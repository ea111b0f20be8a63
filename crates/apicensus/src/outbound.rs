//! The calls to other services as a table.

use crate::grid::Grid;
use crate::style::{Meaning, count, one_line};
use apicensus_catalog::{Audience, Outbound, OutboundCall};

/// One line a call; calls of tests and examples are left to the formats for programs.
pub fn grid(outbound: &Outbound) -> Grid {
    let plain = |text: &str| (one_line(text), Meaning::Plain);
    let row = |call: &OutboundCall| {
        let meaning = if call.url.contains("{?") { Meaning::Doubt } else { Meaning::Plain };
        vec![
            plain(&call.method),
            (one_line(&call.url), meaning),
            plain(&call.client),
            (one_line(&format!("{}:{}", call.at.file, call.at.line)), Meaning::Dim),
        ]
    };
    let deployed = outbound.calls.iter().filter(|c| c.audience == Audience::Production);
    Grid { head: ["Method", "URL", "Client", "Place"].map(str::to_owned).to_vec(), rows: deployed.map(row).collect(), code: vec![1, 3] }
}

/// How much was found and how much was not looked at.
pub fn summary(outbound: &Outbound) -> String {
    let deployed = outbound.calls.iter().filter(|c| c.audience == Audience::Production).count() as u64;
    let others = outbound.calls.len() as u64 - deployed;
    let mut text = count(deployed, "call to other services", "calls to other services");
    if others > 0 {
        text.push_str(&format!(" · {others} more in tests and examples"));
    }
    if outbound.files_not_read > 0 {
        let files = count(outbound.files_not_read, "file", "files");
        text.push_str(&format!(" · {files} not looked at, as nothing that serves endpoints asks for them"));
    }
    text
}
