//! One line of what a case expects an endpoint to answer, and the same made of what a scan found:
//! `METHOD /path: STATUS type [inferred]`, where the type is `any` if nothing is said of the body and `[inferred]` marks what
//! only the handler's code says.

use crate::auth::endpoint_of;
use crate::expect::ExpectedEndpoint;
use crate::inputs::type_text;
use apicensus_catalog::Endpoint;
use std::fmt;

/// One answer that an endpoint is expected to give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedAnswer {
    /// Method, `ANY`, `WS` or `SSE`, and the path.
    pub endpoint: String,
    /// Status, type and mark, one blank between them.
    pub answer: String,
}

impl ExpectedAnswer {
    /// Reads a line.
    ///
    /// # Errors
    /// Says what the line should look like.
    pub fn parse(line: &str) -> Result<Self, String> {
        let shape = || format!("expected `METHOD /path: 200 type [inferred]`, found `{}`", line.trim());
        let (endpoint, rest) = endpoint_of(line).ok_or_else(shape)?;
        let words: Vec<&str> = rest.split_whitespace().collect();
        let is_status = words.first().is_some_and(|w| w.len() == 3 && w.parse::<u16>().is_ok());
        let is_marked = words.get(2).is_none_or(|w| *w == "[inferred]");
        if !is_status || !(2..=3).contains(&words.len()) || !is_marked {
            return Err(shape());
        }
        Ok(ExpectedAnswer { endpoint, answer: words.join(" ") })
    }

    /// All that the scan found one endpoint to answer.
    pub fn of(endpoint: &Endpoint) -> Vec<Self> {
        let operation = ExpectedEndpoint::of(endpoint).operation();
        let one = |r: &apicensus_catalog::Response| {
            let kind = r.schema.as_ref().map_or_else(|| "any".to_owned(), |s| type_text(s, 0));
            let mark = if r.inferred { " [inferred]" } else { "" };
            ExpectedAnswer { endpoint: operation.clone(), answer: format!("{} {kind}{mark}", r.status) }
        };
        endpoint.responses.iter().map(one).collect()
    }
}

impl fmt::Display for ExpectedAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.endpoint, self.answer)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn reads_lines_of_answers() {
        for line in ["GET /a/{id}: 200 Item", "POST /a: 404 any [inferred]"] {
            assert_eq!(ExpectedAnswer::parse(line).unwrap().to_string(), line);
        }
        for wrong in ["GET /a: 200", "GET /a: ok any", "GET /a: 200 any guessed", "GET /a 200 any"] {
            assert!(ExpectedAnswer::parse(wrong).is_err(), "{wrong}");
        }
    }
}
