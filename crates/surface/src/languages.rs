//! What the `language.yaml` files say: extensions, interpreters, manifests, and which paths are tests, examples and so on.

use apicensus_source::classify::{BadPattern, Class, Classifier, Rule};
use apicensus_syntax::Lang;
use globset::{Glob, GlobSet, GlobSetBuilder};
use serde::Deserialize;
use std::collections::BTreeMap;

include!(concat!(env!("OUT_DIR"), "/languages.rs"));

/// A language file that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum LanguageError {
    /// Not the expected shape.
    #[error("language file: {0}")]
    Shape(#[from] serde_yaml::Error),
    /// A bad path pattern.
    #[error("language file: {0}")]
    Pattern(#[from] BadPattern),
    /// A bad file name pattern.
    #[error("language file: {0}")]
    Name(#[from] globset::Error),
    /// A language that can't be lowered.
    #[error("language file: there is no lowering for `{0}`")]
    Unknown(String),
}

/// The shape of a language file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Shape {
    language: String,
    extensions: BTreeMap<String, String>,
    /// Endings of files that only declare types.
    #[serde(default)]
    declarations: Vec<String>,
    shebangs: Vec<String>,
    manifests: Vec<String>,
    configs: Vec<String>,
    test: Vec<String>,
    example: Vec<String>,
    docs: Vec<String>,
    generated: Vec<String>,
    vendored: Vec<String>,
    minified: Vec<String>,
}

/// The languages, compiled.
#[derive(Debug)]
pub struct Languages {
    names: Vec<String>,
    extensions: BTreeMap<String, (usize, Lang)>,
    declarations: Vec<String>,
    shebangs: BTreeMap<String, usize>,
    /// Manifest file name to the languages it belongs to.
    manifests: BTreeMap<String, usize>,
    configs: GlobSet,
    classifier: Classifier,
}

impl Languages {
    /// The embedded language files.
    ///
    /// # Errors
    /// When one of them is wrong; a test keeps them right.
    pub fn builtin() -> Result<Self, LanguageError> {
        Languages::load(COMMON, LANGUAGES)
    }

    fn load(common: &str, languages: &[&str]) -> Result<Self, LanguageError> {
        let mut rules = Vec::new();
        add_rules(&mut rules, serde_yaml::from_str(common)?, None);
        let (mut names, mut extensions, mut shebangs, mut manifests) = (Vec::new(), BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut declarations = Vec::new();
        let mut configs = GlobSetBuilder::new();
        for (at, text) in languages.iter().enumerate() {
            let mut shape: Shape = serde_yaml::from_str(text)?;
            for (extension, lang) in std::mem::take(&mut shape.extensions) {
                let lang = Lang::named(&lang).ok_or(LanguageError::Unknown(lang))?;
                extensions.insert(extension, (at, lang));
            }
            declarations.append(&mut shape.declarations);
            shebangs.extend(shape.shebangs.drain(..).map(|s| (s, at)));
            for name in shape.manifests.iter().chain(&shape.configs) {
                configs.add(Glob::new(&format!("**/{name}"))?);
            }
            manifests.extend(shape.manifests.drain(..).map(|m| (m, at)));
            names.push(shape.language.clone());
            let language = shape.language.clone();
            add_rules(&mut rules, shape, Some(&language));
        }
        Ok(Languages {
            names,
            extensions,
            declarations,
            shebangs,
            manifests,
            configs: configs.build()?,
            classifier: Classifier::new(rules)?,
        })
    }

    /// The language of a file by its name.
    pub fn of_path(&self, path: &str) -> Option<Lang> {
        if self.declarations.iter().any(|ending| path.ends_with(ending)) {
            return None;
        }
        self.extensions.get(extension(path)?).map(|(_, lang)| *lang)
    }
    /// The language of the program a `#!` line names.
    pub fn of_program(&self, program: &str) -> Option<Lang> {
        let at = *self.shebangs.get(program)?;
        self.extensions.values().find(|(language, _)| *language == at).map(|(_, lang)| *lang)
    }
    /// The class of a file by its path.
    pub fn class(&self, path: &str) -> Class {
        let language = extension(path).and_then(|e| self.extensions.get(e)).and_then(|(at, _)| self.names.get(*at));
        self.classifier.of_path(path, language.map(String::as_str))
    }
    /// The group of languages a manifest belongs to (its folder in `grammars`); None when the file is no manifest.
    pub fn of_manifest(&self, path: &str) -> Option<usize> {
        self.manifests.get(name(path)).copied()
    }
    /// The group of languages that a language belongs to.
    pub fn group(&self, lang: Lang) -> Option<usize> {
        self.extensions.values().find(|(_, l)| *l == lang).map(|(at, _)| *at)
    }
    /// Whether import resolution or settings need the text of a file: manifests and configuration.
    pub fn is_config(&self, path: &str) -> bool {
        self.configs.is_match(path)
    }
}

fn add_rules(rules: &mut Vec<Rule>, shape: Shape, language: Option<&str>) {
    let classes = [
        (Class::Test, shape.test),
        (Class::Example, shape.example),
        (Class::Docs, shape.docs),
        (Class::Generated, shape.generated),
        (Class::Vendored, shape.vendored),
        (Class::Minified, shape.minified),
    ];
    for (class, patterns) in classes {
        rules.extend(patterns.into_iter().map(|pattern| Rule { pattern, class, language: language.map(str::to_owned) }));
    }
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn extension(path: &str) -> Option<&str> {
    name(path).rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map(|(_, extension)| extension)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_builtin_files_load() {
        let l = Languages::builtin().unwrap();
        assert_eq!(l.of_path("a/b.py"), Some(Lang::Python));
        assert_eq!(l.of_path("a/b.ts"), Some(Lang::TypeScript));
        assert_eq!(l.of_path("a/b.d.ts"), None);
        assert_eq!(l.of_path("b.tsx"), Some(Lang::Tsx));
        assert_eq!(l.of_path(".py"), None);
        assert_eq!(l.of_path("Makefile"), None);
        assert_eq!(l.of_program("python3"), Some(Lang::Python));
        assert_eq!(l.of_program("bash"), None);
        assert!(l.is_config("a/tsconfig.base.json") && l.is_config("package.json") && !l.is_config("a.json"));
        assert_eq!(l.of_manifest("x/Cargo.toml"), l.group(Lang::Rust));
    }

    #[test]
    fn paths_have_the_class_people_give_them() {
        let l = Languages::builtin().unwrap();
        let cases = [
            (
                Class::Test,
                "tests/a.py tests/api/conftest.py app/test_x.py app/x_test.py app/tests.py src/a.spec.ts src/a.test.js src/__tests__/a.js test/a.js e2e/a.ts cypress/x.js spec/a.js tests/a.rs src/tests.rs benches/a.rs fixtures/a.json",
            ),
            (Class::Example, "examples/a.py demo/a.js sample/app.py src/a.stories.tsx examples/a.rs"),
            (Class::Docs, "docs/a.py docs_src/x.py"),
            (Class::Generated, "api/a_pb2.py src/generated/a.ts src/__generated__/a.js src/a.generated.ts a_pb.js"),
            (
                Class::Vendored,
                "node_modules/a/index.js vendor/a.js app/_vendor/a.py third_party/x.rs .venv/lib/a.py x/site-packages/a.py node_modules/a/test/x.js",
            ),
            (Class::Minified, "static/a.min.js"),
            (
                Class::Production,
                "app/a.py dist/main.js build/routes.js src/latest.js src/contest.py lib/attest/a.py src/testing.rs spec/a.py app/docs/a.py src/main.rs protest.js",
            ),
        ];
        for (class, paths) in cases {
            for path in paths.split(' ') {
                assert_eq!(l.class(path), class, "{path}");
            }
        }
    }

    #[test]
    fn wrong_files_are_errors() {
        assert!(Languages::load("", &["nonsense: 1"]).is_err());
        assert!(Languages::load("", &["extensions: {x: klingon}"]).is_err());
        assert!(Languages::load("test: ['a[']", &[]).is_err());
    }
}
