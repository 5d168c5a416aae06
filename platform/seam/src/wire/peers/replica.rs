//! One process of a group, as this process sees it.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError, RwLock, Weak,
        atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
};

use tokio::sync::Notify;

use super::PeerOptions;
use crate::{
    Breakdown, Descriptor,
    wire::{
        Identity,
        line::Line,
        stream::{NotConnected, Stream},
    },
};

/// Whether a replica answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum PeerState {
    /// It answers, or nobody has tried yet.
    Up = 0,
    /// It said that it will end; whoever else is up is asked.
    Draining = 1,
    /// It is not there; calls fail at once while it is tried again.
    Down = 2,
    /// It does not accept this process; calls are denied at once while it is tried again.
    Refusing = 3,
    /// It cannot prove by its certificate to be who is called; calls are denied at once while it is tried again.
    Distrusted = 4,
}

impl PeerState {
    /// Fails with what a call gets that cannot go there.
    pub(crate) fn accepts(self) -> Result<(), Breakdown> {
        match self {
            Self::Up | Self::Draining => Ok(()),
            Self::Down => Err(Breakdown::not_there()),
            Self::Refusing | Self::Distrusted => Err(Breakdown::Denied),
        }
    }
}

/// What is known of one replica.
#[derive(Clone, Debug)]
pub struct PeerFigures {
    /// Its group.
    pub group: String,
    /// Where it answers.
    pub address: SocketAddr,
    /// Whether it answers.
    pub state: PeerState,
    /// Whether it is asked by one POST per call.
    pub plain: bool,
    /// Lines that lead there.
    pub lines: usize,
    /// Lines that were opened so far.
    pub opened: u64,
    /// Calls whose line was lost before they were answered.
    pub lost: u64,
}

/// One process of a group.
#[derive(Debug)]
pub(crate) struct Replica {
    /// Tells replicas apart within this process.
    pub(crate) index: usize,
    pub(crate) group: String,
    pub(crate) address: SocketAddr,
    pub(crate) identity: Identity,
    pub(crate) options: Arc<PeerOptions>,
    pub(crate) opened: AtomicU64,
    pub(crate) lost: AtomicU64,
    state: AtomicU8,
    plain: AtomicBool,
    retired: AtomicBool,
    /// Whether others of its group answer, too.
    has_siblings: bool,
    /// Whether a line broke off and none has opened since: it is likely to be starting anew.
    cut_off: AtomicBool,
    contracts: RwLock<Vec<&'static Descriptor>>,
    lines: Mutex<Vec<Weak<Line>>>,
    line_ended: Notify,
}

impl Replica {
    pub(super) fn new(
        group: &str,
        address: SocketAddr,
        identity: Identity,
        options: Arc<PeerOptions>,
        has_siblings: bool,
    ) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        Self {
            index: NEXT.fetch_add(1, Relaxed),
            group: group.to_owned(),
            address,
            identity,
            options,
            opened: AtomicU64::new(0),
            lost: AtomicU64::new(0),
            state: AtomicU8::new(PeerState::Up as u8),
            plain: AtomicBool::new(false),
            retired: AtomicBool::new(false),
            has_siblings,
            cut_off: AtomicBool::new(false),
            contracts: RwLock::default(),
            lines: Mutex::default(),
            line_ended: Notify::new(),
        }
    }

    pub(crate) fn state(&self) -> PeerState {
        use PeerState::{Distrusted, Down, Draining, Refusing, Up};
        let number = self.state.load(Relaxed);
        [Up, Draining, Down, Refusing, Distrusted].into_iter().find(|state| *state as u8 == number).unwrap_or(Down)
    }

    /// Notes what a line found out.
    pub(crate) fn found(&self, state: PeerState) {
        if self.is_retired() {
            return;
        }
        if state == PeerState::Up {
            self.cut_off.store(false, Relaxed);
        }
        let before = self.state.swap(state as u8, Relaxed);
        if before == state as u8 {
            return;
        }
        let (group, address) = (&self.group, self.address);
        match state {
            PeerState::Up => tracing::info!(group, %address, "a peer answers again"),
            PeerState::Draining => tracing::info!(group, %address, "a peer is going away"),
            PeerState::Down => {
                tracing::warn!(group, %address, "a peer is not there; calls to it fail at once until it is");
            }
            PeerState::Refusing => {
                tracing::error!(group, %address, "a peer does not accept this group: the two do not share a key, or it does not know this group");
            }
            PeerState::Distrusted => {
                tracing::error!(group, %address, "a peer is not trusted; calls to it are denied until it is");
            }
        }
    }

    /// Notes that whoever answers cannot prove to be this peer.
    pub(crate) fn distrusts(&self, why: &str) {
        if self.state() != PeerState::Distrusted {
            tracing::error!(group = self.group, address = %self.address, "{why}");
        }
        self.found(PeerState::Distrusted);
    }

    /// Connects to it.
    pub(crate) async fn connect(&self) -> Result<Stream, NotConnected> {
        let sealing = self.options.tls.as_ref().map(|tls| (tls, self.group.as_str()));
        Stream::connect(self.address, self.options.connecting, sealing).await
    }

    /// Notes that a line broke off; says whether others of its group can take the calls that have not left.
    pub(crate) fn broke_off(&self) -> bool {
        self.cut_off.store(true, Relaxed);
        self.has_siblings
    }

    /// Whether a line broke off and none has opened since. Its address may still accept connections, whose calls would wait for its return.
    pub(super) fn is_cut_off(&self) -> bool {
        self.cut_off.load(Relaxed)
    }

    /// Whether this replica is asked by one POST per call, because no line came to life.
    pub(crate) fn takes_plain_only(&self) -> bool {
        self.plain.load(Relaxed)
    }

    /// Notes whether lines come to life.
    pub(crate) fn takes_lines(&self, lines: bool) {
        if self.plain.swap(!lines, Relaxed) == lines {
            return;
        }
        let (group, address) = (&self.group, self.address);
        if lines {
            tracing::info!(group, %address, "a line came to life: calls travel by line again");
        } else {
            tracing::warn!(
                group,
                %address,
                "the peer answers, but no line comes to life, as if a proxy buffered it: calls travel one POST each from now on, \
                 which costs about ten times as much; say `carried_by = \"plain\"` to skip the attempt"
            );
        }
    }

    pub(crate) fn is_retired(&self) -> bool {
        self.retired.load(Relaxed)
    }

    /// Ends its lines once their calls are answered.
    pub(super) fn retire(&self) {
        self.retired.store(true, Relaxed);
        self.state.store(PeerState::Down as u8, Relaxed);
        let lines: Vec<_> = self.lines().iter().filter_map(Weak::upgrade).collect();
        lines.iter().for_each(|line| line.leave());
    }

    /// Waits until no line leads there any more.
    pub(super) async fn lines_ended(&self) {
        loop {
            let ended = self.line_ended.notified();
            if self.lines().is_empty() {
                return;
            }
            ended.await;
        }
    }

    pub(super) fn will_ask(&self, contract: &'static Descriptor) {
        self.contracts.write().unwrap_or_else(PoisonError::into_inner).push(contract);
    }

    /// The contracts that are asked of it.
    pub(crate) fn contracts(&self) -> Vec<&'static Descriptor> {
        self.contracts.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes a line that leads there.
    pub(crate) fn add_line(&self, line: &Arc<Line>) {
        self.lines().push(Arc::downgrade(line));
    }

    /// Forgets a line whose driver has ended.
    pub(crate) fn remove_line(&self, line: &Line) {
        self.lines().retain(|known| !std::ptr::eq(known.as_ptr(), line));
        self.line_ended.notify_waiters();
    }

    pub(super) fn figures(&self) -> PeerFigures {
        PeerFigures {
            group: self.group.clone(),
            address: self.address,
            state: self.state(),
            plain: self.takes_plain_only(),
            lines: self.lines().len(),
            opened: self.opened.load(Relaxed),
            lost: self.lost.load(Relaxed),
        }
    }

    fn lines(&self) -> std::sync::MutexGuard<'_, Vec<Weak<Line>>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
