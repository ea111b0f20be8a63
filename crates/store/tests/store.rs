//! Recording, reading back, comparing, keeping: the same on SQLite and PostgreSQL.
#![allow(clippy::unwrap_used)]

mod common;

use apicensus_catalog::{AuthState, Former, TroubleKind};
use apicensus_store::{Recorded, Store, StoreError, Target};
use common::*;

/// `kind METHOD path: details` for each difference.
fn changes(store: &mut Store, from: i64, to: i64) -> Vec<String> {
    let all = store.diff(from, to).unwrap();
    let lines = all.iter().flat_map(|d| &d.diff.changes).map(|c| {
        let details: Vec<&str> = c.details.iter().map(|d| d.text.as_str()).collect();
        format!("{} {} {} {}:{}: {}", c.kind.as_str(), c.method, c.path, c.at.file, c.at.line, details.join("; "))
    });
    lines.collect()
}

#[test]
fn what_is_recorded_comes_back_and_the_same_again_adds_nothing() {
    on_both(|target| {
        let mut store = open(target);
        assert!(matches!(store.resolve("head"), Err(StoreError::Empty)));
        let first = catalog();
        assert_eq!(added(&mut store, &first, 1), 1);
        assert_eq!(store.record(&first, &origin(1)).unwrap(), Recorded::Same(1));
        assert_eq!(plain(&mut store, 1), first);
        let mut second = first.clone();
        second.endpoints[0].auth.state = AuthState::None;
        assert_eq!(added(&mut store, &second, 2), 2);
        assert_eq!(added(&mut store, &second, 3), 3, "another commit");
        assert_eq!((plain(&mut store, 1), plain(&mut store, 2), plain(&mut store, 3)), (first, second.clone(), second));
        let log = store.log().unwrap();
        assert_eq!((log[0].added, log[1].changed, log[2].changed, log[1].parent == log[0].hash), (4, 1, 0, true));
        drop(store);
        sound(&mut open(target));
    });
}

#[test]
fn differences_come_from_any_two_revisions_both_ways() {
    on_both(|target| {
        let mut store = open(target);
        let first = catalog();
        added(&mut store, &first, 1);
        let mut second = first.clone();
        second.endpoints[0].auth.state = AuthState::None;
        second.endpoints.retain(|e| e.path != "/users");
        for endpoint in &mut second.endpoints {
            let handler = endpoint.handler.as_mut().unwrap();
            (handler.line, handler.end_line, endpoint.registered_at.line) =
                (handler.line + 5, handler.end_line + 5, endpoint.registered_at.line + 5);
        }
        added(&mut store, &second, 2);
        let mut third = second.clone();
        third.schemas.get_mut("Order").unwrap()["required"] = serde_json::json!([]);
        third.schemas.get_mut("Order").unwrap()["properties"]["note"] = serde_json::json!({"type": "string"});
        added(&mut store, &third, 3);
        added(&mut store, &first, 4);
        assert_eq!(
            changes(&mut store, 1, 2),
            ["changed GET /orders shop/orders.py:15: auth required is now none", "removed GET /users shop/users.py:7: it is gone"]
        );
        assert_eq!(changes(&mut store, 2, 3), ["changed POST /orders shop/orders.py:25: new field note in the body"]);
        assert_eq!(changes(&mut store, 1, 4), [""; 0]);
        assert_eq!(changes(&mut store, 3, 1).len(), 3);
        assert_eq!(changes(&mut store, 2, 1)[1], "added GET /users shop/users.py:7: auth required");
        sound(&mut store);
    });
}

#[test]
fn an_endpoint_keeps_its_past_when_it_moves_changes_and_comes_back() {
    on_both(|target| {
        let mut store = open(target);
        let first = catalog();
        added(&mut store, &first, 1);
        let mut moved = first.clone();
        moved.endpoints.retain(|e| e.path != "/users");
        moved.endpoints.push(endpoint("GET", "/people", "list_users", 7));
        added(&mut store, &sorted(moved.clone()), 2);
        let mut changed = moved.clone();
        changed.endpoints.last_mut().unwrap().lifecycle.deprecated = true;
        added(&mut store, &sorted(changed), 3);
        let now = store.catalog("host.test/acme/shop", 3).unwrap();
        let people = now.endpoints.iter().find(|e| e.path == "/people").unwrap();
        let of = |mark: &Option<apicensus_catalog::Mark>| mark.as_ref().unwrap().revision.unwrap();
        assert_eq!((of(&people.lifecycle.introduced), of(&people.lifecycle.last_changed)), (1, 3));
        assert_eq!(people.lifecycle.introduced.as_ref().unwrap().commit.as_deref(), Some("0000000000000000000000000000000000000001"));
        assert_eq!(people.lifecycle.moved_from, Some(Former { id: "GET-users".into(), method: "GET".into(), path: "/users".into() }));
        assert_eq!((store.log().unwrap()[1].moved, store.log().unwrap()[1].added), (1, 0));
        added(&mut store, &first, 4);
        let back = store.catalog("host.test/acme/shop", 4).unwrap();
        let users = back.endpoints.iter().find(|e| e.path == "/users").unwrap();
        assert_eq!(of(&users.lifecycle.introduced), 1);
        sound(&mut store);
    });
}

#[test]
fn nothing_is_gone_that_could_not_be_seen() {
    on_both(|target| {
        let mut store = open(target);
        added(&mut store, &catalog(), 2);
        let mut blind = catalog();
        blind.endpoints.retain(|e| e.path != "/users" && e.path != "/orders");
        blind.troubles.push(apicensus_catalog::Trouble {
            kind: TroubleKind::Unreadable,
            repository: String::new(),
            file: "shop/users.py".into(),
            line: 0,
            message: "permission denied".into(),
            effect: "what the file declares is missing".into(),
        });
        added(&mut store, &blind, 3);
        let paths: Vec<(String, bool)> = plain(&mut store, 2).endpoints.iter().map(|e| (e.path.clone(), e.stale)).collect();
        assert_eq!(paths, [("/users".to_owned(), true), ("/users/{id}".to_owned(), false)], "the file of orders was read");
        let mut older = catalog();
        older.endpoints.clear();
        added(&mut store, &older, 1);
        assert_eq!(plain(&mut store, 3).endpoints.len(), 2, "an older commit says nothing of what is there now");
        older.troubles.clear();
        added(&mut store, &older, 4);
        assert_eq!(plain(&mut store, 4).endpoints.len(), 0);
        sound(&mut store);
    });
}

#[test]
fn revisions_have_names_can_come_back_and_be_given_up() {
    on_both(|target| {
        let mut store = open(target);
        let first = catalog();
        added(&mut store, &first, 1);
        store.tag("v1.0", "head").unwrap();
        for n in 2..=6 {
            let mut next = first.clone();
            next.endpoints[0].summary = Some(format!("text {n}"));
            next.endpoints.truncate(3);
            added(&mut store, &next, n);
        }
        assert!(store.tag("7", "head").is_err() && store.tag("a b", "head").is_err() && store.tag("x", "99").is_err());
        let numbers =
            ["v1.0", "head", "head~2", "3", "00000000000000000000000000000000000000005"].map(|n| store.resolve(n).map(|r| r.number).ok());
        assert_eq!(numbers, [Some(1), Some(6), Some(4), Some(3), None]);
        assert_eq!(store.resolve("0000000000000000000000000000000000000005").unwrap().number, 5);
        let Recorded::Added(back) = store.rollback("host.test/acme/shop", "v1.0", "2027-03-01T00:00:00Z").unwrap() else { panic!() };
        assert_eq!((back.number, back.kind.as_str(), back.note.as_str(), back.added), (7, "rollback", "back to revision 1", 1));
        assert_eq!(plain(&mut store, 7), first);
        assert_eq!(store.rollback("host.test/acme/shop", "1", "2027-03-01T00:00:00Z").unwrap(), Recorded::Same(7));
        sound(&mut store);
        let gone = store.collect(Some(2)).unwrap();
        assert_eq!(gone.revisions, 4);
        assert!(gone.rows > 0 && gone.objects > 0, "{gone:?}");
        assert!(matches!(store.resolve("3"), Err(StoreError::NoRevision { .. })));
        assert_eq!((plain(&mut store, 1), plain(&mut store, 7)), (first.clone(), first));
        assert_eq!(plain(&mut store, 6).endpoints[0].summary.as_deref(), Some("text 6"));
        assert_eq!(store.collect(Some(2)).unwrap().rows, 0);
        assert_eq!(store.tags().unwrap(), [("v1.0".to_owned(), 1)]);
        assert!(store.untag("v1.0").unwrap() && !store.untag("v1.0").unwrap());
        sound(&mut store);
    });
}

#[test]
fn repositories_share_a_catalog() {
    on_both(|target| {
        let mut store = open(target);
        added(&mut store, &catalog(), 1);
        let mut other = origin(1);
        other.repository = "host.test/acme/other".into();
        store.record(&catalog(), &other).unwrap();
        assert!(matches!(store.repository(None, 2), Err(StoreError::SeveralRepositories(_))));
        assert_eq!(store.repository(None, 1).unwrap(), "host.test/acme/shop");
        let all = store.diff(1, 2).unwrap();
        assert_eq!((all.len(), all[0].repository.as_str(), all[0].diff.changes.len()), (1, "host.test/acme/other", 4));
        sound(&mut store);
    });
}

#[test]
fn credentials_are_not_shown() {
    let url = "postgres://me:se%40cret@db.test:5433/apis?password=secret2&sslmode=disable";
    assert_eq!(Target::parse(url).shown(), "postgres://db.test:5433/apis");
    let error = Store::open(&Target::parse("postgres://me:secret@127.0.0.1:1/apis"), true).err().unwrap().to_string();
    assert!(error.contains("127.0.0.1:1/apis") && !error.contains("secret"), "{error}");
    let error = Store::open(&Target::parse("postgres://me:secret@host:notaport/apis"), true).err().unwrap().to_string();
    assert!(!error.contains("secret"), "{error}");
}
