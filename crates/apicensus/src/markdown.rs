//! The census as Markdown, for a wiki or a merge request.

use crate::filter::Hidden;
use crate::gateways;
use crate::rows::{Titles, auth_is_unknown, by_service, service_title};
use crate::summary;
use apicensus_catalog::Catalog;

/// A heading and a table for each service, then the summary.
pub fn render(catalog: &Catalog, hidden: &Hidden, titles: &Titles, quiet: bool, verbose: bool) -> String {
    let mut out = String::from("# API census\n");
    let with_auth = !auth_is_unknown(catalog);
    for (service, rows) in by_service(catalog) {
        let pieces: Vec<String> = service_title(service, catalog, titles).iter().map(|piece| escape(piece)).collect();
        out.push_str(&format!("\n## {}\n\n", pieces.join(" · ")));
        let with_flags = rows.iter().any(|row| !row.flags.is_empty());
        let mut head = vec!["Method", "Path"];
        head.extend(with_auth.then_some("Auth"));
        head.extend(with_flags.then_some("Flags"));
        head.push("Handler");
        line(&mut out, head.iter().map(|cell| (*cell).to_owned()));
        line(&mut out, head.iter().map(|_| "---".to_owned()));
        for row in &rows {
            let mut cells = vec![escape(&row.method), code(&row.path)];
            cells.extend(with_auth.then(|| escape(&row.auth.0)));
            cells.extend(with_flags.then(|| escape(&row.flag_text())));
            let symbol = if row.symbol.is_empty() { String::new() } else { format!(" {}", code(&row.symbol)) };
            cells.push(format!("{}{symbol}", code(&row.place)));
            line(&mut out, cells.into_iter());
        }
    }
    let gateways = gateways::grid(catalog);
    if !gateways.rows.is_empty() {
        out.push_str(&format!("\n## Gateways\n\n{}", gateways.markdown()));
    }
    if verbose && !catalog.troubles.is_empty() {
        out.push_str("\n## Troubles\n\n");
        line(&mut out, ["Place", "Kind", "What", "Effect"].map(String::from).into_iter());
        line(&mut out, ["---"; 4].map(String::from).into_iter());
        for trouble in &catalog.troubles {
            let place = code(&format!("{}:{}", trouble.file, trouble.line));
            line(&mut out, [place, trouble.kind.to_string(), escape(&trouble.message), escape(&trouble.effect)].into_iter());
        }
    }
    if !quiet {
        out.push('\n');
        for facts in summary::lines(catalog, hidden, verbose) {
            out.push_str(&format!("{}  \n", facts.iter().map(|fact| escape(fact)).collect::<Vec<_>>().join(" · ")));
        }
    }
    out
}

pub(crate) fn line(out: &mut String, cells: impl Iterator<Item = String>) {
    out.push('|');
    for cell in cells {
        out.push_str(&format!(" {cell} |"));
    }
    out.push('\n');
}

/// Text in which Markdown and HTML see nothing special.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for ch in text.chars() {
        match ch {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '|' | '\\' | '*' | '_' | '[' | ']' | '#' | '`' => {
                out.push('\\');
                out.push(ch);
            }
            '\n' | '\r' => out.push(' '),
            other => out.push(other),
        }
    }
    out
}

/// A code span, fenced longer than any run of backticks inside; in a table a bar must be escaped even there.
pub(crate) fn code(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ").replace('|', "\\|");
    let mut longest = 0;
    let mut run = 0;
    for ch in text.chars() {
        run = if ch == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_cannot_break_the_table() {
        assert_eq!(code("/a|b"), "`/a\\|b`");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(escape("a|<b>"), "a\\|&lt;b&gt;");
    }
}
