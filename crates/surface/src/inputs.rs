//! What an endpoint takes and gives, from the evaluator's words to the catalog's. The template has the path's parameters;
//! what the handler says of them is added.

use crate::template::{self, Template};
use apicensus_catalog as catalog;
use apicensus_catalog::ParameterIn;
use apicensus_eval::output::{Input, InputIn, Inputs, Route};
use serde_json::Value;

/// The parameters: those of the path in their order, then the others by place and name.
pub fn parameters(template: &Template, inputs: &Inputs) -> Vec<catalog::Parameter> {
    let mut out: Vec<catalog::Parameter> = template.parameters.iter().map(|p| of_path(p, inputs)).collect();
    let mut others: Vec<&Input> = inputs.parameters.iter().filter(|p| !matches!(p.place, InputIn::Path | InputIn::Body)).collect();
    others.sort_by(|a, b| (a.place, &a.name).cmp(&(b.place, &b.name)));
    out.extend(others.into_iter().map(|input| catalog::Parameter {
        location: match input.place {
            InputIn::Header => ParameterIn::Header,
            InputIn::Cookie => ParameterIn::Cookie,
            InputIn::Argument => ParameterIn::Argument,
            InputIn::Path | InputIn::Query | InputIn::Body => ParameterIn::Query,
        },
        name: input.name.to_string(),
        type_name: type_word(&input.schema),
        pattern: None,
        required: input.required,
        catch_all: false,
        schema: schema(&input.schema),
        sensitive: None,
    }));
    out
}

fn of_path(parameter: &template::Parameter, inputs: &Inputs) -> catalog::Parameter {
    let said = inputs.parameters.iter().find(|i| i.place == InputIn::Path && i.name == parameter.name);
    catalog::Parameter {
        location: ParameterIn::Path,
        name: parameter.name.clone(),
        type_name: parameter.type_name.clone().or_else(|| said.and_then(|i| type_word(&i.schema))),
        pattern: parameter.pattern.clone(),
        required: !parameter.optional,
        catch_all: parameter.catch_all,
        schema: said.and_then(|i| schema(&i.schema)),
        sensitive: None,
    }
}

/// The bodies; none for methods that have none (RFC 9110, section 9.3).
pub fn bodies(route: &Route, method: &str) -> Vec<catalog::Body> {
    if matches!(method, "GET" | "HEAD" | "TRACE" | "CONNECT") {
        return Vec::new();
    }
    let body = |b: &apicensus_eval::output::Body| catalog::Body {
        content_type: b.content_type.to_string(),
        schema: b.schema.clone(),
        required: b.required,
    };
    route.inputs.bodies.iter().map(body).collect()
}

/// The answers.
pub fn responses(inputs: &Inputs) -> Vec<catalog::Response> {
    let response = |r: &apicensus_eval::output::Response| catalog::Response {
        status: r.status,
        content_type: r.content_type.as_ref().map(ToString::to_string),
        schema: schema(&r.schema),
        inferred: r.inferred,
    };
    inputs.responses.iter().map(response).collect()
}

/// A schema that says something.
fn schema(schema: &Value) -> Option<Value> {
    schema.as_object().is_some_and(|o| !o.is_empty()).then(|| schema.clone())
}

/// The type in one word: its format or its type.
fn type_word(schema: &Value) -> Option<String> {
    let word = |s: &Value| s.get("format").or_else(|| s.get("type")).and_then(Value::as_str).map(str::to_owned);
    word(schema).or_else(|| schema.get("anyOf")?.as_array()?.iter().filter(|s| s.get("type") != Some(&"null".into())).find_map(word))
}
