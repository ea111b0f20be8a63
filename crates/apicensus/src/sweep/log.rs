//! Events on the standard error stream, for people or as JSON.

use super::LogFormat;
use tracing::level_filters::LevelFilter;

/// The environment variable that says which events: `error`, `warn`, `info` (else), `debug`.
const LEVEL: &str = "APICENSUS_LOG";

/// Starts to write events.
pub fn start(format: Option<LogFormat>) {
    let is_terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
    // On a terminal the progress is shown instead.
    let usual = if is_terminal && format.is_none() { LevelFilter::WARN } else { LevelFilter::INFO };
    let level = std::env::var(LEVEL).ok().and_then(|text| text.parse().ok()).unwrap_or(usual);
    let events = tracing_subscriber::fmt().with_writer(std::io::stderr).with_max_level(level).with_ansi(is_terminal).with_target(false);
    // A second start, in tests of one process, changes nothing.
    let _ = match format.unwrap_or(LogFormat::Text) {
        LogFormat::Text => tracing::subscriber::set_global_default(events.compact().finish()),
        LogFormat::Json => tracing::subscriber::set_global_default(events.json().flatten_event(true).finish()),
        LogFormat::Off => Ok(()),
    };
}
