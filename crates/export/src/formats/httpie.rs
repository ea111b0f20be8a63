//! A shell script of HTTPie commands (<https://httpie.io/docs/cli>), destructive ones as comments. Every text is a quoted word of a
//! POSIX shell; the token comes from the environment.

use super::curl::script;
use crate::operation::Operation;
use crate::{Exported, Exporter, Input, escape, sample};

pub struct Httpie;

impl Exporter for Httpie {
    fn name(&self) -> &'static str {
        "httpie"
    }
    fn about(&self) -> &'static str {
        "Shell script of HTTPie commands, destructive ones as comments"
    }
    fn write(&self, input: &Input<'_>) -> Exported {
        script(input, command)
    }
}

fn command(operation: &Operation<'_>, token: &str, url: &str) -> String {
    let mut words = vec!["http --ignore-stdin --print=h".to_owned()];
    let form = operation.body().filter(|(body, _)| body.content_type.contains("form-data")).map(|(body, _)| body);
    if form.is_some() {
        words.push("--multipart".to_owned());
    } else if let Some((_, text)) = operation.body() {
        words.push(format!("--raw {}", escape::shell(&text)));
    }
    words.push(operation.method.clone());
    words.push(format!("\"${url}\"{}", escape::shell(&operation.target())));
    for (name, value) in operation.headers("\u{0}") {
        if name == "Content-Type" && form.is_some() {
            continue;
        }
        // An empty header is written with a semicolon; a colon would take the header away.
        let item = if value.is_empty() { format!("{name};") } else { format!("{name}:{value}") };
        let (before, after) = item.split_once('\u{0}').unwrap_or((&item, ""));
        let rest = if after.is_empty() { String::new() } else { escape::shell(after) };
        let secret = if item.contains('\u{0}') { format!("\"${token}\"") } else { String::new() };
        words.push(format!("{}{secret}{rest}", escape::shell(before)));
    }
    let fields = form.and_then(|body| body.sample.as_ref()?.as_object()).into_iter().flatten();
    words.extend(fields.map(|(name, value)| escape::shell(&format!("{}={}", key(name), first(&sample::text(value))))));
    words.join(" ")
}

/// The name of a field: what separates names and values is escaped.
fn key(name: &str) -> String {
    escape::line(name).chars().flat_map(|c| if r"\:=@;".contains(c) { vec!['\\', c] } else { vec![c] }).collect()
}

/// A value whose first character would make another separator of the one before it.
fn first(value: &str) -> String {
    if value.starts_with(['=', '@', ':', ';']) { format!("\\{value}") } else { value.to_owned() }
}
