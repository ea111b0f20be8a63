//! Configurations that were served by the gateways themselves (nginx 1.22.1, Caddy 2.6.2) in front of programs that say what reached them;
//! the routes must be what they did, in the order in which they were tried; what the translator of SAM (aws-sam-translator 1.x) makes of a
//! template; which paths the libraries of Vercel (@vercel/routing-utils 5) and Netlify (netlify-redirector 0.5) let through, asked with the
//! paths named here; and the order in which miniflare (@miniflare/core 2) tries patterns of Cloudflare. Envoy, Kong and the Gateway API were not
//! run: those are compared with the text of their documentation, Kong with the code of its router, the Gateway API with the requests of its
//! conformance tests.

#![allow(clippy::unwrap_used)]

mod routes;

use routes::check;

#[test]
fn nginx_looks_at_expressions_within_their_location_and_refuses_other_methods() {
    let text = "server {
  listen 127.0.0.1:18080; server_name shop.test;
  location /api/ { proxy_pass http://b; }
  location /outer/ {
    proxy_pass http://b;
    location /outer/inner/ { proxy_pass http://c; }
    location ~ /deep$ { proxy_pass http://d; }
  }
  location ~* \\.(png|css)$ { proxy_pass http://d; }
  location ^~ /static/ { proxy_pass http://e; }
  location /api/keep { proxy_pass http://b/base; }
  location = /api/exact { proxy_pass http://f/other; }
  location /write { limit_except GET { deny all; } proxy_pass http://b; }
  location / { try_files /nonexistent @app; }
  location @app { proxy_pass http://g; }
}
";
    check(
        &[("nginx.conf", text)],
        &[
            "nginx: * shop.test/api/exact exact proxy f [/api/exact -> /other] @12",
            "nginx: * shop.test/static/ prefix proxy e @10",
            "nginx: * shop.test^/outer.*/deep$ regex proxy d @7",
            "nginx: * shop.test(?i)\\.(png|css)$ regex proxy d @9",
            "nginx: * shop.test/outer/inner/ prefix proxy c @6",
            "nginx: * shop.test/api/keep prefix proxy b [/api/keep -> /base] @11",
            "nginx: * shop.test/outer/ prefix proxy b @4",
            "nginx: GET shop.test/write prefix proxy b @13",
            "nginx: * shop.test/write prefix deny @13",
            "nginx: * shop.test/api/ prefix proxy b @3",
            "nginx: * shop.test/ prefix proxy g @14",
        ],
    );
}

#[test]
fn caddy_sorts_directives_by_kind_and_then_by_path() {
    let text = "http://shop.test:18080 {
	respond /health \"ok\" 200
	handle_path /api/orders/* {
		reverse_proxy a:80
	}
	handle /api/* {
		reverse_proxy b:80
	}
	@write method POST PUT
	handle @write {
		reverse_proxy c:80
	}
	redir /old /new 301
	route /r/* {
		uri strip_prefix /r
		reverse_proxy d:80
	}
	reverse_proxy /static/* e:80
	handle {
		reverse_proxy f:80
	}
}
";
    // `handle` without a path takes what is left before `route`, `respond` and `reverse_proxy` are tried.
    check(
        &[("Caddyfile", text)],
        &[
            "caddy: * shop.test/old exact redirect /new @13",
            "caddy: * shop.test/api/orders/ prefix proxy a:80 [/api/orders -> ] @4",
            "caddy: * shop.test/api/ prefix proxy b:80 @7",
            "caddy: POST,PUT shop.test/ prefix proxy c:80 @11",
            "caddy: * shop.test/ prefix proxy f:80 @20",
            "caddy: * shop.test/r/ prefix proxy d:80 [/r -> ] @16",
            "caddy: * shop.test/health exact respond @2",
            "caddy: * shop.test/static/ prefix proxy e:80 @18",
        ],
    );
}

#[test]
fn what_sam_makes_of_a_template_is_read() {
    let text = r#"{"Resources": {"Rest": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Body": {"swagger": "2.0",
 "paths": {"/orders": {"get": {"security": [{"Pool": []}],
   "x-amazon-apigateway-integration": {"type": "aws_proxy", "httpMethod": "POST", "uri": {"Fn::Sub": "arn:aws:apigateway:x:lambda:path/2015-03-31/functions/${List.Arn}/invocations"}}}},
  "/orders/{id}": {"x-amazon-apigateway-any-method": {"security": [{"NONE": []}],
   "x-amazon-apigateway-integration": {"type": "aws_proxy", "httpMethod": "POST", "uri": {"Fn::Sub": "arn:aws:apigateway:x:lambda:path/2015-03-31/functions/${List.Arn}/invocations"}}}}},
 "securityDefinitions": {"Pool": {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "cognito_user_pools"}}}}},
"Http": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Body": {"openapi": "3.0.1",
 "paths": {"$default": {"x-amazon-apigateway-any-method": {
   "x-amazon-apigateway-integration": {"type": "aws_proxy", "httpMethod": "POST", "payloadFormatVersion": "2.0", "uri": {"Fn::Sub": "arn:aws:apigateway:x:lambda:path/2015-03-31/functions/${List.Arn}/invocations"}}}}}}}},
"List": {"Type": "AWS::Lambda::Function", "Properties": {"Handler": "app.list", "Runtime": "python3.12"}}}}
"#;
    check(
        &[("template.json", text)],
        &[
            "cloudformation: * / prefix function List=/app.list @8",
            "cloudformation: GET /orders template function List=/app.list auth=required jwt (Pool:2) @2",
            "cloudformation: * /orders/{id} template function List=/app.list auth=none  (NONE:4) @4",
        ],
    );
}

#[test]
fn serverless_makes_these_methods_and_routes() {
    // What `serverless package` (3.40) writes into its CloudFormation template, its preflight requests aside.
    let text = r#"service: shop
provider:
  name: aws
  runtime: nodejs18.x
  stage: prod
  httpApi:
    cors: true
    authorizers:
      tokens: {type: jwt, identitySource: $request.header.Authorization, issuerUrl: https://id.test/, audience: [shop]}
custom: {base: orders, prefix: "/v2", nested: "${self:custom.prefix}/deep"}
functions:
  list: {handler: src/a.list, events: [{http: "GET ${self:custom.base}"}, {httpApi: "GET ${self:custom.nested}/orders"}]}
  one: {handler: src/a.one, events: [{http: {path: "orders/{id}", method: get, private: true}}, {httpApi: {path: "/v2/orders/{id}", method: get, authorizer: {name: tokens, scopes: [read]}}}]}
  any: {handler: src/a.any, events: [{http: {path: "/files/{proxy+}", method: any}}, {httpApi: "*"}]}
  wild: {handler: src/a.wild, events: [{httpApi: {path: /w, method: "*"}}]}
  env: {handler: src/a.env, events: [{http: "ANY /${env:BASE}/x"}]}
  iam: {handler: src/a.iam, events: [{http: {path: /iam, method: post, authorizer: aws_iam}}, {http: {path: /cog, method: post, authorizer: {arn: "arn:aws:cognito-idp:eu-west-1:1:userpool/x"}}}, {http: {path: /fn, method: post, authorizer: auth}}]}
"#;
    let mut got: Vec<String> = routes::lines(&[("serverless.yml", text)]).iter().map(|l| l.replace(" template function", "")).collect();
    got.iter_mut().for_each(|l| l.truncate(l.find(" (").unwrap_or(l.len())));
    got.sort();
    assert_eq!(
        got,
        [
            "serverless: * / prefix function any=/src/a.any auth=none ",
            "serverless: * /${env:BASE}/x env=/src/a.env auth=none ",
            "serverless: * /files/{proxy+} any=/src/a.any auth=none ",
            "serverless: * /w wild=/src/a.wild auth=none ",
            "serverless: GET /orders list=/src/a.list auth=none ",
            "serverless: GET /orders/{id} one=/src/a.one auth=required apiKey",
            "serverless: GET /v2/deep/orders list=/src/a.list auth=none ",
            "serverless: GET /v2/orders/{id} one=/src/a.one auth=required jwt",
            "serverless: POST /cog iam=/src/a.iam auth=required jwt",
            "serverless: POST /fn iam=/src/a.iam auth=required custom",
            "serverless: POST /iam iam=/src/a.iam auth=required hmac",
        ]
    );
}

/// The first words of each route: path and how it is compared.
#[track_caller]
fn paths(file: &str, text: &str, expected: &[&str]) {
    let lines = routes::lines(&[(file, text)]);
    let got: Vec<String> = lines.iter().map(|l| l.split(' ').skip(2).take(2).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(got, expected);
}

#[test]
fn vercel_takes_paths_as_path_to_regexp_reads_them() {
    let sources = [
        // /api, /api/a and /api/a/b, not /api/
        "/api/:path*",
        // /api/a and /api/a/b, not /api
        "/api/:path+",
        "/(.*)",
        // /files/ and /files/a/b, not /files
        "/files/(.*)",
        "/old/:id",
        "/user/:id(\\\\d+)",
        // /blog/edit and /blog/a/b/edit
        "/blog/:slug*/edit",
        "/exact",
        // /opt and /opt/a
        "/opt/:a?",
        "/x-:id",
        // /q/b and /q/b/c/d
        "/:a/b/:rest*",
        "/v:ver/x",
        "/docs/:a.html",
        "/(api|rpc)/:m",
        "/lang-:l(en|de)/p",
    ];
    let items: Vec<String> = sources.iter().map(|s| format!("{{\"source\": \"{s}\", \"destination\": \"/z\"}}")).collect();
    paths(
        "vercel.json",
        &format!("{{\"rewrites\": [{}]}}", items.join(", ")),
        &[
            "/api segments",
            "/api/{path+} template",
            "/ segments",
            "/files/ prefix",
            "/old/{id} template",
            "^/user/\\d+$ regex",
            "^/blog(?:/[^/]+)*/edit$ regex",
            "/exact exact",
            "^/opt(?:/[^/]+)?$ regex",
            "^/x-[^/]+$ regex",
            "^/[^/]+/b(?:/[^/]+)*$ regex",
            "^/v[^/]+/x$ regex",
            "^/docs/[^/]+\\.html$ regex",
            "^/(?:api|rpc)/[^/]+$ regex",
            "^/lang-(?:en|de)/p$ regex",
        ],
    );
}

#[test]
fn netlify_takes_paths_as_its_redirector_does() {
    let rules = "/api/* /z 200
# /a/b/c and /a/x/y/c
/a/*/c /z 200
/old/:id /z 200
/exact /z 200
# Names begin a segment: /x-:id itself
/x-:id /z 200
# /pre, /prefix and /pre/x
/pre* /z 200
# /q/1 and /q/1/2/3
/q/:id/* /z 200
# /docs/i.html
/docs/:a.html /z 200
";
    paths(
        "public/_redirects",
        rules,
        &[
            "/api segments",
            "^/a/.*/c$ regex",
            "/old/{id} template",
            "/exact exact",
            "/x-:id exact",
            "/pre prefix",
            "^/q/[^/]+(?:/.*)?$ regex",
            "^/docs/[^/]+\\.html$ regex",
        ],
    );
    check(
        &[("public/_redirects", "/c id=:id /n/:id 301\n/auth/* /w 200! Role=admin,editor Country=at\n")],
        &[
            "netlify: * /c exact redirect /n/:id if=query id @1",
            "netlify: * /auth segments proxy this site [whole  -> /w] auth=required jwt (Role:2) if=Country at @2",
        ],
    );
}

#[test]
fn cloudflare_tries_the_most_special_pattern_first() {
    let text = "name = \"edge\"\nroutes = [\"*/api/v1/*\", \"shop.test/*\", \"shop.test/api/*\", \"shop.test/exact\"]\n";
    // shop.test/api/v1/x is taken by the third, other.test/api/v1/x by the first.
    let lines = routes::lines(&[("wrangler.toml", text)]);
    let got: Vec<&str> = lines.iter().filter_map(|l| l.split(' ').nth(2)).collect();
    assert_eq!(got, ["shop.test/exact", "shop.test/api/", "shop.test/", "*/api/v1/"]);
}

#[test]
fn envoy_looks_for_the_host_before_the_path() {
    // Not run: "Domain search order" of config.route.v3.VirtualHost, and UriTemplateMatchConfig.
    let text = r#"
virtual_hosts:
- name: all
  domains: ["*"]
  routes:
  - {match: {prefix: "/"}, route: {cluster: any}}
- name: wide
  domains: ["*.shop.test"]
  routes:
  - {match: {prefix: "/w"}, route: {cluster: wide}}
- name: shop
  domains: ["shop.test"]
  routes:
  - {match: {path_match_policy: {name: t, typed_config: {path_template: "/t/{id}/{rest=**}"}}}, route: {cluster: rest}}
  - {match: {path_match_policy: {name: t, typed_config: {path_template: "/u/{id}/*"}}}, route: {cluster: one}}
  - {match: {path_separated_prefix: "/seg"}, route: {cluster: seg}}
  - {match: {connect_matcher: {}}, route: {cluster: tunnel}}
"#;
    check(
        &[("envoy.yaml", text)],
        &[
            "envoy: * shop.test^/t/[^/]+/.*$ regex proxy rest @14",
            "envoy: * shop.test/u/{id}/{p3} template proxy one @15",
            "envoy: * shop.test/seg segments proxy seg @16",
            "envoy: * shop.test/ prefix proxy tunnel if=connect_matcher @17",
            "envoy: * *.shop.test/w prefix proxy wide @10",
            "envoy: * / prefix proxy any @6",
        ],
    );
}

#[test]
fn kong_tries_routes_with_more_kinds_of_conditions_first() {
    // Not run: the order of sort_categories and sort_routes in kong/router/traditional.lua.
    let text = r#"_format_version: "3.0"
services:
- name: orders
  url: http://orders:80
  routes:
  - {name: long, paths: ["/orders/long"]}
  - {name: get, paths: ["/orders"], methods: [GET]}
  - {name: low, paths: ["~/r/.*"]}
  - {name: high, paths: ["~/s/.*"], regex_priority: 5}
  - {name: wild, hosts: ["*.a.test"]}
  - {name: plain, hosts: [a.test]}
  - {name: both, hosts: [b.test], paths: ["/"]}
  - {name: told, expression: 'http.path == "/y"'}
"#;
    let lines = routes::lines(&[("kong.yaml", text)]);
    let got: Vec<&str> = lines.iter().filter_map(|l| l.rsplit('@').next()).collect();
    // both, get; plain, wild; high, low, long; told
    assert_eq!(got, ["12", "7", "11", "10", "9", "8", "6", "13"], "{lines:?}");
    assert!(lines[7].contains("if=expression http.path"), "{lines:?}");
}

#[test]
fn the_gateway_api_tries_exact_paths_and_then_the_longest() {
    // Not run: the requests of conformance/tests/httproute-path-match-order.go, httproute-exact-path-matching.go and
    // httproute-matching.go go where these routes say.
    let rule = |kind: &str, path: &str, to: &str| {
        format!("  - {{matches: [{{path: {{type: {kind}, value: {path}}}}}], backendRefs: [{{name: {to}, port: 80}}]}}\n")
    };
    let rules: String = [
        rule("Exact", "/m", "a"),
        rule("Exact", "/m/exact", "b"),
        rule("PathPrefix", "/m/", "c"),
        rule("PathPrefix", "/m/prefix/", "d"),
        rule("PathPrefix", "/m/prefix/one", "e"),
    ]
    .concat();
    let text = format!("apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: shop}}\nspec:\n  rules:\n{rules}");
    check(
        &[("route.yaml", &text)],
        &[
            "gateway-api: * /m/exact exact proxy b:80 @7",
            "gateway-api: * /m exact proxy a:80 @6",
            "gateway-api: * /m/prefix/one segments proxy e:80 @10",
            "gateway-api: * /m/prefix/ segments proxy d:80 @9",
            "gateway-api: * /m/ segments proxy c:80 @8",
        ],
    );
}
