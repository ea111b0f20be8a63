//! A small catalog through the whole of the crate: packed and unpacked, put into a page, with source.
#![allow(clippy::unwrap_used)]

use apicensus_catalog::{
    Audience, Auth, Catalog, Confidence, Endpoint, HandlerRef, Lifecycle, Location, PathState, Protocol, Service, TrailStep,
};
use apicensus_report::{Against, Excerpts, MASK, Report, data, render};
use serde_json::{Map, Value, json};

const ATTACK: &str = "</script><script>alert(1)</script>";

fn endpoint(id: &str, path: &str) -> Endpoint {
    Endpoint {
        streaming: None,
        id: id.to_owned(),
        service: "orders".to_owned(),
        protocol: Protocol::Http,
        method: "GET".to_owned(),
        path: path.to_owned(),
        raw_path: path.to_owned(),
        path_state: PathState::Exact,
        holes: Vec::new(),
        parameters: Vec::new(),
        bodies: Vec::new(),
        responses: Vec::new(),
        summary: None,
        handler: Some(HandlerRef { file: "api/orders.py".to_owned(), line: 3, end_line: 4, ..HandlerRef::default() }),
        registered_at: Location { file: "api/orders.py".to_owned(), line: 2 },
        also_registered_at: Vec::new(),
        trail: vec![TrailStep { file: "main.py".to_owned(), line: 2, end_line: 2, what: "mount".to_owned(), gives: "/api".to_owned() }],
        conditions: Vec::new(),
        auth: Auth::unknown("a link could not be read"),
        controls: Default::default(),
        sensitive: Vec::new(),
        lifecycle: Lifecycle::default(),
        documented: None,
        owners: Vec::new(),
        exposure: None,
        view: Default::default(),
        audience: Audience::Production,
        framework: "acme".to_owned(),
        detached: false,
        third_party: false,
        implicit: false,
        stale: false,
        taken_by: None,
        confidence: Confidence::High,
    }
}

fn catalog() -> Catalog {
    let mut catalog = Catalog::default();
    catalog.services.push(Service { id: "orders".to_owned(), name: "orders".to_owned(), ..Service::default() });
    catalog.endpoints = vec![endpoint("a", "/api/orders"), endpoint("b", "/api/orders/{id}"), endpoint("c", ATTACK)];
    catalog.schemas.insert("__proto__".to_owned(), json!({"type": ["string", "null"], "maximum": 1.5, "minimum": -3}));
    catalog
}

fn report<'a>(catalog: &'a Catalog, excerpts: Option<&'a Excerpts>) -> Report<'a> {
    Report { title: "orders", catalog, rules: Vec::new(), excerpts, against: None, selection: Vec::new(), links: Vec::new() }
}

/// What the page does with packed data.
fn unpacked(packed: &str) -> Value {
    let packed: Value = serde_json::from_str(packed).unwrap();
    let (keys, values) = (packed["keys"].as_array().unwrap(), packed["values"].as_array().unwrap());
    let mut out: Vec<Value> = Vec::new();
    for value in values {
        let Some(parts) = value.as_array() else {
            out.push(value.clone());
            continue;
        };
        let refs = parts[1..].iter().map(|part| out[part.as_u64().unwrap() as usize].clone());
        let value = match parts[0].as_u64().unwrap() {
            0 => refs.collect::<Vec<Value>>().into(),
            key => {
                let names = keys[key as usize - 1].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned());
                names.zip(refs).collect::<Map<String, Value>>().into()
            }
        };
        out.push(value);
    }
    out[packed["root"].as_u64().unwrap() as usize].clone()
}

#[test]
fn what_is_packed_is_the_catalog() {
    let catalog = catalog();
    let packed = data(&report(&catalog, None)).unwrap();
    let value = unpacked(&packed);
    assert_eq!(value["catalog"], serde_json::to_value(&catalog).unwrap());
    assert!(value.get("source").is_none());
    assert_eq!(packed.matches("a link could not be read").count(), 1, "equal values are written once");
}

#[test]
fn the_page_has_no_text_of_the_code_in_its_markup() {
    let catalog = catalog();
    let page = render(&Report { title: ATTACK, ..report(&catalog, None) }).unwrap();
    assert_eq!(page.html.matches("<script").count(), 2);
    assert!(!page.html.contains("alert(1)</script>"));
    assert_eq!(page, render(&Report { title: ATTACK, ..report(&catalog, None) }).unwrap(), "the same input gives the same bytes");
    for word in ["http://", "https://"] {
        let loaded = page.html.matches(word).count() - page.html.matches(&format!("{word}www.w3.org/")).count();
        assert_eq!(loaded, 0, "the page names an address");
    }
    assert!(page.policy.starts_with("default-src 'none'; script-src 'sha256-") && !page.policy.contains("unsafe"));
    assert!(page.html.contains(&page.policy));
}

#[test]
fn source_is_taken_by_the_line_and_masked() {
    let catalog = catalog();
    let text = "import acme\napi.get(\"/orders\")\ndef list_orders(token=\"s3cr3tvalue\"):\n    return orders\nunseen = 1\n";
    let excerpts = Excerpts::of(&catalog, &mut |file| (file == "api/orders.py").then(|| text.to_owned()));
    assert_eq!(excerpts.missing, 1, "main.py could not be read");
    let runs = &excerpts.files["api/orders.py"];
    assert_eq!((runs.len(), runs[0].line), (1, 1));
    assert_eq!(runs[0].text.len(), 4, "the lines that are named and their neighbours: {runs:?}");
    assert_eq!(runs[0].text[2], format!("def list_orders(token=\"{MASK}\"):"));
    let value = unpacked(&data(&report(&catalog, Some(&excerpts))).unwrap());
    assert_eq!(value["source"]["files"]["api/orders.py"][0]["text"][1], "api.get(\"/orders\")");
}

#[test]
fn a_handler_far_too_long_is_cut_and_line_numbers_that_make_no_sense_do_no_harm() {
    let mut catalog = catalog();
    let handler = catalog.endpoints[0].handler.as_mut().unwrap();
    (handler.line, handler.end_line) = (5, u32::MAX);
    catalog.endpoints[1].handler =
        Some(HandlerRef { file: "api/orders.py".to_owned(), line: u32::MAX, end_line: 1, ..HandlerRef::default() });
    catalog.endpoints[2].registered_at.line = 0;
    let excerpts = Excerpts::of(&catalog, &mut |_| Some("x\n".repeat(500)));
    let lines: usize = excerpts.files.values().flatten().map(|run| run.text.len()).sum();
    assert!(lines < 60, "{lines}");
}

#[test]
fn credentials_in_the_catalog_itself_are_masked() {
    let mut catalog = catalog();
    catalog.endpoints[0].summary = Some("Call it with ghp_abcdefghijklmnopqrstuvwx0123".to_owned());
    assert!(!data(&report(&catalog, None)).unwrap().contains("ghp_abc"));
}

#[test]
fn another_state_goes_along() {
    let (catalog, mut before) = (catalog(), catalog());
    before.endpoints.pop();
    let changes = json!({"changes": [{"kind": "added", "endpoint": "c"}]});
    let against = Some(Against { name: "v1", catalog: &before, changes: &changes });
    let value = unpacked(&data(&Report { against, ..report(&catalog, None) }).unwrap());
    assert_eq!(value["against"]["name"], "v1");
    assert_eq!(value["against"]["endpoints"], 2);
    assert_eq!(value["against"]["changes"], changes);
}
