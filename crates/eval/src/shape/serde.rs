//! How Rust's structs and enums travel: serde's attributes (https://serde.rs/attributes.html) and those of forms that are
//! like them.

use super::described::says_nothing;
use super::fields::FieldShape;
use super::types::Ty;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{Arg, ClassKind, Entry, Expr, ExprId, Field, Item, Module};
use serde_json::{Map, Value as Json, json};
use smol_str::SmolStr;
use std::rc::Rc;

/// Attributes that say how something travels.
const ATTRIBUTES: &[&str] = &["serde", "oai", "field", "deserr", "form_data", "multipart"];

/// What the attributes of a container, field or variant say.
#[derive(Default)]
struct Words {
    rename: Option<SmolStr>,
    rename_all: Option<SmolStr>,
    tag: Option<SmolStr>,
    content: Option<SmolStr>,
    is_default: bool,
    flatten: bool,
    skip: bool,
    untagged: bool,
    /// Functions of its own read or write it: what travels is not its type.
    is_custom: bool,
    /// A function of its own reads it, which is asked for a field that is missing only where there is a default: an `Option` is no
    /// longer optional by itself.
    is_asked: bool,
}

impl Words {
    fn of(tree: &Module, annotations: &[ExprId]) -> Words {
        let mut out = Words::default();
        for id in annotations {
            let Expr::Call { callee, args, .. } = tree.expr(*id) else { continue };
            if !matches!(tree.expr(*callee), Expr::Name(n) if ATTRIBUTES.contains(&n.as_str())) {
                continue;
            }
            for arg in args {
                out.read(tree, arg);
            }
        }
        out
    }

    fn read(&mut self, tree: &Module, arg: &Arg) {
        match arg {
            Arg::Named(name, value) => match name.as_str() {
                "rename" | "name" => self.rename = text(tree, *value).or(self.rename.take()),
                "rename_all" => self.rename_all = text(tree, *value),
                "tag" => self.tag = text(tree, *value),
                "content" => self.content = text(tree, *value),
                "default" => self.is_default = true,
                "with" | "deserialize_with" => (self.is_custom, self.is_asked) = (true, true),
                "serialize_with" => self.is_custom = true,
                _ => {}
            },
            Arg::Positional(id) => match tree.expr(*id) {
                Expr::Name(word) => self.flag(word),
                // `rename(deserialize = "x")`
                Expr::Call { callee, args, .. } => {
                    let given = args.iter().find_map(|a| match a {
                        Arg::Named(name, value) if name == "deserialize" => text(tree, *value),
                        _ => None,
                    });
                    match tree.expr(*callee) {
                        Expr::Name(n) if n == "rename" => self.rename = given,
                        Expr::Name(n) if n == "rename_all" => self.rename_all = given,
                        _ => {}
                    }
                }
                _ => {}
            },
            _ => {}
        }
    }

    fn flag(&mut self, word: &str) {
        match word {
            "default" => self.is_default = true,
            "flatten" => self.flatten = true,
            "skip" | "skip_deserializing" => self.skip = true,
            "untagged" => self.untagged = true,
            _ => {}
        }
    }

    fn name(&self, own: &SmolStr, rule: Option<&SmolStr>, is_variant: bool) -> SmolStr {
        match (&self.rename, rule) {
            (Some(name), _) => name.clone(),
            (None, Some(rule)) => renamed(own, rule, is_variant),
            (None, None) => own.clone(),
        }
    }
}

/// A plain text.
pub(super) fn text(tree: &Module, id: ExprId) -> Option<SmolStr> {
    crate::walk::plain_text(tree, id).map(SmolStr::new)
}

/// How serde_with's `#[serde_as(as = "..")]` has a field travel (https://docs.rs/serde_with/latest/serde_with/guide/serde_as_transformations).
fn serde_as(tree: &Module, annotations: &[ExprId]) -> Option<Json> {
    let said = annotations.iter().find_map(|id| {
        let Expr::Call { callee, args, .. } = tree.expr(*id) else { return None };
        let is_it = matches!(tree.expr(*callee), Expr::Name(n) | Expr::Attr(_, n) if n == "serde_as");
        args.iter().filter(|_| is_it).find_map(|arg| match arg {
            Arg::Named(name, value) if name == "as" => text(tree, *value),
            _ => None,
        })
    })?;
    let seconds = ["DurationSeconds", "DurationMilliSeconds", "TimestampSeconds", "TimestampMilliSeconds"];
    if seconds.iter().any(|word| said.contains(word)) {
        return Some(json!({"type": "integer", "minimum": 0}));
    }
    ["DisplayFromStr", "Base64", "Hex"].iter().any(|word| said.contains(word)).then(|| json!({"type": "string"}))
}

/// The type that a description gives a field whose own says nothing: `#[schema(value_type = String)]` of utoipa.
fn told_type(tree: &Module, annotations: &[ExprId]) -> Option<ExprId> {
    annotations.iter().find_map(|id| {
        let Expr::Call { callee, args, .. } = tree.expr(*id) else { return None };
        let describes = matches!(tree.expr(*callee), Expr::Name(n) if n == "schema" || n == "param");
        args.iter().filter(|_| describes).find_map(|arg| match arg {
            Arg::Named(name, value) if name == "value_type" => Some(*value),
            _ => None,
        })
    })
}

/// A name by a rule of `rename_all`, as serde_derive's `RenameRule` makes it.
fn renamed(name: &str, rule: &str, is_variant: bool) -> SmolStr {
    let snake = if is_variant {
        let mut out = String::new();
        for (at, c) in name.char_indices() {
            if at > 0 && c.is_uppercase() {
                out.push('_');
            }
            out.push(c.to_ascii_lowercase());
        }
        out
    } else {
        name.to_owned()
    };
    let pascal = || -> String {
        if is_variant {
            return name.to_owned();
        }
        let capital = |part: &str| part.chars().take(1).map(|c| c.to_ascii_uppercase()).chain(part.chars().skip(1)).collect::<String>();
        name.split('_').map(capital).collect()
    };
    SmolStr::new(match rule {
        "lowercase" if is_variant => name.to_ascii_lowercase(),
        "lowercase" | "snake_case" => snake,
        "UPPERCASE" => name.to_ascii_uppercase(),
        "PascalCase" => pascal(),
        "camelCase" => {
            let pascal = pascal();
            pascal.chars().take(1).map(|c| c.to_ascii_lowercase()).chain(pascal.chars().skip(1)).collect()
        }
        "SCREAMING_SNAKE_CASE" => snake.to_ascii_uppercase(),
        "kebab-case" => snake.replace('_', "-"),
        "SCREAMING-KEBAB-CASE" => snake.to_ascii_uppercase().replace('_', "-"),
        _ => name.to_owned(),
    })
}

/// The text that an attribute of serde's gives under a name.
pub(super) fn said(tree: &Module, annotations: &[ExprId], wanted: &str) -> Option<SmolStr> {
    annotations.iter().find_map(|id| {
        let Expr::Call { callee, args, .. } = tree.expr(*id) else { return None };
        let is_serde = matches!(tree.expr(*callee), Expr::Name(n) if n == "serde");
        args.iter().filter(|_| is_serde).find_map(|arg| match arg {
            Arg::Named(name, value) if name == wanted => text(tree, *value),
            _ => None,
        })
    })
}

/// Whether a function of its own that reads a field most likely takes what the field's type says: texts that are checked, one or many
/// of a type of the tree. Numbers, truths, times and types from outside travel as anything.
fn keeps_its_form(schema: &Json) -> bool {
    schema["type"] == "string" && schema.get("format").is_none() || schema.to_string().contains("\"$ref\"")
}

impl World<'_> {
    /// The fields of a struct as they travel.
    pub(super) fn struct_fields(&mut self, class: &Rc<ClassValue>, args: &[Ty], depth: u32) -> Vec<FieldShape> {
        let Some(id) = class.class else { return Vec::new() };
        let tree = self.module(class.module).tree.clone();
        let definition = tree.class(id);
        let whole = Words::of(&tree, &definition.annotations);
        let cx = self.class_cx(class);
        let mut out = Vec::new();
        for field in &definition.fields {
            let own = Words::of(&tree, &field.annotations);
            let Some(ty) = field.ty.filter(|_| !own.skip) else { continue };
            let ty = self.type_at(&cx, ty, 0);
            let ty = generic(ty, args);
            if own.flatten {
                if let (Ty::Class(inner, args), true) = (ty.core(), depth < 8) {
                    out.extend(self.struct_fields(&inner, &args, depth + 1));
                }
                continue;
            }
            let name = own.name(&field.name, whole.rename_all.as_ref(), false);
            let mut schema = self.schema(&ty, depth + 1);
            if own.is_custom && !keeps_its_form(&schema) {
                schema = json!({});
            }
            if says_nothing(&schema)
                && let Some(told) = told_type(&tree, &field.annotations)
            {
                let told = self.type_at(&cx, told, 0);
                schema = self.schema(&told, depth + 1);
            }
            if let Some(said) = serde_as(&tree, &field.annotations) {
                schema = if ty.is_optional() { json!({"anyOf": [said, {"type": "null"}]}) } else { said };
            }
            let required = (own.is_asked || !ty.is_optional()) && !own.is_default && !whole.is_default;
            out.push(FieldShape { name, schema, required, own: None });
        }
        out
    }

    /// The schema of a Rust class where it isn't an object of its fields: enums, tuple structs, units.
    pub(super) fn rust_schema(&mut self, class: &Rc<ClassValue>, args: &[Ty], depth: u32) -> Option<Json> {
        let tree = self.module(class.module).tree.clone();
        let definition = tree.class(class.class?);
        if let Some(manual) = self.manual_schema(class, depth) {
            return Some(manual);
        }
        match definition.kind {
            ClassKind::Enum => Some(self.enum_schema(class, args, depth)),
            ClassKind::Struct => {
                let is_tuple = definition.fields.first().is_some_and(|f| f.name == "0");
                if !is_tuple {
                    return None;
                }
                let cx = self.class_cx(class);
                let items: Vec<Json> = definition
                    .fields
                    .iter()
                    .filter_map(|f| f.ty)
                    .map(|ty| {
                        let ty = self.type_at(&cx, ty, 0);
                        let ty = generic(ty, args);
                        self.schema(&ty, depth + 1)
                    })
                    .collect();
                Some(one_or_list(items))
            }
            _ => None,
        }
    }

    fn enum_schema(&mut self, class: &Rc<ClassValue>, args: &[Ty], depth: u32) -> Json {
        let Some(id) = class.class else { return json!({}) };
        let tree = self.module(class.module).tree.clone();
        let definition = tree.class(id);
        let whole = Words::of(&tree, &definition.annotations);
        let variants: Vec<(&Field, Words)> =
            definition.fields.iter().map(|f| (f, Words::of(&tree, &f.annotations))).filter(|(_, w)| !w.skip).collect();
        if variants.iter().all(|(f, _)| f.ty.is_none()) && whole.tag.is_none() {
            let names: Vec<SmolStr> = variants.iter().map(|(f, w)| w.name(&f.name, whole.rename_all.as_ref(), true)).collect();
            return json!({"type": "string", "enum": names});
        }
        let mut any = Vec::new();
        for (field, own) in &variants {
            let name = own.name(&field.name, whole.rename_all.as_ref(), true);
            let payload = field.ty.map(|ty| self.payload(class, &tree, ty, own, args, depth));
            any.push(variant(&whole, own, &name, payload));
        }
        if any.len() == 1 { any.remove(0) } else { json!({"anyOf": any}) }
    }

    /// What a variant holds.
    fn payload(&mut self, class: &Rc<ClassValue>, tree: &Module, id: ExprId, words: &Words, args: &[Ty], depth: u32) -> Json {
        let cx = self.class_cx(class);
        match tree.expr(id) {
            Expr::List(_, items) => {
                let items: Vec<Json> = items
                    .iter()
                    .map(|i| {
                        let (Item::One(ty) | Item::Spread(ty)) = i;
                        let ty = self.type_at(&cx, *ty, 0);
                        let ty = generic(ty, args);
                        self.schema(&ty, depth + 1)
                    })
                    .collect();
                one_or_list(items)
            }
            Expr::Dict(entries, _) => {
                let (mut properties, mut required) = (Map::new(), Vec::new());
                for entry in entries {
                    let Entry::Pair(key, ty) = entry else { continue };
                    let Some(name) = text(tree, *key) else { continue };
                    let name = words.rename_all.as_ref().map_or(name.clone(), |rule| renamed(&name, rule, false));
                    let ty = self.type_at(&cx, *ty, 0);
                    let ty = generic(ty, args);
                    properties.insert(name.to_string(), self.schema(&ty, depth + 1));
                    if !ty.is_optional() {
                        required.push(json!(name));
                    }
                }
                object(properties, required)
            }
            _ => json!({}),
        }
    }
}

/// A type parameter stands for the only argument.
fn generic(ty: Ty, args: &[Ty]) -> Ty {
    let Some(first) = args.first() else { return ty };
    let is_parameter = |t: &Ty| matches!(t, Ty::Name(n) if n.len() <= 2 && n.chars().all(|c| c.is_uppercase() || c.is_numeric()));
    match ty {
        one if is_parameter(&one) => first.clone(),
        Ty::Apply(name, inner) => Ty::Apply(name, inner.into_iter().map(|t| if is_parameter(&t) { first.clone() } else { t }).collect()),
        other => other,
    }
}

fn one_or_list(mut items: Vec<Json>) -> Json {
    match items.len() {
        1 => items.remove(0),
        0 => json!({"type": "null"}),
        _ => json!({"type": "array", "prefixItems": items}),
    }
}

fn object(properties: Map<String, Json>, required: Vec<Json>) -> Json {
    let mut out = json!({"type": "object", "properties": properties});
    if !required.is_empty() {
        out["required"] = Json::Array(required);
    }
    out
}

/// A variant as its enum is tagged (https://serde.rs/enum-representations.html).
fn variant(whole: &Words, own: &Words, name: &SmolStr, payload: Option<Json>) -> Json {
    if whole.untagged || own.untagged {
        return payload.unwrap_or_else(|| json!({"type": "null"}));
    }
    let Some(tag) = &whole.tag else {
        return match payload {
            None => json!({"type": "string", "enum": [name]}),
            Some(payload) => object([(name.to_string(), payload)].into_iter().collect(), vec![json!(name)]),
        };
    };
    let mut properties: Map<String, Json> = [(tag.to_string(), json!({"type": "string", "enum": [name]}))].into_iter().collect();
    let mut required = vec![json!(tag)];
    match (&whole.content, payload) {
        (Some(content), Some(payload)) => {
            properties.insert(content.to_string(), payload);
            required.push(json!(content));
        }
        (None, Some(Json::Object(payload))) if payload.contains_key("properties") => {
            if let Some(Json::Object(inner)) = payload.get("properties").cloned() {
                properties.extend(inner);
            }
            if let Some(Json::Array(inner)) = payload.get("required").cloned() {
                required.extend(inner);
            }
        }
        (None, Some(payload)) => return json!({"allOf": [object(properties, required), payload]}),
        _ => {}
    }
    object(properties, required)
}

#[cfg(test)]
mod tests {
    use super::renamed;

    #[test]
    fn names_follow_the_rules_of_rename_all() {
        let fields = [("camelCase", "pageSize"), ("PascalCase", "PageSize"), ("kebab-case", "page-size"), ("UPPERCASE", "PAGE_SIZE")];
        for (rule, expected) in fields {
            assert_eq!(renamed("page_size", rule, false), expected, "{rule}");
        }
        let variants =
            [("camelCase", "firstOne"), ("snake_case", "first_one"), ("lowercase", "firstone"), ("SCREAMING-KEBAB-CASE", "FIRST-ONE")];
        for (rule, expected) in variants {
            assert_eq!(renamed("FirstOne", rule, true), expected, "{rule}");
        }
    }
}
