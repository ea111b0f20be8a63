//! Trees written to a folder, scanned and completed.

#![allow(clippy::unwrap_used, dead_code)]

use apicensus_catalog::{Catalog, Finding, FindingStatus};
use apicensus_source::{OpenOptions, Tree};
use apicensus_surface::languages::Languages;
use apicensus_surface::scan::{ScanOptions, scan};

/// A FastAPI application with a router at `/api/v1/books`, a part of it guarded.
pub const SHOP: &str = r#"
from fastapi import APIRouter, Depends, FastAPI
from fastapi.security import OAuth2PasswordBearer

bearer = OAuth2PasswordBearer(tokenUrl="token")
books = APIRouter()

@books.get("/books")
def list_books(): ...

@books.post("/books")
def add_book(token: str = Depends(bearer)): ...

@books.get("/books/{book_id}")
def get_book(book_id: int): ...

@books.delete("/books/{book_id}")
def remove_book(book_id: int): ...

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
app.include_router(books, prefix="/api/v1")
"#;

/// Scans and completes a tree of these files as of 2026-11-27.
pub fn catalog(files: &[(&str, &str)]) -> Catalog {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let file = folder.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    let tree = Tree::open(&OpenOptions { paths: vec![folder.path().to_owned()], ..OpenOptions::default() }).unwrap();
    let mut catalog = scan(&tree, &ScanOptions::default()).unwrap();
    let languages = Languages::builtin().unwrap();
    apicensus_inventory::complete(&mut catalog, &tree, &|path| languages.class(path), Some("2026-11-27")).unwrap();
    catalog
}

/// `severity rule subject` of each finding that counts.
pub fn said(catalog: &Catalog) -> Vec<String> {
    let open = catalog.findings.iter().filter(|f| f.status == FindingStatus::Open);
    open.map(|f| format!("{} {} {}", f.severity, f.rule, f.subject)).collect()
}

/// The finding of a rule about something.
pub fn finding<'c>(catalog: &'c Catalog, rule: &str, subject: &str) -> &'c Finding {
    catalog
        .findings
        .iter()
        .find(|f| f.rule == rule && f.subject == subject)
        .unwrap_or_else(|| panic!("no {rule} {subject} in {:?}", said(catalog)))
}
