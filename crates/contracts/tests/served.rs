//! Configurations that were served by the gateways themselves (nginx 1.22.1, Caddy 2.6.2) in front of programs that say what reached them;
//! the routes must be what they did, in the order in which they were tried. The last is what the translator of SAM (aws-sam-translator 1.x)
//! makes of a template.

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
