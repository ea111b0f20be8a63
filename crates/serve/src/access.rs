//! Who may ask: the token, the hosts by which a server on a loopback address may be called, and the headers of every answer.

use crate::problem::Problem;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// Characters that a token must have.
pub const SHORTEST_TOKEN: usize = 16;

/// Who may ask.
#[derive(Clone, Debug)]
pub struct Access {
    /// The hash of the token, where one is needed.
    token: Option<[u8; 32]>,
    is_loopback: bool,
}

/// A server that would be open to others.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// An address that others reach, and no token.
    #[error("{0} can be reached from other machines, so a token is needed: set {1} or give a file that holds one")]
    NoToken(IpAddr, &'static str),
    /// A token that can be guessed.
    #[error("the token has {0} characters; it must have at least {SHORTEST_TOKEN}")]
    ShortToken(usize),
}

impl Access {
    /// Access at an address, by a token if there is one. `variable` is named where a token is missing.
    ///
    /// # Errors
    /// When others reach the address and there is no token, or it is too short.
    pub fn new(address: SocketAddr, token: Option<&str>, variable: &'static str) -> Result<Access, AccessError> {
        let token = token.map(str::trim).filter(|token| !token.is_empty());
        let is_loopback = address.ip().is_loopback();
        match token {
            None if !is_loopback => Err(AccessError::NoToken(address.ip(), variable)),
            Some(token) if token.chars().count() < SHORTEST_TOKEN => Err(AccessError::ShortToken(token.chars().count())),
            _ => Ok(Access { token: token.map(hashed), is_loopback }),
        }
    }

    /// Whether a token is asked for.
    pub fn needs_token(&self) -> bool {
        self.token.is_some()
    }

    /// Whether the token of a request is the right one. Hashes are compared, in constant time.
    fn admits(&self, expected: &[u8; 32], headers: &HeaderMap) -> bool {
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(token_of);
        given.is_some_and(|given| bool::from(hashed(&given).ct_eq(expected)))
    }

    /// Whether a request may name this host. Without a token a page of another site could else have its own name point to
    /// this machine and read the answers (DNS rebinding).
    fn knows_host(&self, headers: &HeaderMap) -> bool {
        if !self.is_loopback || self.needs_token() {
            return true;
        }
        let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let name = host.rsplit_once(':').filter(|(_, port)| port.chars().all(|c| c.is_ascii_digit())).map_or(host, |(name, _)| name);
        name.eq_ignore_ascii_case("localhost") || name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

fn hashed(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// The token of `Bearer TOKEN`, or the password of `Basic`, which browsers ask for by themselves.
fn token_of(header: &str) -> Option<String> {
    let (scheme, value) = header.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(value.trim().to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
    text.split_once(':').map(|(_, password)| password.to_owned())
}

/// Refuses requests without the token, where one is needed.
pub async fn require_token(State(access): State<Arc<Access>>, request: Request, next: Next) -> Response {
    let Some(expected) = &access.token else { return next.run(request).await };
    if !access.admits(expected, request.headers()) {
        let mut refusal =
            Problem::new(StatusCode::UNAUTHORIZED, "a token is needed: Authorization: Bearer TOKEN, or TOKEN as the password")
                .into_response();
        refusal.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"apicensus\", charset=\"UTF-8\""));
        refusal.headers_mut().append(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"apicensus\""));
        return refusal;
    }
    next.run(request).await
}

/// Refuses requests by another name than this machine's, and puts the headers of safety on every answer.
pub async fn harden(State(access): State<Arc<Access>>, request: Request, next: Next) -> Response {
    let mut response = if access.knows_host(request.headers()) {
        next.run(request).await
    } else {
        Problem::new(StatusCode::MISDIRECTED_REQUEST, "this server answers to localhost only").into_response()
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.entry(*name).or_insert(HeaderValue::from_static(value));
    }
    response
}

const HEADERS: &[(&str, &str)] = &[
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("cache-control", "no-store"),
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const OPEN: &str = "127.0.0.1:8080";
    const TOKEN: &str = "0123456789abcdef";

    fn access(address: &str, token: Option<&str>) -> Result<Access, AccessError> {
        Access::new(address.parse().unwrap(), token, "VARIABLE")
    }

    #[test]
    fn other_addresses_need_a_token_that_is_long() {
        assert!(!access(OPEN, None).unwrap().needs_token());
        assert!(access(OPEN, Some(TOKEN)).unwrap().needs_token());
        assert!(access("[::1]:1", None).is_ok());
        for address in ["0.0.0.0:80", "192.168.1.2:80", "[::]:80"] {
            assert!(access(address, None).unwrap_err().to_string().contains("VARIABLE"), "{address}");
            assert!(access(address, Some("  ")).is_err());
            assert!(access(address, Some(TOKEN)).is_ok());
        }
        assert_eq!(access(OPEN, Some("short")).unwrap_err(), AccessError::ShortToken(5));
    }

    #[test]
    fn the_token_is_taken_as_bearer_or_password() {
        let access = access(OPEN, Some(TOKEN)).unwrap();
        let admits = |value: &str| {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())]);
            access.admits(&access.token.unwrap(), &headers)
        };
        assert!(admits(&format!("Bearer {TOKEN}")));
        assert!(admits(&format!("Basic {}", STANDARD.encode(format!("me:{TOKEN}")))));
        for wrong in ["Bearer 0123456789abcdeF", "Bearer", TOKEN, "Basic !!!", "Digest 0123456789abcdef"] {
            assert!(!admits(wrong), "{wrong}");
        }
    }

    #[test]
    fn without_a_token_only_names_of_this_machine_are_answered() {
        let access = access(OPEN, None).unwrap();
        let knows = |host: &str| access.knows_host(&HeaderMap::from_iter([(header::HOST, host.parse().unwrap())]));
        for host in ["localhost", "localhost:8080", "127.0.0.1:8080", "[::1]:8080", "LOCALHOST:1"] {
            assert!(knows(host), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8080", "", "10.0.0.1"] {
            assert!(!knows(host), "{host}");
        }
    }
}
