//! One door to the languages' resolvers.

use super::Target;
use super::cargo::CargoResolver;
use super::node::NodeResolver;
use super::python::PythonResolver;
use crate::demand::Demand;
use crate::files::FileId;
use rustc_hash::FxHashSet;
use smol_str::SmolStr;

/// The resolvers of a tree.
pub struct Resolver<'a> {
    demand: &'a Demand<'a>,
}

impl<'a> Resolver<'a> {
    /// Over the resolvers that demand built.
    pub fn new(demand: &'a Demand<'a>) -> Self {
        Resolver { demand }
    }
    /// A Python import.
    pub fn python(&self, from: FileId, module: &str, level: u32) -> Target {
        self.py().resolve(from, module, level)
    }
    /// A child of a Python package.
    pub fn submodule(&self, of: &Target, name: &str) -> Option<Target> {
        self.py().submodule(of, name)
    }
    /// A Python module's dotted name.
    pub fn module_name(&self, file: FileId) -> SmolStr {
        self.py().module_name(file)
    }
    /// A JavaScript import or require.
    pub fn node(&self, from: FileId, spec: &str, require: bool) -> Target {
        self.node_resolver().resolve(from, spec, require)
    }
    /// The JavaScript resolver.
    pub fn node_resolver(&self) -> &'a NodeResolver {
        &self.demand.node
    }
    /// A Rust child module's file.
    pub fn rust_child(&self, file: FileId, name: &str, path: Option<&str>, inline: &[SmolStr]) -> Option<FileId> {
        self.cargo().child(file, name, path, inline)
    }
    /// A crate by the name that code of a file uses.
    pub fn rust_dependency(&self, file: FileId, name: &str) -> Option<Target> {
        let package = self.cargo().package_of(file)?;
        match self.cargo().dependency(package, name) {
            Target::Missing => None,
            target => Some(target),
        }
    }
    /// Whether the package of a file declares a crate of this name.
    pub fn rust_knows(&self, file: FileId, name: &str) -> bool {
        self.cargo().package_of(file).is_some_and(|package| self.cargo().knows(package, name))
    }
    /// The package of a Rust file.
    pub fn rust_package(&self, file: FileId) -> Option<usize> {
        self.cargo().package_of(file)
    }
    /// The features of a file's package that are on by default.
    pub fn rust_default_features(&self, file: FileId) -> Vec<SmolStr> {
        self.cargo().package_of(file).map(|package| self.cargo().default_features(package)).unwrap_or_default()
    }
    /// Crate roots.
    pub fn rust_roots(&self) -> FxHashSet<FileId> {
        self.cargo().crate_roots().iter().map(|r| r.0).collect()
    }
    fn py(&self) -> &'a PythonResolver {
        &self.demand.python
    }
    fn cargo(&self) -> &'a CargoResolver {
        &self.demand.cargo
    }
}
