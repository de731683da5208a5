//! The platform over HTTP: the only file that names the HTTP client.

use std::{
    error::Error as _,
    path::{Path, PathBuf},
    pin::Pin,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use reqwest::{Client, Url, header};
use secrecy::ExposeSecret as _;
use uuid::Uuid;

use super::{
    access::Access,
    classify::Fault,
    handshake,
    profile::{Profile, address_problem},
    wire::{self, Package},
};
use crate::{config::Problem, tls};

/// What a request does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Get,
    Put,
    Post,
}

impl Verb {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Put => "PUT",
            Self::Post => "POST",
        }
    }
}

/// One request.
pub(super) struct Request<'a> {
    pub(super) verb: Verb,
    /// Path and query, as sent.
    pub(super) target: String,
    pub(super) id: Uuid,
    pub(super) token: Option<&'a secrecy::SecretString>,
    pub(super) content: Content,
}

/// A request's body.
pub(super) enum Content {
    None,
    Form(String),
    Package(Package),
}

/// What came back.
pub(super) struct Reply {
    /// Whether the first byte of a package may have left.
    pub(super) begun: bool,
    pub(super) status: Option<u16>,
    /// The `Retry-After` header as it stands.
    pub(super) retry_after: Option<String>,
    /// The `Date` header as it stands.
    pub(super) date: Option<String>,
    /// The whole body, or why there is none.
    pub(super) body: Result<Vec<u8>, Trouble>,
}

/// Why there is no whole answer.
#[derive(Debug, Clone)]
pub(super) struct Trouble {
    pub(super) fault: Fault,
    /// The transport's short name, for people on the telephone.
    pub(super) code: &'static str,
    /// A Chinese sentence.
    pub(super) said: String,
}

/// The one client, with its limits and roots.
pub(super) struct Wire {
    client: RwLock<Client>,
    recipe: Recipe,
    base: Url,
    answer: Duration,
    slowest: u64,
}

/// What the client is made of; it is made again when its connections can no longer be trusted.
struct Recipe {
    ca: Vec<reqwest::Certificate>,
    identity: Option<reqwest::Identity>,
    proxy: Option<reqwest::Proxy>,
    https_only: bool,
    connect: Duration,
    idle: Duration,
}

impl Wire {
    /// Reads certificates and builds the client.
    pub(super) fn new(profile: &Profile, access: &Access) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let address = access.base_url.as_deref().unwrap_or(&profile.address);
        problems.extend(address_problem("platform.base_url", address));
        let base = address.trim_end_matches('/').parse::<Url>().map_err(|e| {
            let why = format!("不是网址：{e}");
            vec![Problem::new("platform.base_url", why, "写成 https://主机名:端口").saying(address)]
        })?;
        let ca = access.ca_file.as_ref().and_then(|path| roots(path).map_err(|p| problems.push(p)).ok());
        let identity = access.client.as_ref().and_then(|client| identity(client).map_err(|p| problems.push(p)).ok());
        let proxy = access.proxy.as_deref().and_then(|address| {
            let fix = "写成 http://主机名:端口，或留空";
            let wrong = |e| Problem::new("platform.proxy", format!("不是代理地址：{e}"), fix).saying(address);
            reqwest::Proxy::all(address).map_err(|e| problems.push(wrong(e))).ok()
        });
        if !problems.is_empty() {
            return Err(problems);
        }
        let limits = &profile.limits;
        let recipe = Recipe {
            ca: ca.unwrap_or_default(),
            identity,
            proxy,
            https_only: base.scheme() == "https",
            connect: Duration::from_millis(limits.connect_ms),
            idle: Duration::from_millis(limits.idle_ms),
        };
        let client = recipe
            .client()
            .map_err(|e| vec![Problem::new("platform", format!("无法准备加密连接：{}", chain(&e)), "检查根证书和客户端证书")])?;
        Ok(Self {
            client: RwLock::new(client),
            recipe,
            base,
            answer: Duration::from_millis(limits.answer_ms),
            slowest: limits.slowest_bytes_per_sec.max(1),
        })
    }

    /// Makes one exchange. Never fails otherwise than by what it returns.
    pub(super) async fn exchange(&self, request: Request<'_>) -> Reply {
        let begun = Arc::new(AtomicBool::new(false));
        let answer = self.send(request, &begun).await;
        let mut reply = Reply { begun: false, status: None, retry_after: None, date: None, body: Ok(Vec::new()) };
        match answer {
            Ok(mut answer) => {
                let text = |name| {
                    let value = answer.headers().get(name)?;
                    value.to_str().ok().map(str::to_owned)
                };
                reply.status = Some(answer.status().as_u16());
                reply.retry_after = text(header::RETRY_AFTER);
                reply.date = text(header::DATE);
                reply.body = whole(&mut answer).await;
            }
            Err(error) => reply.body = Err(trouble(&error)),
        }
        reply.begun = begun.load(Ordering::Acquire);
        reply
    }

    async fn send(&self, request: Request<'_>, begun: &Arc<AtomicBool>) -> Result<reqwest::Response, reqwest::Error> {
        let mut url = self.base.clone();
        let (path, query) = match request.target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (request.target.as_str(), None),
        };
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        url.set_query(query);
        let client = self.client.read().unwrap_or_else(PoisonError::into_inner).clone();
        let method = match request.verb {
            Verb::Get => reqwest::Method::GET,
            Verb::Put => reqwest::Method::PUT,
            Verb::Post => reqwest::Method::POST,
        };
        let mut time = self.answer;
        let mut building = client.request(method, url).header("X-Request-Id", request.id.to_string());
        if let Some(token) = request.token {
            building = building.bearer_auth(token.expose_secret());
        }
        building = match request.content {
            Content::None => building,
            Content::Form(form) => building.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(form),
            Content::Package(package) => {
                // A total limit that grows with the size; the client's own read limit would also run while we send.
                time += Duration::from_secs(package.bytes() / self.slowest);
                building
                    .header(header::CONTENT_TYPE, "application/xml; charset=UTF-8")
                    .body(reqwest::Body::wrap(Leaving::new(package, begun)))
            }
        };
        building.timeout(time).send().await
    }

    /// Lets go of every connection: an answer came that belonged to another question, so none of them can be trusted.
    pub(super) fn hang_up(&self) {
        match self.recipe.client() {
            Ok(fresh) => {
                *self.client.write().unwrap_or_else(PoisonError::into_inner) = fresh;
            }
            Err(error) => tracing::error!(%error, "the HTTP client could not be made again"),
        }
    }
}

impl Recipe {
    fn client(&self) -> Result<Client, reqwest::Error> {
        tls::provide();
        let mut building = Client::builder()
            .user_agent(concat!("dangri/", env!("CARGO_PKG_VERSION")))
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .http1_only()
            .tcp_nodelay(true)
            .https_only(self.https_only)
            .connect_timeout(self.connect)
            .pool_idle_timeout(self.idle);
        if !self.ca.is_empty() {
            building = building.tls_certs_only(self.ca.iter().cloned());
        }
        if let Some(identity) = &self.identity {
            building = building.identity(identity.clone());
        }
        if let Some(proxy) = &self.proxy {
            building = building.proxy(proxy.clone());
        }
        building.build()
    }
}

/// The only roots that are trusted.
fn roots(path: &Path) -> Result<Vec<reqwest::Certificate>, Problem> {
    let wrong = |why: String| {
        Problem::new("platform.ca_file", why, "检查路径和权限，文件须为 PEM 格式的根证书").saying(&path.display().to_string())
    };
    let pem = std::fs::read(path).map_err(|e| wrong(format!("读不出：{e}")))?;
    match reqwest::Certificate::from_pem_bundle(&pem) {
        Ok(roots) if roots.is_empty() => Err(wrong("文件里没有证书".into())),
        Ok(roots) => Ok(roots),
        Err(e) => Err(wrong(format!("不是证书：{}", chain(&e)))),
    }
}

/// Our own certificate with its key.
fn identity((certificate, key): &(PathBuf, secrecy::SecretString)) -> Result<reqwest::Identity, Problem> {
    let wrong = |why: String| {
        let fix = "检查路径和权限；证书和私钥须为 PEM 格式，并且成对";
        Problem::new("platform.client_certificate", why, fix).saying(&certificate.display().to_string())
    };
    let mut pem = std::fs::read(certificate).map_err(|e| wrong(format!("读不出：{e}")))?;
    pem.push(b'\n');
    pem.extend_from_slice(key.expose_secret().as_bytes());
    let identity = reqwest::Identity::from_pem(&pem);
    // The copy with the key does not stay in memory longer than it must.
    pem.fill(0);
    identity.map_err(|e| wrong(format!("不能使用：{}", chain(&e))))
}

/// The whole body, but never more than an answer can have.
async fn whole(answer: &mut reqwest::Response) -> Result<Vec<u8>, Trouble> {
    let announced = answer.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    let mut body = Vec::with_capacity(announced.min(wire::MOST_BYTES));
    loop {
        match answer.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > wire::MOST_BYTES => {
                return Err(Trouble { fault: Fault::Garbled, code: "too_long", said: "回应过长，不是平台的回执".into() });
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body),
            Err(error) => return Err(trouble(&error)),
        }
    }
}

/// A package on its way out, which notes when the first byte is asked for.
struct Leaving {
    pieces: [Bytes; 3],
    next: usize,
    left: u64,
    begun: Arc<AtomicBool>,
}

impl Leaving {
    fn new(package: Package, begun: &Arc<AtomicBool>) -> Self {
        Self { left: package.bytes(), pieces: package.pieces().clone(), next: 0, begun: Arc::clone(begun) }
    }
}

impl http_body::Body for Leaving {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.begun.store(true, Ordering::Release);
        let next = self.next;
        let Some(piece) = self.pieces.get_mut(next).map(std::mem::take) else {
            return Poll::Ready(None);
        };
        self.next += 1;
        self.left -= piece.len() as u64;
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.next == self.pieces.len()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// What went wrong, by the error's own marks and, where it has none, by what its causes say of themselves.
fn trouble(error: &reqwest::Error) -> Trouble {
    let words = chain(error);
    let (fault, code, said) = handshake::refusal(&words).unwrap_or_else(|| plain_trouble(error, &words));
    Trouble { fault, code, said: said.to_owned() }
}

fn plain_trouble(error: &reqwest::Error, words: &str) -> (Fault, &'static str, &'static str) {
    if error.is_connect() || error.is_builder() {
        return match () {
            () if error.is_dns() || words.contains("dns error") => (Fault::NoConnection, "dns", "域名解析失败；请检查网络和平台地址"),
            () if error.is_timeout() => (Fault::NoConnection, "connect_timeout", "连接平台超时；请检查网络"),
            () if words.contains("refused") => (Fault::NoConnection, "refused", "平台拒绝连接（端口未开）"),
            () if words.contains("unreachable") => (Fault::NoConnection, "no_route", "网络不通；请检查网线和路由"),
            () if words.contains("tunnel") => (Fault::NoConnection, "proxy", "代理服务器不通；请检查 proxy 设置"),
            () => (Fault::NoConnection, "connect", "连不上平台"),
        };
    }
    if error.is_timeout() {
        return (Fault::TimedOut, "timeout", "平台在限定时间内没有回音");
    }
    // The client tells an unreadable head only in words; a broken body and a reset have io errors beneath.
    if words.contains("invalid HTTP") || words.contains("message head is too large") {
        return (Fault::Garbled, "not_http", "回应不是 HTTP，可能被其他设备截断");
    }
    (Fault::Broken, "reset", "连接中断")
}

/// An error and all its causes, in one line.
fn chain(error: &reqwest::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        words.push_str(": ");
        words.push_str(&next.to_string());
        cause = next.source();
    }
    words
}
