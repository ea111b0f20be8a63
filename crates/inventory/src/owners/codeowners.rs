//! CODEOWNERS files as GitHub and as GitLab read them.
//!
//! GitHub (<https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners>):
//! patterns of gitignore without `!`, `[ ]` and `\#`; the last one that matches counts, and one without owners takes them away.
//! GitLab (<https://docs.gitlab.com/user/project/codeowners/reference/>): sections with default owners, each of which counts with its
//! own last match; `!` takes files out of a section for good; a path that does not begin with `/` may lie anywhere.

use globset::{GlobBuilder, GlobMatcher};

/// Largest file that GitHub reads, in bytes.
const MOST: usize = 3 << 20;

/// Whose rules hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// GitHub's.
    GitHub,
    /// GitLab's.
    GitLab,
}

/// A file, read.
#[derive(Debug, Default)]
pub struct CodeOwners {
    sections: Vec<Section>,
    /// Lines that say nothing: (line, what is wrong).
    pub broken: Vec<(u32, String)>,
}

#[derive(Debug, Default)]
struct Section {
    /// In lower case; empty for what stands before the first one.
    name: String,
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    globs: Vec<GlobMatcher>,
    is_exclusion: bool,
    owners: Vec<String>,
}

impl CodeOwners {
    /// The flavour of a text at a path: by the folder, else by what only GitLab has.
    pub fn flavour(path: &str, text: &str) -> Flavour {
        match path.split('/').next() {
            Some(".github") => Flavour::GitHub,
            Some(".gitlab") => Flavour::GitLab,
            _ if text.lines().any(|line| heading(line.trim()).is_some()) => Flavour::GitLab,
            _ => Flavour::GitHub,
        }
    }

    /// Reads a text.
    pub fn parse(text: &str, flavour: Flavour) -> CodeOwners {
        let mut read = CodeOwners { sections: vec![Section::default()], broken: Vec::new() };
        if text.len() > MOST {
            read.broken.push((0, "it is larger than 3 MB and not read by its host either".to_owned()));
            return read;
        }
        let (mut at, mut defaults) = (0, Vec::new());
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some((name, rest)) = heading(line).filter(|_| flavour == Flavour::GitLab) {
                at = read.section(&name);
                defaults = owners(&words(rest));
                continue;
            }
            match entry(line, flavour, &defaults) {
                Ok(entry) => read.sections[at].entries.push(entry),
                Err(message) => read.broken.push((number as u32 + 1, message)),
            }
        }
        read
    }

    /// The index of the section of a name; those of one name are one.
    fn section(&mut self, name: &str) -> usize {
        let name = name.to_lowercase();
        match self.sections.iter().position(|s| s.name == name) {
            Some(at) => at,
            None => {
                self.sections.push(Section { name, entries: Vec::new() });
                self.sections.len() - 1
            }
        }
    }

    /// The owners of a file, by its path from the root of the repository: of each section those of its last match. None where no
    /// line is about the file; empty where lines are, and leave it to nobody.
    pub fn of(&self, path: &str) -> Option<Vec<String>> {
        let mut found: Option<Vec<String>> = None;
        for section in &self.sections {
            let matches = || section.entries.iter().filter(|entry| entry.globs.iter().any(|glob| glob.is_match(path)));
            let Some(last) = matches().next_back() else { continue };
            let found = found.get_or_insert_default();
            if matches().any(|entry| entry.is_exclusion) {
                continue;
            }
            for owner in &last.owners {
                if !found.contains(owner) {
                    found.push(owner.clone());
                }
            }
        }
        found
    }
}

/// The name of a section's heading, and what follows: `[Name]`, `^[Name]`, `[Name][2] @default`.
fn heading(line: &str) -> Option<(String, &str)> {
    let inner = line.strip_prefix('^').unwrap_or(line).strip_prefix('[')?;
    let (name, rest) = inner.split_once(']')?;
    let counted = rest.strip_prefix('[').and_then(|r| r.split_once(']')).filter(|(n, _)| n.chars().all(|c| c.is_ascii_digit()));
    let rest = counted.map_or(rest, |(_, rest)| rest);
    // `[ab]*.rb @owner` is a pattern.
    let is_heading = !name.trim().is_empty() && (rest.is_empty() || rest.starts_with(char::is_whitespace));
    is_heading.then(|| (name.trim().to_owned(), rest))
}

/// Words by white space, of which a backslash makes a part of the word.
fn words(line: &str) -> Vec<String> {
    let (mut all, mut word, mut escaped) = (Vec::new(), String::new(), false);
    for c in line.chars() {
        match c {
            _ if escaped => {
                if !c.is_whitespace() && c != '#' {
                    word.push('\\');
                }
                word.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            c if c.is_whitespace() => {
                if !word.is_empty() {
                    all.push(std::mem::take(&mut word));
                }
            }
            c => word.push(c),
        }
    }
    if !word.is_empty() {
        all.push(word);
    }
    all
}

/// `@user`, `@group/team`, `@@role` and addresses; other words are passed over.
fn owners(words: &[String]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for word in words.iter().filter(|w| is_owner(w)) {
        if !found.contains(word) {
            found.push(word.clone());
        }
    }
    found
}

fn is_owner(word: &str) -> bool {
    match word.split_once('@') {
        Some(("", name)) => !name.is_empty(),
        Some((name, host)) => !name.is_empty() && host.contains('.'),
        None => false,
    }
}

fn entry(line: &str, flavour: Flavour, defaults: &[String]) -> Result<Entry, String> {
    match flavour {
        Flavour::GitHub => github(line),
        Flavour::GitLab => gitlab(line, defaults),
    }
}

fn github(line: &str) -> Result<Entry, String> {
    let line = line.split(" #").next().unwrap_or(line).split("\t#").next().unwrap_or(line);
    let words = words(line);
    let Some((pattern, named)) = words.split_first() else { return Err("there is no pattern".to_owned()) };
    if pattern.starts_with('!') || pattern.contains('[') || line.starts_with("\\#") {
        return Err(format!("`{pattern}` is no pattern of code owners: `!`, `[ ]` and `\\#` are not known"));
    }
    if let Some(other) = named.iter().find(|w| !is_owner(w)) {
        return Err(format!("`{other}` is no user, team or address"));
    }
    let is_anchored = pattern.trim_end_matches('/').contains('/');
    let bare = pattern.trim_start_matches('/').trim_end_matches('/');
    let start = if is_anchored { "" } else { "**/" };
    let path = format!("{start}{}", bare.replace('{', "[{]").replace('}', "[}]"));
    let texts = match pattern.as_str() {
        "*" | "/" | "**" | "/**" => vec!["**".to_owned()],
        p if p.ends_with('/') => vec![format!("{path}/**")],
        p if p.ends_with("/*") || p.ends_with("/**") => vec![path],
        _ => vec![path.clone(), format!("{path}/**")],
    };
    Ok(Entry { globs: globs(&texts, pattern)?, is_exclusion: false, owners: owners(named) })
}

fn gitlab(line: &str, defaults: &[String]) -> Result<Entry, String> {
    let words = words(line);
    let Some((first, named)) = words.split_first() else { return Err("there is no pattern".to_owned()) };
    let (is_exclusion, pattern) = first.strip_prefix('!').map_or((false, first.as_str()), |rest| (true, rest));
    let bare = pattern.trim_start_matches('/').replace('{', "[{]").replace('}', "[}]");
    let path = if pattern.starts_with('/') { bare } else { format!("**/{bare}") };
    let path = match path.strip_suffix("/**") {
        // Without a slash after them two stars are one.
        Some(folder) => format!("{folder}/*"),
        None if path.ends_with('/') => format!("{path}**"),
        None => path,
    };
    let own = owners(named);
    let owners = if own.is_empty() && !is_exclusion { defaults.to_vec() } else { own };
    Ok(Entry { globs: globs(&[path], pattern)?, is_exclusion, owners })
}

fn globs(texts: &[String], pattern: &str) -> Result<Vec<GlobMatcher>, String> {
    let build = |text: &String| GlobBuilder::new(text).literal_separator(true).backslash_escape(true).build().map(|g| g.compile_matcher());
    texts.iter().map(build).collect::<Result<_, _>>().map_err(|e| format!("`{pattern}` is no pattern: {}", e.kind()))
}
