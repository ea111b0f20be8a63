//! Controls and calls to other services, of small trees scanned whole.
#![allow(clippy::unwrap_used)]

mod common;

use apicensus_catalog::{Catalog, ControlKind};
use common::{catalog, control};

#[test]
fn fastapi() {
    let main = r#"
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.middleware.httpsredirect import HTTPSRedirectMiddleware
from slowapi import Limiter
from slowapi.util import get_remote_address
from pydantic import BaseModel

limiter = Limiter(key_func=get_remote_address)
app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True)
app.add_middleware(HTTPSRedirectMiddleware)

class Order(BaseModel):
    id: int

@app.post("/orders")
@limiter.limit("5/minute")
def create(order: Order):
    return order

@app.get("/free")
def free():
    return []
"#;
    let found = catalog(&[("main.py", main)]);
    assert_eq!(control(&found, "/orders", ControlKind::RateLimit), "yes 5/minute");
    assert_eq!(control(&found, "/free", ControlKind::RateLimit), "no");
    assert_eq!(control(&found, "/orders", ControlKind::Cors), "yes * credentials");
    assert_eq!(control(&found, "/orders", ControlKind::Tls), "yes");
    assert_eq!(control(&found, "/orders", ControlKind::Validation), "yes");
    assert_eq!(control(&found, "/free", ControlKind::Validation), "unknown");
    assert_eq!(control(&found, "/orders", ControlKind::Csrf), "no");
    assert_eq!(control(&found, "/orders", ControlKind::BodyLimit), "no");
}

#[test]
fn what_is_not_known_is_no_no() {
    let main = r#"
from fastapi import FastAPI
from acme.middleware import Everything

app = FastAPI()
app.add_middleware(Everything)

@app.get("/a")
def a():
    return []
"#;
    let found = catalog(&[("main.py", main)]);
    assert_eq!(control(&found, "/a", ControlKind::RateLimit), "unknown");
    assert_eq!(control(&found, "/a", ControlKind::Cors), "unknown");
    assert_eq!(control(&found, "/a", ControlKind::BodyLimit), "unknown");
}

#[test]
fn flask_with_exemptions() {
    let main = r#"
from flask import Flask, Blueprint
from flask_cors import CORS
from flask_limiter import Limiter
from flask_wtf.csrf import CSRFProtect

app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = 1024
CORS(app, origins=["https://shop.example"])
csrf = CSRFProtect(app)
limiter = Limiter(key_func=lambda: "", app=app, default_limits=["200 per day"])
hooks = Blueprint("hooks", __name__, url_prefix="/hooks")

@app.route("/page")
def page():
    return ""

@app.route("/slow")
@limiter.limit("1/second")
def slow():
    return ""

@app.route("/fast")
@limiter.exempt
def fast():
    return ""

@hooks.route("/in", methods=["POST"])
def hook():
    return ""

csrf.exempt(hooks)
app.register_blueprint(hooks)
"#;
    let found = catalog(&[("main.py", main)]);
    assert_eq!(control(&found, "/page", ControlKind::Cors), "yes https://shop.example");
    assert_eq!(control(&found, "/page", ControlKind::RateLimit), "yes 200 per day");
    assert_eq!(control(&found, "/slow", ControlKind::RateLimit), "yes 1/second");
    assert_eq!(control(&found, "/fast", ControlKind::RateLimit), "no");
    assert_eq!(control(&found, "/page", ControlKind::Csrf), "yes");
    assert_eq!(control(&found, "/hooks/in", ControlKind::Csrf), "no");
    assert_eq!(control(&found, "/page", ControlKind::BodyLimit), "yes 1024");
    assert_eq!(control(&found, "/page", ControlKind::Tls), "no");
}

#[test]
fn django_by_its_settings() {
    let files = |middleware: &str| {
        vec![
            (
                "site/settings.py".to_owned(),
                format!("ROOT_URLCONF = 'site.urls'\nMIDDLEWARE = [{middleware}]\nSECURE_SSL_REDIRECT = True\n"),
            ),
            (
                "site/urls.py".to_owned(),
                "from django.urls import path\nfrom site import views\nurlpatterns = [path('a', views.a), path('hook', views.hook)]\n"
                    .to_owned(),
            ),
            (
                "site/views.py".to_owned(),
                "from django.views.decorators.csrf import csrf_exempt\ndef a(request): ...\n\n@csrf_exempt\ndef hook(request): ...\n"
                    .to_owned(),
            ),
            ("site/__init__.py".to_owned(), String::new()),
            ("manage.py".to_owned(), String::new()),
        ]
    };
    let scanned = |middleware: &str| {
        let files = files(middleware);
        catalog(&files.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect::<Vec<_>>())
    };
    let found = scanned("'django.middleware.security.SecurityMiddleware', 'django.middleware.csrf.CsrfViewMiddleware'");
    assert_eq!(control(&found, "/a", ControlKind::Csrf), "yes");
    assert_eq!(control(&found, "/hook", ControlKind::Csrf), "no");
    assert_eq!(control(&found, "/a", ControlKind::Tls), "yes");
    assert_eq!(control(&found, "/a", ControlKind::Cors), "no");
    let found = scanned("'django.middleware.security.SecurityMiddleware'");
    assert_eq!(control(&found, "/a", ControlKind::Csrf), "no");
    let found = scanned("'acme.middleware.Everything'");
    assert_eq!(control(&found, "/a", ControlKind::Csrf), "unknown");
}

#[test]
fn express() {
    let main = r#"
const express = require('express');
const cors = require('cors');
const morgan = require('morgan');
const rateLimit = require('express-rate-limit');
const { audit } = require('./audit');
const app = express();
app.use(cors({ origin: 'https://shop.example', credentials: true }));
app.use(express.json({ limit: '1mb' }));
app.get('/before', (req, res) => res.send(''));
app.use(morgan('combined'));
app.get('/limited', rateLimit({ windowMs: 60000, max: 20 }), (req, res) => res.send(''));
app.use(audit);
app.get('/after', (req, res) => res.send(''));
app.listen(1);
"#;
    let audit = "exports.audit = function auditLog(req, res, next) { next(); };";
    let found = catalog(&[("main.js", main), ("audit.js", audit), ("package.json", r#"{"name":"x","dependencies":{"express":"4"}}"#)]);
    assert_eq!(control(&found, "/before", ControlKind::Cors), "yes https://shop.example credentials");
    assert_eq!(control(&found, "/before", ControlKind::BodyLimit), "yes 1mb");
    assert_eq!(control(&found, "/before", ControlKind::Logging), "no");
    assert_eq!(control(&found, "/limited", ControlKind::RateLimit), "yes 20 per 60000 ms");
    assert_eq!(control(&found, "/after", ControlKind::RateLimit), "no");
    assert_eq!(control(&found, "/after", ControlKind::Logging), "yes");
}

#[test]
fn nest_and_fastify() {
    let main = "import { NestFactory } from '@nestjs/core';\nimport { AppModule } from './app.module';\nasync function bootstrap() {\n  const app = await NestFactory.create(AppModule);\n  app.enableCors({ origin: true, credentials: true });\n  await app.listen(1);\n}\nbootstrap();\n";
    let module = "import { Module } from '@nestjs/common';\nimport { Cats } from './cats';\n@Module({ controllers: [Cats] })\nexport class AppModule {}\n";
    let cats = "import { Controller, Get, UseGuards } from '@nestjs/common';\nimport { ThrottlerGuard } from '@nestjs/throttler';\n@Controller('cats')\nexport class Cats {\n  @UseGuards(ThrottlerGuard)\n  @Get()\n  all() {}\n  @Get('one')\n  one() {}\n}\n";
    let found =
        catalog(&[("src/main.ts", main), ("src/app.module.ts", module), ("src/cats.ts", cats), ("package.json", "{\"name\":\"x\"}")]);
    assert_eq!(control(&found, "/cats", ControlKind::Cors), "yes reflected credentials");
    assert_eq!(control(&found, "/cats", ControlKind::RateLimit), "yes");
    assert_eq!(control(&found, "/cats/one", ControlKind::RateLimit), "no");
    let main = "const fastify = require('fastify')({ bodyLimit: 2048 });\nfastify.register(require('@fastify/cors'), { origin: ['https://a.example'] });\nfastify.register(require('@fastify/rate-limit'), { max: 100, timeWindow: '1 minute' });\nfastify.get('/a', async () => '');\nfastify.listen({ port: 1 });\n";
    let found = catalog(&[("main.js", main), ("package.json", "{\"name\":\"x\"}")]);
    assert_eq!(control(&found, "/a", ControlKind::BodyLimit), "yes 2048");
    assert_eq!(control(&found, "/a", ControlKind::Cors), "yes https://a.example");
    assert_eq!(control(&found, "/a", ControlKind::RateLimit), "yes 100 per 1 minute");
}

#[test]
fn axum() {
    let main = r#"
use axum::{extract::DefaultBodyLimit, routing::get, Router};
use tower_http::{cors::{Any, CorsLayer}, trace::TraceLayer};

async fn a() -> &'static str { "" }

#[tokio::main]
async fn main() {
    let cors = CorsLayer::new().allow_methods(Any).allow_origin(Any);
    let app = Router::new()
        .route("/a", get(a))
        .layer(DefaultBodyLimit::max(4096))
        .layer(cors)
        .layer(TraceLayer::new_for_http())
        .route("/late", get(a));
    axum::serve(tokio::net::TcpListener::bind("0.0.0.0:1").await.unwrap(), app).await.unwrap();
}
"#;
    let found =
        catalog(&[("src/main.rs", main), ("Cargo.toml", "[package]\nname = \"x\"\nversion = \"0.1.0\"\n[dependencies]\naxum = \"0.8\"\n")]);
    assert_eq!(control(&found, "/a", ControlKind::Cors), "yes *");
    assert_eq!(control(&found, "/a", ControlKind::BodyLimit), "yes 4096");
    assert_eq!(control(&found, "/a", ControlKind::Logging), "yes");
    assert_eq!(control(&found, "/late", ControlKind::Logging), "no");
}

/// `METHOD url client` of every call, in order.
fn calls(catalog: &Catalog) -> Vec<String> {
    catalog.outbound.calls.iter().map(|c| format!("{} {} {}", c.method, c.url, c.client)).collect()
}

#[test]
fn calls_of_python() {
    let main = r#"
import httpx
import requests
from fastapi import FastAPI

BASE = "https://pay.example/v1"
app = FastAPI()
client = httpx.AsyncClient(base_url="https://stock.example")

@app.get("/a/{id}")
async def a(id: str, other: str):
    url = f"{BASE}/charges/{id}"
    requests.post(url, json={}).json().get("state")
    await client.get("/items")
    async with httpx.AsyncClient() as session:
        await session.request("PUT", other)
    return {}.get("x")
"#;
    let found = catalog(&[("main.py", main)]);
    assert_eq!(
        calls(&found),
        ["POST https://pay.example/v1/charges/{?id} requests", "GET https://stock.example/items httpx", "PUT {?other} httpx"]
    );
    assert_eq!(found.outbound.calls[0].host.as_deref(), Some("https://pay.example"));
    assert_eq!(found.endpoints.len(), 1);
}

#[test]
fn calls_of_javascript_and_rust() {
    let main = r#"
const express = require('express');
const axios = require('axios');
const api = axios.create({ baseURL: process.env.API_URL });
const app = express();
app.get('/a', async (req, res) => {
  await fetch(`https://hooks.example/${req.query.id}`, { method: 'POST' });
  await api.get('/users');
  res.json(await axios.delete('https://x.example/old'));
});
app.listen(1);
"#;
    let found = catalog(&[("main.js", main), ("package.json", "{\"name\":\"x\"}")]);
    let found = calls(&found);
    assert_eq!(found[0], "POST https://hooks.example/{?req.query.id} fetch");
    assert!(found[1].starts_with("GET {?") && found[1].contains("API_URL") && found[1].ends_with("}/users axios"), "{found:?}");
    assert_eq!(found[2], "DELETE https://x.example/old axios");
    let main = r#"
use axum::{routing::get, Router};
async fn a() -> String {
    let client = reqwest::Client::new();
    client.post("https://x.example/in").send().await.unwrap();
    reqwest::get(format!("https://y.example/{}", 1)).await.unwrap().text().await.unwrap()
}
async fn b() {
    let base = std::env::var("STOCK_URL").unwrap();
    let request = hyper::Request::builder().method("POST").uri(format!("{base}/items")).body(()).unwrap();
    let client = hyper_util::client::legacy::Client::builder(executor).build_http();
    client.request(request).await;
    client.get("https://z.example/h".parse().unwrap()).await;
}
#[tokio::main]
async fn main() {
    let app = Router::new().route("/a", get(a));
    axum::serve(tokio::net::TcpListener::bind("0.0.0.0:1").await.unwrap(), app).await.unwrap();
}
"#;
    let found = catalog(&[
        ("src/main.rs", main),
        (
            "Cargo.toml",
            "[package]\nname = \"x\"\nversion = \"0.1.0\"\n[dependencies]\naxum = \"0.8\"\nreqwest = \"0.12\"\nhyper = \"1\"\nhyper-util = \"0.1\"\n",
        ),
    ]);
    let found = calls(&found);
    assert_eq!(found[0], "POST https://x.example/in reqwest");
    assert!(found[1].starts_with("GET https://y.example/"), "{found:?}");
    assert_eq!(found[2], "POST {?STOCK_URL}/items hyper");
    assert_eq!(found[3], "GET https://z.example/h hyper");
}
