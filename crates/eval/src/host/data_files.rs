//! Data files of the tree as start-up code reads them: opened and parsed, or imported. JSON, TOML and YAML; anything else is text.
//!
//! An opened file is its path, as a `pathlib.Path` is. Left out: what is written, and binary formats.

use crate::evaluate::Family;
use crate::files::FileId;
use crate::output::{Place, TroubleKind};
use crate::text::Text;
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;
use std::rc::Rc;

/// Larger data files are not read, in bytes.
const MAX_DATA: usize = 1 << 20;

/// What a function does with its first argument.
#[derive(Clone, Copy)]
enum Reads {
    /// Opens a file.
    Opens,
    /// Gives a file's text.
    Text,
    /// Parses a file, by its ending.
    File,
    /// Parses text of a format.
    Parses(&'static str),
    /// Parses either.
    Both(&'static str),
}

fn reader(symbol: &str) -> Option<Reads> {
    Some(match symbol {
        "open" | "io.open" | "codecs.open" | "importlib.resources.open_text" => Reads::Opens,
        "fs.readFileSync" | "fs.promises.readFile" | "fs/promises.readFile" | "fs-extra.readFileSync" | "fs-extra.readFile" => Reads::Text,
        "fs-extra.readJsonSync" | "fs-extra.readJSONSync" | "fs-extra.readJson" | "fs-extra.readJSON" | "jsonfile.readFileSync" => {
            Reads::File
        }
        "json.load" | "toml.load" | "tomllib.load" | "tomli.load" => Reads::File,
        "JSON.parse" | "json.loads" | "orjson.loads" | "ujson.loads" => Reads::Parses("json"),
        "toml.loads" | "tomllib.loads" | "tomli.loads" | "toml.parse" => Reads::Parses("toml"),
        "yaml.safe_load" | "yaml.load" | "yaml.full_load" | "js-yaml.load" | "js-yaml.safeLoad" | "yaml.parse" | "yaml.YAML.parse" => {
            Reads::Both("yaml")
        }
        _ => return None,
    })
}

impl World<'_> {
    /// Functions that open or parse a file; None for others, and for what is not in the tree.
    pub(super) fn data_call(&mut self, symbol: &str, args: &Args, at: Place) -> Option<Value> {
        let reads = reader(symbol)?;
        let first = args.at(0).map(|v| self.force(v))?;
        let file = self.data_path(&first);
        match (reads, file) {
            (Reads::Opens, file) => file.map(|_| first),
            (Reads::Text, _) => self.data_text(&first),
            (Reads::File, file) => file.map(|file| self.data_file(file)),
            (Reads::Both(_), Some(file)) => Some(self.data_file(file)),
            (Reads::Parses(format) | Reads::Both(format), _) => self.data_parsed(&first, format, at),
        }
    }

    /// The text of an opened file, or of one that is named.
    pub(super) fn data_text(&mut self, path: &Value) -> Option<Value> {
        let file = self.data_path(path)?;
        let bytes = (self.input.text)(file).filter(|b| b.len() <= MAX_DATA)?;
        let at = Place { file, line: 1, end_line: 1, start: 0, end: 0 };
        Some(Value::Text(Rc::new(Text::plain(SmolStr::new(String::from_utf8_lossy(&bytes)), Some(at)))))
    }

    fn data_path(&self, path: &Value) -> Option<FileId> {
        // The working directory of a Node program is the tree's root.
        let text = path.as_str().filter(|t| (t.starts_with('/') || self.family == Family::JavaScript) && !t.contains('\n'))?;
        self.input.files.find(super::javascript::normal(&text).trim_matches('/'))
    }

    fn data_parsed(&mut self, text: &Value, format: &str, at: Place) -> Option<Value> {
        let Value::Text(whole) = text else { return None };
        let at = whole.place().unwrap_or(at);
        let json = parsed(format, &whole.known()?).ok()?;
        Some(self.json_value(&json, at, 0))
    }

    /// A data file (JSON, YAML, TOML) that is imported, or opened and parsed.
    pub(crate) fn data_file(&mut self, file: FileId) -> Value {
        let path = self.input.files.get(file).path.clone();
        let at = Place { file, line: 1, end_line: 1, start: 0, end: 0 };
        let format = path.rsplit_once('.').map_or("", |(_, ending)| ending);
        if !matches!(format, "json" | "yaml" | "yml" | "toml") {
            return Value::unknown(path, "it is not code or data that is read", Some(at));
        }
        let Some(bytes) = (self.input.text)(file) else { return Value::unknown(path, "the file can't be read", None) };
        if bytes.len() > MAX_DATA {
            self.trouble(TroubleKind::Bound, file, 0, "this data file is too large to be read", "values it gives are unknown");
            return Value::unknown(path, "the file is too large", Some(at));
        }
        match parsed(format, &String::from_utf8_lossy(&bytes)) {
            Ok(json) => self.json_value(&json, at, 0),
            Err((line, error)) => {
                self.trouble(TroubleKind::Manifest, file, line, format!("this data can't be read: {error}"), "values it gives are unknown");
                Value::unknown(path, "it is not data that can be read", Some(at))
            }
        }
    }
}

/// Data as JSON; line (0 where it is not known) and message when it can't be read.
fn parsed(format: &str, text: &str) -> Result<serde_json::Value, (u32, String)> {
    match format {
        "json" => serde_json::from_str(text).map_err(|e| (e.line() as u32, e.to_string())),
        "toml" => toml::from_str(text).map_err(|e| (0, e.message().to_owned())),
        // Infinity and the like become texts.
        _ => serde_saphyr::from_str_with_options(
            text,
            serde_saphyr::options! { non_finite_float_policy: serde_saphyr::NonFiniteFloatPolicy::AsString },
        )
        .map_err(|e| (e.location().map_or(0, |l| l.line() as u32), first_line(&e.to_string()))),
    }
}

fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().to_owned()
}
