//! The binary: built for musl, and so without any library of the system, where that target is installed; else for the host.

use anyhow::{Context, Result, bail};
use memchr::memmem;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A binary with its symbols.
pub struct Built {
    pub bytes: Vec<u8>,
    pub path: PathBuf,
    pub target: String,
    /// What to know of how it came about.
    pub notes: Vec<String>,
}

/// A binary that is there already.
pub fn given(path: &Path, target: Option<String>) -> Result<Built> {
    let bytes = fs::read(path).with_context(|| format!("{} can't be read", path.display()))?;
    let host = host()?;
    let target = target.unwrap_or_else(|| if is_static(&bytes) { host.replace("-gnu", "-musl") } else { host });
    Ok(Built {
        bytes,
        path: path.to_owned(),
        target,
        notes: vec!["built elsewhere: whether it can be built again to the same bytes is not known".to_owned()],
    })
}

/// A release build.
pub fn release(target: Option<String>) -> Result<Built> {
    let host = host()?;
    let mut notes = Vec::new();
    let target = match target {
        Some(target) => target,
        None => {
            let musl = host.replace("-gnu", "-musl");
            match missing(&musl) {
                None => musl,
                Some(why) => {
                    notes.push(format!("not static: {why}"));
                    host
                }
            }
        }
    };
    let mut command = Command::new(env!("CARGO"));
    command.args(["build", "--profile", "dist", "--locked", "-p", "apicensus", "--target", &target]).current_dir(crate::root());
    // Paths of this machine would make the binary differ from one built elsewhere, and tell of it.
    let home =
        |name: &str, below: &str| std::env::var(name).unwrap_or_else(|_| format!("{}/{below}", std::env::var("HOME").unwrap_or_default()));
    let maps = [
        (crate::root().display().to_string(), "apicensus"),
        (home("CARGO_HOME", ".cargo"), "cargo"),
        (home("RUSTUP_HOME", ".rustup"), "rustup"),
    ];
    let rust: Vec<String> = maps.iter().map(|(from, to)| format!("--remap-path-prefix={from}=/{to}")).collect();
    let c: Vec<String> = maps.iter().map(|(from, to)| format!("-ffile-prefix-map={from}=/{to}")).collect();
    command
        .env("CARGO_ENCODED_RUSTFLAGS", rust.join("\u{1f}"))
        .env("CFLAGS", c.join(" "))
        .env("SOURCE_DATE_EPOCH", source_time().to_string());
    if target.ends_with("-musl") && which("musl-gcc") {
        command.env(format!("CC_{}", target.replace('-', "_")), "musl-gcc");
    }
    crate::checked(&mut command)?;
    let path = crate::target_folder().join(&target).join("dist/apicensus");
    let rustc = said(Command::new("rustc").arg("--version"))?;
    notes.push(format!("built by {}; the same sources, tools and target give the same bytes", rustc.trim()));
    Ok(Built { bytes: fs::read(&path)?, path, target, notes })
}

/// Why a target can't be built for; None if it can.
fn missing(target: &str) -> Option<String> {
    let folder = said(Command::new("rustc").args(["--print", "target-libdir", "--target", target])).unwrap_or_default();
    if !Path::new(folder.trim()).is_dir() {
        return Some(format!("the target is not installed (rustup target add {target})"));
    }
    (!which("musl-gcc")).then(|| "there is no musl-gcc (Debian: musl-tools)".to_owned())
}

fn which(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn host() -> Result<String> {
    let text = said(Command::new("rustc").arg("-vV"))?;
    text.lines().find_map(|l| l.strip_prefix("host: ")).map(str::to_owned).context("rustc does not name its host")
}

fn said(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("{name} could not be started"))?;
    if !output.status.success() {
        bail!("{name} failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The time of the commit, or what `SOURCE_DATE_EPOCH` says.
pub fn source_time() -> u64 {
    let given = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|t| t.parse().ok());
    let of_commit = || said(Command::new("git").args(["log", "-1", "--format=%ct"]).current_dir(crate::root())).ok()?.trim().parse().ok();
    // Zip files know no time before 1980.
    given.or_else(of_commit).unwrap_or(0).max(315_532_800)
}

/// Whether an ELF file needs no loader.
pub fn is_static(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x7fELF") && glibc(bytes).is_none() && !contains(bytes, b"ld-linux") && !contains(bytes, b"/lib/ld-musl")
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    memmem::find(bytes, text).is_some()
}

/// The newest version of glibc whose symbols the binary asks for: `GLIBC_2.34` is (2, 34).
pub fn glibc(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut newest = None;
    for at in memmem::find_iter(bytes, b"GLIBC_") {
        let text: String =
            bytes.iter().skip(at + 6).take_while(|b| b.is_ascii_digit() || **b == b'.').take(12).map(|b| char::from(*b)).collect();
        let mut parts = text.split('.').map(str::parse);
        if let (Some(Ok(major)), Some(Ok(minor))) = (parts.next(), parts.next()) {
            newest = newest.max(Some((major, minor)));
        }
    }
    newest
}

/// The binary without its symbols.
pub fn strip(bytes: &[u8]) -> Result<Vec<u8>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("apicensus");
    super::executable(&path, bytes)?;
    crate::checked(Command::new("strip").arg(&path))?;
    Ok(fs::read(&path)?)
}
