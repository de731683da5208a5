//! The far ends of alerts on loopback: chat robots (钉钉, 企业微信, 飞书), webhooks, a service that wants to be visited.
//!
//! They check what
//! their originals check (key, signature, keyword, length, rate), answer as those do (HTTP 200 with a code of their own), and remember.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::clock::MockClock;

/// So many messages a minute a robot takes (20 for 钉钉 and 企业微信).
const A_MINUTE: usize = 20;
/// Beyond it 钉钉 blocks a robot for so long, in milliseconds.
const BLOCKED_MS: i64 = 600_000;
/// 企业微信's longest text, in bytes.
const WECOM_LONGEST: usize = 2_048;
/// 飞书's longest body, in bytes.
const FEISHU_LONGEST: usize = 20 * 1024;
/// How far a signature's time may be off, in milliseconds.
const SIGNED_WITHIN_MS: i64 = 3_600_000;

/// What a sink demands of those who send.
#[derive(Debug, Clone, Default)]
pub struct Demands {
    /// The robot's key; any when empty.
    pub key: String,
    /// The secret of the signature; none is asked for when empty.
    pub secret: String,
    /// A word that every text must hold; none when empty.
    pub keyword: String,
}

/// What a sink does with the next request instead of its ordinary answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mishap {
    /// HTTP 200 with this code of the robot's own.
    Code(i64),
    /// This HTTP status, with a page.
    Status(u16),
    /// HTTP 200 with a page of somebody else.
    Nonsense,
    /// The message is taken, and the connection breaks before the answer.
    TakeThenDrop,
    /// The connection breaks and nothing is taken.
    Drop,
}

/// One request that a sink has taken.
#[derive(Debug, Clone)]
pub struct Taken {
    /// When, by the sink's clock, in milliseconds.
    pub at: i64,
    /// The path.
    pub path: String,
    /// The text, wherever it stood.
    pub text: String,
    /// The whole body.
    pub body: Value,
    /// The mobile numbers that were to be called.
    pub mobiles: Vec<String>,
}

struct Inner {
    demands: Demands,
    taken: Vec<Taken>,
    /// Everything that arrived, when; refused ones too.
    arrivals: VecDeque<i64>,
    blocked_until: i64,
    mishaps: VecDeque<Mishap>,
    always: Option<Mishap>,
}

/// A sink at work; dropped, it is gone.
pub struct Sink {
    address: String,
    inner: Arc<Mutex<Inner>>,
    serving: JoinHandle<()>,
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn lock(inner: &Mutex<Inner>) -> MutexGuard<'_, Inner> {
    inner.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sink {
    /// Opens one on a free port.
    ///
    /// # Errors
    /// Those of the port.
    pub async fn open(clock: MockClock, demands: Demands) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = format!("http://{}", listener.local_addr()?);
        let (taken, arrivals, mishaps) = (Vec::new(), VecDeque::new(), VecDeque::new());
        let inner = Arc::new(Mutex::new(Inner { demands, taken, arrivals, blocked_until: i64::MIN, mishaps, always: None }));
        let shared = Arc::clone(&inner);
        #[expect(clippy::disallowed_methods, reason = "the sink holds it, and a connection that fails concerns its client")]
        let serving = tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let (shared, clock) = (Arc::clone(&shared), clock.clone());
                tokio::spawn(async move {
                    let service = service_fn(move |request| {
                        let (shared, clock) = (Arc::clone(&shared), clock.clone());
                        async move { handle(&shared, &clock, request).await }
                    });
                    // A connection that was cut on purpose ends in an error, and so does one that the other side cut.
                    drop(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(tcp), service).await);
                });
            }
        });
        Ok(Self { address, inner, serving })
    }

    /// Its address, `http://127.0.0.1:port`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Everything that it has taken.
    pub fn taken(&self) -> Vec<Taken> {
        lock(&self.inner).taken.clone()
    }

    /// The texts of all that it has taken.
    pub fn texts(&self) -> Vec<String> {
        lock(&self.inner).taken.iter().map(|t| t.text.clone()).collect()
    }

    /// How many requests arrived, the refused ones among them, of the last hour.
    pub fn arrivals(&self) -> usize {
        lock(&self.inner).arrivals.len()
    }

    /// The next request, and one more for each call, meets this.
    pub fn next(&self, mishap: Mishap) {
        lock(&self.inner).mishaps.push_back(mishap);
    }

    /// Every request meets this from now on; `None` mends it.
    pub fn always(&self, mishap: Option<Mishap>) {
        lock(&self.inner).always = mishap;
    }
}

/// The connection is cut.
#[derive(Debug)]
struct Cut;

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("cut on purpose")
    }
}

impl std::error::Error for Cut {}

type Answer = Result<Response<Full<Bytes>>, Cut>;

async fn handle(inner: &Mutex<Inner>, clock: &MockClock, request: Request<Incoming>) -> Answer {
    let (path, query) = (request.uri().path().to_owned(), request.uri().query().unwrap_or_default().to_owned());
    let header = |name: &str| request.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    let signed = (header("x-dangri-timestamp"), header("x-dangri-signature"));
    let bytes = request.into_body().collect().await.map_err(|_| Cut)?.to_bytes();
    let now = clock.millis();
    let mut inner = lock(inner);
    inner.arrivals.push_back(now);
    inner.arrivals.retain(|at| now - at < 3_600_000);
    let mishap = inner.mishaps.pop_front().or_else(|| inner.always.clone());
    let body: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    let code = match mishap {
        Some(Mishap::Drop) => return Err(Cut),
        Some(Mishap::Status(status)) => return Ok(page(status, "<html><body>Bad Gateway</body></html>")),
        Some(Mishap::Nonsense) => return Ok(page(200, "<html><body>请登录上网</body></html>")),
        Some(Mishap::Code(code)) => Some(code),
        Some(Mishap::TakeThenDrop) | None => None,
    };
    let robot = Robot::at(&path);
    let refused = code.or_else(|| match robot {
        Some(robot) => robot.refuses(&mut inner, now, (&path, &query), (&bytes, &body)),
        None => hook_refuses(&inner.demands, &signed, &bytes),
    });
    if refused.is_none() {
        let (text, mobiles) = read(robot, &body);
        inner.taken.push(Taken { at: now, path, text, body, mobiles });
    }
    if mishap == Some(Mishap::TakeThenDrop) {
        return Err(Cut);
    }
    Ok(answer(robot, refused))
}

/// What stood in a message, and who was to be called.
fn read(robot: Option<Robot>, body: &Value) -> (String, Vec<String>) {
    let (text, mobiles) = match robot {
        Some(Robot::DingTalk) => (&body["text"]["content"], &body["at"]["atMobiles"]),
        Some(Robot::WeCom) => (&body["text"]["content"], &body["text"]["mentioned_mobile_list"]),
        Some(Robot::Feishu) => (&body["content"]["text"], &Value::Null),
        None => (&body["text"], &body["mobiles"]),
    };
    let mobiles = mobiles.as_array().into_iter().flatten().filter_map(|m| m.as_str().map(str::to_owned)).collect();
    (text.as_str().unwrap_or_default().to_owned(), mobiles)
}

fn answer(robot: Option<Robot>, refused: Option<i64>) -> Response<Full<Bytes>> {
    let code = refused.unwrap_or(0);
    match robot {
        Some(Robot::Feishu) => page(200, &json!({ "code": code, "msg": "success", "data": {} }).to_string()),
        Some(_) => page(200, &json!({ "errcode": code, "errmsg": if code == 0 { "ok" } else { "refused" } }).to_string()),
        None if code == 0 => page(204, ""),
        None => page(u16::try_from(code).unwrap_or(500), ""),
    }
}

fn page(status: u16, body: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body.to_owned())));
    *response.status_mut() = hyper::StatusCode::from_u16(status).unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
    response
}

/// Whose robot a path belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Robot {
    DingTalk,
    WeCom,
    Feishu,
}

impl Robot {
    fn at(path: &str) -> Option<Self> {
        match path {
            "/robot/send" => Some(Self::DingTalk),
            "/cgi-bin/webhook/send" => Some(Self::WeCom),
            path if path.starts_with("/open-apis/bot/v2/hook/") => Some(Self::Feishu),
            _ => None,
        }
    }

    /// The robot's code for what it does not like; `None` when it takes the message.
    fn refuses(self, inner: &mut Inner, now: i64, (path, query): (&str, &str), (bytes, body): (&[u8], &Value)) -> Option<i64> {
        let value = |name: &str| parameter(query, name);
        let demands = inner.demands.clone();
        let (text, _) = read(Some(self), body);
        let key = match self {
            Self::DingTalk => value("access_token"),
            Self::WeCom => value("key"),
            Self::Feishu => path.rsplit('/').next().unwrap_or_default().to_owned(),
        };
        let codes = match self {
            Self::DingTalk => (300_001, 310_000, 310_000, 130_101),
            Self::WeCom => (93_000, 0, 0, 45_009),
            Self::Feishu => (19_001, 19_021, 19_024, 11_232),
        };
        let typed = body["msgtype"] == "text" || body["msg_type"] == "text";
        let signed = demands.secret.is_empty()
            || match self {
                Self::DingTalk => dingtalk_signed(&demands.secret, &value("timestamp"), &value("sign"), now),
                Self::WeCom => true,
                Self::Feishu => feishu_signed(&demands.secret, body, now),
            };
        let recent = inner.arrivals.iter().filter(|at| now - **at < 60_000).count();
        if recent > A_MINUTE && self == Self::DingTalk {
            inner.blocked_until = now + BLOCKED_MS;
        }
        if recent > A_MINUTE || now < inner.blocked_until {
            return Some(codes.3);
        }
        if !demands.key.is_empty() && key != demands.key {
            return Some(codes.0);
        }
        if !signed {
            return Some(codes.1);
        }
        if !demands.keyword.is_empty() && !text.contains(&demands.keyword) {
            return Some(codes.2);
        }
        match self {
            _ if !typed || text.is_empty() => Some(40_000),
            Self::WeCom if text.len() > WECOM_LONGEST => Some(40_058),
            Self::Feishu if bytes.len() > FEISHU_LONGEST => Some(9_499),
            _ => None,
        }
    }
}

/// 401 for a signature that is not ours or too old.
fn hook_refuses(demands: &Demands, (seconds, signature): &(String, String), bytes: &[u8]) -> Option<i64> {
    if demands.secret.is_empty() {
        return None;
    }
    let message = [seconds.as_bytes(), b"\n", bytes].concat();
    let expected: String = mac(demands.secret.as_bytes(), &message).iter().map(|b| format!("{b:02x}")).collect();
    (signature.strip_prefix("sha256=") != Some(expected.as_str())).then_some(401)
}

fn dingtalk_signed(secret: &str, millis: &str, sign: &str, now: i64) -> bool {
    let expected = STANDARD.encode(mac(secret.as_bytes(), format!("{millis}\n{secret}").as_bytes()));
    millis.parse::<i64>().is_ok_and(|at| (now - at).abs() <= SIGNED_WITHIN_MS) && sign == expected
}

fn feishu_signed(secret: &str, body: &Value, now: i64) -> bool {
    let seconds = body["timestamp"].as_str().unwrap_or_default();
    let expected = STANDARD.encode(mac(format!("{seconds}\n{secret}").as_bytes(), b""));
    let timely = seconds.parse::<i64>().is_ok_and(|at| (now - at * 1_000).abs() <= SIGNED_WITHIN_MS);
    timely && body["sign"] == expected.as_str()
}

fn mac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

/// A query's value, percent-decoded.
fn parameter(query: &str, name: &str) -> String {
    let raw = query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name).map_or("", |(_, value)| value);
    let mut out = Vec::new();
    let mut bytes = raw.bytes();
    while let Some(byte) = bytes.next() {
        let decoded = (byte == b'%').then(|| {
            let digits: Vec<u8> = bytes.by_ref().take(2).collect();
            std::str::from_utf8(&digits).ok().and_then(|d| u8::from_str_radix(d, 16).ok())
        });
        out.push(decoded.flatten().unwrap_or(byte));
    }
    String::from_utf8_lossy(&out).into_owned()
}
