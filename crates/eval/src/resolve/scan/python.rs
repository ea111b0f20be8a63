//! Python's import statements and `import_module` calls.

use super::{ImportSpec, SpecKind, is_word, string_at, text_of};
use memchr::memmem;

/// Longest list of imported names that is read.
const LONGEST: usize = 20_000;
/// How far back an import's logical line is read.
const LONGEST_LINE: usize = 2000;

pub(super) fn scan(text: &[u8], out: &mut Vec<ImportSpec>) {
    let mut computed = false;
    for at in memmem::find_iter(text, b"import") {
        let after = at + 6;
        match text.get(after) {
            Some(b'_') => computed |= call(text, after, out),
            Some(b' ' | b'\t' | b'(' | b'\\' | b'*') if at == 0 || !is_word(text[at - 1]) => statement(text, at, out),
            _ => {}
        }
    }
    let lists: [&[u8]; 7] = [b"iter_modules", b"walk_packages", b"listdir", b"iterdir", b"glob", b"scandir", b"find_modules"];
    if computed && lists.iter().any(|word| memmem::find(text, word).is_some()) {
        out.push(ImportSpec::new(SpecKind::Folder, 0, "."));
    }
}

/// `import_module("x")`, `__import__("x")`; true if the name is computed.
fn call(text: &[u8], after: usize, out: &mut Vec<ImportSpec>) -> bool {
    let rest = &text[after..];
    let name = [&b"_module("[..], b"__(", b"_string(", b"_modules("].into_iter().find(|name| rest.starts_with(name));
    let Some(name) = name else { return false };
    let at = skip_space(text, after + name.len());
    let Some((string, _)) = string_at(text, at) else {
        return true;
    };
    let Some(module) = text_of(string) else { return false };
    let bare = module.trim_start_matches('.');
    out.push(ImportSpec::new(SpecKind::Module, (module.len() - bare.len()) as u32, bare));
    false
}

fn skip_space(text: &[u8], mut at: usize) -> usize {
    while text.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

/// An `import` keyword at `at`: with a `from x` before it or alone.
fn statement(text: &[u8], at: usize, out: &mut Vec<ImportSpec>) {
    let before = before(text, at);
    let trimmed = before.trim_ascii_end();
    if trimmed.is_empty() || trimmed.ends_with(b";") || trimmed.ends_with(b":") {
        names(text, at + 6, |name| out.push(ImportSpec::new(SpecKind::Module, 0, name)));
        return;
    }
    let Some(from) = memmem::rfind(trimmed, b"from") else { return };
    if from > 0 && is_word(trimmed[from - 1]) {
        return;
    }
    let module: Vec<u8> = trimmed[from + 4..].iter().copied().filter(|b| !matches!(b, b' ' | b'\t' | b'\\' | b'\r' | b'\n')).collect();
    if module.is_empty() || !module.iter().all(|b| is_word(*b) || *b == b'.') {
        return;
    }
    let Some(module) = text_of(&module) else { return };
    let bare = module.trim_start_matches('.');
    let level = (module.len() - bare.len()) as u32;
    out.push(ImportSpec::new(SpecKind::Module, level, bare));
    names(text, at + 6, |name| {
        let whole = if bare.is_empty() { name.to_owned() } else { format!("{bare}.{name}") };
        out.push(ImportSpec::new(SpecKind::Name, level, whole));
    });
}

/// The text of the logical line up to `at`.
fn before(text: &[u8], at: usize) -> &[u8] {
    let (text, at) = (&text[at.saturating_sub(LONGEST_LINE)..at], at.min(LONGEST_LINE));
    let mut start = at;
    loop {
        start = memchr::memrchr(b'\n', &text[..start]).map_or(0, |n| n + 1);
        let above = &text[..start.saturating_sub(1)];
        let above = above.strip_suffix(b"\r").unwrap_or(above);
        if start == 0 || !above.ends_with(b"\\") {
            return &text[start..at];
        }
        start -= 1;
    }
}

/// The names of `a as b, c` or `(a, b)` from `at` on.
fn names(text: &[u8], at: usize, mut each: impl FnMut(&str)) {
    let text = &text[..text.len().min(at + LONGEST)];
    let mut at = at;
    let mut parens = false;
    let mut skip = false;
    while let Some(byte) = text.get(at) {
        match byte {
            b'(' => parens = true,
            b')' | b';' => return,
            b'#' => {
                at += memchr::memchr(b'\n', &text[at..]).unwrap_or(text.len() - at);
                continue;
            }
            b'\\' => {
                at += 1 + usize::from(text.get(at + 1) == Some(&b'\r')) + 1;
                continue;
            }
            b'\n' if !parens => return,
            b',' => skip = false,
            b' ' | b'\t' | b'\r' | b'\n' | b'*' => {}
            byte if is_word(*byte) => {
                let end = text[at..].iter().position(|b| !is_word(*b) && *b != b'.').map_or(text.len(), |n| at + n);
                if matches!(&text[at..end], b"import" | b"from") {
                    return;
                }
                // What follows a name (`as x`) up to the comma is no import.
                if !skip {
                    if let Some(name) = text_of(&text[at..end]) {
                        each(name);
                    }
                    skip = true;
                }
                at = end;
                continue;
            }
            _ => return,
        }
        at += 1;
    }
}
