//! Reads files of cases. Knows the Markdown it needs: front matter, headings and fenced blocks.

use crate::answers::ExpectedAnswer;
use crate::auth::ExpectedAuth;
use crate::expect::{ExpectedEndpoint, ExpectedTrouble};
use crate::inputs::ExpectedInput;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// A file of cases that can't be understood.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// It can't be read.
    #[error("{file}: {source}")]
    Read {
        /// The file.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// Something in it is wrong.
    #[error("{file}:{line}: {message}")]
    Format {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong and what to do.
        message: String,
    },
}

/// A file of cases.
#[derive(Debug)]
pub struct Suite {
    /// Its path on disk.
    pub path: PathBuf,
    /// Its path under the folder of the cases, without extension: `python/flask`.
    pub name: String,
    /// The models its cases run with.
    pub frameworks: Vec<String>,
    /// Its text.
    pub text: String,
    /// Its cases, in order.
    pub cases: Vec<Case>,
}

/// A heading with files and what they should give.
#[derive(Debug)]
pub struct Case {
    /// The heading.
    pub title: String,
    /// The heading's line, from 1.
    pub line: usize,
    /// The files: path and text.
    pub files: Vec<(String, String)>,
    /// The expected endpoints.
    pub endpoints: Block<ExpectedEndpoint>,
    /// The expected troubles; None if the case does not look at them.
    pub troubles: Option<Block<ExpectedTrouble>>,
    /// Who may call each endpoint; None if the case does not look at it.
    pub auth: Option<Block<ExpectedAuth>>,
    /// What each endpoint takes; None if the case does not look at it.
    pub inputs: Option<Block<ExpectedInput>>,
    /// What each endpoint answers; None if the case does not look at it.
    pub answers: Option<Block<ExpectedAnswer>>,
    /// What stands in the way of a case that is known to fail (`<!-- open: reason -->`); it must then fail.
    pub open: Option<String>,
}

/// A block of expectations.
#[derive(Debug)]
pub struct Block<T> {
    /// Each expectation with its line, from 1.
    pub lines: Vec<(usize, T)>,
    /// The lines between the fences, from 0.
    pub span: Range<usize>,
}

impl Case {
    /// Writes the files below a folder.
    ///
    /// # Errors
    /// When a file can't be written.
    pub fn write_to(&self, folder: &Path) -> io::Result<()> {
        for (name, text) in &self.files {
            let path = folder.join(name);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(path, text)?;
        }
        Ok(())
    }
}

/// Reads all `<language>/*.md` below a folder, folders within a language included, sorted by name.
///
/// # Errors
/// At the first file that can't be read or understood.
pub fn suites(testdata: &Path) -> Result<Vec<Suite>, FormatError> {
    let mut found = Vec::new();
    for language in ["python", "javascript", "rust"] {
        let folder = testdata.join(language);
        if folder.is_dir() {
            collect(&folder, testdata, &mut found)?;
        }
    }
    found.sort_by(|a: &Suite, b| a.name.cmp(&b.name));
    Ok(found)
}

fn collect(folder: &Path, testdata: &Path, found: &mut Vec<Suite>) -> Result<(), FormatError> {
    let failed = |source| FormatError::Read { file: folder.display().to_string(), source };
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            collect(&path, testdata, found)?;
        } else if path.extension().is_some_and(|e| e == "md") {
            let text = fs::read_to_string(&path).map_err(|source| FormatError::Read { file: path.display().to_string(), source })?;
            let name = path.strip_prefix(testdata).unwrap_or(&path).with_extension("");
            let name = name.to_string_lossy().replace('\\', "/");
            found.push(Suite::parse(path, name, text)?);
        }
    }
    Ok(())
}

impl Suite {
    /// Reads the text of a file of cases.
    ///
    /// # Errors
    /// At the first thing that is wrong, with its line.
    pub fn parse(path: PathBuf, name: String, text: String) -> Result<Suite, FormatError> {
        let mut reader = Reader { file: format!("{name}.md"), cases: Vec::new(), open: None };
        let frameworks = reader.read(&text)?;
        Ok(Suite { path, name, frameworks, text, cases: reader.cases })
    }
}

/// A case being read.
struct Draft {
    title: String,
    line: usize,
    files: Vec<(String, String)>,
    endpoints: Option<Block<ExpectedEndpoint>>,
    troubles: Option<Block<ExpectedTrouble>>,
    auth: Option<Block<ExpectedAuth>>,
    inputs: Option<Block<ExpectedInput>>,
    answers: Option<Block<ExpectedAnswer>>,
    open: Option<String>,
}

struct Reader {
    file: String,
    cases: Vec<Case>,
    open: Option<Draft>,
}

impl Reader {
    fn error(&self, line: usize, message: impl Into<String>) -> FormatError {
        FormatError::Format { file: self.file.clone(), line, message: message.into() }
    }

    fn read(&mut self, text: &str) -> Result<Vec<String>, FormatError> {
        let lines: Vec<&str> = text.lines().collect();
        let (frameworks, mut at) = self.front_matter(&lines)?;
        while at < lines.len() {
            let line = lines[at];
            if let Some(title) = line.strip_prefix("## ") {
                self.close()?;
                self.open = Some(Draft {
                    title: title.trim().to_owned(),
                    line: at + 1,
                    files: Vec::new(),
                    endpoints: None,
                    troubles: None,
                    auth: None,
                    inputs: None,
                    answers: None,
                    open: None,
                });
            } else if let (Some(draft), Some(reason)) = (&mut self.open, open_mark(line)) {
                draft.open = Some(reason.to_owned());
            } else if let Some(fence) = Fence::open(line) {
                let start = at + 1;
                let end = (start..lines.len()).find(|&n| fence.closes(lines[n]));
                let end = end.ok_or_else(|| self.error(start, "this block is never closed"))?;
                self.block(&fence, start, &lines[start..end])?;
                at = end;
            }
            at += 1;
        }
        self.close()?;
        Ok(frameworks)
    }

    /// The `frameworks` of the front matter, and the line after it.
    fn front_matter(&self, lines: &[&str]) -> Result<(Vec<String>, usize), FormatError> {
        let missing = "a file of cases starts with front matter: `---`, `frameworks: [name]`, `---`";
        if lines.first() != Some(&"---") {
            return Err(self.error(1, missing));
        }
        let end = lines.iter().skip(1).position(|l| *l == "---").ok_or_else(|| self.error(1, missing))? + 1;
        let list = lines[1..end].iter().find_map(|l| l.strip_prefix("frameworks:")).ok_or_else(|| self.error(1, missing))?;
        let inner = list.trim().strip_prefix('[').and_then(|l| l.strip_suffix(']')).ok_or_else(|| self.error(2, missing))?;
        Ok((inner.split(',').map(|f| f.trim().to_owned()).filter(|f| !f.is_empty()).collect(), end + 1))
    }

    fn block(&mut self, fence: &Fence<'_>, start: usize, body: &[&str]) -> Result<(), FormatError> {
        let file = self.file.clone();
        let bad = |at: usize, message: String| FormatError::Format { file: file.clone(), line: start + at + 1, message };
        let Some(draft) = &mut self.open else {
            return if fence.name.is_empty() { Ok(()) } else { Err(bad(0, "a file of a case needs a `## ` heading above".to_owned())) };
        };
        match fence.kind {
            "endpoints" => draft.endpoints = Some(expectations(start, body, ExpectedEndpoint::parse, bad)?),
            "troubles" => draft.troubles = Some(expectations(start, body, ExpectedTrouble::parse, bad)?),
            "auth" => draft.auth = Some(expectations(start, body, ExpectedAuth::parse, bad)?),
            "inputs" => draft.inputs = Some(expectations(start, body, ExpectedInput::parse, bad)?),
            "answers" => draft.answers = Some(expectations(start, body, ExpectedAnswer::parse, bad)?),
            _ if fence.name.is_empty() => {}
            _ => {
                let text: String = body.iter().flat_map(|l| [*l, "\n"]).collect();
                draft.files.push((fence.name.to_owned(), text));
            }
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), FormatError> {
        let Some(draft) = self.open.take() else { return Ok(()) };
        if draft.files.is_empty() && draft.endpoints.is_none() {
            return Ok(());
        }
        let Some(endpoints) = draft.endpoints else {
            return Err(self.error(draft.line, format!("the case `{}` has no ```endpoints block", draft.title)));
        };
        if self.cases.iter().any(|c| c.title == draft.title) {
            return Err(self.error(draft.line, format!("a second case is called `{}`", draft.title)));
        }
        let Draft { title, line, files, troubles, auth, inputs, answers, open, .. } = draft;
        self.cases.push(Case { title, line, files, endpoints, troubles, auth, inputs, answers, open });
        Ok(())
    }
}

/// The lines of a block of expectations; `bad` makes the error for the line at an index.
fn expectations<T>(
    start: usize,
    body: &[&str],
    parse: impl Fn(&str) -> Result<T, String>,
    bad: impl Fn(usize, String) -> FormatError,
) -> Result<Block<T>, FormatError> {
    let mut lines = Vec::new();
    for (at, line) in body.iter().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
        lines.push((start + at + 1, parse(line).map_err(|m| bad(at, m))?));
    }
    Ok(Block { lines, span: start..start + body.len() })
}

/// The reason in `<!-- open: reason -->`.
fn open_mark(line: &str) -> Option<&str> {
    Some(line.trim().strip_prefix("<!-- open:")?.strip_suffix("-->")?.trim())
}

/// The opening line of a fenced block.
struct Fence<'t> {
    ticks: usize,
    kind: &'t str,
    name: &'t str,
}

impl<'t> Fence<'t> {
    fn open(line: &'t str) -> Option<Fence<'t>> {
        let ticks = line.bytes().take_while(|b| *b == b'`').count();
        if ticks < 3 {
            return None;
        }
        let info = line[ticks..].trim();
        let (kind, name) = info.split_once(char::is_whitespace).unwrap_or((info, ""));
        Some(Fence { ticks, kind, name: name.trim() })
    }
    fn closes(&self, line: &str) -> bool {
        let line = line.trim_end();
        line.len() >= self.ticks && line.bytes().all(|b| b == b'`')
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Suite, String> {
        Suite::parse(PathBuf::new(), "x/y".to_owned(), text.to_owned()).map_err(|e| e.to_string())
    }

    #[test]
    fn reads_files_and_expectations() {
        let text = "---\nframeworks: [a, b]\n---\n# T\n## One\n````js app.js\n```\n````\n```endpoints\nGET /x  app.js:1 f\n```\n";
        let suite = parse(text).unwrap();
        assert_eq!(suite.frameworks, ["a", "b"]);
        assert_eq!(suite.cases[0].files, [("app.js".to_owned(), "```\n".to_owned())]);
        assert_eq!(suite.cases[0].endpoints.span, 9..10);
        assert_eq!(suite.cases[0].endpoints.lines[0].0, 10);
    }

    #[test]
    fn says_where_it_is_wrong() {
        let head = "---\nframeworks: [a]\n---\n";
        assert!(parse("# T\n").unwrap_err().starts_with("x/y.md:1: a file of cases starts with front matter"));
        assert_eq!(parse(&format!("{head}## A\n```js a.js\n```\n")).unwrap_err(), "x/y.md:4: the case `A` has no ```endpoints block");
        assert_eq!(parse(&format!("{head}## A\n```js a.js\n")).unwrap_err(), "x/y.md:5: this block is never closed");
    }
}
