//! What people and programs are shown of sweeps.

use crate::style::{count, one_line};
use crate::{formats, output};
use anyhow::Result;
use apicensus_surface::convert::rfc3339;
use apicensus_sweep::{Explained, Finished, Link, Planned, Status};
use clap::ValueEnum;
use std::fmt::Write;

/// Lines of a list at most.
const MOST: usize = 20;

/// How to write a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StatusFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

fn repositories(number: i64) -> String {
    count(number.unsigned_abs(), "repository", "repositories")
}

/// `, 3 waiting`; nothing where there are none.
fn some(number: i64, what: &str) -> String {
    if number == 0 { String::new() } else { format!(", {number} {what}") }
}

/// What was planned.
pub fn planned(planned: &Planned, dry_run: bool) -> String {
    match planned {
        Planned::Joined(sweep) => {
            format!("sweep {} is open since {} and goes on; nothing was listed anew\n", sweep.number, time(sweep.started))
        }
        Planned::Begun { sweep, jobs, instead_of } => {
            let mut text = String::new();
            let would = if dry_run { "would be " } else { "" };
            let _ = writeln!(
                text,
                "sweep {} ({}) {would}planned: {} listed, {} to be scanned, {} unchanged{}",
                sweep.number,
                sweep.kind,
                repositories(sweep.listed),
                jobs.len(),
                sweep.unchanged,
                some(sweep.disabled, "left out as they fail")
            );
            if let Some(number) = instead_of {
                let _ = writeln!(text, "sweep {number} {would}given up: it was planned with other rules");
            }
            for trouble in sweep.troubles.iter().take(MOST) {
                let _ = writeln!(text, "trouble: {}", one_line(trouble));
            }
            if !sweep.whole {
                text.push_str("a source could not be read to its end: nothing will be taken for gone\n");
            }
            if dry_run {
                for name in jobs {
                    let _ = writeln!(text, "  {}", one_line(name));
                }
            }
            text
        }
    }
}

/// What finishing did.
pub fn finished(finished: &Finished) -> String {
    match finished {
        Finished::NotYet { sweep, why } => format!("sweep {sweep} is not published: {why}\n"),
        Finished::Abandoned { sweep, why } => {
            format!("sweep {sweep} was given up, as its time is over: {why}\nWhat it found is published with the next one.\n")
        }
        Finished::Published(published) => {
            let mut text = format!(
                "sweep {} is published as `{}`, revision {}: {} changed, {} say the same\n",
                published.sweep,
                published.tag,
                published.revision,
                repositories(published.changed),
                published.same
            );
            for (names, what) in
                [(&published.stale, "keep an older state, marked as stale"), (&published.disabled, "are left out from now on")]
            {
                if !names.is_empty() {
                    let shown: Vec<String> = names.iter().take(MOST).map(|name| one_line(name)).collect();
                    let more = if names.len() > MOST { format!(" and {} more", names.len() - MOST) } else { String::new() };
                    let _ = writeln!(text, "{} {what}: {}{more}", repositories(names.len() as i64), shown.join(", "));
                }
            }
            text
        }
    }
}

/// Shows the latest sweep.
pub fn status(link: &Link, format: StatusFormat) -> Result<u8> {
    let status = apicensus_sweep::status(link)?;
    let text = match format {
        StatusFormat::Json => formats::json(&status)?,
        StatusFormat::Text => status_text(&status),
    };
    output::print(&text).map(|()| 0)
}

fn status_text(status: &Status) -> String {
    let (sweep, jobs) = (&status.sweep, &status.jobs);
    let mut text = String::new();
    let since = if sweep.state == "open" {
        format!("open since {}", time(sweep.started))
    } else {
        format!("{} {}", sweep.state, time(sweep.ended))
    };
    let _ = writeln!(text, "sweep {} ({}), {since}", sweep.number, sweep.kind);
    let known = jobs.done + jobs.unchanged + sweep.unchanged;
    let _ = writeln!(
        text,
        "{} listed: the state of {known} is known ({} scanned, {} unchanged){}{}{}{}",
        repositories(sweep.listed),
        jobs.done,
        jobs.unchanged + sweep.unchanged,
        some(jobs.running, "running"),
        some(jobs.waiting, "waiting"),
        some(jobs.dead, "given up"),
        some(sweep.disabled, "left out")
    );
    let (wall, cpu) = status.spent;
    if wall > 0 {
        let _ = writeln!(text, "scans took {} from start to end, {} of processor time", duration(wall), duration(cpu));
    }
    if sweep.state == "open" {
        let _ = writeln!(text, "{}", remaining(status));
    }
    if !sweep.reason.is_empty() {
        let _ = writeln!(text, "not published: {}", one_line(&sweep.reason));
    }
    for trouble in sweep.troubles.iter().take(MOST) {
        let _ = writeln!(text, "trouble: {}", one_line(trouble));
    }
    for worker in &status.workers {
        let (silent, running, done, failed) = (duration(worker.silent), worker.running, worker.done, worker.failed);
        let _ = writeln!(text, "worker {}: heard of {silent} ago, {running} running, {done} done, {failed} failed", one_line(&worker.name));
    }
    for (jobs, what) in [(&status.dead, "given up"), (&status.failing, "to be tried again")] {
        for job in jobs.iter().take(MOST) {
            let (name, attempts) = (one_line(&job.repository), count(job.attempts.unsigned_abs(), "attempt", "attempts"));
            let _ = writeln!(text, "{what}: {name} after {attempts}, {}: {}", job.class, one_line(&job.reason));
        }
        if jobs.len() > MOST {
            let _ = writeln!(text, "{what}: {} more (-f json lists them)", jobs.len() - MOST);
        }
    }
    for (name, reason) in status.disabled.iter().take(MOST) {
        let _ = writeln!(text, "left out: {}: {}", one_line(name), one_line(reason));
    }
    text
}

/// What is known of the time that is left.
fn remaining(status: &Status) -> String {
    if status.jobs.left() == 0 {
        return "nothing is left to scan; `apicensus sweep finish` publishes it".to_owned();
    }
    match (status.eta, status.rate) {
        (Some(seconds), Some(rate)) => {
            let wait = (status.next_try - status.now).max(0) / 1000;
            let retries = if wait > seconds {
                format!(", and {} more until the last retries", duration((wait - seconds) * 1000))
            } else {
                String::new()
            };
            format!("about {} left, at {rate:.1} repositories a second over the last minutes{retries}", duration(seconds * 1000))
        }
        _ if status.workers.is_empty() => "nobody works on it; `apicensus sweep work` does".to_owned(),
        _ => "how long it takes can't be told yet".to_owned(),
    }
}

/// Tries again.
pub fn retry(link: &Link, repository: Option<&str>) -> Result<u8> {
    let retried = apicensus_sweep::retry(link, repository)?;
    let jobs = count(retried.jobs, "job waits again", "jobs wait again");
    output::print(&format!("{jobs}; {} taken in again\n", repositories(retried.enabled as i64))).map(|()| 0)
}

/// Shows everything about one repository.
pub fn explain(link: &Link, repository: &str, format: StatusFormat) -> Result<u8> {
    let explained = apicensus_sweep::explain(link, repository)?;
    let text = match format {
        StatusFormat::Json => formats::json(&explained)?,
        StatusFormat::Text => explained_text(&explained),
    };
    output::print(&text).map(|()| 0)
}

fn explained_text(explained: &Explained) -> String {
    let listed = &explained.listed;
    let mut text = String::new();
    let place = if listed.path.is_empty() { &listed.url } else { &listed.path };
    let _ = writeln!(text, "{} ({})", one_line(&listed.name), one_line(&listed.identity));
    let _ = writeln!(text, "  at {}, in the catalog as `{}`", one_line(place), one_line(&explained.key));
    let _ = writeln!(text, "  listed last by sweep {}; then at {}", explained.last_listed, commit(&listed.head));
    match explained.scanned {
        0 => text.push_str("  never scanned\n"),
        at => {
            let _ = writeln!(text, "  scanned last {} at {}, in {}", time(at), commit(&explained.commit), duration(explained.cost));
        }
    }
    if !explained.declares.is_empty() {
        let _ = writeln!(text, "  declares the packages {}", list(&explained.declares));
    }
    if !explained.libraries.is_empty() {
        let used: Vec<String> = explained.libraries.iter().map(|(key, id)| format!("{key} at {}", commit(id))).collect();
        let _ = writeln!(text, "  scanned with packages of {}", list(&used));
    }
    for (name, keys) in &explained.unclear {
        let _ = writeln!(text, "  without the package {}, which several repositories declare: {}", one_line(name), list(keys));
    }
    if !explained.stale.is_empty() {
        let _ = writeln!(text, "  its state in the catalog is stale: {}", one_line(&explained.stale));
    }
    if !explained.disabled.is_empty() {
        let _ = writeln!(text, "  left out: {}", one_line(&explained.disabled));
    }
    if let Some(latest) = &explained.latest
        && explained.jobs.iter().all(|job| job.sweep != latest.number)
    {
        let why = match (explained.last_listed == latest.number, explained.disabled.is_empty()) {
            (false, _) => "it was not listed",
            (true, false) => "it is left out",
            (true, true) => "it did not change",
        };
        let _ = writeln!(text, "  not scanned in sweep {}: {why}", latest.number);
    }
    for job in &explained.jobs {
        let worker = if job.worker.is_empty() { String::new() } else { format!(" by {}", one_line(&job.worker)) };
        let _ = writeln!(text, "  sweep {}: {}, attempt {}{worker}", job.sweep, job.state, job.attempts);
        for past in &job.past {
            let _ = writeln!(text, "    attempt {}: {}: {}", past.attempt, past.class.as_str(), one_line(&past.reason));
        }
        if job.state == "waiting" && job.ready > 0 {
            let _ = writeln!(text, "    tried again from {}", time(job.ready));
        }
    }
    text
}

/// Names in a line, so many at most.
fn list(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(MOST).map(|name| one_line(name)).collect();
    let more = if names.len() > MOST { format!(" and {} more", names.len() - MOST) } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

fn commit(id: &str) -> String {
    if id.is_empty() { "a commit that is not known".to_owned() } else { one_line(&id.chars().take(10).collect::<String>()) }
}

/// Milliseconds since 1970 as a time.
fn time(milliseconds: i64) -> String {
    rfc3339(milliseconds / 1000).unwrap_or_default()
}

/// Milliseconds in words: `850 ms`, `12 s`, `3 min 20 s`, `5 h 3 min`.
pub fn duration(milliseconds: i64) -> String {
    let seconds = milliseconds / 1000;
    match seconds {
        0 => format!("{milliseconds} ms"),
        1..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}
