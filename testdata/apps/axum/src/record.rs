//! Writes down which handlers ran and which requests no route took; read by `cargo xtask interop`.

use std::io::Write;

fn write(entry: serde_json::Value) {
    let path = std::env::var("RECORD").expect("RECORD names a file");
    let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path).expect("the file can be written");
    writeln!(file, "{entry}").expect("the file can be written");
}

pub fn ran(name: &str) {
    write(serde_json::json!({"ran": name}));
}

pub fn lost(method: &str, path: &str) {
    write(serde_json::json!({"lost": format!("{method} {path}")}));
}
