//! What can be asked over HTTP: at this machine's own address unless the office has set another, and under names that it knows (faults A8.1).
//!
//! `/healthz` is 200 only while every loop ticks, the store can write, the last sweep is fresh and an alert channel works; else 503 with the
//! reasons in Chinese. It holds nothing personal, for anybody who reaches the port may ask.
//!
//! Everything else is for users who have logged in (DESIGN §4.12, faults A8.2): sessions are random, in memory, and end after a while; what
//! changes anything is a POST from a page of ours, with that session's token in it. Pages are made here and now, need no script, and load
//! nothing from elsewhere (operators.md B3). What they show and do is asked of the same desk as the command line's questions, so that the
//! same words, the same rules and the same audit log hold.

mod audit_page;
mod document;
mod excuses;
mod form;
mod frame;
mod headers;
mod health;
mod hosts;
mod login;
mod problem;
mod session;
mod show;
mod today;
mod users_page;
mod visit;

use std::{future::Future, io, net::SocketAddr, sync::Arc};

use async_trait::async_trait;
use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    http::{StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use tokio::net::TcpListener;

use crate::{
    audit::{Actor, AuditLog},
    clock::SharedClock,
    control::{Answer, Ask, Handler, ask_within},
    status::{Problem, Status},
    users::Users,
};

pub use health::{Freshness, report};
pub use session::Sessions;

/// The longest form that is read, in bytes.
const LONGEST_FORM: usize = 64 << 10;

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
    /// Where everything else is asked.
    pub desk: Arc<dyn Handler>,
    /// Who may come in.
    pub users: Arc<Users>,
    /// Where it is written down who did.
    pub audit: Arc<AuditLog>,
    /// Who is in.
    pub sessions: Arc<Sessions>,
    /// Where time comes from.
    pub clock: SharedClock,
}

impl Console {
    /// Answers at `listener` until `stop` ends.
    ///
    /// # Errors
    /// Those of the listener.
    pub async fn serve(self, listener: TcpListener, stop: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
        let own = listener.local_addr()?;
        let known = hosts::Hosts { own, named: Arc::clone(&self.hosts) };
        let routes = routes().with_state(self);
        let guarded = routes.layer(middleware::from_fn(headers::guard)).layer(middleware::from_fn_with_state(known, hosts::known_host));
        let service = guarded.into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(listener, service).with_graceful_shutdown(stop).await
    }

    async fn ask(&self, ask: Ask, by: &Actor) -> Result<Vec<Answer>, Problem> {
        ask_within(&*self.desk, ask, by).await
    }
}

fn routes() -> Router<Console> {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/console.css", get(headers::style))
        .route("/favicon.ico", get(async || StatusCode::NO_CONTENT))
        .route("/size/{size}", get(visit::size))
        .route("/login", get(login::page).post(login::enter))
        .route("/logout", post(login::leave))
        .route("/", get(today::page))
        .route("/doc/{id}", get(document::page))
        .route("/excuses", get(excuses::page))
        .route("/excuses/{id}", get(excuses::form).post(excuses::give))
        .route("/users", get(users_page::page))
        .route("/audit", get(audit_page::page))
        .fallback(problem::nowhere)
        .layer(DefaultBodyLimit::max(LONGEST_FORM))
}

async fn healthz(State(console): State<Console>) -> Response {
    let report = health::report(&console.picture.now().await, console.fresh);
    let status = if report.ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = serde_json::to_string(&report).unwrap_or_default();
    (status, [(header::CONTENT_TYPE, "application/json; charset=utf-8")], body + "\n").into_response()
}
