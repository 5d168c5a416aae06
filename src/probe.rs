//! The ladder from the inside: one contract call, one more thing between caller and service on each rung.
//!
//! The service is a shelf with one product of about 600 bytes in memory, so that nothing but the way there is measured.

use std::{
    future::Future,
    io::{BufRead as _, BufReader, Read as _},
    net::{SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use actix_web::{App, HttpServer};
use anyhow::Context as _;
use catalog_contract::{Catalog, CatalogError, CatalogService, Category, Listing, Picture, Product, ProductPage};
use clap::Args;
use futures_util::future::join_all;
use nix::{
    time::{ClockId, clock_gettime},
    unistd::Pid,
};
use seam::{
    Call, Edges, ModuleName, Outcome, Seat,
    wire::{Codec, Identity, InMemory, PeerOptions, Peers, Server, ServerBuilder, ServerOptions},
};
use serde::Serialize;
use vocabulary::{Currency, Money, Sku};

use crate::cli::{self, Ending};

pub(crate) const CALLER: ModuleName = ModuleName::new("probe");
const GROUP: &str = "probe";

/// Callers at once in the second figure of each rung: as many as wait for one another on a busy shop.
const MANY: usize = 64;

/// Products in the larger answer, whose difference from one product is the price of a byte.
const MORE: usize = 17;

/// How the ladder is measured.
#[derive(Args, Debug)]
pub struct ProbeArguments {
    /// Print the rungs as a JSON list.
    #[arg(long)]
    json: bool,
    /// How long each figure of each rung is measured, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 300)]
    each_ms: u64,
    /// Only answer: the far end of the last rung.
    #[arg(long, hide = true)]
    answer: bool,
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
    /// Bytes of question and answer, as the codec writes them.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<f64>,
    /// CPU of both ends for each byte more, with 64 callers at once, in nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu_ns_per_byte: Option<f64>,
}

/// Measures the rungs, or answers as the far end of the last.
///
/// # Errors
/// When no port is free or the far end cannot be started.
pub fn run(arguments: &ProbeArguments) -> anyhow::Result<Ending> {
    actix_web::rt::System::new().block_on(async {
        if arguments.answer {
            return answer().await;
        }
        let rungs = climb(Duration::from_millis(arguments.each_ms)).await?;
        if arguments.json {
            cli::print(&serde_json::to_string_pretty(&rungs)?);
        } else {
            cli::print(&table(&rungs));
        }
        Ok(Ending::Done)
    })
}

async fn climb(each: Duration) -> anyhow::Result<Vec<Rung>> {
    let (edges, call) = (Edges::default(), Call::new(CALLER, Duration::from_secs(600)));
    let shelf = Arc::new(Shelf::stocked());
    let skus = question();
    let mut rungs = Vec::new();

    let measured = measure(each, None, || async {
        let answer = CatalogService::get_many(shelf.as_ref(), &call, skus.clone()).await;
        debug_assert!(answer.is_ok());
    });
    rungs.push(measured.await.named("direct call"));

    let here = Seat::<dyn Catalog>::here(shelf.clone(), &edges);
    let asked = here.asked_by(CALLER);
    rungs.push(through(each, None, &asked, &call, &skus).await?.named("contract, here"));

    let in_memory = InMemory::new(here.routes(), Codec::Binary);
    let asked = Seat::<dyn Catalog>::over(Arc::new(in_memory), &edges).asked_by(CALLER);
    rungs.push(through(each, None, &asked, &call, &skus).await?.named("codec"));

    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let own_address = listener.local_addr()?;
    let serving = answer_on(listener)?;
    let asked = at(own_address, &edges);
    rungs.push(through(each, None, &asked, &call, &skus).await?.named("loopback, own process"));
    serving.stop(false).await;

    let far_end = FarEnd::start()?;
    let asked = at(far_end.address, &edges);
    let one = through(each, Some(far_end.pid()), &asked, &call, &skus).await?;
    let more_skus = vec![skus[0].clone(); MORE];
    let more = through(each, Some(far_end.pid()), &asked, &call, &more_skus).await?;
    let (bytes, more_bytes) = (bytes_of(&shelf, &skus)?, bytes_of(&shelf, &more_skus)?);
    let cpu_ns_per_byte = ((more.cpu_64_ns - one.cpu_64_ns) / (more_bytes - bytes)).max(0.0);
    let far = one.named("separate process");
    rungs.push(Rung { bytes: Some(bytes), cpu_ns_per_byte: Some(cpu_ns_per_byte), ..far });
    Ok(rungs)
}

/// The product that there is.
pub(crate) fn question() -> Vec<Sku> {
    vec![Shelf::stocked().0.sku.clone()]
}

/// What a call for these products carries both ways.
fn bytes_of(shelf: &Shelf, skus: &[Sku]) -> anyhow::Result<f64> {
    let written = |what: Result<Vec<u8>, String>| what.map(|bytes| bytes.len() as f64).map_err(anyhow::Error::msg);
    let answer = vec![shelf.0.clone(); skus.len()];
    Ok(written(Codec::Binary.encode(skus))? + written(Codec::Binary.encode(&answer))?)
}

/// The catalogue of one product in another process.
pub(crate) fn at(address: SocketAddr, edges: &Edges) -> Arc<dyn Catalog> {
    let peers = Peers::new(Identity::open("caller"), PeerOptions::default());
    peers.add(GROUP, vec![address]);
    Seat::<dyn Catalog>::over(peers.carrier(GROUP), edges).asked_by(CALLER)
}

async fn through(
    each: Duration,
    far_end: Option<Pid>,
    catalog: &Arc<dyn Catalog>,
    call: &Call,
    skus: &[Sku],
) -> anyhow::Result<Figures> {
    let answer = catalog.get_many(call, skus.to_vec()).await.context("the rung does not answer")?;
    anyhow::ensure!(answer.len() == skus.len(), "the rung answers something else");
    let ask = || async {
        let _ = catalog.get_many(call, skus.to_vec()).await;
    };
    Ok(measure(each, far_end, ask).await)
}

struct Figures {
    wall_ns: f64,
    cpu_ns: f64,
    cpu_64_ns: f64,
}

impl Figures {
    fn named(self, rung: &'static str) -> Rung {
        let Self { wall_ns, cpu_ns, cpu_64_ns } = self;
        Rung { rung, wall_ns, cpu_ns, cpu_64_ns, bytes: None, cpu_ns_per_byte: None }
    }
}

/// Calls for as long as it was told, first one at a time and then many, after a tenth of that for warming up.
async fn measure<F: Future<Output = ()>>(each: Duration, far_end: Option<Pid>, ask: impl Fn() -> F) -> Figures {
    repeat(each / 10, 1, &ask).await;
    let (began, cpu) = (Instant::now(), cpu_nanoseconds(far_end));
    let calls = repeat(each, 1, &ask).await as f64;
    let (wall_ns, cpu_ns) =
        (began.elapsed().as_nanos() as f64 / calls, (cpu_nanoseconds(far_end) - cpu) as f64 / calls);
    repeat(each / 10, MANY, &ask).await;
    let cpu = cpu_nanoseconds(far_end);
    let calls = repeat(each, MANY, &ask).await as f64;
    Figures { wall_ns, cpu_ns, cpu_64_ns: (cpu_nanoseconds(far_end) - cpu) as f64 / calls }
}

async fn repeat<F: Future<Output = ()>>(during: Duration, callers: usize, ask: &impl Fn() -> F) -> u64 {
    let until = Instant::now() + during;
    let callers = (0..callers).map(|_| async {
        let mut calls = 0;
        // The clock is read once in sixteen calls: it costs more than a call in place.
        while Instant::now() < until {
            for _ in 0..16 {
                ask().await;
            }
            calls += 16;
        }
        calls
    });
    join_all(callers).await.into_iter().sum()
}

/// CPU of this process and of the far end, in nanoseconds.
fn cpu_nanoseconds(far_end: Option<Pid>) -> i128 {
    let read = |clock| {
        clock_gettime(clock).map_or(0, |time| i128::from(time.tv_sec()) * 1_000_000_000 + i128::from(time.tv_nsec()))
    };
    let other = far_end.and_then(|pid| ClockId::pid_cpu_clock_id(pid).ok()).map_or(0, read);
    read(ClockId::CLOCK_PROCESS_CPUTIME_ID) + other
}

fn server() -> anyhow::Result<Server> {
    let seat = Seat::<dyn Catalog>::here(Arc::new(Shelf::stocked()), &Edges::default());
    let server = ServerBuilder::new(Identity::open(GROUP), ServerOptions::default()).offer(seat.routes());
    server.build().map_err(anyhow::Error::msg)
}

fn answer_on(listener: TcpListener) -> anyhow::Result<actix_web::dev::ServerHandle> {
    let server = server()?;
    let serving = HttpServer::new(move || App::new().configure(|app| server.configure(app)));
    let serving = serving.workers(1).tcp_nodelay(true).disable_signals().listen(listener)?.run();
    let handle = serving.handle();
    actix_web::rt::spawn(serving);
    Ok(handle)
}

/// Answers until standard input ends.
async fn answer() -> anyhow::Result<Ending> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = listener.local_addr()?;
    let serving = answer_on(listener)?;
    cli::print(&address.to_string());
    tokio::task::spawn_blocking(|| std::io::stdin().lock().read(&mut [0])).await??;
    serving.stop(false).await;
    Ok(Ending::Done)
}

/// A process of this program that only answers.
pub(crate) struct FarEnd {
    process: Child,
    address: SocketAddr,
}

impl FarEnd {
    pub(crate) fn start() -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["probe", "--answer"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().context("the far end cannot be started")?;
        let mut line = String::new();
        let output = process.stdout.take().context("the far end's output was piped")?;
        BufReader::new(output).read_line(&mut line)?;
        let address =
            line.trim().parse().with_context(|| format!("the far end said {line:?} in place of its address"))?;
        Ok(Self { process, address })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.process.id()).expect("Linux process ids fit"))
    }
}

impl Drop for FarEnd {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

fn table(rungs: &[Rung]) -> String {
    let mut out = format!("{:24} {:>14} {:>14} {:>22}\n", "rung", "wall, 1 caller", "CPU, 1 caller", "CPU, 64 callers");
    for Rung { rung, wall_ns, cpu_ns, cpu_64_ns, .. } in rungs {
        out += &format!("{rung:24} {wall_ns:>11.0} ns {cpu_ns:>11.0} ns {cpu_64_ns:>19.0} ns\n");
    }
    out
}

/// A catalogue of one product.
struct Shelf(Arc<Product>);

impl Shelf {
    fn stocked() -> Self {
        let sku: Sku = "PROBE".parse().expect("five capitals are a product id");
        let description = "A line of the shop's usual length about a thing that nobody will ever buy. ".repeat(5);
        let picture = Picture { shape: "mug".to_owned(), hue: 200, variant: 1 };
        let (name, categories) =
            ("A mug to measure with".to_owned(), vec!["kitchen".to_owned(), "measuring".to_owned()]);
        let price = Money::new(1_999, Currency::USD);
        Self(Arc::new(Product { sku, name, description, price, categories, picture }))
    }
}

impl CatalogService for Shelf {
    async fn list(&self, _call: &Call, _wanted: Listing) -> Outcome<ProductPage, CatalogError> {
        Ok(ProductPage { products: vec![self.0.clone()], total: 1 })
    }

    async fn get_many(&self, _call: &Call, skus: Vec<Sku>) -> Outcome<Vec<Arc<Product>>, CatalogError> {
        Ok(vec![self.0.clone(); skus.len()])
    }

    async fn categories(&self, _call: &Call) -> Outcome<Arc<Vec<Category>>, CatalogError> {
        Ok(Arc::default())
    }

    async fn search(&self, _call: &Call, _query: String, _limit: u32) -> Outcome<Vec<Arc<Product>>, CatalogError> {
        Ok(vec![self.0.clone()])
    }

    async fn upsert(&self, _call: &Call, _product: Product) -> Outcome<(), CatalogError> {
        Err(CatalogError::NotAllowed.into())
    }
}
