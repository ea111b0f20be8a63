//! Names of functions that take theirs from what they are bound to: `const f = () => {}`, `exports.f = function () {}`,
//! `{ f: wrap(async () => {}) }`.
//!
//! The language names only what is bound directly; a function behind one wrapper is named too, since readers call it that.

use super::Ctx;
use crate::tree::*;
use smol_str::SmolStr;

/// Names the nameless function that is bound to a pattern.
pub(super) fn bound(ctx: &mut Ctx<'_>, target: &Pattern, value: ExprId) {
    let name = match target {
        Pattern::Name(name, _) => Some(name.clone()),
        Pattern::Place(place) => match ctx.module.expr(*place) {
            Expr::Attr(_, name) if name != "exports" && name != "default" => Some(name.clone()),
            _ => None,
        },
        _ => None,
    };
    if let Some(name) = name {
        name_value(ctx, &name, value);
    }
}

/// Names the nameless function that is the value of a key.
pub(super) fn keyed(ctx: &mut Ctx<'_>, key: ExprId, value: ExprId) {
    if let Expr::Str(parts) = ctx.module.expr(key)
        && let [StrPart::Text(name)] = parts.as_slice()
        && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$')
    {
        let name = name.clone();
        name_value(ctx, &name, value);
    }
}

/// Names a nameless function, or the only one that a call is given.
pub(super) fn name_value(ctx: &mut Ctx<'_>, name: &SmolStr, value: ExprId) {
    let function = match ctx.module.expr(value) {
        Expr::Function(id) => Some(*id),
        Expr::Call { args, .. } => {
            let mut functions = args.iter().filter_map(|arg| match arg {
                Arg::Positional(id) => match ctx.module.expr(*id) {
                    Expr::Function(id) => Some(*id),
                    _ => None,
                },
                _ => None,
            });
            functions.next().filter(|_| functions.next().is_none())
        }
        _ => None,
    };
    if let Some(function) = function.map(|id| &mut ctx.module.functions[id.at()])
        && function.name.is_none()
    {
        function.name = Some(name.clone());
    }
}
