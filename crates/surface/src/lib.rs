//! From evaluated routes to catalog endpoints.

pub mod template;
