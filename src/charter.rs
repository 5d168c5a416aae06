//! What `up` hands a child on its standard input: who it is, where the others are, and a leash.
//!
//! The charter is one line of JSON. After it the input stays open for as long as `up` lives; when it ends, `up` is gone, and the
//! child asks itself to end. Keys go this way because neither arguments nor environment are private.

use std::{
    collections::BTreeMap,
    io::{self, BufRead as _, Read as _},
    net::{SocketAddr, TcpListener},
    thread,
};

use anyhow::Context as _;
use listenfd::ListenFd;
use runtime::Shutdown;
use serde::{Deserialize, Serialize};

/// The environment variable that says a charter waits on standard input.
pub const VARIABLE: &str = "CLEAVE_CHARTER";

/// What a child of `up` is told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Charter {
    /// What it shows the other groups, as the seam writes it.
    pub identity: String,
    /// Which of its group's replicas it is, from 1.
    pub replica: u32,
    /// Where each group's internal listeners are, one for each of its replicas.
    pub groups: BTreeMap<String, Vec<SocketAddr>>,
    /// Where the payment provider is.
    pub provider: String,
    /// What proves to the others that this is its group, where hops are sealed.
    pub credentials: Option<String>,
}

/// A charter with what came along.
#[derive(Debug)]
pub struct Commission {
    /// What the child is told.
    pub charter: Charter,
    /// Its internal listener.
    pub internal: TcpListener,
    /// Its public listener, for the group that has the storefront; its replicas share it.
    pub public: Option<TcpListener>,
}

/// Reads the charter of a child of `up`; `None` for a process that is nobody's child.
///
/// # Errors
/// When standard input holds no charter, or the listeners did not come along.
pub fn receive() -> anyhow::Result<Option<Commission>> {
    if std::env::var_os(VARIABLE).is_none() {
        return Ok(None);
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).context("the charter cannot be read from standard input")?;
    let charter = serde_json::from_str(&line).with_context(|| {
        format!("{VARIABLE} is set, but standard input has no charter: it is for children of `cleave up` alone")
    })?;
    let mut listeners = ListenFd::from_env();
    let internal = listeners.take_tcp_listener(0)?.context("`up` handed no internal listener down")?;
    let public = listeners.take_tcp_listener(1)?;
    Ok(Some(Commission { charter, internal, public }))
}

/// Asks this process to end when its `up` is gone.
pub fn follow_leash(shutdown: Shutdown) {
    thread::spawn(move || {
        // Nothing more is ever written, so that this returns when the other end is closed.
        let _ = io::stdin().lock().read(&mut [0]);
        tracing::warn!("`cleave up` is gone: this process ends, too");
        shutdown.request();
    });
}
