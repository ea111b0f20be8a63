//! What packages of controls do without options, and with those that matter. Those of JavaScript were run once each with
//! requests (Node 20; the version stands beside it), those of Rust read in the source of the crate's named version.
#![allow(clippy::unwrap_used)]

mod common;

use apicensus_catalog::ControlKind::{self, BodyLimit, Cors, Csrf, RateLimit, Tls};
use common::{catalog, control};

/// What `app.use(..)` of an expression brings to the route of an application of Express.
fn express(package: &str, import: &str, used: &str, kind: ControlKind) -> String {
    let manifest = format!("{{\"dependencies\": {{\"express\": \"4\", \"{package}\": \"*\"}}}}");
    let code = format!(
        "{import}\nconst express = require('express')\nconst app = express()\napp.use({used})\napp.get('/a', (req, res) => res.send('a'))\napp.listen(1)\n"
    );
    control(&catalog(&[("package.json", &manifest), ("server.js", &code)]), "/a", kind)
}

#[test]
fn rate_limits_of_express() {
    // express-rate-limit 8.7: 5 answers in a minute, then 429.
    let limit = |used: &str| express("express-rate-limit", "const { rateLimit } = require('express-rate-limit')", used, RateLimit);
    assert_eq!(limit("rateLimit()"), "yes 5 per 60000 ms (its default)");
    assert_eq!(limit("rateLimit({ windowMs: 1000, limit: 3 })"), "yes 3 per 1000 ms");
    assert_eq!(limit("rateLimit({ windowMs: 1000, max: 4 })"), "yes 4 per 1000 ms");
    assert_eq!(limit("express.json()"), "no");
    // express-slow-down 3.1: every request is answered, later.
    let slow = express("express-slow-down", "const { slowDown } = require('express-slow-down')", "slowDown({ delayAfter: 1 })", RateLimit);
    assert_eq!(slow, "unknown");
    // rate-limiter-flexible 11.4 has no middleware: what asks it answers 429.
    let import =
        "const { RateLimiterMemory } = require('rate-limiter-flexible')\nconst rates = new RateLimiterMemory({ points: 5, duration: 1 })";
    let used = "(req, res, next) => rates.consume(req.ip).then(() => next()).catch(() => res.status(429).send('slow down'))";
    assert_eq!(express("rate-limiter-flexible", import, used, RateLimit), "yes {?decided by its code}");
    let looks = "(req, res, next) => { if (req.upstream === 429) { req.retry = true } next() }";
    assert_eq!(express("rate-limiter-flexible", "", looks, RateLimit), "no");
}

#[test]
fn origins_of_express() {
    // cors 2.8: any origin by default; `*` stays `*` with credentials, which browsers refuse.
    let cors = |used: &str| express("cors", "const cors = require('cors')", used, Cors);
    assert_eq!(cors("cors()"), "yes *");
    assert_eq!(cors("cors({ credentials: true })"), "yes * credentials");
    assert_eq!(cors("cors({ origin: true, credentials: true })"), "yes reflected credentials");
    assert_eq!(cors("cors({ origin: ['https://a.example'] })"), "yes https://a.example");
    assert_eq!(cors("express.json()"), "no");
}

#[test]
fn other_controls_of_express() {
    // body-parser of Express 4.22: 102400 bytes pass, one more is 413; without a parser nothing is limited.
    assert_eq!(express("cors", "", "express.json()", BodyLimit), "yes 100kb (its default)");
    assert_eq!(express("cors", "", "express.text({ limit: '1mb' })", BodyLimit), "yes 1mb");
    // csurf 1.11, csrf-csrf 4.0: POST, PUT and DELETE without a token are 403.
    assert_eq!(express("csurf", "const csurf = require('csurf')", "csurf()", Csrf), "yes");
    let double = "const { doubleCsrf } = require('csrf-csrf')\nconst { doubleCsrfProtection } = doubleCsrf({ getSecret: () => 's' })";
    assert_eq!(express("csrf-csrf", double, "doubleCsrfProtection", Csrf), "yes");
    // lusca 1.7 checks only what it is told to.
    assert_eq!(express("lusca", "const lusca = require('lusca')", "lusca({ csrf: true })", Csrf), "yes");
    assert_eq!(express("lusca", "const lusca = require('lusca')", "lusca({ xframe: 'DENY' })", Csrf), "no");
    // helmet 8.3 sends Strict-Transport-Security, unless it is told not to under either name.
    let helmet = |used: &str| express("helmet", "const helmet = require('helmet')", used, Tls);
    assert_eq!(helmet("helmet()"), "yes");
    assert_eq!(helmet("helmet({ hsts: false })"), "no");
    assert_eq!(helmet("helmet({ strictTransportSecurity: false })"), "no");
    // serve-favicon 2.5 answers /favicon.ico and nothing else.
    let icon = |kind| express("serve-favicon", "const favicon = require('serve-favicon')", "favicon('a.ico')", kind);
    assert_eq!(icon(RateLimit), "no");
    assert_eq!(icon(Cors), "no");
}

/// What `app.use(..)` brings to the route of an application of Koa.
fn koa(package: &str, import: &str, used: &str, kind: ControlKind) -> String {
    let manifest = format!("{{\"dependencies\": {{\"koa\": \"2\", \"@koa/router\": \"12\", \"{package}\": \"*\"}}}}");
    let code = format!(
        "const Koa = require('koa')\nconst Router = require('@koa/router')\n{import}\nconst app = new Koa()\nconst router = new Router()\napp.use({used})\nrouter.get('/a', (ctx) => {{ ctx.body = 'a' }})\napp.use(router.routes())\napp.listen(1)\n"
    );
    control(&catalog(&[("package.json", &manifest), ("server.js", &code)]), "/a", kind)
}

#[test]
fn koa_packages() {
    // @koa/cors 5.0: with credentials the origin that asks is sent back in place of `*`.
    let cors = |used: &str| koa("@koa/cors", "const cors = require('@koa/cors')", used, Cors);
    assert_eq!(cors("cors()"), "yes *");
    assert_eq!(cors("cors({ credentials: true })"), "yes reflected credentials");
    assert_eq!(cors("cors({ origin: 'https://a.example', credentials: true })"), "yes https://a.example credentials");
    // koa-ratelimit 6.0: `X-RateLimit-Limit: 2500`, reset in an hour.
    let limit = |used: &str| koa("koa-ratelimit", "const limit = require('koa-ratelimit')", used, RateLimit);
    assert_eq!(limit("limit({ driver: 'memory', db: new Map() })"), "yes 2500 per 3600000 ms (its default)");
    assert_eq!(limit("limit({ max: 10, duration: 1000, db: new Map() })"), "yes 10 per 1000 ms");
    // koa-bodyparser 4.4: JSON over 1 MiB and forms over 56 KiB are 413.
    let body = koa("koa-bodyparser", "const body = require('koa-bodyparser')", "body()", BodyLimit);
    assert_eq!(body, "yes JSON 1mb, form 56kb (its defaults)");
    // koa-helmet 9.0 sends Strict-Transport-Security.
    assert_eq!(koa("koa-helmet", "const helmet = require('koa-helmet')", "helmet()", Tls), "yes");
    assert_eq!(koa("koa-helmet", "const helmet = require('koa-helmet')", "helmet({ hsts: false })", Tls), "no");
}

#[test]
fn fastify_plugins() {
    // @fastify/rate-limit 11.2: 1000 in a minute; `global: false` limits only routes that say so. @fastify/cors 11.4: `*`, with credentials
    // too. Fastify 5.12: bodies over 1048576 bytes are 413. @fastify/helmet 13.2 sends Strict-Transport-Security.
    let found = |registered: &str, kind| {
        let code = format!("const app = require('fastify')()\n{registered}\napp.get('/a', async () => 'a')\napp.listen({{ port: 1 }})\n");
        let manifest = "{\"dependencies\": {\"fastify\": \"5\", \"@fastify/cors\": \"*\", \"@fastify/rate-limit\": \"*\", \"@fastify/helmet\": \"*\"}}";
        control(&catalog(&[("package.json", manifest), ("server.js", &code)]), "/a", kind)
    };
    assert_eq!(found("app.register(require('@fastify/rate-limit'))", RateLimit), "yes 1000 per 1 minute (its default)");
    assert_eq!(found("app.register(require('@fastify/rate-limit'), { max: 5, timeWindow: 1000 })", RateLimit), "yes 5 per 1000");
    assert_eq!(found("app.register(require('@fastify/rate-limit'), { global: false })", RateLimit), "unknown");
    assert_eq!(found("", RateLimit), "no");
    assert_eq!(found("app.register(require('@fastify/cors'), { credentials: true })", Cors), "yes * credentials");
    assert_eq!(found("app.register(require('@fastify/cors'), { origin: true })", Cors), "yes reflected");
    assert_eq!(found("", Cors), "no");
    assert_eq!(found("", BodyLimit), "yes 1048576 (the framework's default)");
    assert_eq!(found("app.register(require('@fastify/helmet'))", Tls), "yes");
}

#[test]
fn options_of_nest() {
    // @nestjs/core 11 hands `cors` on to Express: any origin by default. @nestjs/throttler 6.7: the method's mark goes before the class's.
    let main = "import { NestFactory } from '@nestjs/core';\nimport { AppModule } from './app.module';\nasync function bootstrap() {\n  const app = await NestFactory.create(AppModule, { cors: true });\n  await app.listen(1);\n}\nbootstrap();\n";
    let module = "import { Module } from '@nestjs/common';\nimport { Cats } from './cats';\n@Module({ controllers: [Cats] })\nexport class AppModule {}\n";
    let cats = "import { Controller, Get } from '@nestjs/common';\nimport { SkipThrottle, Throttle } from '@nestjs/throttler';\n@SkipThrottle()\n@Controller('cats')\nexport class Cats {\n  @Get() all() {}\n  @SkipThrottle({ default: false }) @Get('one') one() {}\n  @Throttle({ default: { limit: 3, ttl: 1000 } }) @Get('two') two() {}\n}\n";
    let found = |main: &str| {
        catalog(&[("src/main.ts", main), ("src/app.module.ts", module), ("src/cats.ts", cats), ("package.json", "{\"name\":\"x\"}")])
    };
    let (with, without) = (found(main), found(&main.replace(", { cors: true }", "")));
    assert_eq!(control(&with, "/cats", Cors), "yes *");
    assert_eq!(control(&without, "/cats", Cors), "no");
    assert_eq!(control(&with, "/cats", RateLimit), "no");
    assert_eq!(control(&with, "/cats/one", RateLimit), "unknown");
    assert_eq!(control(&with, "/cats/two", RateLimit), "yes 3 per 1000 ms");
}

#[test]
fn layers_of_axum() {
    // tower-http 0.6.6: `new` lets no origin in, `permissive` any as `*`, `very_permissive` any, sent back, with credentials.
    let found = |layer: &str, kind| {
        let code = format!(
            "use axum::{{routing::get, Router}};\nuse tower_http::cors::{{Any, CorsLayer}};\n\nasync fn a() {{}}\n\n#[tokio::main]\nasync fn main() {{\n    let app = Router::new().route(\"/a\", get(a)).layer({layer});\n    axum::serve(listener, app).await.unwrap();\n}}\n"
        );
        let manifest = "[package]\nname = \"a\"\nversion = \"0.1.0\"\n\n[dependencies]\naxum = \"0.8\"\ntower-http = \"0.6\"\ntower_governor = \"0.8\"\n";
        control(&catalog(&[("Cargo.toml", manifest), ("src/main.rs", &code)]), "/a", kind)
    };
    assert_eq!(found("CorsLayer::new()", Cors), "yes");
    assert_eq!(found("CorsLayer::permissive()", Cors), "yes *");
    assert_eq!(found("CorsLayer::very_permissive()", Cors), "yes reflected credentials");
    assert_eq!(found("CorsLayer::new().allow_origin(Any)", Cors), "yes *");
    assert_eq!(found("axum::extract::DefaultBodyLimit::disable()", BodyLimit), "no");
    assert_eq!(found("axum::extract::DefaultBodyLimit::max(10)", BodyLimit), "yes 10");
    // axum-core 0.5.5: 2097152 bytes where nothing says otherwise.
    assert_eq!(found("CorsLayer::new()", BodyLimit), "yes 2097152 (the framework's default)");
    assert_eq!(found("tower_governor::GovernorLayer::new(config)", RateLimit), "yes");
}

#[test]
fn middleware_of_actix() {
    // actix-cors 0.7.1: `default` lets no origin in; `permissive` sends back the origin that asks, with credentials.
    let found = |wrapped: &str, kind| {
        let code = format!(
            "use actix_cors::Cors;\nuse actix_web::{{get, App, HttpServer}};\n\n#[get(\"/a\")]\nasync fn a() -> String {{ String::new() }}\n\n#[actix_web::main]\nasync fn main() -> std::io::Result<()> {{\n    HttpServer::new(|| App::new().wrap({wrapped}).service(a)).bind(\"x\")?.run().await\n}}\n"
        );
        let manifest = "[package]\nname = \"a\"\nversion = \"0.1.0\"\n\n[dependencies]\nactix-web = \"4\"\nactix-cors = \"0.7\"\nactix-governor = \"0.10\"\nactix-limitation = \"0.5\"\n";
        control(&catalog(&[("Cargo.toml", manifest), ("src/main.rs", &code)]), "/a", kind)
    };
    assert_eq!(found("Cors::default()", Cors), "yes");
    assert_eq!(found("Cors::permissive()", Cors), "yes reflected credentials");
    assert_eq!(found("Cors::default().allow_any_origin().supports_credentials()", Cors), "yes reflected credentials");
    assert_eq!(
        found("Cors::default().allowed_origin(\"https://a.example\").allowed_origin(\"https://b.example\")", Cors),
        "yes https://a.example https://b.example"
    );
    // actix-web 4.11: PayloadConfig, JsonConfig and FormConfig.
    assert_eq!(found("Cors::default()", BodyLimit), "yes 262144, JSON 2097152, form 16384 (the framework's defaults)");
    assert_eq!(found("actix_governor::Governor::new(&config)", RateLimit), "yes");
    assert_eq!(found("actix_limitation::RateLimiter::default()", RateLimit), "yes");
    assert_eq!(found("Cors::default()", RateLimit), "no");
}
