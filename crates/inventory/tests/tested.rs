//! Requests of reports find their endpoints.
#![allow(clippy::unwrap_used)]

use apicensus_catalog::{Catalog, TestOutcome, Tested};
use apicensus_inventory::tested::record;
use apicensus_inventory::tested::reports::{Report, Request};
use std::collections::BTreeSet;

fn catalog(endpoints: &[(&str, &str, &str, &str)]) -> Catalog {
    let endpoint = |(id, service, method, path): &(&str, &str, &str, &str)| {
        let catch_all = path.contains("{rest}");
        serde_json::from_value(serde_json::json!({
            "id": id, "service": service, "protocol": "http", "method": method, "path": path, "raw_path": path, "path_state": "exact",
            "parameters": [{"in": "path", "name": "rest", "required": true, "catch_all": catch_all}],
            "registered_at": {"file": "a", "line": 1}, "auth": {"state": "none"}, "audience": "production", "framework": "some",
            "confidence": "high",
        }))
        .unwrap()
    };
    Catalog { endpoints: endpoints.iter().map(endpoint).collect(), ..Catalog::default() }
}

fn tell(catalog: &Catalog, requests: &[(&str, &str, Option<u16>)], bases: &[&str], services: &[&str]) -> Tested {
    let request = |(method, path, status): &(&str, &str, Option<u16>)| Request {
        method: (*method).to_owned(),
        path: (*path).to_owned(),
        status: *status,
    };
    let report = Report { tool: "har".to_owned(), requests: requests.iter().map(request).collect() };
    let mut tested = Tested::default();
    let bases: Vec<String> = bases.iter().map(|b| (*b).to_owned()).collect();
    let services: BTreeSet<String> = services.iter().map(|s| (*s).to_owned()).collect();
    record(catalog, &report, &bases, &services, &mut tested);
    tested
}

#[test]
fn the_most_literal_template_counts() {
    let catalog = catalog(&[("1", "a", "GET", "/users/{id}"), ("2", "a", "GET", "/users/me"), ("3", "a", "ANY", "/files/{rest}")]);
    let requests =
        [("GET", "/users/me", Some(200)), ("GET", "/users/7", Some(404)), ("PUT", "/files/a/b", None), ("GET", "/no", Some(200))];
    let tested = tell(&catalog, &requests, &[], &[]);
    assert_eq!(tested.endpoints["2"].outcome, TestOutcome::Exercised);
    assert_eq!(tested.endpoints["1"].outcome, TestOutcome::Refused);
    assert_eq!(tested.endpoints["3"].outcome, TestOutcome::Sent);
    assert!(tested.is_exercised("2") && !tested.is_exercised("1") && tested.is_exercised("3"));
    assert_eq!((tested.reports[0].requests, tested.reports[0].unmatched), (4, 1));
}

#[test]
fn a_request_that_two_services_could_take_is_of_none() {
    let catalog = catalog(&[("1", "a", "GET", "/health"), ("2", "b", "GET", "/health")]);
    assert_eq!(tell(&catalog, &[("GET", "/health", Some(200))], &[], &[]).reports[0].unmatched, 1);
    assert!(tell(&catalog, &[("GET", "/health", Some(200))], &[], &["b"]).is_exercised("2"));
    assert!(tell(&catalog, &[("GET", "/svc/health", Some(200))], &["/svc/"], &["b"]).is_exercised("2"));
}
