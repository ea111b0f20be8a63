//! Gateways beside code: which service a route leads to, which endpoints it exposes under which path, and which it leaves inside.

#![allow(clippy::unwrap_used)]

mod common;

use apicensus_catalog::{Catalog, ExposureState, View};
use common::{catalog, said};

/// `GET /x exposed /api/x` for each deployed endpoint.
fn exposed(catalog: &Catalog) -> Vec<String> {
    let of = |e: &apicensus_catalog::Endpoint| {
        let exposure = e.exposure.as_ref()?;
        let ways: Vec<String> = exposure
            .through
            .iter()
            .map(|t| {
                let auth = t.auth.as_ref().map(|a| format!(" ({})", a.state)).unwrap_or_default();
                format!(" {}{}{auth}", t.hosts.join(","), t.path.as_deref().unwrap_or("?"))
            })
            .collect();
        Some(format!("{} {} {}{}", e.method, e.path, exposure.state, ways.concat()))
    };
    catalog.endpoints.iter().filter_map(of).collect()
}

fn of_rule(catalog: &Catalog, rule: &str) -> Vec<String> {
    said(catalog).into_iter().filter(|s| s.split(' ').nth(1) == Some(rule)).collect()
}

fn service(name: &str, paths: &[&str]) -> String {
    let mut code = "from fastapi import FastAPI\napp = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)\n".to_owned();
    for (n, path) in paths.iter().enumerate() {
        code.push_str(&format!("@app.get('{path}')\ndef {name}_{n}(): ...\n"));
    }
    code
}

const COMPOSE: &str = "services:\n  edge: {image: 'nginx:1.27', ports: ['80:80'], volumes: ['./nginx.conf:/etc/nginx/nginx.conf']}\n  orders: {build: ./services/orders}\n  books: {build: {context: ., dockerfile: services/books/Dockerfile}}\n  db: {image: 'postgres:16', ports: ['5432:5432']}\n";

fn shop(nginx: &str, compose: &str) -> Catalog {
    catalog(&[
        ("docker-compose.yml", compose),
        ("nginx.conf", nginx),
        ("services/orders/main.py", &service("orders", &["/orders", "/orders/{id}", "/internal/stats"])),
        ("services/orders/requirements.txt", "fastapi"),
        ("services/books/main.py", &service("books", &["/v1/books", "/v1/books/{isbn}"])),
        ("services/books/requirements.txt", "fastapi"),
    ])
}

#[test]
fn compose_and_nginx_expose_what_they_pass_on() {
    let nginx = "server {\n location /api/orders { auth_request /check; proxy_pass http://orders:8000/orders; }\n location /books/ { rewrite ^/books/(.*)$ /v1/$1 break; proxy_pass http://books:8000; }\n location /books/v1/secret { return 403; }\n location /gone/ { proxy_pass http://orders:8000; }\n}\n";
    let catalog = shop(nginx, COMPOSE);
    let expected = [
        "GET /v1/books exposed /books/books",
        "GET /v1/books/{isbn} exposed /books/books/{isbn}",
        "GET /internal/stats unexposed",
        "GET /orders exposed /api/orders (required)",
        "GET /orders/{id} exposed /api/orders/{id} (required)",
    ];
    assert_eq!(exposed(&catalog), expected);
    let matched: Vec<_> = catalog.workloads.iter().map(|w| (w.name.as_str(), w.service.as_deref(), w.matched_by.as_deref())).collect();
    assert_eq!(matched[1], ("orders", Some("services/orders"), Some("build folder")));
    assert_eq!(matched[2], ("books", Some("services/books"), Some("build folder")));
    assert_eq!(matched[3], ("db", None, None));
    assert_eq!(catalog.gateways.len(), 1, "published ports of a database are no gateway of an API: {:?}", catalog.gateways);
    assert_eq!(catalog.gateways[0].reached, 4);
    assert_eq!(of_rule(&catalog, "dangling"), ["low dangling nginx /gone/"]);
    assert_eq!(of_rule(&catalog, "unexposed"), ["info unexposed GET /internal/stats"]);
    assert!([View::Code, View::Spec, View::Gateway, View::Iac].iter().all(|view| catalog.views.contains(view)));
}

#[test]
fn a_gateway_that_asks_for_an_identity_lowers_what_the_code_does_not_ask() {
    let with = |auth: &str| {
        shop(
            &format!(
                "server {{ location /orders {{ {auth} proxy_pass http://orders:8000; }} location /v1/ {{ proxy_pass http://books:8000; }} }}"
            ),
            COMPOSE,
        )
    };
    let of = |catalog: &Catalog, path: &str| of_rule(catalog, "unauthenticated").into_iter().find(|s| s.ends_with(path)).unwrap();
    let guarded = with("auth_request /check;");
    assert_eq!(of(&guarded, "GET /orders"), "low unauthenticated GET /orders");
    assert!(common::finding(&guarded, "unauthenticated", "GET /orders").message.contains("gateway"), "the code's verdict stays");
    assert!(guarded.endpoints.iter().all(|e| e.auth.state == apicensus_catalog::AuthState::None));
    assert_eq!(of(&guarded, "GET /internal/stats"), "low unauthenticated GET /internal/stats");
    assert_eq!(of(&with(""), "GET /orders"), "medium unauthenticated GET /orders");
}

#[test]
fn published_ports_expose_everything() {
    let compose = COMPOSE.replace("orders: {build: ./services/orders}", "orders: {build: ./services/orders, ports: ['8000:8000']}");
    let catalog = shop("server { location /v1/ { proxy_pass http://books:8000; } }", &compose);
    assert!(exposed(&catalog).contains(&"GET /internal/stats exposed :8000/internal/stats".to_owned()), "{:?}", exposed(&catalog));
}

#[test]
fn what_is_not_read_is_not_unexposed() {
    let nginx = "server { location /api/ { proxy_pass http://orders:8000/orders/; } location /x/ { proxy_pass http://$upstream; } }";
    let catalog = shop(nginx, COMPOSE);
    let stats = catalog.endpoints.iter().find(|e| e.path == "/internal/stats").unwrap().exposure.as_ref().unwrap();
    assert_eq!(stats.state, ExposureState::Unknown);
    assert_eq!(stats.reason.as_deref(), Some("where the route at nginx.conf:1 leads is not known"));
    let helm = catalog_with_chart();
    let state = |path: &str| helm.endpoints.iter().find(|e| e.path == path).unwrap().exposure.as_ref().unwrap().state;
    assert_eq!(state("/internal/stats"), ExposureState::Unknown, "a template is not read");
    assert_eq!(of_rule(&helm, "unexposed"), [""; 0]);
}

fn catalog_with_chart() -> Catalog {
    catalog(&[
        ("docker-compose.yml", COMPOSE),
        ("nginx.conf", "server { location /orders { proxy_pass http://orders:8000; } }"),
        ("chart/templates/ingress.yaml", "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: {{ .Release.Name }}\n"),
        ("services/orders/main.py", &service("orders", &["/orders", "/internal/stats"])),
        ("services/orders/requirements.txt", "fastapi"),
    ])
}

#[test]
fn without_a_gateway_nothing_is_known() {
    let catalog = catalog(&[("main.py", common::SHOP)]);
    assert!(exposed(&catalog).iter().all(|line| line.ends_with("unknown")), "{:?}", exposed(&catalog));
    assert_eq!(of_rule(&catalog, "unexposed").len() + of_rule(&catalog, "dangling").len(), 0);
}

#[test]
fn objects_of_a_cluster_lead_to_services_by_image_and_label() {
    let k8s = r#"
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: shop}
spec:
  hosts: [shop.test]
  gateways: [edge]
  http:
    - match: [{uri: {prefix: /o/}}]
      rewrite: {uri: /}
      route: [{destination: {host: front-orders.default.svc.cluster.local}}]
---
apiVersion: v1
kind: Service
metadata: {name: front-orders}
spec: {selector: {app: o}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: o}
spec: {template: {metadata: {labels: {app: o}}, spec: {containers: [{name: o, image: "registry.test/shop/orders:4"}]}}}
"#;
    let catalog = catalog(&[
        ("deploy/shop.yaml", k8s),
        ("services/orders/main.py", &service("orders", &["/orders"])),
        ("services/orders/requirements.txt", "fastapi"),
        ("services/books/main.py", &service("books", &["/books"])),
        ("services/books/requirements.txt", "fastapi"),
    ]);
    assert_eq!(exposed(&catalog), ["GET /books unknown", "GET /orders exposed shop.test/o/orders"]);
    assert_eq!(catalog.workloads[0].matched_by.as_deref(), Some("image"));
}

const SAM: &str = r#"
Transform: AWS::Serverless-2016-10-31
Resources:
  Books:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src/
      Handler: books.handler
      Events:
        Get: {Type: Api, Properties: {Path: "/books/{id}", Method: get, Auth: {ApiKeyRequired: true}}}
        Post: {Type: Api, Properties: {Path: /books, Method: post}}
  Gone:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: src/, Handler: gone.handler, Events: {Get: {Type: Api, Properties: {Path: /gone, Method: get}}}}
"#;

#[test]
fn functions_with_code_in_the_tree_are_endpoints() {
    let catalog = catalog(&[("template.yaml", SAM), ("src/books.py", "import json\n\ndef handler(event, context):\n    return {}\n")]);
    let found: Vec<String> = catalog
        .endpoints
        .iter()
        .map(|e| {
            let handler = e.handler.as_ref().unwrap();
            format!(
                "{} {} {}:{} {} {} {} {}",
                e.method, e.path, handler.file, handler.line, handler.symbol, e.auth.state, e.view, e.confidence
            )
        })
        .collect();
    let expected = ["POST /books src/books.py:3 handler unknown iac medium", "GET /books/{id} src/books.py:3 handler required iac medium"];
    assert_eq!(found, expected, "a function without code in the tree is a route, not an endpoint");
    assert_eq!(exposed(&catalog), ["POST /books exposed /books (none)", "GET /books/{id} exposed /books/{id} (required)"]);
    assert_eq!(catalog.services.len(), 1);
    assert_eq!((catalog.endpoints[0].registered_at.file.as_str(), catalog.endpoints[0].registered_at.line), ("template.yaml", 11));
}

#[test]
fn a_function_that_wraps_an_application_exposes_it() {
    let serverless = "service: shop\nprovider: {name: aws}\nfunctions:\n  app:\n    handler: src/lambda.handler\n    events:\n      - http: {path: /, method: any}\n      - http: {path: '/{proxy+}', method: any, authorizer: aws_iam}\n";
    let catalog = catalog(&[
        ("serverless.yml", serverless),
        ("package.json", r#"{"name": "shop", "dependencies": {"express": "4"}}"#),
        (
            "src/app.js",
            "const express = require('express');\nconst app = express();\napp.get('/books', (req, res) => res.json([]));\nmodule.exports = app;\n",
        ),
        ("src/lambda.js", "const wrap = require('serverless-http');\nconst app = require('./app');\nmodule.exports.handler = wrap(app);\n"),
    ]);
    assert_eq!(exposed(&catalog), ["GET /books exposed /books (required)"]);
    assert_eq!(catalog.endpoints.len(), 1, "the mount is no further endpoint");
}
