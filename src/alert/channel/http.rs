//! Plain requests of the alert room: robots, webhooks, the watcher's question, the ping. The only file here that names the HTTP client.

use std::{error::Error as _, path::Path, time::Duration};

use reqwest::{Certificate, Client, Method, redirect};

use super::ChannelError;
use crate::tls;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a whole exchange may take.
const TOTAL: Duration = Duration::from_secs(10);
/// The most that is read of an answer, in bytes.
const ANSWER: usize = 64 * 1024;

/// An answer.
pub(in crate::alert) struct Answer {
    /// The status.
    pub(in crate::alert) status: u16,
    /// The body's beginning.
    pub(in crate::alert) body: String,
}

/// Sends one request. With `ca_file` only certificates that lead to these roots are trusted.
pub(in crate::alert) async fn request(
    post: Option<Vec<u8>>,
    url: &str,
    headers: &[(&str, String)],
    ca_file: Option<&Path>,
) -> Result<Answer, ChannelError> {
    let client = client(ca_file).await?;
    let method = if post.is_some() { Method::POST } else { Method::GET };
    let mut request = client.request(method, url);
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    if let Some(body) = post {
        request = request.header("content-type", "application/json; charset=utf-8").body(body);
    }
    let mut response = request.send().await.map_err(|error| ChannelError::new(words(&error)))?;
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| ChannelError::new(words(&error)))? {
        let room = ANSWER - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() >= ANSWER {
            break;
        }
    }
    Ok(Answer { status, body: String::from_utf8_lossy(&body).into_owned() })
}

async fn client(ca_file: Option<&Path>) -> Result<Client, ChannelError> {
    // A proxy of the environment would be a surprise, and a redirect could carry a key elsewhere.
    tls::provide();
    let mut builder = Client::builder().connect_timeout(CONNECT).timeout(TOTAL).redirect(redirect::Policy::none()).no_proxy();
    if let Some(path) = ca_file {
        let unread = |_| ChannelError::new(format!("根证书 {} 读不出来", path.display()));
        let pem = tokio::fs::read(path).await.map_err(unread)?;
        let roots = Certificate::from_pem_bundle(&pem).map_err(|_| ChannelError::new(format!("{} 不是 PEM 证书", path.display())))?;
        builder = builder.tls_certs_only(roots);
    }
    builder.build().map_err(|_| ChannelError::new("HTTP 客户端没有建成"))
}

/// What went wrong, in a few words. The client's own words hold the address, and with it the key: they are not repeated.
fn words(error: &reqwest::Error) -> String {
    let mut source = error.source();
    let mut chain = String::new();
    while let Some(cause) = source {
        chain += &cause.to_string().to_lowercase();
        source = cause.source();
    }
    let said = if error.is_timeout() {
        "超时没有回应"
    } else if chain.contains("unknownissuer") || chain.contains("certificate") || chain.contains("invalid peer") {
        "证书不被信任"
    } else if chain.contains("dns") || chain.contains("lookup") {
        "域名解析失败"
    } else if chain.contains("refused") {
        "连接被拒绝"
    } else if error.is_connect() {
        "连不上"
    } else {
        "连接中断"
    };
    said.to_owned()
}
