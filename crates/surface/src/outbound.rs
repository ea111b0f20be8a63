//! The calls to other services, for the catalog, and how many files that name an HTTP client were not looked at.

use crate::endpoint::audience_of;
use crate::survey::Survey;
use apicensus_catalog::{Location, Outbound, OutboundCall};
use apicensus_eval::output::Census;
use apicensus_source::classify::Class;

/// The calls, by file and line.
pub fn outbound(census: &Census, survey: &Survey<'_>) -> Outbound {
    let call = |one: &apicensus_eval::output::Outbound| OutboundCall {
        method: one.method.to_string(),
        host: host(&one.url),
        url: without_secrets(&one.url),
        client: one.client.to_string(),
        at: Location { file: survey.path(one.place.file).to_owned(), line: one.place.line },
        audience: audience_of(survey.class(one.place.file)),
    };
    let mut calls: Vec<OutboundCall> = census.outbound.iter().map(call).collect();
    calls.sort_by(|a, b| (&a.at, &a.method, &a.url).cmp(&(&b.at, &b.method, &b.url)));
    Outbound { calls, files_not_read: files_not_read(survey) }
}

/// Production code that was never parsed. Whether it calls anything is not known.
fn files_not_read(survey: &Survey<'_>) -> u64 {
    let unread =
        |file: &crate::survey::Progress<'_>| file.lang.is_some() && file.module.is_none() && survey.class(file.file) == Class::Production;
    survey.progress().filter(unread).count() as u64
}

/// A URL without the user and password that it may carry.
fn without_secrets(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find(['/', '?', '#', '{']).unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
        None => url.to_owned(),
    }
}

/// Scheme and host of a URL; what holds them, when that is not known.
pub fn host(url: &str) -> Option<String> {
    if let Some(rest) = url.strip_prefix("{?") {
        return rest.split_once('}').map(|(label, _)| label.to_owned());
    }
    let (scheme, rest) = url.split_once("://")?;
    if scheme.is_empty() || !scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c)) {
        return None;
    }
    let end = rest.find(['/', '?', '#']).filter(|at| !rest[..*at].ends_with('{')).unwrap_or(rest.len());
    let end = if rest.starts_with("{?") { rest.find('}').map_or(rest.len(), |at| at + 1) } else { end };
    let host = rest[..end].rsplit('@').next().unwrap_or_default();
    (!host.is_empty()).then(|| format!("{scheme}://{host}"))
}

#[cfg(test)]
mod tests {
    use super::{host, without_secrets};

    #[test]
    fn hosts_are_told() {
        assert_eq!(host("https://api.example.com/v1?x=1").as_deref(), Some("https://api.example.com"));
        assert_eq!(host("https://user:secret@api.example.com/").as_deref(), Some("https://api.example.com"));
        assert_eq!(host("http://{?host}/users").as_deref(), Some("http://{?host}"));
        assert_eq!(host("{?settings.BASE}/users").as_deref(), Some("settings.BASE"));
        assert_eq!(host("/users"), None);
        assert_eq!(host("://"), None);
        assert_eq!(without_secrets("https://user:secret@api.example.com/a@b"), "https://api.example.com/a@b");
        assert_eq!(without_secrets("https://api.example.com/a@b"), "https://api.example.com/a@b");
    }
}
