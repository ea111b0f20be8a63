//! What Rust source lowers to, as rendered text; where it stands; and that bad source neither crashes nor hangs.
#![allow(clippy::unwrap_used)]

use apicensus_syntax::lower::{STACK, expand_macro};
use apicensus_syntax::{Expr, Lang, Module, Stmt, StrPart, SyntaxTroubleKind, lower, render};

fn on_big_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::Builder::new().stack_size(STACK).spawn(work).unwrap().join().unwrap()
}

fn module(source: &str) -> Module {
    let source = source.to_owned();
    on_big_stack(move || lower(Lang::Rust, &source))
}

#[track_caller]
fn check(source: &str, expected: &str) {
    assert_eq!(render(&module(source)), expected.trim_start_matches('\n'), "of {source}");
}

#[track_caller]
fn value(source: &str, expected: &str) {
    check(&format!("const X: T = {source};\n"), &format!("declare X: name T = {expected}\n"));
}

#[track_caller]
fn ty(source: &str, expected: &str) {
    check(&format!("type X = {source};\n"), &format!("alias X({expected})\n"));
}

/// The places of all plain texts: (text, what stands there, line).
fn texts<'s>(source: &'s str, module: &Module) -> Vec<(String, &'s str, u32)> {
    let plain = |expr: &Expr| match expr {
        Expr::Str(parts) => match parts.as_slice() {
            [StrPart::Text(text)] => Some(text.to_string()),
            _ => None,
        },
        _ => None,
    };
    let all = module.exprs.iter().filter_map(|(expr, span)| plain(expr).map(|text| (text, *span)));
    all.map(|(text, span)| (text, &source[span.start as usize..span.end as usize], span.line)).collect()
}

#[test]
fn uses() {
    check(
        "use a::b;\nuse a;\nuse a::b::{self, c as d, e::*, f::g};\npub use crate::x::{Y, Z};\nuse super::super::{x, r#type};\nuse ::core::fmt;\nuse {k, l::m};\nextern crate foo as bar;\n#[cfg(x)]\n#[path = \"o.rs\"]\npub mod child;\n",
        r#"
import "a" names b
import "" names a
import "a" names b
import "a::b" names c as d
import "a::b::e" star
import "a::b::f" names g
public import "crate::x" names Y, Z
import "super::super" names x, type
import "::core" names fmt
import "" names k
import "l" names m
import "" names foo as bar
@call(name cfg, name x) @call(name path, "o.rs") public import child "child" at "o.rs"
"#,
    );
}

#[test]
fn functions() {
    check(
        r#"
//! The module.
/// Says hi.
/// Twice.
#[get("/<id>?<q>", rank = 2)]
#[doc = " Thrice."]
#[deprecated]
pub async fn hello(id: Path<(u32, String)>, State(db): State<Arc<Db>>, _: &'static str) -> Result<Foo, Error> {
    fn nested() {}
    db.get(&id).await?
}
fn unit(cfg: &mut Config) {
    if a { b() } else { c() }
}
fn early() -> u8 { return 1; }
fn last() -> u8 { for x in y { z(); } if a { 1 } else { 2 } }
"#,
        r#"
doc "The module."
@call(name get, "/<id>?<q>", rank=2)
@name deprecated
async function hello(id: index(name Path, tuple[name u32, name String]), construct(name State, db): index(name State, index(name Arc, name Db)), _: name str) -> index(name Result, tuple[name Foo, name Error])
  doc "Says hi.\nTwice.\nThrice."
  function nested()
  return try(await(call(attr(name db, get), ref(name id))))
function unit(cfg: name Config)
  if name a
    call(name b)
  else
    call(name c)
function early() -> name u8
  return 1
function last() -> name u8
  for x in name y
    call(name z)
  return cond(name a, block { value 1 }, block { value 2 })
"#,
    );
}

#[test]
fn a_function_stands_at_its_fn_and_not_at_its_attributes() {
    let module = module("/// Doc.\n#[get(\"/\")]\npub fn a() {}\n#[x]\nstruct S;\n");
    assert_eq!(module.functions[0].span.line, 3);
    assert_eq!(module.classes[0].span.line, 5);
}

#[test]
fn attributes() {
    check(
        r#"
#[utoipa::path(get, path = "/x", responses((status = 200, body = Vec<Foo>)), type = crate::T)]
#[cfg(all(unix, not(feature = "y")))]
#[cfg_attr(test, derive(Debug, serde::Serialize))]
#[instrument(fields(user.id = %id), err)]
#[wrap(|a, b| a)]
#[list = ["a"]]
fn a(#[path] x: u8) {}
#[cfg(test)]
mod tests { #[tokio::test] async fn t() {} }
"#,
        r#"
@call(attr(name utoipa, path), name get, path="/x", call(name responses, tuple[assign(status = 200), assign(body = index(name Vec, name Foo))]), type=attr(name crate, T))
@call(name cfg, call(name all, name unix, call(name not, feature="y")))
@call(name cfg_attr, name test, call(name derive, name Debug, attr(name serde, Serialize)))
@call(name instrument, call(name fields, user.id=name id), name err)
@call(name wrap, lambda(a, b) { return name a })
@call(name list, list["a"])
function a(@name path x: name u8)
@call(name cfg, name test)
namespace tests
  @attr(name tokio, test)
  async function t()
"#,
    );
}

#[test]
fn classes() {
    check(
        r#"
#[derive(Debug, serde::Deserialize)]
pub struct Foo<T> where T: X {
    /// The id.
    #[serde(rename = "ID", default)]
    pub id: Option<u32>,
    f: Box<dyn Fn(u32) -> u32 + Send>,
}
struct Tup(#[serde(skip)] pub u32, String);
struct Unit;
enum E { A, #[serde(rename = "b")] B(u32, String), C { x: u8 }, D = 4 }
trait T: A + B<u8> + 'static { const N: u8 = 1; type O; fn a(&self) -> u8; fn b() { x() } }
#[OpenApi(prefix_path = "/v1")]
impl<T> Foo<T> for Bar<T> { const X: &'static str = "x"; type Error = E; pub async fn m(&mut self) -> u8 { self.x.y::<T>() } fn s() -> Self { Self { a, ..d } } }
static mut Y: u8 = 1;
const _: () = ();
"#,
        r#"
@call(name derive, name Debug, attr(name serde, Deserialize))
struct Foo
  @call(name serde, rename="ID", name default)
  field id: index(name Option, name u32)
    doc "The id."
  field f: index(name Box, name Fn)
struct Tup
  @call(name serde, name skip)
  field 0: name u32
  field 1: name String
struct Unit
enum E
  field A
  @call(name serde, rename="b")
  field B: tuple[name u32, name String]
  field C: dict{"x": name u8}
  field D = 4
interface T(name A, index(name B, name u8))
  declare N: name u8 = 1
  member abstract method a(self) -> name u8
  member static method b()
    return call(name x)
@call(name OpenApi, prefix_path="/v1")
extend index(name Bar, name T) with index(name Foo, name T)
  declare X: name str = "x"
  alias Error(name E)
  member async method m(self) -> name u8
    return call<name T>(attr(attr(name self, x), y))
  member static method s() -> name Self
    return dict<name Self>{"a": name a, **name d}
declare Y: name u8 = 1
declare _: null = null
"#,
    );
}

#[test]
fn types() {
    ty("web::Json<Vec<Foo>>", "index(attr(name web, Json), index(name Vec, name Foo))");
    ty("HashMap<String, &'a [u8]>", "index(name HashMap, tuple[name String, index(name Array, name u8)])");
    ty("impl Into<String> + Send", "index(name Into, name String)");
    ty("Box<dyn a::B>", "index(name Box, attr(name a, B))");
    ty("<T as X>::Y", "attr(name T, Y)");
    ty("fn(u8) -> u8", "unknown(function_type)");
    ty("[u8; 4]", "index(name Array, name u8)");
    ty("Cow<'static, str>", "index(name Cow, name str)");
    ty("Pin<Box<dyn Future<Output = u8>>>", "index(name Pin, index(name Box, index(name Future, name u8)))");
    ty("()", "null");
}

#[test]
fn literals() {
    value(r##"r#"a\n"b"#"##, r#""a\\n\"b""#);
    value("\"a\\n\\u{41}\\\n    b\"", r#""a\nAb""#);
    value("b'x'", r#""x""#);
    value("1_000u64", "1000");
    value("0xff", "255");
    value("-1.5f32", "minus(1.5)");
    value("true", "true");
}

#[test]
fn expressions() {
    value("a::b::C", "attr(attr(name a, b), C)");
    value("x.collect::<Vec<_>>()", "call<index(name Vec, name _)>(attr(name x, collect))");
    value("get(handler::<T>)", "call(name get, index(name handler, name T))");
    value("Vec::<u8>::new()", "call(attr(index(name Vec, name u8), new))");
    value("&mut *x.y as u8", "cast(ref(ref(attr(name x, y))))");
    value("a + b * c == d && !e", "(((name a + (name b * name c)) == name d) and not(name e))");
    value("s[1..]", "slice(name s, 1, _)");
    value("s[1]", "index(name s, 1)");
    value("a..b", "call(name .., name a, name b)");
    value("[x; 3]", "list[name x]");
    value("(1, 2)", "tuple[1, 2]");
    value("async move { 1 }", "block { value 1 }");
    value("|(a, _), b: u8| a", "lambda([a, _], b: name u8) { return name a }");
    value("async move |x| -> u8 { y(); x }", "async lambda(x) -> name u8 {\n  call(name y)\n  return name x\n}");
    value(
        "if a { 1 } else if let Some(b) = c && d { 2 } else { return 3 }",
        "cond(name a, block { value 1 }, cond((assign(construct(name Some, b) = name c) and name d), block { value 2 }, block { return 3 }))",
    );
}

#[test]
fn statements() {
    check(
        r#"
fn f() {
    let Some(x) = y else { return };
    let (a, mut b): (u8, u8);
    a = 1;
    a.b += 2;
    (a, _) = c;
    while let Some(x) = it.next() { if x { continue; } break; }
    loop { x(); }
    match y { 1 | 2 if z => foo(), Foo::A(x, ..) => { bar(x); } Foo { a, b: Some(c) } => (), 'a'..='z' => {}, None => a = 1, x @ 5 => {}, _ => return }
    let v = match y { "a" => 1, _ => { k(); return 2 } };
    unsafe { x() };
}
"#,
        r#"
function f()
  if assign(construct(name Some, x) = name y)
  else
    return
  declare [a, b]: tuple[name u8, name u8]
  bind a = 1
  bind place(attr(name a, b)) += 2
  bind [a, _] = name c
  while assign(construct(name Some, x) = call(attr(name it, next)))
    if name x
      continue
    break
  while
    call(name x)
  switch name y
    case value(1), value(2) if name z
      call(name foo)
    case construct(attr(name Foo, A), x, ..._)
      call(name bar, name x)
    case construct(name Foo, a: a, b: construct(name Some, c))
    case value(call(name .., "a", "z"))
    case value(name None)
      bind a = 1
    case value(5)
    default
      return
  declare v = match name y {
    case value("a")
      value 1
    default
      call(name k)
      return 2
  }
  block
    call(name x)
"#,
    );
}

#[test]
fn macro_calls() {
    value("rocket::routes![a, b::c]", "call(attr(name rocket, routes!), name a, attr(name b, c))");
    value("vec![1, 2]", "list[1, 2]");
    value("vec![x; 2]", "list[name x]");
    value(
        r#"format!("/{}/{x:?}/{0}{{}}{n}", a.b(), n = 2)"#,
        r#"str("/", call(attr(name a, b)), "/", name x, "/", call(attr(name a, b)), "{}", 2)"#,
    );
    value(r#"concat!("a", stringify!(b c))"#, r#"call(name concat!, "a", "b c")"#);
    value(
        r#"json!({ "a": 1, "b": [null, x.y()], k: {"z": "w"} })"#,
        r#"call(name json!, dict{"a": 1, "b": list[null, call(attr(name x, y))], name k: dict{"z": "w"}})"#,
    );
    value(r#"hashmap!{ "a" => 1, "b" => f(2) }"#, r#"call(name hashmap!, tuple["a", 1], tuple["b", call(name f, 2)])"#);
    value(r#"log!(target: T, a.b = %c, "x")"#, r#"call(name log!, target=name T, a.b=name c, "x")"#);
    value("m! { let a = 1; f(a) }", "call(name m!, block {\n  declare a = 1\n  value call(name f, name a)\n})");
    value("m!(a -> b, <>, ok)", "call(name m!, unknown(token_tree), unknown(token_tree), name ok)");
    value("m!()", "call(name m!)");
    check(
        "lazy_static! { static ref RE: Regex = new(); }\ncfg_if::cfg_if! { if #[cfg(unix)] { fn a() {} } else { fn b() {} } }\nrun!(a);\n",
        "declare RE: name Regex = call(name new)\n@call(name cfg, name unix)\ngiven\n  function a()\n@call(name cfg, call(name not, name unix))\ngiven\n  function b()\ncall(name run!, name a)\n",
    );
    check(
        "fn f() { matches!(x, A(_) | B if c) }",
        "function f()\n  return match name x {\n    case construct(name A, _), value(name B) if name c\n      value true\n    default\n      value false\n  }\n",
    );
}

#[test]
fn macro_rules() {
    check(
        r#"
macro_rules! table { ($(#[$a:meta] $m:ident $p:literal => $h:path),* $(,)?) => { $(#[$a])* pub fn table(r: Router) -> Router { r$(.route(concat!("/api", $p), $m::<u8>($h)))* } }; }
table! { #[x] get "/a" => handlers::a, #[doc = "hi"] post "/b" => b, }
"#,
        r#"
macro table "{ ($(#[$a:meta] $m:ident $p:literal => $h:path),* $(,)?) => { $(#[$a])* pub fn table(r: Router) -> Router { r$(.route(concat!(\"/api\", $p), $m::<u8>($h)))* } }; }"
@name x
function table(r: name Router) -> name Router
  doc "hi"
  return call(attr(call(attr(name r, route), call(name concat!, "/api", "/a"), call<name u8>(name get, attr(name handlers, a))), route), call(name concat!, "/api", "/b"), call<name u8>(name post, name b))
"#,
    );
}

#[test]
fn macros_expand_by_position() {
    check(
        r#"
macro_rules! add { ($a:expr, $b:expr) => {{ let x = $a; x.add($b * 2) }}; ($a:expr) => { add!($a, 1 + 1) }; (@no) => { }; }
fn f() {
    let z = add!(foo, |a, b| c);
    add!(@no);
    add!(foo)
}
macro_rules! list { [$($t:ty),+; $($($k:ident)/+),*] => { (vec![$(stringify!($t)),+], [$([$(stringify!($k)),*]),*]) }; }
const L: X = list![Vec<Vec<u8>>, &'a str; a/b, c];
macro_rules! methods { ($($v:vis $n:ident),*) => { $($v fn $n(&self) {})* }; }
impl A { methods!(pub a, b); fn c() {} }
"#
        .trim_start(),
        r#"
macro add "{ ($a:expr, $b:expr) => {{ let x = $a; x.add($b * 2) }}; ($a:expr) => { add!($a, 1 + 1) }; (@no) => { }; }"
function f()
  declare z = block {
    declare x = name foo
    value call(attr(name x, add), (lambda(a, b) { return name c } * 2))
  }
  block
    declare x = name foo
    call(attr(name x, add), ((1 + 1) * 2))
macro list "{ [$($t:ty),+; $($($k:ident)/+),*] => { (vec![$(stringify!($t)),+], [$([$(stringify!($k)),*]),*]) }; }"
declare L: name X = tuple[list["Vec<Vec<u8>>", "&'a str"], list[list["a", "b"], list["c"]]]
macro methods "{ ($($v:vis $n:ident),*) => { $($v fn $n(&self) {})* }; }"
extend name A
  member method a(self)
  member method b(self)
  member static method c()
"#,
    );
}

#[test]
fn texts_in_macros_keep_their_place() {
    let source = "macro_rules! r { ($($p:literal => $h:ident,)*) => { $(route(\"def\", $p, $h);)* } }\nfn f() {\n    r! {\n        \"/a\" => a,\n        \"/b\" => b,\n    }\n    log!(\"x\", vec![\"y\"], json!({\"k\": \"v\"}));\n}\n";
    let module = module(source);
    for (text, found, _) in texts(source, &module) {
        assert_eq!(found, format!("{text:?}"));
    }
    let lines: Vec<(String, u32)> = texts(source, &module).into_iter().map(|(text, _, line)| (text, line)).collect();
    for expected in [("/a", 4), ("/b", 5), ("def", 1), ("y", 7), ("v", 7)] {
        assert!(lines.contains(&(expected.0.to_owned(), expected.1)), "{expected:?} in {lines:?}");
    }
    let calls: Vec<u32> = module.stmts.iter().filter(|(stmt, _)| matches!(stmt, Stmt::Expr(_))).map(|(_, span)| span.line).collect();
    assert_eq!(calls, [4, 5, 7]);
}

#[test]
fn macros_of_other_files() {
    let rules = [("r", "{ ($p:literal) => { inner!($p) }; }"), ("inner", "{ ($p:expr) => { let x = 1 >= 2; app.route(\"/api\", $p) } }")];
    let expansion = expand_macro(&rules, "r!(\"/x\")", 100, 7).unwrap();
    assert_eq!(render(&expansion.module), "declare x = (1 >= 2)\n");
    let value = expansion.value.unwrap();
    assert_eq!(expansion.module.span(value).line, 7);
    let places: Vec<_> = expansion
        .module
        .exprs
        .iter()
        .filter(|(expr, _)| matches!(expr, Expr::Str(_)))
        .map(|(_, span)| (span.start, span.end, span.line))
        .collect();
    assert_eq!(places, [(100, 108, 7), (103, 107, 7)]);
    assert!(expand_macro(&rules, "r!(x y)", 0, 1).is_none());
    assert!(expand_macro(&rules, "other!(x)", 0, 1).is_none());
}

#[test]
fn macros_that_do_not_end_are_left() {
    let module = module(
        "macro_rules! a { () => { a!() }; (x) => { a!(x) a!(x) a!(x) a!(x) }; }\nfn f() { a!(); }\nfn g() { a!(x); }\nmacro_rules! b { ($($t:tt)*) => { b!($($t)* $($t)* $($t)*) } }\nb!(a b c);\n",
    );
    assert!(module.functions.len() == 2);
}

#[test]
fn errors_leave_the_rest() {
    let module = module("fn a() { x( }\nfn b() { y() }\nstruct S { a: u8,, }\nimpl S { fn c() {} } }\nfn d() {}\n");
    assert!(!module.troubles.is_empty());
    let names: Vec<_> = module.functions.iter().filter_map(|f| f.name.as_deref()).collect();
    assert!(names.contains(&"d"), "{names:?}");
}

#[test]
fn random_bytes() {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let words = [
        "fn ",
        "struct ",
        "m!",
        "}",
        "(",
        ")",
        "[",
        "]",
        "{",
        ":",
        "::",
        "\n",
        "'a",
        "\"",
        "r#\"",
        "\"#",
        "\\",
        "#[",
        "x",
        ".",
        "=",
        ",",
        "if ",
        "match ",
        "=>",
        "macro_rules! m ",
        "$",
        "$x:expr",
        "$(",
        ")*",
        "é",
        "\0",
        "|",
        "let ",
        "impl ",
        "<",
        ">",
        "format!(\"{\"",
        "json!({",
        "///",
        "/*",
        "*/",
        ";",
        "1e",
        "b'",
        "matches!(",
        "vec![",
    ];
    for round in 0..600 {
        let length = next() as usize % 200;
        let source = if round % 3 == 0 {
            let bytes: Vec<u8> = (0..length).map(|_| next() as u8).collect();
            String::from_utf8_lossy(&bytes).into_owned()
        } else {
            (0..length).map(|_| words[next() as usize % words.len()]).collect()
        };
        render(&module(&source));
        let wrapped = format!("macro_rules! m {{ ($($x:tt)*) => {{ {source} }}; }}\nfn f() {{ m!({source}) }}");
        render(&module(&wrapped));
        expand_macro(&[("m", &source)], "m!(a)", 0, 1);
    }
}

#[test]
fn deep_nesting_is_cut_off() {
    for (open, close) in [("[", "]"), ("(", ")"), ("{", "}"), ("f(", ")"), ("!", ""), ("|| ", ""), ("x[", "]"), ("if a {} else ", "")] {
        let source = format!("fn a() {{ let x = {}1{}; }}\nfn b() {{}}\n", open.repeat(100_000), close.repeat(100_000));
        let module = module(&source);
        assert!(!module.troubles.is_empty(), "{open}");
        render(&module);
    }
}

#[test]
fn deep_macros_are_cut_off() {
    for (open, close) in [
        ("m!(", ")"),
        ("m![a => ", "]"),
        ("json!({\"a\": ", "})"),
        ("json!([", "])"),
        ("(", ")"),
        ("matches!(", ", _)"),
        ("format!(\"{}\", ", ")"),
    ] {
        let source = format!(
            "fn a() {{ json!({}1{}); }}\n#[x({}1{})]\nfn b() {{}}\n",
            open.repeat(3_000),
            close.repeat(3_000),
            open.repeat(3_000),
            close.repeat(3_000)
        );
        render(&module(&source));
    }
    render(&module(&format!(
        "macro_rules! m {{ ({}) => {{ {} }} }}\nm!({});\n",
        "(".repeat(50_000) + &")".repeat(50_000),
        "$(".repeat(1_000),
        "[".repeat(50_000) + &"]".repeat(50_000)
    )));
}

#[test]
fn long_chains_are_read_as_far_as_the_cap() {
    for (first, link) in [("x", ".a()"), ("x", ".a"), ("x", " + 1"), ("x", "?"), ("x", "[0]"), ("x", "::y")] {
        let module = module(&format!("fn f() {{ let a = {first}{}; }}\nfn b() {{}}\n", link.repeat(5_000)));
        assert!(module.troubles.iter().any(|t| t.kind == SyntaxTroubleKind::TooDeep), "{link}");
        assert_eq!(module.functions.len(), 2, "{link}");
    }
    let module = module(&format!("fn f() {{ let a = x{}; }}\n", ".route(\"/\", get(a))".repeat(1_200)));
    assert!(module.troubles.is_empty());
}
