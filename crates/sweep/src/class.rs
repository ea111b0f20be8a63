//! What can go wrong with one repository, and how often and when each kind is tried again.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A class of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// The forge could not be reached, or failed.
    Network,
    /// The forge asked for fewer requests.
    Limited,
    /// The forge refused the credentials, or there are none.
    Denied,
    /// There is no such repository, or no such revision.
    Gone,
    /// The scan took longer than it may.
    Timeout,
    /// The scan took more memory than it may.
    Memory,
    /// The scan took more disk than it may, a file of it was too large, or it has too many files.
    Size,
    /// The scan ended by a signal, or without a result.
    Crash,
    /// The repository, or its policy, can't be read.
    Bad,
    /// The worker went away, or did not renew its lease.
    Lost,
    /// The machine failed: no disk space, no process.
    Machine,
}

/// How often a class of failure is tried, and the pauses between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Tries altogether.
    pub tries: i64,
    /// Milliseconds before the second one; doubled each time.
    pub wait: i64,
}

/// The longest pause, in milliseconds.
const LONGEST: i64 = 3_600_000;

impl Class {
    /// All of them.
    pub const ALL: [Class; 11] = [
        Class::Network,
        Class::Limited,
        Class::Denied,
        Class::Gone,
        Class::Timeout,
        Class::Memory,
        Class::Size,
        Class::Crash,
        Class::Bad,
        Class::Lost,
        Class::Machine,
    ];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Class::Network => "network",
            Class::Limited => "limited",
            Class::Denied => "denied",
            Class::Gone => "gone",
            Class::Timeout => "timeout",
            Class::Memory => "memory",
            Class::Size => "size",
            Class::Crash => "crash",
            Class::Bad => "bad",
            Class::Lost => "lost",
            Class::Machine => "machine",
        }
    }

    /// The rule unless the configuration has another one.
    pub fn usual(self) -> Rule {
        let (tries, seconds) = match self {
            Class::Network => (6, 30),
            Class::Limited => (20, 60),
            Class::Denied | Class::Gone => (2, 300),
            Class::Timeout | Class::Memory | Class::Crash => (2, 60),
            Class::Size | Class::Bad => (1, 0),
            Class::Lost => (10, 0),
            Class::Machine => (5, 30),
        };
        Rule { tries, wait: seconds * 1000 }
    }

    /// Whether it is about the repository rather than about the surroundings: such failures count towards disabling it.
    pub fn blames_repository(self) -> bool {
        !matches!(self, Class::Network | Class::Limited | Class::Machine)
    }
}

/// The rules of all classes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backoff(pub BTreeMap<Class, Rule>);

impl Backoff {
    /// The rule of a class.
    pub fn rule(&self, class: Class) -> Rule {
        self.0.get(&class).copied().unwrap_or_else(|| class.usual())
    }

    /// Milliseconds to wait after so many tries, or none when there are no more. `asked` is what a forge asked for.
    pub fn pause(&self, class: Class, tries: i64, asked: Option<i64>) -> Option<i64> {
        let rule = self.rule(class);
        let doubled = rule.wait.saturating_mul(1_i64.checked_shl(u32::try_from(tries - 1).unwrap_or(0)).unwrap_or(i64::MAX).max(1));
        (tries < rule.tries).then(|| doubled.min(LONGEST).max(asked.unwrap_or(0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        let backoff = Backoff::default();
        let pauses: Vec<Option<i64>> = (1..=6).map(|tries| backoff.pause(Class::Network, tries, None)).collect();
        assert_eq!(pauses, [Some(30_000), Some(60_000), Some(120_000), Some(240_000), Some(480_000), None]);
        assert_eq!(backoff.pause(Class::Limited, 1, Some(900_000)), Some(900_000));
        assert_eq!(backoff.pause(Class::Limited, 19, None), Some(LONGEST));
        assert_eq!(backoff.pause(Class::Bad, 1, None), None);
    }

    #[test]
    fn words_are_those_of_the_configuration() {
        for class in Class::ALL {
            assert_eq!(serde_json::to_string(&class).ok(), Some(format!("\"{}\"", class.as_str())));
        }
    }
}
