//! Which packages manifests declare, and which they depend on, by the names that registries know them by.

use super::base_name;
use super::cargo::manifest::Manifest as Cargo;
use super::node::package::Package as Node;
use super::python::manifest as python;
use crate::files::FileId;
use smol_str::SmolStr;

/// Where a package is known by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ecosystem {
    /// Python distributions, by normalised name.
    Python,
    /// npm packages.
    Npm,
    /// Rust crates.
    Cargo,
}

impl Ecosystem {
    /// Its name in what is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Ecosystem::Python => "python",
            Ecosystem::Npm => "npm",
            Ecosystem::Cargo => "cargo",
        }
    }
}

/// What one manifest says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// What knows its names.
    pub ecosystem: Ecosystem,
    /// The package that its folder is.
    pub declares: Option<SmolStr>,
    /// The packages that it depends on, sorted.
    pub needs: Vec<SmolStr>,
}

/// Whether a file may be a manifest, by its path.
pub fn is_manifest(path: &str) -> bool {
    let name = base_name(path);
    matches!(name, "pyproject.toml" | "setup.cfg" | "setup.py" | "package.json" | "Cargo.toml") || is_requirements(path)
}

fn is_requirements(path: &str) -> bool {
    let name = base_name(path);
    let is_list = name.ends_with(".txt") || name.ends_with(".in");
    is_list && (name.starts_with("requirements") || path.split('/').rev().nth(1) == Some("requirements"))
}

/// Reads a manifest; None when it is none, or says nothing that can be read.
pub fn read(path: &str, text: &str) -> Option<Manifest> {
    let name = base_name(path);
    let (ecosystem, declares, mut needs) = match name {
        "package.json" => {
            let package = Node::new(FileId(0), "", text)?;
            (Ecosystem::Npm, package.name, package.dependency_names)
        }
        "Cargo.toml" => {
            let data = Cargo::new(text)?;
            let outside = data.dependencies.iter().chain(&data.shared).filter(|(_, dependency)| dependency.path.is_none());
            let needs = outside.map(|(key, dependency)| dependency.package.clone().unwrap_or_else(|| key.clone())).collect();
            (Ecosystem::Cargo, data.name, needs)
        }
        _ => {
            let facts = match name {
                "pyproject.toml" => python::pyproject(text),
                "setup.cfg" => python::ini(text),
                "setup.py" => python::setup_py(text),
                _ if is_requirements(path) => python::requirements(text),
                _ => return None,
            };
            (Ecosystem::Python, python::name(name, text).map(|name| python::normal(&name)), facts.dependencies)
        }
    };
    needs.sort();
    needs.dedup();
    (declares.is_some() || !needs.is_empty()).then_some(Manifest { ecosystem, declares, needs })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str, text: &str) -> (String, Vec<String>) {
        let Some(found) = read(path, text) else { return Default::default() };
        let declares = found.declares.map(|name| format!("{} {name}", found.ecosystem.as_str())).unwrap_or_default();
        (declares, found.needs.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn manifests_of_all_three_say_what_they_are_and_need() {
        let text = "[project]\nname = \"Acme.Admin\"\ndependencies = [\"flask>=2\", \"acme-core @ git+https://git.acme.test/core.git\"]";
        assert_eq!(of("pyproject.toml", text), ("python acme_admin".into(), vec!["acme_core".into(), "flask".into()]));
        let text = "from setuptools import setup\nsetup(\n  name='acme-admin',\n  install_requires=['flask[async]>=2', \"acme-core\"],\n)";
        assert_eq!(of("lib/setup.py", text), ("python acme_admin".into(), vec!["acme_core".into(), "flask".into()]));
        assert_eq!(of("setup.cfg", "[metadata]\nname = acme-admin\n[options]\ninstall_requires =\n  flask\n").1, ["flask"]);
        assert_eq!(of("requirements/base.txt", "acme-admin==1.2\n-r more.txt\n"), (String::new(), vec!["acme_admin".into()]));
        let text = r#"{"name": "@acme/shop", "dependencies": {"@acme/admin": "^1.0.0"}, "devDependencies": {"jest": "*"}}"#;
        assert_eq!(of("package.json", text), ("npm @acme/shop".into(), vec!["@acme/admin".into(), "jest".into()]));
        let text = "[package]\nname = \"shop\"\n[dependencies]\nadmin = { package = \"acme-admin\", git = \"https://git.acme.test/a\" }\nown = { path = \"own\" }\n\
            axum = \"0.8\"\n";
        assert_eq!(of("Cargo.toml", text), ("cargo shop".into(), vec!["acme-admin".into(), "axum".into()]));
        assert_eq!(of("pyproject.toml", "[tool.black]\nline-length = 100\n"), Default::default());
        assert_eq!(of("setup.py", "setup(name=NAME)"), Default::default());
        assert!(is_manifest("a/requirements-dev.txt") && is_manifest("requirements/x.in") && !is_manifest("notes.txt"));
    }
}
