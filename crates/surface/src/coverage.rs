//! Denominators and troubles: how much was looked at, and what could not be.

use crate::survey::Survey;
use apicensus_catalog::{Coverage, Endpoint, PathState, RouterCoverage, Trouble, TroubleKind};
use apicensus_eval::output::{self, Census};
use apicensus_source::classify::Class;
use apicensus_source::{SourceTrouble, SourceTroubleKind};
use apicensus_syntax::{Lang, Module, SyntaxTroubleKind};

/// The name a language has in the catalog.
pub fn language(lang: Lang) -> &'static str {
    match lang {
        Lang::Tsx => Lang::TypeScript.name(),
        other => other.name(),
    }
}

/// Counts.
pub fn coverage(survey: &Survey<'_>, census: &Census, endpoints: &[Endpoint]) -> Coverage {
    let mut coverage = Coverage {
        files_seen: (0..survey.tree().files().len()).filter(|at| !survey.tree().is_beside(*at)).count() as u64,
        files_evaluated: census.stats.evaluated as u64,
        routers: RouterCoverage { found: census.stats.routers as u64, mounted: census.stats.mounted as u64 },
        detached_endpoints: endpoints.iter().filter(|e| e.detached).count() as u64,
        partial_endpoints: endpoints.iter().filter(|e| e.path_state == PathState::Partial).count() as u64,
        ..Coverage::default()
    };
    for file in survey.progress().filter(|file| !survey.is_beside(file.file)) {
        coverage.files_read += u64::from(file.is_read);
        coverage.files_parsed += u64::from(file.module.is_some());
        let Some(lang) = file.lang else { continue };
        let class = survey.class(file.file);
        if class != Class::Binary {
            *coverage.classes.entry(class.as_str().to_owned()).or_default() += 1;
        }
        let of = coverage.languages.entry(language(lang).to_owned()).or_default();
        of.seen += 1;
        of.read += u64::from(file.is_read);
        of.parsed += u64::from(file.module.is_some());
        of.broken += u64::from(file.module.is_some_and(is_broken));
        // A file is parsed when the evaluator asks for it, and it asks for what it runs.
        of.evaluated += u64::from(file.module.is_some_and(|m| m.troubles.iter().all(|t| t.kind != SyntaxTroubleKind::Unparsed)));
    }
    coverage
}

fn is_broken(module: &Module) -> bool {
    !module.troubles.is_empty()
}

/// Everything that could not be read or followed, by file and line.
pub fn troubles(survey: &Survey<'_>, census: &Census) -> Vec<Trouble> {
    let mut troubles: Vec<Trouble> = survey.tree().troubles().iter().map(of_source).collect();
    troubles.extend(survey.troubles().iter().map(of_source));
    for file in survey.progress() {
        let path = survey.path(file.file);
        if !file.is_utf8 {
            troubles.push(trouble(
                TroubleKind::Encoding,
                path,
                0,
                "the text is not UTF-8; bytes were replaced",
                "names and paths with such bytes are wrong",
            ));
        }
        for t in file.module.iter().flat_map(|m| &m.troubles) {
            let (kind, effect) = match t.kind {
                SyntaxTroubleKind::Syntax => (TroubleKind::Syntax, "what is declared in this part may be missing"),
                SyntaxTroubleKind::TooDeep => (TroubleKind::Bound, "what is declared in the inner part is missing"),
                SyntaxTroubleKind::Unparsed => (TroubleKind::Syntax, "what the file declares is missing"),
            };
            troubles.push(trouble(kind, path, t.line, &t.message, effect));
        }
    }
    troubles.extend(census.troubles.iter().map(|t| trouble(of_eval(t.kind), survey.path(t.file), t.line, &t.message, &t.effect)));
    troubles.sort_by(|a, b| (&a.file, a.line, a.kind, &a.message).cmp(&(&b.file, b.line, b.kind, &b.message)));
    troubles.dedup();
    troubles
}

fn trouble(kind: TroubleKind, file: &str, line: u32, message: &str, effect: &str) -> Trouble {
    Trouble { kind, repository: String::new(), file: file.to_owned(), line, message: message.to_owned(), effect: effect.to_owned() }
}

fn of_source(t: &SourceTrouble) -> Trouble {
    let kind = match t.kind {
        SourceTroubleKind::TooLarge => TroubleKind::TooLarge,
        SourceTroubleKind::Name => TroubleKind::Encoding,
        SourceTroubleKind::TooMany | SourceTroubleKind::TooDeep => TroubleKind::Bound,
        SourceTroubleKind::IgnoreFile => TroubleKind::Manifest,
        SourceTroubleKind::Unreadable | SourceTroubleKind::Symlink | SourceTroubleKind::Submodule | SourceTroubleKind::Repository => {
            TroubleKind::Unreadable
        }
    };
    trouble(kind, &t.path, 0, &t.message, &t.effect)
}

fn of_eval(kind: output::TroubleKind) -> TroubleKind {
    match kind {
        output::TroubleKind::UnresolvedImport => TroubleKind::UnresolvedImport,
        output::TroubleKind::UnresolvedRegistration => TroubleKind::UnresolvedRegistration,
        output::TroubleKind::UnresolvedMount => TroubleKind::UnresolvedMount,
        output::TroubleKind::UnresolvedService => TroubleKind::UnresolvedService,
        output::TroubleKind::Bound => TroubleKind::Bound,
        output::TroubleKind::Manifest => TroubleKind::Manifest,
        output::TroubleKind::Unsupported => TroubleKind::Unsupported,
    }
}
