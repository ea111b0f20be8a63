use super::*;

fn show(lang: Lang, text: &str) -> Vec<String> {
    let mut out = Vec::new();
    scan_imports(lang, text.as_bytes(), &mut out);
    let one = |s: &ImportSpec| {
        let mark = match s.kind {
            SpecKind::Module => "",
            SpecKind::Name => "?",
            SpecKind::Folder => "*",
            SpecKind::Mod => "mod ",
            SpecKind::ModPath => "path ",
        };
        format!("{mark}{}{}", ".".repeat(s.level as usize), s.module)
    };
    out.iter().map(one).collect()
}

#[test]
fn python_statements() {
    let all = |text: &str| show(Lang::Python, text);
    assert_eq!(all("import a.b, c as d  # x, y\n"), ["a.b", "c"]);
    assert_eq!(all("from .x import (a as b, # c\n  d,\n)\nfoo"), [".x", "?.x.a", "?.x.d"]);
    assert_eq!(all("from . import y"), [".", "?.y"]);
    assert_eq!(all("from .. \\\n import y, \\\r\n z\nq = 1"), ["..", "?..y", "?..z"]);
    assert_eq!(all("try: import x\nexcept E: from y import *\n"), ["x", "y"]);
    assert_eq!(all("a = 1; import x; b"), ["x"]);
    assert_eq!(all("  from\ta.b\timport\tc\n"), ["a.b", "?a.b.c"]);
    assert_eq!(all("from x import(a)"), ["x", "?x.a"]);
    assert_eq!(all("important = 1\nreimport x\n"), Vec::<String>::new());
    assert_eq!(all("import_module('.sub', p); __import__(\"m.n\")"), [".sub", "m.n"]);
    assert_eq!(all("for m in iter_modules(p): import_module(m.name)"), ["*."]);
    assert_eq!(all("import"), Vec::<String>::new());
    assert_eq!(all("from x import \\"), ["x"]);
}

#[test]
fn javascript_forms() {
    let all = |text: &str| show(Lang::JavaScript, text);
    assert_eq!(all("import a, {b} from './x';import'y'\nexport * from \"z\""), ["./x", "y", "z"]);
    assert_eq!(all("const a = require ( /* c */ 'm/n' ), b = await import(\n  `./l`)"), ["m/n", "./l"]);
    assert_eq!(all("import type { A } from 'a';\nimport fs = require('fs');"), ["a", "fs"]);
    assert_eq!(all("require(__dirname + '/a/b'); require(path.join(__dirname, '..', 'c'))"), ["./".to_owned() + "/a/b", "./../c".into()]);
    assert_eq!(all("require(`./routes/${name}.js`)"), ["*./routes"]);
    assert_eq!(all("fs.readdirSync(path.join(__dirname, 'models')).forEach(f => require(f))"), ["*./models", "*."]);
    assert_eq!(all("import.meta.glob(['./a/*.ts', \"./b/**/*.ts\"])"), ["*./a", "*./b"]);
    assert_eq!(all("Array.from(x); important('x'); required"), Vec::<String>::new());
    assert_eq!(all("from"), Vec::<String>::new());
    assert_eq!(all("require('"), Vec::<String>::new());
}

#[test]
fn rust_forms() {
    let all = |text: &str| show(Lang::Rust, text);
    assert_eq!(all("pub mod a;\nmod b { }\n#[path = \"x/y.rs\"]\npub mod c;"), ["mod a", "path c x/y.rs"]);
    assert_eq!(all("use crate::{a::b, c::{self, D as E}, f::*};"), ["?crate::a::b", "?crate::c::self", "?crate::c::D", "?crate::f"]);
    assert_eq!(all("use foo as bar; fn x() { super::y::z() }"), ["?super::y::z", "?foo"]);
    assert_eq!(all("use a::{"), Vec::<String>::new());
}
