//! What compilers make of decorators: `__decorate([Get(":id")], Cats.prototype, "one", null)` marks like the source did.

use crate::interp::attr::NOWHERE;
use crate::value::*;
use crate::world::World;

/// The helpers of TypeScript, swc and esbuild.
pub(crate) fn is_decorate(name: &str) -> bool {
    matches!(name, "__decorate" | "_ts_decorate" | "__decorateClass" | "__legacyDecorateClassTS")
}

impl World<'_> {
    /// Marks a class, or with a key a member of it; returns what was decorated.
    pub(crate) fn emitted_decorators(&mut self, args: &Args) -> Value {
        let (Some(list), Some(target)) = (args.at(0), args.at(1)) else { return Value::Null };
        let target = self.force(target);
        let decorators = self.items_of(list, NOWHERE).0;
        let decorated = match (&target, args.at(2).and_then(Value::as_str)) {
            (Value::Class(class), Some(name)) => class.attrs.borrow().get(&name).cloned().unwrap_or(Value::Null),
            _ => target.clone(),
        };
        for decorator in decorators.into_iter().rev() {
            let decorator = self.force(&decorator);
            let mark = match &decorator {
                Value::Unknown(u) => {
                    Mark { value: decorator.clone(), symbol: u.callee.clone(), args: u.args.clone(), at: u.at.unwrap_or(NOWHERE) }
                }
                Value::Symbol(symbol) => {
                    Mark { value: decorator.clone(), symbol: Some(symbol.clone()), args: Args::default(), at: NOWHERE }
                }
                _ => Mark { value: decorator, symbol: None, args: Args::default(), at: NOWHERE },
            };
            self.add_mark(&decorated, mark);
        }
        target
    }
}
