//! `apicensus history`: when endpoints came, changed guard or path, and went, told by the repository's own commits.
//!
//! Commits are walked along first parents. One that touches no code, manifest or model of the application is passed over; of the
//! others only files that changed are read and lowered again, and one that changes nothing that the state before it leans on has that
//! state. For one endpoint the commits to look at are found by halving (`life`).

use crate::args::SourceArgs;
use crate::life::Looked;
use crate::lookup::Query;
use crate::style::{count, one_line};
use crate::timeline::Timeline;
use crate::{AMISS, formats, life, output};
use anyhow::{Result, bail};
use apicensus_inventory::diff::{Change, Detail, Kind, diff};
use apicensus_source::classify::Class;
use apicensus_source::past::{self, Since, Step};
use apicensus_surface::convert::rfc3339;
use apicensus_surface::languages::Languages;
use clap::{Args, ValueEnum, ValueHint};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::rc::Rc;

const EXAMPLES: &str = "\
Examples:
  apicensus history 'GET /users/{id}'              the life of one endpoint
  apicensus history --all --since 2026-01-01       what came, changed guard or path, and went this year
  apicensus history --all --since v1.0 -f json     the same since a tag, as data

Exit codes: 0 found, 1 no such endpoint ever, 2 wrong use.";

/// Commits that are walked at most.
const MOST: usize = 100_000;
/// What of a change is history: who may call, under which path, and whether it is to go.
const TOLD: &[&str] = &["auth", "path", "control", "deprecation"];

/// Arguments of `history`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct HistoryArgs {
    /// Method and path, `GET /users/{id}`; without a method all of the path's.
    #[arg(value_name = "ENDPOINT", required_unless_present = "all")]
    endpoint: Option<String>,
    /// The repository, or a folder in it.
    #[arg(value_name = "PATH", default_value = ".", value_hint = ValueHint::DirPath)]
    path: PathBuf,
    /// All endpoints; the first argument is the path then.
    #[arg(long)]
    all: bool,
    /// Begin after this revision, or on this day (2026-01-31) [default: with the first commit].
    #[arg(long, value_name = "REF|DATE")]
    since: Option<String>,
    /// At most so many of the latest commits.
    #[arg(short = 'n', long, value_name = "N")]
    number: Option<usize>,
    /// How to write the result.
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t = HistoryFormat::Text)]
    format: HistoryFormat,
    #[command(flatten)]
    source: SourceArgs,
}

/// Formats of a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum HistoryFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Something that a commit did to an endpoint.
#[derive(Debug, Serialize)]
struct Event {
    /// The commit.
    commit: String,
    /// Its time, RFC 3339 in UTC.
    time: String,
    /// Its author.
    author: String,
    /// The first line of its message.
    subject: String,
    /// What it did.
    #[serde(flatten)]
    change: Change,
}

/// What was walked.
#[derive(Debug, Default, Serialize)]
struct Walked {
    /// Commits on the first-parent line.
    commits: u64,
    /// Of these, those whose state was worked out.
    evaluated: u64,
}

/// A whole history.
#[derive(Debug, Serialize)]
struct History {
    #[serde(flatten)]
    walked: Walked,
    /// How an endpoint was looked for that neither end of this past has.
    #[serde(skip_serializing_if = "Option::is_none")]
    looked: Option<Looked>,
    events: Vec<Event>,
}

/// Runs `history`.
pub fn run(args: &HistoryArgs) -> Result<u8> {
    // With --all the only positional argument is the path.
    let (endpoint, path) = match (&args.endpoint, args.all) {
        (Some(path), true) if args.path == Path::new(".") => (None, PathBuf::from(path)),
        (endpoint, _) => (endpoint.as_deref(), args.path.clone()),
    };
    let query = match endpoint.filter(|_| !args.all).map(|text| (text, Query::parse(text))) {
        Some((text, None)) => bail!("`{text}` is not an endpoint; write it like 'GET /users/{{id}}'"),
        Some((_, query)) => query,
        None => None,
    };
    let (walked, looked, events) = walk(args, &path, query.as_ref())?;
    // One that was there all along did not change, if nothing is told.
    let is_empty = events.is_empty() && looked.is_some();
    let history = History { walked, looked, events };
    let text = match args.format {
        HistoryFormat::Json => formats::json(&history)?,
        HistoryFormat::Text => text(&history, query.as_ref()),
    };
    output::print(&text)?;
    Ok(if is_empty { AMISS } else { 0 })
}

/// Walks the commits and works out what those that may matter did; with a query, to that endpoint.
fn walk(args: &HistoryArgs, path: &Path, query: Option<&Query>) -> Result<(Walked, Option<Looked>, Vec<Event>)> {
    let since = since(args.since.as_deref());
    let steps = past::steps(path, args.source.rev.as_deref(), &since, args.number.unwrap_or(MOST))?;
    let languages = Languages::builtin()?;
    let is_cut = matches!(since, Since::Revision(_)) || args.since.is_some() || args.number.is_some();
    let first = match steps.first().filter(|_| is_cut) {
        Some(step) => past::parent(path, &step.commit)?,
        None => None,
    };
    let mattering: Vec<&Step> = steps.iter().filter(|step| step.changed.iter().any(|file| matters(file, &languages))).collect();
    let walked = Walked { commits: steps.len() as u64, evaluated: mattering.len() as u64 };
    let mut line = Timeline::new((path, &args.source), mattering, first, &languages)?;
    let (changes, looked) = match query {
        Some(query) => life::of(&mut line, query, &history_of)?,
        None => (all(&mut line)?, None),
    };
    let event = |(position, change): (usize, Change)| {
        let step = line.steps.get(position.checked_sub(1)?)?;
        Some(Event {
            commit: step.commit.clone(),
            time: rfc3339(step.time).unwrap_or_default(),
            author: step.author.clone(),
            subject: step.subject.clone(),
            change,
        })
    };
    Ok((walked, looked, changes.into_iter().filter_map(event).collect()))
}

/// What every commit did.
fn all(line: &mut Timeline<'_>) -> Result<Vec<(usize, Change)>> {
    let mut found = Vec::new();
    let mut before = line.at(0)?;
    for position in 1..=line.end() {
        let after = line.at(position)?;
        if !Rc::ptr_eq(&before, &after) {
            found.extend(diff(&before.0, &after.0).changes.into_iter().filter_map(history_of).map(|change| (position, change)));
            line.forget(position);
        }
        before = after;
    }
    Ok(found)
}

/// A day, or else a revision.
fn since(text: Option<&str>) -> Since {
    let Some(text) = text else { return Since::Beginning };
    match day(text) {
        Some(time) => Since::Time(time),
        None => Since::Revision(text.to_owned()),
    }
}

/// The first second of a day, `2026-01-31`, since 1970 (UTC). Dates to days: the algorithm of Howard Hinnant.
fn day(text: &str) -> Option<i64> {
    let parts: Vec<i64> = text.splitn(3, '-').map(str::parse).collect::<Result<_, _>>().ok()?;
    let &[year, month, day] = parts.as_slice() else { return None };
    if text.len() != 10 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let of_era = shifted.rem_euclid(400);
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    Some(days * 86_400)
}

/// Whether a file may have to do with the endpoints of deployed code.
pub fn matters(file: &str, languages: &Languages) -> bool {
    let name = file.rsplit('/').next().unwrap_or(file);
    let is_ignore_file = matches!(name, ".apicensusignore" | ".ignore");
    // A program without an ending, told by its first line.
    let is_script = !name.contains('.') && !name.starts_with(|c: char| c.is_ascii_uppercase());
    let is_read = languages.of_path(file).is_some() || languages.is_config(file) || is_script;
    let is_deployed = matches!(languages.class(file), Class::Production | Class::Generated);
    (is_read && is_deployed) || is_ignore_file || file.contains(".apicensus/models/")
}

/// A change as far as it is history.
fn history_of(mut change: Change) -> Option<Change> {
    change.details.retain(|detail| TOLD.contains(&detail.what));
    (change.kind != Kind::Changed || !change.details.is_empty()).then_some(change)
}

fn text(history: &History, query: Option<&Query>) -> String {
    let mut out = String::new();
    let mut last = "";
    for event in &history.events {
        let Change { kind, method, path, details, .. } = &event.change;
        if last != event.commit {
            let commit: String = event.commit.chars().take(10).collect();
            let day: String = event.time.chars().take(10).collect();
            out.push_str(&format!("{day}  {commit}  {}\n", one_line(&format!("{}: {}", event.author, event.subject))));
            last = &event.commit;
        }
        let word = match kind {
            Kind::Added => "appeared",
            Kind::Removed => "vanished",
            Kind::Moved => "moved",
            Kind::Changed => "changed",
        };
        let told: Vec<&str> = details.iter().filter(|d| *kind != Kind::Removed || d.what != "path").map(text_of).collect();
        let told = if told.is_empty() { String::new() } else { format!("  {}", told.join("; ")) };
        out.push_str(&format!("    {word:8}  {}\n", one_line(&format!("{method} {path}{told}"))));
    }
    if let (Some(query), true, None) = (query, history.events.is_empty(), &history.looked) {
        out.push_str(&format!("`{query}` was there before these commits, and they did not change it\n"));
    } else if let (Some(query), true) = (query, history.events.is_empty()) {
        out.push_str(&format!("no endpoint `{query}` in this past\n"));
        out.push_str(&history.looked.as_ref().map(told_of).unwrap_or_default());
    }
    let Walked { commits, evaluated } = &history.walked;
    out.push_str(&format!("{} on the first-parent line, {evaluated} of them may matter\n", count(*commits, "commit", "commits")));
    out
}

/// How far an endpoint was looked for that neither end has.
fn told_of(looked: &Looked) -> String {
    let Looked { word, commits, states } = looked;
    let Some(word) = word.as_deref().map(one_line) else {
        return "neither end has it, and its path has no word to look for; --all looks at every commit\n".to_owned();
    };
    match (*commits, commits - states) {
        (0, _) => format!("neither end has it, and no commit between them writes `{word}`; --all looks at every commit\n"),
        (n, 0) => format!(
            "neither end has it, nor the {} that write `{word}`; --all looks at every commit\n",
            count(n as u64, "commit", "commits")
        ),
        (n, _) => {
            format!("neither end has it, nor the latest {states} of the {n} commits that write `{word}`; --all looks at every commit\n")
        }
    }
}

fn text_of(detail: &Detail) -> &str {
    &detail.text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn days_are_read() {
        assert_eq!(day("1970-01-01"), Some(0));
        assert_eq!(day("2023-11-14"), Some(1_699_920_000));
        assert_eq!(day("2000-02-29"), Some(951_782_400));
        assert_eq!((day("v1-2-3"), day("2023-13-01"), day("main")), (None, None, None));
    }

    #[test]
    fn what_can_matter_is_told_by_its_name() {
        let languages = Languages::builtin().unwrap();
        let of = |files: &[&str]| -> Vec<bool> { files.iter().map(|f| matters(f, &languages)).collect() };
        assert_eq!(of(&["src/app.py", "package.json", ".apicensus/models/a.yaml", "bin/serve", "web/.ignore"]), [true; 5]);
        assert_eq!(of(&["README.md", "docs/a.png", "tests/test_app.py", "LICENSE", "node_modules/x/index.js"]), [false; 5]);
    }
}
