//! From the host of a call to a service.

use apicensus_catalog::Catalog;
use std::collections::BTreeMap;

/// Words of names of settings that say nothing of the service: `ORDERS_API_BASE_URL`.
const FILLERS: [&str; 26] = [
    "addr", "address", "api", "app", "base", "config", "default", "endpoint", "env", "environ", "host", "hostname", "http", "https",
    "internal", "origin", "process", "server", "service", "settings", "svc", "uri", "url", "urls", "this", "self",
];
/// Endings of names of services that callers leave out.
const ENDINGS: [&str; 4] = ["-service", "-api", "-svc", "-server"];
/// Hosts of the caller's own machine.
const OWN: [&str; 4] = ["localhost", "127.0.0.1", "0.0.0.0", "[::1]"];

/// A service: its repository and its id.
type Key<'c> = (&'c str, &'c str);

/// Where a host leads.
pub(crate) enum Led<'c> {
    /// To services, and how they were found.
    To(Vec<Key<'c>>, &'static str),
    /// To a host that is none of the organisation's.
    Elsewhere(String),
    /// It is not known.
    Nowhere,
}

/// The services of an organisation by where they are served and by their names.
pub(crate) struct Directory<'c> {
    /// By host, with base paths.
    base_urls: BTreeMap<String, Vec<(String, Key<'c>)>>,
    names: BTreeMap<String, Vec<Key<'c>>>,
}

impl<'c> Directory<'c> {
    pub fn new(catalogs: &'c [(String, &'c Catalog)]) -> Directory<'c> {
        let mut directory = Directory { base_urls: BTreeMap::new(), names: BTreeMap::new() };
        for (repository, catalog) in catalogs {
            for service in &catalog.services {
                let key = (repository.as_str(), service.id.as_str());
                for url in &service.base_urls {
                    let (host, path) = split(url);
                    directory.base_urls.entry(plain_host(&host)).or_default().push((path.trim_end_matches('/').to_owned(), key));
                }
                directory.name(&service.name, key);
                // A repository with one service is called by its name too.
                if catalog.services.len() == 1 {
                    directory.name(repository.rsplit('/').next().unwrap_or(repository), key);
                }
            }
        }
        directory
    }

    fn name(&mut self, name: &str, key: Key<'c>) {
        for name in forms(name) {
            let keys = self.names.entry(name).or_default();
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
    }

    /// Where the URL of a call leads, and the path that is left.
    pub fn lead(&self, from: &str, url: &str) -> (Led<'c>, String) {
        if let Some((label, path)) = url.strip_prefix("{?").and_then(|rest| rest.split_once('}')) {
            return (self.by_label(from, label), path.to_owned());
        }
        let (host, path) = split(url);
        if host.is_empty() {
            return (Led::Nowhere, path);
        }
        if let Some(label) = host.strip_prefix("{?") {
            return (self.by_label(from, label.trim_end_matches('}')), path);
        }
        let host = plain_host(&host);
        if let Some(found) = self.base_urls.get(&host) {
            let longest = found.iter().filter(|(base, _)| is_below(&path, base)).map(|(base, _)| base.len()).max();
            let fitting: Vec<Key<'c>> =
                found.iter().filter(|(base, _)| Some(base.len()) == longest && is_below(&path, base)).map(|f| f.1).collect();
            if let Some(length) = longest {
                return (Led::To(fitting, "base-url"), path[length..].to_owned());
            }
        }
        let bare = host.split(':').next().unwrap_or_default();
        if OWN.contains(&bare) || bare.is_empty() {
            return (Led::Nowhere, path);
        }
        let label = bare.split('.').next().unwrap_or_default();
        // `orders.shop.svc.cluster.local` and `orders` are names of this network, `orders.acme.test` may be anybody's.
        let is_inside = !bare.contains('.') || bare.ends_with(".svc") || bare.ends_with(".local") || bare.ends_with(".internal");
        match self.named(from, label) {
            Some(services) if is_inside => (Led::To(services, "host"), path),
            _ => (Led::Elsewhere(bare.to_owned()), path),
        }
    }

    fn by_label(&self, from: &str, label: &str) -> Led<'c> {
        self.named(from, &meaning(label)).map_or(Led::Nowhere, |services| Led::To(services, "name"))
    }

    /// The services with this name; those of other repositories where there are some.
    fn named(&self, from: &str, name: &str) -> Option<Vec<Key<'c>>> {
        let found = forms(name).into_iter().find_map(|form| self.names.get(&form))?;
        let others: Vec<Key<'c>> = found.iter().filter(|(repository, _)| *repository != from).copied().collect();
        Some(if others.is_empty() { found.clone() } else { others })
    }
}

fn is_below(path: &str, base: &str) -> bool {
    path.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
}

/// A name in one form, and without its usual ending.
fn forms(name: &str) -> Vec<String> {
    let name = name.to_lowercase().replace(['_', ' ', '.'], "-");
    let short = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)).map(str::to_owned);
    [Some(name.clone()), short].into_iter().flatten().filter(|form| form.len() > 1).collect()
}

/// What the name of a setting says of a service: `settings.ORDERS_API_URL` is `orders`.
fn meaning(label: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut was_lower = false;
    for c in label.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && was_lower) {
            words.push(String::new());
        }
        if c.is_alphanumeric() {
            if words.is_empty() {
                words.push(String::new());
            }
            if let Some(word) = words.last_mut() {
                word.extend(c.to_lowercase());
            }
        }
        was_lower = c.is_lowercase() || c.is_numeric();
    }
    words.retain(|word| !word.is_empty() && !FILLERS.contains(&word.as_str()));
    words.join("-")
}

/// The host of a URL, and the path after it.
fn split(url: &str) -> (String, String) {
    let Some((_, rest)) = url.split_once("://") else { return (String::new(), url.to_owned()) };
    let end = match rest.strip_prefix("{?").and_then(|inner| inner.find('}')) {
        Some(at) => rest[at + 3..].find('/').map_or(rest.len(), |slash| at + 3 + slash),
        None => rest.find(['/', '?', '#', '{']).unwrap_or(rest.len()),
    };
    (rest[..end].to_owned(), rest[end..].to_owned())
}

/// A host in lower case and without the usual ports.
fn plain_host(host: &str) -> String {
    let host = host.to_lowercase();
    host.strip_suffix(":443").or_else(|| host.strip_suffix(":80")).unwrap_or(&host).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_name_services() {
        assert_eq!(meaning("settings.ORDERS_API_BASE_URL"), "orders");
        assert_eq!(meaning("config.userProfileServiceUrl"), "user-profile");
        assert_eq!(meaning("BASE_URL"), "");
        assert_eq!(meaning("process.env.STOCK_HOST"), "stock");
    }

    #[test]
    fn hosts_and_paths_are_split() {
        assert_eq!(split("http://orders:8080/v1"), ("orders:8080".to_owned(), "/v1".to_owned()));
        assert_eq!(split("http://{?host}:80/v1/{?x}"), ("{?host}:80".to_owned(), "/v1/{?x}".to_owned()));
        assert_eq!(split("/v1"), (String::new(), "/v1".to_owned()));
        assert_eq!(forms("Orders_Service"), ["orders-service", "orders"]);
    }
}
