//! How well the built-in rules tell sensitive names: those of `testdata/sensitive/names.tsv`, by which they were made, and those of
//! `testdata/sensitive/others.tsv`, labelled before the rules saw them. The table stands in `docs/sensitive.md`.
#![allow(clippy::unwrap_used)]

use apicensus_surface::sensitive::Rules;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// What was found of a class: rightly, wrongly and not.
#[derive(Default)]
struct Count {
    right: usize,
    wrong: usize,
    missed: usize,
}

impl Count {
    fn precision(&self) -> f64 {
        ratio(self.right, self.right + self.wrong)
    }
    fn recall(&self) -> f64 {
        ratio(self.right, self.right + self.missed)
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The counts by class, and of all of them under `all`.
fn counted(list: &str) -> BTreeMap<String, Count> {
    let rules = Rules::builtin().unwrap();
    let text = fs::read_to_string(root().join("testdata/sensitive").join(list)).unwrap();
    let mut out: BTreeMap<String, Count> = BTreeMap::new();
    for line in text.lines().filter(|l| !l.starts_with('#')) {
        let (name, wanted) = line.split_once('\t').unwrap();
        let found = rules.of_name(name).map_or_else(|| "-".to_owned(), |tag| tag.class.as_str().to_owned());
        for of in [wanted, "all"] {
            if wanted != "-" {
                let count = out.entry(of.to_owned()).or_default();
                if found == wanted { count.right += 1 } else { count.missed += 1 }
            }
        }
        for of in [found.as_str(), "all"] {
            if found != "-" && found != wanted {
                out.entry(of.to_owned()).or_default().wrong += 1;
            }
        }
    }
    out
}

#[test]
fn the_table_is_true() {
    let mut table = String::from("| List | Class | Names | Precision | Recall |\n| --- | --- | --- | --- | --- |\n");
    for list in ["names.tsv", "others.tsv"] {
        for (class, count) in counted(list) {
            let (precision, recall) = (count.precision(), count.recall());
            writeln!(table, "| `{list}` | {class} | {} | {precision:.2} | {recall:.2} |", count.right + count.missed).unwrap();
        }
    }
    let page = fs::read_to_string(root().join("docs/sensitive.md")).unwrap();
    assert!(page.contains(&table), "docs/sensitive.md should have:\n{table}");
}

#[test]
fn most_are_told() {
    for list in ["names.tsv", "others.tsv"] {
        let all = &counted(list)["all"];
        assert!(all.precision() >= 0.9 && all.recall() >= 0.9, "{list}: {:.3} {:.3}", all.precision(), all.recall());
    }
}
