//! The ladder from the inside: one contract call, one more thing between caller and service on each rung.

mod far_end;
mod measure;
mod shelf;
mod tables;

use std::{
    collections::BTreeMap,
    net::{SocketAddr, TcpListener},
    os::unix::net::UnixStream,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use catalog_contract::{Catalog, CatalogService};
use clap::Args;
use lab::delay::DelayingProxy;
use nix::unistd::Pid;
use seam::{
    Call, Edges, ModuleName, Seat,
    wire::{Codec, InMemory, Tls},
};
use serde::Serialize;
use vocabulary::Sku;

pub(crate) use self::{
    far_end::{FarEnd, at, carts_at},
    tables::{nobodys_cart, tables},
};
use self::{
    far_end::{answer, answer_on, asked_at},
    measure::{Figures, measure},
    shelf::Shelf,
};
use crate::{
    cli::{self, Ending},
    up::Network,
};

/// Who asks.
pub(crate) const CALLER: ModuleName = ModuleName::new("probe");

/// Products in the larger answer, whose difference from one product is the price of a byte.
const MORE: usize = 17;

/// Calls in the untimed pass that counts bytes.
const COUNTED: u64 = 200;

/// By how much round trips take longer, in microseconds, with the rungs' names: within a data centre, and between two of one city.
const ROUND_TRIPS: [(u64, &str); 3] = [(0, "proxy between"), (200, "round trip +0.2 ms"), (1_000, "round trip +1 ms")];

/// How the ladder is measured.
#[derive(Args, Debug)]
pub struct ProbeArguments {
    /// Print the rungs as a JSON list.
    #[arg(long)]
    json: bool,
    /// How long each figure of each rung is measured, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 300)]
    each_ms: u64,
    /// Only answer: the far end of the rungs with a second process.
    #[arg(long, hide = true)]
    answer: bool,
    /// Answer under TLS, with the credentials on the first line of standard input.
    #[arg(long, hide = true, requires = "answer")]
    sealed: bool,
    /// Answer from tables too, in this folder.
    #[arg(long, hide = true, requires = "answer", value_name = "DIR")]
    tables: Option<PathBuf>,
}

/// What one rung costs per call.
#[derive(Clone, Debug, Serialize)]
struct Rung {
    rung: &'static str,
    /// Time from question to answer with one caller, in nanoseconds.
    wall_ns: f64,
    /// CPU of both ends with one caller, in nanoseconds.
    cpu_ns: f64,
    /// CPU of both ends per call with 64 callers at once, in nanoseconds.
    cpu_64_ns: f64,
    /// Context switches of both ends with one caller.
    switches: f64,
    /// Bytes of question and answer, as the codec writes them.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<f64>,
    /// Bytes both ways on the connection, frames and seals included, the headers of TCP and IP not.
    #[serde(skip_serializing_if = "Option::is_none")]
    wire_bytes: Option<f64>,
    /// CPU of both ends for each byte more, with 64 callers at once, in nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu_ns_per_byte: Option<f64>,
    /// How the whole shop is put on this rung; absent where it cannot be.
    #[serde(skip_serializing_if = "Option::is_none")]
    workload: Option<Workload>,
    /// What one has to know of the rung.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'static str>,
}

/// How `up` puts all calls between modules on a rung.
#[derive(Clone, Debug, Serialize)]
struct Workload {
    /// `one` for a topology of one process, `several` for one of many.
    processes: &'static str,
    /// What is added to the environment.
    environment: BTreeMap<&'static str, String>,
}

impl Rung {
    fn of(rung: &'static str, figures: Figures) -> Self {
        let Figures { wall_ns, cpu_ns, cpu_64_ns, switches } = figures;
        let (bytes, wire_bytes, cpu_ns_per_byte, workload, note) = (None, None, None, None, note(rung));
        Self { rung, wall_ns, cpu_ns, cpu_64_ns, switches, bytes, wire_bytes, cpu_ns_per_byte, workload, note }
    }

    /// The rung for a shop in one process, or in several.
    fn whole<const N: usize>(self, processes: &'static str, settings: [(&'static str, String); N]) -> Self {
        Self { workload: Some(Workload { processes, environment: settings.into() }), ..self }
    }
}

/// What one has to know of a rung, where its name does not say it.
fn note(rung: &str) -> Option<&'static str> {
    match rung {
        "direct call" => {
            Some("of a single call alone: in a whole shop modules know one another by their contracts only")
        }
        "loopback, own process" => Some(
            "bytes are those of the connection, from a pass of its own that is not timed; the headers of TCP and IP are not among them",
        ),
        "proxy between" => Some(
            "connections go through a proxy in a process of its own, which costs a wake-up each way before it delays anything; its CPU \
             is not counted. The delay is the proxy's and not netem's: a kernel that has netem was not at hand to try that with",
        ),
        "round trip +0.2 ms" => {
            Some("0.1 ms longer on either way, by the proxy: compare with the rung `proxy between`")
        }
        "round trip +1 ms" => Some("0.5 ms longer on either way, by the proxy: compare with the rung `proxy between`"),
        "separate process, TLS" => Some(
            "TLS 1.3 by rustls with ring, without a delay: compare with the rung `separate process`. Connections stay open, so that \
             handshakes are not in the figures",
        ),
        _ => None,
    }
}

/// Measures the rungs, or answers as the far end of some.
///
/// # Errors
/// When no port is free or the far end cannot be started.
pub fn run(arguments: &ProbeArguments) -> anyhow::Result<Ending> {
    actix_web::rt::System::new().block_on(async {
        if arguments.answer {
            return answer(arguments.sealed, arguments.tables.as_deref()).await;
        }
        let rungs = Ladder::new(Duration::from_millis(arguments.each_ms)).climb().await?;
        if arguments.json {
            cli::print(&serde_json::to_string_pretty(&rungs)?);
        } else {
            cli::print(&table(&rungs));
        }
        Ok(Ending::Done)
    })
}

/// What all rungs have in common.
struct Ladder {
    each: Duration,
    edges: Edges,
    call: Call,
    shelf: Arc<Shelf>,
    skus: Vec<Sku>,
    /// Of question and answer.
    bytes: f64,
}

impl Ladder {
    fn new(each: Duration) -> Self {
        let shelf = Arc::new(Shelf::stocked());
        let skus = question();
        let bytes = bytes_of(&shelf, &skus);
        let call = Call::new(CALLER, Duration::from_secs(600));
        Self { each, edges: Edges::default(), call, shelf, skus, bytes }
    }

    async fn climb(&self) -> anyhow::Result<Vec<Rung>> {
        let mut rungs = self.in_place().await?;
        rungs.push(self.own_process().await?);
        let far_end = FarEnd::start()?;
        rungs.push(self.separate_process(&far_end).await?);
        let wire_bytes = rungs.last().and_then(|rung| rung.wire_bytes);
        for (round_trip_us, name) in ROUND_TRIPS {
            let (_network, addresses) = Network::start(round_trip_us, &[far_end.address()])?;
            let asked = at(addresses[0], &self.edges);
            let rung = self.through(name, Some(far_end.pid()), &asked).await?;
            let delay = ("CLEAVE__LAB__HOP_DELAY_US", round_trip_us.to_string());
            rungs.push(Rung { wire_bytes, ..rung }.whole("several", [delay]));
        }
        drop(far_end);
        let (far_end, tls) = FarEnd::sealed()?;
        let asked = asked_at(far_end.address(), &self.edges, Some(tls.clone()));
        let rung = self.through("separate process, TLS", Some(far_end.pid()), &asked).await?;
        let wire_bytes = self.wire_bytes(far_end.address(), Some(tls)).await?;
        rungs.push(Rung { wire_bytes, ..rung }.whole("several", [("CLEAVE__SEAM__TLS", "true".to_owned())]));
        Ok(rungs)
    }

    /// The rungs without the network stack.
    async fn in_place(&self) -> anyhow::Result<Vec<Rung>> {
        let measured = measure(self.each, None, || async {
            let answer = CatalogService::get_many(self.shelf.as_ref(), &self.call, self.skus.clone()).await;
            debug_assert!(answer.is_ok());
        });
        let direct = Rung::of("direct call", measured.await);
        let here = Seat::<dyn Catalog>::here(self.shelf.clone(), &self.edges);
        let contract = self.through("contract, here", None, &here.asked_by(CALLER)).await?;
        let in_memory = InMemory::new(here.routes(), Codec::Binary);
        let coded = Seat::<dyn Catalog>::over(Arc::new(in_memory), &self.edges).asked_by(CALLER);
        let codec = self.through("codec", None, &coded).await?;
        Ok(vec![
            direct,
            Rung { bytes: None, ..contract }.whole("one", []),
            codec.whole("one", [("CLEAVE__SEAM__PLACE", "codec".to_owned())]),
        ])
    }

    async fn own_process(&self) -> anyhow::Result<Rung> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let serving = answer_on(listener, None, None)?;
        let rung = self.through("loopback, own process", None, &at(address, &self.edges)).await?;
        let wire_bytes = self.wire_bytes(address, None).await?;
        serving.stop(false).await;
        Ok(Rung { wire_bytes, ..rung }.whole("one", [("CLEAVE__SEAM__PLACE", "loopback".to_owned())]))
    }

    async fn separate_process(&self, far_end: &FarEnd) -> anyhow::Result<Rung> {
        let asked = at(far_end.address(), &self.edges);
        let one = self.through("separate process", Some(far_end.pid()), &asked).await?;
        let more_skus = vec![self.skus[0].clone(); MORE];
        let more = self.figures(Some(far_end.pid()), &asked, &more_skus).await?;
        let more_bytes = bytes_of(&self.shelf, &more_skus);
        let cpu_ns_per_byte = ((more.cpu_64_ns - one.cpu_64_ns) / (more_bytes - self.bytes)).max(0.0);
        let wire_bytes = self.wire_bytes(far_end.address(), None).await?;
        Ok(Rung { cpu_ns_per_byte: Some(cpu_ns_per_byte), wire_bytes, ..one }.whole("several", []))
    }

    async fn through(
        &self,
        rung: &'static str,
        far_end: Option<Pid>,
        asked: &Arc<dyn Catalog>,
    ) -> anyhow::Result<Rung> {
        let figures = self.figures(far_end, asked, &self.skus).await.with_context(|| format!("the rung `{rung}`"))?;
        Ok(Rung { bytes: Some(self.bytes), ..Rung::of(rung, figures) })
    }

    async fn figures(&self, far_end: Option<Pid>, asked: &Arc<dyn Catalog>, skus: &[Sku]) -> anyhow::Result<Figures> {
        let answer = asked.get_many(&self.call, skus.to_vec()).await.context("does not answer")?;
        anyhow::ensure!(answer.len() == skus.len(), "answers something else");
        let ask = || async {
            let _ = asked.get_many(&self.call, skus.to_vec()).await;
        };
        Ok(measure(self.each, far_end, ask).await)
    }

    /// Counts what a call sends both ways, in a pass of its own through something that counts.
    async fn wire_bytes(&self, address: SocketAddr, tls: Option<Tls>) -> anyhow::Result<Option<f64>> {
        let counting = DelayingProxy::bind(&[address], Duration::ZERO)?;
        let (between, passed) = (counting.addresses()?[0], counting.passed());
        let (leash, end) = UnixStream::pair()?;
        let counter = std::thread::spawn(move || counting.serve_until(end));
        let asked = asked_at(between, &self.edges, tls);
        let ask = || asked.get_many(&self.call, self.skus.clone());
        ask().await.context("the rung does not answer")?;
        let before = passed.towards() + passed.back();
        for _ in 0..COUNTED {
            ask().await.context("the rung does not answer")?;
        }
        let counted = passed.towards() + passed.back() - before;
        drop(leash);
        counter.join().map_err(|_| anyhow::anyhow!("counting bytes panicked"))??;
        Ok(Some(counted as f64 / COUNTED as f64))
    }
}

/// The product that there is.
pub(crate) fn question() -> Vec<Sku> {
    vec![Shelf::stocked().0.sku.clone()]
}

/// What a call for these products carries both ways.
fn bytes_of(shelf: &Shelf, skus: &[Sku]) -> f64 {
    let answer = vec![shelf.0.clone(); skus.len()];
    let question = Codec::Binary.encode(skus).expect("product ids are text");
    (question.len() + Codec::Binary.encode(&answer).expect("products are text and numbers").len()) as f64
}

fn table(rungs: &[Rung]) -> String {
    let mut out = format!(
        "{:24} {:>14} {:>14} {:>16} {:>10} {:>9}\n",
        "rung", "wall, 1 caller", "CPU, 1 caller", "CPU, 64 callers", "bytes sent", "switches"
    );
    for Rung { rung, wall_ns, cpu_ns, cpu_64_ns, wire_bytes, switches, .. } in rungs {
        let bytes = wire_bytes.map_or_else(|| "-".to_owned(), |bytes| format!("{bytes:.0}"));
        out += &format!(
            "{rung:24} {wall_ns:>11.0} ns {cpu_ns:>11.0} ns {cpu_64_ns:>13.0} ns {bytes:>10} {switches:>9.2}\n"
        );
    }
    out
}
