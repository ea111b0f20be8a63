//! A GitHub App: it proves itself with a signed token (RS256, RFC 7519) and gets short-lived ones for its installations.
//!
//! The JWT lives ten minutes at most and is made anew for each use; installation tokens live an hour and are kept
//! for fifty minutes, in memory only.

use crate::config::GitHubApp;
use crate::error::ForgeError;
use crate::forges::segment;
use crate::gate::lock;
use crate::http::{Answer, Client};
use crate::identity::LazySecret;
use crate::secret::Secret;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime};

/// Installation tokens are used for this long.
const FRESH: Duration = Duration::from_secs(50 * 60);

/// An App and the tokens of its installations.
#[derive(Debug)]
pub(crate) struct App {
    id: String,
    key: LazySecret,
    api: String,
    /// By owner in lower case: its installation's number.
    installations: Mutex<HashMap<String, u64>>,
    tokens: Mutex<HashMap<u64, (Instant, Secret)>>,
}

impl App {
    pub fn new(config: &GitHubApp, base: &Path, api: &str) -> App {
        App {
            id: config.id.clone(),
            key: LazySecret::new(&config.key, base),
            api: api.to_owned(),
            installations: Mutex::default(),
            tokens: Mutex::default(),
        }
    }

    /// The header that proves the App itself.
    pub fn proof(&self) -> Result<Option<Secret>, ForgeError> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_secs());
        jwt(&self.id, self.key.get()?.expose(), now).map(|token| Some(Secret::new(format!("Bearer {}", token.expose()))))
    }

    /// A token for what belongs to an owner.
    pub fn token(&self, client: &Client, owner: Option<&str>) -> Result<Secret, ForgeError> {
        let owner = owner.ok_or_else(|| ForgeError::config("an App's token is for one owner"))?.to_ascii_lowercase();
        let known = lock(&self.installations).get(&owner).copied();
        let installation = match known {
            Some(installation) => installation,
            None => {
                let found = self.installation(client, &owner)?;
                lock(&self.installations).insert(owner, found);
                found
            }
        };
        self.installation_token(client, installation)
    }

    fn installation(&self, client: &Client, owner: &str) -> Result<u64, ForgeError> {
        let proof = self.proof()?;
        let found = match client.get(&format!("{}/orgs/{}/installation", self.api, segment(owner)), &proof) {
            Err(ForgeError::NotFound { .. }) => client.get(&format!("{}/users/{}/installation", self.api, segment(owner)), &proof),
            other => other,
        };
        let answer = found.map_err(|e| match e {
            ForgeError::NotFound { .. } => ForgeError::config(format!("the App is not installed on `{owner}`")),
            other => other,
        })?;
        answer.body["id"].as_u64().ok_or_else(|| ForgeError::answer(&self.api, "an installation without an id"))
    }

    /// A token for one installation.
    pub fn installation_token(&self, client: &Client, installation: u64) -> Result<Secret, ForgeError> {
        if let Some((at, token)) = lock(&self.tokens).get(&installation)
            && at.elapsed() < FRESH
        {
            return Ok(token.clone());
        }
        let url = format!("{}/app/installations/{installation}/access_tokens", self.api);
        let answer = client.post(&url, &self.proof()?, &json!({"permissions": {"contents": "read", "metadata": "read"}}))?;
        let token = answer.body["token"].as_str().map(Secret::new);
        let token = token.ok_or_else(|| ForgeError::answer(&url, "an installation token without the token"))?;
        lock(&self.tokens).insert(installation, (Instant::now(), token.clone()));
        Ok(token)
    }

    /// Takes in a page of the App's installations: number and owner of each.
    pub fn learn(&self, page: &Answer) -> Vec<(u64, String)> {
        let read = |v: &Value| Some((v["id"].as_u64()?, v["account"]["login"].as_str()?.to_owned()));
        let found: Vec<(u64, String)> = page.body.as_array().into_iter().flatten().filter_map(read).collect();
        lock(&self.installations).extend(found.iter().map(|(id, owner)| (owner.to_ascii_lowercase(), *id)));
        found
    }
}

/// A JSON Web Token that says "I am this App", good for nine minutes.
fn jwt(id: &str, pem: &str, now: u64) -> Result<Secret, ForgeError> {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    // Issued a minute ago, as clocks differ.
    let claims = json!({"iat": now.saturating_sub(60), "exp": now + 540, "iss": id});
    let signed = format!("{}.{}", part(json!({"alg": "RS256", "typ": "JWT"})), part(claims));
    let key = key_pair(pem)?;
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &ring::rand::SystemRandom::new(), signed.as_bytes(), &mut signature)
        .map_err(|_| ForgeError::config("the App's key can't sign"))?;
    Ok(Secret::new(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))))
}

/// The key in a PEM file: PKCS#1, as GitHub hands it out, or PKCS#8.
fn key_pair(pem: &str) -> Result<RsaKeyPair, ForgeError> {
    let wrong = |why: &str| ForgeError::config(format!("the App's key is {why}"));
    match PrivateKeyDer::from_pem_slice(pem.as_bytes()) {
        Ok(PrivateKeyDer::Pkcs1(key)) => rsa(&key).map_err(|e| wrong(&e)),
        Ok(PrivateKeyDer::Pkcs8(key)) => rsa8(&key).map_err(|e| wrong(&e)),
        Ok(_) => Err(wrong("not an RSA key")),
        Err(_) => Err(wrong("not a private key in PEM")),
    }
}

fn rsa(key: &PrivatePkcs1KeyDer<'_>) -> Result<RsaKeyPair, String> {
    RsaKeyPair::from_der(key.secret_pkcs1_der()).map_err(|e| format!("not usable: {e}"))
}

fn rsa8(key: &PrivatePkcs8KeyDer<'_>) -> Result<RsaKeyPair, String> {
    RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()).map_err(|e| format!("not usable: {e}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn tokens_are_signed_with_the_key_in_either_form() {
        let folder = tempfile::tempdir().unwrap();
        if !crate::testing::has_openssl() {
            return;
        }
        let run = |args: &[&str]| {
            let done = Command::new("openssl").args(args).current_dir(folder.path()).output().expect("openssl is installed");
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        };
        run(&["genrsa", "-traditional", "-out", "one.pem", "2048"]);
        run(&["pkcs8", "-topk8", "-nocrypt", "-in", "one.pem", "-out", "eight.pem"]);
        run(&["rsa", "-in", "one.pem", "-pubout", "-out", "public.pem"]);
        for file in ["one.pem", "eight.pem"] {
            let pem = std::fs::read_to_string(folder.path().join(file)).unwrap();
            let token = jwt("Iv1.abc", &pem, 1_700_000_000).unwrap();
            let (signed, signature) = token.expose().rsplit_once('.').unwrap();
            let decoded = URL_SAFE_NO_PAD.decode(signed.split('.').nth(1).unwrap()).unwrap();
            let claims: Value = serde_json::from_slice(&decoded).unwrap();
            assert_eq!(claims, json!({"iat": 1_699_999_940, "exp": 1_700_000_540, "iss": "Iv1.abc"}));
            std::fs::write(folder.path().join("signed"), signed).unwrap();
            std::fs::write(folder.path().join("signature"), URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
            run(&["dgst", "-sha256", "-verify", "public.pem", "-signature", "signature", "signed"]);
        }
        let error = jwt("1", "-----BEGIN NOTHING-----", 0).unwrap_err().to_string();
        assert_eq!(error, "the App's key is not a private key in PEM");
    }
}
