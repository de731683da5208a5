//! What one office brings along: who it is, and how its connection is secured and led.

use std::path::PathBuf;

use secrecy::SecretString;

use crate::config::{self, Problem};

/// Who we are to the platform, with the secrets in hand.
#[derive(Debug, Clone)]
pub struct Access {
    /// Takes the place of the profile's address.
    pub base_url: Option<String>,
    /// The sender's unified social credit code (contract §3, `SenderUscc`).
    pub sender_uscc: String,
    /// The application's id on the platform.
    pub app_id: String,
    /// The shared secret.
    pub secret: SecretString,
    /// A PEM file with the only roots that are trusted; the system's when `None`.
    pub ca_file: Option<PathBuf>,
    /// Our certificate's chain (a PEM file) and its key (PEM).
    pub client: Option<(PathBuf, SecretString)>,
    /// A proxy's address; none when `None`, whatever the environment says.
    pub proxy: Option<String>,
}

impl Access {
    /// What the configuration says, its secrets fetched.
    ///
    /// # Errors
    /// Every secret that cannot be had.
    pub fn of(office: &config::Office, platform: &config::Platform) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut fetch = |key: &str, secret: &config::SecretRef| {
            let fetched = secret.read();
            fetched.map_err(|e| problems.push(Problem::new(key, e.why, e.fix))).ok()
        };
        let secret = fetch("platform.secret", &platform.secret);
        let client = platform.client.as_ref().map(|client| (client.certificate.clone(), fetch("platform.client_key", &client.key)));
        match (secret, client) {
            (Some(secret), None) => Ok((secret, None)),
            (Some(secret), Some((certificate, Some(key)))) => Ok((secret, Some((certificate, key)))),
            _ => Err(problems),
        }
        .map(|(secret, client)| Self {
            base_url: platform.base_url.clone(),
            sender_uscc: office.uscc.clone(),
            app_id: platform.app_id.clone(),
            secret,
            ca_file: platform.ca_file.clone(),
            client,
            proxy: platform.proxy.clone(),
        })
    }
}
