//! The calls to other services, for people.

use crate::grid::Grid;
use crate::style::{Look, Meaning, count, one_line};
use apicensus_catalog::Outbound;

/// The calls, and how many there are to how many hosts.
pub fn table(calls: &[Outbound], look: &Look) -> String {
    if calls.is_empty() {
        return "No calls to other services found.\n".to_owned();
    }
    let mut text = grid(calls).table(look);
    if !look.quiet {
        let mut hosts: Vec<&str> = calls.iter().filter_map(|call| call.host.as_deref().or(call.host_key.as_deref())).collect();
        hosts.sort_unstable();
        hosts.dedup();
        text.push_str(&format!("\n{} to {}", count(calls.len() as u64, "call", "calls"), count(hosts.len() as u64, "host", "hosts")));
        let unknown = calls.iter().filter(|call| call.host.is_none() && call.host_key.is_none()).count() as u64;
        if unknown > 0 {
            text.push_str(&format!(" · {} without a known host", count(unknown, "call", "calls")));
        }
        text.push('\n');
    }
    text
}

/// The calls as a table.
pub fn grid(calls: &[Outbound]) -> Grid {
    let head = ["Method", "URL", "Host", "Library", "Place", "Function"].map(str::to_owned).into();
    let row = |call: &Outbound| {
        let (host, meaning) = match (&call.host, &call.host_key) {
            (Some(host), _) => (host.clone(), Meaning::Plain),
            (None, Some(key)) => (format!("{{?{key}}}"), Meaning::Doubt),
            (None, None) => (String::new(), Meaning::Plain),
        };
        let plain = |text: &str| (one_line(text), Meaning::Plain);
        let place = format!("{}:{}", call.at.file, call.at.line);
        vec![plain(&call.method), plain(&call.url), (one_line(&host), meaning), plain(&call.library), plain(&place), plain(&call.function)]
    };
    Grid { head, rows: calls.iter().map(row).collect(), code: vec![1, 4] }
}
