//! Secrets: where they come from, and a type that never shows them.

use crate::error::ForgeError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Larger secrets are refused: a private key takes about 4 KB.
const MAX_SECRET: u64 = 64 << 10;
/// How long a helper command may take.
const MAX_COMMAND: Duration = Duration::from_secs(30);

/// A password, token or key. It has no `Display`, its `Debug` hides it, and it can't be serialised.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret in; the line end that files and commands leave is removed.
    pub fn new(text: impl Into<String>) -> Secret {
        let mut text = text.into();
        text.truncate(text.trim_end_matches(['\r', '\n']).len());
        Secret(text)
    }
    /// The secret itself: for the header or the key that needs it, and nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
    /// A text with every occurrence of the secret blanked: for messages of others.
    pub fn redact(&self, text: &str) -> String {
        if self.0.len() < 4 { text.to_owned() } else { text.replace(&self.0, "***") }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// Where a secret is: exactly one of the three.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretRef {
    /// The name of an environment variable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env: Option<String>,
    /// A file; its last line end is not part of the secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// A program and its arguments, run without a shell; it prints the secret. It gets 30 seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Vec<String>>,
}

impl SecretRef {
    /// What is wrong with it, if something is.
    pub fn check(&self) -> Result<(), ForgeError> {
        match (&self.env, &self.file, &self.command) {
            (Some(_), None, None) | (None, Some(_), None) => Ok(()),
            (None, None, Some(command)) if !command.is_empty() => Ok(()),
            (None, None, Some(_)) => Err(ForgeError::config("`command` of a secret is empty; give a program and its arguments")),
            _ => Err(ForgeError::config("a secret is given by exactly one of `env`, `file` and `command`")),
        }
    }

    /// Where it is, for messages; never the secret.
    pub fn place(&self) -> String {
        match (&self.env, &self.file, &self.command) {
            (Some(name), ..) => format!("environment variable `{name}`"),
            (_, Some(file), _) => format!("file `{}`", file.display()),
            (_, _, Some(command)) => format!("command `{}`", command.first().map_or("", String::as_str)),
            _ => "nowhere".to_owned(),
        }
    }

    /// Reads it. Relative files are relative to `base`.
    ///
    /// # Errors
    /// When it is not there, empty, too large, or the command fails or hangs.
    pub fn read(&self, base: &Path) -> Result<Secret, ForgeError> {
        self.check()?;
        let fail = |reason: String| ForgeError::Secret { place: self.place(), reason };
        let text = match (&self.env, &self.file, &self.command) {
            (Some(name), ..) => std::env::var(name).map_err(|_| fail("it is not set (or not UTF-8)".to_owned()))?,
            (_, Some(file), _) => read_file(&base.join(file)).map_err(|e| fail(e.to_string()))?,
            (_, _, Some(command)) => run(command).map_err(fail)?,
            _ => String::new(),
        };
        let secret = Secret::new(text);
        if secret.expose().trim().is_empty() { Err(fail("it is empty".to_owned())) } else { Ok(secret) }
    }
}

fn read_file(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    std::fs::File::open(path)?.take(MAX_SECRET + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_SECRET {
        return Err(std::io::Error::other("it is larger than 64 KB"));
    }
    Ok(text)
}

/// Runs a helper. What it says on its error output is not repeated: it may hold the secret.
fn run(command: &[String]) -> Result<String, String> {
    let Some((program, arguments)) = command.split_first() else { return Err("it is empty".to_owned()) };
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| format!("it can't be run: {e}"))?;
    let Some(out) = child.stdout.take() else { return Err("it has no output".to_owned()) };
    let (sender, said) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut text = String::new();
        let read = out.take(MAX_SECRET + 1).read_to_string(&mut text).map(|_| text);
        let _ = sender.send(read);
    });
    let end = Instant::now() + MAX_COMMAND;
    let late = || format!("it did not end within {} seconds", MAX_COMMAND.as_secs());
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < end => std::thread::sleep(Duration::from_millis(10)),
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(late());
            }
            Err(e) => return Err(e.to_string()),
        }
    };
    // Something that it started may still hold its output open.
    let text = said.recv_timeout(end.saturating_duration_since(Instant::now())).map_err(|_| late())?;
    let text = text.map_err(|e| format!("its output can't be read: {e}"))?;
    match status.success() {
        _ if text.len() as u64 > MAX_SECRET => Err("its output is larger than 64 KB".to_owned()),
        true => Ok(text),
        false => Err(format!("it ended with {status}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(yaml: serde_json::Value) -> SecretRef {
        serde_json::from_value(yaml).unwrap()
    }

    #[test]
    fn a_secret_does_not_print_itself() {
        let secret = Secret::new("hunter22\n");
        assert_eq!(format!("{secret:?} {:#?}", Some(&secret)), "Secret(***) Some(\n    Secret(***),\n)");
        assert_eq!(secret.redact("failed for hunter22!"), "failed for ***!");
        assert_eq!(secret.expose(), "hunter22");
    }

    #[test]
    fn secrets_come_from_files_and_commands() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("token"), "abc\r\n").unwrap();
        assert_eq!(reference(serde_json::json!({"file": "token"})).read(folder.path()).unwrap().expose(), "abc");
        let said = reference(serde_json::json!({"command": ["sh", "-c", "echo $0", "it"]}));
        assert_eq!(said.read(folder.path()).unwrap().expose(), "it");
    }

    #[test]
    fn what_is_wrong_is_said_without_the_secret() {
        let here = Path::new(".");
        let text = |value| reference(value).read(here).unwrap_err().to_string();
        assert_eq!(
            text(serde_json::json!({"env": "APICENSUS_NOT_SET_ANYWHERE"})),
            "the secret of environment variable `APICENSUS_NOT_SET_ANYWHERE` can't be read: it is not set (or not UTF-8)"
        );
        let failing = text(serde_json::json!({"command": ["sh", "-c", "echo s3cret; echo s3cret >&2; exit 3"]}));
        assert!(failing.contains("exit status: 3") && !failing.contains("s3cret"), "{failing}");
        assert!(text(serde_json::json!({"command": ["sh", "-c", "yes | head -c 100000"]})).contains("64 KB"));
        assert!(text(serde_json::json!({"env": "A", "file": "b"})).contains("exactly one"));
        assert!(serde_json::from_str::<SecretRef>("\"plain text\"").is_err());
    }
}
