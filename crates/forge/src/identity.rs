//! Who asks: nobody, the owner of a token, or an App; for the API and for fetching.

use crate::app::App;
use crate::config::HostConfig;
use crate::error::ForgeError;
use crate::gate::lock;
use crate::http::{Authorization, Client};
use crate::secret::{Secret, SecretRef};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How long a secret that was read is used before it is read again: a helper may hand out short-lived ones.
const FRESH: Duration = Duration::from_secs(300);

/// A user and a password for fetching over https.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    pub user: String,
    pub password: Secret,
}

impl Login {
    /// The header of basic authentication (RFC 7617).
    pub fn basic(&self) -> Secret {
        Secret::new(format!("Basic {}", STANDARD.encode(format!("{}:{}", self.user, self.password.expose()))))
    }
}

/// A secret that is read when it is first needed, and again when it may be stale.
#[derive(Debug)]
pub(crate) struct LazySecret {
    source: SecretRef,
    base: PathBuf,
    read: Mutex<Option<(Instant, Secret)>>,
}

impl LazySecret {
    pub fn new(source: &SecretRef, base: &Path) -> LazySecret {
        LazySecret { source: source.clone(), base: base.to_owned(), read: Mutex::default() }
    }
    pub fn get(&self) -> Result<Secret, ForgeError> {
        let mut read = lock(&self.read);
        if let Some((at, secret)) = read.as_ref()
            && at.elapsed() < FRESH
        {
            return Ok(secret.clone());
        }
        let secret = self.source.read(&self.base)?;
        *read = Some((Instant::now(), secret.clone()));
        Ok(secret)
    }
}

/// Who asks a forge.
#[derive(Debug)]
pub(crate) enum Identity {
    Nobody,
    Token {
        secret: LazySecret,
        /// The word before the token in the `Authorization` header of the API.
        word: &'static str,
        /// The user that fetches with the token.
        user: String,
        /// The API too wants the user and the token as a password.
        basic: bool,
    },
    App(App),
}

impl Identity {
    /// The owner of a token. `user` is what the forge expects beside a token when fetching.
    pub fn token(secret: Option<&SecretRef>, base: &Path, word: &'static str, user: &str) -> Identity {
        match secret {
            Some(secret) => Identity::Token { secret: LazySecret::new(secret, base), word, user: user.to_owned(), basic: false },
            None => Identity::Nobody,
        }
    }

    /// The header for the API, for things of one owner.
    pub fn authorization(&self, client: &Client, owner: Option<&str>) -> Result<Authorization, ForgeError> {
        match self {
            Identity::Nobody => Ok(None),
            Identity::Token { secret, user, basic: true, .. } => Ok(Some(Login { user: user.clone(), password: secret.get()? }.basic())),
            Identity::Token { secret, word, .. } => Ok(Some(Secret::new(format!("{word} {}", secret.get()?.expose())))),
            Identity::App(app) => app.token(client, owner).map(|token| Some(Secret::new(format!("Bearer {}", token.expose())))),
        }
    }

    /// What fetches the repository with this path.
    pub fn login(&self, client: &Client, path: &str) -> Result<Option<Login>, ForgeError> {
        match self {
            Identity::Nobody => Ok(None),
            Identity::Token { secret, user, .. } => Ok(Some(Login { user: user.clone(), password: secret.get()? })),
            Identity::App(app) => {
                let owner = path.split('/').next();
                Ok(Some(Login { user: "x-access-token".to_owned(), password: app.token(client, owner)? }))
            }
        }
    }
}

/// The login that a host's own configuration gives.
pub(crate) fn of_host(config: &HostConfig, base: &Path) -> Option<Identity> {
    let user = config.user.as_deref().unwrap_or("x-access-token");
    config.token.as_ref().map(|token| Identity::token(Some(token), base, "Bearer", user))
}
