//! Names of the fields of Python models: what a field is called when it is taken, when it is given, and what is only given.
//!
//! `alias` is both, `validation_alias` and `serialization_alias` are one each (https://docs.pydantic.dev/latest/concepts/alias/). A field
//! whose names differ is two properties, one `writeOnly` and one `readOnly`; a computed field is `readOnly`.

use super::fields::FieldShape;
use crate::interp::Cx;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{Class, Expr, FunctionId, Stmt};
use serde_json::{Value as Json, json};
use smol_str::SmolStr;

/// The names that a field is given beside its own.
#[derive(Default)]
pub(super) struct Names {
    /// When it is taken.
    pub taken: Option<SmolStr>,
    /// When it is given.
    pub given: Option<SmolStr>,
}

impl Names {
    /// These, and where there are none those.
    pub fn or(self, those: Names) -> Names {
        Names { taken: self.taken.or(those.taken), given: self.given.or(those.given) }
    }

    /// The properties of a field with these names; without any it is called as it is.
    pub fn shapes(self, own: &SmolStr, schema: Json, required: bool) -> Vec<FieldShape> {
        let (taken, given) = (self.taken.unwrap_or_else(|| own.clone()), self.given.unwrap_or_else(|| own.clone()));
        let own = Some(own.clone());
        if taken == given {
            return vec![FieldShape { name: taken, schema, required, own }];
        }
        vec![
            FieldShape { name: taken, schema: marked(schema.clone(), "writeOnly"), required, own: own.clone() },
            FieldShape { name: given, schema: marked(schema, "readOnly"), required: false, own },
        ]
    }
}

fn marked(mut schema: Json, word: &str) -> Json {
    if let Json::Object(map) = &mut schema {
        map.insert(word.to_owned(), Json::Bool(true));
    }
    schema
}

impl World<'_> {
    /// The names that `Field(alias=..)` and the like give; of several (`AliasChoices`) the first, of a way (`AliasPath`) its first step.
    pub(super) fn field_names(&mut self, meta: &Value) -> Names {
        let Value::Unknown(u) = meta else { return Names::default() };
        let mut word = |key: &str| {
            let given = u.args.name(key).cloned().map(|v| self.force(&v))?;
            match given {
                Value::Unknown(choices) => {
                    let first = choices.args.items.first().map(|v| self.force(v))?;
                    match first {
                        Value::Unknown(way) => way.args.items.first().and_then(Value::as_str),
                        other => other.as_str(),
                    }
                }
                other => other.as_str(),
            }
        };
        let both = word("alias");
        Names { taken: word("validation_alias").or_else(|| both.clone()), given: word("serialization_alias").or(both) }
    }

    /// The fields that methods compute: `@computed_field`.
    pub(super) fn computed_fields(&mut self, definition: &Class, cx: &Cx, depth: u32) -> Vec<FieldShape> {
        let tree = cx.tree.clone();
        let mut out = Vec::new();
        for stmt in &definition.body {
            let Stmt::Function(id) = tree.stmt(*stmt) else { continue };
            let function = tree.function(*id);
            let (Some(name), true) = (function.name.clone(), self.is_computed(cx, *id)) else { continue };
            let schema = function.returns.map(|ty| self.type_at(cx, ty, 0)).map_or_else(|| json!({}), |ty| self.schema(&ty, depth + 1));
            out.push(FieldShape { own: Some(name.clone()), name, schema: marked(schema, "readOnly"), required: false });
        }
        out
    }

    fn is_computed(&mut self, cx: &Cx, id: FunctionId) -> bool {
        let tree = cx.tree.clone();
        tree.function(id).annotations.iter().any(|annotation| {
            let callee = if let Expr::Call { callee, .. } = tree.expr(*annotation) { *callee } else { *annotation };
            let name = match tree.expr(callee) {
                Expr::Name(name) | Expr::Attr(_, name) => name.as_str(),
                _ => "",
            };
            name == "computed_field"
        })
    }

    /// The names that an alias generator makes of a field's; `AliasGenerator` may make two.
    pub(super) fn generated_names(&mut self, generator: &Value, name: &SmolStr, cx: &Cx) -> Names {
        let Value::Unknown(u) = generator else {
            let both = self.generated_alias(generator, name, cx);
            return Names { taken: both.clone(), given: both };
        };
        let mut word = |key: &str| {
            let inner = u.args.name(key).cloned().map(|v| self.force(&v))?;
            self.generated_alias(&inner, name, cx)
        };
        let both = word("alias");
        Names { taken: word("validation_alias").or_else(|| both.clone()), given: word("serialization_alias").or(both) }
    }

    /// The name that one makes.
    fn generated_alias(&mut self, generator: &Value, name: &SmolStr, cx: &Cx) -> Option<SmolStr> {
        match generator {
            Value::Symbol(symbol) => match symbol.rsplit('.').next()? {
                "to_camel" | "camelize" => Some(camel(name, false)),
                "to_pascal" => Some(camel(name, true)),
                _ => None,
            },
            Value::Function(_) | Value::BoundFunction(_) => {
                let at = self.place(cx.module, cx.tree.exprs.first()?.1);
                let made = self.call_value(generator, Args::of(vec![Value::text(name.clone())]), at);
                self.force(&made).as_str()
            }
            _ => None,
        }
    }
}

/// `first_name` as `firstName`, or `FirstName`.
fn camel(name: &str, pascal: bool) -> SmolStr {
    let mut out = String::new();
    let mut rises = pascal;
    for c in name.chars() {
        if c == '_' {
            rises = !out.is_empty();
            continue;
        }
        if rises {
            out.extend(c.to_uppercase())
        } else {
            out.push(c)
        }
        rises = false;
    }
    SmolStr::new(out)
}
