//! TypeSpec. What is expected of `SHOP` is what its compiler with `@typespec/openapi3` makes of it, optional path parameters aside.

mod common;

use common::{auth, found, inputs, lines, only, troubles};

const SHOP: &str = r##"import "@typespec/http";
import "./models.tsp";
import "./more";

using TypeSpec.Http;

/** The shop. { not a brace */
@service(#{ title: "Shop" })
@server("https://shop.test/api/{stage}", "Main", { stage: string = "v1" })
@useAuth(BearerAuth | ApiKeyAuth<ApiKeyLocation.header, "X-Key">)
@route("/shop")
namespace Shop;

@get op ping(): void;
@route("/op-implicit") op implicit(name: string): string;
@route("/op-nothing") op nothing(): void;
@route("/op-body") op body(@body thing: Thing): void;
@route("/op-onlyquery") op onlyquery(@query q?: string): void;
@route("/a/{id}") op inroute(id: string): void;
@route("/b") op appended(@path id: string, @path("other") second: string): void;
@route("/c") op optional(@path id?: string): void;
@route("/d{?q*,r}") op tmpl(q: string[], r: string): void;
@route("/e/{+rest}") op rest(rest: string): void;
@route("/f{/id}") op slash(@path id: string): void;
@route("/op-noroute") op noroute(@path id: string): void;

@route("/things")
@tag("Things")
interface Things {
  @doc("""
  lists } them
  """)
  list(...Paging): Thing[];
  @get read(@path id: Thing.id, @header ifMatch?: string): Thing | Error;
  #deprecated "use put"
  @post @useAuth(NoAuth) create(...Thing): Thing;
  @route("{id}/parts") @delete remove(@path id: string, ...Keyed): void;
  @head @useAuth(NoAuth | BearerAuth) has(@path id: string): void;
}

@route("/both") interface Both extends Things { @route("/extra") extra(): void; }

namespace Inner {
  @route("inner") namespace Deep {
    @patch(#{implicitOptionality: true}) op change(@path id: string, @body t: Thing): void;
  }
}
@route("/copied") op copied is Shop.implicit;
@route("/viaalias") op viaAlias(...Al): void;
alias Al = { @path k: string; @query z?: string };
op ReadT<T>(@path id: string): T;
@route("/inst") op inst is ReadT<Thing>;
interface Crud<T> { @route("/crud") get(@path id: string): T; }
interface Insts extends Crud<Thing> {}
"##;

const MODELS: &str = r#"import "@typespec/http";
using TypeSpec.Http;
namespace Shop;
model Thing { id: string; `odd-name`?: int32 = 3; tags: { ...Record<string> }; }
model Paging { @query page?: int32; @query("page-size") size: int32 }
model Key { @path key: string; }
model Keyed extends Key { @header etag: string }
model Gen<T> { @path g: string; item: T }
@TypeSpec.error model Error { code: string; }
"#;

const MORE: &str = r#"import "@typespec/http";
using TypeSpec.Http;
namespace Shop.More { @route("/m") @put op more(): void; }
@route("/outside") op outside(): void;
"#;

/// `GET /shop` of each operation.
fn routes(contract: &apicensus_catalog::Contract) -> Vec<String> {
    let mut all: Vec<String> = contract.operations.iter().map(|o| format!("{} {}", o.method, o.path)).collect();
    all.sort();
    all
}

#[test]
fn operations_have_the_routes_that_the_compiler_gives_them() {
    let contract = only(&[("main.tsp", SHOP), ("models.tsp", MODELS), ("more/main.tsp", MORE)]);
    let expected = [
        "DELETE /shop/both/{id}/parts/{key}",
        "DELETE /shop/things/{id}/parts/{key}",
        "GET /shop",
        "GET /shop/a/{id}",
        "GET /shop/b/{id}/{other}",
        "GET /shop/both",
        "GET /shop/both/extra",
        "GET /shop/both/{id}",
        "GET /shop/c/{id}",
        "GET /shop/crud/{id}",
        "GET /shop/d",
        "GET /shop/e/{rest}",
        "GET /shop/f/{id}",
        "GET /shop/inst/{id}",
        "GET /shop/op-noroute/{id}",
        "GET /shop/op-nothing",
        "GET /shop/op-onlyquery",
        "GET /shop/things",
        "GET /shop/things/{id}",
        "GET /shop/viaalias/{k}",
        "HEAD /shop/both/{id}",
        "HEAD /shop/things/{id}",
        "PATCH /shop/inner/{id}",
        "POST /shop/both",
        "POST /shop/copied",
        "POST /shop/op-body",
        "POST /shop/op-implicit",
        "POST /shop/things",
        "PUT /shop/m",
    ];
    assert_eq!(routes(&contract), expected);
    assert_eq!((contract.title.as_str(), contract.base_paths.as_slice()), ("Shop", ["/api/v1".to_owned()].as_slice()));
}

#[test]
fn parameters_and_auth_come_from_models_and_interfaces() {
    let contract = only(&[("main.tsp", SHOP), ("models.tsp", MODELS), ("more/main.tsp", MORE)]);
    let of = |all: Vec<String>, start: &str| all.into_iter().find(|line| line.starts_with(start)).unwrap_or_default();
    let said = [
        of(inputs(&contract), "GET /shop/things query"),
        of(inputs(&contract), "DELETE /shop/things/{id}/parts/{key}"),
        of(inputs(&contract), "GET /shop/d"),
        of(auth(&contract), "POST /shop/things"),
        of(auth(&contract), "HEAD /shop/things/{id}"),
        of(auth(&contract), "GET /shop/d"),
    ];
    let expected = [
        "GET /shop/things query page, query page-size*",
        "DELETE /shop/things/{id}/parts/{key} path id*, path key*, header etag*",
        "GET /shop/d query q*, query r*",
        "POST /shop/things none",
        "HEAD /shop/things/{id} optional bearer",
        "GET /shop/d required bearer apiKey",
    ];
    assert_eq!(said, expected);
    let gone: Vec<&str> = contract.operations.iter().filter(|o| o.deprecated).map(|o| o.path.as_str()).collect();
    assert_eq!(gone, ["/shop/both", "/shop/things"]);
    assert!(lines(&contract).contains(&"PUT /shop/m more/main.tsp:3".to_owned()), "{:?}", lines(&contract));
}

#[test]
fn what_needs_the_compiler_is_a_trouble() {
    let text = "import \"@typespec/rest\";
import \"./gone.tsp\";
import \"../out.tsp\";
@service
namespace Pets {
  op all is Azure.Core.ResourceList<Pet>;
  interface Crud extends Rest.Resource.ResourceOperations<Pet, Error> {}
  @autoRoute op made(@path id: string): void;
  @get op spread(...Azure.Traits<Pet>): void;
  op Open<T>(...T): void;
  @route(\"/o\") op instance is Open<Pet>;
  @route(\"/fine\") op fine(...Record<string>): void;
}
@@route(Pets.fine, \"/x\");
";
    let found = found(&[("api/main.tsp", text), ("api/part.tsp", "namespace Pets;\nop x(): void;\n")]);
    let expected = [
        "api/main.tsp:2 `./gone.tsp` names a file that is not there or can't be read",
        "api/main.tsp:3 `../out.tsp` names a file that is not there or can't be read",
        "api/main.tsp:14 `@@route` changes a route from elsewhere; it is not applied",
        "api/main.tsp:6 `all` is an instance of `Azure.Core.ResourceList`, which needs the compiler; it is left out",
        "api/main.tsp:11 `instance` has parameters of `T`, which needs the compiler; it is left out",
        "api/main.tsp:8 `made` has a route that the compiler makes (@autoRoute); it is left out",
        "api/main.tsp:9 `spread` has parameters of `Azure.Traits`, which needs the compiler; it is left out",
        "api/main.tsp:7 `Rest.Resource.ResourceOperations` is a template that needs the compiler; the operations it brings are left out",
    ];
    assert_eq!(troubles(&found), expected);
    assert_eq!(lines(&found.contracts[0]), ["GET /fine api/main.tsp:12"]);
}

#[test]
fn a_service_in_a_file_of_its_own_is_read_with_what_main_imports() {
    let files = [
        ("main.tsp", "import \"./service.tsp\";\nimport \"./routes.tsp\";\n"),
        ("service.tsp", "@service(#{title: \"Pets\"})\n@server(\"/api\", \"here\")\nnamespace Pets;\n"),
        ("routes.tsp", "namespace Pets;\n@route(\"/p\") interface P { @put op: string(): void; }\n"),
        ("cut.tsp", "@service\nnamespace Cut;\n@route(\"/x\") op x("),
        ("deep.tsp", &format!("@service namespace D; {}", "namespace A {".repeat(50_000))),
    ];
    let found = found(&files);
    let all: Vec<String> = found.contracts.iter().flat_map(lines).collect();
    assert!(all.contains(&"PUT /p routes.tsp:2".to_owned()), "{all:?}");
    assert_eq!(found.contracts.iter().find(|c| c.title == "Pets").map(|c| c.file.as_str()), Some("service.tsp"));
}
