//! Where the cache lies: the user's cache folder, which other users can't read, as what is kept tells of private code.

use etcetera::BaseStrategy;
use std::io;
use std::path::{Path, PathBuf};

/// The folder for this user by the convention of the system (XDG Base Directory Specification 0.8 on Unix); none where there is no home.
pub fn default_folder() -> Option<PathBuf> {
    etcetera::choose_base_strategy().ok().map(|base| base.cache_dir().join("apicensus"))
}

/// Makes the folder, readable by its owner only.
pub(crate) fn make(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
