//! A platform made of a script: a listener that says exactly the bytes it is told, and breaks where it is told.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// A request as it came.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) head: String,
    pub(super) body: Vec<u8>,
    /// Which connection it came over, from 0.
    pub(super) connection: usize,
}

impl Seen {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub(super) fn field(&self, name: &str) -> Option<String> {
        String::from_utf8_lossy(&self.body).split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")).map(str::to_owned))
    }

    /// The submission id in the address.
    pub(super) fn id(&self) -> &str {
        self.target.rsplit('/').next().unwrap_or_default()
    }
}

/// What the server does with a request.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// Says this and keeps the connection.
    Say(Vec<u8>),
    /// Says this and closes.
    Cut(Vec<u8>),
    /// Says this, then keeps silent for ever.
    Stall(Vec<u8>),
    /// Says this over and over until the other side hangs up.
    Pour(Vec<u8>, Vec<u8>),
}

type Script = dyn Fn(&Seen) -> Step + Send + Sync;
type Early = dyn Fn(&Seen) -> Option<Step> + Send + Sync;

/// The server, its address, and what it saw.
pub(super) struct Server {
    pub(super) address: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Answers every request by `script`; `/token` is answered with a token unless the script says otherwise.
    pub(super) async fn run(script: impl Fn(&Seen) -> Step + Send + Sync + 'static) -> Self {
        Self::run_with(|_| None, script, None).await
    }

    /// As `run`, but `early` may act when only the head of a request was read.
    pub(super) async fn run_with(
        early: impl Fn(&Seen) -> Option<Step> + Send + Sync + 'static,
        script: impl Fn(&Seen) -> Step + Send + Sync + 'static,
        tls: Option<tokio_rustls::TlsAcceptor>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let seen = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&seen);
        let (early, script): (Arc<Early>, Arc<Script>) = (Arc::new(early), Arc::new(script));
        #[expect(clippy::disallowed_methods, reason = "the test holds it")]
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            for connection in 0.. {
                let Ok((stream, _)) = listener.accept().await else { return };
                let (early, script) = (Arc::clone(&early), Arc::clone(&script));
                let (seen, tls) = (Arc::clone(&shared), tls.clone());
                connections.spawn(async move {
                    talk(stream, tls, &*early, &*script, &seen, connection).await;
                });
            }
        });
        Self { address: format!("{scheme}://127.0.0.1:{port}"), seen, task }
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(super) fn count(&self, method: &str, target: &str) -> usize {
        let seen = self.seen();
        seen.iter().filter(|s| s.method == method && s.target.starts_with(target)).count()
    }
}

async fn talk(
    stream: TcpStream,
    tls: Option<tokio_rustls::TlsAcceptor>,
    early: &Early,
    script: &Script,
    seen: &Mutex<Vec<Seen>>,
    connection: usize,
) {
    match tls {
        None => serve(stream, early, script, seen, connection).await,
        Some(tls) => {
            if let Ok(stream) = tls.accept(stream).await {
                serve(stream, early, script, seen, connection).await;
            }
        }
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    early: &Early,
    script: &Script,
    seen: &Mutex<Vec<Seen>>,
    connection: usize,
) {
    let mut kept = Vec::new();
    while let Some(mut request) = head(&mut stream, &mut kept).await {
        request.connection = connection;
        let step = match early(&request) {
            Some(step) => step,
            None => {
                let length: usize = request.header("content-length").map_or(0, |n| n.parse().unwrap());
                while kept.len() < length {
                    if stream.read_buf(&mut kept).await.unwrap_or(0) == 0 {
                        return;
                    }
                }
                request.body = kept.drain(..length).collect();
                script(&request)
            }
        };
        seen.lock().unwrap().push(request);
        let (bytes, then) = match &step {
            Step::Say(bytes) | Step::Cut(bytes) | Step::Stall(bytes) => (bytes, None),
            Step::Pour(bytes, more) => (bytes, Some(more)),
        };
        if stream.write_all(bytes).await.is_err() || stream.flush().await.is_err() {
            return;
        }
        match step {
            Step::Say(_) => {}
            Step::Cut(_) => {
                drop(stream.shutdown().await);
                return;
            }
            Step::Stall(_) => {
                // Ends when the other side hangs up.
                drop(stream.read_u8().await);
                return;
            }
            Step::Pour(..) => {
                while stream.write_all(then.unwrap()).await.is_ok() {}
                return;
            }
        }
    }
}

async fn head(stream: &mut (impl AsyncRead + Unpin), kept: &mut Vec<u8>) -> Option<Seen> {
    loop {
        if let Some(end) = kept.windows(4).position(|w| w == b"\r\n\r\n") {
            let head: Vec<u8> = kept.drain(..end + 4).collect();
            let head = String::from_utf8(head).unwrap();
            let mut words = head.split(' ');
            let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
            return Some(Seen { method, target, head, body: Vec::new(), connection: 0 });
        }
        if stream.read_buf(kept).await.ok()? == 0 {
            return None;
        }
    }
}

/// An HTTP answer with this status and body.
pub(super) fn http(status: u16, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} X\r\nContent-Type: application/xml; charset=UTF-8\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len())
        .into_bytes()
}

/// An envelope with this code and payload.
pub(super) fn envelope(code: &str, payload: &str) -> String {
    format!(
        "<Response xmlns=\"urn:dangri:exchange:1\"><Code>{code}</Code><Message>说明</Message><ServerTime>2023-04-03T17:20:11+08:00</ServerTime>{payload}</Response>"
    )
}

pub(super) fn say(status: u16, code: &str, payload: &str) -> Step {
    Step::Say(http(status, "", &envelope(code, payload)))
}

pub(super) fn token(value: &str, expires_in: u64) -> Step {
    say(200, "00", &format!("<Token><Value>{value}</Value><ExpiresIn>{expires_in}</ExpiresIn></Token>"))
}

pub(super) fn receipt(id: &str) -> String {
    format!(
        "<Receipt><SubmissionId>{id}</SubmissionId><ReceiptNo>R-1</ReceiptNo><ReceivedAt>2023-04-03T17:20:11+08:00</ReceivedAt></Receipt>"
    )
}
