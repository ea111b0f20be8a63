//! Whether a concrete path is an instance of a template.

/// The path with parameters blanked and without a trailing slash.
pub fn blank(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut depth = 0usize;
    for ch in path.chars() {
        match ch {
            '{' => {
                if depth == 0 {
                    out.push_str("{}");
                }
                depth += 1;
            }
            '}' => depth = depth.saturating_sub(1),
            other if depth == 0 => out.push(other),
            _ => {}
        }
    }
    while out.len() > 1 && out.ends_with('/') {
        out.pop();
    }
    out
}

/// Whether a concrete path is an instance of a template: literal text stands as it is, a parameter takes some of a segment.
pub fn template_matches(template: &str, path: &str) -> bool {
    let blanked = blank(template);
    let (mut wanted, mut given) = (blanked.split('/'), path.trim_end_matches('/').split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(want), Some(give)) if segment_matches(want, give) => {}
            _ => return false,
        }
    }
}

fn segment_matches(template: &str, text: &str) -> bool {
    let mut pieces = template.split("{}");
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else { return rest.is_empty() };
    for piece in middle {
        let Some(at) = rest.get(1..).and_then(|after| after.find(piece)) else { return false };
        rest = &rest[1 + at + piece.len()..];
    }
    rest.len() > last.len() && rest.ends_with(last)
}

/// The same for a template whose parameters may take slashes.
pub fn catch_all_matches(template: &str, path: &str) -> bool {
    let Some((before, _)) = template.split_once(['{', '*']) else { return template_matches(template, path) };
    path.starts_with(before) && path.len() > before.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_match_concrete_paths() {
        assert!(template_matches("/users/{id}", "/users/42"));
        assert!(catch_all_matches("/files/{path}", "/files/a/b") && !catch_all_matches("/files/{path}", "/file"));
        assert!(template_matches("/files/{name}.{ext}", "/files/a.json"));
        assert!(!template_matches("/users/{id}", "/users/42/posts"));
        assert!(!template_matches("/users/{id}", "/users/"));
        assert_eq!(blank("/a/{b}/{?c.d}/"), "/a/{}/{}");
    }
}
