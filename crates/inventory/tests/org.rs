//! Repositories of an organisation and the calls between them.
#![allow(clippy::unwrap_used)]

use apicensus_catalog::{Audience, Catalog, Endpoint, Location, OutboundCall, Service};
use apicensus_inventory::org::{Call, Leads, Organisation, Place, broken_by, organisation};
use serde_json::json;

fn endpoint(service: &str, method: &str, path: &str) -> Endpoint {
    serde_json::from_value(json!({
        "id": format!("{service}-{method}-{path}"), "service": service, "protocol": "http", "method": method, "path": path,
        "raw_path": path, "path_state": "exact", "registered_at": {"file": "main.py", "line": 1}, "trail": [],
        "auth": {"state": "none"}, "audience": "production", "framework": "some", "confidence": "high",
    }))
    .unwrap()
}

fn repository(name: &str, endpoints: &[(&str, &str)], calls: &[(&str, &str)]) -> (String, Catalog) {
    let mut catalog = Catalog::default();
    catalog.services.push(Service {
        id: "s".into(),
        name: format!("{name}-service"),
        owners: vec![format!("@{name}")],
        ..Service::default()
    });
    catalog.endpoints = endpoints.iter().map(|(method, path)| endpoint("s", method, path)).collect();
    let call = |(line, (method, url)): (usize, &(&str, &str))| OutboundCall {
        method: (*method).to_owned(),
        url: (*url).to_owned(),
        host: None,
        client: "some".to_owned(),
        at: Location { file: "main.py".to_owned(), line: line as u32 + 1 },
        audience: Audience::Production,
    };
    catalog.outbound.calls = calls.iter().enumerate().map(call).collect();
    (format!("acme/{name}"), catalog)
}

fn looked_at(all: &[(String, Catalog)]) -> Organisation {
    organisation(&all.iter().map(|(name, catalog)| (name.clone(), catalog)).collect::<Vec<_>>())
}

fn leads(organisation: &Organisation) -> Vec<String> {
    let one = |call: &Call| match &call.leads {
        Leads::Endpoint { endpoints, by } => {
            let places: Vec<String> = endpoints.iter().map(|p| format!("{} {} {}", p.repository, p.method, p.path)).collect();
            format!("{by}: {}", places.join(", "))
        }
        Leads::Missing { service, other_methods, .. } => format!("missing in {service} {other_methods:?}"),
        Leads::Unverified { service, why, .. } => format!("unverified in {service}: {why}"),
        Leads::Ambiguous { candidates } => format!("ambiguous {candidates:?}"),
        Leads::Elsewhere { host } => format!("elsewhere {host}"),
        Leads::Unknown => "unknown".to_owned(),
    };
    organisation.calls.iter().map(one).collect()
}

#[test]
fn calls_lead_to_endpoints_of_other_repositories() {
    let all = [
        repository(
            "shop",
            &[("GET", "/")],
            &[
                ("GET", "{?settings.ORDERS_URL}/v1/orders/{?id}"),
                ("POST", "http://orders:8080/v1/orders"),
                ("GET", "http://orders-service.shop.svc.cluster.local/v1/orders/mine"),
                ("DELETE", "http://orders/v1/orders"),
                ("GET", "http://orders/v1/nothing"),
                ("GET", "https://api.payments.example/v1/charges"),
                ("GET", "{?url}/stock/{?isbn}/shelves"),
                ("GET", "{?url}/{?path}"),
                ("GET", "http://localhost:9000/v1/orders"),
            ],
        ),
        repository("orders", &[("GET", "/v1/orders/{id}"), ("GET", "/v1/orders/mine"), ("POST", "/v1/orders")], &[]),
        repository("stock", &[("GET", "/stock/{isbn}/shelves"), ("GET", "/stock/{isbn}")], &[]),
    ];
    let organisation = looked_at(&all);
    let expected = [
        "name: acme/orders GET /v1/orders/{id}",
        "host: acme/orders POST /v1/orders",
        "host: acme/orders GET /v1/orders/mine",
        "missing in orders-service [\"POST\"]",
        "missing in orders-service []",
        "elsewhere api.payments.example",
        "path: acme/stock GET /stock/{isbn}/shelves",
        "unknown",
        "unknown",
    ];
    let found = leads(&organisation);
    assert_eq!(found, expected);
    let orders = organisation.services.iter().find(|s| s.name == "orders-service").unwrap();
    assert_eq!(orders.called_by, ["acme/shop:shop-service"]);
    assert_eq!(
        organisation.uncalled.iter().filter(|p| p.repository == "acme/stock").map(|p| p.path.as_str()).collect::<Vec<_>>(),
        ["/stock/{isbn}"]
    );
    let goes = |place: &Place| place.path.starts_with("/v1/");
    assert_eq!(broken_by(&organisation, &goes).iter().map(|call| call.line).collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn what_fits_two_services_is_counted_for_none() {
    let paths = [("GET", "/catalog/items/{id}")];
    let all = [
        repository("one", &paths, &[]),
        repository("two", &paths, &[]),
        repository("shop", &[], &[("GET", "{?base}/catalog/items/{?id}")]),
    ];
    assert_eq!(leads(&looked_at(&all)), ["ambiguous [\"acme/one:one-service\", \"acme/two:two-service\"]"]);
}

#[test]
fn nothing_is_missing_where_the_code_could_not_be_followed() {
    let mut all = [repository("orders", &[("GET", "/v1/orders")], &[]), repository("shop", &[], &[("GET", "http://orders/v1/refunds")])];
    assert_eq!(leads(&looked_at(&all)), ["missing in orders-service []"]);
    all[0].1.endpoints[0].path_state = apicensus_catalog::PathState::Partial;
    assert_eq!(leads(&looked_at(&all)), ["unverified in orders-service: 1 path with an unknown part"]);
}

#[test]
fn the_policy_says_where_a_service_is_served() {
    let mut all =
        [repository("orders", &[("GET", "/orders")], &[]), repository("shop", &[], &[("GET", "https://api.acme.test/shop/orders")])];
    assert_eq!(leads(&looked_at(&all)), ["elsewhere api.acme.test"]);
    all[0].1.services[0].base_urls = vec!["https://api.acme.test/shop".to_owned()];
    assert_eq!(leads(&looked_at(&all)), ["base-url: acme/orders GET /orders"]);
}
