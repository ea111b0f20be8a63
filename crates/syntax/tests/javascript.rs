//! What JavaScript, TypeScript and TSX are lowered to.
#![allow(clippy::unwrap_used)]

use apicensus_syntax::lower::STACK;
use apicensus_syntax::{Expr, Lang, Module, lower, render};

fn on_big_stack<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::Builder::new().stack_size(STACK).spawn(run).unwrap().join().unwrap()
}

fn module(lang: Lang, source: &str) -> Module {
    let source = source.to_owned();
    on_big_stack(move || lower(lang, &source))
}

#[track_caller]
fn check(lang: Lang, source: &str, expected: &str) {
    let found = render(&module(lang, source));
    let lines = |text: &str| text.trim_matches('\n').to_owned();
    assert_eq!(lines(&found), lines(expected), "\n--- found\n{found}");
}

#[track_caller]
fn js(source: &str, expected: &str) {
    check(Lang::JavaScript, source, expected);
}

#[track_caller]
fn ts(source: &str, expected: &str) {
    check(Lang::TypeScript, source, expected);
}

#[test]
fn imports() {
    let source = "import d, { a, b as c, default as e } from './x'; import * as n from \"y\"; import 'z'; import { type T } from 't';";
    ts(
        source,
        r#"
import "./x" names default as d, a, b as c, default as e
import "y" as n
import "z"
import "t" names T
"#,
    );
    ts(
        "import type { A } from 'a'; import x = require('y'); import q = a.b.c;",
        "import type \"a\" names A\ndeclare x = call(name require, \"y\")\ndeclare q = attr(attr(name a, b), c)\n",
    );
}

#[test]
fn exports() {
    js(
        r#"
export const a = 1, { b, c: [d] } = e;
export function f() {}
export default class K {}
export { a as z, b, c as default };
export { default, x as y } from './x';
export * from 'all';
export * as ns from 'ns';
export async function* g() { yield 1 }
"#,
        r#"
declare a = 1
declare {b: b, c: [d]} = name e
export names a, b, d
function f()
export names f
class K
export default name K
export names a as z, b, c as default
export from "./x" names default, x as y
export star "all"
export star "ns" as ns
async generator function g()
  yield(1)
export names g
"#,
    );
    js("export default function () { return 1 }", "export default function() { return 1 }");
    js("export default function main() {}", "function main()\nexport default name main");
    js("export default async (x) => x;", "export default async lambda(x) { return name x }");
    js(
        "module.exports = { a }; exports.b = exports.c = f;",
        "bind place(attr(name module, exports)) = dict{\"a\": name a}\nbind place(attr(name exports, b)) = assign(place(attr(name exports, c)) = name f)",
    );
    ts("export = x;", "export = name x");
    ts(
        "export type { A } from 'a'; export import q = a.b; export as namespace w;",
        "export from \"a\" names A\ndeclare q = attr(name a, b)\nexport names q",
    );
    ts(
        "export enum E { A } export namespace N { export const x = 1 }",
        "enum E\n  field A = 0\nexport names E\nnamespace N\n  declare x = 1\n  export names x\nexport names N",
    );
}

#[test]
fn patterns() {
    js(
        "var { a, b: { c = 1 }, 'd-e': f, [g]: h, ...o } = p; let [i, , j = 2, ...k] = q, l; [x, y.z] = [y.z, x];",
        r#"
var {a: a, b: {c: c = 1}, d-e: f, [g]: h, ...: ...o} = name p
declare [i, _, j = 2, ...k] = name q
declare l
bind [x, place(attr(name y, z))] = list[attr(name y, z), name x]
"#,
    );
}

#[test]
fn functions() {
    js(
        "async function f(a, b = 1, { c } = {}, ...d) { return await a } const g = x => ({ x }); const h = function* named() { yield* g };",
        r#"
async function f(a, b = 1, {c: c} = dict{}, *d)
  return await(name a)
declare g = lambda g(x) { return dict{"x": name x} }
declare h = generator function named() { yield(name g) }
"#,
    );
    ts(
        "function f(this: App, a?: number, @Q('x') b: Array<string> = []): Promise<void>;\nfunction f(a) {}",
        "abstract function f(a?: name number, @call(name Q, \"x\") b: index(name Array, name string) = list[]) -> index(name Promise, name void)\nfunction f(a)",
    );
}

#[test]
fn classes() {
    js(
        r#"
class A extends mixin(B) {
  #secret = 1;
  static count = 0;
  static { register(this) }
  handler = async () => {};
  constructor() { super() }
  get name() { return this.#secret }
  set name(v) {}
  static async make() {}
  *'quoted name'() {}
  ['literal']() {}
  [computed]() {}
  #hidden() {}
}
"#,
        r##"
class A(call(name mixin, name B))
  field #secret = 1
  field handler = async lambda handler() {}
  declare count = 0
  block
    call(name register, this)
  method() {}
  member constructor constructor()
    call(super)
  member getter name()
    return attr(this, #secret)
  member setter name(v)
  member static async method make()
  member generator method quoted name()
  member method literal()
  member method #hidden()
"##,
    );
}

#[test]
fn decorated_classes() {
    let source = r#"
@Controller('cats')
export abstract class Cats extends Base<Cat, string> implements I {
  @Column() readonly name?: string;
  declare x: number;
  constructor(private readonly service: Service, @Inject(T) other: O) { super() }
  @Get(':id')
  @Guard(A, B)
  one(@Param('id') id: string): Promise<Cat[]> { return this.service.one(id) }
  abstract two(): void;
  three(a: string): void;
  three(a: any) {}
}
"#;
    let expected = r#"
@call(name Controller, "cats")
abstract class Cats(index(name Base, tuple[name Cat, name string]))
  @call(name Column)
  field name?: name string
  field x: name number
  member constructor constructor(field service: name Service, @call(name Inject, name T) other: name O)
    call(super)
  @call(name Get, ":id")
  @call(name Guard, name A, name B)
  member method one(@call(name Param, "id") id: name string) -> index(name Promise, index(name Array, name Cat))
    return call(attr(attr(this, service), one), name id)
  member abstract method two() -> name void
  member abstract method three(a: name string) -> name void
  member method three(a: name any)
export names Cats
"#;
    ts(source, expected);
    js(
        "@Controller('x')\nclass A {\n  @Get()\n  @Use(b) list() {}\n  @Field x = 1;\n}",
        "@call(name Controller, \"x\")\nclass A\n  @name Field\n  field x = 1\n  @call(name Get)\n  @call(name Use, name b)\n  member method list()",
    );
}

#[test]
fn types() {
    ts(
        r#"
interface A<T> extends B, C<T> { a?: string; readonly b: A['x'][]; c(x: number): void; [k: string]: any }
type U = 'a' | -1 | null | { k: boolean };
type O = { k: x.Y; m(): void } & Z;
type T = [string, n?: number, ...rest: any[]];
type F = (a: string) => void;
type Q = typeof app.routes;
enum E { A, B = 5, C, D = 'd', F }
const enum G { X = -1, Y }
"#,
        r#"
interface A(name B, index(name C, name T))
  field a?: name string
  field b: index(name Array, index(name A, "x"))
  member abstract method c(x: name number) -> name void
alias U(((("a" | minus(1)) | null) | dict{"k": name boolean}))
alias O((dict{"k": attr(name x, Y)} & name Z))
alias T(tuple[name string, name number, *index(name Array, name any)])
alias F(unknown(function_type))
alias Q(typeof(attr(name app, routes)))
enum E
  field A = 0
  field B = 5
  field C = 6
  field D = "d"
  field F
enum G
  field X = minus(1)
  field Y = 0
"#,
    );
    ts(
        "declare const a: X; declare function f(): void; declare module 'm' { interface I {} } declare global { interface W {} } namespace P.Q { f() }",
        "declare a: name X = unknown(ambient_declaration)\nabstract function f() -> name void\nnamespace 'm'\n  interface I\nblock\n  interface W\nnamespace P\n  namespace Q\n    call(name f)",
    );
    ts(
        "x = a as B; y = b!.c; z = <T>d; w = e satisfies F; v = f<string>(g);",
        "bind x = cast(name a)\nbind y = attr(cast(name b), c)\nbind z = cast(name d)\nbind w = cast(name e)\nbind v = call<name string>(name f, name g)",
    );
}

#[test]
fn control_flow() {
    js(
        r#"
outer: for (const [k, v] of m) { if (k) continue outer; else if (v) break; else throw k }
for (p in o) q;
for (let i = 0, j = 9; i < j; i++, j--) {}
for (;;) {}
while (a) b();
do { c() } while (d);
switch (e) { case 1: case 'x': f(); break; default: g() }
try { h() } catch ({ message }) { i(message) } finally { j() }
try {} catch {}
{ k() }
"#,
        r#"
for [k, v] in name m
  if name k
    continue
  else if name v
    break
  else
    throw name k
for keys p in name o
  name q
init
  declare i = 0
  declare j = 9
while (name i < name j)
step
  bind i += 1
  bind j -= 1
while
while name a
  call(name b)
while
  call(name c)
  if name d
  else
    break
switch falling name e
  case value(1)
  case value("x")
    call(name f)
    break
  default
    call(name g)
try
  call(name h)
except
  declare {message: message} = unknown(catch_clause)
  call(name i, name message)
finally
  call(name j)
try
except
block
  call(name k)
"#,
    );
}

#[test]
fn expressions() {
    js(
        r#"
a?.b?.[c]?.(d, ...e);
new Foo; new a.Foo(1);
f = { m() {}, get g() { return 1 }, set g(v) {}, async *h() {}, [i]: 1, 'j': 2, 3: 4, k, ...l, undefined };
n = [1, , 2, ...o,];
p ||= 1; q ??= 2; r &&= 3; s += 4; t--;
u = (0, v.w)(1);
x = (y(), z);
a = b ? c && d : e ?? f || g;
typeof h; void 0; delete i.j; k in l; m instanceof n;
const o = import('./p'), q1 = import.meta.url;
r = class Named extends S {};
tag`a${t}`;
void f();
undefined;
"#,
        r#"
call(index(attr(name a, b), name c), name d, *name e)
new(name Foo)
new(attr(name a, Foo), 1)
bind f = dict{"m": method m() {}, get g: getter g() { return 1 }, "h": async generator method h() {}, name i: 1, "j": 2, "3": 4, "k": name k, **name l, "undefined": null}
bind n = list[1, null, 2, *name o]
bind p or= 1
bind q ??= 2
bind r and= 3
bind s += 4
bind t -= 1
bind u = call(attr(name v, w), 1)
bind x = block {
  call(name y)
  value name z
}
bind a = cond(name b, (name c and name d), (name e ?? (name f or name g)))
typeof(name h)
0
unary(attr(name i, j))
(name k in name l)
(name m instanceof name n)
declare o = import("./p")
declare q1 = attr(attr(name import, meta), url)
bind r = class Named(name S) {
}
call(name tag, str("a", name t))
call(name f)
null
"#,
    );
}

#[test]
fn literals() {
    js(
        r#"x = ['a\n\'\x41\u{1F600}\uD83D\uDE00\
b', "", `t\`${1}\u0042`, ``, 0x1F, 1_000, 0b11, 0o17, 10n, .5, 1e3, /a\/b[/]/gi]"#,
        r#"bind x = list["a\n'A😀😀b", "", str("t`", 1, "B"), "", 31, 1000, 3, 15, 10, 0.5, 1000, regex("a\\/b[/]")]"#,
    );
}

#[test]
fn jsx() {
    check(
        Lang::Tsx,
        "const a = <Route path=\"/x\" exact render={() => <p>hi</p>} {...rest}>text {b} {/* c */}<A.B /></Route>;",
        r#"declare a = call(name Route, dict{"path": "/x", "exact": true, "render": lambda() { return call("p", dict{}, "hi") }, **name rest}, "text", name b, call(attr(name A, B), dict{}))"#,
    );
}

#[test]
fn docs() {
    let source = r#"
/** About the file. */

import x from 'x';
/**
 * Does f.
 * @deprecated use g
 */
export async function f() {}
/** The arrow. */
const g = async () => {};
/** Far off. */

function far() {}
/** A class. */
@Dec()
export class A {
  /** A method. */
  @Get()
  m() {}
}
/** Old. */
router.get('/old', (req, res) => {});
"#;
    let module = module(Lang::TypeScript, source);
    assert_eq!(module.doc.as_deref(), Some("About the file."));
    let docs: Vec<_> = module.functions.iter().map(|f| f.doc.as_deref()).collect();
    assert_eq!(docs, [Some("Does f.\n@deprecated use g"), Some("The arrow."), None, Some("A method."), Some("Old.")]);
    assert_eq!(module.classes[0].doc.as_deref(), Some("A class."));
    let only = self::module(Lang::JavaScript, "/** Of f. */\nfunction f() {}");
    assert_eq!((only.doc, only.functions[0].doc.as_deref()), (None, Some("Of f.")));
}

#[test]
fn lines() {
    let source = "\n@Dec()\nclass A {\n  @Get()\n  @Post()\n  m() {}\n}\nf(\n  async (a) => {\n  });\n";
    for lang in [Lang::JavaScript, Lang::TypeScript] {
        let module = module(lang, source);
        assert_eq!(module.classes[0].span.line, 3);
        let lines: Vec<_> = module.functions.iter().map(|f| (f.span.line, f.span.end_line)).collect();
        assert_eq!(lines, [(6, 6), (9, 10)]);
    }
}

#[test]
fn flow_is_read_with_the_other_grammar() {
    js(
        "// @flow\nimport type { A } from 'a';\nconst f = (x: ?string, y: Array<number> = []): Promise<void> => { g((x: any)); };",
        "import type \"a\" names A\ndeclare f = lambda f(x: (name string | null), y: index(name Array, name number) = list[]) -> index(name Promise, name void) { call(name g, cast(name x)) }",
    );
}

#[test]
fn broken_code_keeps_what_can_be_read() {
    let found = render(&module(Lang::JavaScript, "app.get('/a', f);\nconst = ;\napp.get('/b', g) }\nfunction h() { app.get('/c', i)"));
    for path in ["\"/a\"", "\"/b\"", "\"/c\""] {
        assert!(found.contains(path), "{path} is not in\n{found}");
    }
    assert!(found.starts_with("trouble "), "{found}");
}

#[test]
fn noise_neither_crashes_nor_hangs() {
    on_big_stack(|| {
        let words = [
            "(",
            ")",
            "{",
            "}",
            "[",
            "]",
            "<",
            ">",
            "=>",
            "class ",
            "function ",
            "`${",
            "`",
            "'",
            "/",
            "/*",
            "export ",
            "import ",
            "a",
            "1",
            ";",
            ",",
            ":",
            "?",
            "@",
            "#",
            ".",
            "...",
            "=",
            "async ",
            "\n",
            "\u{e9}",
            "switch",
            "case",
            "enum ",
        ];
        let mut state = 7_u64;
        for round in 0..150 {
            let mut text = String::new();
            for _ in 0..200 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let pick = (state >> 33) as usize;
                if round % 3 == 0 { text.push(char::from((pick % 256) as u8)) } else { text.push_str(words[pick % words.len()]) }
            }
            for lang in [Lang::JavaScript, Lang::TypeScript, Lang::Tsx] {
                render(&lower(lang, &text));
            }
        }
    });
}

#[test]
fn deep_code_is_cut() {
    on_big_stack(|| {
        let many = 100_000;
        let sources = [
            "[".repeat(many),
            format!("{}{}", "[".repeat(many), "]".repeat(many)),
            format!("{}1{}", "(".repeat(many), ")".repeat(many)),
            "{".repeat(many),
            format!("x{}", ".m()".repeat(10_000)),
            format!("x = 1{}", " + 1".repeat(10_000)),
            format!("x = {}1", "!".repeat(10_000)),
            "if (a) b; else ".repeat(5_000),
            "f(() => {".repeat(5_000),
            "<a>".repeat(3_000),
            format!("type A = {}", "X<".repeat(5_000)),
            format!("var {}", "[".repeat(5_000)),
        ];
        for source in &sources {
            for lang in [Lang::JavaScript, Lang::TypeScript, Lang::Tsx] {
                let module = lower(lang, source);
                assert!(!module.troubles.is_empty(), "{} in {lang:?}", &source[..source.len().min(20)]);
                render(&module);
            }
        }
        let chain = lower(Lang::JavaScript, &format!("x{}", ".m()".repeat(600)));
        assert!(chain.exprs.iter().any(|(expr, _)| matches!(expr, Expr::Name(name) if name == "x")));
    });
}
