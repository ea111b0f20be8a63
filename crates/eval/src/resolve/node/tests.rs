#![allow(clippy::unwrap_used)]
use super::*;
use crate::resolve::testing::{files, paths};

fn ask(files: &Files, from: &str, spec: &str) -> String {
    show(files, &NodeResolver::new(files).resolve(files.find(from).unwrap(), spec, false))
}

fn show(files: &Files, target: &Target) -> String {
    match target {
        Target::File(file) => files.get(*file).path.to_string(),
        Target::Folder(path) => format!("folder:{path}"),
        Target::External(name) => format!("ext:{name}"),
        Target::Missing => "missing".to_owned(),
    }
}

#[test]
fn relative_specifiers() {
    let tree = paths(&["a/x.ts", "a/y/index.js", "a/z.tsx", "a/d.json", "a/both.ts", "a/both.js", "a/old.js", "a/y.js"]);
    assert_eq!(ask(&tree, "a/old.js", "./x"), "a/x.ts");
    assert_eq!(ask(&tree, "a/x.ts", "./z.js"), "a/z.tsx");
    assert_eq!(ask(&tree, "a/x.ts", "./d.json"), "a/d.json");
    assert_eq!(ask(&tree, "a/x.ts", "./y"), "a/y.js");
    assert_eq!(ask(&tree, "a/x.ts", "./y/"), "a/y/index.js");
    assert_eq!(ask(&tree, "a/y/index.js", ".."), "missing");
    assert_eq!(ask(&tree, "a/y/index.js", "../both"), "a/both.js");
    assert_eq!(ask(&tree, "a/x.ts", "./both"), "a/both.ts");
    assert_eq!(ask(&tree, "a/x.ts", "./both.js"), "a/both.ts");
    assert_eq!(ask(&tree, "a/x.ts", "../../../q"), "missing");
    assert_eq!(ask(&tree, "a/x.ts", "./d.json?raw"), "a/d.json");
}

#[test]
fn outside_packages_and_builtins() {
    let tree = paths(&["a.ts"]);
    for (spec, name) in [
        ("node:path", "path"),
        ("fs/promises", "fs/promises"),
        ("@out/common", "@out/common"),
        ("courier/lib/router", "courier/lib/router"),
        ("npm:torch@4.1/jwt", "torch/jwt"),
        ("jsr:@torch/torch@^4", "@torch/torch"),
    ] {
        assert_eq!(ask(&tree, "a.ts", spec), format!("ext:{name}"));
    }
    assert_eq!(ask(&tree, "a.ts", ""), "missing");
}

#[test]
fn tsconfig_paths_extends_and_references() {
    let tree = files(&[
        (
            "tsconfig.base.json",
            "{ // c\n\"compilerOptions\": {\"paths\": {\"@acme/api/*\": [\"./apps/api/src/*\"], \"@one\": [\"libs/one/src/index.ts\"],}}, }",
        ),
        ("apps/api/tsconfig.json", "{\"extends\": \"../../tsconfig.base.json\", \"references\": [{\"path\": \"./tsconfig.app.json\"}]}"),
        ("apps/api/tsconfig.app.json", "{\"compilerOptions\": {\"baseUrl\": \"src\", \"paths\": {\"~/*\": [\"./*\"]}}}"),
        ("apps/api/src/main.ts", ""),
        ("apps/api/src/a/b.ts", ""),
        ("libs/one/src/index.ts", ""),
    ]);
    assert_eq!(ask(&tree, "apps/api/src/main.ts", "@acme/api/a/b"), "apps/api/src/a/b.ts");
    assert_eq!(ask(&tree, "libs/one/src/index.ts", "@acme/api/a/b"), "apps/api/src/a/b.ts");
    assert_eq!(ask(&tree, "apps/api/src/main.ts", "@one"), "libs/one/src/index.ts");
    assert_eq!(ask(&tree, "apps/api/src/main.ts", "a/b"), "apps/api/src/a/b.ts");
    assert_eq!(ask(&tree, "apps/api/src/main.ts", "~/a/b"), "apps/api/src/a/b.ts");
    assert_eq!(ask(&tree, "apps/api/src/main.ts", "@acme/api/gone"), "missing");
    assert_eq!(ask(&tree, "apps/api/src/main.ts", "@acme/other"), "ext:@acme/other");
}

#[test]
fn configurations_that_extend_each_other_end() {
    let tree = files(&[
        ("tsconfig.json", "{\"extends\": \"./tsconfig.b.json\"}"),
        ("tsconfig.b.json", "{\"extends\": \"./tsconfig.json\"}"),
        ("a.ts", ""),
    ]);
    assert_eq!(ask(&tree, "a.ts", "x"), "ext:x");
}

#[test]
fn workspace_packages_exports_and_sources() {
    let tree = files(&[
        ("package.json", "{\"workspaces\": [\"packages/*\"]}"),
        (
            "packages/a/package.json",
            "{\"name\": \"@w/a\", \"exports\": {\".\": {\"types\": \"./dist/index.d.ts\", \"require\": \"./dist/index.cjs\", \"import\": \"./dist/index.js\"}, \"./sub/*\": \"./dist/sub/*.js\", \"./no\": null}}",
        ),
        ("packages/a/src/index.ts", ""),
        ("packages/a/src/sub/x.ts", ""),
        (
            "packages/b/package.json",
            "{\"name\": \"b\", \"main\": \"lib/main.js\", \"dependencies\": {\"@w/a\": \"workspace:*\", \"courier\": \"^4\"}, \"imports\": {\"#x/*\": {\"default\": \"./lib/*.js\"}, \"#e\": \"courier\"}}",
        ),
        ("packages/b/lib/main.js", ""),
        ("packages/c/package.json", "{\"name\": \"courier\", \"version\": \"0.0.1\", \"dependencies\": {\"courier\": \"4\"}}"),
        ("packages/c/index.js", ""),
    ]);
    let from = "packages/b/lib/main.js";
    assert_eq!(ask(&tree, from, "@w/a"), "packages/a/src/index.ts");
    assert_eq!(ask(&tree, from, "@w/a/sub/x"), "packages/a/src/sub/x.ts");
    assert_eq!(ask(&tree, from, "@w/a/sub/y"), "missing");
    assert_eq!(ask(&tree, from, "b"), "packages/b/lib/main.js");
    assert_eq!(ask(&tree, from, "#x/main"), "packages/b/lib/main.js");
    assert_eq!(ask(&tree, from, "#e"), "ext:courier");
    assert_eq!(ask(&tree, from, "courier"), "ext:courier");
    let resolver = NodeResolver::new(&tree);
    let package = resolver.package_of(tree.find(from).unwrap()).unwrap();
    assert_eq!(resolver.package_name(package), Some("b"));
    assert_eq!(resolver.dependencies(package), ["@w/a", "courier"]);
    assert_eq!(resolver.entry_points(package), [tree.find(from).unwrap()]);
}

#[test]
fn build_output_stands_for_its_source() {
    let tree = files(&[
        ("package.json", "{\"name\": \"app\", \"scripts\": {\"start\": \"node dist/server.js\"}}"),
        ("tsconfig.json", "{\"compilerOptions\": {\"outDir\": \"./out\", \"rootDir\": \"./code\"}}"),
        ("code/app.ts", ""),
        ("src/server.ts", ""),
        ("bin/www.js", ""),
    ]);
    assert_eq!(ask(&tree, "bin/www.js", "../out/app"), "code/app.ts");
    assert_eq!(ask(&tree, "bin/www.js", "../dist/server.js"), "src/server.ts");
    let resolver = NodeResolver::new(&tree);
    assert_eq!(resolver.entry_points(tree.find("package.json").unwrap()), [tree.find("src/server.ts").unwrap()]);
}

#[test]
fn a_scope_folder_as_the_scan_root() {
    let tree = files(&[
        ("runtime/package.json", "{\"name\": \"@s/runtime\", \"main\": \"./lib/index.js\", \"version\": \"1.2.3\"}"),
        ("runtime/lib/index.js", ""),
        ("runtime/lib/api.js", ""),
        ("editor/package.json", "{\"name\": \"@s/editor\", \"dependencies\": {\"@s/runtime\": \"1.2.3\"}}"),
        ("editor/a.js", ""),
    ]);
    assert_eq!(ask(&tree, "editor/a.js", "@s/runtime"), "runtime/lib/index.js");
    assert_eq!(ask(&tree, "editor/a.js", "@s/runtime/lib/api"), "runtime/lib/api.js");
    assert_eq!(ask(&tree, "editor/a.js", "@s/util"), "ext:@s/util");
}

#[test]
fn aliases_of_bundlers_and_of_deno() {
    let tree = files(&[
        ("package.json", "{\"name\": \"x\", \"_moduleAliases\": {\"@root\": \".\"}}"),
        ("src/a.ts", ""),
        ("src/b/c.ts", ""),
        ("deno.json", "{\"imports\": {\"torch\": \"jsr:@torch/torch@^4\", \"$lib/\": \"./src/b/\"}}"),
    ]);
    assert_eq!(ask(&tree, "src/a.ts", "@/b/c"), "src/b/c.ts");
    assert_eq!(ask(&tree, "src/a.ts", "src/b/c"), "src/b/c.ts");
    assert_eq!(ask(&tree, "src/a.ts", "@root/src/b/c"), "src/b/c.ts");
    assert_eq!(ask(&tree, "src/a.ts", "torch"), "ext:@torch/torch");
    assert_eq!(ask(&tree, "src/a.ts", "$lib/c.ts"), "src/b/c.ts");
    assert_eq!(ask(&tree, "src/a.ts", "@/gone"), "missing");
}

#[test]
fn installed_packages_are_found_upwards_only() {
    let tree = files(&[
        ("a/node_modules/q/package.json", "{\"name\": \"q\", \"main\": \"m\"}"),
        ("a/node_modules/q/m.js", ""),
        ("a/src/x.js", ""),
        ("b/y.js", ""),
    ]);
    assert_eq!(ask(&tree, "a/src/x.js", "q"), "a/node_modules/q/m.js");
    assert_eq!(ask(&tree, "b/y.js", "q"), "ext:q");
}
