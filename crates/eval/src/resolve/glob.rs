//! The globs of workspace member lists: `packages/*`, `apps/**`, `crates/x-*`.

/// Whether a folder path matches a glob, segment by segment; `**` is any number of segments.
pub fn matches(glob: &str, path: &str) -> bool {
    let glob: Vec<&str> = glob.trim_start_matches("./").split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let path: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    segments(&glob, &path)
}

fn segments(glob: &[&str], path: &[&str]) -> bool {
    // `reached[n]`: the globs so far can match the first n segments.
    let mut reached = vec![false; path.len() + 1];
    reached[0] = true;
    for part in glob {
        let mut next = vec![false; path.len() + 1];
        for at in 0..=path.len() {
            if *part == "**" {
                next[at] = reached[at] || (at > 0 && next[at - 1]);
            } else if at > 0 && reached[at - 1] {
                next[at] = segment(part, path[at - 1]);
            }
        }
        reached = next;
    }
    reached[path.len()]
}

/// One segment with `*` and `?`.
fn segment(glob: &str, text: &str) -> bool {
    let (glob, text) = (glob.as_bytes(), text.as_bytes());
    let (mut g, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        if g < glob.len() && glob[g] == b'*' {
            star = Some((g, t));
            g += 1;
        } else if g < glob.len() && (glob[g] == b'?' || glob[g] == text[t]) {
            g += 1;
            t += 1;
        } else if let Some((at, from)) = star {
            g = at + 1;
            t = from + 1;
            star = Some((at, from + 1));
        } else {
            return false;
        }
    }
    glob[g..].iter().all(|b| *b == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workspace_globs() {
        assert!(matches("packages/*", "packages/a") && !matches("packages/*", "packages/a/b"));
        assert!(matches("./apps/**", "apps/a/b") && matches("**", "x"));
        assert!(matches("crates/x-*", "crates/x-y") && !matches("crates/x-*", "crates/y"));
        assert!(matches("a/**/z", "a/z") && matches("a/**/z", "a/b/c/z") && !matches("a/**/z", "a/b"));
        assert!(matches(".", "") && matches("", ""));
    }
}
