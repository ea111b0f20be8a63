//! Lowering and evaluation of arbitrary text: `cargo +nightly fuzz run scan` (needs cargo-fuzz). The first byte chooses the
//! language, the rest is one file. The folders of `testdata/` make a good corpus to start from.

#![no_main]

use apicensus_source::{OpenOptions, Tree};
use apicensus_surface::scan::{ScanOptions, scan};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((first, text)) = data.split_first() else { return };
    let name = ["main.py", "app.js", "app.ts", "app.tsx", "main.rs"][*first as usize % 5];
    let Ok(folder) = tempfile::tempdir() else { return };
    if std::fs::write(folder.path().join(name), text).is_err() {
        return;
    }
    let options = OpenOptions { paths: vec![folder.path().to_owned()], threads: 1, ..OpenOptions::default() };
    if let Ok(tree) = Tree::open(&options) {
        let _ = scan(&tree, &ScanOptions { threads: 1, ..ScanOptions::default() });
    }
});
