//! Addresses: of forges, and of repositories in any form that git takes.

use crate::error::ForgeError;
use std::fmt;
use std::path::PathBuf;

/// How a repository is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Https,
    Http,
    Ssh,
}

/// The parts of a repository's address; credentials are refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub scheme: Scheme,
    /// The user of ssh.
    pub user: Option<String>,
    pub host: String,
    pub port: Option<u16>,
    /// The path, without a leading `/`.
    pub path: String,
}

/// An address of a list: something to fetch, or a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Remote(Address),
    Folder(PathBuf),
}

impl Place {
    /// Reads `https://…`, `ssh://…`, `user@host:path`, `file://…` or a path.
    pub fn parse(text: &str) -> Result<Place, ForgeError> {
        if let Some(path) = text.strip_prefix("file://") {
            return if path.starts_with('/') {
                Ok(Place::Folder(PathBuf::from(path)))
            } else {
                Err(ForgeError::config(format!("`{text}` names another machine; write file:///path")))
            };
        }
        if text.contains("://") {
            return Address::parse(text).map(Place::Remote);
        }
        match text.split_once(':') {
            Some((host, path)) if !host.contains('/') && host.len() > 1 && !path.is_empty() => {
                let (user, host) = host.rsplit_once('@').map_or((None, host), |(u, h)| (Some(u), h));
                let path = path.trim_start_matches('/');
                Address::checked(text, Scheme::Ssh, user, host, None, path).map(Place::Remote)
            }
            _ if text.is_empty() => Err(ForgeError::config("an empty address")),
            _ => Ok(Place::Folder(PathBuf::from(text))),
        }
    }
}

impl Address {
    /// Reads `https://host/path`, `http://…` or `ssh://…`.
    pub fn parse(text: &str) -> Result<Address, ForgeError> {
        let wrong = |why: &str| ForgeError::config(format!("`{}` {why}", shown(text)));
        let (scheme, rest) = text.split_once("://").ok_or_else(|| wrong("is not an address"))?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "https" => Scheme::Https,
            "http" => Scheme::Http,
            "ssh" | "git+ssh" => Scheme::Ssh,
            _ => return Err(wrong("has a scheme that is not fetched; use https or ssh")),
        };
        if rest.contains(['?', '#']) {
            return Err(wrong("has a query or fragment"));
        }
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(u, h)| (Some(u), h));
        if user.is_some_and(|u| scheme != Scheme::Ssh || u.contains(':')) {
            return Err(wrong("holds credentials; put them under `hosts`"));
        }
        let (host, port) = split_port(host).ok_or_else(|| wrong("has a bad port"))?;
        Address::checked(text, scheme, user, host, port, path)
    }

    fn checked(text: &str, scheme: Scheme, user: Option<&str>, host: &str, port: Option<u16>, path: &str) -> Result<Address, ForgeError> {
        let wrong = |why: &str| Err(ForgeError::config(format!("`{}` {why}", shown(text))));
        // A leading dash would become an option of a program.
        let host_char = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
        if host.is_empty() || host.starts_with('-') || !host.chars().all(host_char) {
            return wrong("has no usable host");
        }
        if user.is_some_and(|u| u.is_empty() || u.starts_with('-') || !u.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c))) {
            return wrong("has no usable user");
        }
        if path.is_empty() || path.chars().any(|c| c.is_control() || c == '\\' || c == ' ') || path.split('/').any(|p| p == "..") {
            return wrong("has no usable path");
        }
        Ok(Address {
            scheme,
            user: user.map(str::to_owned),
            host: host.to_ascii_lowercase(),
            port,
            path: path.trim_end_matches('/').to_owned(),
        })
    }

    /// Host and, if it is not the usual one, port: the key of its configuration.
    pub fn authority(&self) -> String {
        let usual = match self.scheme {
            Scheme::Https => 443,
            Scheme::Http => 80,
            Scheme::Ssh => 22,
        };
        match self.port.filter(|p| *p != usual) {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.clone(),
        }
    }

    /// The path without `.git`: the full name.
    pub fn name(&self) -> &str {
        self.path.strip_suffix(".git").unwrap_or(&self.path)
    }

    /// The same for every way to write the address.
    pub fn id(&self) -> String {
        format!("git:{}/{}", self.authority(), self.name())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            Scheme::Https => "https",
            Scheme::Http => "http",
            Scheme::Ssh => "ssh",
        };
        let user = self.user.as_ref().map(|u| format!("{u}@")).unwrap_or_default();
        write!(f, "{scheme}://{user}{}/{}", self.authority(), self.path)
    }
}

/// The address of a forge: scheme, host, port and perhaps a path that it lives under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Base {
    /// Without a `/` at its end.
    pub url: String,
    pub authority: String,
}

impl Base {
    pub fn parse(text: &str) -> Result<Base, ForgeError> {
        // A forge's address may lack the path that a repository's has.
        let address = Address::parse(&format!("{}/x", text.trim_end_matches('/')))?;
        if address.scheme == Scheme::Ssh {
            return Err(ForgeError::config(format!("`{text}` is not the address of an API; use https")));
        }
        let url = address.to_string();
        Ok(Base { url: url.strip_suffix("/x").unwrap_or(&url).to_owned(), authority: address.authority() })
    }
}

/// `host:8443` or `[::1]:8443` as host and port.
fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let after_bracket = authority.rfind(']').map_or(0, |at| at + 1);
    match authority.get(after_bracket..)?.rfind(':') {
        Some(at) => {
            let at = after_bracket + at;
            Some((authority.get(..at)?, Some(authority.get(at + 1..)?.parse().ok()?)))
        }
        None => Some((authority, None)),
    }
}

/// An address as messages show it: what stands before an `@` may be a secret.
pub(crate) fn shown(text: &str) -> String {
    match (text.find("://"), text.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => {
            format!("{}***{}", text.get(..scheme + 3).unwrap_or_default(), text.get(at..).unwrap_or_default())
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(text: &str) -> Address {
        match Place::parse(text) {
            Ok(Place::Remote(address)) => address,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn one_repository_has_one_id() {
        for text in ["https://Git.Example.org/acme/shop.git", "ssh://git@git.example.org/acme/shop", "git@git.example.org:acme/shop.git"] {
            assert_eq!(remote(text).id(), "git:git.example.org/acme/shop", "{text}");
        }
        assert_eq!(remote("https://h:8443/a/b").to_string(), "https://h:8443/a/b");
        assert_eq!(remote("http://[::1]:80/a/b").authority(), "[::1]");
        assert_eq!(Place::parse("file:///srv/a.git").unwrap(), Place::Folder("/srv/a.git".into()));
        assert_eq!(Place::parse("../a").unwrap(), Place::Folder("../a".into()));
    }

    #[test]
    fn addresses_that_could_do_harm_are_refused() {
        for text in [
            "ext::sh -c id",
            "git://h/a",
            "file://host/a",
            "https://user:s3cret@h/a",
            "https://s3cret@h/a",
            "ssh://-oProxyCommand=id/a",
            "-oProxyCommand=id@h:a",
            "https://h/../a",
            "https://h/a\nb",
            "https://h:99999/a",
            "https://h/a?x=1",
            "https:///a",
        ] {
            let error = Place::parse(text).and_then(|p| match p {
                Place::Folder(f) => Err(ForgeError::config(format!("folder {}", f.display()))),
                Place::Remote(_) => Ok(()),
            });
            let error = error.unwrap_err().to_string();
            assert!(!error.contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn forges_have_addresses_too() {
        assert_eq!(Base::parse("https://git.example.org/").unwrap().url, "https://git.example.org");
        assert_eq!(Base::parse("https://example.org:8443/gitlab").unwrap().authority, "example.org:8443");
        assert!(Base::parse("git.example.org").is_err());
    }
}
