//! Which files may be API descriptions, told by name and by a look at their text, before anything is parsed.

use memchr::memmem;

/// How a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON or YAML, told apart by its content.
    Data,
    /// A GraphQL schema.
    Graphql,
    /// A Protocol Buffers file.
    Proto,
}

/// Words that name a description where they stand as a key.
const KEYS: &[&[u8]] = &[b"openapi", b"swagger", b"asyncapi"];
/// Folders of clients made from somebody else's description.
const CLIENT_FOLDERS: &[&str] =
    &["client", "clients", "sdk", "sdks", "third_party", "thirdparty", "third-party", "external", "vendor", "connectors", "integrations"];

fn ending(path: &str) -> &str {
    path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map_or("", |(_, ending)| ending)
}

/// Whether a file's name lets it be one.
pub fn may_be(path: &str) -> bool {
    matches!(ending(path), "json" | "yaml" | "yml" | "har" | "graphql" | "graphqls" | "gql" | "proto")
}

/// Whether a file's name says it is one.
pub fn is_named_so(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    ["openapi", "swagger", "asyncapi", "api-docs"].iter().any(|word| name.contains(word))
}

/// Whether a file's name says that a tool wrote it.
pub fn is_called_generated(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    name.contains("generated") || name.contains("autogen")
}

/// Whether a file lies with clients.
pub fn is_of_a_client(path: &str) -> bool {
    let mut folders = path.split('/').rev().skip(1);
    folders.any(|folder| CLIENT_FOLDERS.contains(&folder.to_ascii_lowercase().as_str()))
}

/// The format of a file; none where it is no description.
pub fn format(path: &str, bytes: &[u8]) -> Option<Format> {
    match ending(path) {
        "graphql" | "graphqls" | "gql" => Some(Format::Graphql),
        "proto" => memmem::find(bytes, b"service").map(|_| Format::Proto),
        "har" => Some(Format::Data),
        "json" => {
            let is_collection = memmem::find(bytes, b".com/json/collection/v2").is_some();
            (is_collection || KEYS.iter().any(|key| has_json_key(bytes, key))).then_some(Format::Data)
        }
        _ => KEYS.iter().any(|key| has_json_key(bytes, key) || has_yaml_key(bytes, key)).then_some(Format::Data),
    }
}

/// `"openapi" : "3`, also with a number for its value.
fn has_json_key(bytes: &[u8], key: &[u8]) -> bool {
    memmem::find_iter(bytes, key).any(|at| {
        let quoted = at > 0 && bytes[at - 1] == b'"' && bytes.get(at + key.len()) == Some(&b'"');
        let rest = bytes.get(at + key.len() + 1..).unwrap_or_default();
        let mut after = rest.iter().filter(|b| !b.is_ascii_whitespace());
        quoted && after.next() == Some(&b':') && after.next().is_some_and(|b| *b == b'"' || b.is_ascii_digit())
    })
}

/// `openapi:` at the beginning of a line, also in quotes.
fn has_yaml_key(bytes: &[u8], key: &[u8]) -> bool {
    memmem::find_iter(bytes, key).any(|at| {
        let quote = at.checked_sub(1).map(|i| bytes[i]).filter(|b| matches!(b, b'"' | b'\''));
        let start = if quote.is_some() { at - 1 } else { at };
        let begins = start == 0 || bytes[start - 1] == b'\n' || (start == 3 && bytes.starts_with(b"\xef\xbb\xbf"));
        let end = at + key.len() + usize::from(quote.is_some());
        begins && bytes.get(end..).unwrap_or_default().iter().find(|b| **b != b' ') == Some(&b':')
    })
}
