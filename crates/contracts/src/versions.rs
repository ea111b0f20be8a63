//! Documents that say they are of a version that no reader takes.

use crate::node::Node;

/// Keys that name a format, how it is called, the versions that are read, and keys of which such a document has one.
const FORMATS: &[(&str, &str, &str, &[&str])] = &[
    ("openapi", "OpenAPI", "3.0 to 3.2", &["info", "paths", "components", "webhooks"]),
    ("swagger", "Swagger", "2.0", &["info", "paths", "apis", "definitions"]),
    ("swaggerVersion", "Swagger", "2.0", &["apis", "resourcePath"]),
    ("asyncapi", "AsyncAPI", "2 and 3", &["info", "channels", "operations", "topics"]),
    ("openrpc", "OpenRPC", "1", &["info", "methods"]),
];

/// The line and what to say where a document is of a version that is not read; none of other documents.
pub fn unread(root: &Node) -> Option<(u32, String)> {
    for (key, name, read, others) in FORMATS {
        let Some(entry) = root.entry(key) else { continue };
        let version = entry.node.text().filter(|v| v.starts_with(|c: char| c.is_ascii_digit()));
        if let Some(version) = version.filter(|_| others.iter().any(|other| root.get(other).is_some())) {
            return Some((entry.line, format!("{name} {version} is not read, but {read}")));
        }
    }
    // Postman's first format has no schema: requests with ids stand in the root.
    let is_old = ["id", "requests", "order"].iter().all(|key| root.get(key).is_some());
    let line = root.entry("requests").map_or(1, |e| e.line);
    is_old.then(|| (line, "Postman's collection format 1 is not read, but 2".to_owned()))
}
