//! Embeds the models of `grammars/*/frameworks/*.yaml`, `grammars/*/auth/*.yaml` and `grammars/*/controls/*.yaml`.
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() -> std::io::Result<()> {
    let grammars = Path::new(&std::env::var("CARGO_MANIFEST_DIR").map_err(std::io::Error::other)?).join("../../grammars");
    println!("cargo::rerun-if-changed={}", grammars.display());
    let mut files: Vec<PathBuf> = Vec::new();
    for language in std::fs::read_dir(&grammars)? {
        let language = language?.path();
        for folder in ["frameworks", "auth", "controls"].map(|name| language.join(name)) {
            // A folder that is not there would have this run each time.
            if folder.is_dir() {
                println!("cargo::rerun-if-changed={}", folder.display());
                for file in std::fs::read_dir(folder)? {
                    files.push(file?.path());
                }
            }
        }
    }
    files.retain(|f| f.extension().is_some_and(|e| e == "yaml"));
    files.sort();
    let mut code = String::from("/// Embedded model files: (name, text).\npub const BUILTIN: &[(&str, &str)] = &[\n");
    for file in &files {
        let file = file.canonicalize()?;
        let name = file.components().rev().take(3).collect::<Vec<_>>();
        let name: Vec<String> = name.iter().rev().map(|c| c.as_os_str().to_string_lossy().into_owned()).collect();
        writeln!(code, "    ({:?}, include_str!({:?})),", format!("grammars/{}", name.join("/")), file.display().to_string())
            .map_err(std::io::Error::other)?;
    }
    code.push_str("];\n");
    std::fs::write(Path::new(&std::env::var("OUT_DIR").map_err(std::io::Error::other)?).join("builtin_models.rs"), code)
}
