//! Where a result goes: the standard output, or a file that appears whole or not at all.

use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Writes to a file when there is one, else to the standard output.
pub fn write(text: &str, file: Option<&Path>) -> Result<()> {
    match file {
        Some(file) => replace(text.as_bytes(), file).with_context(|| format!("could not write `{}`", file.display())),
        None => print(text),
    }
}

/// Writes a file that is no text.
pub fn write_bytes(bytes: &[u8], file: &Path) -> Result<()> {
    replace(bytes, file).with_context(|| format!("could not write `{}`", file.display()))
}

/// The file in a folder of exported files that lists them, so that the next export removes those that are no more.
const LIST: &str = ".apicensus-files";

/// Writes several files into a folder, which is made if need be. Files of an earlier export that are no more are removed;
/// others are left alone.
pub fn write_folder(files: &BTreeMap<String, String>, folder: &Path) -> Result<()> {
    let failed = |path: &Path| format!("could not write `{}`", path.display());
    std::fs::create_dir_all(folder).with_context(|| failed(folder))?;
    let list = folder.join(LIST);
    for old in std::fs::read_to_string(&list).unwrap_or_default().lines() {
        let stays = Path::new(old).components().all(|c| matches!(c, std::path::Component::Normal(_)));
        if stays && !files.contains_key(old) {
            let _ = std::fs::remove_file(folder.join(old));
        }
    }
    for (name, text) in files {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).with_context(|| failed(&path))?;
        }
        write(text, Some(&path))?;
    }
    write(&files.keys().map(|name| format!("{name}\n")).collect::<String>(), Some(&list))
}

/// Writes to the standard output. A reader that has gone (`| head`) is no error.
pub fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other.context("could not write to the standard output"),
    }
}

/// Writes to the standard error stream, where a failure can't be told to anyone.
pub fn note(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Writes beside the file and renames, so that a reader or a full disk never sees half of it. What is not a regular file
/// (`/dev/stdout`, a pipe) is written in place; a symbolic link keeps pointing where it does.
fn replace(bytes: &[u8], file: &Path) -> std::io::Result<()> {
    let target: PathBuf = std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let old = std::fs::metadata(&target).ok();
    if old.as_ref().is_some_and(std::fs::Metadata::is_dir) {
        return Err(std::io::Error::new(ErrorKind::IsADirectory, "it is a folder"));
    }
    if old.as_ref().is_some_and(|old| !old.is_file()) {
        let mut out = std::fs::OpenOptions::new().write(true).open(&target)?;
        return out.write_all(bytes);
    }
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".apicensus-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The usual rights of a new file: the mask of the process applies. An existing file keeps its own.
        builder.permissions(old.as_ref().map_or_else(|| std::fs::Permissions::from_mode(0o666), std::fs::Metadata::permissions));
    }
    let mut temporary = builder.tempfile_in(folder)?;
    temporary.write_all(bytes)?;
    temporary.flush()?;
    temporary.persist(&target).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("out.json");
        write("one", Some(&file)).unwrap();
        write("two", Some(&file)).unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "two");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_loses_what_an_earlier_export_wrote_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("out");
        let files = |names: &[&str]| names.iter().map(|n| ((*n).to_owned(), "x".to_owned())).collect::<BTreeMap<_, _>>();
        write_folder(&files(&["a/one.txt", "two.txt"]), &target).unwrap();
        std::fs::write(target.join("mine.txt"), "y").unwrap();
        write_folder(&files(&["two.txt"]), &target).unwrap();
        assert!(!target.join("a/one.txt").exists() && target.join("two.txt").exists() && target.join("mine.txt").exists());
    }

    #[test]
    fn a_folder_or_a_missing_folder_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        assert!(format!("{:#}", write("x", Some(folder.path())).unwrap_err()).contains("it is a folder"));
        let error = write("x", Some(&folder.path().join("no/where.json"))).unwrap_err();
        assert!(format!("{error:#}").contains("where.json"), "{error:#}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error() {
        let error = write("x", Some(Path::new("/dev/full"))).unwrap_err();
        assert!(format!("{error:#}").contains("No space left"), "{error:#}");
    }
}
