//! The network of an experiment as a process of its own, so that what it costs is counted apart.

use std::{net::SocketAddr, time::Duration};

use clap::Args;
use lab::delay::DelayingProxy;

use crate::cli::{self, Ending};

/// What is delayed by how much.
#[derive(Args, Debug)]
pub struct DelayArguments {
    /// By how much each round trip takes longer, in microseconds; half of it on either way.
    #[arg(long, value_name = "US")]
    round_trip_us: u64,
    /// Who answers; each gets an address at which it answers later.
    #[arg(value_name = "ADDR", required = true)]
    targets: Vec<SocketAddr>,
}

/// Prints one address for each target, in their order, and passes on what comes there until standard input ends.
///
/// # Errors
/// When no port is free, or descriptors run out.
pub fn run(arguments: &DelayArguments) -> anyhow::Result<Ending> {
    let proxy = DelayingProxy::bind(&arguments.targets, Duration::from_micros(arguments.round_trip_us) / 2)?;
    let addresses: Vec<_> = proxy.addresses()?.iter().map(ToString::to_string).collect();
    cli::print(&addresses.join(" "));
    proxy.serve_until(std::io::stdin())?;
    Ok(Ending::Done)
}
