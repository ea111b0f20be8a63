//! A package for npm whose command is the binary itself: no script runs at installation or at start.

use super::{Kit, Made, archive, build};
use anyhow::Result;
use serde_json::json;

pub fn make(kit: &Kit) -> Result<Made> {
    let (system, cpu) = kit.platform()?;
    let system = if system == "windows" { "win32" } else { system };
    let cpu = match cpu {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    let name = format!("apicensus-{system}-{cpu}");
    let mut package = json!({
        "name": name,
        "version": kit.version,
        "description": "Reads source code and lists every endpoint that it would serve",
        "license": "Apache-2.0",
        "repository": env!("CARGO_PKG_REPOSITORY"),
        "os": [system],
        "cpu": [cpu],
        "bin": {"apicensus": "bin/apicensus"},
        "files": ["bin/apicensus"],
    });
    if system == "linux" && !build::is_static(&kit.binary) {
        package["libc"] = json!(["glibc"]);
    }
    let text = serde_json::to_string_pretty(&package)? + "\n";
    let files = [
        ("package/package.json".to_owned(), 0o644, text.as_bytes()),
        ("package/LICENSE".to_owned(), 0o644, kit.licence.as_bytes()),
        ("package/README.md".to_owned(), 0o644, kit.readme.as_bytes()),
        ("package/bin/apicensus".to_owned(), 0o755, kit.binary.as_slice()),
    ];
    Ok(Made { name: format!("{name}-{}.tgz", kit.version), bytes: archive::tar_gz(&files, kit.time)? })
}
