//! An operation as one request: how its caller proves an identity, its target, its body and the whole of it as HTTP/1.1 text.

use crate::operation::{Body, Operation};
use crate::{escape, sample};
use apicensus_catalog::{AuthState, ParameterIn, SchemeKind};
use std::collections::BTreeSet;

/// How a caller proves an identity, in the few ways that clients and scanners know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Proof {
    /// `Authorization: Bearer`.
    Bearer,
    /// `Authorization: Basic`.
    Basic,
    /// A key in a header.
    ApiKey,
    /// A session cookie.
    Session,
    /// A client certificate.
    Mtls,
}

impl Operation<'_> {
    /// The ways to prove an identity to it; empty when none is asked for or none is known.
    pub fn proofs(&self) -> BTreeSet<Proof> {
        let auth = &self.endpoint.auth;
        let of = |kind: SchemeKind| match kind {
            SchemeKind::Basic => Proof::Basic,
            SchemeKind::ApiKey => Proof::ApiKey,
            SchemeKind::Session => Proof::Session,
            SchemeKind::Mtls => Proof::Mtls,
            SchemeKind::Oauth2
            | SchemeKind::OpenIdConnect
            | SchemeKind::Jwt
            | SchemeKind::Bearer
            | SchemeKind::Hmac
            | SchemeKind::Custom => Proof::Bearer,
        };
        let mut out: BTreeSet<Proof> = match auth.state {
            AuthState::Required | AuthState::Optional => auth.schemes.iter().map(|s| of(s.kind)).collect(),
            AuthState::Public | AuthState::None | AuthState::Unknown => BTreeSet::new(),
        };
        if auth.state == AuthState::Required && out.is_empty() {
            out.insert(Proof::Bearer);
        }
        out
    }

    /// The header that proves an identity, with a text in place of the token.
    pub fn proof_header(&self, token: &str) -> Option<(&'static str, String)> {
        Some(match self.proofs().first()? {
            Proof::Bearer => ("Authorization", format!("Bearer {token}")),
            Proof::Basic => ("Authorization", format!("Basic {token}")),
            Proof::ApiKey => ("X-API-Key", token.to_owned()),
            Proof::Session => ("Cookie", format!("session={token}")),
            Proof::Mtls => return None,
        })
    }

    /// The path with samples in place of its parameters, percent-encoded.
    pub fn sample_path(&self) -> String {
        let mut out = String::new();
        let mut rest = self.path.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(&escape::literal(before));
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            let parameter = self.parameters.iter().find(|p| p.location == ParameterIn::Path && p.name == name);
            let value = parameter.map_or_else(|| "1".to_owned(), |p| sample::text(&p.sample));
            out.push_str(&escape::path(&value, false));
            rest = after;
        }
        out.push_str(&escape::literal(rest));
        out
    }

    /// The parameters that a request needs, with their samples as text.
    pub fn needed(&self, location: ParameterIn) -> Vec<(&str, String)> {
        let all = self.parameters.iter().filter(|p| p.location == location);
        all.filter(|p| p.required).map(|p| (p.name.as_str(), sample::text(&p.sample))).collect()
    }

    /// The path with samples and the query that it needs.
    pub fn target(&self) -> String {
        let query: Vec<String> =
            self.needed(ParameterIn::Query).iter().map(|(n, v)| format!("{}={}", escape::query(n), escape::query(v))).collect();
        let path = self.sample_path();
        if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
    }

    /// The body to send: the first of which something is known.
    pub fn body(&self) -> Option<(&Body, String)> {
        let body = self.bodies.iter().find(|b| b.sample.is_some())?;
        Some((body, sample::written(body.sample.as_ref()?, &body.content_type)))
    }

    /// The content type and text of the body to send; parts of a form included.
    pub fn sent(&self) -> Option<(String, String)> {
        let (body, text) = self.body()?;
        let is_parts = body.content_type.contains("form-data") && !body.content_type.contains("boundary");
        let mark = if is_parts { format!("; boundary={}", sample::BOUNDARY) } else { String::new() };
        Some((format!("{}{mark}", body.content_type), text))
    }

    /// Its title: the summary, else method and path.
    pub fn title(&self) -> String {
        let summary = self.endpoint.summary.as_deref().map(escape::line).filter(|s| !s.trim().is_empty());
        summary.unwrap_or_else(|| format!("{} {}", self.method, self.path))
    }

    /// The headers to send: those it needs, its cookies, the proof of identity with a text in place of the token, and the
    /// type of its body.
    pub fn headers(&self, token: &str) -> Vec<(String, String)> {
        let needed = self.needed(ParameterIn::Header);
        let mut out: Vec<(String, String)> = needed.into_iter().map(|(n, v)| (n.to_owned(), escape::line(&v))).collect();
        let proof = self.proof_header(token);
        let mut cookies: Vec<String> =
            self.needed(ParameterIn::Cookie).iter().map(|(n, v)| format!("{}={}", escape::query(n), escape::query(v))).collect();
        match proof {
            Some(("Cookie", value)) => cookies.push(value),
            Some((name, value)) => out.push((name.to_owned(), value)),
            None => {}
        }
        if !cookies.is_empty() {
            out.push(("Cookie".to_owned(), cookies.join("; ")));
        }
        if let Some((content_type, _)) = self.sent() {
            out.push(("Content-Type".to_owned(), content_type));
        }
        out
    }

    /// The request as HTTP/1.1 text (RFC 9112).
    pub fn raw(&self, base: &Base, token: &str) -> String {
        let mut out = format!("{} {}{} HTTP/1.1\r\nHost: {}\r\n", self.method, base.path, self.target(), base.authority());
        for (name, value) in self.headers(token) {
            out.push_str(&format!("{name}: {value}\r\n"));
        }
        let body = self.sent().map(|(_, text)| text).unwrap_or_default();
        if !body.is_empty() {
            out.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        format!("{out}\r\n{body}")
    }
}

/// A base URL in its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// `http` or `https`.
    pub scheme: &'static str,
    /// The host, brackets of IPv6 included.
    pub host: String,
    /// The port, that of the scheme when none is said.
    pub port: u16,
    /// What stands before all paths, without a slash at its end.
    pub path: String,
}

impl Base {
    /// The parts of a URL; what is no URL is taken for a host.
    pub fn of(url: &str) -> Base {
        let (scheme, rest) = match url.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => ("https", rest),
            Some((_, rest)) => ("http", rest),
            None => ("http", url),
        };
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let default = if scheme == "https" { 443 } else { 80 };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().unwrap_or(default)),
            _ => (authority, default),
        };
        let host = if host.is_empty() { "localhost".to_owned() } else { escape::line(host).replace(' ', "") };
        Base { scheme, host, port, path: escape::literal(path.trim_end_matches('/')) }
    }

    /// Host and port, without a port that the scheme has anyway.
    pub fn authority(&self) -> String {
        let default = if self.scheme == "https" { 443 } else { 80 };
        if self.port == default { self.host.clone() } else { format!("{}:{}", self.host, self.port) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_have_parts() {
        let base = Base::of("https://user:pass@api.example.com:8443/v1/");
        assert_eq!((base.scheme, base.host.as_str(), base.port, base.path.as_str()), ("https", "api.example.com", 8443, "/v1"));
        assert_eq!(Base::of("http://localhost").authority(), "localhost");
        assert_eq!(Base::of("http://[::1]:80").authority(), "[::1]");
        assert_eq!(Base::of("https://[::1]").port, 443);
        assert_eq!(Base::of("host:1").authority(), "host:1");
    }
}
