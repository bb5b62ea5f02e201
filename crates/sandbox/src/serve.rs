//! The listening side: accepts connections and can hang up on one without an answer.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::ServiceExt;
use axum::extract::Request;
use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tower::util::MapRequest;

use crate::Error;

/// How long open connections may go on after the stop.
pub(crate) const GRACE: Duration = Duration::from_secs(2);

/// The whole application: the rewriting of addresses, then the routes.
pub(crate) type Service = MapRequest<Router, fn(Request) -> Request>;

/// The connection a request came by: `Extension<ConnectInfo<Connection>>`, or `ConnectInfo<Connection>` as an argument.
#[derive(Debug, Clone)]
pub struct Connection {
    hung_up: Arc<AtomicBool>,
    peer: Option<SocketAddr>,
}

impl Connection {
    /// From now on nothing more is written to it: the client sees the connection close without an answer.
    pub fn hang_up(&self) {
        self.hung_up.store(true, Ordering::SeqCst);
    }

    /// The other side's address.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }
}

impl Connected<IncomingStream<'_, Listener>> for Connection {
    fn connect_info(stream: IncomingStream<'_, Listener>) -> Connection {
        Connection { hung_up: stream.io().hung_up.clone(), peer: stream.io().inner.peer_addr().ok() }
    }
}

/// A TCP listener whose streams can be cut.
#[derive(Debug)]
pub struct Listener(TcpListener, SocketAddr);

impl Listener {
    pub(crate) async fn bind(addr: SocketAddr) -> Result<Listener, Error> {
        let listener = TcpListener::bind(addr).await.map_err(|e| Error::Listen(addr, e))?;
        let bound = listener.local_addr().map_err(|e| Error::Listen(addr, e))?;
        Ok(Listener(listener, bound))
    }

    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.1
    }
}

impl axum::serve::Listener for Listener {
    type Io = Stream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Stream, SocketAddr) {
        let (inner, peer) = axum::serve::Listener::accept(&mut self.0).await;
        // Small answers must not wait for each other.
        if let Err(error) = inner.set_nodelay(true) {
            tracing::debug!(%error, "set_nodelay");
        }
        (Stream { inner, hung_up: Arc::default() }, peer)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.1)
    }
}

/// A TCP stream that refuses to write after [`Connection::hang_up`].
#[derive(Debug)]
pub struct Stream {
    inner: TcpStream,
    hung_up: Arc<AtomicBool>,
}

impl Stream {
    fn refuse<T>(&self) -> Option<Poll<io::Result<T>>> {
        self.hung_up.load(Ordering::SeqCst).then(|| Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())))
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.refuse().unwrap_or_else(|| Pin::new(&mut self.inner).poll_write(cx, buf))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.refuse().unwrap_or_else(|| Pin::new(&mut self.inner).poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

pub(crate) async fn run(listener: Listener, service: Service, stopping: CancellationToken) {
    let make = ServiceExt::<Request>::into_make_service_with_connect_info::<Connection>(service);
    let served = axum::serve(listener, make).with_graceful_shutdown(stopping.cancelled_owned()).await;
    if let Err(error) = served {
        tracing::error!(%error, "the sandbox stopped serving");
    }
}
