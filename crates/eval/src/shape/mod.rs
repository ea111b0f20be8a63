//! What an endpoint takes and gives: parameters, bodies and responses, with JSON Schemas (draft 2020-12) of the types that
//! the code names.
//!
//! [`types`] reads type expressions of any language, [`schema`] makes schemas of them and of classes, and the others read
//! what a handler takes in the way of its framework ([`crate::models::InputStyle`]).

mod access;
mod access_path;
mod answers;
mod arguments;
mod described;
mod extractors;
mod fields;
mod manual;
mod marks;
mod names;
mod schema;
mod serde;
mod signature;
mod taken;
mod told;
mod types;
mod validators;

pub(crate) use arguments::camel;
pub(crate) use fields::FieldShape;
pub(crate) use schema::constant;
pub use told::Told;

use crate::handler::Handler;
use crate::models::InputStyle;
use crate::output::{Inputs, PathPiece};
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;
use std::rc::Rc;

impl World<'_> {
    /// What a handler takes and gives, behind a path, with what its route says and what stands before it further out.
    pub(crate) fn inputs(&mut self, handler: &Handler, framework: &str, path: &[PathPiece], route: &RouteEvent, outer: &[Value]) -> Inputs {
        let models = self.input.models;
        let language = self.family.language();
        let Some(model) = models.models.iter().find(|m| m.framework == framework && m.language == language) else {
            return Inputs::default();
        };
        let mut out = Inputs::default();
        if model.inputs.contains(&InputStyle::Native)
            && let Some(native) = &model.handlers
        {
            crate::natives::inputs(self, native, handler, &path_names(path), &mut out);
        }
        let methods = handler.methods.as_ref().or(route.methods.as_ref()).cloned().unwrap_or_default();
        let Some(function) = handler.value.as_ref().and_then(|v| self.answering(v, 0)) else {
            if let (Some(answers), Some(known)) = (&model.answers, &handler.handler) {
                answers::inherited(answers, known.symbol.rsplit('.').next().unwrap_or_default(), &mut out);
            }
            return out;
        };
        if let Some(told) = &route.told {
            self.told_schemas(told, &mut out);
            if model.inputs.contains(&InputStyle::Signature) {
                self.told_answers(told, &function, &mut out);
            }
        }
        self.taken(&function, &model.takes, &mut out);
        for style in &model.inputs {
            match style {
                InputStyle::Signature => {
                    let before: Vec<Value> = outer.iter().chain(&route.guards).cloned().collect();
                    self.signature(&function, &path_names(path), model.request_first, &before, &mut out);
                }
                InputStyle::Native => {}
                InputStyle::Arguments => self.argument_inputs(&function, &mut out),
                InputStyle::Marks => self.marked(&function, &model.marks, &mut out),
                InputStyle::Types => self.extracted_inputs(&function, &model.accessors, path, &mut out),
                InputStyle::Attribute => self.attributed_inputs(&function, &model.accessors, &mut out),
                InputStyle::Described => self.described_inputs(&function, &model.marks.describes, path, &mut out),
                InputStyle::Access => {
                    self.guarded_inputs(&route.guards, &model.accessors, &mut out);
                    self.typed_requests(&function, &model.accessors, &mut out);
                    self.accessed(&function, &model.accessors, &mut out);
                }
            }
        }
        if let Some(answers) = &model.answers {
            self.stated_answers(&function, answers, &methods, &mut out);
        }
        out
    }

    /// The function that answers, behind wrappers and bindings.
    fn answering(&mut self, value: &Value, depth: u32) -> Option<Rc<Closure>> {
        if depth > 8 {
            return None;
        }
        match self.force(value) {
            Value::Function(f) => {
                let wraps = f.wraps.borrow().clone();
                match wraps {
                    Some(inner) if !matches!(&inner, Value::Function(g) if Rc::ptr_eq(g, &f)) => {
                        self.answering(&inner, depth + 1).or(Some(f))
                    }
                    _ => Some(f),
                }
            }
            Value::BoundFunction(b) => self.answering(&Value::Function(b.1.clone()), depth + 1),
            Value::Unknown(u) => {
                let inner: Vec<Value> = u.args.items.iter().rev().chain(u.args.named.iter().map(|(_, v)| v)).cloned().collect();
                inner.iter().find_map(|v| self.answering(v, depth + 1))
            }
            Value::Method(bound) if bound.name.is_empty() => self.answering(&bound.receiver.clone(), depth + 1),
            Value::Default(inner) => self.answering(&inner, depth + 1),
            Value::Either(all) => all.iter().find_map(|v| self.answering(v, depth + 1)),
            _ => None,
        }
    }
}

/// The names of the parameters of a path in braces or angles: `{id:int}`, `<int:id>`, `(?P<id>[0-9]+)`.
fn path_names(path: &[PathPiece]) -> Vec<SmolStr> {
    let mut out = Vec::new();
    for piece in path {
        let PathPiece::Text { text, .. } = piece else { continue };
        for part in text.split('{').skip(1) {
            let inner = part.split('}').next().unwrap_or_default();
            out.push(SmolStr::new(inner.split(':').next().unwrap_or_default().trim()));
        }
        for part in text.split('<').skip(1) {
            let inner = part.split('>').next().unwrap_or_default();
            out.push(SmolStr::new(inner.rsplit(':').next().unwrap_or_default().trim()));
        }
    }
    out
}
