//! What one JSON value has beyond another of the same shape, by JSON Pointer (RFC 6901), and putting it back.

use serde_json::{Map, Value};

/// What `whole` says and `base` does not, or says otherwise. Lists are compared item by item where they are as long as each other.
pub(crate) fn between(whole: &Value, base: &Value) -> Map<String, Value> {
    let mut found = Map::new();
    compare(whole, base, &mut String::new(), &mut found);
    found
}

fn compare(whole: &Value, base: &Value, at: &mut String, found: &mut Map<String, Value>) {
    let length = at.len();
    match (whole, base) {
        (Value::Object(whole), Value::Object(base)) => {
            for (key, value) in whole {
                at.push('/');
                at.push_str(&key.replace('~', "~0").replace('/', "~1"));
                match base.get(key) {
                    Some(other) => compare(value, other, at, found),
                    None => drop(found.insert(at.clone(), value.clone())),
                }
                at.truncate(length);
            }
        }
        (Value::Array(whole), Value::Array(base)) if whole.len() == base.len() => {
            for (index, (value, other)) in whole.iter().zip(base).enumerate() {
                at.push_str(&format!("/{index}"));
                compare(value, other, at, found);
                at.truncate(length);
            }
        }
        _ if whole != base => drop(found.insert(at.clone(), whole.clone())),
        _ => {}
    }
}

/// Puts values in their places; a place whose surroundings are gone is passed over.
pub(crate) fn apply(base: &mut Value, found: &Map<String, Value>) {
    for (at, value) in found {
        let Some((around, key)) = at.rsplit_once('/') else { continue };
        let key = key.replace("~1", "/").replace("~0", "~");
        match base.pointer_mut(around) {
            Some(Value::Object(object)) => drop(object.insert(key, value.clone())),
            Some(Value::Array(items)) => {
                if let Some(item) = key.parse::<usize>().ok().and_then(|index| items.get_mut(index)) {
                    *item = value.clone();
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_taken_out_comes_back() {
        let whole = json!({"a": {"line": 3, "x/y": [1, {"b~": 2}]}, "list": [1, 2], "same": true});
        let base = json!({"a": {"x/y": [1, {"b~": 0}]}, "list": [1], "same": true});
        let found = between(&whole, &base);
        assert_eq!(serde_json::to_value(&found).unwrap(), json!({"/a/line": 3, "/a/x~1y/1/b~0": 2, "/list": [1, 2]}));
        let mut again = base;
        apply(&mut again, &found);
        assert_eq!(again, whole);
    }
}
