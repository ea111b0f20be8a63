//! What people see, held as text: a catalog in tests/fixtures rendered in every way, beside what it should look like in
//! tests/expected. `BLESS=1 cargo test -p apicensus` rewrites the expected files; read the difference.
#![allow(clippy::unwrap_used)]

use crate::args::AudienceArg;
use crate::filter::{Filter, Hidden};
use crate::rows::Titles;
use crate::style::{Look, width};
use apicensus_catalog::Catalog;
use std::path::PathBuf;

fn catalog() -> Catalog {
    serde_json::from_str(include_str!("../tests/fixtures/catalog.json")).unwrap()
}

fn titles() -> Titles {
    [("fastapi", "FastAPI"), ("express", "Express")].map(|(name, title)| (name.to_owned(), title.to_owned())).into()
}

fn look(width: usize) -> Look {
    Look { width, color: false, verbose: false, quiet: false }
}

fn production() -> (Catalog, Hidden) {
    let mut catalog = catalog();
    let hidden = Filter::of_audience(&[AudienceArg::Production], true).apply(&mut catalog);
    (catalog, hidden)
}

fn same(name: &str, text: &str) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/expected").join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&file, text).unwrap();
    }
    let expected = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(text == expected, "{name} looks different:\n{text}");
}

#[test]
fn the_table_at_three_widths() {
    let (catalog, hidden) = production();
    for columns in [80, 120, 160] {
        let text = crate::table::render(&catalog, &hidden, &titles(), &look(columns));
        same(&format!("table-{columns}.txt"), &text);
    }
}

#[test]
fn no_line_is_wider_than_asked_unless_its_path_is() {
    let (catalog, hidden) = production();
    for columns in 60..170 {
        let text = crate::table::render(&catalog, &hidden, &titles(), &look(columns));
        for line in text.lines().filter(|line| !line.contains("adjustment_id")) {
            assert!(width(line) <= columns || line.contains("Adjustments"), "{columns}: {line}");
        }
    }
}

#[test]
fn every_path_and_handler_stands_whole_at_any_width() {
    let (catalog, hidden) = production();
    for columns in [40, 72, 100, 200] {
        let text = crate::table::render(&catalog, &hidden, &titles(), &look(columns));
        for endpoint in &catalog.endpoints {
            assert!(text.contains(&endpoint.path), "{columns}: {}", endpoint.path);
            let symbol = &endpoint.handler.as_ref().unwrap().symbol;
            assert!(text.contains(symbol.as_str()), "{columns}: {symbol}");
        }
    }
}

#[test]
fn colours_only_add_escapes() {
    let (catalog, hidden) = production();
    let plain = crate::table::render(&catalog, &hidden, &titles(), &look(120));
    let coloured = crate::table::render(&catalog, &hidden, &titles(), &Look { color: true, ..look(120) });
    assert!(coloured.contains("\u{1b}[33m{?settings.ADMIN_PREFIX}\u{1b}[0m"));
    assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
}

#[test]
fn troubles_with_v_and_nothing_but_rows_with_q() {
    let (catalog, hidden) = production();
    let verbose = Look { verbose: true, ..look(100) };
    same("table-verbose.txt", &crate::table::render(&catalog, &hidden, &titles(), &verbose));
    let quiet = crate::table::render(&catalog, &hidden, &titles(), &Look { quiet: true, ..look(100) });
    assert!(!quiet.contains("endpoints in"), "{quiet}");
}

#[test]
fn verdicts_get_a_column_as_soon_as_there_is_one() {
    let (mut catalog, hidden) = production();
    catalog.endpoints[4].auth = serde_json::from_str(r#"{"state": "none"}"#).unwrap();
    catalog.endpoints[1].auth =
        serde_json::from_str(r#"{"state": "required", "schemes": [{"kind": "oauth2", "name": "scheme"}], "scopes": ["orders:write"]}"#)
            .unwrap();
    same("table-auth.txt", &crate::table::render(&catalog, &hidden, &titles(), &look(120)));
}

#[test]
fn markdown() {
    let (catalog, hidden) = production();
    same("census.md", &crate::markdown::render(&catalog, &hidden, &titles(), false, true));
}

#[test]
fn data_formats_hold_everything() {
    let catalog = catalog();
    assert_eq!(serde_json::from_str::<Catalog>(&crate::formats::json(&catalog).unwrap()).unwrap(), catalog);
    assert_eq!(serde_yaml::from_str::<Catalog>(&crate::formats::yaml(&catalog).unwrap()).unwrap(), catalog);
    let lines = crate::formats::jsonl(&catalog).unwrap();
    assert_eq!(lines.lines().filter(|line| line.starts_with(r#"{"type":"endpoint""#)).count(), catalog.endpoints.len());
    assert_eq!(lines.lines().filter(|line| line.starts_with(r#"{"type":"trouble""#)).count(), 2);
    assert!(lines.starts_with(r#"{"type":"catalog","schema":"apicensus.catalog/1""#));
}

#[test]
fn explanations() {
    let catalog = catalog();
    let mut text = String::new();
    for at in [0, 4, 5, 9] {
        let mut read = |file: &str, line: u32| Some(format!("    line {line} of {}", file.rsplit('/').next().unwrap_or(file)));
        text.push_str(&crate::explain::render(&catalog.endpoints[at], &catalog, &titles(), &look(100), &mut read));
        text.push('\n');
    }
    same("explain.txt", &text);
}

#[test]
fn nothing_is_said_kindly_and_with_its_reason() {
    let mut empty = Catalog::default();
    let first = |catalog: &Catalog, hidden: &Hidden| crate::summary::lines(catalog, hidden, false)[0].join(" ");
    empty.repositories.push(apicensus_catalog::Repository { name: "x".into(), root: "./x".into(), revision: None });
    assert!(first(&empty, &Hidden::default()).contains("no files in `./x`"));
    empty.coverage.files_seen = 3;
    assert!(first(&empty, &Hidden::default()).contains("3 files seen, none in a supported language"));
    empty.coverage.languages.entry("python".into()).or_default().seen = 1;
    assert!(first(&empty, &Hidden::default()).contains("No endpoints found in `./x`"));
    let hidden = Hidden { by_audience: [(apicensus_catalog::Audience::Test, 2)].into(), others: 0 };
    assert_eq!(crate::summary::lines(&empty, &hidden, false)[1], ["not shown: 2 test (--audience all)"]);
}
