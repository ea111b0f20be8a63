//! Which files may be API descriptions, told by a look at their text before anything is parsed. The ending of a name only says
//! what to look for.

use memchr::memmem;

/// How a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON or YAML, told apart by its content.
    Data,
    /// YAML with the first line of RAML.
    Raml,
    /// A GraphQL schema.
    Graphql,
    /// A Protocol Buffers file.
    Proto,
    /// XML with a namespace of WSDL.
    Wsdl,
    /// A TypeSpec file that declares a service.
    Typespec,
    /// A request of a Bruno collection.
    Bru,
    /// Requests for an editor.
    HttpFile,
}

/// Words that name a description where they stand as a key.
const KEYS: &[&[u8]] = &[b"openapi", b"swagger", b"swaggerVersion", b"asyncapi", b"openrpc"];
/// Folders of clients made from somebody else's description.
const CLIENT_FOLDERS: &[&str] =
    &["client", "clients", "sdk", "sdks", "third_party", "thirdparty", "third-party", "external", "vendor", "connectors", "integrations"];
/// The namespaces of WSDL in quotes as far as they are the same.
const WSDL: &[&[u8]] = &[b"http://schemas.xmlsoap.org/wsdl/", b"http://www.w3.org/ns/wsdl"];

fn ending(path: &str) -> &str {
    path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map_or("", |(_, ending)| ending)
}

/// Whether a file's name lets it be one.
pub fn may_be(path: &str) -> bool {
    const ENDINGS: &[&str] =
        &["json", "yaml", "yml", "har", "graphql", "graphqls", "gql", "proto", "wsdl", "xml", "raml", "tsp", "bru", "http", "rest"];
    ENDINGS.contains(&ending(path))
}

/// Whether a file's name says it is one.
pub fn is_named_so(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    ["openapi", "swagger", "asyncapi", "openrpc", "api-docs"].iter().any(|word| name.contains(word))
        || matches!(ending(&name), "wsdl" | "raml" | "har")
}

/// Whether only descriptions have the ending of a file's name.
pub fn has_own_ending(path: &str) -> bool {
    matches!(ending(path), "graphql" | "graphqls" | "gql" | "proto" | "tsp" | "bru")
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
    let has = |word: &[u8]| memmem::find(bytes, word).is_some();
    if is_raml(bytes) {
        return Some(Format::Raml);
    }
    match ending(path) {
        "graphql" | "graphqls" | "gql" => Some(Format::Graphql),
        "proto" => has(b"service").then_some(Format::Proto),
        "wsdl" | "xml" => WSDL.iter().any(|space| has(space)).then_some(Format::Wsdl),
        "tsp" => has(b"@service").then_some(Format::Typespec),
        "bru" => has(b"url:").then_some(Format::Bru),
        "http" | "rest" => Some(Format::HttpFile),
        "raml" => None,
        "har" => Some(Format::Data),
        "json" => {
            let is_collection = has(b".com/json/collection/v2") || has(b"__export_format") || path.rsplit('/').next() == Some("bruno.json");
            (is_collection || has_key(bytes, false)).then_some(Format::Data)
        }
        _ => {
            let is_collection = has(b".insomnia.rest/") || has(b"__export_format") || has_yaml_key(bytes, b"opencollection");
            (is_collection || has_key(bytes, true)).then_some(Format::Data)
        }
    }
}

fn is_raml(bytes: &[u8]) -> bool {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).starts_with(b"#%RAML ")
}

fn has_key(bytes: &[u8], is_yaml: bool) -> bool {
    KEYS.iter().any(|key| has_json_key(bytes, key, |_| true) || (is_yaml && has_yaml_key(bytes, key)))
}

/// Whether a text says in so many words that it is one: a key that names a format, followed by a version.
pub fn declares(bytes: &[u8]) -> bool {
    let is_version = |value: &[u8]| {
        let value = value.strip_prefix(b"\"").or(value.strip_prefix(b"'")).unwrap_or(value);
        value.len() > 1 && value[0].is_ascii_digit() && value[1] == b'.'
    };
    let in_yaml = |key: &&[u8]| {
        memmem::find_iter(bytes, key).any(|at| {
            let rest = bytes[at + key.len()..].trim_ascii_start();
            (at == 0 || bytes[at - 1] == b'\n') && rest.strip_prefix(b":").is_some_and(|value| is_version(value.trim_ascii_start()))
        })
    };
    // Deep within a document the word may be anything; what says it in its first lines means itself.
    let head = &bytes[..bytes.len().min(4096)];
    KEYS.iter().any(|key| has_json_key(head, key, is_version) || in_yaml(key))
}

/// `"openapi" : "3`, also with a number for its value.
fn has_json_key(bytes: &[u8], key: &[u8], fits: impl Fn(&[u8]) -> bool) -> bool {
    memmem::find_iter(bytes, key).any(|at| {
        let quoted = at > 0 && bytes[at - 1] == b'"' && bytes.get(at + key.len()) == Some(&b'"');
        let rest = bytes.get(at + key.len() + 1..).unwrap_or_default().trim_ascii_start();
        let value = rest.strip_prefix(b":").unwrap_or_default().trim_ascii_start();
        quoted && value.first().is_some_and(|b| *b == b'"' || b.is_ascii_digit()) && fits(value)
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
