//! The two listeners of a process: bound here, or handed down by `up`.

use std::{
    io,
    net::{SocketAddr, TcpListener},
};

use anyhow::Context as _;

/// A listener at this address; the error says what to do when the port is taken.
///
/// # Errors
/// When the address cannot be bound.
pub fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => {
            anyhow::anyhow!(
                "{address} is in use by another process: stop it, or choose another with --listen (port 0 takes any)"
            )
        }
        io::ErrorKind::PermissionDenied => {
            anyhow::anyhow!(
                "{address} may not be bound by this user: ports below 1024 need a privilege, choose a higher one"
            )
        }
        io::ErrorKind::AddrNotAvailable => anyhow::anyhow!("{address} is not an address of this machine"),
        _ => anyhow::Error::new(error).context(format!("{address} cannot be bound")),
    })?;
    listener.set_nonblocking(true).context("a listener must be non-blocking")?;
    Ok(listener)
}
