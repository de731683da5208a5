//! What can be asked over HTTP: at this machine's own address unless the office has set another, and under names that it knows (faults A8.1).
//!
//! `/healthz` is 200 only while every loop ticks, the store can write, the last sweep is fresh and an alert channel works; else 503 with the
//! reasons in Chinese. It holds nothing personal, for anybody who reaches the port may ask.

mod health;

use std::{future::Future, io, net::SocketAddr, sync::Arc};

use async_trait::async_trait;
use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::net::TcpListener;

use crate::status::Status;

pub use health::{Freshness, report};

/// What makes the picture.
#[async_trait]
pub trait Picture: Send + Sync + 'static {
    /// The picture of this moment.
    async fn now(&self) -> Status;
}

/// The listener's view of the daemon.
#[derive(Clone)]
pub struct Console {
    /// The picture.
    pub picture: Arc<dyn Picture>,
    /// How old the last sweep may be.
    pub fresh: Freshness,
    /// Names besides this machine's own that a request may be addressed to.
    pub hosts: Arc<[String]>,
}

impl Console {
    /// Answers at `listener` until `stop` ends.
    ///
    /// # Errors
    /// Those of the listener.
    pub async fn serve(self, listener: TcpListener, stop: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
        let own = listener.local_addr()?;
        let hosts = Hosts { own, named: Arc::clone(&self.hosts) };
        let routes =
            Router::new().route("/healthz", get(healthz)).with_state(self).layer(middleware::from_fn_with_state(hosts, known_host));
        axum::serve(listener, routes).with_graceful_shutdown(stop).await
    }
}

async fn healthz(State(console): State<Console>) -> Response {
    let report = health::report(&console.picture.now().await, console.fresh);
    let status = if report.ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = serde_json::to_string(&report).unwrap_or_default();
    let headers = [(header::CONTENT_TYPE, "application/json; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, body + "\n").into_response()
}

/// What a request may be addressed to.
#[derive(Clone)]
struct Hosts {
    own: SocketAddr,
    named: Arc<[String]>,
}

impl Hosts {
    /// Whether a `Host` header names this machine: by a loopback name, by the address that is listened at, or by a name of the office's own.
    fn know(&self, host: &str) -> bool {
        let (name, port) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((inside, rest)) => (inside, rest.strip_prefix(':').or(rest.is_empty().then_some(""))),
            None => host.split_once(':').map_or((host, Some("")), |(name, port)| (name, Some(port))),
        };
        let Some(port) = port else { return false };
        let port_right = port.is_empty() || port.parse() == Ok(self.own.port());
        let address = name.parse::<std::net::IpAddr>().ok();
        // Listening at every address, each of them is this machine's own.
        let own = address.is_some_and(|ip| ip.is_loopback() || ip == self.own.ip() || self.own.ip().is_unspecified());
        let named = name.eq_ignore_ascii_case("localhost") || self.named.iter().any(|known| known.eq_ignore_ascii_case(name));
        port_right && (own || named)
    }
}

/// Turns away what is addressed to somebody else: a page of the world outside that has got itself this machine's address.
async fn known_host(State(hosts): State<Hosts>, headers: HeaderMap, request: Request, next: Next) -> Response {
    let mut given = headers.get_all(header::HOST).iter();
    let known = given.next().and_then(|host| host.to_str().ok()).is_some_and(|host| hosts.know(host)) && given.next().is_none();
    if known {
        next.run(request).await
    } else {
        (StatusCode::MISDIRECTED_REQUEST, "这个主机名不在允许之列，请写进 [control] hosts\n").into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_answered() {
        let own = "127.0.0.1:8420".parse().unwrap();
        let hosts = Hosts { own, named: Arc::from(["dangri.local".to_owned()]) };
        for right in ["127.0.0.1:8420", "localhost:8420", "LOCALHOST", "[::1]:8420", "dangri.local:8420", "Dangri.Local"] {
            assert!(hosts.know(right), "{right}");
        }
        for wrong in [
            "evil.example",
            "evil.example:8420",
            "localhost.",
            "127.0.0.1:80",
            "localhost:x",
            "10.0.0.1:8420",
            "[::1",
            "[::1]x",
            "",
            "dangri.local.evil.example",
        ] {
            assert!(!hosts.know(wrong), "{wrong}");
        }
        let everywhere = Hosts { own: "0.0.0.0:8420".parse().unwrap(), named: Arc::from([]) };
        assert!(everywhere.know("10.0.0.8:8420") && !everywhere.know("evil.example:8420"));
    }
}
