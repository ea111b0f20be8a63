//! What Python source lowers to, as rendered text; and that bad source neither crashes nor hangs.
#![allow(clippy::unwrap_used)]

use apicensus_syntax::{Lang, Module, Stmt, SyntaxTroubleKind, lower, lower::STACK, render};

fn on_big_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::Builder::new().stack_size(STACK).spawn(work).unwrap().join().unwrap()
}

fn module(source: &str) -> Module {
    let source = source.to_owned();
    on_big_stack(move || lower(Lang::Python, &source))
}

#[track_caller]
fn check(source: &str, expected: &str) {
    let module = module(source);
    assert_eq!(render(&module), expected.trim_start_matches('\n'), "of {source}");
}

#[track_caller]
fn value(source: &str, expected: &str) {
    check(&format!("x = {source}\n"), &format!("bind x = {expected}\n"));
}

#[test]
fn imports() {
    check(
        "from __future__ import annotations\nimport a, a.b, a . c, a.b.c as d\nfrom . import x\nfrom ..a.b import (c, d as e,)\nfrom x import *\n",
        r#"
import "__future__" names annotations
import "a" as a
import root "a.b"
import root "a.c"
import "a.b.c" as d
import "." names x
import "..a.b" names c, d as e
import "x" star
"#,
    );
}

#[test]
fn assignments() {
    check(
        "app = application = FastAPI()\nself.app = app2 = Flask(__name__)\nself.a = b[0] = x\na, *b = c.d, e[0] = 1, 2\n(p, [q, r]), s = t\nx: int = 5\ny: Optional['X']\nx += 1\nx //= 2\n",
        r#"
bind app = call(name FastAPI)
bind application = name app
bind app2 = call(name Flask, name __name__)
bind place(attr(name self, app)) = name app2
bind place(attr(name self, a)) = name x
bind place(index(name b, 0)) = attr(name self, a)
bind [a, ...b] = tuple[1, 2]
bind [place(attr(name c, d)), place(index(name e, 0))] = tuple[1, 2]
bind [[p, [q, r]], s] = name t
bind x: name int = 5
bind y: index(name Optional, "X")
bind x += 1
bind x ?= 2
"#,
    );
}

#[test]
fn functions() {
    check(
        r#"
@app.get("/items/{id}", tags=["a"])
# between
@login_required
async def f(a, /, b: int = 1, *args: str, c, d=Depends(g), **kw: X) -> List[int]:
    """Doc
       more

         indented
    """
    global z, w
    yield 1
    return
def g(a, (b, c), *, d):
    def inner():
        yield
    return inner
h = lambda a, *b, c=1, **d: a
"#,
        r#"
@call(attr(name app, get), "/items/{id}", tags=list["a"])
@name login_required
async generator function f(a, b: name int = 1, *args: name str, named c, named d = call(name Depends, name g), **kw: name X) -> index(name List, name int)
  doc "Doc\nmore\n\n  indented"
  outer z, w
  yield(1)
  return
function g(a, [b, c], named d)
  generator function inner()
    yield()
  return name inner
bind h = lambda(a, *b, named c = 1, **d) { return name a }
"#,
    );
}

#[test]
fn function_lines_are_those_of_def() {
    let module = module("@a\n@b\ndef f():\n    pass\n");
    assert_eq!((module.functions[0].span.line, module.functions[0].span.end_line), (3, 4));
    assert_eq!(module.stmt_span(module.body[0]).line, 1);
}

#[test]
fn classes() {
    check(
        r#"
"Module doc."
@d
class A(B[T], x.C, metaclass=M, **k):
    '''Class doc.'''
    x: int = 1
    def f(self): return super().f()
    if x:
        @property
        def h(self):
            def inner(): ...
    class Meta: abstract = True
    y = 2
class B[T: int]: ...
def f[T](x: T) -> T: ...
type P[T] = list[T | None]
"#,
        r#"
doc "Module doc."
@name d
class A(index(name B, name T), attr(name x, C), metaclass=name M)
  doc "Class doc."
  bind x: name int = 1
  method f(self)
    return call(attr(call(super), f))
  if name x
    @name property
    method h(self)
      function inner()
  class Meta
    bind abstract = true
  bind y = 2
class B
function f(x: name T) -> name T
alias P(index(name list, (name T | null)))
"#,
    );
}

#[test]
fn branches_and_loops() {
    check(
        r#"
if a: x = 1
elif b: x = 2
elif not c: x = 3
else: x = 4
async for i, (j, k) in a.items(), b: print(i)
else: q()
while x > 1: break
else: continue
"#,
        r#"
if name a
  bind x = 1
else if name b
  bind x = 2
else if not(name c)
  bind x = 3
else
  bind x = 4
for [i, [j, k]] in tuple[call(attr(name a, items)), name b]
  call(name print, name i)
call(name q)
while (name x > 1)
  break
continue
"#,
    );
}

#[test]
fn try_and_with() {
    check(
        r#"
try: x()
except A as e: y()
except B, e: raise
except C, D: continue
except* (E, F): raise X("a") from e
except: raise E, "x"
else: z()
finally: w()
async with a as b, c() as (d, e.f), f(): pass
with (a as b, c): pass
with (yield x) as y: pass
"#,
        r#"
try
  call(name x)
except name A as e
  call(name y)
except name B as e
  throw
except tuple[name C, name D]
  continue
except tuple[name E, name F]
  throw call(name X, "a")
except
  throw name E
else
  call(name z)
finally
  call(name w)
with name a as b, call(name c) as [d, place(attr(name e, f))], call(name f)
with name a as b, name c
with yield(name x) as y
"#,
    );
}

#[test]
fn match_is_a_switch() {
    check(
        r#"
match x.y:
    case [1, *rest] if z: pass
    case {"a": b, 1: -2, **r}: pass
    case A.B | None | "x" "y": pass
    case C(1, k=v, j=-1) as q: q()
    case (a): pass
    case (a, B() as c): pass
    case -1 | _: pass
    case a, *_: pass
    case _ if a: pass
    case _: pass
match a, b:
    case (1, 2): f()
"#,
        r#"
switch attr(name x, y)
  case [value(1), ...rest] if name z
  case {a: b, 1: value(minus(2)), ...: ...r}
  case value(attr(name A, B)), value(null), value("xy")
  case construct(name C, value(1), k: v, j: value(minus(1)))
    bind q = attr(name x, y)
    call(name q)
  case a
  case [a, construct(name B)]
    bind c = unknown(as_pattern)
  case value(minus(1)), _
  case [a, ..._]
  default if name a
  default
switch tuple[name a, name b]
  case [value(1), value(2)]
    call(name f)
"#,
    );
}

#[test]
fn small_statements() {
    check(
        "print 'a'\nexec 'x'\ndel a.b, c\nassert x, 'm'\nglobal a, b\nnonlocal c\npass\n...\nf(); g()\nawait h()\na, b\n",
        r#"
unknown(print_statement)
unknown(exec_statement)
unary(attr(name a, b))
unary(name c)
name x
outer a, b
outer c
call(name f)
call(name g)
await(call(name h))
tuple[name a, name b]
"#,
    );
}

#[test]
fn strings() {
    value(
        r#""a\n\x41\101\u00e9\N{DASH}\q\
z" r"\d" b'\x80\u00e9' """ {t}""""#,
        r#""a\nAAé�\\qz\\d\u{80}\\u00e9 {t}""#,
    );
    value("''", "\"\"");
    value("'/' 'a'  \\\n 'b'", "\"/ab\"");
    value("'%s/x' % a", "(\"%s/x\" % name a)");
    value(r#"f"a{x}{{}}\{y}" 'b' f''"#, r#"str("a", name x, "{}\\", name y, "b")"#);
    value(r#"rf"\d{x}""#, r#"str("\\d", name x)"#);
    value(
        r#"f"{q.r['a']:d}{n:>{w}}{y!r}{z=}""#,
        r#"str(index(attr(name q, r), "a"), call(name format, name n, str(">", name w)), call(name repr, name y), "z=", call(name repr, name z))"#,
    );
    value("f\"{f'{a}/b'}\"", "str(str(name a, \"/b\"))");
    check("def f():\n    f'no {doc}'\ndef g():\n    b'no doc'\n", "function f()\n  str(\"no \", name doc)\nfunction g()\n  \"no doc\"\n");
}

#[test]
fn literals() {
    value(
        "0x1F_0, 0o17, 0b101, 1_0.5e3, 12L, True, False, None, ...",
        "tuple[496, 15, 5, 10500, 12, true, false, null, unknown(ellipsis)]",
    );
    value(
        "[1, *a], (1,), (), {1, *b}, {}, {'a': 1, **c}",
        "tuple[list[1, *name a], tuple[1], tuple[], set[1, *name b], dict{}, dict{\"a\": 1, **name c}]",
    );
    value("*a, b", "tuple[*name a, name b]");
}

#[test]
fn operations() {
    value("a < b <= c", "((name a < name b) and (name b <= name c))");
    value("not a in b or c not in d and e is not None", "(not((name a in name b)) or ((name c not in name d) and (name e != null)))");
    value(
        "-a + ~b - c * d / e // f | g & h",
        "(((minus(name a) + unary(name b)) - (((name c * name d) / name e) ? name f)) | (name g & name h))",
    );
    value("a if b else c", "cond(name b, name a, name c)");
    value("(n := 5)", "assign(n = 5)");
    value("await a.b", "await(attr(name a, b))");
    value("yield from a", "yield(name a)");
}

#[test]
fn subscripts() {
    value("a[1:2]", "slice(name a, 1, 2)");
    value("a[:]", "slice(name a, _, _)");
    value("a[:-1]", "slice(name a, _, minus(1))");
    value("a[::2]", "index(name a, unknown(slice))");
    value("a[1, b]", "index(name a, tuple[1, name b])");
    value("a[1,]", "index(name a, tuple[1])");
    value("a['k'].b", "attr(index(name a, \"k\"), b)");
}

#[test]
fn calls_and_comprehensions() {
    value("f(*a, b, c=1, **d)", "call(name f, *name a, name b, c=1, **name d)");
    value("f(x for x in y)", "call(name f, comp list(name x for x in name y))");
    value("a.b('c').d()", "call(attr(call(attr(name a, b), \"c\"), d))");
    value(
        "[x async for x in y if z if w for q in r, s]",
        "comp list(name x for x in name y if name z if name w for q in tuple[name r, name s])",
    );
    value("{k: v for k, v in p}", "comp dict(name k: name v for [k, v] in name p)");
    value("{c for c in d}", "comp set(name c for c in name d)");
}

#[test]
fn types() {
    check(
        "a: Annotated[str, Path(title='t')]\nb: dict[str, list[A | None]]\nc: a.b.C[d]\nd: Callable[[int], Tuple[int, ...]]\n",
        r#"
bind a: index(name Annotated, tuple[name str, call(name Path, title="t")])
bind b: index(name dict, tuple[name str, index(name list, (name A | null))])
bind c: index(attr(attr(name a, b), C), name d)
bind d: index(name Callable, tuple[list[name int], index(name Tuple, tuple[name int, unknown(ellipsis)])])
"#,
    );
}

#[test]
fn broken_code_keeps_what_can_be_read() {
    let module = module(
        "x = (\ndef f(a):\n    return 1\n@app.get('/x')\ndef g(): pass\n<<<<<<< HEAD\na = 1\n=======\nb = 2\n>>>>>>> other\napp.get('/a', f\napp.post('/b')\n",
    );
    let text = render(&module);
    for part in [
        "function f(a)",
        "@call(attr(name app, get), \"/x\")\nfunction g()",
        "bind a = 1",
        "bind b = 2",
        "call(attr(name app, post), \"/b\")",
    ] {
        assert!(text.contains(part), "no {part} in {text}");
    }
    assert!(module.troubles.iter().all(|t| t.kind == SyntaxTroubleKind::Syntax) && !module.troubles.is_empty());
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
        "def ", "class ", "f'{", "}", "(", ")", "[", "]", "{", ":", "\n", "    ", "'", "\"\"\"", "\\", "@", "x", ".", "=", ",", "if ",
        "case ", "match ", "*", "é", "\0", "lambda ", "for ", " in ", "%", "\\N{", "\\x",
    ];
    for round in 0..300 {
        let length = next() as usize % 200;
        let source = if round % 2 == 0 {
            let bytes: Vec<u8> = (0..length).map(|_| next() as u8).collect();
            String::from_utf8_lossy(&bytes).into_owned()
        } else {
            (0..length).map(|_| words[next() as usize % words.len()]).collect()
        };
        let module = module(&source);
        render(&module);
    }
}

#[test]
fn deep_nesting_is_cut_off() {
    for (open, close) in
        [("[", "]"), ("(", ")"), ("{1:", "}"), ("f(", ")"), ("not ", ""), ("-", ""), ("x if y else ", ""), ("lambda: ", ""), ("x[", "]")]
    {
        let source = format!("x = {}1{}\ny = 2\n", open.repeat(100_000), close.repeat(100_000));
        let module = module(&source);
        assert!(!module.troubles.is_empty(), "{open}");
        render(&module);
    }
    let module = module(&(0..3_000).map(|n| format!("{}if x:\n", " ".repeat(n))).collect::<String>());
    assert!(!module.troubles.is_empty());
}

#[test]
fn long_chains_are_read_as_far_as_the_cap() {
    for (first, link) in
        [("x", ".a()"), ("x", " + 1"), ("x", " < 1"), ("x", " and y"), ("x", "[0]"), ("'a'", " 'b'"), ("x", ", y"), ("x", " = y")]
    {
        let module = module(&format!("{first}{}\ny = 2\n", link.repeat(10_000)));
        let last = module.stmt(*module.body.last().unwrap());
        assert!(matches!(last, Stmt::Bind { value: Some(_), .. }), "{link}");
    }
    let module = module(&format!("if a: b()\n{}", "elif a: b()\n".repeat(10_000)));
    assert!(module.troubles.iter().any(|t| t.kind == SyntaxTroubleKind::TooDeep));
}

#[test]
fn nested_chained_comparisons_stay_small() {
    let mut source = "a".to_owned();
    for _ in 0..200 {
        source = format!("0 < ({source}) < 1");
    }
    let module = module(&source);
    assert!(module.exprs.len() < 2_000);
    assert!(render(&module).len() < 100_000);
}
