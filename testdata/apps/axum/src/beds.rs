//! Beds, for members.

use crate::record::ran;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use serde::{Deserialize, Serialize};

#[derive(Deserialize, Serialize)]
pub struct Bed {
    name: String,
    width: f64,
    sunny: bool,
    tags: Option<Vec<String>>,
}

#[derive(Deserialize)]
pub struct Watering {
    litres: u32,
}

pub fn router() -> Router {
    Router::new()
        .route("/", get(list).post(make))
        .route("/{bed_id}", get(one).put(replace).delete(clear))
        .route("/{bed_id}/water", post(water))
}

async fn list() -> Json<Vec<Bed>> {
    ran("list_beds");
    Json(Vec::new())
}

async fn make(Json(bed): Json<Bed>) -> (StatusCode, Json<Bed>) {
    ran("make_bed");
    (StatusCode::CREATED, Json(bed))
}

async fn one(Path(bed_id): Path<u64>) -> Json<u64> {
    ran("one_bed");
    Json(bed_id)
}

async fn replace(Path(bed_id): Path<u64>, Json(bed): Json<Bed>) -> Json<Bed> {
    ran("replace_bed");
    let _ = bed_id;
    Json(bed)
}

async fn clear(Path(bed_id): Path<u64>) -> StatusCode {
    ran("clear_bed");
    let _ = bed_id;
    StatusCode::NO_CONTENT
}

async fn water(Path(bed_id): Path<u64>, Form(watering): Form<Watering>) -> Json<u64> {
    ran("water");
    Json(bed_id + u64::from(watering.litres))
}
