//! Markdown cases: a heading is a case, its fenced blocks are the files of a small tree, and the expected endpoints stand
//! in a block below.
//!
//! ````text
//! ---
//! frameworks: [fastapi, starlette]
//! ---
//! ## A router included twice
//!
//! ```python app/main.py
//! ...
//! ```
//! ```endpoints
//! GET  /v1/users/{id}  app/users.py:7 read_user [deprecated]
//! WS   /ws             app/main.py:9
//! ```
//! ```troubles
//! unresolved-import app/main.py:3 missing_package
//! ```
//! ```auth
//! GET /v1/users/{id}: required bearer scopes=users
//! WS /ws: none
//! ```
//! ```inputs
//! GET /v1/users/{id}: path id integer required
//! ```
//! ````
//!
//! [`markdown`] reads a file of cases, [`expect`] one line of an expectation ([`auth`] and [`inputs`] those of their blocks),
//! [`compare`] sets the expectation beside a
//! catalog, [`bless`] rewrites it. Scanning itself is the caller's: this crate knows only the catalog's types.

pub mod answers;
pub mod auth;
pub mod bless;
pub mod compare;
pub mod expect;
pub mod inputs;
pub mod markdown;

pub use answers::ExpectedAnswer;
pub use auth::ExpectedAuth;
pub use bless::bless;
pub use compare::compare;
pub use expect::{ExpectedEndpoint, ExpectedTrouble};
pub use inputs::ExpectedInput;
pub use markdown::{Block, Case, FormatError, Suite, suites};
