//! A connection to a peer: in the open, or sealed by TLS where the topology says so.

use std::{
    fmt, io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use hyper_util::client::legacy::connect::{Connected, Connection};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::timeout,
};

#[cfg(not(feature = "tls"))]
use super::Tls;
#[cfg(feature = "tls")]
use super::tls::{self, Tls};

/// How long a handshake may take once a connection has come about.
#[cfg(feature = "tls")]
const SHAKING_HANDS: Duration = Duration::from_secs(1);

/// The bytes between this process and a peer.
pub(super) enum Stream {
    Open(TcpStream),
    #[cfg(feature = "tls")]
    Sealed(Box<tls::Sealed>),
}

/// Why a connection did not come about.
#[derive(Clone, Debug)]
pub(super) enum NotConnected {
    /// Nobody accepts connections there, or not in the way that this side expects.
    NotThere(String),
    /// Somebody does, who cannot prove to be the peer.
    #[cfg_attr(not(feature = "tls"), expect(dead_code, reason = "without TLS, nobody proves to be who is called"))]
    NotTheirs(String),
}

impl fmt::Display for NotConnected {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotThere(why) | Self::NotTheirs(why) => formatter.write_str(why),
        }
    }
}

impl std::error::Error for NotConnected {}

impl From<io::Error> for NotConnected {
    fn from(error: io::Error) -> Self {
        Self::NotThere(error.to_string())
    }
}

impl Stream {
    /// Connects to `address`; where it is to be sealed, the group named beside has proved who it is when this returns.
    pub(super) async fn connect(
        address: SocketAddr,
        within: Duration,
        sealing: Option<(&Tls, &str)>,
    ) -> Result<Self, NotConnected> {
        let connected = timeout(within, TcpStream::connect(address)).await;
        let stream = connected.map_err(|_| NotConnected::NotThere("no connection in time".to_owned()))??;
        stream.set_nodelay(true)?;
        match sealing {
            None => Ok(Self::Open(stream)),
            #[cfg(feature = "tls")]
            Some((tls, group)) => match timeout(SHAKING_HANDS, tls.connect(group, stream)).await {
                Ok(sealed) => Ok(Self::Sealed(Box::new(sealed?))),
                Err(_) => Err(NotConnected::NotThere("no TLS handshake in time".to_owned())),
            },
            #[cfg(not(feature = "tls"))]
            Some((tls, _)) => match *tls {},
        }
    }
}

/// Hands a call on to whatever the connection is.
macro_rules! whichever {
    ($stream:expr, $inner:ident => $call:expr) => {
        match $stream.get_mut() {
            Self::Open(stream) => {
                let $inner = Pin::new(stream);
                $call
            }
            #[cfg(feature = "tls")]
            Self::Sealed(stream) => {
                let $inner = Pin::new(&mut **stream);
                $call
            }
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        whichever!(self, stream => stream.poll_read(context, into))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        whichever!(self, stream => stream.poll_write(context, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        whichever!(self, stream => stream.poll_write_vectored(context, bytes))
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Open(stream) => stream.is_write_vectored(),
            #[cfg(feature = "tls")]
            Self::Sealed(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        whichever!(self, stream => stream.poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        whichever!(self, stream => stream.poll_shutdown(context))
    }
}

/// For hyper's pool of plain POSTs, which need know nothing more of a connection than that it is one.
impl Connection for Stream {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}
