//! `cargo xtask dist`: what is handed out. A release binary (static where the musl target is installed), an archive, a wheel for
//! `pip`, a package for `npm`, a bill of materials, checksums, and how large the binary is by part.
//!
//! The same source and the same tools give the same bytes: times are that of the commit, names are sorted, and paths of this
//! machine are taken out of the binary.

mod archive;
mod build;
mod npm;
mod sbom;
mod sizes;
mod wheel;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// What everything handed out is made of.
struct Kit {
    /// The binary, stripped.
    binary: Vec<u8>,
    /// `x86_64-unknown-linux-musl`.
    target: String,
    version: String,
    /// Seconds since 1970 that files are dated with.
    time: u64,
    readme: String,
    licence: String,
}

/// A file that is handed out.
struct Made {
    name: String,
    bytes: Vec<u8>,
}

/// Makes everything into a folder. With a binary, nothing is built.
pub fn run(binary: Option<PathBuf>, target: Option<String>, out: Option<PathBuf>) -> Result<()> {
    let out = out.unwrap_or_else(|| crate::root().join("target/dist"));
    let built = match binary {
        Some(path) => build::given(&path, target)?,
        None => build::release(target)?,
    };
    println!("{} · {}", built.target, if build::is_static(&built.bytes) { "static" } else { "linked against the system's C library" });
    for line in &built.notes {
        println!("  {line}");
    }
    sizes::print(&built)?;
    let kit = Kit {
        binary: build::strip(&built.bytes)?,
        target: built.target,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        time: build::source_time(),
        readme: fs::read_to_string(crate::root().join("README.md"))?,
        licence: fs::read_to_string(crate::root().join("LICENSE"))?,
    };
    let bill = sbom::make(&kit)?;
    let mut made = vec![archive::make(&kit, &bill)?, wheel::make(&kit)?, npm::make(&kit)?, bill];
    made.push(checksums(&made));
    fs::create_dir_all(&out).with_context(|| format!("{} can't be made", out.display()))?;
    for file in &made {
        fs::write(out.join(&file.name), &file.bytes)?;
        println!("{:>9}  {}", size(file.bytes.len()), out.join(&file.name).display());
    }
    println!("{:>9}  the binary, stripped; `--version` takes {}", size(kit.binary.len()), start(&kit.binary)?);
    Ok(())
}

/// `SHA256SUMS`, as `sha256sum --check` reads it.
fn checksums(made: &[Made]) -> Made {
    let line = |m: &Made| format!("{}  {}\n", hex(&Sha256::digest(&m.bytes)), m.name);
    let mut lines: Vec<String> = made.iter().map(line).collect();
    lines.sort_by(|a, b| a.get(66..).cmp(&b.get(66..)));
    Made { name: "SHA256SUMS".to_owned(), bytes: lines.concat().into_bytes() }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn size(bytes: usize) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

/// The median of some starts.
fn start(binary: &[u8]) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("apicensus");
    executable(&path, binary)?;
    let mut times = Vec::new();
    for _ in 0..11 {
        let begin = Instant::now();
        if !Command::new(&path).arg("--version").output()?.status.success() {
            bail!("the binary does not run here");
        }
        times.push(begin.elapsed());
    }
    times.sort();
    Ok(format!("{:.1} ms", times.get(times.len() / 2).map_or(0.0, std::time::Duration::as_secs_f64) * 1000.0))
}

fn executable(path: &Path, bytes: &[u8]) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::write(path, bytes)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    Ok(())
}

impl Kit {
    /// Operating system and processor of the target, as it names them.
    fn platform(&self) -> Result<(&str, &str)> {
        let cpu = self.target.split('-').next().unwrap_or_default();
        for (part, name) in [("linux", "linux"), ("darwin", "darwin"), ("windows", "windows")] {
            if self.target.contains(part) {
                return Ok((name, cpu));
            }
        }
        bail!("{} is not known", self.target)
    }
}
