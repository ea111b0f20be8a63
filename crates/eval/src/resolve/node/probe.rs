//! From a path without certainty (no extension, a folder, build output) to a file of the tree.

use super::NodeResolver;
use crate::files::{FileId, join, parent};
use crate::resolve::is_under;

const TYPED: &[&str] = &["ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs", "json", "vue", "svelte", "d.ts", "d.mts", "d.cts"];
const PLAIN: &[&str] = &["js", "jsx", "mjs", "cjs", "json", "ts", "tsx", "mts", "cts", "vue", "svelte", "node", "d.ts"];
/// Folders that hold build output, and folders inside of them that name a module format.
const BUILDS: &[&str] =
    &["dist", "build", "lib", "out", "output", "es", "esm", "cjs", "commonjs", "compiled", "built", "types", "umd", ".build", "target"];

impl NodeResolver {
    /// The file that an import path means: itself, with an extension, a folder's main file, or its source.
    pub(super) fn locate(&self, path: &str, written: &str, typed: bool) -> Option<FileId> {
        let folder_only = written.ends_with('/') || matches!(written, "." | "..") || written.ends_with("/..") || written.ends_with("/.");
        let found = if folder_only { self.probe_folder(path, typed, 0) } else { self.probe(path, typed) };
        found.or_else(|| self.source_of(path))
    }

    /// A file or a folder's main file.
    pub(super) fn probe(&self, path: &str, typed: bool) -> Option<FileId> {
        self.probe_file(path, typed).or_else(|| self.probe_folder(path, typed, 0))
    }

    /// A file, with an extension if need be; `x.js` may mean `x.ts`.
    pub(super) fn probe_file(&self, path: &str, typed: bool) -> Option<FileId> {
        let exact = self.files.find(path);
        let twin = if typed || exact.is_none() { self.source_twin(path) } else { None };
        if twin.is_some() {
            return twin;
        }
        if exact.is_some() || path.is_empty() {
            return exact;
        }
        let order = if typed { TYPED } else { PLAIN };
        order.iter().find_map(|extension| self.files.find(&format!("{path}.{extension}")))
    }

    /// The TypeScript file beside which the compiler would put this file.
    fn source_twin(&self, path: &str) -> Option<FileId> {
        let (stem, extension) = path.rsplit_once('.')?;
        let stem = stem.strip_suffix(".d").filter(|_| extension.ends_with("ts")).unwrap_or(stem);
        let twins: &[&str] = match extension {
            "js" => &["ts", "tsx", "mts"],
            "jsx" => &["tsx", "ts"],
            "mjs" => &["mts", "ts"],
            "cjs" => &["cts", "ts"],
            _ => return None,
        };
        twins.iter().find_map(|twin| self.files.find(&format!("{stem}.{twin}")))
    }

    /// A folder's main file: by its package.json, then `index`.
    fn probe_folder(&self, path: &str, typed: bool, depth: u32) -> Option<FileId> {
        if !self.files.is_folder(path) || depth > 4 {
            return None;
        }
        if let Some(package) = self.of_folder.get(path).map(|at| &self.packages[*at]) {
            let exports = package.exports(".", !typed);
            let mains = exports.iter().map(String::as_str).chain(package.mains(!typed));
            for main in mains.filter(|main| !main.ends_with(".d.ts")) {
                let Some(main) = join(path, main) else { continue };
                let file = self.probe_file(&main, typed);
                let file = file.or_else(|| if main == path { None } else { self.probe_folder(&main, typed, depth + 1) });
                if let Some(file) = file.or_else(|| self.source_of(&main)) {
                    return Some(file);
                }
            }
        }
        let index = if path.is_empty() { "index".to_owned() } else { format!("{path}/index") };
        self.probe_file(&index, typed)
    }

    /// The source file that a path of build output (`dist/x.js`) is made from.
    pub(super) fn source_of(&self, path: &str) -> Option<FileId> {
        let home = self.package_at(parent(path)).map_or("", |package| package.folder.as_str());
        let rest = path[home.len()..].trim_start_matches('/');
        let segments: Vec<&str> = rest.split('/').collect();
        for at in self.configs_of(home).iter() {
            let config = self.configs.get(*at);
            let Some(out) = config.out_dir.as_deref().filter(|out| !out.is_empty() && is_under(path, out)) else { continue };
            let tail = path[out.len()..].trim_start_matches('/');
            let roots =
                [config.root_dir.as_deref(), join(&config.folder, "src").as_deref().map(str::to_owned).as_deref(), Some(&config.folder)]
                    .map(|root| root.map(str::to_owned));
            for root in roots.into_iter().flatten().filter(|root| root != out) {
                if let Some(file) = join(&root, tail).and_then(|path| self.source_at(&path)) {
                    return Some(file);
                }
            }
        }
        let build = segments.iter().position(|part| BUILDS.contains(part) || part.starts_with("dist-")).filter(|at| *at < 3)?;
        let before = segments[..build].join("/");
        let mut after = &segments[build + 1..];
        loop {
            let tail = after.join("/");
            for source in ["src", "source", "lib", ""] {
                if segments[build] == source {
                    continue;
                }
                let place = join(home, &before).and_then(|p| join(&p, source)).and_then(|p| join(&p, &tail));
                if let Some(file) = place.and_then(|place| self.source_at(&place)) {
                    return Some(file);
                }
            }
            // `dist/esm/x.js`, `dist/src/x.js`
            match after.split_first() {
                Some((first, rest)) if !rest.is_empty() && (BUILDS.contains(first) || *first == "src") => after = rest,
                _ => return None,
            }
        }
    }

    /// A code file in place of a compiled one: `src/x.js` may be `src/x.ts`, `src/x.d.ts` is `src/x.ts`.
    fn source_at(&self, path: &str) -> Option<FileId> {
        let bare = path.strip_suffix(".d.ts").or_else(|| path.strip_suffix(".d.mts")).or_else(|| path.strip_suffix(".d.cts"));
        let path = bare.unwrap_or(path);
        let file = self.probe_file(path, true);
        let stem = || path.rsplit_once('.').map_or(path, |(stem, _)| stem);
        let file = file.or_else(|| self.probe_file(stem(), true)).or_else(|| {
            let index = join(path, "index")?;
            self.probe_file(&index, true)
        });
        file.filter(|id| self.files.get(*id).lang.is_some() && !self.files.get(*id).path.ends_with(".d.ts"))
    }
}
