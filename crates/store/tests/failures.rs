//! A store that something happened to: changed bytes, a full disk, another schema, several that migrate it. On SQLite and PostgreSQL.
#![allow(clippy::unwrap_used)]

mod common;

use apicensus_catalog::{AuthState, Catalog};
use apicensus_store::{Revision, Store, StoreError, Target};
use common::*;
use std::path::Path;

/// Does something to a store behind its back.
fn behind(target: &Target, sql: &str) {
    match target {
        Target::Sqlite(path) => rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap(),
        Target::Postgres(url) => postgres::Client::connect(url, postgres::NoTls).unwrap().batch_execute(sql).unwrap(),
        Target::Tree(_) => unreachable!(),
    }
}

/// Writes the facts of endpoints as text, as stores before the fourth schema have them, and takes the column of packed ones away.
fn with_plain_facts(target: &Target) {
    let plain = |packed: &[u8]| String::from_utf8(miniz_oxide::inflate::decompress_to_vec_zlib(packed).unwrap()).unwrap();
    match target {
        Target::Sqlite(path) => {
            let db = rusqlite::Connection::open(path).unwrap();
            let mut query = db.prepare("SELECT rowid, packed FROM endpoint").unwrap();
            let rows = query.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?))).unwrap();
            for (id, packed) in rows.collect::<Result<Vec<_>, _>>().unwrap() {
                db.execute("UPDATE endpoint SET facts = ?1 WHERE rowid = ?2", (plain(&packed), id)).unwrap();
            }
        }
        Target::Postgres(url) => {
            let mut db = postgres::Client::connect(url, postgres::NoTls).unwrap();
            for row in db.query("SELECT id, first, packed FROM endpoint", &[]).unwrap() {
                let (id, first, packed): (String, i64, Vec<u8>) = (row.get(0), row.get(1), row.get(2));
                db.execute("UPDATE endpoint SET facts = $1 WHERE id = $2 AND first = $3", &[&plain(&packed), &id, &first]).unwrap();
            }
        }
        Target::Tree(_) => unreachable!(),
    }
    behind(target, "ALTER TABLE endpoint DROP COLUMN packed");
}

/// A store with three revisions and a tag.
fn filled(target: &Target) -> Vec<Catalog> {
    let mut store = open(target);
    let first = catalog();
    let mut second = first.clone();
    second.endpoints[0].auth.state = AuthState::None;
    let mut third = second.clone();
    third.endpoints.remove(1);
    let states = vec![first, second, third];
    for (n, state) in states.iter().enumerate() {
        added(&mut store, state, n as u32 + 1);
    }
    store.tag("v1", "1").unwrap();
    sound(&mut store);
    states
}

/// Everything that a store says.
type Said = (Vec<Revision>, Vec<(String, i64)>, Vec<Catalog>, Vec<usize>);

fn said(store: &mut Store) -> Result<Said, StoreError> {
    let catalogs = (1..=3).map(|n| store.catalog("host.test/acme/shop", n)).collect::<Result<_, _>>()?;
    let diffs = [(1, 2), (2, 3), (1, 3)].map(|(a, b)| store.diff(a, b));
    let diffs = diffs.into_iter().map(|d| d.map(|all| all.iter().map(|d| d.diff.changes.len()).sum())).collect::<Result<_, _>>()?;
    Ok((store.log()?, store.tags()?, catalogs, diffs))
}

#[test]
fn verify_names_what_was_changed() {
    let flip_sqlite = "UPDATE object SET body = CAST(substr(body, 1, 8) || X'ff' || substr(body, 10) AS BLOB) WHERE hash = (SELECT hash FROM part WHERE name LIKE 'endpoints%' AND last < 100)";
    let flip_postgres = "UPDATE object SET body = set_byte(body, 8, 255 - get_byte(body, 8)) WHERE hash = (SELECT hash FROM part WHERE name LIKE 'endpoints%' AND last < 100 LIMIT 1)";
    on_both(|target| {
        filled(target);
        let flip = if matches!(target, Target::Sqlite(_)) { flip_sqlite } else { flip_postgres };
        let cases = [
            (flip, "the part `endpoints shop shop/orders.py` of `host.test/acme/shop`, revisions 1 to 1, is damaged or not there"),
            (
                "UPDATE part SET hash = 'x' WHERE name = 'troubles'",
                "the row of the part `troubles` of `host.test/acme/shop` from revision 1 was changed",
            ),
            (
                "UPDATE endpoint SET packed = '', facts = '{}' WHERE id = 'GET-users'",
                "the facts of the endpoint GET-users of `host.test/acme/shop` from revision 1 do not have their hash",
            ),
            (
                "UPDATE endpoint SET first = 2 WHERE id = 'GET-users'",
                "the row of the endpoint GET-users of `host.test/acme/shop` from revision 2 was changed",
            ),
            ("UPDATE revision SET note = 'nothing to see' WHERE number = 2", "revision 2 does not have its hash: its line was changed"),
            ("UPDATE revision SET parent = 'x' WHERE number = 3", "revision 3 does not follow revision 2: it names another parent"),
            ("DELETE FROM revision WHERE number = 2", "revision 3 follows revision 1; those between are not there"),
            ("UPDATE tag SET revision = 3", "the tag `v1` was changed"),
            ("DELETE FROM endpoint WHERE id = 'GET-users'", "revision 1 was recorded with 4 endpoints and has 3"),
            ("DELETE FROM part WHERE name = 'outbound'", "the parts of revision 1 are not those that were recorded"),
        ];
        for (sql, fault) in cases {
            let folder = tempfile::tempdir().unwrap();
            let fresh = match target {
                Target::Sqlite(_) => Target::Sqlite(folder.path().join("catalog.db")),
                _ => Target::Postgres(server::database().unwrap()),
            };
            filled(&fresh);
            behind(&fresh, sql);
            let faults = open(&fresh).verify().faults;
            assert!(faults.iter().any(|f| f.starts_with(fault)), "{sql}: {faults:#?}");
        }
    });
}

#[test]
fn a_changed_byte_is_found_or_does_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let target = Target::Sqlite(folder.path().join("catalog.db"));
    filled(&target);
    let truth = said(&mut open(&target)).unwrap();
    let bytes = std::fs::read(folder.path().join("catalog.db")).unwrap();
    let (mut seed, mut found) = (0x2545_f491_4f6c_dd1d_u64, 0);
    let number = 150;
    for _ in 0..number {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let at = (seed % bytes.len() as u64) as usize;
        let mut broken = bytes.clone();
        broken[at] ^= 1 << (seed >> 60 & 7);
        let file = folder.path().join("broken.db");
        for old in ["broken.db", "broken.db-wal", "broken.db-shm"] {
            let _ = std::fs::remove_file(folder.path().join(old));
        }
        std::fs::write(&file, &broken).unwrap();
        let faults = match Store::open(&Target::Sqlite(file), true) {
            Ok(mut store) => {
                let faults = store.verify().faults;
                if faults.is_empty() {
                    assert_eq!(said(&mut store).unwrap(), truth, "byte {at} did harm that was not found");
                }
                faults
            }
            Err(error) => vec![error.to_string()],
        };
        found += usize::from(!faults.is_empty());
    }
    // Most bytes of a small file are free space.
    assert!(found > number / 10, "{found} of {number}");
}

#[test]
fn older_schemas_are_migrated_and_newer_ones_refused() {
    on_both(|target| {
        let states = filled(target);
        with_plain_facts(target);
        behind(
            target,
            "DROP TABLE tag; DROP INDEX part_last; DROP INDEX revision_repository; UPDATE apicensus SET value = '1' WHERE key = 'schema'",
        );
        // Several at once: one of them migrates.
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| assert_eq!(open(target).log().unwrap().len(), 3));
            }
        });
        let mut store = open(target);
        assert_eq!(store.tags().unwrap(), []);
        store.tag("v2", "2").unwrap();
        assert_eq!(plain(&mut store, 2), states[1]);
        sound(&mut store);
        behind(target, "UPDATE apicensus SET value = '99' WHERE key = 'schema'");
        let error = Store::open(target, true).err().unwrap();
        assert!(matches!(error, StoreError::Newer { found: 99, known: 4, .. }), "{error}");
        assert!(error.to_string().ends_with("has schema 99, and this apicensus knows schemas up to 4; use a newer apicensus"));
        behind(target, "UPDATE apicensus SET value = 'x' WHERE key = 'schema'");
        assert!(matches!(Store::open(target, true), Err(StoreError::Damaged(_))));
    });
}

#[test]
fn what_is_no_catalog_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    std::fs::write(file("notes.txt"), "not a database, and longer than the header of one".repeat(10)).unwrap();
    let text = std::fs::read(file("notes.txt")).unwrap();
    let error = |path: &Path| Store::open(&Target::Sqlite(path.to_owned()), true).err().unwrap().to_string();
    assert!(error(&file("notes.txt")).contains("is not a catalog of apicensus: it is no SQLite file"));
    assert_eq!(std::fs::read(file("notes.txt")).unwrap(), text);
    rusqlite::Connection::open(file("other.db")).unwrap().execute_batch("CREATE TABLE customers (id)").unwrap();
    assert!(error(&file("other.db")).contains("is not a catalog of apicensus: it has a table `customers`"));
    if let Some(url) = server::database() {
        let target = Target::Postgres(url);
        behind(&target, "CREATE TABLE customers (id BIGINT)");
        open(&target);
        let target = Target::Postgres(server::database().unwrap());
        behind(&target, "CREATE TABLE part (id BIGINT)");
        assert!(Store::open(&target, true).err().unwrap().to_string().contains("it has a table `part`"));
    }
}

#[test]
fn a_full_disk_of_the_server_changes_nothing() {
    let Some(url) = server::database() else { return };
    let target = Target::Postgres(url);
    filled(&target);
    let mut store = open(&target);
    let (mut seed, mut state) = (1_u64, catalog());
    let error = (4..40).find_map(|n| {
        // Text that can't be packed well, so that the tables grow.
        let mut noise = String::new();
        for _ in 0..200_000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            noise.push_str(&format!("{:016x}", seed ^ seed >> 29));
        }
        state.endpoints[0].summary = Some(noise);
        let before = store.log().unwrap();
        let error = store.record(&state, &origin(n)).err()?;
        assert_eq!(store.log().unwrap(), before);
        Some(error)
    });
    let error = error.unwrap();
    assert!(matches!(error, StoreError::Full { .. }), "{error}");
    assert!(error.to_string().starts_with("no space is left for the catalog; nothing was changed"));
    sound(&mut store);
    added(&mut store, &catalog(), 50);
}
