//! The platform's port: connections, and what happens to one call.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::answer::Answer;
use crate::books::Outcome;
use crate::call::{self, Call, Reply};
use crate::clock::{http_date, seconds, wait_ms};
use crate::platform::Shared;
use crate::script::{Action, Endpoint, Moment, Pass, Plan, RetryAfter};
use crate::wire::{Control, Drip, Stream, Wire};

/// Whether the platform can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gate {
    Open,
    /// The listening socket is closed: connections are refused.
    Closed,
    Stopped,
}

/// A body larger than this is 413 with code 01 (contract §3).
const LARGEST_BODY: usize = 10 * 1024 * 1024;
/// So much of a body that is too large is read before the answer, so that an honest client sees it.
const LARGEST_DRAINED: usize = 64 * 1024 * 1024;

/// Binds a port again at once after it was closed.
pub(crate) fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(1024)
}

/// Accepts connections until the gate says stop.
pub(crate) async fn serve(shared: Arc<Shared>, first: TcpListener, address: SocketAddr, tls: Option<TlsAcceptor>) {
    let mut listener = Some(first);
    let mut connections = JoinSet::new();
    let mut gate = shared.gate.subscribe();
    loop {
        let state = *gate.borrow_and_update();
        match state {
            Gate::Stopped => break,
            Gate::Closed => {
                listener = None;
                connections.shutdown().await;
                shared.listening.send_replace(false);
                if gate.changed().await.is_err() {
                    break;
                }
                continue;
            }
            Gate::Open => {}
        }
        let Some(open) = &listener else {
            match bind(address) {
                Ok(l) => {
                    listener = Some(l);
                    shared.listening.send_replace(true);
                }
                // Somebody holds the port for a moment.
                Err(_) => wait_ms(10).await,
            }
            continue;
        };
        tokio::select! {
            changed = gate.changed() => if changed.is_err() { break },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            accepted = open.accept() => match accepted {
                Ok((tcp, _)) => {
                    connections.spawn(connection(shared.clone(), tcp, tls.clone()));
                }
                // Out of descriptors, most likely: others end meanwhile.
                Err(_) => wait_ms(10).await,
            },
        }
    }
    connections.shutdown().await;
}

async fn connection(shared: Arc<Shared>, tcp: TcpStream, tls: Option<TlsAcceptor>) {
    shared.ledger().counters.connections += 1;
    if tcp.set_nodelay(true).is_err() {
        return;
    }
    let stream = match tls {
        None => Stream::Plain(tcp),
        Some(acceptor) => match acceptor.accept(tcp).await {
            Ok(tls) => Stream::Tls(Box::new(tls)),
            Err(_) => return,
        },
    };
    let control = Arc::new(Control::default());
    let io = TokioIo::new(Wire::new(stream, control.clone()));
    let service = service_fn(move |request| {
        let (shared, control) = (shared.clone(), control.clone());
        async move {
            let mut answer = handle(shared.clone(), control, request).await?;
            // By the platform's own clock, as the dates in its other headers are.
            if let Ok(date) = HeaderValue::from_str(&http_date(shared.setup.clock.millis())) {
                answer.headers_mut().insert(DATE, date);
            }
            Ok::<_, Cut>(answer)
        }
    });
    let served = hyper::server::conn::http1::Builder::new().half_close(true).serve_connection(io, service).await;
    if served.is_err() {
        // A cut that a rule asked for, or a client that went away: the books have it.
    }
}

/// A call that ends without an answer.
#[derive(Debug)]
struct Cut(&'static str);

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Cut {}

/// The line of a call in the books; closed whatever happens.
struct Ticket {
    shared: Arc<Shared>,
    seq: u64,
    endpoint: Endpoint,
    outcome: Outcome,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let outcome = std::mem::replace(&mut self.outcome, Outcome::Open);
        self.shared.ledger().end(self.seq, self.endpoint, outcome);
        self.shared.calls.send_modify(|calls| *calls += 1);
    }
}

async fn handle(shared: Arc<Shared>, control: Arc<Control>, request: Request<Incoming>) -> Result<Response<Drip>, Cut> {
    let (parts, body) = request.into_parts();
    let call = Call::of(&parts);
    let now = shared.setup.clock.millis();
    let target = parts.uri.path_and_query().map_or("/", |p| p.as_str());
    let line = format!("{} {target}", parts.method);
    let seq = shared.ledger().begin(call.endpoint, &line, call.request_id, now);
    shared.calls.send_modify(|calls| *calls += 1);
    let mut ticket = Ticket { shared: shared.clone(), seq, endpoint: call.endpoint, outcome: Outcome::Cut("abandoned") };
    let mut plan = Plan::default();
    if shared.has_rules() {
        let facts = call.facts(&shared);
        let pass = if call.endpoint == Endpoint::Put { Pass::Head } else { Pass::Whole };
        shared.script().ask(call.endpoint, &facts, pass, now, &mut plan);
    }
    let result = answer(&shared, &control, &call, body, &mut plan).await;
    match result {
        Ok(reply) => {
            let outcome = match &reply {
                Reply::Envelope(a) => {
                    let code = plan.find(|a| if let Action::CodeAs { text } = a { Some(text.clone()) } else { None });
                    Outcome::Code(code.unwrap_or_else(|| a.code.to_owned()), a.status)
                }
                Reply::Raw { status, .. } => Outcome::Page(*status),
            };
            ticket.outcome = outcome;
            Ok(deliver(&shared, &control, &plan, reply))
        }
        Err(cut) => {
            ticket.outcome = Outcome::Cut(cut.0);
            Err(cut)
        }
    }
}

async fn answer(shared: &Arc<Shared>, control: &Control, call: &Call<'_>, body: Incoming, plan: &mut Plan) -> Result<Reply, Cut> {
    side_effects(shared, &plan.actions);
    if let Some(ms) = plan.find(|a| if let Action::Delay { ms } = a { Some(*ms) } else { None }) {
        wait_ms(ms).await;
    }
    let before = match plan.meet() {
        Some(Action::RefuseConnections { .. }) => {
            return Err(reset(control, "connections refused"));
        }
        Some(Action::Reset { at: Moment::BeforeBody }) => return Err(reset(control, "reset before the body")),
        Some(Action::Reset { at: Moment::DuringBody }) => {
            let mut body = body;
            // One frame, or the end of a call without a body: either is "during".
            let got = body.frame().await.is_some();
            return Err(reset(control, if got { "reset during the body" } else { "reset without a body" }));
        }
        met => met.is_some(),
    };
    if call.endpoint == Endpoint::Attachments && !before {
        return Ok(crate::attachments::serve(shared, call, body).await);
    }
    let body = match read(body).await {
        Ok(body) => body,
        Err(()) => return Err(Cut("the client went away")),
    };
    let now = shared.setup.clock.millis();
    if let Some(ending) = uncommitted(shared, control, plan) {
        return ending;
    }
    let known = plan.actions.len();
    let reply = call::respond(shared, call, body.as_deref(), plan, now);
    // Rules that had to know the document were asked meanwhile.
    let learnt = &plan.actions[known..];
    side_effects(shared, learnt);
    if let Some(ms) = learnt.iter().find_map(|a| if let Action::Delay { ms } = a { Some(*ms) } else { None }) {
        wait_ms(ms).await;
    }
    let Some(reply) = reply else {
        // A rule that needed the document ends the call.
        return uncommitted(shared, control, plan).unwrap_or(Err(Cut("met by a rule")));
    };
    match plan.meet() {
        Some(Action::CommitThenDrop { reset: true }) => Err(reset(control, "kept, then reset")),
        Some(Action::CommitThenDrop { reset: false }) => Err(Cut("kept, then dropped")),
        Some(action) => Ok(canned(shared, plan, action).unwrap_or(reply)),
        None => Ok(reply),
    }
}

/// What rules change besides this call's answer.
fn side_effects(shared: &Arc<Shared>, actions: &[Action]) {
    for action in actions {
        match action {
            Action::ExpireTokens => shared.accounts().forget(),
            Action::ChangeSchema { version, accepts } => {
                let mut world = shared.world();
                world.schema_version.clone_from(version);
                world.accepts.clone_from(accepts);
            }
            Action::RefuseConnections { ms } => {
                shared.gate.send_replace(Gate::Closed);
                let (shared, ms) = (shared.clone(), *ms);
                if ms > 0 {
                    #[expect(clippy::disallowed_methods, reason = "it opens the gate again and has nothing that could fail")]
                    tokio::spawn(async move {
                        wait_ms(ms).await;
                        shared.gate.send_if_modified(|g| {
                            let closed = *g == Gate::Closed;
                            if closed {
                                *g = Gate::Open;
                            }
                            closed
                        });
                    });
                }
            }
            _ => {}
        }
    }
}

fn reset(control: &Control, how: &'static str) -> Cut {
    control.reset.store(true, Ordering::Relaxed);
    Cut(how)
}

/// Reads a body; `Ok(None)` is one that is too large.
async fn read(mut body: Incoming) -> Result<Option<Vec<u8>>, ()> {
    let length = hyper::body::Body::size_hint(&body).exact().and_then(|l| usize::try_from(l).ok()).unwrap_or(0);
    let mut out = Vec::with_capacity(length.min(LARGEST_BODY));
    let mut total = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| ())?.into_data() else {
            continue;
        };
        total += data.len();
        if total <= LARGEST_BODY {
            out.extend_from_slice(&data);
        } else if total > LARGEST_DRAINED {
            break;
        }
    }
    Ok((total <= LARGEST_BODY).then_some(out))
}

/// The ending of a call whose rule keeps nothing.
fn uncommitted(shared: &Shared, control: &Control, plan: &Plan) -> Option<Result<Reply, Cut>> {
    match plan.meet()? {
        Action::Reset { .. } => Some(Err(reset(control, "reset after the body"))),
        Action::DropWithoutCommit => Some(Err(Cut("dropped, nothing kept"))),
        Action::Status { committing: true, .. }
        | Action::Html { committing: true }
        | Action::Empty { committing: true }
        | Action::Page { committing: true, .. } => None,
        action => canned(shared, plan, action).map(Ok),
    }
}

/// The answer that a rule puts in the place of the platform's.
fn canned(shared: &Shared, plan: &Plan, action: &Action) -> Option<Reply> {
    match action {
        Action::Status { status, code, retry_after, .. } => {
            let retry = retry_after.as_ref().map(|r| told_to_wait(shared, plan, r));
            let known = code.as_deref().map(|c| crate::answer::known(c).map_or(("04", c), |k| (k.0, c)));
            Some(match known {
                Some((code, _)) => {
                    let mut answer = Answer::of(code).status(*status);
                    answer.retry_after = retry;
                    Reply::Envelope(answer)
                }
                None => Reply::Raw {
                    status: *status,
                    headers: retry.map(|r| ("retry-after", r)).into_iter().collect(),
                    content_type: Some("text/html".into()),
                    body: format!("<html><head><title>{status}</title></head><body>nginx</body></html>").into(),
                },
            })
        }
        Action::Html { .. } => Some(Reply::Raw {
            status: 200,
            headers: Vec::new(),
            content_type: Some("text/html; charset=UTF-8".into()),
            body: LOGIN_PAGE.into(),
        }),
        Action::Empty { .. } => Some(Reply::Raw { status: 200, headers: Vec::new(), content_type: None, body: Bytes::new() }),
        Action::Page { status, content_type, body, .. } => {
            Some(Reply::Raw { status: *status, headers: Vec::new(), content_type: Some(content_type.clone()), body: body.clone().into() })
        }
        _ => None,
    }
}

const LOGIN_PAGE: &str = "<!DOCTYPE html>\n<html lang=\"zh-CN\"><head><meta charset=\"UTF-8\"><title>用户登录</title></head>\
<body><form method=\"post\" action=\"/login\"><p>登录已超时，请重新登录。</p><input name=\"user\">\
<input name=\"password\" type=\"password\"><button>登录</button></form></body></html>\n";

/// The header's value; notes in the books until when clients should stay away.
fn told_to_wait(shared: &Shared, plan: &Plan, retry: &RetryAfter) -> String {
    let now = shared.setup.clock.millis();
    let wait = |s: u64| {
        shared.ledger().busy_until(now.saturating_add(seconds(s)));
        s
    };
    match retry {
        RetryAfter::Seconds(s) => wait(*s).to_string(),
        RetryAfter::Date(s) => http_date(now.saturating_add(seconds(wait(*s)))),
        RetryAfter::Remaining => {
            let left = plan.until.map_or(1, |until| (until - now + 999) / 1000).max(1);
            wait(u64::try_from(left).unwrap_or(1)).to_string()
        }
        RetryAfter::Text(text) => text.clone(),
    }
}

/// Writes the answer the way the rules want it delivered.
fn deliver(shared: &Shared, control: &Control, plan: &Plan, reply: Reply) -> Response<Drip> {
    let mut headers = HeaderMap::with_capacity(4);
    let (status, body) = match reply {
        Reply::Envelope(answer) => {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/xml; charset=UTF-8"));
            if let Some(value) = answer.retry_after.as_deref().and_then(|r| HeaderValue::from_str(r).ok()) {
                headers.insert(RETRY_AFTER, value);
            }
            (answer.status, envelope(shared, plan, &answer))
        }
        Reply::Raw { status, headers: raw, content_type, body } => {
            if let Some(value) = content_type.and_then(|c| HeaderValue::from_str(&c).ok()) {
                headers.insert(CONTENT_TYPE, value);
            }
            for (name, value) in raw {
                if let Ok(value) = HeaderValue::from_str(&value) {
                    headers.insert(HeaderName::from_static(name), value);
                }
            }
            (status, body)
        }
    };
    if plan.find(|a| matches!(a, Action::AnswerTwice).then_some(())).is_some() {
        control.twice.store(true, Ordering::Relaxed);
    }
    let drip = plan.find(|a| match a {
        Action::SlowDrip { bytes, every_ms } => Some(Drip::slow(body.clone(), *bytes, Duration::from_millis(*every_ms))),
        Action::Truncate { after } => Some(Drip::short(body.clone(), *after)),
        _ => None,
    });
    let mut response = Response::new(drip.unwrap_or_else(|| Drip::whole(body)));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = headers;
    response
}

fn envelope(shared: &Shared, plan: &Plan, answer: &Answer) -> Bytes {
    let offset = plan.find(|a| if let Action::ServerTime { offset } = a { Some(*offset) } else { None }).unwrap_or(0);
    let code = plan.find(|a| if let Action::CodeAs { text } = a { Some(text.as_str()) } else { None });
    let now = shared.setup.clock.millis().saturating_add(offset.saturating_mul(1000));
    let mut text = answer.write(code, now);
    if let Some(other) = plan.find(|a| if let Action::NameAnother { id } = a { Some(id) } else { None }) {
        text = rename(&text, other);
    }
    text.into()
}

/// Puts another submission id in the place of every one.
fn rename(text: &str, other: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (n, part) in text.split("<SubmissionId>").enumerate() {
        if n == 0 {
            out.push_str(part);
            continue;
        }
        out.push_str("<SubmissionId>");
        out.push_str(other);
        out.push_str(part.find('<').map_or("", |end| &part[end..]));
    }
    out
}
