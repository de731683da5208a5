//! A request of somebody who has logged in, as far as its headers tell.

use std::net::SocketAddr;

use axum::{
    extract::{ConnectInfo, FromRequestParts, Path, RawQuery},
    http::{HeaderMap, HeaderValue, Method, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};

use super::{
    Console,
    form::Fields,
    problem::{Trouble, forbidden},
    session::Seen,
};
use crate::{audit::Actor, document::Timestamp, users::Account};

/// The session's cookie.
pub(super) const SESSION: &str = "dangri";
/// What a form for somebody who has not logged in must fit.
pub(super) const BEFORE: &str = "dangri-visit";
/// Whether everything is shown large.
const SIZE: &str = "dangri-size";

/// The value of a cookie.
pub(super) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|line| line.split(';')).find_map(|one| one.trim().strip_prefix(name)?.strip_prefix('='))
}

/// The line that sets a cookie which no script and no other site sees.
pub(super) fn set_cookie(name: &str, value: &str, rest: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{rest}")).ok()
}

/// Whether this visitor wants everything large.
pub(super) fn is_large(headers: &HeaderMap) -> bool {
    cookie(headers, SIZE) == Some("large")
}

/// Somebody who has logged in.
pub(super) struct Visit {
    /// Who.
    pub(super) account: Account,
    /// The session.
    pub(super) seen: Seen,
    /// The session's secret.
    pub(super) secret: String,
    /// From where.
    pub(super) from: String,
    /// Whether everything is shown large.
    pub(super) large: bool,
    /// What was asked for, to come back to.
    pub(super) path: String,
    /// When.
    pub(super) now: Timestamp,
}

impl Visit {
    /// The same person for the desk and the audit log.
    pub(super) fn actor(&self) -> Actor {
        Actor {
            name: self.account.name.clone(),
            role: self.account.roles_in_words(),
            from: self.from.clone(),
            session: self.seen.name.clone(),
        }
    }

    /// Goes on only if the person may.
    ///
    /// # Errors
    /// The page that says no.
    pub(super) fn only_if(&self, may: bool) -> Result<(), Trouble> {
        if may { Ok(()) } else { Err(forbidden(self)) }
    }
}

/// The page that a person begins at.
pub(super) fn home(account: &Account) -> &'static str {
    if account.may_look() { "/" } else { "/audit" }
}

impl FromRequestParts<Console> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Response> {
        let now = console.clock.now();
        // A page that renews itself is looked at by nobody, perhaps.
        let used = parts.uri.query() != Some("auto=1");
        let secret = cookie(&parts.headers, SESSION).unwrap_or_default().to_owned();
        let login = || Redirect::to(if secret.is_empty() { "/login" } else { "/login?ended=1" }).into_response();
        let Some(seen) = console.sessions.find(&secret, now, used) else { return Err(login()) };
        let account = console.users.named(&seen.user).await.map_err(|error| Trouble::of_the_store(&error).into_response())?;
        // Whoever was locked out, or whose password was set anew, is not in any more.
        let Some(account) = account.filter(|account| account.locked.is_none() && account.password_set <= seen.began) else {
            console.sessions.end(&secret);
            return Err(login());
        };
        let from = parts.extensions.get::<ConnectInfo<SocketAddr>>().map_or_else(String::new, |ConnectInfo(at)| at.ip().to_string());
        let path = if parts.method == Method::GET { parts.uri.path().to_owned() } else { home(&account).to_owned() };
        Ok(Self { account, seen, secret, from, large: is_large(&parts.headers), path, now })
    }
}

/// Shows everything large from now on, or as usual. Changes nothing of the daemon's.
pub(super) async fn size(Path(size): Path<String>, RawQuery(query): RawQuery) -> Response {
    let fields = Fields::of(query.unwrap_or_default().as_bytes());
    let back = fields.get("to");
    // Only to a page of ours.
    let ours = back.starts_with('/') && !back.starts_with("//") && !back.contains(['\\', '\r', '\n', '\t']);
    let mut response = Redirect::to(if ours { back } else { "/" }).into_response();
    let value = if size == "large" { "large" } else { "usual" };
    if let Some(line) = set_cookie(SIZE, value, "; Max-Age=31536000") {
        response.headers_mut().append(header::SET_COOKIE, line);
    }
    response
}
