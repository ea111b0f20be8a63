//! What each style becomes, on paths as they occur in applications and in attacks.

use super::*;
use smol_str::SmolStr;

fn text(style: &str, text: &str) -> PathPiece {
    PathPiece::Text { text: SmolStr::new(text), place: None, style: SmolStr::new(style), is_default: false }
}

fn hole(label: &str) -> PathPiece {
    PathPiece::Hole { label: SmolStr::new(label), reason: SmolStr::new("unknown"), place: None }
}

fn paths(style: &str, path: &str) -> Vec<String> {
    templates(&[text(style, path)]).into_iter().map(|t| t.path).collect()
}

fn one(style: &str, path: &str) -> Template {
    templates(&[text(style, path)]).swap_remove(0)
}

fn check(style: &str, cases: &[(&str, &str)]) {
    for (path, wanted) in cases {
        assert_eq!(paths(style, path).join(" "), *wanted, "{style} {path}");
    }
}

#[test]
fn brace() {
    check(
        "brace",
        &[
            ("", "/"),
            ("/", "/"),
            ("users", "/users"),
            ("/users/{id}", "/users/{id}"),
            ("/users/{id:int}/", "/users/{id}/"),
            ("/files/{path:path}", "/files/{path}"),
            ("/{*rest}", "/{rest}"),
            ("/{rest*}", "/{rest}"),
            ("/{rest*2}", "/{rest}"),
            ("/{tail:.*}", "/{tail}"),
            ("/{id:[0-9]{2,3}}/x", "/{id}/x"),
            ("/font/{stack}/{start}-{end}", "/font/{stack}/{start}-{end}"),
            ("/models/{name:path}:generate", "/models/{name}:generate"),
            ("/a/{id?}", "/a/{id} /a"),
            ("/{{x}}", "/%7Bx%7D"),
            ("/{}", "/{p1}"),
            ("/{open", "/%7Bopen"),
            ("/a*", "/a*"),
            ("/{a}/{a}", "/{a}/{a2}"),
        ],
    );
    let p = &one("brace", "/{id:int}/{tail:.*}/{n:[0-9]+}").parameters;
    assert_eq!((p[0].type_name.as_deref(), p[0].catch_all), (Some("int"), false));
    assert_eq!((p[1].pattern.as_deref(), p[1].catch_all), (Some(".*"), true));
    assert_eq!((p[2].pattern.as_deref(), p[2].catch_all), (Some("[0-9]+"), false));
}

#[test]
fn colon() {
    check(
        "colon",
        &[
            ("/users/:id", "/users/{id}"),
            ("/users/:id(\\d+)", "/users/{id}"),
            ("/users/:id?", "/users/{id} /users"),
            ("/:a?/x", "/{a}/x /x"),
            ("/:a-:b.:ext", "/{a}-{b}.{ext}"),
            ("/context/:scope(node|flow)/:id/*", "/context/{scope}/{id}/*"),
            ("*", "/*"),
            ("/ghost/*", "/ghost/*"),
            ("/api*", "/api*"),
            ("/*splat", "/{splat}"),
            ("/:path*", "/{path}"),
            ("/:path(*)", "/{path}"),
            ("/files/(.*)", "/files/*"),
            ("/(a|b)/x", "/{p1}/x"),
            ("/v1{/:opt}/x", "/v1/{opt}/x /v1/x"),
            ("/a::b", "/a:b"),
            ("/a\\:b", "/a:b"),
            ("/users/?", "/users"),
            ("/pull/?*", "/pull/?*"),
            ("/ftp(?!/quarantine)/:file", "/ftp(?!/quarantine)/{file}"),
            ("/a/:", "/a/:"),
            ("/:id/:id", "/{id}/{id2}"),
        ],
    );
    assert_eq!(one("colon", "/ab?cd").state, PathState::Pattern);
    assert_eq!(one("colon", "/a(b").state, PathState::Pattern);
    assert_eq!(one("colon", "/ftp(?!/q)/:f").state, PathState::Exact);
    let p = &one("colon", "/:id(\\d+)/*").parameters;
    assert_eq!((p[0].name.as_str(), p[0].pattern.as_deref()), ("id", Some("\\d+")));
    assert!(p[1].catch_all && p[1].name.is_empty());
}

#[test]
fn angle() {
    check(
        "angle",
        &[
            ("/users/<int:id>/", "/users/{id}/"),
            ("/<id>", "/{id}"),
            ("/<path:rest>", "/{rest}"),
            ("/<rest..>", "/{rest}"),
            ("/<_>/<_..>", "/{p1}/{p2}"),
            ("/hello?<name>&<age>", "/hello"),
            ("/<any(a, b):kind>/x", "/{kind}/x"),
            ("/<regex(\"(?P<x>a:b)>\"):id>/x", "/{id}/x"),
            ("/<open", "/<open"),
        ],
    );
    let p = &one("angle", "/<uuid_str:id>/<regex(\"[a-z]+\"):x>/<rest..>").parameters;
    assert_eq!(p[0].type_name.as_deref(), Some("uuid_str"));
    assert_eq!((p[1].type_name.as_deref(), p[1].pattern.as_deref()), (Some("regex"), Some("[a-z]+")));
    assert!(p[2].catch_all);
}

#[test]
fn bracket() {
    check(
        "bracket",
        &[
            ("/api/[id]", "/api/{id}"),
            ("/blog/[...slug]", "/blog/{slug}"),
            ("/blog/[[...slug]]", "/blog/{slug} /blog"),
            ("/(group)/a/@modal/b", "/a/b"),
            ("/[id].json", "/{id}.json"),
            ("/[lang=locale]/x", "/{lang}/x"),
            ("", "/"),
            ("/(only)", "/"),
        ],
    );
    assert!(one("bracket", "/[...s]").parameters[0].catch_all);
}

#[test]
fn regexes_as_path_language() {
    check(
        "regex",
        &[
            ("^$", "/"),
            ("/?$", "/"),
            ("^users/(?P<id>\\d+)/$", "/users/{id}/"),
            ("/^api/v1/^^organizers/(?P<organizer>[^/]+)/$", "/api/v1/organizers/{organizer}/"),
            ("/api/contents(?P<path>(?:(?:/[^/]+)+|/?))/checkpoints$", "/api/contents/{path}/checkpoints"),
            ("/nbconvert/(?P<format>\\w+)(?P<path>(?:(?:/[^/]+)+|/?))$", "/nbconvert/{format}/{path}"),
            ("/api/kernels/(?P<k>\\w+-\\w+)/(?P<action>restart|interrupt)$", "/api/kernels/{k}/{action}"),
            ("/api/notebooks/?(.*)$", "/api/notebooks/{p1}"),
            ("/edit(.*)$", "/edit{p1}"),
            ("/lab/.*$", "/lab/{p1}"),
            ("/.*/$", "/{p1}/"),
            ("(.*)$", "/{p1}"),
            ("/(robots\\.txt|favicon\\.ico)$", "/{p1}"),
            ("/(?P<cart_namespace>[_]{0})^$", "/"),
            ("^favicon\\.ico$", "/favicon.ico"),
            ("^stats.json/(?P<token>[\\w]+)?/?$", "/stats.json/{token}"),
            ("^^logout/?$", "/logout"),
            ("/workers/(?P<key>[-\\w\\.\\:\\$]+)/$", "/workers/{key}/"),
            ("^a(?:/(?P<b>\\d+))?/c$", "/a/{b}/c"),
            ("^a(?:/list)?$", "/a/list /a"),
            ("^(?:a|b)/c$", "/a/c /b/c"),
            ("^a$|^b$", "/a /b"),
            ("(?i)^x$", "/x"),
            ("^(?!api).*$", "/{p1}"),
            ("^[0-9]{4}/\\d\\d$", "/{p1}/{p2}"),
            ("^https?/x$", "/https/x /http/x"),
            ("\\A/x\\Z", "/x"),
        ],
    );
    assert_eq!(one("regex", "^a+b$").state, PathState::Pattern);
    assert_eq!(one("regex", "^a+b$").path, "/^a+b$");
    assert_eq!(one("regex", "(((").state, PathState::Pattern);
    let p = &one("regex", "^(?P<id>\\d+)/(?P<rest>.*)/([^/]+)$").parameters;
    assert_eq!((p[0].pattern.as_deref(), p[0].catch_all), (Some("\\d+"), false));
    assert!(p[1].catch_all);
    assert_eq!((p[2].name.as_str(), p[2].catch_all), ("p3", false));
}

#[test]
fn regex_objects_are_patterns() {
    let t = one("pattern", "^\\/locales\\/(.+)\\/?$");
    assert_eq!((t.path.as_str(), t.state), ("/locales/{p1}", PathState::Pattern));
    assert_eq!(t.raw_path, "^\\/locales\\/(.+)\\/?$");
}

#[test]
fn literal_and_unknown_styles_have_no_parameters() {
    check("literal", &[("/a/:b/{c}", "/a/:b/%7Bc%7D")]);
    check("nonsense", &[("/a/<b>", "/a/<b>")]);
}

#[test]
fn mixed_styles_join() {
    let all = templates(&[text("angle", "/api/<int:id>/"), text("regex", "^users/(?P<name>\\w+)$")]);
    assert_eq!(all[0].path, "/api/{id}/users/{name}");
    let all = templates(&[text("brace", "/a/{"), text("brace", "id}")]);
    assert_eq!(all[0].path, "/a/{id}");
}

#[test]
fn a_leading_hole_is_left_out_and_others_stay() {
    let of = |pieces: &[PathPiece]| {
        let t = templates(pieces).swap_remove(0);
        (t.path, t.raw_path, t.state)
    };
    let partial = PathState::Partial;
    assert_eq!(of(&[hole("config.base"), text("colon", "/users/:id")]), ("/users/{id}".into(), "{?config.base}/users/:id".into(), partial));
    assert_eq!(of(&[hole("config.base"), text("colon", "/")]).0, "/");
    assert_eq!(of(&[hole("config.path")]).0, "/{?config.path}");
    assert_eq!(of(&[text("brace", "/"), hole("b"), text("brace", "/x")]), ("/x".into(), "/{?b}/x".into(), partial));
    assert_eq!(of(&[text("brace", "/api/"), hole("a.b"), text("brace", "/x")]), ("/api/{?a.b}/x".into(), "/api/{?a.b}/x".into(), partial));
    assert_eq!(of(&[hole("x")]), ("/{?x}".into(), "{?x}".into(), partial));
    assert_eq!(of(&[text("brace", "/"), hole("x")]).0, "/{?x}");
    assert_eq!(of(&[hole("a"), hole("b"), text("brace", "/x")]).0, "/x");
    assert_eq!(of(&[text("brace", "/a/"), hole("f({x})\n y")]).0, "/a/{?f(_x_) y}");
    assert_eq!(of(&[text("regex", "^a/"), hole("h"), text("regex", "/$")]).0, "/a/{?h}/");
    let long = "x".repeat(500);
    assert!(of(&[text("brace", "/a/"), hole(&long)]).0.len() < 80);
}

#[test]
fn a_hole_inside_a_parameter_is_its_name() {
    let t = templates(&[text("colon", "/a/:"), hole("opts.key"), text("colon", "/x")]).swap_remove(0);
    assert_eq!((t.path.as_str(), t.state), ("/a/{key}/x", PathState::Exact));
    let t = templates(&[text("brace", "/a/{"), hole("key"), text("brace", ":int}")]).swap_remove(0);
    assert_eq!((t.path.as_str(), t.state), ("/a/{key}", PathState::Exact));
}

#[test]
fn alternatives_are_capped() {
    let many = (0..20).map(|n| format!("/:p{n}?")).collect::<String>();
    let all = paths("colon", &many);
    assert!(all.len() <= MAX_ALTERNATIVES);
    assert_eq!(all[0].matches('{').count(), 20);
    let either = (0..50).map(|n| format!("a{n}")).collect::<Vec<_>>().join("|");
    assert!(paths("regex", &format!("^(?:{either})$")).len() <= MAX_ALTERNATIVES);
}

#[test]
fn hostile_input_neither_panics_nor_hangs() {
    let mut seeds: Vec<String> = [
        "(",
        "[",
        "{",
        "<",
        ":",
        "?",
        "*",
        "\\",
        "(?",
        "(?P<",
        "{{",
        "[[...",
        ")",
        "]",
        "}",
        ">",
        "é{ü",
        "/(:a(",
        "x{99999999999999999999}",
        "[^]",
        "\u{0}",
        "a{2}{3}{4}",
    ]
    .map(String::from)
    .to_vec();
    seeds.extend(["(", "{", "<", "[", "(?:", "{/:a", "((?:", "a?", "(?:a|b)", "(a)?"].iter().map(|s| s.repeat(20_000)));
    for seed in &seeds {
        for style in ["brace", "colon", "angle", "brace_angle", "bracket", "regex", "pattern", "literal", "?"] {
            let all = templates(&[text(style, seed), hole("h"), text(style, seed)]);
            assert!(!all.is_empty() && all.iter().all(|t| t.path.starts_with('/')));
        }
    }
    assert_eq!(templates(&[])[0].path, "/");
}

#[test]
fn keys_blank_names_and_versions_are_read() {
    assert_eq!(key("/a/{id}/b-{x}.json/"), "/a/{}/b-{}.json");
    assert_eq!(key("/"), "/");
    assert_eq!(key("/{?base}/x"), "/{?base}/x");
    assert_eq!(version("/api/v2/users").as_deref(), Some("v2"));
    assert_eq!(version("/V1.1/x").as_deref(), Some("v1.1"));
    assert_eq!(version("/v1beta1/x").as_deref(), Some("v1beta1"));
    assert_eq!(version("/video/vx/version1"), None);
}
