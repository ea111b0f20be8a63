//! `import`, `export ... from`, `require` and dynamic imports of JavaScript and TypeScript.

use super::{ImportSpec, SpecKind, is_word, string_at, text_of};
use aho_corasick::AhoCorasick;
use memchr::memmem;
use std::sync::LazyLock;

static WORDS: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasick::new(["from", "import", "require", "__dirname", "import.meta.glob"]).ok());

pub(super) fn scan(text: &[u8], out: &mut Vec<ImportSpec>) {
    let Some(words) = &*WORDS else { return };
    let mut computed = false;
    let mut folders = Vec::new();
    for found in words.find_iter(text) {
        let at = found.end();
        match found.pattern().as_usize() {
            0 => {
                literal(text, skip(text, at), out);
            }
            3 => folders.extend(beside(text, at).map(|(folder, _)| folder)),
            which => {
                let word = if which == 1 { &b"import"[..] } else { b"require" };
                computed |= after(text, at, word, out);
            }
        }
    }
    if !computed {
        return;
    }
    let lists: [&[u8]; 7] = [b"readdir", b"glob", b"auto-load", b"require-all", b"requireDirectory", b"require-dir", b"fs."];
    if lists.iter().any(|word| memmem::find(text, word).is_some()) {
        folders.push(".".to_owned());
    }
    out.extend(folders.into_iter().map(|folder| ImportSpec::new(SpecKind::Folder, 0, folder)));
}

/// What follows `import` or `require`; true if it is a call with a computed name.
fn after(text: &[u8], at: usize, word: &[u8], out: &mut Vec<ImportSpec>) -> bool {
    let mut at = skip(text, at);
    if word == b"import" && literal(text, at, out) {
        return false;
    }
    if text[at..].starts_with(b".resolve") || text[at..].starts_with(b".context") {
        at = skip(text, at + 8);
    } else if text[at..].starts_with(b".meta.glob") {
        let open = memchr::memchr(b'(', &text[at..]).map_or(text.len(), |n| at + n);
        return glob(text, open, out);
    }
    // `require<T>('x')`
    if word == b"require" && text.get(at) == Some(&b'<') {
        at = memchr::memchr(b'(', &text[at..text.len().min(at + 200)]).map_or(at, |n| at + n);
    }
    if text.get(at) != Some(&b'(') {
        return false;
    }
    let inside = skip(text, at + 1);
    if literal(text, inside, out) {
        return false;
    }
    argument(text, inside, out)
}

/// A call's argument that is no plain literal: `__dirname + '/x'`, `path.join(__dirname, 'x')`, `` `./x/${y}` ``.
fn argument(text: &[u8], at: usize, out: &mut Vec<ImportSpec>) -> bool {
    let rest = &text[at..text.len().min(at + 200)];
    if rest.starts_with(b"`") || rest.starts_with(b"'") || rest.starts_with(b"\"") {
        let quote = rest[0];
        let end = memchr::memchr3(b'$', quote, b'\n', &rest[1..]).map_or(rest.len(), |n| n + 1);
        if let Some(prefix) = text_of(&rest[1..end]).filter(|prefix| prefix.starts_with('.')) {
            let folder = prefix.rfind('/').map_or(".", |slash| &prefix[..slash]);
            out.push(ImportSpec::new(SpecKind::Folder, 0, folder));
        }
        return true;
    }
    let Some(dirname) = memmem::find(rest, b"__dirname") else { return !rest.starts_with(b")") };
    let plain = rest[..dirname].iter().all(|b| is_word(*b) || matches!(b, b'.' | b'(' | b' ' | b'`' | b'$' | b'{'));
    match beside(text, at + dirname + 9) {
        Some((path, true)) if plain => {
            out.push(ImportSpec::new(SpecKind::Module, 0, path));
            false
        }
        _ => true,
    }
}

/// The path that follows `__dirname`: `+ '/a'`, `, 'a', 'b'`, `}/a`; and whether it is whole.
fn beside(text: &[u8], at: usize) -> Option<(String, bool)> {
    let mut path = ".".to_owned();
    if text[at..].starts_with(b"}") {
        let end = text[at..].iter().take(300).position(|b| matches!(b, b'`' | b'$' | b'\n'))? + at;
        path.push_str(text_of(&text[at + 1..end])?);
        let whole = text.get(end) == Some(&b'`');
        return Some((if whole { path } else { crate::files::parent(&path).to_owned() }, whole));
    }
    let mut at = skip(text, at);
    let mut any = false;
    loop {
        match text.get(at) {
            Some(b',' | b'+') => at = skip(text, at + 1),
            Some(b')') if any => return Some((path, true)),
            _ => return Some((path, false)),
        }
        let Some((part, end)) = string_at(text, at).filter(|(part, _)| memmem::find(part, b"${").is_none()) else {
            return Some((path, false));
        };
        path.push('/');
        path.push_str(text_of(part)?);
        any = true;
        at = skip(text, end);
    }
}

/// `import.meta.glob('./routes/*.ts')`, also with a list.
fn glob(text: &[u8], open: usize, out: &mut Vec<ImportSpec>) -> bool {
    let mut at = open + 1;
    while let Some(byte) = text.get(at) {
        match byte {
            b'[' | b',' | b' ' | b'\n' | b'\r' | b'\t' => at += 1,
            _ => {
                let Some((pattern, end)) = string_at(text, at) else { return false };
                if let Some(pattern) = text_of(pattern) {
                    let fixed = pattern.split('*').next().unwrap_or("");
                    out.push(ImportSpec::new(SpecKind::Folder, 0, crate::files::parent(fixed)));
                }
                at = end;
            }
        }
    }
    false
}

/// Reports the string literal at `at` as a module; false if there is none.
fn literal(text: &[u8], at: usize, out: &mut Vec<ImportSpec>) -> bool {
    let Some((module, end)) = string_at(text, at) else { return false };
    let whole = !matches!(text.get(skip(text, end)), Some(b'+'));
    match text_of(module) {
        Some(module) if whole && !module.is_empty() && !module.contains("${") && !module.contains(' ') => {
            out.push(ImportSpec::new(SpecKind::Module, 0, module));
            true
        }
        _ => false,
    }
}

/// The next place that is no white space or comment.
fn skip(text: &[u8], mut at: usize) -> usize {
    loop {
        // Comments that don't end soon are not read.
        let near = &text[at.min(text.len())..text.len().min(at + 2000)];
        match (near.first(), near.get(1)) {
            (Some(b' ' | b'\t' | b'\r' | b'\n'), _) => at += 1,
            (Some(b'/'), Some(b'*')) => match memmem::find(&near[2..], b"*/") {
                Some(n) => at += n + 4,
                None => return at,
            },
            (Some(b'/'), Some(b'/')) => match memchr::memchr(b'\n', near) {
                Some(n) => at += n,
                None => return at,
            },
            _ => return at.min(text.len()),
        }
    }
}
