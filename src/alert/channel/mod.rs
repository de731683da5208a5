//! The ways out: each says whether its far end has really taken the message. A 200 alone is not an answer.

mod command;
pub(super) mod http;
mod mail;
mod robot;
#[cfg(test)]
mod tests;
mod webhook;

use std::sync::Arc;

use async_trait::async_trait;
use chrono::Duration;
use secrecy::SecretString;

use super::message::Message;
use crate::{
    config::{self, Means, SecretError, SecretRef},
    document::Timestamp,
};

/// The seam to a way out.
#[async_trait]
pub trait AlertChannel: Send + Sync + 'static {
    /// Sends a message, and returns only once the far end has taken it or has not.
    ///
    /// # Errors
    /// Why it was not taken, in Chinese. It may have been all the same; the ids in the text make twice harmless.
    async fn send(&self, message: &Message, now: Timestamp) -> Result<(), ChannelError>;
}

/// Why a channel did not take a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{said}")]
pub struct ChannelError {
    /// What to tell people, in Chinese; short, without keys or addresses.
    pub said: String,
    /// How long it wants to be left alone.
    pub not_before: Option<Duration>,
}

impl ChannelError {
    pub(super) fn new(said: impl Into<String>) -> Self {
        Self { said: said.into(), not_before: None }
    }

    fn leave_alone(mut self, span: Duration) -> Self {
        self.not_before = Some(span);
        self
    }
}

impl From<SecretError> for ChannelError {
    fn from(error: SecretError) -> Self {
        Self::new(format!("口令读不出来：{}", error.why))
    }
}

/// The channel that a configuration means. What it names (secrets, certificates) is read when it is used, so that a file that is mended
/// needs no restart.
pub fn channel(config: &config::Channel, office: &str) -> Arc<dyn AlertChannel> {
    match &config.means {
        Means::Robot(robot) => Arc::new(robot::Robot(robot.clone())),
        Means::Mail { .. } => Arc::new(mail::Mail(config.means.clone())),
        Means::Webhook { url, sign, ca_file } => {
            Arc::new(webhook::Webhook { url: url.clone(), sign: sign.clone(), ca_file: ca_file.clone(), office: office.to_owned() })
        }
        Means::Command { program, arguments } => Arc::new(command::Command { program: program.clone(), arguments: arguments.clone() }),
    }
}

/// Reads a secret; a file, so not on the threads that serve everybody.
async fn secret(of: &SecretRef) -> Result<SecretString, ChannelError> {
    let of = of.clone();
    match tokio::task::spawn_blocking(move || of.read()).await {
        Ok(read) => Ok(read?),
        Err(_) => Err(ChannelError::new("口令读不出来")),
    }
}
