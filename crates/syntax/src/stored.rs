//! A lowered file as bytes, for a cache: reading them costs a small part of a parse.
//!
//! The layout follows the types of [`crate::tree`] and has no version: bytes are read by the build that wrote them.

use crate::tree::{Expr, Module};

impl Module {
    /// The module as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_stdvec(self).unwrap_or_default()
    }

    /// Makes room for what some bytes of source are usually lowered to.
    pub(crate) fn expect(&mut self, bytes: usize) {
        self.exprs.reserve(bytes / 16);
        self.stmts.reserve(bytes / 64);
    }

    /// Gives back memory that growing took.
    pub(crate) fn shrink(&mut self) {
        self.exprs.shrink_to_fit();
        self.stmts.shrink_to_fit();
        self.functions.shrink_to_fit();
        self.classes.shrink_to_fit();
    }

    /// The module of such bytes; None for others.
    pub fn from_bytes(bytes: &[u8]) -> Option<Module> {
        match postcard::take_from_bytes::<Module>(bytes) {
            Ok((mut module, [])) => {
                module.shrink();
                Some(module)
            }
            _ => None,
        }
    }
}

impl Expr {
    /// Gives back what growing took: there are very many, most of them with one or two parts.
    pub(crate) fn shrink(&mut self) {
        match self {
            Expr::Str(parts) => parts.shrink_to_fit(),
            Expr::Call { args, types, .. } => {
                args.shrink_to_fit();
                types.shrink_to_fit();
            }
            Expr::List(_, items) => items.shrink_to_fit(),
            Expr::Dict(entries, _) => entries.shrink_to_fit(),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{Lang, lower};

    const PYTHON: &str = "import a.b as c\n@app.get(f'/x/{y}', n=1.5)\nasync def f(a: int = 3, *b, **c) -> A[B]:\n  try:\n    \
        x, *r = [i for i in b if i]\n  except E as e:\n    raise\n  match x:\n    case Foo(a=1) | _: pass\n";
    const SCRIPT: &str = "export class A extends B { @X() f?: T = 1; get g() { return `a${b}` } }\nexport * as q from './q';\n\
        const { a, ...rest } = await import('x');\nfor (const k in o) { switch (k) { case 1: break; default: k ??= /r/ } }";
    const RUST: &str = "macro_rules! m { ($x:expr) => { $x } }\npub use a::{b, c as d};\nimpl<T> X for Y { #[get(\"/\")] fn f(&self) {} }\n\
        enum E { A = 1 }\nfn g() -> i32 { match x { Some(y) if y > 1 => 2, _ => f::<u8>()? } }";

    #[test]
    fn a_module_survives() {
        for (lang, text) in [(Lang::Python, PYTHON), (Lang::Tsx, SCRIPT), (Lang::Rust, RUST), (Lang::Python, "def (:\n \u{0}")] {
            let module = lower(lang, text);
            let bytes = module.to_bytes();
            let again = Module::from_bytes(&bytes).unwrap();
            assert_eq!(format!("{module:?}"), format!("{again:?}"));
            for end in 0..bytes.len() {
                assert!(Module::from_bytes(&bytes[..end]).is_none());
            }
        }
    }
}
