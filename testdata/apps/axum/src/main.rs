//! A garden: public plants, beds for who has a token, an inner part for gardeners.

mod beds;
mod plants;
mod record;
mod shed;

use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

async fn member(request: Request, next: Next) -> Result<Response, StatusCode> {
    let token = std::env::var("APP_TOKEN").unwrap_or_default();
    let given = request.headers().get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    if given != Some(format!("Bearer {token}").as_str()) {
        return Err(StatusCode::UNAUTHORIZED);
    }
    Ok(next.run(request).await)
}

async fn health() -> Json<Value> {
    record::ran("health");
    Json(json!({"ok": true}))
}

async fn lost(request: Request) -> StatusCode {
    record::lost(request.method().as_str(), request.uri().path());
    StatusCode::NOT_FOUND
}

#[tokio::main]
async fn main() {
    let guarded = Router::new()
        .nest("/beds", beds::router())
        .nest("/shed", shed::router())
        .layer(middleware::from_fn(member));
    let app = Router::new()
        .route("/health", get(health))
        .nest("/plants", plants::router())
        .nest("/api/v2", guarded)
        .fallback(lost);
    let port = std::env::var("PORT").expect("PORT is a number");
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await.expect("the port is free");
    axum::serve(listener, app).await.expect("it serves");
}
