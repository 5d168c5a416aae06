//! A shop in any topology: opened on data of its own, visited, closed, and audited.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::{Duration, Instant},
};

use testkit::{Browser, Folder, Process, eventually, eventually_within};

use super::{
    template::{cleave, copy_to},
    visitor::Visitor,
};

/// The topologies that every journey runs in: one process, one per module, and one module outside.
pub(crate) const TOPOLOGIES: [&str; 3] = ["monolith", "services", "extract:orders"];

/// Every group of processes twice. Journeys run in it, too; pages are compared without it, since what one replica has written, another
/// shows a moment later.
pub(crate) const REPLICATED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/topologies/replicas.toml");

/// A dozen processes of a build that is not optimised, beside other tests on few cores.
pub(crate) const READY_WITHIN: Duration = Duration::from_secs(60);

/// What reliability promises: all that was cut off is finished or taken back after so much quiet.
const QUIET: Duration = Duration::from_secs(30);

/// A running shop with data of its own. Dropped, it is killed with all its processes.
pub(crate) struct Shop {
    process: Process,
    site: String,
    data: Data,
}

/// The data folder of a shop that is closed.
pub(crate) struct Data {
    /// Deleted when the last shop on it has gone.
    folder: Folder,
    topology: String,
}

impl Shop {
    /// Opens a freshly filled shop.
    pub(crate) async fn open(topology: &str) -> Self {
        Data::fresh(topology).open().await
    }

    /// Where visitors come in, as `http://HOST:PORT`.
    pub(crate) fn site(&self) -> &str {
        &self.site
    }

    pub(crate) fn topology(&self) -> &str {
        &self.data.topology
    }

    /// Somebody who has never been here.
    pub(crate) fn visitor(&self) -> Visitor {
        Visitor::new(Browser::at(&self.site))
    }

    /// A visitor who sends a header with everything.
    pub(crate) fn visitor_sending(&self, name: &'static str, value: &str) -> Visitor {
        Visitor::new(Browser::at(&self.site).sending(name, value))
    }

    /// Closes the shop as an operator does. It must end by itself, cleanly, and leave no process behind.
    pub(crate) async fn close(self) -> Data {
        let Self { process, data, .. } = self;
        let family = process.descendants();
        process.terminate();
        let status = process.ended().await;
        assert!(status.success(), "{} did not close cleanly ({status}):\n{}", data.topology, process.stderr());
        for pid in family {
            eventually(&format!("process {pid} of the shop has gone"), || async { !is_alive(pid) }).await;
        }
        data
    }

    /// Closes the shop and asserts that its books agree. What was under way when the last visitor left, and what a crash has cut
    /// off, is finished in quiet, so the shop gets up to [`QUIET`] before it has to be right.
    pub(crate) async fn close_and_verify(self) -> Data {
        let until = Instant::now() + QUIET;
        eventually_within(QUIET * 2, "the audit comes to an end", || async {
            self.data.try_verify().status.success() || Instant::now() >= until
        })
        .await;
        let data = self.close().await;
        data.verify();
        data
    }

    /// Closes the shop and opens it again at the same address, so that visitors find it where it was.
    pub(crate) async fn restart(self) -> Self {
        let address = self.address();
        self.close().await.open_at(address).await
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.site.trim_start_matches("http://").parse().expect("the ready line has an address")
    }

    pub(crate) fn data(&self) -> &Data {
        &self.data
    }

    /// What its processes have told the log until now.
    pub(crate) fn log(&self) -> String {
        self.process.stderr()
    }

    /// The processes of the shop whose command line has this word, such as a group's name.
    pub(crate) fn processes_with(&self, word: &str) -> Vec<u32> {
        let runs = |pid: &u32| command_line(*pid).iter().any(|argument| argument == word);
        self.process.descendants().into_iter().filter(runs).collect()
    }
}

impl Data {
    /// A copy of the filled folder, for a shop of this topology.
    pub(crate) fn fresh(topology: &str) -> Self {
        let folder = Folder::new();
        copy_to(&folder.path().join("data"));
        Self { folder, topology: topology.to_owned() }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The same data, from now on for a shop of another topology.
    pub(crate) fn for_topology(self, topology: &str) -> Self {
        Self { topology: topology.to_owned(), ..self }
    }

    /// Opens a shop on it, at any address.
    pub(crate) async fn open(self) -> Shop {
        self.open_at(SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    pub(crate) async fn open_at(self, address: SocketAddr) -> Shop {
        let command = self.command(&["up", &self.topology, "--listen", &address.to_string()]);
        self.open_by(command).await
    }

    /// Opens a shop on it with these settings in its environment.
    pub(crate) async fn open_with(self, settings: &[(&str, &str)]) -> Shop {
        let mut command = self.command(&["up", &self.topology, "--listen", "127.0.0.1:0"]);
        command.envs(settings.iter().copied());
        self.open_by(command).await
    }

    async fn open_by(self, command: Command) -> Shop {
        let process = Process::start(command);
        let line = process.line_within(READY_WITHIN, "ready ").await;
        let site = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let expected = format!("ready {site} topology={} pid={}", self.topology, process.pid());
        assert_eq!(line, expected, "scripts read this line");
        Shop { process, site, data: self }
    }

    /// Asserts that the invariants hold in the databases and in the provider's ledger.
    pub(crate) fn verify(&self) {
        let output = self.try_verify();
        assert!(
            output.status.success(),
            "after {} the invariants do not hold:\n{}{}",
            self.topology,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }

    pub(crate) fn try_verify(&self) -> Output {
        self.command(&["verify"]).output().expect("cargo has built the binary")
    }

    /// The binary with this data, run in a folder without `config/`.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = cleave();
        command.args(arguments).arg("--data").arg(self.path()).current_dir(self.folder.path());
        command
    }
}

/// A process that has ended and waits for its parent to notice is not alive.
fn is_alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(')').map_or("", |(_, rest)| rest.trim_start());
    Path::new(&format!("/proc/{pid}")).exists() && !state.starts_with('Z')
}

fn command_line(pid: u32) -> Vec<String> {
    let bytes = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    bytes.split(|byte| *byte == 0).map(|argument| String::from_utf8_lossy(argument).into_owned()).collect()
}
