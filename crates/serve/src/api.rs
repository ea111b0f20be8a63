//! The routes, and what they answer. `openapi.json` describes them; a test compares the two by a scan of this file.

use crate::access::{Access, harden, require_token};
use crate::archive::{Archive, NEWEST};
use crate::page::Pages;
use crate::problem::Problem;
use apicensus_catalog::{Catalog, Endpoint, Finding, FindingStatus, Service};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, header};
use axum::middleware;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Items of a page where none are asked for, and at most.
const USUAL: usize = 100;
const MOST: usize = 1000;

/// What handlers share.
#[derive(Clone)]
pub struct Shared {
    archive: Arc<Archive>,
    pages: Arc<Pages>,
}

/// The application.
pub fn router(archive: Arc<Archive>, access: Arc<Access>) -> Router {
    let shared = Shared { archive, pages: Arc::default() };
    Router::new()
        .route("/", get(page))
        .route("/api/v1/services", get(services))
        .route("/api/v1/endpoints", get(endpoints))
        .route("/api/v1/endpoints/{id}", get(endpoint))
        .route("/api/v1/findings", get(findings))
        .route("/api/v1/coverage", get(coverage))
        .route("/api/v1/revisions", get(revisions))
        .route("/api/v1/openapi.json", get(openapi))
        .layer(middleware::from_fn_with_state(access.clone(), require_token))
        .route("/healthz", get(health))
        .layer(middleware::from_fn_with_state(access, harden))
        .with_state(shared)
}

/// Which revision.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    revision: Option<String>,
}

/// Which page.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shown {
    revision: Option<String>,
    against: Option<String>,
}

/// Which endpoints. Several values of one kind are separated by commas.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct EndpointQuery {
    revision: Option<String>,
    q: Option<String>,
    service: Option<String>,
    method: Option<String>,
    auth: Option<String>,
    framework: Option<String>,
    audience: Option<String>,
    rule: Option<String>,
    limit: Option<usize>,
    offset: Option<usize>,
}

/// Which findings.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FindingQuery {
    revision: Option<String>,
    service: Option<String>,
    rule: Option<String>,
    severity: Option<String>,
    status: Option<String>,
    limit: Option<usize>,
    offset: Option<usize>,
}

/// A part of a list.
#[derive(Debug, Serialize)]
struct Part<T> {
    items: Vec<T>,
    total: usize,
    offset: usize,
    limit: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_offset: Option<usize>,
}

/// A service with how many endpoints it has.
#[derive(Debug, Serialize)]
struct Counted {
    #[serde(flatten)]
    service: Service,
    endpoint_count: usize,
}

impl Shared {
    fn catalog(&self, revision: Option<&str>) -> Result<Arc<Catalog>, Problem> {
        let missing = || Problem::missing(format!("there is no revision `{}`; /api/v1/revisions lists them", revision.unwrap_or_default()));
        self.archive.catalog(revision).ok_or_else(missing)
    }
}

/// The page to look at.
async fn page(State(shared): State<Shared>, Query(shown): Query<Shown>) -> Result<Response, Problem> {
    // Making a page of thousands of endpoints takes a while: other requests don't wait for it.
    let made = tokio::task::spawn_blocking(move || {
        let revision = shown.revision.filter(|r| !r.is_empty()).unwrap_or_else(|| NEWEST.to_owned());
        shared.pages.of(&shared.archive, &revision, shown.against.as_deref().unwrap_or_default())
    });
    let page = made.await.map_err(|e| Problem::internal(&e))??;
    let policy = format!("{}; frame-ancestors 'none'", page.policy);
    let policy = HeaderValue::from_str(&policy).map_err(|e| Problem::internal(&e))?;
    Ok(([(header::CONTENT_SECURITY_POLICY, policy)], Html(page.html.clone())).into_response())
}

/// The services.
async fn services(State(shared): State<Shared>, Query(which): Query<Which>) -> Result<Json<Vec<Counted>>, Problem> {
    let catalog = shared.catalog(which.revision.as_deref())?;
    let counted = |service: &Service| Counted {
        endpoint_count: catalog.endpoints.iter().filter(|e| e.service == service.id).count(),
        service: service.clone(),
    };
    Ok(Json(catalog.services.iter().map(counted).collect()))
}

/// Endpoints, filtered, a part at a time.
async fn endpoints(State(shared): State<Shared>, Query(query): Query<EndpointQuery>) -> Result<Json<Part<Endpoint>>, Problem> {
    let catalog = shared.catalog(query.revision.as_deref())?;
    let search = query.q.as_deref().unwrap_or_default().to_lowercase();
    let has_rule = |id: &str, rules: &Option<String>| {
        rules.is_none()
            || catalog.findings.iter().any(|f| f.status == FindingStatus::Open && f.endpoint.as_deref() == Some(id) && fits(&f.rule, rules))
    };
    let kept = catalog.endpoints.iter().filter(|e| {
        fits(&e.service, &query.service)
            && fits(&e.method, &query.method)
            && fits(e.auth.state.as_str(), &query.auth)
            && fits(&e.framework, &query.framework)
            && fits(e.audience.as_str(), &query.audience)
            && (search.is_empty() || is_found(e, &search))
            && has_rule(&e.id, &query.rule)
    });
    Ok(Json(part(kept, query.offset, query.limit)))
}

/// One endpoint.
async fn endpoint(State(shared): State<Shared>, Path(id): Path<String>, Query(which): Query<Which>) -> Result<Json<Endpoint>, Problem> {
    let catalog = shared.catalog(which.revision.as_deref())?;
    let found = catalog.endpoints.iter().find(|e| e.id == id);
    found.map(|e| Json(e.clone())).ok_or_else(|| Problem::missing(format!("there is no endpoint `{id}`")))
}

/// Findings, filtered, a part at a time. Suppressed ones only when they are asked for.
async fn findings(State(shared): State<Shared>, Query(query): Query<FindingQuery>) -> Result<Json<Part<Finding>>, Problem> {
    let catalog = shared.catalog(query.revision.as_deref())?;
    let status = query.status.or_else(|| Some("open".to_owned()));
    let kept = catalog.findings.iter().filter(|f| {
        let service = query.service.is_none() || f.service.as_deref().is_some_and(|service| fits(service, &query.service));
        service && fits(&f.rule, &query.rule) && fits(f.severity.as_str(), &query.severity) && fits(f.status.as_str(), &status)
    });
    Ok(Json(part(kept, query.offset, query.limit)))
}

/// The denominators and the troubles.
async fn coverage(State(shared): State<Shared>, Query(which): Query<Which>) -> Result<Json<serde_json::Value>, Problem> {
    let catalog = shared.catalog(which.revision.as_deref())?;
    let value = serde_json::json!({"views": catalog.views, "coverage": catalog.coverage, "troubles": catalog.troubles});
    Ok(Json(value))
}

/// The revisions that there are.
async fn revisions(State(shared): State<Shared>) -> Json<serde_json::Value> {
    Json(serde_json::json!({"items": shared.archive.snapshots()}))
}

/// The description of this API.
async fn openapi() -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], crate::OPENAPI).into_response()
}

/// Whether the server is well.
async fn health() -> &'static str {
    "ok\n"
}

/// Whether a word is one of those that are asked for; any is where none are.
fn fits(word: &str, asked: &Option<String>) -> bool {
    asked.as_ref().is_none_or(|asked| asked.split(',').any(|one| one.trim().eq_ignore_ascii_case(word)))
}

fn is_found(endpoint: &Endpoint, search: &str) -> bool {
    let handler = endpoint.handler.as_ref();
    let texts = [Some(&endpoint.path), handler.map(|h| &h.symbol), handler.map(|h| &h.file), endpoint.summary.as_ref()];
    let text = texts.into_iter().flatten().map(|text| text.to_lowercase()).collect::<Vec<_>>().join("\n");
    search.split_whitespace().all(|term| text.contains(term))
}

fn part<'a, T: Clone + 'a>(kept: impl Iterator<Item = &'a T>, offset: Option<usize>, limit: Option<usize>) -> Part<T> {
    let (offset, limit) = (offset.unwrap_or(0), limit.unwrap_or(USUAL).clamp(1, MOST));
    let all: Vec<&T> = kept.collect();
    let items: Vec<T> = all.iter().skip(offset).take(limit).map(|item| (*item).clone()).collect();
    let end = offset.saturating_add(items.len());
    Part { next_offset: (end < all.len() && !items.is_empty()).then_some(end), total: all.len(), items, offset, limit }
}
