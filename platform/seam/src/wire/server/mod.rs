//! This process as its callers see it: what it answers, to whom, and how much at a time.

mod admission;
mod line;
mod plain;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
    hash::{BuildHasherDefault, Hasher},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    task::Waker,
    time::Duration,
};

use actix_web::{http::header::HeaderMap, web};
use tokio::sync::Notify;

use self::admission::Admission;
use super::{
    Identity, Refused, Routes,
    frame::contract_fingerprint,
    headers,
    identity::{Proven, UsedProofs},
    line::LINE_PATH,
    method_number,
    plain::HERE_PATH,
};
use crate::{Descriptor, ModuleName, Repeat};

/// How a process answers, in numbers.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// Calls that may wait for something at the same time, over all lines and POSTs; the least critical are shed first.
    pub running: usize,
    /// Calls of one line that may wait at the same time; beyond that the line is not read.
    pub running_per_line: usize,
    /// The longest question that is accepted, in bytes.
    pub largest_frame: usize,
    /// How long a line may be silent, without even a sign of life, before it is ended.
    pub silence: Duration,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            running: 4_096,
            running_per_line: 2_048,
            largest_frame: 16 * 1024 * 1024,
            silence: Duration::from_secs(30),
        }
    }
}

/// Gathers what a process answers.
pub struct ServerBuilder {
    identity: Identity,
    options: ServerOptions,
    offered: Vec<Arc<dyn Routes>>,
    known: BTreeMap<String, BTreeSet<String>>,
}

impl ServerBuilder {
    /// A process that answers nothing yet.
    pub fn new(identity: Identity, options: ServerOptions) -> Self {
        Self { identity, options, offered: Vec::new(), known: BTreeMap::new() }
    }

    /// Answers for one more module.
    #[must_use]
    pub fn offer(mut self, routes: Arc<dyn Routes>) -> Self {
        self.offered.push(routes);
        self
    }

    /// Lets `group` ask in the name of `modules`. Said twice of a group, both count.
    #[must_use]
    pub fn knows<M: AsRef<str>>(mut self, group: &str, modules: impl IntoIterator<Item = M>) -> Self {
        let known = self.known.entry(group.to_owned()).or_default();
        known.extend(modules.into_iter().map(|module| module.as_ref().to_owned()));
        self
    }

    /// The server. Fails when a module is offered twice, or two methods would have the same number on the wire.
    pub fn build(self) -> Result<Server, String> {
        let mut modules = BTreeMap::new();
        let mut methods: HashMap<u32, Method, BuildHasherDefault<AsItIs>> = HashMap::default();
        for routes in self.offered {
            let contract = routes.descriptor();
            if modules.insert(contract.module, routes.clone()).is_some() {
                return Err(format!("the module {:?} is offered twice", contract.module));
            }
            for (index, method) in contract.methods.iter().enumerate() {
                let is_read = method.repeat == Repeat::Read;
                let entry = Method { routes: routes.clone(), index, is_read };
                let Some(other) = methods.insert(method_number(contract.module, method.name), entry) else { continue };
                let (other, taken) = (other.routes.descriptor(), other.index);
                return Err(format!(
                    "{}.{} and {}.{} have the same number on the wire: rename one of them",
                    other.module, other.methods[taken].name, contract.module, method.name
                ));
            }
        }
        Ok(Server(Arc::new(Serving {
            admission: Admission::new(self.options.running),
            identity: self.identity,
            options: self.options,
            modules,
            methods,
            known: self.known,
            used_proofs: UsedProofs::default(),
            draining: AtomicBool::new(false),
            lines: Mutex::default(),
            next_line: AtomicU64::new(0),
            something_ended: Notify::new(),
        })))
    }
}

/// Answers calls from other processes. Cheap to clone; mounted on every worker of the internal listener.
#[derive(Clone)]
pub struct Server(Arc<Serving>);

/// Method numbers are hashes already.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0 << 8 | u64::from(*byte));
    }

    fn write_u32(&mut self, number: u32) {
        // The table takes its buckets from the low bits and its tags from the high ones.
        self.0 = u64::from(number) << 32 | u64::from(number);
    }
}

struct Method {
    routes: Arc<dyn Routes>,
    index: usize,
    is_read: bool,
}

struct Serving {
    identity: Identity,
    options: ServerOptions,
    admission: Admission,
    modules: BTreeMap<&'static str, Arc<dyn Routes>>,
    methods: HashMap<u32, Method, BuildHasherDefault<AsItIs>>,
    known: BTreeMap<String, BTreeSet<String>>,
    used_proofs: UsedProofs,
    draining: AtomicBool,
    /// What wakes each open line.
    lines: Mutex<HashMap<u64, Waker>>,
    next_line: AtomicU64,
    something_ended: Notify,
}

impl fmt::Debug for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.modules.keys()).finish()
    }
}

impl Server {
    /// Mounts the routes on an app of the internal listener: never on the public one.
    ///
    /// The listener wants `tcp_nodelay(true)`, because actix leaves Nagle's algorithm on.
    pub fn configure(&self, config: &mut web::ServiceConfig) {
        let server = web::Data::new(self.clone());
        config
            .app_data(server)
            .service(web::resource(LINE_PATH).route(web::post().to(line::answer)))
            .service(web::resource(HERE_PATH).route(web::get().to(plain::here)))
            .service(
                web::resource("/seam/{module}/{method}")
                    .route(web::post().to(plain::answer))
                    .default_service(web::to(plain::wrong_verb)),
            )
            .service(web::resource(["/seam", "/seam/{module}"]).to(plain::overview));
    }

    /// Tells all callers that this process is going away, and waits until what they asked is answered, at most for `limit`.
    ///
    /// To be called before actix is asked to stop, which would wait for open lines as long as it can.
    pub async fn drain(&self, limit: Duration) {
        let serving = &self.0;
        serving.draining.store(true, SeqCst);
        serving.lines().values().for_each(Waker::wake_by_ref);
        let quiet = async {
            loop {
                let ended = serving.something_ended.notified();
                if serving.lines().is_empty() && serving.admission.is_idle() {
                    return;
                }
                ended.await;
            }
        };
        if tokio::time::timeout(limit, quiet).await.is_err() {
            let lines = serving.lines().len();
            tracing::warn!(lines, "callers were still being answered when their time was up");
        }
    }

    /// The group that a request comes from, as its `authorization` header proves for `path`.
    ///
    /// For what else groups ask of one another, such as handing on events. An open process believes `cleave-group`.
    pub fn caller_group(&self, request: &HeaderMap, path: &str) -> Result<String, Refused> {
        Ok(self.0.prove(request, path)?.group)
    }
}

impl Serving {
    fn prove(&self, request: &HeaderMap, path: &str) -> Result<Proven, Refused> {
        let text = |name: &str| request.get(name).and_then(|value| value.to_str().ok());
        self.identity.check(text(headers::AUTHORIZATION), path, text(headers::GROUP))
    }

    /// The module that asks, if it is one of the group that was proved.
    fn caller(&self, group: &str, module: &str) -> Result<ModuleName, Refused> {
        let is_its_own = || self.known.get(group).is_some_and(|modules| modules.contains(module));
        if !self.identity.is_open() && !is_its_own() {
            return Err(Refused::NotItsModule);
        }
        ModuleName::learn(module).ok_or(Refused::NotItsModule)
    }

    /// Which of a caller's contracts are not answered here, or are known in another version.
    fn differing(&self, contracts: &BTreeMap<String, u32>) -> Vec<String> {
        let fingerprint =
            |module: &str| self.modules.get(module).map(|routes| contract_fingerprint(routes.descriptor()));
        let differing = contracts.iter().filter(|(module, theirs)| fingerprint(module) != Some(**theirs));
        differing.map(|(module, _)| module.clone()).collect()
    }

    fn is_draining(&self) -> bool {
        self.draining.load(SeqCst)
    }

    fn lines(&self) -> MutexGuard<'_, HashMap<u64, Waker>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn contracts(&self) -> impl Iterator<Item = &'static Descriptor> {
        self.modules.values().map(|routes| routes.descriptor())
    }
}
