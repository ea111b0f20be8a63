//! What operations of OpenAPI and Swagger documents take and give: bodies by media type, answers by status.

use crate::node::Node;
use crate::refs::{At, Loader};
use crate::schema::Schemas;
use apicensus_catalog::{Body, DeclaredAnswer, Promised};
use serde_json::{Map, Value as Json, json};

/// Media types of one body or answer that are read.
const MAX_TYPES: usize = 4;
/// Statuses of one operation that are read.
const MAX_STATUSES: usize = 30;
/// What a form is sent as, with files and without.
const FORMS: [&str; 2] = ["multipart/form-data", "application/x-www-form-urlencoded"];

/// Reads them for one document.
pub struct Promises {
    schemas: Schemas,
    /// That there are too many schemas was said.
    is_told: bool,
    is_swagger: bool,
    consumes: Vec<String>,
    produces: Vec<String>,
}

impl Promises {
    /// For a document.
    pub fn of_document(root: &At, is_swagger: bool) -> Promises {
        let types = |key: &str| root.node.get(key).map(texts).unwrap_or_default();
        Promises { schemas: Schemas::default(), is_told: false, is_swagger, consumes: types("consumes"), produces: types("produces") }
    }

    /// What an operation of a path item takes and gives.
    pub fn of(&mut self, loader: &mut Loader<'_>, item: &At, operation: &At) -> Promised {
        if self.schemas.are_used_up() {
            if !std::mem::replace(&mut self.is_told, true) {
                loader.trouble(&operation.file, operation.node.line, "there are too many schemas; bodies from here on were not compared");
            }
            return Promised::default();
        }
        let bodies = if self.is_swagger { self.of_parameters(loader, item, operation) } else { self.of_request(loader, operation) };
        Promised { bodies, answers: self.answers(loader, operation) }
    }

    /// OpenAPI 3: the request body; none at all where there is no such key.
    fn of_request(&mut self, loader: &mut Loader<'_>, operation: &At) -> Option<Vec<Body>> {
        let Some(request) = operation.get("requestBody") else { return Some(Vec::new()) };
        let request = loader.follow(&request)?;
        let required = request.node.get("required").is_some_and(Node::is_true);
        let content = self.content(loader, &request);
        Some(
            content.into_iter().map(|(content_type, schema)| Body { content_type, schema: schema.unwrap_or_default(), required }).collect(),
        )
    }

    /// The schemas of a body by its media types.
    fn content(&mut self, loader: &mut Loader<'_>, holder: &At) -> Vec<(String, Option<Json>)> {
        let Some(content) = holder.get("content") else { return Vec::new() };
        let mut found = Vec::new();
        for entry in content.node.entries().iter().take(MAX_TYPES) {
            let media = loader.follow(&content.with(&entry.node));
            let schema = media.and_then(|media| media.get("schema")).map(|schema| self.schemas.read(loader, &schema));
            found.push((plain(&entry.key), schema));
        }
        found
    }

    /// Swagger 2.0: the parameter that is the body, or those that are fields of a form.
    fn of_parameters(&mut self, loader: &mut Loader<'_>, item: &At, operation: &At) -> Option<Vec<Body>> {
        let own = operation.node.get("consumes").map(texts);
        let consumes = own.as_ref().unwrap_or(&self.consumes).clone();
        let (mut fields, mut needed, mut has_file) = (Map::new(), Vec::new(), false);
        for at in [operation, item] {
            for node in at.node.get("parameters").map(Node::items).unwrap_or_default() {
                let parameter = loader.follow(&at.with(node))?;
                let required = parameter.node.get("required").is_some_and(Node::is_true);
                match (parameter.node.text_at("in"), parameter.node.text_at("name")) {
                    (Some("body"), _) => {
                        let schema = parameter.get("schema").map(|schema| self.schemas.read(loader, &schema)).unwrap_or_default();
                        let types = if consumes.is_empty() { vec!["application/json".to_owned()] } else { consumes };
                        let body = |content_type| Body { content_type, schema: schema.clone(), required };
                        return Some(types.into_iter().take(MAX_TYPES).map(body).collect());
                    }
                    (Some("formData"), Some(name)) => {
                        has_file |= parameter.node.text_at("type") == Some("file");
                        fields.insert(name.to_owned(), self.schemas.read(loader, &parameter));
                        needed.extend(required.then(|| name.to_owned()));
                    }
                    _ => {}
                }
            }
        }
        if fields.is_empty() {
            return Some(Vec::new());
        }
        let is_form = |t: &&String| FORMS.contains(&t.as_str());
        let said = consumes.iter().find(is_form).cloned().unwrap_or_else(|| FORMS[usize::from(!has_file)].to_owned());
        let schema = json!({"type": "object", "required": &needed, "properties": fields});
        Some(vec![Body { content_type: said, schema, required: !needed.is_empty() }])
    }

    fn answers(&mut self, loader: &mut Loader<'_>, operation: &At) -> Vec<DeclaredAnswer> {
        let Some(responses) = operation.get("responses") else { return Vec::new() };
        let mut found = Vec::new();
        for entry in responses.node.entries().iter().filter(|e| !e.key.starts_with("x-")).take(MAX_STATUSES) {
            let status = entry.key.to_ascii_uppercase();
            let bare = DeclaredAnswer { status: status.clone(), ..DeclaredAnswer::default() };
            // What goes wrong is compared by its status alone.
            if !status.starts_with('2') {
                found.push(bare);
                continue;
            }
            let Some(response) = loader.follow(&responses.with(&entry.node)) else { continue };
            let bodies = if self.is_swagger { self.swagger_answer(loader, operation, &response) } else { self.content(loader, &response) };
            match bodies.is_empty() {
                true => found.push(bare),
                false => found.extend(bodies.into_iter().map(|(content_type, schema)| DeclaredAnswer {
                    status: status.clone(),
                    content_type,
                    schema,
                })),
            }
        }
        found
    }

    fn swagger_answer(&mut self, loader: &mut Loader<'_>, operation: &At, response: &At) -> Vec<(String, Option<Json>)> {
        let Some(schema) = response.get("schema") else { return Vec::new() };
        let schema = self.schemas.read(loader, &schema);
        let own = operation.node.get("produces").map(texts);
        let types = own.as_ref().unwrap_or(&self.produces).clone();
        let types = if types.is_empty() { vec!["application/json".to_owned()] } else { types };
        types.into_iter().take(MAX_TYPES).map(|content_type| (content_type, Some(schema.clone()))).collect()
    }
}

/// The texts of a list, without parameters of media types.
fn texts(node: &Node) -> Vec<String> {
    node.items().iter().filter_map(|n| n.text().map(plain)).collect()
}

/// A media type without its parameters.
fn plain(media: &str) -> String {
    media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
