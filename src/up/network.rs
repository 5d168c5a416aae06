//! What is between the groups: loopback alone, or a network with a delay when the lab asks for one.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    os::unix::process::CommandExt as _,
    process::{Child, Command, Stdio},
};

use anyhow::Context as _;

use crate::settings::Settings;

/// Where each group's processes answer.
type Addresses = BTreeMap<String, Vec<SocketAddr>>;

/// The process that is the network, for as long as this lives; nobody where there is none.
#[derive(Debug)]
pub(crate) struct Network(Option<Child>);

impl Network {
    /// The network that the settings ask for, and the addresses at which the groups are reached over it.
    pub(super) fn between(groups: Addresses, settings: &Settings) -> anyhow::Result<(Self, Addresses)> {
        let Some(round_trip_us) = settings.lab.hop_delay_us else { return Ok((Self(None), groups)) };
        let targets: Vec<_> = groups.values().flatten().copied().collect();
        let (network, delayed) = Self::start(round_trip_us, &targets)?;
        let mut delayed = delayed.into_iter();
        let over_it = |(group, addresses): (_, Vec<_>)| (group, delayed.by_ref().take(addresses.len()).collect());
        Ok((network, groups.into_iter().map(over_it).collect()))
    }

    /// A network on which every round trip takes so much longer, and where each target is reached over it.
    pub(crate) fn start(round_trip_us: u64, targets: &[SocketAddr]) -> anyhow::Result<(Self, Vec<SocketAddr>)> {
        anyhow::ensure!(
            cfg!(feature = "lab"),
            "`lab.hop_delay_us` is set, but this binary has no network to delay: build it with `--features lab`"
        );
        let mut command = Command::new(std::env::current_exe().context("the path of this program is not known")?);
        command.args(["delay", "--round-trip-us", &round_trip_us.to_string()]);
        command.args(targets.iter().map(ToString::to_string));
        // A group of its own: a Ctrl-C must not end it before those who still talk over it.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0);
        let mut process = command.spawn().context("the delaying network cannot be started")?;
        let output = process.stdout.take().context("the network's output was piped")?;
        let network = Self(Some(process));
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let delayed = line.split_whitespace().map(str::parse).collect::<Result<Vec<_>, _>>();
        let delayed = delayed.with_context(|| format!("the network said {line:?} in place of its addresses"))?;
        anyhow::ensure!(delayed.len() == targets.len(), "the network did not start; its message is above");
        Ok((network, delayed))
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        if let Some(process) = &mut self.0 {
            drop(process.stdin.take());
            let _ = process.wait();
        }
    }
}
