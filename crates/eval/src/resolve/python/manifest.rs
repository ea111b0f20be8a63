//! What Python's manifests say about import roots and dependencies: pyproject.toml (setuptools, Poetry, Hatch, PDM,
//! uv, Maturin, pytest), setup.cfg and other ini files, requirements files. Anything unreadable says nothing.

use smol_str::SmolStr;
use std::fmt::Write;

/// The facts of one manifest; folders are relative to the manifest's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Folders to import from.
    pub roots: Vec<String>,
    /// (importable name, its folder) where they differ.
    pub aliases: Vec<(SmolStr, String)>,
    /// Distributions it depends on, normalised by [`normal`].
    pub dependencies: Vec<SmolStr>,
}

/// A distribution's or module's name for comparing: lower case, `_` for runs of `-`, `_`, `.`.
pub fn normal(name: &str) -> SmolStr {
    let mut out = String::with_capacity(name.len());
    for ch in name.chars() {
        if matches!(ch, '-' | '_' | '.') {
            if !out.ends_with('_') {
                out.push('_');
            }
        } else {
            let _ = write!(out, "{}", ch.to_lowercase());
        }
    }
    out.into()
}

/// The name of a requirement line: `Quokka[async]>=2 ; python_version > "3"` is `quokka`.
fn requirement(line: &str) -> Option<SmolStr> {
    let line = line.trim();
    let end = line.find(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))).unwrap_or(line.len());
    let usable = line.starts_with(|c: char| c.is_alphanumeric()) && !line[end..].starts_with(['/', ':', '\\']);
    usable.then(|| normal(&line[..end]))
}

/// The name of the distribution that a manifest declares; `file` is the manifest's name.
pub fn name(file: &str, text: &str) -> Option<SmolStr> {
    let name = match file {
        "pyproject.toml" => {
            let table: toml::Table = toml::from_str(text).ok()?;
            let of = |path: &[&str]| {
                let (first, rest) = path.split_first()?;
                rest.iter().try_fold(table.get(*first)?, |at, key| at.get(*key))?.as_str().map(str::to_owned)
            };
            of(&["project", "name"]).or_else(|| of(&["tool", "poetry", "name"]))?
        }
        "setup.cfg" => {
            let metadata = text.split("[metadata]").nth(1)?;
            let lines = metadata.lines().take_while(|line| !line.starts_with('['));
            lines.filter_map(|line| line.split_once('=')).find(|(key, _)| key.trim() == "name")?.1.trim().to_owned()
        }
        "setup.py" => regex::Regex::new(r#"\bname\s*=\s*["']([^"']+)["']"#).ok()?.captures(text)?.get(1)?.as_str().to_owned(),
        _ => return None,
    };
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    is_name.then(|| name.into())
}

/// Reads a requirements file.
pub fn requirements(text: &str) -> Facts {
    Facts { dependencies: text.lines().filter_map(requirement).collect(), ..Facts::default() }
}

/// Reads a pyproject.toml.
pub fn pyproject(text: &str) -> Facts {
    let mut facts = Facts::default();
    let Ok(table) = toml::from_str::<toml::Table>(text) else { return facts };
    let root = toml::Value::Table(table);
    let get = |path: &[&str]| path.iter().try_fold(&root, |at, key| at.get(*key));
    setuptools(get(&["tool", "setuptools"]), &mut facts);
    poetry(get(&["tool", "poetry"]), &mut facts);
    for target in ["wheel", "sdist"] {
        hatch(get(&["tool", "hatch", "build", "targets", target]), &mut facts);
    }
    hatch(get(&["tool", "hatch", "build"]), &mut facts);
    let lists: [&[&str]; 8] = [
        &["tool", "pdm", "build", "package-dir"],
        &["tool", "uv", "build-backend", "module-root"],
        &["tool", "maturin", "python-source"],
        &["tool", "pytest", "ini_options", "pythonpath"],
        &["tool", "pyright", "extraPaths"],
        &["tool", "basedpyright", "extraPaths"],
        &["tool", "mypy", "mypy_path"],
        &["tool", "ruff", "src"],
    ];
    for path in lists {
        facts.roots.extend(strings(get(path)).flat_map(split_paths));
    }
    facts.dependencies.extend(strings(get(&["project", "dependencies"])).filter_map(requirement));
    for group in [&["project", "optional-dependencies"][..], &["dependency-groups"]] {
        for (_, list) in get(group).and_then(|v| v.as_table()).into_iter().flatten() {
            facts.dependencies.extend(strings(Some(list)).filter_map(requirement));
        }
    }
    facts
}

/// A string, or the strings of a list.
fn strings(value: Option<&toml::Value>) -> impl Iterator<Item = &str> {
    let list = match value {
        Some(toml::Value::Array(list)) => list.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    list.iter().filter_map(|v| v.as_str())
}

fn split_paths(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split([',', ':', ' ', '\n']).filter(|p| !p.is_empty() && !p.starts_with('$')).map(str::to_owned)
}

fn setuptools(tool: Option<&toml::Value>, facts: &mut Facts) {
    let Some(tool) = tool else { return };
    for (name, folder) in tool.get("package-dir").and_then(|v| v.as_table()).into_iter().flatten() {
        if let Some(folder) = folder.as_str() {
            map_package(name, folder, facts);
        }
    }
    let find = tool.get("packages").and_then(|v| v.get("find"));
    facts.roots.extend(strings(find.and_then(|v| v.get("where"))).map(str::to_owned));
}

/// `"" = src` is a root, `pkg = lib/pkg` too, `pkg = lib` an alias.
fn map_package(name: &str, folder: &str, facts: &mut Facts) {
    let folder = folder.trim_matches('/');
    let place = name.replace('.', "/");
    if name.is_empty() {
        facts.roots.push(folder.to_owned());
    } else if let Some(above) = folder.strip_suffix(&place).filter(|above| above.is_empty() || above.ends_with('/')) {
        facts.roots.push(above.trim_end_matches('/').to_owned());
    } else if !name.contains('.') {
        facts.aliases.push((name.into(), folder.to_owned()));
    }
}

fn poetry(tool: Option<&toml::Value>, facts: &mut Facts) {
    let Some(tool) = tool else { return };
    for package in tool.get("packages").and_then(|v| v.as_array()).into_iter().flatten() {
        let from = package.get("from").and_then(|v| v.as_str()).unwrap_or("");
        facts.roots.push(from.to_owned());
    }
    let groups = tool.get("group").and_then(|v| v.as_table()).into_iter().flatten().map(|(_, group)| group);
    let tables = groups.filter_map(|g| g.get("dependencies")).chain(tool.get("dependencies"));
    for (name, _) in tables.filter_map(|v| v.as_table()).flatten() {
        facts.dependencies.push(normal(name));
    }
}

fn hatch(target: Option<&toml::Value>, facts: &mut Facts) {
    let Some(target) = target else { return };
    for package in strings(target.get("packages")) {
        facts.roots.push(crate::files::parent(package.trim_matches('/')).to_owned());
    }
    match target.get("sources") {
        Some(toml::Value::Table(map)) => {
            for (from, to) in map {
                match to.as_str().unwrap_or("") {
                    "" => facts.roots.push(from.clone()),
                    name => map_package(&name.replace('/', "."), from, facts),
                }
            }
        }
        list => facts.roots.extend(strings(list).map(str::to_owned)),
    }
}

/// Reads setup.cfg, pytest.ini and tox.ini.
pub fn ini(text: &str) -> Facts {
    let mut facts = Facts::default();
    let (mut section, mut key) = (String::new(), String::new());
    for line in text.lines() {
        let bare = line.trim();
        if bare.is_empty() || bare.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = bare.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            (section, key) = (name.trim().to_owned(), String::new());
        } else if line.starts_with([' ', '\t']) {
            ini_value(&section, &key, bare, &mut facts);
        } else if let Some((name, value)) = bare.split_once(['=', ':']) {
            key = name.trim().replace('-', "_");
            ini_value(&section, &key, value.trim(), &mut facts);
        }
    }
    facts
}

fn ini_value(section: &str, key: &str, value: &str, facts: &mut Facts) {
    match (section, key) {
        _ if value.is_empty() => {}
        ("options", "package_dir") => {
            if let Some((name, folder)) = value.split_once(['=', ':']) {
                map_package(name.trim(), folder.trim(), facts);
            }
        }
        ("options.packages.find", "where") | ("pytest" | "tool:pytest", "pythonpath" | "python_paths") => {
            facts.roots.extend(split_paths(value));
        }
        ("options", "install_requires") | ("options.extras_require", _) => facts.dependencies.extend(requirement(value)),
        _ => {}
    }
}

/// Reads what a setup.py says in plain literals, if its text is at hand.
pub fn setup_py(text: &str) -> Facts {
    let mut facts = Facts::default();
    let patterns =
        [r#"package_dir\s*=\s*\{\s*(?:""|'')\s*:\s*["']([^"']+)"#, r#"find_(?:namespace_)?packages\(\s*(?:where\s*=\s*)?["']([^"']+)"#];
    for pattern in patterns.iter().filter_map(|p| regex::Regex::new(p).ok()) {
        facts.roots.extend(pattern.captures_iter(text).map(|found| found[1].to_owned()));
    }
    let list = regex::Regex::new(r"install_requires\s*=\s*\[([^\[\]]*(?:\[[^\]]*\][^\[\]]*)*)\]").ok();
    if let Some(list) = list.and_then(|list| Some(list.captures(text)?.get(1)?.as_str())) {
        facts.dependencies.extend(list.split(['"', '\'']).skip(1).step_by(2).filter_map(requirement));
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pyproject_roots_of_the_build_tools() {
        let roots = |text: &str| pyproject(text).roots;
        assert_eq!(roots("[tool.setuptools]\npackage-dir = {\"\" = \"src\"}"), ["src"]);
        assert_eq!(roots("[tool.setuptools.packages.find]\nwhere = [\"lib\", \"ext\"]"), ["lib", "ext"]);
        assert_eq!(roots("[[tool.poetry.packages]]\ninclude = \"x\"\nfrom = \"python\""), ["python"]);
        assert_eq!(roots("[tool.hatch.build.targets.wheel]\npackages = [\"src/foo\"]"), ["src"]);
        assert_eq!(roots("[tool.pytest.ini_options]\npythonpath = \". src\""), [".", "src"]);
        assert!(roots("not toml [").is_empty());
        let facts = pyproject("[tool.setuptools.package-dir]\nfoo = \"src\"\nbar = \"lib/bar\"");
        assert_eq!((facts.aliases, facts.roots), (vec![("foo".into(), "src".to_owned())], vec!["lib".to_owned()]));
    }

    #[test]
    fn dependencies_of_all_kinds() {
        let facts = pyproject("[project]\ndependencies = [\"Quokka-Login[x]>=2\"]\n[tool.poetry.dependencies]\nhttpx = \"*\"");
        assert_eq!(facts.dependencies, ["httpx", "quokka_login"]);
        assert_eq!(requirements("# no\n-r a.txt\nboto3==1 # x\n./local\nhttps://x\n").dependencies, ["boto3"]);
        let facts = ini("[options]\npackage_dir =\n    =src\ninstall_requires =\n    a.b>1\n[options.packages.find]\nwhere = lib");
        assert_eq!((facts.roots, facts.dependencies), (vec!["src".to_owned(), "lib".to_owned()], vec!["a_b".into()]));
    }
}
