//! The admin port: everything that test code can do, over JSON and loopback only.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::answer::unhex;
use crate::books::{Admitted, Books};
use crate::clock::{stamp, wait_ms};
use crate::platform::Shared;
use crate::script::{ErrorItem, Rule};
use crate::server::Gate;
use crate::setup::Registers;

/// Serves the admin port until the platform stops.
pub(crate) async fn serve(p: Arc<Shared>, listener: TcpListener) {
    let mut gate = p.gate.subscribe();
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            changed = gate.changed() => {
                if changed.is_err() || *gate.borrow_and_update() == Gate::Stopped {
                    break;
                }
            }
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            accepted = listener.accept() => match accepted {
                Ok((tcp, _)) => {
                    let p = p.clone();
                    connections.spawn(async move {
                        let service = service_fn(move |request| handle(p.clone(), request));
                        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(tcp), service).await
                    });
                }
                Err(_) => wait_ms(10).await,
            },
        }
    }
    connections.shutdown().await;
}

type Said = Result<Value, (StatusCode, String)>;

async fn handle(p: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let host = parts.headers.get("host").and_then(|h| h.to_str().ok()).unwrap_or_default();
    let named = host.rsplit_once(':').map_or(host, |(h, _)| h);
    // A page in somebody's browser must not reach the port through a name of its own.
    let said = if !matches!(named, "127.0.0.1" | "localhost" | "[::1]") {
        Err((StatusCode::MISDIRECTED_REQUEST, "管理端口只接受本机访问".to_owned()))
    } else {
        match Limited::new(body, 4 << 20).collect().await {
            Ok(body) => serve_one(&p, &parts.method, parts.uri.path(), &body.to_bytes()),
            Err(_) => Err((StatusCode::PAYLOAD_TOO_LARGE, "请求过大".to_owned())),
        }
    };
    let (status, value) = match said {
        Ok(value) => (StatusCode::OK, value),
        Err((status, why)) => (status, json!({ "error": why })),
    };
    let mut text = value.to_string();
    text.push('\n');
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    Ok(response)
}

/// What the port knows, for people who ask `GET /`.
const ADDRESSES: [(&str, &str); 22] = [
    ("GET /rules", "所有规则及命中次数"),
    ("POST /rules", "新增规则：{on, matching, action, times}"),
    ("DELETE /rules", "清除全部规则"),
    ("DELETE /rules/{id}", "清除一条规则"),
    ("GET /clock", "平台时间"),
    ("POST /clock", "{advance_seconds} 或 {set: RFC 3339}"),
    ("GET /books/counters", "累计数"),
    ("GET /books/requests", "收到的请求"),
    ("GET /books/submissions", "收到的文书及其状态"),
    ("GET /books/submissions/{id}", "一件文书"),
    ("POST /books/verdict", "{admitted: [提交编号 或 {kind, number}]}，给出核对结论"),
    ("GET /accounts", "账号状态"),
    ("POST /accounts/{app_id}/unlock", "解锁账号"),
    ("POST /tokens/expire", "使全部令牌失效"),
    ("POST /submissions/{id}/release", "放行；带 {errors} 则退回"),
    ("POST /submissions/{id}/alter", "此后平台所存与报送的不同（摘要变化）"),
    ("POST /schema", "{version, accepts}"),
    ("POST /registers", "{enterprises, officers}，null 表示不核对"),
    ("POST /publications/end", "{number, repaired}：撤下或信用修复"),
    ("POST /publications/complete-to", "{at: RFC 3339 或 null}"),
    ("POST /connections/refuse", "停止监听并断开连接"),
    ("POST /connections/accept", "恢复监听"),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MoveClock {
    advance_seconds: Option<u64>,
    set: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Judge {
    admitted: Vec<Admitted>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Release {
    errors: Vec<ErrorItem>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSchema {
    version: String,
    accepts: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewRegisters {
    enterprises: Option<BTreeSet<String>>,
    officers: Option<BTreeSet<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EndPublication {
    number: String,
    #[serde(default)]
    repaired: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CompleteTo {
    at: Option<DateTime<Utc>>,
}

fn read<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, (StatusCode, String)> {
    serde_json::from_slice(body).map_err(|e| (StatusCode::BAD_REQUEST, format!("无法读取 JSON：{e}")))
}

fn show<T: Serialize>(value: T) -> Said {
    serde_json::to_value(value).map_err(|e| (StatusCode::INTERNAL_SERVER_ERROR, e.to_string()))
}

fn found(there: bool, what: &str) -> Said {
    if there { Ok(json!({ "ok": true })) } else { Err((StatusCode::NOT_FOUND, format!("没有这个{what}"))) }
}

fn serve_one(p: &Arc<Shared>, method: &Method, path: &str, body: &[u8]) -> Said {
    let segments: Vec<&str> = path.split('/').filter(|s| !s.is_empty()).collect();
    match (method.as_str(), &segments[..]) {
        ("GET", []) => {
            let list: serde_json::Map<String, Value> = ADDRESSES.iter().map(|(a, t)| ((*a).to_owned(), json!(t))).collect();
            Ok(json!({ "平台": p.base, "管理接口": list }))
        }
        ("GET", ["rules"]) => show(p.script().told()),
        ("POST", ["rules"]) => Ok(json!({ "id": p.tell(read::<Rule>(body)?) })),
        ("DELETE", ["rules"]) => found(p.untell(None), "规则"),
        ("DELETE", ["rules", id]) => found(id.parse().is_ok_and(|id| p.untell(Some(id))), "规则"),
        ("GET", ["clock"]) => Ok(json!({ "now": stamp(p.setup.clock.millis()) })),
        ("POST", ["clock"]) => {
            let to: MoveClock = read(body)?;
            if let Some(at) = to.set {
                p.setup.clock.set(at);
            }
            p.setup.clock.advance(Duration::from_secs(to.advance_seconds.unwrap_or(0)));
            Ok(json!({ "now": stamp(p.setup.clock.millis()) }))
        }
        (_, ["books", ..]) => books(p, method, &segments[1..], body),
        ("GET", ["accounts"]) => show(p.accounts().states()),
        ("POST", ["accounts", app, "unlock"]) => found(p.accounts().unlock(app), "账号"),
        _ => change(p, method, &segments, body),
    }
}

fn books(p: &Arc<Shared>, method: &Method, segments: &[&str], body: &[u8]) -> Said {
    let books = Books(p.clone());
    match (method.as_str(), segments) {
        ("GET", ["counters"]) => show(books.counters()),
        ("GET", ["requests"]) => show(books.requests()),
        ("GET", ["submissions"]) => show(books.submissions()),
        ("GET", ["submissions", id]) => match books.submission(id) {
            Some(s) => show(s),
            None => found(false, "提交"),
        },
        ("POST", ["verdict"]) => show(books.verdict(&read::<Judge>(body)?.admitted)),
        _ => found(false, "地址"),
    }
}

fn change(p: &Arc<Shared>, method: &Method, segments: &[&str], body: &[u8]) -> Said {
    if method != Method::POST {
        return found(false, "地址");
    }
    match segments {
        ["tokens", "expire"] => {
            p.accounts().forget();
            found(true, "")
        }
        ["submissions", id, "release"] => {
            let with: Release = if body.is_empty() { Release::default() } else { read(body)? };
            let now = p.setup.clock.millis();
            let mut world = p.world();
            world.settle(&p.setup, now);
            found(unhex(id).is_some_and(|id| world.release(&p.setup, &id, with.errors, now)), "提交")
        }
        ["submissions", id, "alter"] => {
            let mut world = p.world();
            let known = unhex(id).and_then(|id| world.find(&id));
            found(known.map(|n| world.submissions[n].altered = true).is_some(), "提交")
        }
        ["schema"] => {
            let new: NewSchema = read(body)?;
            let mut world = p.world();
            world.schema_version = new.version;
            world.accepts = new.accepts;
            found(true, "")
        }
        ["registers"] => {
            let new: NewRegisters = read(body)?;
            *p.registers() = Registers { enterprises: new.enterprises, officers: new.officers };
            found(true, "")
        }
        ["publications", "end"] => {
            let end: EndPublication = read(body)?;
            Ok(json!({ "rows": crate::publications::end(p, &end.number, end.repaired) }))
        }
        ["publications", "complete-to"] => {
            let to: CompleteTo = read(body)?;
            p.world().complete_to = to.at.map(|t| t.timestamp_millis());
            found(true, "")
        }
        ["connections", "refuse"] => {
            p.gate.send_replace(Gate::Closed);
            found(true, "")
        }
        ["connections", "accept"] => {
            p.gate.send_replace(Gate::Open);
            found(true, "")
        }
        _ => found(false, "地址"),
    }
}
