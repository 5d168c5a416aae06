//! What may be asked of the binary on the command line.

use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand, ValueEnum};
use runtime::settings::SettingsError;
use thiserror::Error;

use crate::{
    settings::{self, Flags},
    topology::{Topology, TopologyError},
};

/// A web shop that is one process or many, and measures the difference.
///
/// Without a command it serves the shop.
#[derive(Debug, Parser)]
#[command(name = "cleave", version, max_term_width = 100)]
struct Command {
    #[command(subcommand)]
    role: Option<Role>,
    #[command(flatten)]
    serve: ServeOptions,
}

#[derive(Debug, Subcommand)]
enum Role {
    /// Serve the shop, or one group of a topology.
    Serve(ServeOptions),
    /// Run a whole topology on this machine, a process for each group.
    #[cfg(feature = "split")]
    Up(UpOptions),
    /// Draw a topology.
    Topology(TopologyOptions),
    /// Bring the databases of a data folder up to date.
    Migrate(DataOptions),
    /// Make a data folder with a shop's goods in it.
    Seed(DataOptions),
    /// Check the invariants of a quiet shop's databases and of the provider's ledger.
    #[cfg(feature = "shop")]
    Verify(DataOptions),
    /// Be the payment provider's stand-in.
    #[cfg(feature = "payments")]
    Provider(ProviderOptions),
    /// Measure topologies against one another and write a report.
    #[cfg(feature = "lab")]
    Compare(crate::experiment::CompareArguments),
    /// Say which modules are worth a process of their own, and how to group them for a stated price.
    #[cfg(feature = "lab")]
    Advise(crate::advise::AdviseArguments),
    /// Render or compare runs, or hold one against an expression.
    #[cfg(feature = "lab")]
    Report(crate::experiment::ReportArguments),
    /// Measure the rungs of the ladder inside this process.
    #[cfg(feature = "lab")]
    #[command(hide = true)]
    Probe(crate::measured::probe::ProbeArguments),
    /// Be the network of an experiment: pass on what comes, later.
    #[cfg(feature = "lab")]
    #[command(hide = true)]
    Delay(crate::measured::delay::DelayArguments),
}

/// How one process serves.
#[derive(Args, Clone, Debug, Default)]
pub struct ServeOptions {
    /// The public address; port 0 takes any that is free [default: 127.0.0.1:8080].
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// The internal address: hops, events, health, metrics.
    #[arg(long, value_name = "ADDR")]
    pub internal: Option<SocketAddr>,
    /// The folder of the databases; made and filled when missing [default: data].
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The topology that this process is a part of.
    #[arg(long, value_name = "T", requires = "group")]
    pub topology: Option<String>,
    /// Which group of the topology this process is.
    #[arg(long, value_name = "G", requires = "topology")]
    pub group: Option<String>,
    /// Print the settings and where each comes from, then leave.
    #[arg(long)]
    pub print_settings: bool,
    /// Settings beside the built-in ones [default: config/cleave.toml, when it is there].
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// How a topology is run.
#[cfg(feature = "split")]
#[derive(Args, Clone, Debug)]
pub struct UpOptions {
    /// monolith, services, extract:MODULE+MODULE, or a file.
    pub topology: String,
    /// The public address; port 0 takes any that is free [default: 127.0.0.1:8080].
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// The folder of the databases; made and filled when missing [default: data].
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Settings beside the built-in ones [default: config/cleave.toml, when it is there].
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

#[derive(Args, Debug)]
struct TopologyOptions {
    /// monolith, services, extract:MODULE+MODULE, or a file.
    topology: String,
    /// How it is drawn.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Text,
    Mermaid,
    Json,
}

/// Which data folder.
#[derive(Args, Clone, Debug)]
pub struct DataOptions {
    /// The folder of the databases [default: data].
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// How many products the catalogue has when it is made [default: 1000].
    #[arg(long, value_name = "N")]
    pub products: Option<usize>,
}

#[cfg(feature = "payments")]
#[derive(Args, Debug)]
struct ProviderOptions {
    /// Where it listens; port 0 takes any that is free.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
    /// The folder of its ledger [default: data].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// How a command ended.
#[derive(Debug)]
pub enum Ending {
    /// Did it.
    Done,
    /// Did it, and the answer is this exit code.
    Answered(u8),
}

/// Was asked for something that cannot be, beside what settings, topologies and the lab say themselves.
#[derive(Debug, Error)]
pub enum UsageError {
    /// A folder without a shop in it.
    #[error("{} is not the data folder of a shop: name one with --data", .0.display())]
    NoShop(PathBuf),
}

/// Runs what the command line asks for.
pub fn main() -> ExitCode {
    let command = Command::parse();
    match run(command) {
        Ok(Ending::Done) => ExitCode::SUCCESS,
        Ok(Ending::Answered(code)) => ExitCode::from(code),
        Err(error) => {
            eprintln!("cleave: {error:#}");
            ExitCode::from(if is_of_usage(&error) { 2 } else { 1 })
        }
    }
}

/// Whether whoever asked can mend it by asking differently.
fn is_of_usage(error: &anyhow::Error) -> bool {
    #[cfg(feature = "lab")]
    if error.is::<lab::UsageError>() {
        return true;
    }
    error.is::<UsageError>() || error.is::<SettingsError>() || error.is::<TopologyError>()
}

fn run(command: Command) -> anyhow::Result<Ending> {
    match command.role.unwrap_or(Role::Serve(command.serve)) {
        Role::Serve(options) => serve(options),
        #[cfg(feature = "split")]
        Role::Up(options) => {
            let topology = Topology::named(&options.topology)?;
            let flags = Flags {
                config: options.config.as_deref(),
                listen: options.listen.map(|address| address.to_string()),
                data: options.data.as_deref(),
                ..Flags::default()
            };
            crate::up::run(topology, settings::load(&flags)?.value, options)
        }
        Role::Topology(options) => draw(&options),
        Role::Migrate(options) => crate::shop_data::migrate(&options),
        Role::Seed(options) => crate::shop_data::seed_command(&options),
        #[cfg(feature = "shop")]
        Role::Verify(options) => crate::verify::run(&options),
        #[cfg(feature = "payments")]
        Role::Provider(options) => crate::provider::run(options.listen, options.data),
        #[cfg(feature = "lab")]
        Role::Compare(arguments) => crate::experiment::compare(arguments),
        #[cfg(feature = "lab")]
        Role::Advise(arguments) => crate::advise::run(arguments),
        #[cfg(feature = "lab")]
        Role::Report(arguments) => crate::experiment::report(arguments),
        #[cfg(feature = "lab")]
        Role::Probe(arguments) => crate::measured::probe::run(&arguments),
        #[cfg(feature = "lab")]
        Role::Delay(arguments) => crate::measured::delay::run(&arguments),
    }
}

fn serve(options: ServeOptions) -> anyhow::Result<Ending> {
    let settings = settings::load(&Flags::from(&options))?;
    if options.print_settings {
        print(&settings.explain().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
        return Ok(Ending::Done);
    }
    let topology = Topology::named(options.topology.as_deref().unwrap_or("monolith"))?;
    if let Some(group) = &options.group {
        topology.group(group)?;
    }
    crate::serve::run(topology, options.group.as_deref(), settings.value)
}

fn draw(options: &TopologyOptions) -> anyhow::Result<Ending> {
    let topology = Topology::named(&options.topology)?;
    match options.format {
        Format::Text => print(&topology.as_text()),
        Format::Mermaid => print(&topology.as_mermaid()),
        Format::Json => print(&serde_json::to_string_pretty(&topology).expect("a topology is plain text and lists")),
    }
    Ok(Ending::Done)
}

/// Prints what was asked for; the one place beside reports and the ready line that writes to stdout.
#[expect(clippy::print_stdout, reason = "this is the answer to the command")]
pub(crate) fn print(text: &str) {
    println!("{}", text.trim_end());
}
