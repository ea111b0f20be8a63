//! Module resolution: from an import as written to a file of the tree or the name of an outside package.

use crate::files::FileId;
use smol_str::SmolStr;

/// Where an import leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A file of the tree (for Python a module or a package's `__init__.py`; for Rust a module file).
    File(FileId),
    /// A Python namespace package: a folder without `__init__.py`.
    Folder(SmolStr),
    /// An outside package: its canonical name as a model would write it (`fastapi.routing`, `@nestjs/common`, `axum`).
    External(SmolStr),
    /// Should be in the tree (relative, workspace package, own package) but is not.
    Missing,
}
