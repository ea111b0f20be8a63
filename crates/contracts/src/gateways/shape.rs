//! What the formats have in common: targets, rewrites, verdicts and the order of routes.

use apicensus_catalog::{AuthState, GatewayAuth, GatewayRoute, GatewayTarget, Location, PathMatch, PathRewrite, RewriteKind, SchemeKind};

/// The target that a URL or `host:port` names, and the path of the URL; none where it has none.
pub fn target(url: &str) -> (GatewayTarget, Option<String>) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (host, path) = match rest.find('/') {
        Some(at) => (&rest[..at], Some(rest[at..].to_owned())),
        None => (rest, None),
    };
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') && !port.contains('}') => (name, Some(port.to_owned())),
        _ => (host, None),
    };
    (GatewayTarget { name: name.to_owned(), port, ..GatewayTarget::default() }, path)
}

/// A target by its name.
pub fn named(name: impl Into<String>, port: Option<&str>) -> GatewayTarget {
    GatewayTarget { name: name.into(), port: port.map(str::to_owned), ..GatewayTarget::default() }
}

/// A leading part that is replaced; none where nothing changes.
pub fn prefix(from: &str, to: &str) -> Option<PathRewrite> {
    (from != to).then(|| PathRewrite { kind: RewriteKind::Prefix, from: from.to_owned(), to: to.to_owned() })
}

/// A path that is replaced as a whole.
pub fn whole(to: &str) -> Option<PathRewrite> {
    Some(PathRewrite { kind: RewriteKind::Whole, from: String::new(), to: to.to_owned() })
}

/// Two rewrites one after the other; what can't be told backwards stays so.
pub fn after(first: Option<PathRewrite>, second: Option<PathRewrite>) -> Option<PathRewrite> {
    match (first, second) {
        (Some(first), Some(second)) if first.kind == RewriteKind::Prefix && second.kind == RewriteKind::Prefix => {
            match (first.to.strip_prefix(&second.from), second.from.strip_prefix(&first.to)) {
                (Some(rest), _) => prefix(&first.from, &format!("{}{rest}", second.to)),
                (_, Some(rest)) => prefix(&format!("{}{rest}", first.from), &second.to),
                _ => Some(first),
            }
        }
        (_, Some(second)) if second.kind != RewriteKind::Prefix => Some(second),
        (Some(first), _) => Some(first),
        (None, second) => second,
    }
}

/// The replacement of a pattern as one of a leading part where it is that: `^/api/(.*)` by `/$1`.
pub fn of_pattern(pattern: &str, replacement: &str) -> PathRewrite {
    let opaque = PathRewrite { kind: RewriteKind::Pattern, from: pattern.to_owned(), to: replacement.to_owned() };
    let trimmed = pattern.strip_prefix('^').unwrap_or(pattern);
    let trimmed = trimmed.strip_suffix('$').unwrap_or(trimmed);
    const TAILS: &[(&str, &str, usize)] =
        &[("(/|$)(.*)", "/", 2), ("/?(.*)", "/", 1), ("(/.*)?", "", 1), ("(/.*)", "", 1), ("(.*)", "", 1), ("(.+)", "", 1)];
    let Some((head, slash, group)) = TAILS.iter().find_map(|(tail, slash, group)| Some((trimmed.strip_suffix(tail)?, *slash, *group)))
    else {
        // Without a group that is kept, all of the path is replaced where the pattern takes all of it.
        let is_plain = !replacement.contains(['$', '\\']);
        return if is_plain && pattern.starts_with('^') && pattern.ends_with(".*") {
            PathRewrite { kind: RewriteKind::Whole, from: String::new(), to: replacement.to_owned() }
        } else if is_plain && literal(trimmed).is_some() && pattern.starts_with('^') {
            PathRewrite { kind: RewriteKind::Prefix, from: literal(trimmed).unwrap_or_default(), to: replacement.to_owned() }
        } else {
            opaque
        };
    };
    let kept = [format!("${group}"), format!("${{{group}}}"), format!("\\{group}"), format!("{{http.regexp.{group}}}")];
    let (Some(head), Some(to)) = (literal(head), kept.iter().find_map(|k| replacement.strip_suffix(k.as_str()))) else { return opaque };
    if to.contains(['$', '\\']) {
        return opaque;
    }
    let (from, to) = (format!("{head}{slash}"), to.to_owned());
    // A group that brings its own slash is put behind the replacement as it is.
    PathRewrite { kind: RewriteKind::Prefix, from, to }
}

/// The text of a pattern that has nothing but text.
pub fn literal(pattern: &str) -> Option<String> {
    let mut out = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.push(chars.next().filter(|c| !c.is_ascii_alphanumeric())?),
            '.' | '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '^' | '$' => return None,
            other => out.push(other),
        }
    }
    Some(out)
}

/// An identity is asked for.
pub fn required(scheme: SchemeKind, by: &str, at: Location) -> GatewayAuth {
    GatewayAuth { state: AuthState::Required, schemes: vec![scheme], scopes: Vec::new(), by: by.to_owned(), at }
}

/// None is asked for, in so many words.
pub fn open(by: &str, at: Location) -> GatewayAuth {
    GatewayAuth { state: AuthState::None, schemes: Vec::new(), scopes: Vec::new(), by: by.to_owned(), at }
}

/// The scheme of a plugin that asks for an identity, by the names that gateways give them.
pub fn scheme_of(plugin: &str) -> Option<SchemeKind> {
    Some(match plugin {
        "jwt" | "jwt-auth" | "jwt-signer" => SchemeKind::Jwt,
        "key-auth" | "key-auth-enc" => SchemeKind::ApiKey,
        "basic-auth" => SchemeKind::Basic,
        "oauth2" | "oauth2-introspection" => SchemeKind::Oauth2,
        "openid-connect" | "oidc" => SchemeKind::OpenIdConnect,
        "hmac-auth" => SchemeKind::Hmac,
        "mtls-auth" => SchemeKind::Mtls,
        "session" => SchemeKind::Session,
        "ldap-auth" | "ldap-auth-advanced" => SchemeKind::Basic,
        "forward-auth" | "authz-keycloak" | "authz-casdoor" | "wolf-rbac" | "opa" | "cas-auth" => SchemeKind::Custom,
        _ => return None,
    })
}

/// Sorts routes into the order in which gateways that look for the best fit try them: those for a host first, then the exact
/// path, the longest, the one with a method and the one with more conditions.
pub fn by_fit(routes: &mut [GatewayRoute]) {
    routes.sort_by_key(|r| {
        let kind = match r.path_match {
            PathMatch::Exact => 0,
            PathMatch::Regex => 1,
            _ => 2,
        };
        (r.hosts.is_empty(), kind, std::cmp::Reverse(r.path.len()), r.methods.is_empty(), std::cmp::Reverse(r.only_if.len()))
    });
}

/// Whether an origin-like value is worth keeping.
pub fn push_new(list: &mut Vec<String>, text: &str) {
    if !text.is_empty() && !list.iter().any(|known| known == text) {
        list.push(text.to_owned());
    }
}

/// A method as it stands in catalogs; none for any.
pub fn method(text: &str) -> Option<String> {
    let upper = text.trim().to_ascii_uppercase();
    (!matches!(upper.as_str(), "" | "ANY" | "*" | "X-AMAZON-APIGATEWAY-ANY-METHOD")).then_some(upper)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_that_replace_a_leading_part_are_told() {
        let cases = [
            ("^/api/(.*)$", "/$1", Some(("/api/", "/"))),
            ("/api(/|$)(.*)", "/$2", Some(("/api/", "/"))),
            ("^/api(/.*)?$", "$1", Some(("/api", ""))),
            ("/svc/v1/(.*)", "/v1/$1", Some(("/svc/v1/", "/v1/"))),
            ("^/a\\.b/(.*)", "/\\1", Some(("/a.b/", "/"))),
            ("^/users/([0-9]+)/(.*)", "/u/$1/$2", None),
            ("^/(a|b)/(.*)", "/$2", None),
        ];
        for (pattern, replacement, expected) in cases {
            let got = of_pattern(pattern, replacement);
            let pair = (got.kind == RewriteKind::Prefix).then_some((got.from.as_str(), got.to.as_str()));
            assert_eq!(pair, expected, "{pattern} {replacement}");
        }
    }

    #[test]
    fn urls_name_targets() {
        let (t, path) = target("http://orders:8000/v1/");
        assert_eq!((t.name.as_str(), t.port.as_deref(), path.as_deref()), ("orders", Some("8000"), Some("/v1/")));
        let (t, path) = target("http://[::1]:80");
        assert_eq!((t.name.as_str(), t.port.as_deref(), path), ("[::1]", Some("80"), None));
        assert_eq!(target("orders.default.svc").0.name, "orders.default.svc");
    }
}
