//! The HTTP client: JSON of forges, with waits, retries, conditional requests and bounds.
//!
//! TLS is rustls, trusting the certificates of the system and those of a host's `ca_file`. A redirect is followed only
//! to the same host, so a token never goes elsewhere. Plain http is spoken to this machine, and where a host's
//! configuration allows it.

use crate::address::{Address, Base};
use crate::config::HostConfig;
use crate::error::ForgeError;
use crate::gate::{CachedPage, Gate, Pass, Shared, lock};
use crate::secret::Secret;
use crate::verdict::{Head, Verdict, judge, next_link};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};
use ureq::http::{HeaderMap, Response};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};
use ureq::{Agent, Body, BodyReader};

/// Redirects that are followed.
const MAX_REDIRECTS: usize = 3;

/// Bounds of talking to a host.
#[derive(Clone, Debug, PartialEq)]
pub struct NetLimits {
    /// Tries of one request, waits for rate limits included.
    pub attempts: u32,
    /// The pause before the second try of what failed; it doubles each time.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
    /// The longest wait that a host may ask for.
    pub longest_wait: Duration,
    /// Time to connect.
    pub connect: Duration,
    /// Time without a byte.
    pub idle: Duration,
    /// Time for a whole answer of an API.
    pub answer: Duration,
    /// Bytes of an answer of an API.
    pub answer_bytes: u64,
}

impl Default for NetLimits {
    fn default() -> Self {
        NetLimits {
            attempts: 6,
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(60),
            longest_wait: Duration::from_secs(3900),
            connect: Duration::from_secs(20),
            idle: Duration::from_secs(60),
            answer: Duration::from_secs(180),
            answer_bytes: 32 << 20,
        }
    }
}

/// An answer in JSON.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub body: Value,
    /// The next page, from its `Link` header.
    pub next: Option<String>,
}

/// The `Authorization` header, if any.
pub(crate) type Authorization = Option<Secret>;

/// All clients: one agent and one gate a host.
#[derive(Debug)]
pub(crate) struct Client {
    pub limits: NetLimits,
    hosts: BTreeMap<String, HostConfig>,
    base: PathBuf,
    shared: Arc<dyn Shared>,
    roots: Mutex<Option<Arc<Vec<Certificate<'static>>>>>,
    ways: Mutex<HashMap<String, Way>>,
}

/// The way to one host.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    pub agent: Agent,
    pub gate: Arc<Gate>,
}

impl Client {
    pub fn new(hosts: BTreeMap<String, HostConfig>, base: &Path, limits: NetLimits, shared: Arc<dyn Shared>) -> Client {
        Client { limits, hosts, base: base.to_owned(), shared, roots: Mutex::default(), ways: Mutex::default() }
    }

    /// The configuration of a host.
    pub fn host(&self, authority: &str) -> Option<&HostConfig> {
        self.hosts.get(authority)
    }

    /// Whether plain http may be spoken to an address's host.
    pub fn allows_http(&self, address: &Address) -> bool {
        let own = matches!(address.host.as_str(), "localhost" | "[::1]") || address.host.starts_with("127.");
        own || self.host(&address.authority()).is_some_and(|h| h.allow_http)
    }

    /// The agent and the gate of a host.
    pub fn way(&self, authority: &str) -> Result<Way, ForgeError> {
        if let Some(way) = lock(&self.ways).get(authority) {
            return Ok(way.clone());
        }
        let config = self.host(authority);
        let mut roots = self.system_roots().as_ref().clone();
        if let Some(file) = config.and_then(|c| c.ca_file.as_ref()) {
            roots.extend(certificates(&self.base.join(file))?);
        }
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .root_certs(RootCerts::from(roots))
            .build();
        let agent = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("apicensus/", env!("CARGO_PKG_VERSION")))
            .timeout_resolve(Some(self.limits.connect))
            .timeout_connect(Some(self.limits.connect))
            .timeout_per_read(Some(self.limits.idle))
            .timeout_per_write(Some(self.limits.idle))
            .build()
            .new_agent();
        let places = config.and_then(|c| c.connections).unwrap_or(4);
        let gate = Arc::new(Gate::new(authority, places, self.limits.longest_wait, Arc::clone(&self.shared)));
        let way = Way { agent, gate };
        Ok(lock(&self.ways).entry(authority.to_owned()).or_insert(way).clone())
    }

    fn system_roots(&self) -> Arc<Vec<Certificate<'static>>> {
        let mut roots = lock(&self.roots);
        let found = roots.get_or_insert_with(|| {
            // What can't be read is not trusted; a host then fails with a certificate error.
            let found = rustls_native_certs::load_native_certs();
            Arc::new(found.certs.iter().map(|c| Certificate::from_der(c).to_owned()).collect())
        });
        Arc::clone(found)
    }

    /// Asks for JSON. An answer that has not changed is taken from what was kept.
    pub fn get(&self, url: &str, authorization: &Authorization) -> Result<Answer, ForgeError> {
        self.ask(url, authorization, None)
    }

    /// Sends JSON; for what makes a token, which may be done twice.
    pub fn post(&self, url: &str, authorization: &Authorization, body: &Value) -> Result<Answer, ForgeError> {
        self.ask(url, authorization, Some(body))
    }

    fn ask(&self, url: &str, authorization: &Authorization, body: Option<&Value>) -> Result<Answer, ForgeError> {
        let mut url = url.to_owned();
        let mut redirects = 0;
        let mut pause = self.limits.first_pause;
        let mut last = String::new();
        let mut attempt = 0;
        while attempt < self.limits.attempts {
            let (verdict, answer) = match self.once(&url, authorization, body) {
                Ok(done) => done,
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Again(reason)) => (Verdict::Retry(reason), None),
            };
            match (verdict, answer) {
                (Verdict::Redirect(location), _) => {
                    redirects += 1;
                    url = self.redirected(&url, &location, redirects)?;
                    continue;
                }
                (Verdict::Denied(reason), _) => return Err(ForgeError::Denied { place: url, reason }),
                (Verdict::NotFound, _) => return Err(ForgeError::NotFound { place: url }),
                (Verdict::Odd(reason), _) => return Err(ForgeError::answer(&url, reason)),
                (Verdict::Take { .. } | Verdict::Unchanged, Some(answer)) => return Ok(answer),
                (Verdict::Wait(_), _) => last = "it asked to wait again and again".to_owned(),
                (Verdict::Retry(reason), _) => {
                    last = reason;
                    std::thread::sleep(jitter(pause));
                    pause = (pause * 2).min(self.limits.longest_pause);
                }
                (Verdict::Take { .. } | Verdict::Unchanged, None) => last = "an answer without a body".to_owned(),
            }
            attempt += 1;
        }
        Err(ForgeError::network(&url, format!("{last} (tried {} times)", self.limits.attempts)))
    }

    fn redirected(&self, url: &str, location: &str, count: usize) -> Result<String, ForgeError> {
        let next = join(url, location)?;
        same_host(url, &next)?;
        if count > MAX_REDIRECTS { Err(ForgeError::answer(url, "too many redirects")) } else { Ok(next) }
    }

    /// One request and its answer.
    fn once(&self, url: &str, authorization: &Authorization, body: Option<&Value>) -> Result<(Verdict, Option<Answer>), Failure> {
        let address = Address::parse(url.split(['?', '#']).next().unwrap_or(url)).map_err(Failure::Final)?;
        self.check_scheme(&address).map_err(Failure::Final)?;
        let way = self.way(&address.authority()).map_err(Failure::Final)?;
        let kept = if body.is_none() { self.shared.page(url) } else { None };
        let _pass = way.gate.enter().map_err(Failure::Final)?;
        let response = self.send(&way.agent, url, authorization, body, kept.as_ref()).map_err(|e| failure(url, e))?;
        let (parts, mut stream) = response.into_parts();
        let text = self.read(&mut stream).map_err(|e| e.of(url))?;
        let header = |name: &str| text_of(&parts.headers, name);
        let head = Head { status: parts.status.as_u16(), header: &header, body: text.get(..4096).unwrap_or(&text) };
        let verdict = judge(&head, SystemTime::now());
        let (text, link) = match (&verdict, kept) {
            (Verdict::Wait(wait), _) => {
                way.gate.hold(*wait);
                return Ok((verdict, None));
            }
            (Verdict::Unchanged, Some(kept)) => (kept.body, kept.link),
            (Verdict::Take { hold }, _) => {
                hold.iter().for_each(|wait| way.gate.hold(*wait));
                (text, header("link").unwrap_or_default())
            }
            _ => return Ok((verdict, None)),
        };
        // An answer that was cut off is asked for again.
        let value = serde_json::from_str(&text).map_err(|e| Failure::Again(format!("the answer is not JSON: {e}")))?;
        if let (Some(etag), Verdict::Take { .. }, None) = (header("etag"), &verdict, body) {
            self.shared.keep_page(url, &CachedPage { etag, link: link.clone(), body: text });
        }
        Ok((verdict, Some(Answer { body: value, next: next_link(&link) })))
    }

    /// Refuses plain http where it is not allowed.
    pub fn check_scheme(&self, address: &Address) -> Result<(), ForgeError> {
        if address.scheme == crate::address::Scheme::Http && !self.allows_http(address) {
            let reason = "http is not encrypted; use https, or set `allow_http` for this host";
            return Err(ForgeError::refused(&address.authority(), reason));
        }
        Ok(())
    }

    fn send(
        &self,
        agent: &Agent,
        url: &str,
        authorization: &Authorization,
        body: Option<&Value>,
        kept: Option<&CachedPage>,
    ) -> Result<Response<Body>, ureq::Error> {
        let mut headers = vec![("accept", "application/json")];
        headers.extend(authorization.as_ref().map(|a| ("authorization", a.expose())));
        headers.extend(kept.map(|k| ("if-none-match", k.etag.as_str())));
        if let Some(body) = body {
            let mut request = agent.post(url).config().timeout_global(Some(self.limits.answer)).build();
            for (name, value) in headers {
                request = request.header(name, value);
            }
            return request.content_type("application/json").send(body.to_string());
        }
        let mut request = agent.get(url).config().timeout_global(Some(self.limits.answer)).build();
        for (name, value) in headers {
            request = request.header(name, value);
        }
        request.call()
    }

    fn read(&self, body: &mut Body) -> Result<String, ReadFailure> {
        let mut bytes = Vec::new();
        let limit = self.limits.answer_bytes;
        let reader = body.with_config().limit(limit + 2).reader();
        reader.take(limit + 1).read_to_end(&mut bytes).map_err(|e| ReadFailure::Network(e.to_string()))?;
        if bytes.len() as u64 > limit {
            return Err(ReadFailure::TooLarge(limit));
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// Bytes of an answer as they come. The place at the host's gate is kept until it is dropped.
pub(crate) struct Stream {
    reader: BodyReader<'static>,
    _pass: Pass,
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.reader.read(buffer)
    }
}

impl Client {
    /// Asks as a git client does, or sends a git request; gives the address that answered and the answer as a stream.
    pub fn stream(
        &self,
        url: &str,
        authorization: &Authorization,
        body: Option<&[u8]>,
        time: Duration,
    ) -> Result<(String, Stream), ForgeError> {
        let end = Instant::now() + time;
        let mut url = url.to_owned();
        let (mut redirects, mut attempt, mut pause) = (0, 0, self.limits.first_pause);
        loop {
            let plain = url.split(['?', '#']).next().unwrap_or(&url);
            let way = self.way(&Address::parse(plain)?.authority())?;
            let pass = way.gate.enter()?;
            let left = end.saturating_duration_since(Instant::now());
            let reason = match self.git_request(&way.agent, &url, authorization, body, left) {
                Ok((Verdict::Take { hold }, response)) => {
                    hold.iter().for_each(|wait| way.gate.hold(*wait));
                    let kind = text_of(response.headers(), "content-type").unwrap_or_default();
                    if !kind.starts_with("application/x-git-upload-pack-") {
                        return Err(ForgeError::answer(&url, "there is no git repository that can be fetched here"));
                    }
                    let reader = response.into_body().into_with_config().limit(u64::MAX).reader();
                    return Ok((url, Stream { reader, _pass: pass }));
                }
                Ok((Verdict::Redirect(location), _)) if body.is_none() => {
                    redirects += 1;
                    url = self.redirected(&url, &location, redirects)?;
                    continue;
                }
                Ok((Verdict::Redirect(_), _)) => return Err(ForgeError::refused(&url, "a redirect in the middle of fetching")),
                Ok((Verdict::Denied(reason), _)) => return Err(ForgeError::Denied { place: url, reason }),
                Ok((Verdict::NotFound, _)) => return Err(ForgeError::NotFound { place: url }),
                Ok((Verdict::Odd(reason), _)) => return Err(ForgeError::answer(&url, reason)),
                Ok((Verdict::Unchanged, _)) => return Err(ForgeError::answer(&url, "304")),
                Ok((Verdict::Wait(wait), _)) => {
                    way.gate.hold(wait);
                    "it asked to wait again and again".to_owned()
                }
                Ok((Verdict::Retry(reason), _)) => reason,
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Again(reason)) => reason,
            };
            drop(pass);
            attempt += 1;
            if attempt >= self.limits.attempts || Instant::now() + pause >= end {
                return Err(ForgeError::network(&url, format!("{reason} (tried {attempt} times)")));
            }
            std::thread::sleep(jitter(pause));
            pause = (pause * 2).min(self.limits.longest_pause);
        }
    }

    fn git_request(
        &self,
        agent: &Agent,
        url: &str,
        authorization: &Authorization,
        body: Option<&[u8]>,
        left: Duration,
    ) -> Result<(Verdict, Response<Body>), Failure> {
        let mut headers = vec![("git-protocol", "version=2"), ("pragma", "no-cache")];
        headers.extend(authorization.as_ref().map(|a| ("authorization", a.expose())));
        let sent = match body {
            Some(body) => {
                headers.extend([
                    ("content-type", "application/x-git-upload-pack-request"),
                    ("accept", "application/x-git-upload-pack-result"),
                ]);
                let request = agent.post(url).config().timeout_global(Some(left)).build();
                headers.iter().fold(request, |r, (name, value)| r.header(*name, *value)).send(body)
            }
            None => {
                let request = agent.get(url).config().timeout_global(Some(left)).build();
                headers.iter().fold(request, |r, (name, value)| r.header(*name, *value)).call()
            }
        };
        let mut response = sent.map_err(|e| failure(url, e))?;
        let mut text = String::new();
        if !response.status().is_success() {
            let mut bytes = Vec::new();
            // Only what it says is wanted: if it can't be read, the status has to do.
            let _ = response.body_mut().as_reader().take(4096).read_to_end(&mut bytes);
            text = String::from_utf8_lossy(&bytes).into_owned();
        }
        let header = |name: &str| text_of(response.headers(), name);
        let verdict = judge(&Head { status: response.status().as_u16(), header: &header, body: &text }, SystemTime::now());
        Ok((verdict, response))
    }
}

/// What a failed try means.
enum Failure {
    Final(ForgeError),
    Again(String),
}

enum ReadFailure {
    Network(String),
    TooLarge(u64),
}

impl ReadFailure {
    fn of(self, url: &str) -> Failure {
        match self {
            ReadFailure::Network(reason) => Failure::Again(reason),
            ReadFailure::TooLarge(limit) => Failure::Final(ForgeError::TooLarge {
                place: url.to_owned(),
                reason: format!("the answer is larger than {} MB", limit >> 20),
            }),
        }
    }
}

fn failure(url: &str, error: ureq::Error) -> Failure {
    match error {
        ureq::Error::Rustls(e) => Failure::Final(ForgeError::network(url, format!("TLS: {e} (a private authority goes into `ca_file`)"))),
        ureq::Error::Tls(e) => Failure::Final(ForgeError::network(url, format!("TLS: {e}"))),
        ureq::Error::BadUri(e) => Failure::Final(ForgeError::config(format!("`{url}` is not an address: {e}"))),
        other => Failure::Again(other.to_string()),
    }
}

pub(crate) fn text_of(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned)
}

fn certificates(path: &Path) -> Result<Vec<Certificate<'static>>, ForgeError> {
    let bytes = std::fs::read(path).map_err(|e| ForgeError::local(path, e))?;
    let mut found = Vec::new();
    for item in parse_pem(&bytes) {
        if let PemItem::Certificate(certificate) = item.map_err(|e| ForgeError::local(path, e))? {
            found.push(certificate);
        }
    }
    if found.is_empty() { Err(ForgeError::local(path, "it holds no certificate in PEM")) } else { Ok(found) }
}

/// The address that a `Location` means, seen from another.
pub(crate) fn join(from: &str, location: &str) -> Result<String, ForgeError> {
    if location.contains("://") {
        return Ok(location.to_owned());
    }
    let odd = || ForgeError::answer(from, "an odd redirect");
    let scheme_end = from.find("://").ok_or_else(odd)? + 3;
    let host_end = from.get(scheme_end..).and_then(|r| r.find('/')).map_or(from.len(), |at| scheme_end + at);
    match location.strip_prefix('/') {
        Some(rest) if !rest.starts_with('/') => Ok(format!("{}{location}", from.get(..host_end).unwrap_or_default())),
        _ => Err(odd()),
    }
}

/// Refuses to be led to another host, or from https to http.
pub(crate) fn same_host(from: &str, to: &str) -> Result<(), ForgeError> {
    let origin = |url: &str| {
        let plain = url.split(['?', '#']).next().unwrap_or(url);
        let scheme = plain.split_once("://").map(|(s, _)| s.to_ascii_lowercase());
        let rest = plain.split_once("://").map_or("", |(_, r)| r);
        let authority = rest.split('/').next().unwrap_or_default();
        Base::parse(&format!("{}://{authority}", scheme.unwrap_or_default())).map(|b| b.url)
    };
    let (before, after) = (origin(from)?, origin(to)?);
    if before != after {
        return Err(ForgeError::refused(
            &before,
            format!("it leads to another host, {after}; what belongs to one host is not sent to another"),
        ));
    }
    Ok(())
}

/// Up to a quarter more or less, so that clients that failed together do not return together.
fn jitter(pause: Duration) -> Duration {
    let noise = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.subsec_nanos() % 512);
    pause.mul_f64(0.75 + f64::from(noise) / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_stay_on_their_host() {
        assert_eq!(join("https://h:1/a/b?x", "/c?d").unwrap(), "https://h:1/c?d");
        assert!(join("https://h/a", "//evil/c").is_err());
        assert!(same_host("https://h/a?u=@x", "https://H:443/b").is_ok());
        for to in ["https://evil/a", "http://h/a", "https://h:8443/a", "https://user@h/a", "ftp://h/a", "https://h.evil/a"] {
            assert!(same_host("https://h/a", to).is_err(), "{to}");
        }
    }
}
