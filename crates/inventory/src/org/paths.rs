//! Paths of calls and of endpoints, compared segment by segment.

/// A path as its segments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    segments: Vec<Segment>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    /// This text.
    Text(String),
    /// One segment, whatever it is.
    One,
    /// Any number of segments.
    Rest,
}

impl Template {
    /// Of an endpoint: `{name}` is one segment, `{*name}` the rest.
    pub fn of_endpoint(path: &str) -> Template {
        let segment = |text: &str| match text {
            _ if text.contains("{*") || text == "*" || text == "**" => Segment::Rest,
            _ if text.contains('{') => Segment::One,
            _ => Segment::Text(text.to_owned()),
        };
        Template { segments: pieces(path).map(segment).collect() }
    }

    /// Of a call: what is not known is one segment, or several at the beginning, where a base path may be.
    pub fn of_call(path: &str) -> Template {
        let path = path.split(['?', '#']).next().filter(|_| !path.contains("{?")).map_or_else(|| without_query(path), str::to_owned);
        let segment = |text: &str| if text.contains("{?") { Segment::One } else { Segment::Text(text.to_owned()) };
        Template { segments: pieces(&path).map(segment).collect() }
    }

    /// Whether an endpoint with this path answers a call of that path.
    pub fn fits(&self, call: &Template) -> bool {
        let (mut own, mut other) = (self.segments.iter(), call.segments.iter());
        loop {
            match (own.next(), other.next()) {
                (Some(Segment::Rest), _) => return true,
                (None, None) => return true,
                (Some(Segment::One), Some(_)) | (Some(_), Some(Segment::One)) => {}
                (Some(Segment::Text(a)), Some(Segment::Text(b))) if a == b => {}
                _ => return false,
            }
        }
    }

    /// How near it is to a call that it answers: same texts, and the fewer guesses the better.
    fn rank(&self, call: &Template) -> (usize, std::cmp::Reverse<usize>) {
        let pairs = || self.segments.iter().zip(&call.segments);
        let same = pairs().filter(|(own, other)| own == other && matches!(own, Segment::Text(_))).count();
        let guessed = pairs().filter(|(own, other)| matches!((own, other), (Segment::Text(_), Segment::One))).count();
        (same, std::cmp::Reverse(guessed))
    }

    fn texts(&self) -> usize {
        self.segments.iter().filter(|s| matches!(s, Segment::Text(_))).count()
    }

    /// Whether it tells enough to lead to a service by itself: two texts, and one that is not met everywhere.
    pub fn is_telling(&self) -> bool {
        let is_common =
            |text: &str| matches!(text, "api" | "rest" | "v1" | "v2" | "v3" | "health" | "status" | "login" | "metrics" | "graphql");
        let texts: Vec<&str> =
            self.segments.iter().filter_map(|s| if let Segment::Text(text) = s { Some(text.as_str()) } else { None }).collect();
        texts.len() >= 2 && texts.iter().any(|text| !is_common(text)) && !self.segments.contains(&Segment::Rest)
    }

    /// Whether nothing of it is known.
    pub fn is_vague(&self) -> bool {
        !self.segments.is_empty() && self.texts() == 0
    }
}

/// The segments without empty ones, so that a slash at the end makes no difference.
fn pieces(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|piece| !piece.is_empty())
}

/// A path of a call without its query; a `?` within braces is no query.
fn without_query(path: &str) -> String {
    let mut depth = 0_u32;
    let end = path.char_indices().find(|(_, c)| {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && matches!(c, '?' | '#')
    });
    path[..end.map_or(path.len(), |(at, _)| at)].to_owned()
}

/// Those of the paths that answer a call and are nearest to it: most texts are the same, then fewest stand where the call has a part
/// that is not known.
pub(crate) fn best<'t, T>(all: impl Iterator<Item = &'t T>, call: &Template, template: impl Fn(&T) -> &Template) -> Vec<&'t T> {
    let all: Vec<&T> = all.filter(|one| template(one).fits(call)).collect();
    let Some(most) = all.iter().map(|one| template(one).rank(call)).max() else { return all };
    all.into_iter().filter(|one| template(one).rank(call) == most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(endpoint: &str, call: &str) -> bool {
        Template::of_endpoint(endpoint).fits(&Template::of_call(call))
    }

    #[test]
    fn segments_are_compared() {
        assert!(fits("/v1/orders/{id}", "/v1/orders/{?x}"));
        assert!(fits("/v1/orders/", "/v1/orders?full=1"));
        assert!(fits("/v1/orders/{id}", "/v1/orders/42"));
        assert!(fits("/files/{*path}", "/files/a/b"));
        assert!(fits("/a/{?x.y}/b", "/a/{?order?.id}/b"));
        assert!(!fits("/v1/orders", "/v1/orders/1") && !fits("/v1/orders/{id}", "/v2/orders/1") && !fits("/a/b", "/a"));
        assert_eq!(without_query("/a/{?x}?b={?c}"), "/a/{?x}");
    }

    #[test]
    fn the_nearest_wins_and_little_tells_nothing() {
        let all = [Template::of_endpoint("/orders/{id}"), Template::of_endpoint("/orders/mine")];
        assert_eq!(best(all.iter(), &Template::of_call("/orders/mine"), |t| t), [&all[1]]);
        assert_eq!(best(all.iter(), &Template::of_call("/orders/{?id}"), |t| t), [&all[0]]);
        assert!(best(all.iter(), &Template::of_call("/users"), |t| t).is_empty());
        assert!(Template::of_call("/orders/mine").is_telling());
        assert!(!Template::of_call("/api/v1/{?x}").is_telling() && !Template::of_call("/orders").is_telling());
        assert!(Template::of_call("/{?x}").is_vague() && !Template::of_call("/").is_vague());
    }
}
