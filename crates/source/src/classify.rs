//! What a file is: production code, a test, an example, generated, vendored, minified, binary, documentation.
//!
//! Path patterns are data (the `language.yaml` files); what content shows is looked at here. Patterns see paths from
//! the scan root only, so that a repository that happens to lie in a folder `tests` is not one big test.

use globset::{Candidate, Glob, GlobBuilder, GlobSet, GlobSetBuilder};
use std::path::Path;

/// The class of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Code that is meant to run in production.
    Production,
    /// Tests, fixtures, benchmarks.
    Test,
    /// Examples, demos, samples.
    Example,
    /// Documentation and the code in it.
    Docs,
    /// Written by a tool.
    Generated,
    /// Somebody else's code, copied in.
    Vendored,
    /// Minified or bundled: never run.
    Minified,
    /// Not text.
    Binary,
}

impl Class {
    /// The name used in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Test => "test",
            Self::Example => "example",
            Self::Docs => "docs",
            Self::Generated => "generated",
            Self::Vendored => "vendored",
            Self::Minified => "minified",
            Self::Binary => "binary",
        }
    }
}

/// A path pattern and what it shows.
///
/// `tests/` is a folder at any depth and everything below it, `test_*.py` a file name at any depth, `a/*.py` the end of
/// a path; a leading `/` ties the pattern to the scan root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The pattern.
    pub pattern: String,
    /// The class of files that match.
    pub class: Class,
    /// The language whose files it is about; None for all files.
    pub language: Option<String>,
}

/// A pattern that can't be understood.
#[derive(Debug, thiserror::Error)]
#[error("bad pattern `{pattern}`: {reason}")]
pub struct BadPattern {
    /// The pattern.
    pub pattern: String,
    /// What is wrong with it.
    pub reason: String,
}

/// Path rules, compiled.
#[derive(Debug)]
pub struct Classifier {
    set: GlobSet,
    rules: Vec<Rule>,
}

impl Classifier {
    /// Compiles the rules.
    ///
    /// # Errors
    /// The first pattern that can't be understood.
    pub fn new(rules: Vec<Rule>) -> Result<Self, BadPattern> {
        let mut builder = GlobSetBuilder::new();
        for rule in &rules {
            builder.add(glob(&rule.pattern)?);
        }
        let set = builder.build().map_err(|e| BadPattern { pattern: String::new(), reason: e.to_string() })?;
        Ok(Classifier { set, rules })
    }

    /// The class that a path (from the scan root, with `/`) shows for a file of a language. Of several matching rules the
    /// one with the most literal characters wins, then the one of the higher class.
    pub fn of_path(&self, path: &str, language: Option<&str>) -> Class {
        let hits = self.set.matches_candidate(&Candidate::new(Path::new(path)));
        let rules = hits.into_iter().filter_map(|at| self.rules.get(at));
        let mine = rules.filter(|r| r.language.is_none() || r.language.as_deref() == language);
        mine.map(|r| (weight(&r.pattern), r.class)).max().map_or(Class::Production, |(_, class)| class)
    }
}

/// The number of characters of a pattern that are not wildcards.
fn weight(pattern: &str) -> usize {
    pattern.chars().filter(|c| !matches!(c, '*' | '?' | '/')).count()
}

fn glob(pattern: &str) -> Result<Glob, BadPattern> {
    let (start, rest) = pattern.strip_prefix('/').map_or(("**/", pattern), |rest| ("", rest));
    let end = if rest.ends_with('/') { "**" } else { "" };
    let text = format!("{start}{rest}{end}");
    let bad = |reason: String| BadPattern { pattern: pattern.to_owned(), reason };
    if rest.trim_matches('/').is_empty() {
        return Err(bad("it matches everything".to_owned()));
    }
    GlobBuilder::new(&text).literal_separator(true).build().map_err(|e| bad(e.kind().to_string()))
}

/// How many bytes of a file are looked at for a NUL.
const BINARY_HEAD: usize = 8 << 10;
/// How many bytes of a file are looked at for the mark of a generator.
const MARK_HEAD: usize = 1 << 10;
/// Files below this size are not taken for minified, in bytes.
const MINIFIED_SIZE: usize = 5 << 10;
/// Mean length of a line from which a file is taken for minified, in bytes.
const MINIFIED_LINE: usize = 500;

/// The class that a file's content shows, if it shows any.
pub fn of_content(content: &[u8]) -> Option<Class> {
    if memchr::memchr(0, &content[..content.len().min(BINARY_HEAD)]).is_some() {
        return Some(Class::Binary);
    }
    let head = &content[..content.len().min(MARK_HEAD)];
    // What a generator writes in a language with `#` comments has long literals (serialised descriptors); nobody minifies it.
    let is_script = head.starts_with(b"#") && is_generated(head);
    if content.len() > MINIFIED_SIZE && !is_script {
        let lines = memchr::memchr_iter(b'\n', content).count() + 1;
        if content.len() / lines > MINIFIED_LINE {
            return Some(Class::Minified);
        }
    }
    is_generated(head).then_some(Class::Generated)
}

/// Whether a comment in a file's head says that a tool wrote it. The marks are those that code review tools know:
/// `@generated`, Go's `Code generated .. DO NOT EDIT`, `Generated by .. do not edit`.
fn is_generated(head: &[u8]) -> bool {
    head.split(|b| *b == b'\n').any(|line| {
        let line = String::from_utf8_lossy(line);
        let line = line.trim();
        let is_comment = ["#", "//", "/*", "*", "--", ";", "<!--", "\"\"\""].iter().any(|c| line.starts_with(c));
        is_comment
            && (line.contains("@generated") || line.contains("Code generated by") || line.to_ascii_lowercase().contains("do not edit"))
    })
}

/// The program that a `#!` line names: `python3` for `#!/usr/bin/env -S python3 -u`.
pub fn shebang(content: &[u8]) -> Option<&str> {
    let line = content.strip_prefix(b"#!")?.split(|b| *b == b'\n').next()?;
    let line = std::str::from_utf8(line.get(..line.len().min(256))?).ok()?;
    let mut words = line.split_whitespace().map(|w| w.rsplit('/').next().unwrap_or(w));
    let first = words.next()?;
    if first != "env" {
        return Some(first);
    }
    words.find(|w| !w.starts_with('-') && !w.contains('='))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn classifier(rules: &[(&str, Class, Option<&str>)]) -> Classifier {
        let rule = |(pattern, class, language): &(&str, Class, Option<&str>)| Rule {
            pattern: pattern.to_string(),
            class: *class,
            language: language.map(str::to_owned),
        };
        Classifier::new(rules.iter().map(rule).collect()).unwrap()
    }

    #[test]
    fn folders_names_and_ends_match() {
        let c = classifier(&[
            ("tests/", Class::Test, None),
            ("test_*.py", Class::Test, None),
            ("/docs/", Class::Docs, None),
            ("a/b.py", Class::Generated, None),
        ]);
        let class = |path| c.of_path(path, None);
        assert_eq!(class("tests/a.py"), Class::Test);
        assert_eq!(class("x/tests/deep/a.py"), Class::Test);
        assert_eq!(class("x/mytests/a.py"), Class::Production);
        assert_eq!(class("tests"), Class::Production);
        assert_eq!(class("x/test_a.py"), Class::Test);
        assert_eq!(class("docs/a.py"), Class::Docs);
        assert_eq!(class("x/docs/a.py"), Class::Production);
        assert_eq!(class("x/a/b.py"), Class::Generated);
        assert_eq!(class("xa/b.py"), Class::Production);
    }

    #[test]
    fn the_most_specific_rule_wins_and_languages_are_kept_apart() {
        let c = classifier(&[
            ("tests/", Class::Test, None),
            ("node_modules/", Class::Vendored, None),
            ("spec/", Class::Test, Some("javascript")),
        ]);
        assert_eq!(c.of_path("tests/node_modules/a.js", None), Class::Vendored);
        assert_eq!(c.of_path("node_modules/a/tests/a.js", None), Class::Vendored);
        assert_eq!(c.of_path("spec/a.js", Some("javascript")), Class::Test);
        assert_eq!(c.of_path("spec/a.py", Some("python")), Class::Production);
    }

    #[test]
    fn bad_patterns_are_named() {
        let rule = |p: &str| Rule { pattern: p.to_owned(), class: Class::Test, language: None };
        assert!(Classifier::new(vec![rule("a[")]).unwrap_err().to_string().starts_with("bad pattern `a[`"));
        assert!(Classifier::new(vec![rule("/")]).is_err());
    }

    #[test]
    fn content_shows_binary_minified_and_generated() {
        assert_eq!(of_content(b"\x7fELF\0\0"), Some(Class::Binary));
        assert_eq!(of_content(b""), None);
        assert_eq!(of_content(&b"x".repeat(6 << 10)), Some(Class::Minified));
        assert_eq!(of_content(&b"x".repeat(4 << 10)), None);
        assert_eq!(of_content(&b"a line of code\n".repeat(1000)), None);
        assert_eq!(of_content(b"// Code generated by protoc-gen-go. DO NOT EDIT.\n"), Some(Class::Generated));
        assert_eq!(of_content(b"/**\n * @generated SignedSource<<x>>\n */"), Some(Class::Generated));
        assert_eq!(of_content(b"# Generated by tool, do not edit\n"), Some(Class::Generated));
        let descriptor = [b"# Generated by the protocol buffer compiler.  DO NOT EDIT!\n".to_vec(), b"x".repeat(6 << 10)].concat();
        assert_eq!(of_content(&descriptor), Some(Class::Generated));
        assert_eq!(of_content(b"print('DO NOT EDIT')\n"), None);
        let late = [b"x = 1\n".repeat(300), b"# @generated\n".to_vec()].concat();
        assert_eq!(of_content(&late), None);
    }

    #[test]
    fn shebangs_name_their_program() {
        assert_eq!(shebang(b"#!/usr/bin/python3\nx"), Some("python3"));
        assert_eq!(shebang(b"#!/usr/bin/env -S node --flag\n"), Some("node"));
        assert_eq!(shebang(b"#!/usr/bin/env A=1 node"), Some("node"));
        assert_eq!(shebang(b"#!"), None);
        assert_eq!(shebang(b"import x"), None);
    }
}
