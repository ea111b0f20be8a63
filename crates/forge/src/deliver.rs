//! Telling others by HTTP: a signed document is posted, and posted again while the other side is away.

use crate::address::Address;
use crate::discover::Forges;
use crate::error::ForgeError;
use crate::secret::SecretRef;
use ring::hmac;
use std::time::Duration;

/// The header of the signature: `sha256=` and the HMAC-SHA-256 (RFC 2104) of the body in hexadecimal, as GitHub's webhooks have it.
pub const SIGNATURE: &str = "X-Apicensus-Signature-256";

impl Forges {
    /// Posts JSON, signed with a key. What can't be reached or says that it failed is asked again, with growing pauses.
    ///
    /// # Errors
    /// When the key can't be read, the address is wrong, or the other side does not take it.
    pub fn deliver(&self, url: &str, key: &SecretRef, body: &[u8]) -> Result<(), ForgeError> {
        let address = Address::parse(url.split(['?', '#']).next().unwrap_or(url))?;
        self.client.check_scheme(&address)?;
        let key = key.read(&self.base)?;
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.expose().as_bytes()), body);
        let signature: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        let way = self.client.way(&address.authority())?;
        // Queries of addresses of webhooks may hold a token.
        let place = format!("{}://{}", if url.starts_with("http:") { "http" } else { "https" }, address.authority());
        let limits = &self.client.limits;
        let mut pause = limits.first_pause;
        let mut last = String::new();
        for attempt in 0..limits.attempts {
            if attempt > 0 {
                std::thread::sleep(pause);
                pause = (pause * 2).min(limits.longest_pause).max(Duration::from_millis(1));
            }
            let request = way
                .agent
                .post(url)
                .header("Content-Type", "application/json")
                .header("X-Apicensus-Event", "digest")
                .header(SIGNATURE, format!("sha256={signature}"));
            match request.send(body) {
                Ok(answer) => match answer.status().as_u16() {
                    200..300 => return Ok(()),
                    status @ (408 | 425 | 429 | 500..) => last = format!("it answered {status}"),
                    status => return Err(ForgeError::answer(&place, format!("it answered {status} and did not take what was posted"))),
                },
                Err(error) => last = error.to_string(),
            }
        }
        Err(ForgeError::network(&place, format!("{last} (tried {} times)", limits.attempts)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::config::ForgeConfig;
    use crate::gate::InMemory;
    use crate::http::NetLimits;
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::sync::Arc;

    /// Answers one request after another with these states; the requests.
    fn answers(states: &'static [&'static str]) -> (String, std::thread::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook?token=s3cr3t", listener.local_addr().unwrap());
        let thread = std::thread::spawn(move || {
            let mut requests = Vec::new();
            for state in states {
                let (mut stream, _) = listener.accept().unwrap();
                let (mut read, mut buffer) = (Vec::new(), [0_u8; 4096]);
                while !read.ends_with(b"{\"a\":1}") {
                    let number = stream.read(&mut buffer).unwrap();
                    read.extend_from_slice(&buffer[..number]);
                }
                requests.push(String::from_utf8(read).unwrap());
                write!(stream, "HTTP/1.1 {state}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
            }
            requests
        });
        (url, thread)
    }

    fn forges(folder: &std::path::Path) -> Forges {
        std::fs::write(folder.join("key"), "key\n").unwrap();
        let limits = NetLimits { attempts: 3, first_pause: Duration::from_millis(5), ..NetLimits::default() };
        Forges::with(ForgeConfig::default(), folder, limits, Arc::new(InMemory::default())).unwrap()
    }

    #[test]
    fn what_is_posted_is_signed_and_posted_again() {
        let folder = tempfile::tempdir().unwrap();
        let (url, thread) = answers(&["503 Away", "204 Taken"]);
        let key = SecretRef { file: Some("key".into()), ..SecretRef::default() };
        forges(folder.path()).deliver(&url, &key, b"{\"a\":1}").unwrap();
        let requests = thread.join().unwrap();
        assert_eq!(requests.len(), 2);
        // printf '{"a":1}' | openssl dgst -sha256 -hmac key
        let expected = "sha256=88a67f24bbcdaed0e6c997404bb79a743baf44c6bab2f4c27328e3009d22e342";
        let header = requests[1].lines().find(|line| line.to_lowercase().starts_with("x-apicensus-signature-256:")).unwrap();
        assert_eq!(header.split_once(": ").unwrap().1, expected);
    }

    #[test]
    fn what_is_refused_is_told_without_the_token_of_the_address() {
        let folder = tempfile::tempdir().unwrap();
        let (url, thread) = answers(&["403 No"]);
        let key = SecretRef { file: Some("key".into()), ..SecretRef::default() };
        let error = forges(folder.path()).deliver(&url, &key, b"{\"a\":1}").unwrap_err().to_string();
        thread.join().unwrap();
        assert!(error.contains("it answered 403") && !error.contains("s3cr3t"), "{error}");
    }
}
