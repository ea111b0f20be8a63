//! Errors as people read them: what, where, and what to do.

use crate::args::ColorWhen;
use crate::style::wants_color;
use anstyle::{AnsiColor, Style};
use std::io::Write;

/// Writes an error with its causes to the standard error stream, on one line.
pub fn report(error: &anyhow::Error, color: ColorWhen) {
    let stderr = std::io::stderr();
    let style = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
    let mut out = stderr.lock();
    // Nothing is left to be told when the standard error stream is gone.
    let _ = if wants_color(color, &stderr) { writeln!(out, "{style}error:{style:#} {error:#}") } else { writeln!(out, "error: {error:#}") };
}

/// The candidate that a mistyped word most likely meant.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let mut best: Option<(f64, &str)> = None;
    for candidate in candidates {
        let likeness = strsim::normalized_damerau_levenshtein(&lower, &candidate.to_lowercase());
        if likeness >= 0.5 && best.is_none_or(|(most, _)| likeness > most) {
            best = Some((likeness, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// ` (did you mean `x`?)`, or nothing.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    closest(word, candidates).map(|candidate| format!(" (did you mean `{candidate}`?)")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        assert_eq!(did_you_mean("mian", ["main", "dev"]), " (did you mean `main`?)");
        assert_eq!(did_you_mean("xyzzy", ["main", "dev"]), "");
    }
}
