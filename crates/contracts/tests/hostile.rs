//! Large, broken, recursive and hostile documents: each gives what can be read of it, and troubles with their place.
//!
//! Work is bounded by what is counted, not by a clock: a document gives no more operations, troubles and parameters than its
//! text has, and what would be read over and over is read once.

mod common;

use common::{found, lines, only, troubles};
use std::fmt::Write as _;

/// An OpenAPI document of at least this many bytes, and how many operations it has.
fn large(bytes: usize) -> (String, usize) {
    let mut text = String::from(
        "{\"openapi\": \"3.0.3\", \"info\": {\"title\": \"Large\", \"version\": \"1\"}, \"components\": {\"parameters\": {\n\"page\": {\"$ref\": \"#/components/parameters/p0\"}",
    );
    for n in 0..20 {
        let _ = write!(text, ",\n\"p{n}\": {{\"$ref\": \"#/components/parameters/p{}\"}}", n + 1);
    }
    text.push_str(",\n\"p20\": {\"name\": \"page\", \"in\": \"query\"}}},\n\"paths\": {\n");
    let mut count = 0;
    while text.len() < bytes {
        if count > 0 {
            text.push_str(",\n");
        }
        let schema = "{\"type\": \"object\", \"properties\": {\"a\": {\"type\": \"string\", \"description\": \"some words\"}}}".to_string();
        let _ = write!(
            text,
            "\"/things/{count}/{{id}}\": {{\"get\": {{\"parameters\": [{{\"$ref\": \"#/components/parameters/page\"}}],\n\"responses\": {{\"200\": {{\"description\": \"{}\", \"content\": {{\"application/json\": {{\"schema\": {schema}}}}}}}}}}}}}",
            "A long description. ".repeat(30)
        );
        count += 1;
    }
    text.push_str("\n}}");
    (text, count)
}

#[test]
fn a_document_of_12_megabytes_is_read_whole() {
    let (text, count) = large(12_000_000);
    assert!(text.len() >= 12_000_000);
    let contract = only(&[("openapi.json", &text)]);
    assert_eq!(contract.operations.len(), count);
    assert!(contract.operations.iter().all(|o| o.parameters.len() == 1), "a chain of 22 references is followed from each of them");
    // The same as YAML, which JSON is a part of.
    let yaml = only(&[("openapi.yaml", &text)]);
    assert_eq!(lines(&contract)[count - 1].replace("openapi.json", "openapi.yaml"), lines(&yaml)[count - 1]);
}

#[test]
fn a_document_over_the_limit_is_a_trouble() {
    let large = " ".repeat(13 << 20);
    let found = found(&[("openapi.json", &large), ("data.json", &large), ("schema.graphql", &large)]);
    let said = troubles(&found);
    assert_eq!((found.contracts.len(), said.len()), (0, 2), "{said:?}");
    assert!(said[0].starts_with("openapi.json:0 ") && said[1].starts_with("schema.graphql:0 "), "{said:?}");
}

#[test]
fn there_are_no_more_operations_than_the_bound() {
    let mut text = "openapi: 3.0.0\npaths:\n  /shared: &item {get: {}, put: {}, post: {}, delete: {}}\n".to_owned();
    for n in 0..8_000 {
        let _ = writeln!(text, "  /p{n}: *item");
    }
    let found = found(&[("o.yaml", &text)]);
    assert!(found.contracts[0].operations.len() <= 20_004, "{}", found.contracts[0].operations.len());
    let said = troubles(&found);
    assert!(said.iter().any(|s| s.ends_with("there are too many operations; the rest was not read")), "{said:?}");
    assert!(said[0].starts_with("o.yaml:500"), "{said:?}");
}

#[test]
fn references_in_circles_over_files_end() {
    let files = [
        (
            "openapi.yaml",
            "openapi: 3.1.0\npaths:\n  /a: {$ref: 'a.yaml'}\n  /b: {$ref: 'b.yaml#/item'}\n  /c: {get: {parameters: [{$ref: 'b.yaml#/p'}]}}\n",
        ),
        ("a.yaml", "$ref: b.yaml#/item\n"),
        ("b.yaml", "item: {$ref: a.yaml}\np:\n  $ref: '#/q'\nq:\n  $ref: '#/p'\n"),
    ];
    let found = found(&files);
    assert_eq!(lines(&found.contracts[0]), ["GET /c openapi.yaml:5"]);
    let said = troubles(&found);
    assert!(said.iter().any(|s| s == "b.yaml:4 the reference `#/q` leads back to itself" || s.starts_with("b.yaml:3 ")), "{said:?}");
    assert!(said.iter().any(|s| s.starts_with("a.yaml:1 ") || s.starts_with("b.yaml:1 ")), "{said:?}");
}

#[test]
fn several_documents_of_one_repository_stay_apart() {
    let files = [
        ("a/openapi.yaml", "openapi: 3.0.0\npaths: {/a: {$ref: '../shared/items.yaml#/a'}}\n"),
        ("b/openapi.json", "{\"openapi\": \"3.1.0\", \"paths\": {\"/b\": {\"$ref\": \"../shared/items.yaml#/a\"}}}"),
        ("shared/items.yaml", "a:\n  get: {}\n"),
        ("two.yaml", "openapi: 3.0.0\npaths: {/x: {get: {}}}\n---\nswagger: '2.0'\npaths: {/y: {get: {}}}\n"),
    ];
    let found = found(&files);
    let ids: Vec<String> = found.contracts.iter().map(|c| format!("{} {}", c.id, lines(c).join(" "))).collect();
    let expected = [
        "a/openapi.yaml GET /a shared/items.yaml:2",
        "b/openapi.json GET /b shared/items.yaml:2",
        "two.yaml GET /x two.yaml:2",
        "two.yaml#2 GET /y two.yaml:5",
    ];
    assert_eq!(ids, expected);
}

#[test]
fn nothing_is_fetched() {
    let files = [
        (
            "openapi.yaml",
            "openapi: 3.0.0\npaths:\n  /a: {$ref: 'https://far.test/a.yaml'}\n  /b: {get: {parameters: [{$ref: '//far.test/p'}]}}\n",
        ),
        ("asyncapi.yaml", "asyncapi: 3.0.0\noperations:\n  a: {$ref: 'http://far.test/op.yaml'}\n"),
        ("openrpc.json", "{\"openrpc\": \"1.2.6\", \"info\": {}, \"methods\": [\n{\"$ref\": \"http://far.test/m.json\"}]}"),
    ];
    let expected = [
        "asyncapi.yaml:3 `http://far.test/op.yaml` is on another machine; it was not fetched",
        "openapi.yaml:3 `https://far.test/a.yaml` is on another machine; it was not fetched",
        "openapi.yaml:4 `//far.test/p` is on another machine; it was not fetched",
        "openrpc.json:2 `http://far.test/m.json` is on another machine; it was not fetched",
    ];
    assert_eq!(troubles(&found(&files)), expected);
}

#[test]
fn versions_that_no_reader_takes_are_troubles() {
    let files = [
        ("a.yaml", "\nopenapi: 4.0.0\ninfo: {title: A}\npaths: {}\n"),
        ("b.json", "{\"swagger\": \"1.2\", \"apis\": []}"),
        ("c.json", "{\"swaggerVersion\": \"1.1\",\n\"apis\": []}"),
        ("d.yaml", "asyncapi: 1.2.0\ninfo: {}\ntopics: {}\n"),
        ("e.yaml", "openrpc: 2.0.0\ninfo: {}\nmethods: []\n"),
        // These are something else.
        ("package.json", "{\"dependencies\": {\"swagger\": \"1.0.3\"}, \"swagger\": \"1.2\"}"),
        ("values.yaml", "openapi: 1.0\nreplicas: 2\n"),
        ("versions.json", "{\"openapi\": \"4.1\", \"express\": \"4.0.0\"}"),
        ("flags.yaml", "openapi:\n  enabled: true\nswagger: yes\ninfo: x\n"),
    ];
    let expected = [
        "a.yaml:2 OpenAPI 4.0.0 is not read, but 3.0 to 3.2",
        "b.json:1 Swagger 1.2 is not read, but 2.0",
        "c.json:1 Swagger 1.1 is not read, but 2.0",
        "d.yaml:1 AsyncAPI 1.2.0 is not read, but 2 and 3",
        "e.yaml:1 OpenRPC 2.0.0 is not read, but 1",
    ];
    let found = found(&files);
    assert_eq!((troubles(&found), found.contracts.len()), (expected.map(str::to_owned).to_vec(), 0));
}

#[test]
fn documents_that_end_too_early_are_troubles_where_they_end() {
    let whole = "{\n\"openapi\": \"3.0.0\",\n\"paths\": {\n\"/a\": {\"get\": {}},\n\"/b\": {\"get\": {}}}}";
    for end in 22..whole.len() - 1 {
        let found = found(&[("api.json", &whole[..end])]);
        let line = whole[..end].matches('\n').count() + 1;
        let said = troubles(&found);
        assert_eq!((found.contracts.len(), said.len()), (0, 1), "at {end}: {said:?}");
        assert!(said[0].starts_with(&format!("api.json:{line} ")), "at {end}: {said:?}");
    }
    let yaml = "openapi: 3.0.0\npaths:\n  /a: {get: {}}\n  /b: {get: {";
    let said = troubles(&found(&[("api.yaml", yaml)]));
    assert!(said.len() == 1 && said[0].starts_with("api.yaml:4 "), "{said:?}");
}

#[test]
fn a_template_that_only_holds_the_word_says_nothing() {
    let files = [
        ("chart/templates/api.yaml", "{{- if .Values.openapi }}\nopenapi: {{ .Values.version }}\n{{- end }}\n"),
        ("scripts.json", "{\"scripts\": {\"openapi\": \"generate\"},\n}}"),
        ("notes.json", "{\"openapi\": \"a word\" oops"),
    ];
    let found = found(&files);
    assert_eq!((found.contracts, found.troubles), (Vec::new(), Vec::new()));
}

#[test]
fn other_formats_are_bounded_too() {
    let mut aliases = "type: collection.insomnia.rest/5.0\nname: A\na0: &a0 {url: 'http://x.test/a', method: GET}\n".to_owned();
    for n in 1..40 {
        let _ = writeln!(aliases, "a{n}: &a{n} {{children: [{}]}}", vec![format!("*a{}", n - 1); 10].join(", "));
    }
    aliases.push_str("collection: [*a39]\n");
    let mut raml = "#%RAML 1.0\ntitle: A\nr0: &r0 {get: }\n".to_owned();
    for n in 1..40 {
        let entries: Vec<String> = (0..10).map(|i| format!("/{i}: *r{}", n - 1)).collect();
        let _ = writeln!(raml, "r{n}: &r{n} {{{}}}", entries.join(", "));
    }
    raml.push_str("/all: *r39\n");
    let deep = format!("{{\"openrpc\": \"1.0.0\", \"info\": {{}}, \"methods\": {}", "[".repeat(300_000));
    let requests = "GET http://x.test/{{a}}/{{b}}\n###\n".repeat(50_000);
    let long = format!("GET http://x.test/{}\n", "{{a}}".repeat(1_000_000 / 5 - 10));
    let bru = "get {\n".repeat(100_000) + "url: x\n";
    let files = [
        ("a.yaml", aliases.as_str()),
        ("b.bru", &bru),
        ("l.http", &long),
        ("m.http", &requests[..1_000_000]),
        ("openrpc.json", &deep),
        ("r.raml", &raml),
    ];
    let found = found(&files);
    let counts: Vec<(&str, bool)> = found.contracts.iter().map(|c| (c.file.as_str(), c.operations.len() <= 20_001)).collect();
    assert!(counts.iter().all(|(_, few)| *few), "{counts:?}");
    let said = troubles(&found);
    assert!(said.iter().any(|s| s.starts_with("r.raml:") && s.contains("too many operations")), "{said:?}");
    assert!(said.iter().any(|s| s.starts_with("a.yaml:") && s.contains("too many requests")), "{said:?}");
}
