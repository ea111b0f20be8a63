//! Rust types that say by themselves how they are read: `impl Deserialize`, and `#[serde(try_from = "..")]`. What they are
//! read from is their schema, not their fields.

use super::serde::said;
use super::types::Ty;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{Expr, ExprId, Module};
use serde_json::{Value as Json, json};
use std::rc::Rc;

impl World<'_> {
    /// The schema of what a type is read from that does not derive how; None if it derives it.
    pub(super) fn manual_schema(&mut self, class: &Rc<ClassValue>, depth: u32) -> Option<Json> {
        let tree = self.module(class.module).tree.clone();
        let definition = tree.class(class.class?);
        let cx = self.class_cx(class);
        if let Some(name) = ["try_from", "from"].iter().find_map(|word| said(&tree, &definition.annotations, word)) {
            let is_plain = name.chars().all(|c| c.is_alphanumeric() || c == '_');
            let ty = is_plain.then(|| self.type_named(&cx, &name))?;
            return (depth < 8).then(|| self.schema(&ty, depth + 1));
        }
        let method = class.attrs.borrow().get("deserialize").cloned();
        let Some(Value::Function(f)) = method.map(|m| self.force(&m)) else { return None };
        let code = self.module(f.module).tree.clone();
        let mut exprs = Vec::new();
        crate::walk::function(&code, f.function, &mut |e| exprs.push(e));
        let cx = self.declared_in(&f);
        let read = exprs.iter().find_map(|e| self.read_from(&cx, &code, *e, depth));
        Some(read.unwrap_or_else(|| json!({"x-apicensus-type": class.name})))
    }

    /// What a call reads: `String::deserialize(d)`, `d.deserialize_str(visitor)`.
    fn read_from(&mut self, cx: &crate::interp::Cx, tree: &Module, id: ExprId, depth: u32) -> Option<Json> {
        let Expr::Call { callee, .. } = tree.expr(id) else { return None };
        let Expr::Attr(base, name) = tree.expr(*callee) else { return None };
        if name == "deserialize" && depth < 8 {
            let ty = self.type_at(cx, *base, 0);
            let is_known = matches!(&ty, Ty::Class(..)) || matches!(ty.last(), "String" | "bool" | "Cow" | "Value" | "Vec" | "Option");
            let is_number = ty.last().starts_with(['u', 'i', 'f']) && ty.last().len() <= 5;
            return (is_known || is_number).then(|| self.schema(&ty, depth + 1));
        }
        let kind = match name.strip_prefix("deserialize_")? {
            "str" | "string" | "char" | "identifier" => json!({"type": "string"}),
            "bool" => json!({"type": "boolean"}),
            "f32" | "f64" => json!({"type": "number"}),
            word if word.len() <= 4 && word.starts_with(['u', 'i']) && word != "unit" => json!({"type": "integer"}),
            "seq" => json!({"type": "array"}),
            "map" | "struct" => json!({"type": "object"}),
            _ => return None,
        };
        Some(kind)
    }
}
