//! Paths in the shape they are compared in.

/// A path with the names of its parameters blanked, no slash at its end and no empty segments: `/users/{}/posts`.
pub fn key(path: &str) -> String {
    let mut key = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(open) = rest.find('{') {
        let (before, inside) = rest.split_at(open);
        push(&mut key, before);
        let close = inside.find('}').map_or(inside.len(), |at| at + 1);
        key.push_str(if inside.starts_with("{?") { &inside[..close] } else { "{}" });
        rest = &inside[close..];
    }
    push(&mut key, rest);
    while key.len() > 1 && key.ends_with('/') {
        key.pop();
    }
    if key.is_empty() { "/".to_owned() } else { key }
}

fn push(key: &mut String, text: &str) {
    for c in text.chars() {
        if c != '/' || !key.ends_with('/') {
            key.push(c);
        }
    }
}

/// Two paths one after the other.
pub fn joined(base: &str, path: &str) -> String {
    let base = base.trim_end_matches('/');
    match (base.is_empty(), path) {
        (true, path) => path.to_owned(),
        (false, "/") => base.to_owned(),
        (false, path) => format!("{base}{path}"),
    }
}

/// A key and what is left of it when leading segments go: (the segments that went, the rest).
pub fn suffixes(key: &str) -> impl Iterator<Item = (&str, &str)> {
    key.match_indices('/').map(move |(at, _)| key.split_at(at))
}

/// Leading parts are looked at down to so many segments: no path of a service has more, and one of many would cost their square.
const MAX_SEGMENTS: usize = 64;

/// The leading parts of a key, the whole first and the root last.
pub fn prefixes(key: &str) -> impl Iterator<Item = &str> {
    let head = key.match_indices('/').nth(MAX_SEGMENTS).map_or(key, |(at, _)| &key[..at]);
    let inner = head.rmatch_indices('/').filter(|(at, _)| *at > 0).map(move |(at, _)| &key[..at]);
    std::iter::once(key).filter(|k| *k != "/").chain(inner).chain(std::iter::once("/"))
}

/// Whether a key has a segment that is plain text, so that it says something.
pub fn is_telling(key: &str) -> bool {
    key.split('/').any(|segment| !segment.is_empty() && !segment.contains('{'))
}

/// Whether an endpoint's path with unknown parts, or one of its leading parts unknown, can be this path.
pub fn may_be(path: &str, base_is_unknown: bool, concrete: &str) -> bool {
    let key = key(path);
    let mut pieces: Vec<&str> = Vec::new();
    let mut rest = key.as_str();
    while let Some((before, after)) = rest.split_once("{?") {
        pieces.push(before);
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    pieces.push(rest);
    let (Some((first, middle)), concrete) = (pieces.split_first(), self::key(concrete)) else { return false };
    if pieces.len() == 1 {
        return concrete == key || (base_is_unknown && is_telling(&key) && concrete.ends_with(&key));
    }
    // All of it unknown says nothing of any one path.
    if !pieces.iter().any(|piece| is_telling(piece)) {
        return false;
    }
    let Some(mut left) = (if base_is_unknown { concrete.split_once(first).map(|(_, l)| l) } else { concrete.strip_prefix(first) }) else {
        return false;
    };
    let Some((last, between)) = middle.split_last() else { return left.is_empty() };
    for piece in between {
        let Some((_, after)) = left.split_once(piece) else { return false };
        left = after;
    }
    left.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_forget_names_and_slashes() {
        assert_eq!(key("/users/{id}/posts/"), "/users/{}/posts");
        assert_eq!(key("//a//b"), "/a/b");
        assert_eq!(key("/"), "/");
        assert_eq!(key("/x/{?settings.A}/{b}"), "/x/{?settings.A}/{}");
        assert_eq!(key("/users/{id}:cancel"), "/users/{}:cancel");
    }

    #[test]
    fn parts_of_keys() {
        assert_eq!(suffixes("/a/b").collect::<Vec<_>>(), [("", "/a/b"), ("/a", "/b")]);
        assert_eq!(prefixes("/a/b/c").collect::<Vec<_>>(), ["/a/b/c", "/a/b", "/a", "/"]);
        assert_eq!(prefixes("/").collect::<Vec<_>>(), ["/"]);
        assert!(is_telling("/a/{}") && !is_telling("/{}"));
        assert_eq!(joined("/v1/", "/x"), "/v1/x");
        assert_eq!(joined("/v1", "/"), "/v1");
    }

    #[test]
    fn unknown_parts_fit_what_they_may_be() {
        assert!(may_be("/{?base}/users/{id}", false, "/api/users/{uid}"));
        assert!(!may_be("/{?base}/users", false, "/api/orders"));
        assert!(may_be("/users", true, "/api/users"));
        assert!(!may_be("/users", false, "/api/users"));
        assert!(!may_be("/{?all}", false, "/api/users"), "what is unknown as a whole says nothing");
    }
}
