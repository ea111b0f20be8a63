//! What an answer's status and headers mean for the next request.
//!
//! GitHub: primary limits answer 403 or 429 with `x-ratelimit-remaining: 0` and the end of the window in
//! `x-ratelimit-reset`; secondary limits with `retry-after` or nothing but words, and then at least a minute is due.
//! GitLab, Gitea and Bitbucket answer 429 with `Retry-After`, GitLab also with `RateLimit-Reset`.

use std::time::{Duration, SystemTime};

/// A wait where the host asks for one without saying how long.
const UNSAID: Duration = Duration::from_secs(60);

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Take the answer. All others wait first if the window is used up.
    Take { hold: Option<Duration> },
    /// Use the page that was kept.
    Unchanged,
    /// Go there instead.
    Redirect(String),
    /// Hold everyone for so long, then try again.
    Wait(Duration),
    /// Try again after a pause.
    Retry(String),
    /// Who asks is not let in.
    Denied(String),
    /// There is no such thing.
    NotFound,
    /// Another status that no second try will change.
    Odd(String),
}

/// The parts of an answer that decide.
pub(crate) struct Head<'a> {
    pub status: u16,
    pub header: &'a dyn Fn(&str) -> Option<String>,
    /// The beginning of the body.
    pub body: &'a str,
}

pub(crate) fn judge(head: &Head<'_>, now: SystemTime) -> Verdict {
    let said = || format!("{}{}", head.status, message(head.body).map(|m| format!(", {m}")).unwrap_or_default());
    match head.status {
        304 => Verdict::Unchanged,
        200..=299 => Verdict::Take { hold: used_up(head, now) },
        301 | 302 | 303 | 307 | 308 => match (head.header)("location") {
            Some(location) => Verdict::Redirect(location),
            None => Verdict::Odd(format!("{} without a location", head.status)),
        },
        403 | 429 => limit(head, now).map_or_else(|| Verdict::Denied(said()), Verdict::Wait),
        401 | 407 => Verdict::Denied(said()),
        404 | 410 | 451 => Verdict::NotFound,
        408 | 425 | 500..=599 => match retry_after(head, now) {
            Some(wait) => Verdict::Wait(wait),
            None => Verdict::Retry(said()),
        },
        _ => Verdict::Odd(said()),
    }
}

/// How long a refused request has to wait; None when it is no rate limit.
fn limit(head: &Head<'_>, now: SystemTime) -> Option<Duration> {
    if let Some(wait) = retry_after(head, now) {
        return Some(wait);
    }
    if let Some(wait) = used_up(head, now) {
        return Some(wait);
    }
    let text = head.body.to_ascii_lowercase();
    let words = ["secondary rate limit", "abuse detection", "rate limit exceeded", "too many requests"];
    (head.status == 429 || words.iter().any(|w| text.contains(w))).then_some(UNSAID)
}

/// Seconds or a date.
fn retry_after(head: &Head<'_>, now: SystemTime) -> Option<Duration> {
    let text = (head.header)("retry-after")?;
    if let Ok(seconds) = text.trim().parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(text.trim()).ok()?;
    Some(until.duration_since(now).unwrap_or_default())
}

/// The time to the end of a window in which nothing is left.
fn used_up(head: &Head<'_>, now: SystemTime) -> Option<Duration> {
    let number = |name: &str| (head.header)(name)?.trim().parse::<u64>().ok();
    let remaining = number("x-ratelimit-remaining").or_else(|| number("ratelimit-remaining"))?;
    let reset = number("x-ratelimit-reset").or_else(|| number("ratelimit-reset"))?;
    if remaining > 0 {
        return None;
    }
    let until = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(reset))?;
    // A second more, as clocks differ.
    Some(until.duration_since(now).unwrap_or_default() + Duration::from_secs(1))
}

/// What a JSON error says, one line.
fn message(body: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(body).ok()?;
    let text = value.get("message").or_else(|| value.get("error")).and_then(|m| match m {
        serde_json::Value::String(text) => Some(text.as_str()),
        other => other.get("message").and_then(serde_json::Value::as_str),
    })?;
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(160).collect();
    Some(line)
}

/// The address of the next page in a `Link` header (RFC 8288).
pub(crate) fn next_link(header: &str) -> Option<String> {
    let mut rest = header;
    loop {
        let (_, after) = rest.split_once('<')?;
        let (url, after) = after.split_once('>')?;
        let end = after.find('<').unwrap_or(after.len());
        let parameters = after.get(..end).unwrap_or_default();
        let is_next = parameters.trim_end_matches([',', ' ']).split(';').any(|p| {
            let (name, value) = p.trim().split_once('=').unwrap_or_default();
            let mut relations = value.trim().trim_matches('"').split(' ');
            name.trim().eq_ignore_ascii_case("rel") && relations.any(|r| r.eq_ignore_ascii_case("next"))
        });
        if is_next {
            return Some(url.to_owned());
        }
        rest = after.get(end..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(status: u16, headers: &[(&str, &str)], body: &str) -> Verdict {
        let header = |name: &str| headers.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_747);
        judge(&Head { status, header: &header, body }, now)
    }

    #[test]
    fn limits_are_told_from_refusals() {
        let seconds = |s| Verdict::Wait(Duration::from_secs(s));
        assert_eq!(verdict(429, &[("retry-after", "7")], ""), seconds(7));
        assert_eq!(verdict(503, &[("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")], ""), seconds(30));
        let used = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "784111757")];
        assert_eq!(verdict(403, &used, ""), seconds(11));
        assert_eq!(verdict(200, &used, "[]"), Verdict::Take { hold: Some(Duration::from_secs(11)) });
        assert_eq!(verdict(200, &[("x-ratelimit-remaining", "9"), used[1]], "[]"), Verdict::Take { hold: None });
        let secondary = "{\"message\": \"You have exceeded a secondary rate limit. Please wait a few minutes\"}";
        assert_eq!(verdict(403, &[("x-ratelimit-remaining", "4000"), used[1]], secondary), seconds(60));
        assert_eq!(verdict(429, &[], ""), seconds(60));
        let refused = "{\"message\": \"Resource not accessible by integration\"}";
        assert_eq!(verdict(403, &[], refused), Verdict::Denied("403, Resource not accessible by integration".to_owned()));
        assert_eq!(verdict(401, &[], "<html>"), Verdict::Denied("401".to_owned()));
        assert_eq!(verdict(502, &[], ""), Verdict::Retry("502".to_owned()));
        assert_eq!(verdict(404, &[], ""), Verdict::NotFound);
    }

    #[test]
    fn links_lead_to_the_next_page() {
        let both = "<https://h/a?page=1>; rel=\"prev\", <https://h/a?page=3>; rel=\"next\",<https://h/a?page=9>; rel=\"last\"";
        assert_eq!(next_link(both).as_deref(), Some("https://h/a?page=3"));
        assert_eq!(next_link("<https://h/a?x=1,2>; REL=next").as_deref(), Some("https://h/a?x=1,2"));
        assert_eq!(next_link("<https://h/a>; rel=\"last\""), None);
        assert_eq!(next_link("<broken"), None);
        assert_eq!(next_link(""), None);
    }
}
