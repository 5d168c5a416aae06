//! One process of a topology: started with its listeners and its charter, watched, restarted, ended.

use std::{
    net::{SocketAddr, TcpListener},
    os::{fd::OwnedFd, unix::process::CommandExt as _},
    path::Path,
    process::Stdio,
    sync::Mutex,
    time::Duration,
};

use anyhow::Context as _;
use command_fds::{CommandFdExt as _, FdMapping};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use runtime::Shutdown;
use seam::ModuleName;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    process::{Child as Process, ChildStdin, Command},
    sync::watch,
    time::Instant,
};

use crate::{
    charter::{self, Charter},
    cli::UpOptions,
    settings::Settings,
    topology::Group,
};

/// The first descriptor that is handed down, as systemd does it.
const FIRST_HANDED_DOWN: i32 = 3;

/// Pauses between restarts: doubled each time, back to the first after a minute without a death.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
const CALM_AFTER: Duration = Duration::from_secs(60);

/// What a child is.
#[derive(Debug)]
pub(super) enum Role {
    /// The payment provider's stand-in.
    Provider,
    /// A process of a group of the topology: which of its replicas, from 1.
    Group { group: Box<Group>, replica: u32 },
}

/// A process that `up` looks after.
#[derive(Debug)]
pub(super) struct Child {
    role: Role,
    name: String,
    arguments: Vec<String>,
    charter: Charter,
    listeners: Vec<TcpListener>,
    drain: Duration,
    state: watch::Sender<State>,
    stopping: Mutex<bool>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct State {
    pid: Option<u32>,
    ready: bool,
}

impl Child {
    pub(super) fn new(
        role: Role,
        charter: Charter,
        listeners: Vec<TcpListener>,
        settings: &Settings,
        options: &UpOptions,
    ) -> anyhow::Result<Self> {
        let data = settings.data.display().to_string();
        let mut arguments: Vec<String> = match &role {
            Role::Provider => vec!["provider".into()],
            Role::Group { group, .. } => {
                let mut arguments = vec!["serve".into(), "--topology".into(), options.topology.clone()];
                arguments.extend(["--group".into(), group.name.clone()]);
                if let Some(file) = &options.config {
                    arguments.extend(["--config".into(), file.display().to_string()]);
                }
                arguments
            }
        };
        arguments.extend(["--data".into(), data]);
        let drain = Duration::from_millis(settings.drain_ms);
        let state = watch::Sender::new(State::default());
        let name = match &role {
            Role::Provider => "provider".to_owned(),
            Role::Group { group, replica } if group.is_replicated() => format!("{}/{replica}", group.name),
            Role::Group { group, .. } => group.name.clone(),
        };
        Ok(Self { role, name, arguments, charter, listeners, drain, state, stopping: Mutex::new(false) })
    }

    /// The name of its group, and which of the replicas it is where there are several.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn is_provider(&self) -> bool {
        matches!(self.role, Role::Provider)
    }

    pub(super) fn has(&self, module: ModuleName) -> bool {
        matches!(&self.role, Role::Group { group, .. } if group.modules.contains(&module))
    }

    /// What the child is for, in a few words.
    pub(super) fn what(&self) -> String {
        match &self.role {
            Role::Provider => "the payment provider's stand-in".to_owned(),
            Role::Group { group, .. } => {
                group.modules.iter().map(|module| module.as_str()).collect::<Vec<_>>().join(", ")
            }
        }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.listeners[0].local_addr().expect("a bound listener has an address")
    }

    pub(super) fn pid(&self) -> Option<u32> {
        self.state.borrow().pid
    }

    pub(super) fn is_ready(&self) -> bool {
        self.state.borrow().ready
    }

    pub(super) async fn ready(&self) {
        // The sender lives in `self`, so the wait cannot fail.
        let _ = self.state.subscribe().wait_for(|state| state.ready).await;
    }

    /// Starts the process, and again whenever it dies, until the shutdown is requested.
    pub(super) async fn keep_running(self: std::sync::Arc<Self>, shutdown: Shutdown) {
        let mut pause = FIRST_PAUSE;
        while !self.is_stopping() {
            let began = Instant::now();
            let how_it_ended = match self.run_once().await {
                Ok(how_it_ended) => how_it_ended,
                Err(error) => format!("could not be run: {error:#}"),
            };
            self.state.send_replace(State::default());
            if self.is_stopping() || shutdown.is_requested() {
                return;
            }
            if began.elapsed() > CALM_AFTER {
                pause = FIRST_PAUSE;
            }
            tracing::warn!(group = self.name(), "{how_it_ended}; it is started again in {} ms", pause.as_millis());
            if tokio::time::timeout(pause, shutdown.requested()).await.is_ok() {
                return;
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn run_once(&self) -> anyhow::Result<String> {
        let (mut process, leash) = self.start().await?;
        let stdout = process.stdout.take().context("the child's output was piped")?;
        let mut lines = BufReader::new(stdout).lines();
        while let Some(line) = lines.next_line().await? {
            if line.starts_with("ready ") {
                self.state.send_modify(|state| state.ready = true);
            }
        }
        let status = process.wait().await?;
        drop(leash);
        Ok(format!("died ({status})"))
    }

    async fn start(&self) -> anyhow::Result<(Process, ChildStdin)> {
        let executable = std::env::current_exe().context("the path of this program is not known")?;
        let mut command = std::process::Command::new(this_program(&executable));
        command.arg0(executable).args(&self.arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        command.env(charter::VARIABLE, "stdin").env("LISTEN_FDS", self.listeners.len().to_string());
        if let Role::Group { group, .. } = &self.role {
            command.envs(&group.environment);
        }
        let mut mappings = Vec::new();
        for (index, listener) in (FIRST_HANDED_DOWN..).zip(&self.listeners) {
            mappings.push(FdMapping { parent_fd: OwnedFd::from(listener.try_clone()?), child_fd: index });
        }
        command.fd_mappings(mappings)?;
        let mut process = Command::from(command).spawn().context("the process cannot be started")?;
        self.state.send_replace(State { pid: process.id(), ready: false });
        let mut leash = process.stdin.take().context("the child's input was piped")?;
        let mut line = serde_json::to_string(&self.charter).context("a charter is plain text")?;
        line.push('\n');
        leash.write_all(line.as_bytes()).await.context("the child did not take its charter")?;
        Ok((process, leash))
    }

    fn is_stopping(&self) -> bool {
        *self.stopping.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Asks the process to end, and ends it when it does not.
    pub(super) async fn stop(&self) {
        *self.stopping.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = true;
        let Some(pid) = self.pid().and_then(|pid| i32::try_from(pid).ok()).map(Pid::from_raw) else { return };
        let _ = kill(pid, Signal::SIGTERM);
        let mut states = self.state.subscribe();
        let gone = states.wait_for(|state| state.pid.is_none());
        if tokio::time::timeout(self.drain, gone).await.is_err() {
            tracing::warn!(group = self.name(), "did not end within {} s and is killed", self.drain.as_secs());
            let _ = kill(pid, Signal::SIGKILL);
        }
    }
}

/// What is started: this very program, also when another version has taken the place of its file meanwhile.
fn this_program(executable: &Path) -> &Path {
    let itself = Path::new("/proc/self/exe");
    if itself.exists() { itself } else { executable }
}
