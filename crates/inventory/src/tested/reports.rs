//! Reports of test runs as requests. Told apart by what they hold: HTTP archives (HAR 1.2), schemathesis' NDJSON events, its
//! cassettes (VCR) and its JUnit report, newman's JSON and JUnit reports, ZAP's JSON and XML reports.
//!
//! Left out: what a report says of faults; and bodies, headers and everything else that may hold secrets.

use serde_json::Value;

/// A request that a report tells of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its method, in upper case.
    pub method: String,
    /// Its path without the query, percent-decoded; a template where the report has templates.
    pub path: String,
    /// The status of the answer; 0 when there was none, nothing where the report does not tell.
    pub status: Option<u16>,
}

/// What one report tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The tool that wrote it.
    pub tool: String,
    /// Its requests.
    pub requests: Vec<Request>,
}

/// A report that can't be read.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// It is none of the known kinds.
    #[error("it is no report of a kind that is known (HAR, schemathesis NDJSON, VCR or JUnit, newman JSON or JUnit, ZAP JSON or XML)")]
    Unknown,
    /// It is broken.
    #[error("it can't be read: {0}")]
    Broken(String),
}

/// Reads a report.
///
/// # Errors
/// When it is of no known kind, or broken.
pub fn read(text: &str) -> Result<Report, ReportError> {
    let text = text.trim_start_matches('\u{feff}');
    let start = text.trim_start();
    if start.starts_with('<') {
        return xml(text);
    }
    if start.starts_with('{') {
        return match serde_json::from_str::<Value>(text) {
            Ok(value) if value.get("Initialize").is_none() => json(&value),
            _ if start.starts_with("{\"Initialize\"") => events(text),
            Ok(_) => Err(ReportError::Unknown),
            Err(error) => Err(ReportError::Broken(error.to_string())),
        };
    }
    if text.contains("http_interactions:") { cassette(text) } else { Err(ReportError::Unknown) }
}

/// A request by its URL; none when it has no path.
fn request(method: &str, url: &str, status: Option<u16>) -> Option<Request> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = if url.contains("://") { rest.find('/').map_or("/", |at| &rest[at..]) } else { rest };
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let is_method = !method.is_empty() && method.chars().all(|c| c.is_ascii_alphabetic() || c == '-');
    (is_method && path.starts_with('/')).then(|| Request { method: method.to_ascii_uppercase(), path: decoded(path), status })
}

/// `GET /users/{id}` at the end of a name.
fn named(name: &str, status: Option<u16>) -> Option<Request> {
    let (before, path) = name.trim().rsplit_once(' ')?;
    let method = before.rsplit(' ').next()?;
    let is_method = method.chars().all(|c| c.is_ascii_uppercase());
    if is_method && path.starts_with('/') { request(method, path, status) } else { None }
}

/// Percent-decoded, slashes within a segment kept apart.
fn decoded(path: &str) -> String {
    let bytes = path.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes[at] == b'%').then(|| path.get(at + 1..at + 3)).flatten().and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match code.filter(|c| *c != b'/') {
            Some(code) => {
                out.push(code);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn list<'v>(value: &'v Value, pointer: &str) -> impl Iterator<Item = &'v Value> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

fn number(value: Option<&Value>) -> Option<u16> {
    let value = value?;
    value.as_u64().and_then(|n| u16::try_from(n).ok()).or_else(|| value.as_str()?.trim().parse().ok())
}

fn json(value: &Value) -> Result<Report, ReportError> {
    if value.pointer("/log/entries").is_some() {
        let entry = |e: &Value| request(text(e, "/request/method"), text(e, "/request/url"), number(e.pointer("/response/status")));
        return Ok(Report { tool: "har".to_owned(), requests: list(value, "/log/entries").filter_map(entry).collect() });
    }
    if value.pointer("/run/executions").is_some() {
        return Ok(Report { tool: "newman".to_owned(), requests: list(value, "/run/executions").filter_map(execution).collect() });
    }
    if value.get("site").is_some_and(Value::is_array) {
        let instances = list(value, "/site").flat_map(|s| list(s, "/alerts")).flat_map(|a| list(a, "/instances"));
        let of = |i: &Value| request(text(i, "/method"), text(i, "/uri"), status_line(text(i, "/response-header")));
        return Ok(Report { tool: "zap".to_owned(), requests: instances.filter_map(of).collect() });
    }
    Err(ReportError::Unknown)
}

/// An execution of newman: the URL stands in its parts.
fn execution(value: &Value) -> Option<Request> {
    let url = value.pointer("/request/url")?;
    let path = match url {
        Value::String(url) => url.clone(),
        _ => {
            let variables: Vec<&Value> = list(url, "/variable").collect();
            let part = |p: &Value| {
                let part = p.as_str().unwrap_or_default();
                let own = part.strip_prefix(':').and_then(|name| variables.iter().find(|v| text(v, "/key") == name));
                own.map_or_else(|| part.to_owned(), |v| text(v, "/value").to_owned())
            };
            format!("/{}", list(url, "/path").map(part).collect::<Vec<_>>().join("/"))
        }
    };
    let status = number(value.pointer("/response/code")).unwrap_or(0);
    request(text(value, "/request/method"), &path, Some(status))
}

/// The status of `HTTP/1.1 200 OK`; nothing where there is no answer in the report.
fn status_line(header: &str) -> Option<u16> {
    header.trim_start().split(' ').nth(1)?.parse().ok()
}

/// One event a line; requests stand in what was recorded of a scenario.
fn events(text_of_all: &str) -> Result<Report, ReportError> {
    let mut requests = Vec::new();
    let lines: Vec<&str> = text_of_all.lines().filter(|l| !l.trim().is_empty()).collect();
    for (at, line) in lines.iter().enumerate() {
        // The last line of a run that was stopped may be cut off.
        let event: Value = match serde_json::from_str(line) {
            Ok(event) => event,
            Err(_) if at + 1 == lines.len() => break,
            Err(error) => return Err(ReportError::Broken(format!("line {}: {error}", at + 1))),
        };
        let all = event.pointer("/ScenarioFinished/recorder/interactions").and_then(Value::as_object);
        let of = |i: &Value| {
            let status = number(i.pointer("/response/status_code")).unwrap_or(0);
            request(text(i, "/request/method"), text(i, "/request/uri"), Some(status))
        };
        requests.extend(all.into_iter().flatten().filter_map(|(_, i)| of(i)));
    }
    Ok(Report { tool: "schemathesis".to_owned(), requests })
}

fn cassette(text_of_all: &str) -> Result<Report, ReportError> {
    let value: Value = serde_yaml::from_str(text_of_all).map_err(|e| ReportError::Broken(e.to_string()))?;
    let tool = if text(&value, "/recorded_with").starts_with("Schemathesis") { "schemathesis" } else { "vcr" };
    let of = |i: &Value| {
        let status = number(i.pointer("/response/status/code")).unwrap_or(0);
        request(text(i, "/request/method"), text(i, "/request/uri"), Some(status))
    };
    Ok(Report { tool: tool.to_owned(), requests: list(&value, "/http_interactions").filter_map(of).collect() })
}

fn xml(text_of_all: &str) -> Result<Report, ReportError> {
    let options = roxmltree::ParsingOptions { allow_dtd: false, nodes_limit: 5_000_000, ..Default::default() };
    let document = roxmltree::Document::parse_with_options(text_of_all, options).map_err(|e| ReportError::Broken(e.to_string()))?;
    let root = document.root_element();
    let children = |name: &'static str| root.descendants().filter(move |n| n.has_tag_name(name));
    match root.tag_name().name() {
        "OWASPZAPReport" => {
            let field = |node: &roxmltree::Node<'_, '_>, name: &str| {
                node.children().find(|n| n.has_tag_name(name)).and_then(|n| n.text()).unwrap_or_default().to_owned()
            };
            let of =
                |i: roxmltree::Node<'_, '_>| request(&field(&i, "method"), &field(&i, "uri"), status_line(&field(&i, "responseheader")));
            Ok(Report { tool: "zap".to_owned(), requests: children("instance").filter_map(of).collect() })
        }
        "testsuites" | "testsuite" => {
            let is_skipped = |n: &roxmltree::Node<'_, '_>| n.children().any(|c| c.has_tag_name("skipped"));
            let name = |n: roxmltree::Node<'_, '_>| named(n.attribute("name").unwrap_or_default(), None);
            let cases: Vec<Request> = children("testcase").filter(|n| !is_skipped(n)).filter_map(name).collect();
            if !cases.is_empty() {
                return Ok(Report { tool: "schemathesis".to_owned(), requests: cases });
            }
            // newman has a suite a request and a case a check.
            Ok(Report { tool: "newman".to_owned(), requests: children("testsuite").filter_map(name).collect() })
        }
        _ => Err(ReportError::Unknown),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn told(text: &str) -> (String, Vec<(String, String, Option<u16>)>) {
        let report = read(text).unwrap();
        (report.tool, report.requests.into_iter().map(|r| (r.method, r.path, r.status)).collect())
    }

    fn one(tool: &str, method: &str, path: &str, status: Option<u16>) -> (String, Vec<(String, String, Option<u16>)>) {
        (tool.to_owned(), vec![(method.to_owned(), path.to_owned(), status)])
    }

    #[test]
    fn each_kind_is_read() {
        let har =
            r#"{"log": {"entries": [{"request": {"method": "get", "url": "http://h:1/a%20b/%2F?q=1"}, "response": {"status": 200}}]}}"#;
        assert_eq!(told(har), one("har", "GET", "/a b/%2F", Some(200)));
        let newman = r#"{"run": {"executions": [{"request": {"method": "PUT", "url": {"path": ["a", ":id"],
            "variable": [{"key": "id", "value": "7"}]}}, "response": {"code": 422}}]}}"#;
        assert_eq!(told(newman), one("newman", "PUT", "/a/7", Some(422)));
        let zap = r#"{"@programName": "ZAP", "site": [{"alerts": [{"instances": [
            {"uri": "https://h/x", "method": "POST", "response-header": "HTTP/1.1 500 Oops\r\n"}]}]}]}"#;
        assert_eq!(told(zap), one("zap", "POST", "/x", Some(500)));
        let events = "{\"Initialize\":{}}\n\n{\"ScenarioFinished\":{\"recorder\":{\"interactions\":{\"a\":{\"request\":{\"method\":\"GET\",\
            \"uri\":\"http://h/y\"},\"response\":null}}}}}\n{\"cut";
        assert_eq!(told(events), one("schemathesis", "GET", "/y", Some(0)));
        let cassette = "recorded_with: 'Schemathesis 4'\nhttp_interactions:\n- request:\n    uri: 'http://h/z'\n    method: 'GET'\n  \
                        response:\n    status:\n      code: '204'\n";
        assert_eq!(told(cassette), one("schemathesis", "GET", "/z", Some(204)));
        let junit = r#"<testsuites><testsuite name="schemathesis"><testcase name="GET /a/{id}"/>
            <testcase name="GET /b"><skipped/></testcase></testsuite></testsuites>"#;
        assert_eq!(told(junit), one("schemathesis", "GET", "/a/{id}", None));
        let suites = r#"<testsuites name="x"><testsuite name="Shop / GET /c"><testcase name="is fine"/></testsuite></testsuites>"#;
        assert_eq!(told(suites), one("newman", "GET", "/c", None));
        let zap = "<OWASPZAPReport><site><alerts><alertitem><instances><instance><uri>http://h/d</uri><method>GET</method></instance>\
                   </instances></alertitem></alerts></site></OWASPZAPReport>";
        assert_eq!(told(zap), one("zap", "GET", "/d", None));
    }

    #[test]
    fn what_is_no_report_is_refused() {
        for text in ["", "{}", "[1]", "<a/>", "hello", "{\"log\": ", "<a", "http_interactions: ["] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(read("<!DOCTYPE a [<!ENTITY b \"c\">]><testsuites/>").is_err());
    }
}
