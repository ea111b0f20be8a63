//! `upload-pack` over https.

use super::limits::Budget;
use super::wire::Connection;
use crate::address::Address;
use crate::error::ForgeError;
use crate::http::Client;
use crate::identity::Login;
use crate::secret::Secret;
use std::io::Read;

/// A repository at an address.
pub(crate) struct SmartHttp<'a> {
    client: &'a Client,
    url: String,
    authorization: Option<Secret>,
}

impl<'a> SmartHttp<'a> {
    pub fn open(client: &'a Client, address: &Address, login: Option<&Login>) -> Result<SmartHttp<'a>, ForgeError> {
        client.check_scheme(address)?;
        Ok(SmartHttp { client, url: address.to_string(), authorization: login.map(Login::basic) })
    }
}

impl Connection for SmartHttp<'_> {
    fn greeting(&mut self, budget: &Budget) -> Result<Box<dyn Read + '_>, ForgeError> {
        let url = format!("{}/info/refs?service=git-upload-pack", self.url);
        let (url, stream) = self.client.stream(&url, &self.authorization, None, budget.time()?)?;
        // A renamed repository leads to its new address on the same host.
        if let Some(base) = url.strip_suffix("/info/refs?service=git-upload-pack") {
            self.url = base.to_owned();
        }
        Ok(Box::new(stream))
    }

    fn ask(&mut self, request: &[u8], budget: &Budget) -> Result<Box<dyn Read + '_>, ForgeError> {
        let url = format!("{}/git-upload-pack", self.url);
        let (_, stream) = self.client.stream(&url, &self.authorization, Some(request), budget.time()?)?;
        Ok(Box::new(stream))
    }
}
