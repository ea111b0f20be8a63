//! Reading the configuration: YAML with lines, then the types, then what is wrong with its line.

use super::SweepConfig;
use apicensus_contracts::node::{Node, Value};
use apicensus_contracts::yaml;
use apicensus_inventory::policy::hint;
use serde_path_to_error::{Path, Segment};

/// What is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} in {file}:{line}{hint}")]
pub struct ConfigError {
    /// The file.
    pub file: String,
    /// The line.
    pub line: u32,
    /// What is wrong.
    pub message: String,
    /// ` (did you mean ...?)`, or nothing.
    pub hint: String,
}

/// Reads a configuration. `file` is its name for messages.
///
/// # Errors
/// The first mistake, with its line.
pub fn read(text: &str, file: &str) -> Result<SweepConfig, ConfigError> {
    let wrong = |line: u32, message: String| ConfigError { file: file.to_owned(), line, message, hint: String::new() };
    let (documents, broken) = yaml::parse(text);
    if let Some(first) = broken.into_iter().next() {
        return Err(wrong(first.line, first.message));
    }
    let Some(root) = documents.first().filter(|root| root.value != Value::Null) else { return Ok(SweepConfig::default()) };
    let config: SweepConfig = serde_path_to_error::deserialize(json(root)).map_err(|error| {
        let (message, known) = told(&error.inner().to_string());
        let (mut line, node) = line(root, error.path());
        let unknown = message.strip_prefix("unknown key `").and_then(|rest| rest.split('`').next());
        // The word may be a key of the place that the path leads to.
        line = unknown.and_then(|word| node.entry(word)).map_or(line, |entry| entry.line);
        let hint = unknown.map_or_else(String::new, |word| hint(word, known.iter().map(String::as_str)));
        ConfigError { hint, ..wrong(line, message) }
    })?;
    if !(0.0..=1.0).contains(&config.finish.complete) {
        let line = root.get("finish").and_then(|finish| finish.entry("complete")).map_or(root.line, |entry| entry.line);
        return Err(wrong(line, "`complete` is a part from 0 to 1, as in 0.95".to_owned()));
    }
    config.forge().check().map_err(|error| wrong(source_line(root, &error.to_string()), error.to_string()))?;
    Ok(config)
}

/// The line of the source or host that a message is about.
fn source_line(root: &Node, message: &str) -> u32 {
    let number = message.strip_prefix("source ").and_then(|rest| rest.split(':').next()).and_then(|number| number.parse::<usize>().ok());
    let source = number.and_then(|number| root.get("sources")?.items().get(number.checked_sub(1)?)).map(|node| node.line);
    let host = message.strip_prefix("host `").and_then(|rest| rest.split('`').next());
    let host = host.and_then(|host| root.get("hosts")?.entry(host)).map(|entry| entry.line);
    source.or(host).unwrap_or(root.line)
}

/// The message in the words of this project, and the keys that it says are known.
fn told(message: &str) -> (String, Vec<String>) {
    // What stands there may be the secret: it is not repeated.
    if message.contains("expected struct SecretRef") {
        let where_else = "`{env: NAME}`, `{file: PATH}` or `{command: [PROGRAM, ARGUMENT]}`";
        return (format!("a secret does not stand in the configuration; write where it is: {where_else}"), Vec::new());
    }
    if let Some(value) = message.strip_prefix("invalid type: string ").and_then(|rest| rest.strip_suffix(", expected a sequence")) {
        return (format!("a list is expected: write `[{}]`", value.trim_matches('"')), Vec::new());
    }
    if let Some((found, expected)) = message.strip_prefix("invalid type: ").and_then(|rest| rest.split_once(", expected ")) {
        let expected = if expected.starts_with("struct ") { "a mapping of keys to values" } else { expected };
        return (format!("{expected} is expected, and there is {found}"), Vec::new());
    }
    let Some(rest) = message.strip_prefix("unknown field `").or_else(|| message.strip_prefix("unknown variant `")) else {
        return (message.to_owned(), Vec::new());
    };
    let mut quoted = rest.split('`');
    let word = quoted.next().unwrap_or_default();
    // Every second piece is between quotes.
    let known = quoted.enumerate().filter(|(at, _)| at % 2 == 1).map(|(_, word)| word.to_owned()).collect();
    (format!("unknown key `{word}`"), known)
}

/// What a path leads to and its line, as far as it goes.
fn line<'n>(root: &'n Node, path: &Path) -> (u32, &'n Node) {
    let mut node = root;
    let mut line = root.line;
    for segment in path.iter() {
        let next = match segment {
            Segment::Seq { index } => node.items().get(*index).map(|item| (item.line, item)),
            Segment::Map { key } => node.entry(key).map(|entry| (entry.line, &entry.node)),
            _ => None,
        };
        let Some((at, next)) = next else { break };
        (line, node) = (at, next);
    }
    (line, node)
}

/// A node as plain data.
fn json(node: &Node) -> serde_json::Value {
    match &node.value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(value) => (*value).into(),
        Value::Number(text) => serde_json::from_str(text).unwrap_or_else(|_| text.clone().into()),
        Value::Text(text) => text.clone().into(),
        Value::List(items) => items.iter().map(json).collect(),
        Value::Map(entries) => serde_json::Value::Object(entries.iter().map(|entry| (entry.key.clone(), json(&entry.node))).collect()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::config::Size;
    use crate::{Class, Rule};

    fn wrong(text: &str) -> String {
        read(text, "sweep.yaml").unwrap_err().to_string()
    }

    #[test]
    fn a_whole_configuration_is_read() {
        let text = "database: postgres://sweep@db.acme.test/apis\nsources:\n  - github: {organisations: [acme], token: {env: GITHUB_TOKEN}}\n    \
            exclude: ['acme/archive-*']\n  - local: {globs: [/srv/git/*]}\nlimits: {wall: 5m, memory: 1GiB}\nwork: {jobs: 4, lease: 30s}\n\
            finish: {complete: 0.9}\nfull_every: 14d\nretry: {timeout: {tries: 3, wait: 10s}}\n\
            notify: [{webhook: 'https://hooks.acme.test/apis', secret: {env: HOOK_KEY}}]\n";
        let config = read(text, "sweep.yaml").unwrap();
        assert_eq!(config.sources.len(), 2);
        assert_eq!(config.work.jobs.get(), 4);
        assert_eq!(config.limits.disk, Size::gib(4));
        assert_eq!(config.backoff().rule(Class::Timeout), Rule { tries: 3, wait: 10_000 });
        assert_eq!(config.backoff().rule(Class::Crash), Class::Crash.usual());
        assert_eq!(read("", "sweep.yaml").unwrap(), SweepConfig::default());
    }

    #[test]
    fn mistakes_have_their_line_and_a_suggestion() {
        assert_eq!(wrong("limits:\n  wall: 5m\n  memroy: 1GiB\n"), "unknown key `memroy` in sweep.yaml:3 (did you mean `memory`?)");
        assert_eq!(wrong("surces: []\n"), "unknown key `surces` in sweep.yaml:1 (did you mean `sources`?)");
        assert_eq!(wrong("retry:\n  timout: {tries: 1}\n"), "unknown key `timout` in sweep.yaml:2 (did you mean `timeout`?)");
        let time = wrong("work:\n  lease: 60\n");
        assert!(time.ends_with("in sweep.yaml:2"), "{time}");
        assert!(wrong("work: {lease: soon}\n").starts_with("`soon` is no time; write a number with a unit"));
        assert!(wrong("work: {jobs: 0}\n").contains("sweep.yaml:1"));
        assert!(wrong("a: [\n").contains("sweep.yaml:"));
        assert!(wrong("finish:\n\n  complete: 95\n").contains("from 0 to 1, as in 0.95 in sweep.yaml:3"));
        let source = wrong("sources:\n  - local: {globs: [a]}\n  - github: {}\n");
        assert!(source.contains("names nothing to list") && source.ends_with("in sweep.yaml:3"), "{source}");
    }

    #[test]
    fn a_secret_that_stands_in_the_file_is_refused_and_not_repeated() {
        for text in ["sources:\n  - github: {organisations: [acme], token: ghp_abc}\n", "hosts:\n  h: {token: ghp_abc}\n"] {
            let said = wrong(text);
            assert!(said.starts_with("a secret does not stand in the configuration; write where it is: `{env: NAME}`"), "{said}");
            assert!(said.ends_with("in sweep.yaml:2") && !said.contains("ghp_abc"), "{said}");
        }
        let hook = wrong("notify:\n  - webhook: https://h/x\n    secret: s3cret\n");
        assert!(hook.ends_with("in sweep.yaml:3") && !hook.contains("s3cret"), "{hook}");
        assert_eq!(wrong("sources:\n  - github: {organisations: acme}\n"), "a list is expected: write `[acme]` in sweep.yaml:2");
        assert_eq!(wrong("limits: 5m\n"), "a mapping of keys to values is expected, and there is string \"5m\" in sweep.yaml:1");
    }

    #[test]
    fn a_key_of_a_source_is_suggested_too() {
        let text = wrong("sources:\n  - github:\n      organisation: [acme]\n");
        assert_eq!(text, "unknown key `organisation` in sweep.yaml:3 (did you mean `organisations`?)");
    }
}
