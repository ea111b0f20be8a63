//! Rust's conditional compilation: what `#[cfg(..)]` and test attributes say of what stands under them.
//!
//! A predicate that needs `test` marks test code; one that can't be decided is a condition, with the default features of
//! the package as its default. `cfg_attr` is left out.

use super::{Cx, Flow};
use crate::output::{Condition, Place};
use crate::value::Conditions;
use crate::walk::plain_text;
use crate::world::World;
use apicensus_syntax::{Arg, Block, Expr, ExprId, Module};
use smol_str::SmolStr;
use std::fmt::Write as _;
use std::rc::Rc;

/// The text of the condition that test code stands under.
pub(crate) const TEST: &str = "cfg(test)";

/// Deepest nesting of a predicate.
const MAX_DEPTH: u32 = 16;

/// What is known while a predicate is judged.
#[derive(Clone, Copy)]
struct Given<'a> {
    test: bool,
    /// The features that are on; None when features are open.
    features: Option<&'a [SmolStr]>,
}

impl World<'_> {
    /// The conditions that annotations put on what they stand on; None when it is never built.
    pub(crate) fn given(&mut self, cx: &Cx, annotations: &[ExprId]) -> Option<Vec<Condition>> {
        let mut out: Vec<Condition> = Vec::new();
        for id in annotations {
            let place = self.at(cx, *id);
            match cx.tree.expr(*id) {
                Expr::Call { callee, args, .. } if matches!(cx.tree.expr(*callee), Expr::Name(n) if n == "cfg") => {
                    let Some(Arg::Positional(_) | Arg::Named(..)) = args.first() else { continue };
                    out.extend(self.predicate(cx, &args[..1], place)?);
                }
                expr if is_test_attribute(&cx.tree, expr) => {
                    out.push(Condition { text: TEST.into(), place, default: None });
                }
                _ => {}
            }
        }
        Some(out)
    }

    /// The condition that a predicate is, if any; None when it never holds.
    fn predicate(&mut self, cx: &Cx, args: &[Arg], place: Place) -> Option<Option<Condition>> {
        let tree = &cx.tree;
        let open = judge_all(tree, args, Given { test: false, features: None }, 0);
        match open.first().copied().flatten() {
            Some(true) => return Some(None),
            Some(false) => {
                let in_tests = judge_all(tree, args, Given { test: true, features: None }, 0).first().copied().flatten();
                return if in_tests == Some(false) { None } else { Some(Some(Condition { text: TEST.into(), place, default: None })) };
            }
            None => {}
        }
        let features = self.resolver.rust_default_features(place.file);
        let default = judge_all(tree, args, Given { test: false, features: Some(&features) }, 0).first().copied().flatten();
        let mut text = String::from("cfg(");
        print(tree, &args[0], &mut text, 0);
        text.push(')');
        Some(Some(Condition { text: text.into(), place, default }))
    }

    /// The conditions in force and those that annotations add; None when what they stand on is never built.
    pub(crate) fn conditions_of(&mut self, cx: &Cx, annotations: &[ExprId]) -> Option<Conditions> {
        let more = self.given(cx, annotations)?;
        let before = self.conditions.clone();
        Some(joined(&before, more.into_iter().map(Rc::new)))
    }

    /// Runs the statements that stand under `#[cfg(..)]`.
    pub(crate) fn given_block(&mut self, cx: &Cx, annotations: &[ExprId], body: &Block) -> Flow {
        let Some(conditions) = self.given(cx, annotations) else { return Flow::Normal };
        match conditions.split_first() {
            None => self.block(cx, body),
            Some((first, rest)) => {
                let rest: Vec<Condition> = rest.to_vec();
                let tests = first.text == TEST || rest.iter().any(|c| c.text == TEST);
                self.both(
                    Some(first.clone()),
                    None,
                    |w| {
                        let all = joined(&w.conditions.clone(), rest.into_iter().map(Rc::new));
                        let before = std::mem::replace(&mut w.conditions, all);
                        let flow = w.block(cx, body);
                        w.conditions = before;
                        // What only tests do does not hide what comes after.
                        if tests { Flow::Normal } else { flow }
                    },
                    |_| Flow::Normal,
                )
            }
        }
    }

    /// Whether the conditions in force are those of a test.
    pub(crate) fn in_test(&self) -> bool {
        is_test(&self.conditions)
    }
}

/// Whether conditions are those of test code.
pub(crate) fn is_test(conditions: &Conditions) -> bool {
    conditions.iter().any(|c| c.text == TEST)
}

/// Conditions and more of them, each text once.
pub(crate) fn joined(before: &Conditions, more: impl IntoIterator<Item = Rc<Condition>>) -> Conditions {
    let mut all: Vec<Rc<Condition>> = before.as_ref().clone();
    for condition in more {
        if all.len() < 12 && !all.iter().any(|c| **c == *condition || (c.text == condition.text && c.text.starts_with("cfg("))) {
            all.push(condition);
        }
    }
    if all.len() == before.len() { before.clone() } else { Rc::new(all) }
}

/// `#[test]`, `#[rstest]` and what runtimes have for it.
fn is_test_attribute(tree: &Module, expr: &Expr) -> bool {
    match expr {
        Expr::Name(name) | Expr::Attr(_, name) => matches!(name.as_str(), "test" | "rstest" | "async_test" | "test_case" | "bench"),
        Expr::Call { callee, .. } => match tree.expr(*callee) {
            inner @ (Expr::Name(_) | Expr::Attr(..)) => is_test_attribute(tree, inner),
            _ => false,
        },
        _ => false,
    }
}

fn judge_all(tree: &Module, args: &[Arg], given: Given<'_>, depth: u32) -> Vec<Option<bool>> {
    args.iter().map(|arg| judge(tree, arg, given, depth)).collect()
}

/// Whether a predicate holds; None when it may.
fn judge(tree: &Module, arg: &Arg, given: Given<'_>, depth: u32) -> Option<bool> {
    if depth > MAX_DEPTH {
        return None;
    }
    match arg {
        Arg::Named(name, value) if name == "feature" => {
            let feature = SmolStr::new(plain_text(tree, *value)?);
            given.features.map(|on| on.contains(&feature))
        }
        Arg::Positional(id) => match tree.expr(*id) {
            Expr::Name(name) if name == "test" => Some(given.test),
            Expr::Call { callee, args, .. } => {
                let Expr::Name(name) = tree.expr(*callee) else { return None };
                let all = judge_all(tree, args, given, depth + 1);
                match name.as_str() {
                    "not" => all.first().copied().flatten().map(|b| !b),
                    "any" if all.contains(&Some(true)) => Some(true),
                    "any" if all.contains(&None) => None,
                    "any" => Some(false),
                    "all" if all.contains(&Some(false)) => Some(false),
                    "all" if all.contains(&None) => None,
                    "all" => Some(true),
                    _ => None,
                }
            }
            _ => None,
        },
        _ => None,
    }
}

/// Writes a predicate as source text.
fn print(tree: &Module, arg: &Arg, out: &mut String, depth: u32) {
    let id = match arg {
        Arg::Named(name, value) => {
            let _ = write!(out, "{name} = {:?}", plain_text(tree, *value).unwrap_or_default());
            return;
        }
        Arg::Positional(id) | Arg::Spread(id) | Arg::SpreadNamed(id) => *id,
    };
    match tree.expr(id) {
        Expr::Name(name) => out.push_str(name),
        Expr::Call { callee, args, .. } if depth <= MAX_DEPTH => {
            if let Expr::Name(name) = tree.expr(*callee) {
                out.push_str(name);
            }
            out.push('(');
            for (index, arg) in args.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                print(tree, arg, out, depth + 1);
            }
            out.push(')');
        }
        _ => out.push('_'),
    }
}
