//! Under which names the console answers: a page of the world outside that has got itself this machine's address is turned away (faults A8.1).

use std::{net::SocketAddr, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

/// What a request may be addressed to.
#[derive(Clone)]
pub(super) struct Hosts {
    pub(super) own: SocketAddr,
    pub(super) named: Arc<[String]>,
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
pub(super) async fn known_host(State(hosts): State<Hosts>, headers: HeaderMap, request: Request, next: Next) -> Response {
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
