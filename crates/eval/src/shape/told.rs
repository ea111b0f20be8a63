//! What the call that registers a route tells of it: JSON Schemas or schemas of validation libraries by the part of the
//! request, the status of the answer, further answers, and the type of the answer (the `tells` of models).

use super::types::Ty;
use crate::models::Tells;
use crate::output::{Inputs, Response};
use crate::value::*;
use crate::world::World;
use serde_json::{Value as Json, json};
use smol_str::SmolStr;
use std::rc::Rc;

/// References of schemas are followed so deep.
const MAX_REFS: u32 = 6;
/// Under which note shared schemas are kept.
const SHARED: &str = "shared.schemas";
/// Words of a JSON Schema; an object without any of them is one of properties.
const WORDS: &[&str] = &["type", "properties", "$ref", "anyOf", "oneOf", "allOf", "enum", "const", "items", "$id"];

/// What was told.
#[derive(Clone, Default)]
pub struct Told {
    /// Schemas by the part of the request.
    pub schemas: Vec<Value>,
    /// The status of the answer.
    pub status: Option<Value>,
    /// Further answers by status.
    pub responses: Option<Value>,
    /// The type of the answer.
    pub model: Option<Value>,
}

impl World<'_> {
    /// What a call tells.
    pub(crate) fn told(&mut self, tells: Option<&Tells>, args: &Args) -> Option<Rc<Told>> {
        let tells = tells?;
        let mut one =
            |place: &Option<crate::models::Place>| self.places(place, args, None).into_iter().next().filter(|v| !matches!(v, Value::Null));
        let (status, responses, model) = (one(&tells.status), one(&tells.responses), one(&tells.model));
        let schemas = self.places(&tells.schemas, args, None);
        Some(Rc::new(Told { schemas, status, responses, model }))
    }

    /// Keeps a schema that others refer to by its `$id`.
    pub(crate) fn share_schema(&mut self, schema: &Value) {
        self.notes.entry(SHARED).or_default().push(schema.clone());
    }

    /// What schemas given with a route say.
    pub(super) fn told_schemas(&mut self, told: &Told, out: &mut Inputs) {
        for value in &told.schemas {
            for (place, schema) in self.pairs(value) {
                let schema = self.of_content(&schema).unwrap_or(schema);
                if let Some(shape) = self.validator(&schema, 0) {
                    self.put_at(&place, shape, out);
                    continue;
                }
                let Some(json) = self.json_of(&schema, 0) else { continue };
                let json = self.with_references(json, 0);
                let Some(words) = json.as_object() else { continue };
                let json = match WORDS.iter().any(|w| words.contains_key(*w)) {
                    true => json,
                    false if words.is_empty() => {
                        self.put_literal(&place, &schema, out);
                        continue;
                    }
                    false => json!({"type": "object", "properties": json}),
                };
                self.put_at(&place, crate::natives::validators::Shape { schema: json, required: true }, out);
            }
        }
    }

    /// The schema in `{content: {"application/json": {schema: ..}}}`.
    fn of_content(&mut self, value: &Value) -> Option<Value> {
        let content = self.pairs(value).into_iter().find(|p| p.0 == "content")?.1;
        let media = self.pairs(&content).into_iter().next()?.1;
        self.pairs(&media).into_iter().find(|p| p.0 == "schema").map(|p| p.1)
    }

    /// A schema with what it refers to in its place.
    fn with_references(&mut self, mut schema: Json, depth: u32) -> Json {
        if let Some(name) = schema.get("$ref").and_then(Json::as_str).map(str::to_owned) {
            let (id, below) = name.split_once('#').unwrap_or((&name, ""));
            let found = if depth < MAX_REFS { self.shared_schema(id) } else { None };
            return match found.and_then(|f| f.pointer(below).cloned()) {
                Some(found) => self.with_references(found, depth + 1),
                None => json!({"x-apicensus-type": name}),
            };
        }
        match &mut schema {
            Json::Object(map) => {
                map.remove("$id");
                for value in map.values_mut() {
                    *value = self.with_references(value.take(), depth);
                }
            }
            Json::Array(all) => {
                for value in all {
                    *value = self.with_references(value.take(), depth);
                }
            }
            _ => {}
        }
        schema
    }

    fn shared_schema(&mut self, id: &str) -> Option<Json> {
        let all = self.notes.get(SHARED).cloned().unwrap_or_default();
        all.iter().filter_map(|v| self.json_of(v, 0)).find(|s| s.get("$id").and_then(Json::as_str) == Some(id))
    }

    /// The answers that a route's registration and its handler's return type declare.
    pub(super) fn told_answers(&mut self, told: &Told, f: &Rc<Closure>, out: &mut Inputs) {
        let status = told.status.as_ref().and_then(|v| self.status_of(v)).unwrap_or(200);
        let cx = self.declared_in(f);
        let tree = cx.tree.clone();
        let ty = match &told.model {
            Some(model) => self.type_of_value(model, 0),
            None => tree.function(f.function).returns.map(|t| self.type_at(&cx, t, 0)),
        };
        let schema = match ty.filter(|t| !is_answer(t)) {
            Some(ty) => self.schema(&ty, 0),
            None => json!({}),
        };
        let empty = matches!(status, 204 | 205 | 304);
        out.responses.push(Response {
            status,
            content_type: (!empty).then(|| SmolStr::new_static("application/json")),
            schema: if empty { json!({}) } else { schema },
            inferred: false,
        });
        let Some(Value::Dict(dict)) = told.responses.as_ref().map(|v| self.force(v)) else { return };
        let entries: Vec<(Value, Value)> = dict.entries.borrow().values().cloned().collect();
        for (key, value) in entries {
            let Some(status) = self.status_of(&key) else { continue };
            if out.responses.iter().any(|r| r.status == status) {
                continue;
            }
            let model = self.pairs(&value).into_iter().find(|p| p.0 == "model").map(|p| p.1);
            let ty = model.and_then(|m| self.type_of_value(&m, 0));
            let schema = ty.map_or_else(|| json!({}), |t| self.schema(&t, 0));
            out.responses.push(Response { status, content_type: Some("application/json".into()), schema, inferred: false });
        }
        out.responses.sort_by_key(|r| r.status);
    }

    /// A status as a number, a text, or a constant's name (`HTTP_201_CREATED`).
    pub(super) fn status_of(&mut self, value: &Value) -> Option<u16> {
        match self.force(value) {
            Value::Number(n) => Some(n as u16).filter(|s| (100..600).contains(s)),
            Value::Symbol(symbol) => {
                let last = symbol.rsplit('.').next()?;
                let digits = last.split('_').find_map(|part| part.parse().ok()).filter(|s| (100..600).contains(s));
                digits.or_else(|| super::answers::phrase(last))
            }
            other => other.as_str()?.parse().ok(),
        }
    }
}

/// A type that says how to answer, not what.
pub(super) fn is_answer(ty: &Ty) -> bool {
    ty.last().ends_with("Response") && !matches!(ty, Ty::Class(..)) || matches!(ty.last(), "Any" | "object")
}
