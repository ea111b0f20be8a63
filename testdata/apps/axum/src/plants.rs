//! Plants, for everyone.

use crate::record::ran;
use axum::extract::{Path, Query};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
pub struct Filter {
    family: Option<String>,
    limit: Option<u32>,
}

pub fn router() -> Router {
    Router::new().route("/", get(list)).route("/{id}", get(one)).route("/latin/{name}", get(by_name))
}

async fn list(Query(filter): Query<Filter>) -> Json<Value> {
    ran("list_plants");
    Json(json!({"family": filter.family, "limit": filter.limit}))
}

async fn one(Path(id): Path<u32>) -> Json<Value> {
    ran("one_plant");
    Json(json!({"id": id}))
}

#[deprecated(note = "use the list with a family")]
async fn by_name(Path(name): Path<String>) -> Json<Value> {
    ran("by_name");
    Json(json!({"name": name}))
}
