//! Lowers every file of a folder and says how fast, with what troubles, and what became `Unknown`.
//!
//! `cargo run --release -p apicensus-syntax --example lower -- FOLDER [KIND]`; with KIND, the places of that kind of
//! `Unknown` (or of that kind of trouble) are listed. With a file instead of a folder, its tree is printed.
#![allow(clippy::print_stdout)]

use apicensus_syntax::{Expr, Lang, lower, lower::STACK, render};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

#[derive(Default)]
struct Tally {
    files: usize,
    bytes: usize,
    exprs: usize,
    stmts: usize,
    busy: Duration,
    slowest: Option<(Duration, PathBuf)>,
    troubles: BTreeMap<String, usize>,
    unknown: BTreeMap<String, usize>,
    places: Vec<String>,
}

fn language(path: &Path) -> Option<Lang> {
    Some(match path.extension()?.to_str()? {
        "py" | "pyi" => Lang::Python,
        "js" | "mjs" | "cjs" | "jsx" => Lang::JavaScript,
        "ts" | "mts" | "cts" => Lang::TypeScript,
        "tsx" => Lang::Tsx,
        "rs" => Lang::Rust,
        _ => return None,
    })
}

fn collect(path: &Path, out: &mut Vec<(PathBuf, Lang)>) {
    if path.is_symlink() {
        return;
    }
    if let Ok(entries) = std::fs::read_dir(path) {
        for entry in entries.flatten() {
            collect(&entry.path(), out);
        }
    } else if let Some(lang) = language(path) {
        out.push((path.to_owned(), lang));
    }
}

fn one(path: &Path, lang: Lang, wanted: Option<&str>, tally: &mut Tally) {
    let Ok(bytes) = std::fs::read(path) else { return };
    let text = String::from_utf8_lossy(&bytes);
    let start = Instant::now();
    let module = lower(lang, &text);
    let took = start.elapsed();
    tally.files += 1;
    tally.bytes += bytes.len();
    tally.exprs += module.exprs.len();
    tally.stmts += module.stmts.len();
    tally.busy += took;
    if tally.slowest.as_ref().is_none_or(|(time, _)| took > *time) {
        tally.slowest = Some((took, path.to_owned()));
    }
    for trouble in &module.troubles {
        let kind = format!("{:?}", trouble.kind);
        if wanted == Some(&kind) {
            tally.places.push(format!("{}:{} {}", path.display(), trouble.line, trouble.message));
        }
        *tally.troubles.entry(kind).or_default() += 1;
    }
    for (expr, span) in &module.exprs {
        if let Expr::Unknown(kind) = expr {
            if wanted == Some(kind) {
                tally.places.push(format!("{}:{}", path.display(), span.line));
            }
            *tally.unknown.entry(kind.to_string()).or_default() += 1;
        }
    }
}

fn merge(all: &mut Tally, part: Tally) {
    all.files += part.files;
    all.bytes += part.bytes;
    all.exprs += part.exprs;
    all.stmts += part.stmts;
    all.busy += part.busy;
    if part.slowest > all.slowest {
        all.slowest = part.slowest;
    }
    for (kind, count) in part.troubles {
        *all.troubles.entry(kind).or_default() += count;
    }
    for (kind, count) in part.unknown {
        *all.unknown.entry(kind).or_default() += count;
    }
    all.places.extend(part.places);
}

fn run(path: &Path, wanted: Option<&str>) {
    let mut files = Vec::new();
    collect(path, &mut files);
    files.sort_by(|a, b| a.0.cmp(&b.0));
    for lang in [Lang::Python, Lang::JavaScript, Lang::TypeScript, Lang::Tsx, Lang::Rust] {
        let of_lang: Vec<_> = files.iter().filter(|f| f.1 == lang).cloned().collect();
        if !of_lang.is_empty() {
            run_files(lang, &of_lang, wanted);
        }
    }
}

fn run_files(lang: Lang, files: &[(PathBuf, Lang)], wanted: Option<&str>) {
    let next = AtomicUsize::new(0);
    let start = Instant::now();
    let mut all = Tally::default();
    std::thread::scope(|scope| {
        let work = || {
            let mut tally = Tally::default();
            while let Some((path, lang)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                one(path, *lang, wanted, &mut tally);
            }
            tally
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> =
            (0..threads).filter_map(|_| std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work).ok()).collect();
        for worker in workers {
            match worker.join() {
                Ok(tally) => merge(&mut all, tally),
                Err(_) => println!("a thread panicked"),
            }
        }
    });
    all.places.sort();
    for place in &all.places {
        println!("{place}");
    }
    let mb = all.bytes as f64 / 1e6;
    println!("{lang:?}: {} files, {mb:.1} MB in {:.2?}; {:.1} MB/s a thread", all.files, start.elapsed(), mb / all.busy.as_secs_f64());
    println!("{} statements, {} expressions", all.stmts, all.exprs);
    if let Some((time, path)) = &all.slowest {
        println!("slowest: {time:.2?} {}", path.display());
    }
    println!("troubles: {:?}", all.troubles);
    let mut unknown: Vec<_> = all.unknown.into_iter().collect();
    unknown.sort_by_key(|(kind, count)| (std::cmp::Reverse(*count), kind.clone()));
    println!("unknown: {unknown:?}");
}

fn show(path: &Path, lang: Lang) {
    let Ok(text) = std::fs::read_to_string(path) else { return };
    let worker = std::thread::Builder::new().stack_size(STACK).spawn(move || render(&lower(lang, &text)));
    if let Some(Ok(tree)) = worker.ok().map(std::thread::JoinHandle::join) {
        println!("{tree}");
    }
}

fn main() {
    let mut args = std::env::args().skip(1);
    let Some(path) = args.next().map(PathBuf::from) else {
        println!("usage: lower FOLDER [KIND] | lower FILE");
        return;
    };
    match language(&path) {
        Some(lang) if path.is_file() => show(&path, lang),
        _ => run(&path, args.next().as_deref()),
    }
}
