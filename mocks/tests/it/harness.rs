//! A small client of its own, so that what is tested is the wire and not a library.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use dangri_mocks::{MockClock, Platform, Running, Setup, SignAlgorithm, sign, stamp};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

pub(crate) const SENDER: &str = "11370302004221234A";
pub(crate) const APP: &str = "demo-app";
pub(crate) const SECRET: &str = "demo-secret";

/// 2023-04-03T17:20:11+08:00
pub(crate) fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_680_513_611, 0).unwrap()
}

pub(crate) fn setup() -> Setup {
    Setup::on_clock(MockClock::manual(noon()))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// One answer of the platform.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn code(&self) -> &str {
        self.between("<Code>", "</Code>").unwrap_or("")
    }

    pub(crate) fn between(&self, from: &str, to: &str) -> Option<&str> {
        let rest = &self.body[self.body.find(from)? + from.len()..];
        Some(&rest[..rest.find(to)?])
    }

    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        // Not those of the XML declaration.
        let rest = &self.body[self.body.find("<Response")?..];
        let rest = &rest[rest.find(&format!(" {name}=\""))? + name.len() + 3..];
        Some(&rest[..rest.find('"')?])
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|l| {
            let (n, v) = l.split_once(':')?;
            n.eq_ignore_ascii_case(name).then(|| v.trim())
        })
    }

    pub(crate) fn states(&self) -> Vec<&str> {
        self.body.split("<State>").skip(1).filter_map(|p| p.split('<').next()).collect()
    }
}

/// A call before it is written.
pub(crate) struct Ask {
    method: &'static str,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Ask {
    pub(crate) fn new(method: &'static str, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), headers: Vec::new(), body: Vec::new() }.with("X-Request-Id", &uuid::Uuid::new_v4().to_string())
    }

    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new("GET", path)
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.with("Authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = format!("{} {} HTTP/1.1\r\nHost: mock\r\n", self.method, self.path);
        for (n, v) in &self.headers {
            out.push_str(&format!("{n}: {v}\r\n"));
        }
        out.push_str(&format!("Content-Length: {}\r\n\r\n", self.body.len()));
        let mut out = out.into_bytes();
        out.extend_from_slice(&self.body);
        out
    }
}

/// A connection that is kept alive.
pub(crate) struct Line<S> {
    stream: S,
    buffer: Vec<u8>,
}

impl Line<TcpStream> {
    pub(crate) async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::new() })
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Line<S> {
    pub(crate) fn over(stream: S) -> Self {
        Self { stream, buffer: Vec::new() }
    }

    pub(crate) async fn ask(&mut self, ask: Ask) -> io::Result<Reply> {
        self.send(&ask.bytes()).await?;
        self.answer(ask.method == "HEAD").await
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    pub(crate) async fn answer(&mut self, headless: bool) -> io::Result<Reply> {
        let end = loop {
            if let Some(at) = self.buffer.windows(4).position(|w| w == b"\r\n\r\n") {
                break at + 4;
            }
            self.more().await?;
        };
        let head = String::from_utf8(self.buffer.drain(..end).collect()).map_err(io::Error::other)?;
        let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
        let mut reply = Reply { status, head, body: String::new() };
        let length: usize = reply.header("content-length").and_then(|l| l.parse().ok()).unwrap_or(0);
        if headless || status == 204 {
            return Ok(reply);
        }
        while self.buffer.len() < length {
            self.more().await?;
        }
        reply.body = String::from_utf8(self.buffer.drain(..length).collect()).map_err(io::Error::other)?;
        Ok(reply)
    }

    async fn more(&mut self) -> io::Result<()> {
        let n = self.stream.read_buf(&mut self.buffer).await?;
        if n == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }
}

/// A platform with a client that has a token.
pub(crate) struct Desk {
    pub(crate) platform: Running,
    pub(crate) token: String,
    line: Option<Line<TcpStream>>,
}

impl Desk {
    pub(crate) async fn open(setup: Setup) -> Self {
        let platform = Platform::start(setup).await.unwrap();
        let mut desk = Self { platform, token: String::new(), line: None };
        desk.log_in().await;
        desk
    }

    pub(crate) async fn log_in(&mut self) {
        let reply = self.token_call(&self.form(SignAlgorithm::HmacSha256)).await;
        assert_eq!(reply.code(), "00", "{}", reply.body);
        self.token = reply.between("<Value>", "</Value>").unwrap().to_owned();
    }

    /// A good form for `/token`.
    pub(crate) fn form(&self, algorithm: SignAlgorithm) -> String {
        let timestamp = self.platform.clock().now().timestamp();
        let nonce = uuid::Uuid::new_v4().simple().to_string();
        let sign = sign(algorithm, SECRET, &format!("{APP}\n{timestamp}\n{nonce}"));
        let alg = match algorithm {
            SignAlgorithm::HmacSha256 => "",
            SignAlgorithm::HmacSm3 => "&alg=hmac-sm3",
        };
        format!("app_id={APP}&timestamp={timestamp}&nonce={nonce}&sign={sign}{alg}")
    }

    pub(crate) async fn token_call(&mut self, form: &str) -> Reply {
        let ask = Ask::new("POST", "/token").with("Content-Type", "application/x-www-form-urlencoded").body(form);
        self.raw(ask).await.unwrap()
    }

    /// A call on the kept connection, without a token of its own.
    pub(crate) async fn raw(&mut self, ask: Ask) -> io::Result<Reply> {
        let mut line = match self.line.take() {
            Some(line) => line,
            None => Line::open(self.platform.address()).await?,
        };
        let reply = line.ask(ask).await?;
        if !reply.header("connection").is_some_and(|c| c.eq_ignore_ascii_case("close")) {
            self.line = Some(line);
        }
        Ok(reply)
    }

    pub(crate) async fn call(&mut self, ask: Ask) -> io::Result<Reply> {
        let token = self.token.clone();
        self.raw(ask.bearer(&token)).await
    }

    /// Gives up the kept connection.
    pub(crate) fn hang_up(&mut self) {
        self.line = None;
    }

    pub(crate) async fn get(&mut self, path: impl Into<String>) -> Reply {
        self.call(Ask::get(path)).await.unwrap()
    }

    pub(crate) async fn try_put(&mut self, paper: &Paper) -> io::Result<Reply> {
        self.call(paper.ask()).await
    }

    pub(crate) async fn put(&mut self, paper: &Paper) -> Reply {
        self.try_put(paper).await.unwrap()
    }

    pub(crate) async fn look_up(&mut self, paper: &Paper) -> Reply {
        self.get(format!("/documents/{}", paper.id())).await
    }

    pub(crate) fn pass(&self, seconds: u64) {
        self.platform.clock().advance(Duration::from_secs(seconds));
    }
}

/// A submission in the making.
#[derive(Debug, Clone)]
pub(crate) struct Paper {
    pub(crate) sender: String,
    pub(crate) app: String,
    pub(crate) kind: String,
    pub(crate) number: Option<String>,
    pub(crate) draft: Option<String>,
    pub(crate) schema: String,
    pub(crate) supersedes: Option<String>,
    pub(crate) level: String,
    pub(crate) document: String,
    /// A digest that is claimed instead of the true one.
    pub(crate) claim: Option<String>,
    /// An address that is used instead of the true id.
    pub(crate) address: Option<String>,
}

impl Paper {
    pub(crate) fn record(n: u32) -> Self {
        Self::of("insp_record", Some(&format!("（兰）应急检记〔2023〕{n}号")), "InspectionRecord", &format!("<Place>车间{n}</Place>"))
    }

    pub(crate) fn of(kind: &str, number: Option<&str>, root: &str, inside: &str) -> Self {
        Self {
            sender: SENDER.into(),
            app: APP.into(),
            kind: kind.into(),
            number: number.map(Into::into),
            draft: Some("3f1c2a10-9f3e-4a51-8a0e-0d8b7f6c5e41".into()),
            schema: "2023.1".into(),
            supersedes: None,
            level: "district".into(),
            document: format!("<{root} xmlns=\"urn:dangri:document:1\">{inside}</{root}>"),
            claim: None,
            address: None,
        }
    }

    pub(crate) fn digest(&self) -> String {
        self.claim.clone().unwrap_or_else(|| hex(&Sha256::digest(self.document.as_bytes())))
    }

    pub(crate) fn id(&self) -> String {
        if let Some(id) = &self.address {
            return id.clone();
        }
        let key = self.number.as_ref().or(self.draft.as_ref()).unwrap();
        let text = format!("{}\n{}\n{}\n{}", self.sender, self.kind, key, self.digest());
        hex(&Sha256::digest(text.as_bytes()))[..32].to_owned()
    }

    pub(crate) fn head(&self) -> String {
        let mut s = format!(
            "<SubmissionId>{}</SubmissionId><SenderUscc>{}</SenderUscc><AppId>{}</AppId><Kind>{}</Kind>",
            self.id(),
            self.sender,
            self.app,
            self.kind
        );
        let mut add = |name: &str, value: &Option<String>| {
            if let Some(v) = value {
                s.push_str(&format!("<{name}>{v}</{name}>"));
            }
        };
        add("DocumentNumber", &self.number);
        add("DraftId", &self.draft);
        add("SchemaVersion", &Some(self.schema.clone()));
        add("Supersedes", &self.supersedes);
        add("AuthorLevel", &Some(self.level.clone()));
        s.push_str(&format!("<Digest alg=\"sha-256\">{}</Digest><SentAt>{}</SentAt>", self.digest(), stamp(1_680_513_611_000)));
        s
    }

    pub(crate) fn body(&self) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Package xmlns=\"urn:dangri:exchange:1\"><Head>{}</Head>\n<Body>{}</Body></Package>",
            self.head(),
            self.document
        )
    }

    pub(crate) fn ask(&self) -> Ask {
        self.ask_with(self.body())
    }

    pub(crate) fn ask_with(&self, body: impl Into<Vec<u8>>) -> Ask {
        Ask::new("PUT", format!("/documents/{}", self.id())).with("Content-Type", "application/xml; charset=UTF-8").body(body)
    }
}
