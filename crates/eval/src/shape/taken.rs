//! What decorators on a handler say that it takes: `@use_args(Schema, location="query")`, `@blueprint.arguments(Schema)`
//! (the `takes` of models).

use super::fields::FieldShape;
use super::schema::object;
use crate::models::{Place, Take};
use crate::output::{Body, Input, InputIn, Inputs};
use crate::value::*;
use crate::world::World;
use apicensus_syntax::Expr;
use smol_str::SmolStr;
use std::rc::Rc;

impl World<'_> {
    /// What a handler's decorators say.
    pub(super) fn taken(&mut self, f: &Rc<Closure>, takes: &[Take], out: &mut Inputs) {
        if takes.is_empty() {
            return;
        }
        let mut f = f.clone();
        for _ in 0..8 {
            let marks = f.marks.borrow().clone();
            for mark in &marks {
                let method = self.decorator_method(&f, mark);
                let fits = |take: &&Take| match (&mark.symbol, &method) {
                    (Some(symbol), _) => take.symbol.iter().any(|s| s == symbol),
                    (None, Some(method)) => take.name.iter().any(|n| n == method),
                    (None, None) => false,
                };
                if let Some(take) = takes.iter().find(fits) {
                    self.take(take, &mark.args, out);
                }
            }
            let inner = f.wraps.borrow().clone();
            match inner {
                Some(Value::Function(inner)) if !Rc::ptr_eq(&inner, &f) => f = inner,
                _ => break,
            }
        }
    }

    /// The name of the method that a decorator is a call of.
    fn decorator_method(&mut self, f: &Rc<Closure>, mark: &Mark) -> Option<SmolStr> {
        let cx = self.declared_in(f);
        let tree = cx.tree.clone();
        tree.function(f.function).annotations.iter().find_map(|id| match tree.expr(*id) {
            Expr::Call { callee, .. } if self.at(&cx, *id) == mark.at => match tree.expr(*callee) {
                Expr::Attr(_, name) => Some(name.clone()),
                _ => None,
            },
            _ => None,
        })
    }

    fn take(&mut self, take: &Take, args: &Args, out: &mut Inputs) {
        let mut find = |place: &Place| place.find(args, &mut |v, k| self.get_attr(v, k, None), &|_| true).map(|f| f.0);
        let Some(schema) = find(&take.schema) else { return };
        let location = take.location.as_ref().and_then(&mut find).and_then(|v| v.as_str());
        let location = location.as_deref().unwrap_or(&take.default).to_owned();
        let schema = self.force(&schema);
        let class = match &schema {
            Value::Class(class) => Some(class.clone()),
            Value::Instance(i) => Some(i.class.clone()),
            _ => None,
        };
        let fields: Vec<FieldShape> = match &class {
            Some(class) => self.shape_fields(class, &[], 0),
            None => {
                let pairs = self.pairs(&schema);
                pairs.iter().filter_map(|(name, value)| crate::natives::field_classes::field_value(self, name, value)).collect()
            }
        };
        if fields.is_empty() {
            return;
        }
        let place = match location.as_str() {
            "query" | "querystring" | "args" => InputIn::Query,
            "headers" => InputIn::Header,
            "cookies" => InputIn::Cookie,
            "path" | "view_args" | "match_info" => InputIn::Path,
            other => {
                let content_type = match other {
                    "form" => "application/x-www-form-urlencoded",
                    "files" | "form_and_files" => "multipart/form-data",
                    _ => "application/json",
                };
                let schema = match class {
                    Some(class) => self.class_schema_ref(&class, 0),
                    None => object(fields),
                };
                out.bodies.push(Body { content_type: content_type.into(), schema, required: true });
                return;
            }
        };
        for FieldShape { name, schema, required, .. } in fields {
            let name = if place == InputIn::Header { SmolStr::new(name.to_lowercase()) } else { name };
            out.push(Input { place, name, schema, required: required || place == InputIn::Path });
        }
    }
}
