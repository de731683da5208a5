//! The connection under HTTP, where answers are cut, doubled and dripped.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;
use tokio_rustls::server::TlsStream;

/// What a call may do to its own connection.
#[derive(Debug, Default)]
pub(crate) struct Control {
    /// Close with RST instead of FIN.
    pub(crate) reset: AtomicBool,
    /// Send the answer that is being written once more.
    pub(crate) twice: AtomicBool,
}

/// Plain or encrypted.
pub(crate) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// One accepted connection.
pub(crate) struct Wire {
    stream: Stream,
    control: Arc<Control>,
    copy: Vec<u8>,
    /// Bytes of the copy that still have to be written.
    again: usize,
}

impl Wire {
    pub(crate) fn new(stream: Stream, control: Arc<Control>) -> Self {
        Self { stream, control, copy: Vec::new(), again: 0 }
    }

    fn tcp(&self) -> &TcpStream {
        match &self.stream {
            Stream::Plain(tcp) => tcp,
            Stream::Tls(tls) => tls.get_ref().0,
        }
    }

    fn inner(&mut self) -> Pin<&mut (dyn AsyncWrite + Send + Unpin)> {
        match &mut self.stream {
            Stream::Plain(tcp) => Pin::new(tcp),
            Stream::Tls(tls) => Pin::new(&mut **tls),
        }
    }

    fn keep_copy(&mut self, written: &[u8]) {
        if self.control.twice.load(Ordering::Relaxed) {
            self.copy.extend_from_slice(written);
            if is_whole(&self.copy) {
                self.again = self.copy.len();
                self.control.twice.store(false, Ordering::Relaxed);
            }
        }
    }
}

/// Whether head and body are both there.
fn is_whole(answer: &[u8]) -> bool {
    let Some(end) = answer.windows(4).position(|w| w == b"\r\n\r\n") else {
        return false;
    };
    let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
    let length = head.split("content-length:").nth(1).and_then(|v| v.lines().next()).and_then(|v| v.trim().parse().ok());
    answer.len() >= end + 4 + length.unwrap_or(0_usize)
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.control.reset.load(Ordering::Relaxed) && self.tcp().set_zero_linger().is_err() {
            // The peer sees a plain close instead; there is nobody to tell.
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Stream::Tls(tls) => Pin::new(&mut **tls).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let n = std::task::ready!(self.inner().poll_write(cx, buf))?;
        self.keep_copy(&buf[..n]);
        Poll::Ready(Ok(n))
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bufs: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let n = std::task::ready!(self.inner().poll_write_vectored(cx, bufs))?;
        let mut left = n;
        for b in bufs {
            let take = left.min(b.len());
            self.keep_copy(&b[..take]);
            left -= take;
        }
        Poll::Ready(Ok(n))
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Stream::Plain(tcp) => tcp.is_write_vectored(),
            Stream::Tls(tls) => tls.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.again > 0 {
            let at = self.copy.len() - self.again;
            let copy = std::mem::take(&mut self.copy);
            let written = self.inner().poll_write(cx, &copy[at..]);
            self.copy = copy;
            let n = std::task::ready!(written)?;
            self.again -= n;
            if self.again == 0 {
                self.copy = Vec::new();
            }
        }
        self.inner().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner().poll_shutdown(cx)
    }
}

/// An answer's body, whole or ill-treated.
pub(crate) struct Drip {
    rest: Bytes,
    /// Bytes at a time and the pause between.
    pace: Option<(usize, Duration)>,
    pause: Option<Pin<Box<Sleep>>>,
    /// Bytes that are promised and never sent.
    withheld: u64,
}

impl Drip {
    /// All at once.
    pub(crate) fn whole(body: Bytes) -> Self {
        Self { rest: body, pace: None, pause: None, withheld: 0 }
    }

    /// In small pieces.
    pub(crate) fn slow(body: Bytes, piece: usize, every: Duration) -> Self {
        Self { rest: body, pace: Some((piece.max(1), every)), pause: None, withheld: 0 }
    }

    /// Only the first `keep` bytes of what its length promises.
    pub(crate) fn short(body: Bytes, keep: usize) -> Self {
        let kept = body.slice(..keep.min(body.len()));
        let withheld = u64::try_from(body.len() - kept.len()).unwrap_or(0);
        Self { rest: kept, pace: None, pause: None, withheld }
    }
}

impl Body for Drip {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.rest.is_empty() {
            return Poll::Ready((self.withheld > 0).then(|| {
                self.withheld = 0;
                Err(io::Error::other("truncated as told"))
            }));
        }
        let Some((piece, every)) = self.pace else {
            let all = std::mem::take(&mut self.rest);
            return Poll::Ready(Some(Ok(Frame::data(all))));
        };
        if let Some(pause) = &mut self.pause {
            std::task::ready!(pause.as_mut().poll(cx));
        }
        let n = piece.min(self.rest.len());
        let part = self.rest.split_to(n);
        self.pause = Some(Box::pin(crate::clock::rest(every)));
        Poll::Ready(Some(Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.withheld == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(u64::try_from(self.rest.len()).unwrap_or(0) + self.withheld)
    }
}
