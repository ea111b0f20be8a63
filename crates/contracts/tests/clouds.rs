//! Readers of infrastructure and of hosts of pages, one small document a format.

#![allow(clippy::unwrap_used)]

mod routes;

use routes::{check, gateways, line};

#[test]
fn sam() {
    let text = r#"
AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Runtime: python3.12, CodeUri: src/}
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: prod
      Cors: "'*'"
      Auth:
        DefaultAuthorizer: Pool
        Authorizers: {Pool: {UserPoolArn: !GetAtt Users.Arn}}
  GetBook:
    Type: AWS::Serverless::Function
    Properties:
      Handler: books.get
      Events:
        Get: {Type: Api, Properties: {Path: "/books/{id}", Method: get, RestApiId: !Ref Api}}
        Open: {Type: Api, Properties: {Path: /status, Method: GET, RestApiId: !Ref Api, Auth: {Authorizer: NONE}}}
  Http:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: ./http
      Handler: app.handler
      FunctionUrlConfig: {AuthType: AWS_IAM}
      Events:
        Any: {Type: HttpApi, Properties: {Path: "/{proxy+}", Method: ANY}}
        Timer: {Type: Schedule, Properties: {Schedule: rate(1 day)}}
"#;
    check(
        &[("infra/template.yaml", text)],
        &[
            "cloudformation: GET /status template function GetBook=infra/src/books.get auth=none  (no authorizer:21) cors=* @21",
            "cloudformation: GET /books/{id} template function GetBook=infra/src/books.get auth=required jwt (Pool:13) cors=* @20",
            "cloudformation: * / prefix function Http=infra/http/app.handler auth=required hmac (AWS_IAM:27) @27",
            "cloudformation: * /{proxy+} template function Http=infra/http/app.handler auth=none  (no authorizer:29) @29",
        ],
    );
}

#[test]
fn cloudformation() {
    let text = r#"{"Resources": {
  "Rest": {"Type": "AWS::ApiGateway::RestApi"},
  "Books": {"Type": "AWS::ApiGateway::Resource", "Properties": {"PathPart": "books", "ParentId": {"Fn::GetAtt": ["Rest", "RootResourceId"]}, "RestApiId": {"Ref": "Rest"}}},
  "Book": {"Type": "AWS::ApiGateway::Resource", "Properties": {"PathPart": "{id}", "ParentId": {"Ref": "Books"}, "RestApiId": {"Ref": "Rest"}}},
  "Get": {"Type": "AWS::ApiGateway::Method", "Properties": {"HttpMethod": "GET", "ResourceId": {"Ref": "Book"}, "RestApiId": {"Ref": "Rest"},
    "AuthorizationType": "CUSTOM", "AuthorizerId": {"Ref": "Check"},
    "Integration": {"Type": "AWS_PROXY", "Uri": {"Fn::Join": ["", ["arn:aws:apigateway:", {"Ref": "AWS::Region"}, ":lambda:path/2015-03-31/functions/", {"Fn::GetAtt": ["Fun", "Arn"]}, "/invocations"]]}}}},
  "Check": {"Type": "AWS::ApiGateway::Authorizer"},
  "Fun": {"Type": "AWS::Lambda::Function", "Properties": {"Handler": "index.handler", "Code": {"S3Bucket": "b", "S3Key": "k.zip"}}},
  "Http": {"Type": "AWS::ApiGatewayV2::Api"},
  "List": {"Type": "AWS::ApiGatewayV2::Route", "Properties": {"ApiId": {"Ref": "Http"}, "RouteKey": "GET /orders", "AuthorizationType": "JWT", "Target": {"Fn::Sub": "integrations/${To}"}}},
  "To": {"Type": "AWS::ApiGatewayV2::Integration", "Properties": {"IntegrationUri": "http://orders.internal:8000/v1/orders"}}
}}"#;
    check(
        &[("stack.json", text)],
        &[
            "cloudformation: GET /orders template proxy orders.internal:8000 [whole  -> /v1/orders] auth=required jwt (JWT:11) @11",
            "cloudformation: GET /books/{id} template function Fun=?/index.handler auth=required custom (Check:5) @5",
        ],
    );
}

#[test]
fn serverless() {
    let text = r#"
service: shop
provider: {name: aws, runtime: nodejs20.x, httpApi: {authorizers: {pool: {type: jwt, issuerUrl: https://i.test}}}}
functions:
  books:
    handler: src/books.list
    events:
      - http: GET books
      - http: {path: "books/{id}", method: delete, private: true, cors: true}
      - httpApi: {method: POST, path: /books, authorizer: {name: pool, scopes: [write]}}
      - http: {path: admin, method: get, authorizer: aws_iam}
      - schedule: rate(1 hour)
  app:
    handler: src/server.handler
    events: [{httpApi: '*'}]
"#;
    check(
        &[("api/serverless.yml", text)],
        &[
            "serverless: GET /books template function books=api/src/books.list auth=none  (no authorizer:8) @8",
            "serverless: POST /books template function books=api/src/books.list auth=required jwt (pool:10) @10",
            "serverless: GET /admin template function books=api/src/books.list auth=required hmac (aws_iam:11) @11",
            "serverless: DELETE /books/{id} template function books=api/src/books.list auth=required apiKey (private:9) cors=* @9",
            "serverless: * / prefix function app=api/src/server.handler auth=none  (no authorizer:15) @15",
        ],
    );
    let found = gateways(&[
        ("serverless.yml", "service: x\nprovider: {name: aws}\nfunctions: ${file(functions.yml):all}\n"),
        ("functions.yml", "all:\n  a: {handler: a.b, events: [{http: GET a}]}\n"),
    ]);
    assert_eq!(line(&found.gateways[0].routes[0]), "GET /a template function a=/a.b auth=none  (no authorizer:2) @2");
    assert_eq!(found.gateways[0].routes[0].at.file, "functions.yml");
}

#[test]
fn terraform() {
    let main = r#"
resource "aws_api_gateway_rest_api" "shop" { name = "shop" }
resource "aws_api_gateway_resource" "books" {
  rest_api_id = aws_api_gateway_rest_api.shop.id
  parent_id   = aws_api_gateway_rest_api.shop.root_resource_id
  path_part   = "books"
}
resource "aws_api_gateway_resource" "book" {
  rest_api_id = aws_api_gateway_rest_api.shop.id
  parent_id   = aws_api_gateway_resource.books.id
  path_part   = "{id}"
}
resource "aws_api_gateway_method" "get" {
  rest_api_id   = aws_api_gateway_rest_api.shop.id
  resource_id   = aws_api_gateway_resource.book.id
  http_method   = "GET"
  authorization = "COGNITO_USER_POOLS"
}
resource "aws_api_gateway_integration" "get" {
  resource_id = aws_api_gateway_resource.book.id
  http_method = aws_api_gateway_method.get.http_method
  type        = "AWS_PROXY"
  uri         = aws_lambda_function.books.invoke_arn
}
resource "aws_apigatewayv2_api" "http" { protocol_type = "HTTP" }
resource "aws_apigatewayv2_route" "all" {
  api_id    = aws_apigatewayv2_api.http.id
  route_key = "ANY /orders/{proxy+}"
  target    = "integrations/${aws_apigatewayv2_integration.orders.id}"
}
resource "aws_apigatewayv2_integration" "orders" { integration_uri = "http://orders.internal/{proxy}" }
resource "aws_api_gateway_rest_api" "described" { body = file("${path.module}/api.yaml") }
"#;
    let lambda = r#"
data "archive_file" "books" {
  type       = "zip"
  source_dir = "${path.module}/../books"
}
resource "aws_lambda_function" "books" {
  function_name = "shop-books"
  handler       = "main.get"
  filename      = data.archive_file.books.output_path
}
"#;
    let api = "openapi: 3.0.1\ncomponents: {securitySchemes: {key: {type: apiKey, in: header, name: x-api-key}}}\npaths:\n  /pets:\n    get:\n      security: [{key: []}]\n      x-amazon-apigateway-integration: {type: http_proxy, uri: 'http://pets.internal/pets', httpMethod: GET}\n";
    check(
        &[("infra/main.tf", main), ("infra/lambda.tf", lambda), ("infra/api.yaml", api)],
        &[
            "terraform: GET /pets template proxy pets.internal auth=required apiKey (key:5) @5",
            "terraform: * /orders/{proxy+} template proxy orders.internal [/orders/ -> /] auth=none  (no authorizer:26) @26",
            "terraform: GET /books/{id} template function shop-books=books/main.get auth=required jwt (COGNITO_USER_POOLS:13) @13",
        ],
    );
}

#[test]
fn clouds() {
    let google = r#"
swagger: "2.0"
host: shop.test
x-google-backend: {address: https://orders-run.test/base}
securityDefinitions: {key: {type: apiKey, in: query, name: key}}
paths:
  /orders/{id}: {get: {security: [{key: []}]}}
  /health: {get: {x-google-backend: {address: https://health.test/check}}}
"#;
    check(
        &[("gateway.yaml", google)],
        &[
            "google-api-gateway: GET shop.test/health template proxy health.test [whole  -> /check] auth=none  (no security:8) @8",
            "google-api-gateway: GET shop.test/orders/{id} template proxy orders-run.test [ -> /base] auth=required apiKey (key:7) @7",
        ],
    );
    let arm = r#"{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "resources": [
  {"type": "Microsoft.ApiManagement/service/apis", "name": "[concat(parameters('s'), '/orders')]",
   "properties": {"path": "shop", "serviceUrl": "http://orders:8000/v1", "subscriptionRequired": false}},
  {"type": "Microsoft.ApiManagement/service/apis/operations", "name": "[concat(parameters('s'), '/orders/get')]",
   "properties": {"method": "GET", "urlTemplate": "/orders/{id}"}}]}"#;
    check(
        &[("apim.json", arm)],
        &["azure-api-management: GET /shop/orders/{id} template proxy orders:8000 [/shop -> /v1] auth=none  (no subscription:5) @5"],
    );
    let function = r#"{"scriptFile": "../dist/books.py", "entryPoint": "main",
  "bindings": [{"type": "httpTrigger", "authLevel": "anonymous", "methods": ["get", "post"], "route": "books/{id:int?}"}, {"type": "http"}]}"#;
    check(
        &[("app/books/function.json", function), ("app/host.json", r#"{"version": "2.0", "extensions": {"http": {"routePrefix": "v1"}}}"#)],
        &["azure-functions: GET,POST /v1/books/{id} template function books=app/dist/books.py/main auth=none  (anonymous:2) @2"],
    );
}

#[test]
fn hosts_of_pages() {
    let vercel = r#"{"rewrites": [{"source": "/api/:path*", "destination": "https://api.test/v1/:path*"}, {"source": "/(.*)", "destination": "/index.html"}],
  "redirects": [{"source": "/old/:id", "destination": "/new/:id"}]}"#;
    check(
        &[("vercel.json", vercel)],
        &[
            "vercel: * /old/{id} template redirect /new/:id @2",
            "vercel: * /api segments proxy api.test [/api -> /v1] @1",
            "vercel: * / segments proxy this site [whole  -> /index.html] @1",
        ],
    );
    let netlify = "[[redirects]]\nfrom = \"/api/*\"\nto = \"https://api.test/:splat\"\nstatus = 200\n";
    check(&[("netlify.toml", netlify)], &["netlify: * /api segments proxy api.test [/api -> ] @1"]);
    check(
        &[("public/_redirects", "# old\n/a /b\n/fn/* /.netlify/functions/run/:splat 200!\n")],
        &["netlify: * /a exact redirect /b @2", "netlify: * /fn segments function run [/fn -> /.netlify/functions/run] @3"],
    );
    check(
        &[(
            "wrangler.toml",
            "name = \"edge\"\nmain = \"src/index.ts\"\nroutes = [\"shop.test/api/*\", { pattern = \"a.test\", custom_domain = true }]\n",
        )],
        &["cloudflare: * shop.test/api/ prefix proxy edge @3", "cloudflare: * a.test/ prefix proxy edge @3"],
    );
}
