//! In and out.

use std::net::SocketAddr;

use askama::Template;
use axum::{
    body::Bytes,
    extract::{ConnectInfo, RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
};

use super::{
    Console,
    form::{Fields, Sent, is_ours, stale},
    frame::Frame,
    problem::Trouble,
    session::{same, secret},
    show,
    visit::{BEFORE, SESSION, cookie, home, is_large, set_cookie},
};
use crate::{
    audit::{Actor, Deed, Outcome},
    status::words,
    users::{Account, NotAdmitted, Password},
};

/// The page where one logs in.
#[derive(Template)]
#[template(path = "login.html")]
struct Page {
    frame: Frame,
    /// What went wrong, if anything did.
    said: String,
    /// Whether there is no user at all yet.
    nobody: bool,
    /// What the form must carry.
    token: String,
    /// The name that was typed.
    name: String,
}

/// Shows the page; `?ended=1` says that a session is over.
pub(super) async fn page(State(console): State<Console>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let said = if query.as_deref() == Some("ended=1") { "登录已过期，请重新登录。" } else { "" };
    again(&console, &headers, (StatusCode::OK, said.to_owned()), "").await
}

async fn again(console: &Console, headers: &HeaderMap, (status, said): (StatusCode, String), name: &str) -> Response {
    let nobody = match console.users.all().await {
        Ok(users) => users.is_empty(),
        Err(error) => return Trouble::of_the_store(&error).into_response(),
    };
    let mut frame = Frame::for_nobody("登录", &console.picture.now().await);
    (frame.large, frame.path) = (is_large(headers), "/login".to_owned());
    // What the form carries must fit a cookie that no other site can set or read.
    let known = cookie(headers, BEFORE).filter(|value| value.len() == 64 && value.bytes().all(|b| b.is_ascii_hexdigit()));
    let token = match known.map_or_else(secret, |value| Ok(value.to_owned())) {
        Ok(token) => token,
        Err(_) => return no_random(),
    };
    let mut response = show::page(status, &Page { frame, said, nobody, token: token.clone(), name: name.chars().take(32).collect() });
    if let Some(line) = set_cookie(BEFORE, &token, "") {
        response.headers_mut().append(header::SET_COOKIE, line);
    }
    response
}

fn no_random() -> Response {
    Trouble::new(StatusCode::SERVICE_UNAVAILABLE, "系统没有给出随机数", "请联系技术人员。").into_response()
}

/// Lets somebody in, or says why not: the same words whether there is no such user or the password is wrong.
pub(super) async fn enter(
    State(console): State<Console>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let fields = Fields::of(&body);
    let before = cookie(&headers, BEFORE).unwrap_or_default();
    if !is_ours(&headers) || before.is_empty() || !same(before, fields.get("token")) {
        return stale().into_response();
    }
    let (name, address) = (fields.get("name").trim(), from.ip().to_string());
    match console.users.admit(name, Password::new(fields.get("password")), &address).await {
        Ok(account) => admitted(&console, &account, (&address, cookie(&headers, SESSION))).await,
        Err(NotAdmitted::Store(error)) => Trouble::of_the_store(&error).into_response(),
        Err(refused) => {
            let (code, status, said) = words(&refused, &console);
            if let Some(code) = code {
                let deed = Deed::new("login", "");
                console.audit.note(&known(&console, name, address).await, &deed, Outcome::Refused(code.to_owned())).await;
            }
            again(&console, &headers, (status, said), name).await
        }
    }
}

/// What is written down, what is answered, what is said. What is no longer looked at is not written down either, for the log would fill.
fn words(refused: &NotAdmitted, console: &Console) -> (Option<&'static str>, StatusCode, String) {
    match refused {
        NotAdmitted::TooMany { until, just_now } => {
            let left = words::span(until.since(console.clock.now()));
            let said = format!("输错次数太多，已暂停登录，请在 {left}后（{}）再试。", words::moment(*until, console.clock.now()));
            (just_now.then_some("too_many"), StatusCode::TOO_MANY_REQUESTS, said)
        }
        NotAdmitted::Locked => (Some("locked"), StatusCode::FORBIDDEN, "这个账号已停用，请找管理员。".to_owned()),
        NotAdmitted::Wrong | NotAdmitted::Store(_) => (Some("wrong"), StatusCode::FORBIDDEN, "用户名或口令不对。".to_owned()),
    }
}

/// Who tried: a name that nobody bears is not kept, for it may be a password that went into the wrong field.
async fn known(console: &Console, name: &str, from: String) -> Actor {
    let account = console.users.named(name).await.ok().flatten();
    let (name, role) = account.map_or_else(|| ("（没有这个用户）".to_owned(), String::new()), |a| (a.name.clone(), a.roles_in_words()));
    Actor { name, role, from, session: String::new() }
}

async fn admitted(console: &Console, account: &Account, (from, old): (&str, Option<&str>)) -> Response {
    // A session of before is over: nobody goes on under a secret that was there before the password.
    old.into_iter().for_each(|old| console.sessions.end(old));
    let Ok((secret, seen)) = console.sessions.begin(&account.name, console.clock.now()) else { return no_random() };
    let actor = Actor { name: account.name.clone(), role: account.roles_in_words(), from: from.to_owned(), session: seen.name.clone() };
    console.audit.note(&actor, &Deed::new("login", ""), Outcome::Done).await;
    let mut response = Redirect::to(home(account)).into_response();
    let lines = [set_cookie(SESSION, &secret, ""), set_cookie(BEFORE, "", "; Max-Age=0")];
    for line in lines.into_iter().flatten() {
        response.headers_mut().append(header::SET_COOKIE, line);
    }
    response
}

/// Ends the session.
pub(super) async fn leave(State(console): State<Console>, sent: Sent) -> Response {
    console.sessions.end(&sent.visit.secret);
    console.audit.note(&sent.visit.actor(), &Deed::new("logout", ""), Outcome::Done).await;
    let mut response = Redirect::to("/login").into_response();
    response.headers_mut().extend(set_cookie(SESSION, "", "; Max-Age=0").map(|line| (header::SET_COOKIE, line)));
    response
}
