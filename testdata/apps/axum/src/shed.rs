//! For gardeners; in no document.

use crate::record::ran;
use axum::extract::Path;
use axum::routing::{get, patch};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Stock {
    count: i32,
}

pub fn router() -> Router {
    Router::new().route("/tools", get(tools)).route("/tools/{name}", patch(set_stock))
}

async fn tools() -> Json<Value> {
    ran("tools");
    Json(json!(["spade"]))
}

async fn set_stock(Path(name): Path<String>, Json(stock): Json<Stock>) -> Json<Value> {
    ran("set_stock");
    Json(json!({name: stock.count}))
}
