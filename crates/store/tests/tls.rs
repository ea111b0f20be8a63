//! TLS to a real PostgreSQL server, whose user `sealed` is let in with it only.
#![allow(clippy::unwrap_used)]

mod common;

use apicensus_store::{Store, StoreError, Target};
use common::{added, catalog, server};

fn opened(url: &str) -> Result<Store, String> {
    Store::open(&Target::parse(url), true).map_err(|error: StoreError| error.to_string())
}

#[test]
fn certificates_are_always_checked() {
    let Some(url) = server::database() else { return };
    let (sealed, authority) = server::sealed(&url);
    let authority = authority.display();
    postgres::Client::connect(&url, postgres::NoTls).unwrap().batch_execute("CREATE ROLE sealed SUPERUSER LOGIN").unwrap();
    let mut store = opened(&format!("{sealed}?sslmode=verify-full&sslrootcert={authority}")).unwrap();
    assert_eq!(added(&mut store, &catalog(), 1), 1);

    for (query, word) in [
        (String::new(), "pg_hba"),
        ("?sslmode=disable".to_owned(), "pg_hba"),
        ("?sslmode=require".to_owned(), "sslrootcert"),
        ("?sslmode=prefer".to_owned(), "sslrootcert"),
        (format!("?sslmode=require&sslrootcert={authority}x"), "authority.pemx"),
    ] {
        let said = opened(&format!("{sealed}{query}")).err().unwrap();
        assert!(said.contains(word), "{query}: {said}");
    }
    // The name is that of the certificate, or nobody is told anything.
    let other = sealed.replace("127.0.0.1", "localhost");
    let said = opened(&format!("{other}?sslmode=verify-full&sslrootcert={authority}")).err().unwrap();
    assert!(said.contains("certificate"), "{said}");
}
