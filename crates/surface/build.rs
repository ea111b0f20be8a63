//! Embeds the language files, `grammars/*/language.yaml`.
use std::fmt::Write as _;
use std::path::Path;

fn main() -> std::io::Result<()> {
    let grammars = Path::new(&std::env::var("CARGO_MANIFEST_DIR").map_err(std::io::Error::other)?).join("../../grammars").canonicalize()?;
    println!("cargo::rerun-if-changed={}", grammars.display());
    let mut files = Vec::new();
    for folder in std::fs::read_dir(&grammars)? {
        let file = folder?.path().join("language.yaml");
        if file.is_file() {
            println!("cargo::rerun-if-changed={}", file.display());
            files.push(file);
        }
    }
    files.sort();
    let common = grammars.join("common.yaml");
    println!("cargo::rerun-if-changed={}", common.display());
    let mut code = format!("const COMMON: &str = include_str!({:?});\n", common.display().to_string());
    code.push_str("const LANGUAGES: &[&str] = &[\n");
    for file in &files {
        writeln!(code, "    include_str!({:?}),", file.display().to_string()).map_err(std::io::Error::other)?;
    }
    code.push_str("];\n");
    let out = std::env::var("OUT_DIR").map_err(std::io::Error::other)?;
    std::fs::write(Path::new(&out).join("languages.rs"), code)
}
