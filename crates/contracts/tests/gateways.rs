//! Readers of gateways, one small document a format.

#![allow(clippy::unwrap_used)]

mod routes;

use routes::{check, gateways};

#[test]
fn nginx() {
    let main = r#"
http {
  limit_req_zone $binary_remote_addr zone=api:10m rate=10r/s;
  upstream orders { server orders-a:8000; server orders-b:8000; }
  server { listen 80; server_name shop.test; return 301 https://$host$request_uri; }
  server {
    listen 443 ssl; server_name shop.test;
    auth_request /auth;
    location = /health { auth_request off; return 200 "ok"; }
    location /api/orders/ { limit_req zone=api burst=5; proxy_pass http://orders/; }
    location /api/ { proxy_pass http://catalogue:9000; add_header Access-Control-Allow-Origin "*"; }
    location ~ ^/v[0-9]+/legacy { rewrite ^/v1/legacy/(.*)$ /old/$1 break; proxy_pass http://legacy; }
    location ^~ /internal/ { deny all; proxy_pass http://catalogue:9000; }
    location /admin { auth_basic "Staff"; auth_request off; include snippets/admin.conf; }
    location / { try_files $uri @app; }
    location @app { set $target http://web:3000; proxy_pass $target; }
    location = /auth { internal; proxy_pass http://auth:7000/check; }
  }
}
"#;
    let admin = "limit_except GET { deny all; }\nproxy_pass http://admin:80;\n";
    check(
        &[("deploy/nginx.conf", main), ("deploy/snippets/admin.conf", admin)],
        &[
            "nginx: * shop.test/ prefix redirect https://$host$request_uri tls @5",
            "nginx: * shop.test/health exact respond auth=none  (auth_request off:9) @9",
            "nginx: * shop.test/internal/ prefix deny auth=required custom (auth_request /auth:8) @13",
            "nginx: * shop.test^/v[0-9]+/legacy regex proxy legacy [/v1/legacy/ -> /old/] auth=required custom (auth_request /auth:8) @12",
            "nginx: * shop.test/api/orders/ prefix proxy orders-a:8000 orders-b:8000 [/api/orders/ -> /] auth=required custom (auth_request /auth:8) limit=10r/s @10",
            "nginx: GET shop.test/admin prefix proxy admin:80 auth=none  (auth_request off:14) @14",
            "nginx: * shop.test/admin prefix deny @14",
            "nginx: * shop.test/api/ prefix proxy catalogue:9000 auth=required custom (auth_request /auth:8) cors=* @11",
            "nginx: * shop.test/ prefix proxy web:3000 auth=required custom (auth_request /auth:8) @15",
        ],
    );
}

/// Objects of a cluster.
const OBJECTS: &str = r#"
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  annotations:
    nginx.ingress.kubernetes.io/rewrite-target: /$2
    nginx.ingress.kubernetes.io/auth-url: https://auth.test/check
    nginx.ingress.kubernetes.io/limit-rps: "5"
    nginx.ingress.kubernetes.io/enable-cors: "true"
spec:
  ingressClassName: nginx
  tls: [{hosts: [shop.test]}]
  rules:
    - host: shop.test
      http:
        paths:
          - {path: /api(/|$)(.*), pathType: ImplementationSpecific, backend: {service: {name: orders, port: {number: 80}}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: plain}
spec:
  defaultBackend: {service: {name: web, port: {name: http}}}
  rules:
    - http:
        paths:
          - {path: /status, pathType: Exact, backend: {service: {name: orders, port: {number: 80}}}}
          - {path: /books, pathType: Prefix, backend: {service: {name: catalogue, port: {number: 80}}}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: books}
spec:
  hostnames: [books.test]
  rules:
    - matches: [{path: {type: PathPrefix, value: /v1}, method: GET}]
      filters:
        - {type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}
      backendRefs: [{name: catalogue, port: 8080}]
    - filters: [{type: RequestRedirect, requestRedirect: {scheme: https, statusCode: 301}}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: {name: rpc}
spec:
  rules:
    - matches: [{method: {service: shop.Orders, method: Place}}, {method: {service: shop.Orders}}]
      backendRefs: [{name: orders, port: 50051}]
---
apiVersion: v1
kind: Service
metadata: {name: edge}
spec: {type: LoadBalancer, selector: {app: edge}, ports: [{port: 443, targetPort: 8443}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: edge-deployment}
spec:
  template:
    metadata: {labels: {app: edge}}
    spec: {containers: [{name: edge, image: "registry.test/shop/edge:1.2", ports: [{containerPort: 8443}]}]}
"#;

#[test]
fn kubernetes() {
    check(
        &[("k8s/all.yaml", OBJECTS)],
        &[
            "ingress: * shop.test^/api(/|$)(.*) regex proxy orders:80 [/api/ -> /] auth=required custom (auth-url https://auth.test/check:8) limit=5/second cors=* tls @18",
            "ingress: * /status exact proxy orders:80 @28",
            "ingress: * /books segments proxy catalogue:80 @29",
            "ingress: * / prefix proxy web:http @24",
            "gateway-api: GET books.test/v1 segments proxy catalogue:8080 [/v1 -> ] @37",
            "gateway-api: * books.test/ segments redirect tls @41",
            "gateway-api: * /shop.Orders/Place exact proxy orders:50051 @48",
            "gateway-api: * /shop.Orders/ prefix proxy orders:50051 @48",
            "kubernetes-service: * / prefix proxy edge:443 @54",
        ],
    );
    let found = gateways(&[("k8s/all.yaml", OBJECTS)]);
    let edge = found.workloads.iter().find(|w| w.name == "edge").unwrap();
    assert_eq!(
        (edge.image.as_deref(), edge.aliases.as_slice()),
        (Some("registry.test/shop/edge:1.2"), ["edge-deployment".to_owned()].as_slice())
    );
}

#[test]
fn istio() {
    let text = r#"
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: shop}
spec:
  hosts: [shop.test]
  gateways: [edge]
  http:
    - match: [{uri: {prefix: /catalogue}, method: {exact: GET}}, {uri: {exact: /status}}]
      rewrite: {uri: /}
      route: [{destination: {host: catalogue.shop.svc.cluster.local, port: {number: 80}}}]
      corsPolicy: {allowOrigins: [{exact: https://shop.test}]}
    - match: [{headers: {x-team: {exact: staff}}, uri: {regex: "/adm/.*"}}]
      route: [{destination: {host: admin}, weight: 90}, {destination: {host: admin-next}, weight: 10}]
    - directResponse: {status: 404}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: inside}
spec: {hosts: [catalogue], http: [{route: [{destination: {host: catalogue}}]}]}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: who}
spec: {rules: [{from: [{source: {requestPrincipals: ["*"]}}]}]}
"#;
    check(
        &[("mesh.yaml", text)],
        &[
            "istio: GET shop.test/catalogue prefix proxy catalogue.shop.svc.cluster.local:80 [/catalogue -> /] auth=required jwt (who:22) cors=https://shop.test @9",
            "istio: * shop.test/status exact proxy catalogue.shop.svc.cluster.local:80 [whole  -> /] auth=required jwt (who:22) cors=https://shop.test @9",
            "istio: * shop.test^(?:/adm/.*)$ regex proxy admin admin-next auth=required jwt (who:22) if=header x-team: staff @13",
            "istio: * shop.test/ prefix deny @15",
        ],
    );
}

#[test]
fn envoy() {
    let text = r#"
static_resources:
  listeners:
    - filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                http_filters:
                  - name: envoy.filters.http.jwt_authn
                    typed_config:
                      rules:
                        - match: {prefix: /public}
                        - match: {prefix: /}
                          requires: {provider_name: main}
                  - {name: envoy.filters.http.router}
                route_config:
                  virtual_hosts:
                    - domains: ["*"]
                      routes:
                        - match: {prefix: /public/}
                          route: {cluster: web, prefix_rewrite: /}
                        - match: {path: /v1/orders, headers: [{name: ":method", string_match: {exact: POST}}]}
                          route: {cluster: orders}
                        - match: {safe_regex: {regex: "/u/[0-9]+"}}
                          route:
                            cluster: web
                            regex_rewrite: {pattern: {regex: "^/u/(.*)$"}, substitution: "/users/\\1"}
                        - match: {prefix: /}
                          direct_response: {status: 404}
  clusters:
    - name: web
      load_assignment: {endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: web, port_value: 3000}}}}]}]}
"#;
    check(
        &[("envoy.yaml", text)],
        &[
            "envoy: * /public/ prefix proxy web:3000 [/public/ -> /] auth=none  (jwt_authn without a requirement:12) @20",
            "envoy: POST /v1/orders exact proxy orders auth=required jwt (jwt_authn:13) @22",
            "envoy: * ^(?:/u/[0-9]+)$ regex proxy web:3000 [/u/ -> /users/] @24",
            "envoy: * / prefix deny auth=required jwt (jwt_authn:13) @28",
        ],
    );
}

#[test]
fn kong() {
    let text = r#"
_format_version: "3.0"
services:
  - name: orders
    url: http://orders:8000/v1
    plugins: [{name: key-auth}, {name: rate-limiting, config: {minute: 60}}]
    routes:
      - {name: orders, paths: [/orders], methods: [GET, POST]}
      - {name: raw, paths: ["~/raw/\\d+$"], strip_path: false, plugins: [{name: key-auth, config: {anonymous: guest}}]}
  - name: web
    host: web
    port: 80
    routes: [{name: all, hosts: [shop.test], strip_path: false}]
plugins: [{name: cors, config: {origins: [https://shop.test]}}, {name: jwt, service: web}]
"#;
    check(
        &[("kong.yml", text)],
        &[
            "kong: GET,POST /orders prefix proxy orders:8000 [/orders -> /v1] auth=required apiKey (key-auth:6) limit=60/minute cors=https://shop.test @8",
            "kong: * shop.test/ prefix proxy web:80 auth=required jwt (jwt:14) cors=https://shop.test @13",
            "kong: * ^/raw/\\d+$ regex proxy orders:8000 [ -> /v1] auth=optional apiKey (key-auth:9) limit=60/minute cors=https://shop.test @9",
        ],
    );
}

#[test]
fn traefik() {
    let toml = r#"
[http.routers.orders]
rule = "Host(`shop.test`) && PathPrefix(`/orders`)"
service = "orders"
middlewares = ["strip", "who"]
[http.middlewares.strip.stripPrefix]
prefixes = ["/orders"]
[http.middlewares.who.forwardAuth]
address = "http://auth"
[[http.services.orders.loadBalancer.servers]]
url = "http://orders:8000"
"#;
    check(
        &[("traefik/dynamic.toml", toml)],
        &["traefik: * shop.test/orders prefix proxy orders:8000 [/orders -> ] auth=required custom (who:8) @2"],
    );
    let compose = r#"
services:
  orders:
    build: {context: ., dockerfile: services/orders/Dockerfile}
    labels:
      - "traefik.http.routers.orders.rule=PathPrefix(`/orders`) && Method(`GET`)"
      - "traefik.http.routers.orders.middlewares=limit"
      - "traefik.http.middlewares.limit.ratelimit.average=100"
      - "traefik.http.services.orders.loadbalancer.server.port=8000"
  edge:
    image: traefik:v3
    ports: ["80:80", "127.0.0.1:8080:8080", "${PORT:-443}:443/tcp", {target: 9000, published: 9001}]
"#;
    check(
        &[("docker-compose.yml", compose)],
        &[
            "compose: * :80/ prefix proxy edge:80 @12",
            "compose: * :443/ prefix proxy edge:443 @12",
            "compose: * :9001/ prefix proxy edge:9000 @12",
            "traefik: GET /orders prefix proxy orders limit=100/1s @6",
        ],
    );
    assert_eq!(gateways(&[("docker-compose.yml", compose)]).workloads[0].folder.as_deref(), Some("services/orders"));
    let object = r#"
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: shop}
spec:
  routes:
    - match: Host(`shop.test`) && PathPrefix(`/api`)
      services: [{name: orders, port: 80}]
      middlewares: [{name: strip}]
---
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {name: strip}
spec: {stripPrefix: {prefixes: [/api]}}
"#;
    check(&[("route.yaml", object)], &["traefik: * shop.test/api prefix proxy orders:80 [/api -> ] @7"]);
}

#[test]
fn apisix() {
    let text = r#"
routes:
  - uri: /orders/*
    methods: [GET, POST]
    upstream: {nodes: {"orders:8000": 1}}
    plugins:
      key-auth: {}
      limit-count: {count: 10, time_window: 60}
      proxy-rewrite: {regex_uri: ["^/orders/(.*)", "/$1"]}
  - uris: [/books/:id]
    upstream_id: "1"
upstreams: [{id: "1", nodes: [{host: catalogue, port: 9000, weight: 1}]}]
global_rules: [{id: "1", plugins: {cors: {allow_origins: https://shop.test}}}]
#END
"#;
    check(
        &[("apisix.yaml", text)],
        &[
            "apisix: * /books/{id} template proxy catalogue:9000 cors=https://shop.test @10",
            "apisix: GET,POST /orders/ prefix proxy orders:8000 [/orders/ -> /] auth=required apiKey (key-auth:7) limit=10/60s cors=https://shop.test @3",
        ],
    );
}

#[test]
fn caddy() {
    let file = r#"
{
  email ops@shop.test
}
(common) {
  header Access-Control-Allow-Origin *
}
shop.test {
  import common
  handle_path /api/* {
    forward_auth auth:9000 {
      uri /check
    }
    reverse_proxy orders:8000
  }
  @writes {
    method POST PUT
    path /books/*
  }
  reverse_proxy @writes catalogue:8000
  basic_auth /admin/* {
    bob hash
  }
  respond /secret 403
  reverse_proxy web:3000
}
"#;
    check(
        &[("Caddyfile", file)],
        &[
            "caddy: * shop.test/api/ prefix proxy orders:8000 [/api -> ] auth=required custom (forward_auth:11) cors=* tls @14",
            "caddy: * shop.test/secret exact deny cors=* tls @24",
            "caddy: POST,PUT shop.test/books/ prefix proxy catalogue:8000 cors=* tls @20",
            "caddy: * shop.test/admin/ prefix proxy web:3000 auth=required basic (basic_auth:21) cors=* tls @21",
            "caddy: * shop.test/ prefix proxy web:3000 cors=* tls @25",
        ],
    );
    let json = r#"{"apps": {"http": {"servers": {"main": {"routes": [
  {"match": [{"host": ["shop.test"], "path": ["/api/*"]}], "handle": [{"handler": "subroute", "routes": [
    {"handle": [{"handler": "rewrite", "strip_path_prefix": "/api"}, {"handler": "reverse_proxy", "upstreams": [{"dial": "orders:8000"}]}]}]}]},
  {"handle": [{"handler": "static_response", "status_code": 404}]}]}}}}}"#;
    check(&[("caddy.json", json)], &["caddy: * shop.test/api/ prefix proxy orders:8000 [/api -> ] @3", "caddy: * / prefix deny @4"]);
}

#[test]
fn variables_of_nginx_may_hold_one_of_several_things() {
    let text = "map $http_upgrade $where { default http://web:1; ~ws http://sockets:2; }\nserver { location / { set $to http://ui:3000; if ($http_accept ~ json) { set $to http://app:8000; } proxy_pass $to; } location /w { proxy_pass $where; } }\n";
    check(&[("nginx.conf", text)], &["nginx: * /w prefix proxy web:1 sockets:2 @2", "nginx: * / prefix proxy ui:3000 app:8000 @2"]);
}
