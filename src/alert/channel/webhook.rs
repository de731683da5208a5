//! An address of the office's own: an SMS gateway, a duty room's screen. JSON by POST, signed.

use std::path::PathBuf;

use async_trait::async_trait;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::ExposeSecret as _;
use serde_json::json;
use sha2::Sha256;

use super::{AlertChannel, ChannelError, Message, http, secret};
use crate::{config::SecretRef, document::Timestamp};

/// The longest text, in bytes.
const LONGEST: usize = 16_000;

/// A webhook. The body is `{"schema":"dangri.alert/1","at":…,"office":…,"form":…,"level":…,"title":…,"text":…,"episodes":[…],"mobiles":[…]}`;
/// the headers `X-Dangri-Timestamp: seconds` and `X-Dangri-Signature: sha256=hex`, an HMAC-SHA256 over `seconds\nbody`. Any 2xx is taken
/// for taken.
pub(super) struct Webhook {
    pub(super) url: String,
    pub(super) sign: Option<SecretRef>,
    pub(super) ca_file: Option<PathBuf>,
    pub(super) office: String,
}

#[async_trait]
impl AlertChannel for Webhook {
    async fn send(&self, message: &Message, now: Timestamp) -> Result<(), ChannelError> {
        let mobiles: Vec<&str> = message.calls.iter().map(|p| p.mobile.as_str()).filter(|m| !m.is_empty()).collect();
        let body = json!({
            "schema": "dangri.alert/1",
            "at": now,
            "office": self.office,
            "form": message.form,
            "level": message.level,
            "title": message.title,
            "text": message.within(LONGEST),
            "episodes": message.episodes,
            "mobiles": mobiles,
        })
        .to_string();
        let mut headers = vec![("x-dangri-timestamp", now.secs().to_string())];
        if let Some(of) = &self.sign {
            let key = secret(of).await?;
            headers.push(("x-dangri-signature", format!("sha256={}", signature(key.expose_secret(), now.secs(), &body))));
        }
        let answer = http::request(Some(body.into_bytes()), &self.url, &headers, self.ca_file.as_deref()).await?;
        match answer.status {
            200..=299 => Ok(()),
            401 | 403 => Err(ChannelError::new(format!("对方不认签名（HTTP {}）", answer.status))),
            429 | 503 => Err(ChannelError::new(format!("对方限流（HTTP {}）", answer.status)).leave_alone(chrono::Duration::minutes(1))),
            status => Err(ChannelError::new(format!("对方出错（HTTP {status}）"))),
        }
    }
}

/// The signature in hexadecimal.
pub(super) fn signature(key: &str, seconds: i64, body: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else { return String::new() };
    mac.update(format!("{seconds}\n{body}").as_bytes());
    mac.finalize().into_bytes().iter().map(|b| format!("{b:02x}")).collect()
}
