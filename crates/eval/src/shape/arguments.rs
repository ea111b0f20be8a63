//! Arguments of GraphQL fields, as the functions that resolve them declare them: their parameters but those that the framework
//! gives, the names that their second parameter is taken apart into, or what marks on parameters name.

use crate::evaluate::Family;
use crate::interp::function::param_name;
use crate::output::{Input, InputIn, Inputs};
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{Arg, Expr, ParamKind, Pattern, StrPart};
use serde_json::json;
use smol_str::SmolStr;
use std::rc::Rc;

/// Parameters that the framework gives.
const GIVEN: &[&str] = &["self", "cls", "info", "_info", "root", "_root", "parent", "_parent", "obj", "ctx", "context", "_", "__"];
/// Marks that name an argument.
const MARKS: &[&str] = &["Arg", "Args"];

impl World<'_> {
    pub(super) fn argument_inputs(&mut self, f: &Rc<Closure>, out: &mut Inputs) {
        let cx = self.declared_in(f);
        let tree = cx.tree.clone();
        let function = tree.function(f.function);
        let mut add = |name: SmolStr, schema, required| out.push(Input { place: InputIn::Argument, name, schema, required });
        if self.family == Family::JavaScript {
            for param in &function.params {
                for mark in &param.annotations {
                    let Expr::Call { callee, args, .. } = tree.expr(*mark) else { continue };
                    let (Expr::Name(name), Some(Arg::Positional(first))) = (tree.expr(*callee), args.first()) else { continue };
                    let Expr::Str(parts) = tree.expr(*first) else { continue };
                    if let (true, Some(StrPart::Text(text))) = (MARKS.contains(&name.as_str()), parts.first()) {
                        let ty = param.ty.map(|t| self.type_at(&cx, t, 0));
                        let schema = ty.as_ref().map_or(json!({}), |t| self.schema(t, 0));
                        add(text.clone(), schema, !param.optional && param.default.is_none() && !ty.is_some_and(|t| t.is_optional()));
                    }
                }
            }
            if let Some(Pattern::Object(parts)) = function.params.get(1).map(|p| &p.pattern) {
                parts.iter().filter(|(name, _)| name != "...").for_each(|(name, _)| add(name.clone(), json!({}), false));
            }
            return;
        }
        for param in &function.params {
            let Some(name) = param_name(&param.pattern) else { continue };
            let is_plain = matches!(param.kind, ParamKind::Normal | ParamKind::NameOnly);
            let ty = param.ty.map(|t| self.type_at(&cx, t, 0));
            let is_context =
                ty.as_ref().is_some_and(|t| matches!(t.core().last(), "Info" | "Context" | "ResolveInfo" | "GraphQLResolveInfo"));
            if !is_plain || is_context || GIVEN.contains(&name.as_str()) {
                continue;
            }
            let required = param.default.is_none() && !ty.as_ref().is_some_and(|t| t.is_optional());
            let schema = ty.as_ref().map_or(json!({}), |t| self.schema(t, 0));
            add(camel(&name), schema, required);
        }
    }
}

/// A name as GraphQL libraries publish it: `first_name` as `firstName`.
pub(crate) fn camel(name: &str) -> SmolStr {
    let kept = name.len() - name.trim_start_matches('_').len();
    let mut out = String::from(&name[..kept]);
    for (at, part) in name[kept..].split('_').enumerate() {
        let mut letters = part.chars();
        match letters.next() {
            Some(first) if at > 0 => {
                out.extend(first.to_uppercase());
                out.push_str(letters.as_str());
            }
            _ => out.push_str(part),
        }
    }
    SmolStr::new(out)
}
