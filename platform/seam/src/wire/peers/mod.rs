//! The other processes, as this one sees them: where each group is, which of its replicas answer, and who carries calls there.

mod options;
mod replica;

use std::{
    collections::BTreeMap,
    fmt,
    future::Future,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

pub use options::{CarriedBy, PeerOptions};
pub(super) use replica::Replica;
pub use replica::{PeerFigures, PeerState};

use super::{
    Carrier, Identity, Question, Reply,
    line::{self, Push, Settlement},
    plain,
};
use crate::{Breakdown, Descriptor, guarded};

/// The other processes of a topology. Cheap to clone; one per process is enough.
#[derive(Clone)]
pub struct Peers(Arc<Known>);

struct Known {
    identity: Identity,
    options: Arc<PeerOptions>,
    groups: RwLock<BTreeMap<String, Arc<Group>>>,
}

/// A group and its replicas.
struct Group {
    name: String,
    replicas: RwLock<Arc<[Arc<Replica>]>>,
    next: AtomicUsize,
    contracts: RwLock<Vec<&'static Descriptor>>,
}

impl fmt::Debug for Peers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.figures()).finish()
    }
}

impl Peers {
    /// No peers yet, to be asked in the name of `identity`.
    pub fn new(identity: Identity, options: PeerOptions) -> Self {
        Self(Arc::new(Known { identity, options: Arc::new(options), groups: RwLock::default() }))
    }

    /// Says at which internal addresses the replicas of `group` answer; said again, the new addresses take the place of the old.
    pub fn add(&self, group: &str, addresses: Vec<SocketAddr>) {
        let known = self.group(group);
        let several = addresses.len() > 1;
        let replicas = addresses.into_iter().map(|address| {
            let (identity, options) = (self.0.identity.clone(), self.0.options.clone());
            Arc::new(Replica::new(group, address, identity, options, several))
        });
        let mut current = known.replicas.write().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *current, replicas.collect());
        for contract in known.contracts.read().unwrap_or_else(PoisonError::into_inner).iter() {
            current.iter().for_each(|replica| replica.will_ask(contract));
        }
        drop(current);
        before.iter().for_each(|replica| replica.retire());
    }

    /// What carries calls to `group`. A group without addresses is not there.
    pub fn carrier(&self, group: &str) -> Arc<dyn Carrier> {
        Arc::new(GroupCarrier { group: self.group(group), known: self.0.clone() })
    }

    /// What is known of each replica, group by group.
    pub fn figures(&self) -> Vec<PeerFigures> {
        let groups = self.0.groups.read().unwrap_or_else(PoisonError::into_inner);
        groups
            .values()
            .flat_map(|group| group.replicas().iter().map(|replica| replica.figures()).collect::<Vec<_>>())
            .collect()
    }

    /// Ends all lines: calls under way are waited for, at most for `limit`; later ones find nobody there.
    pub async fn drain(&self, limit: Duration) {
        let replicas: Vec<_> = {
            let groups = self.0.groups.read().unwrap_or_else(PoisonError::into_inner);
            groups.values().flat_map(|group| group.replicas().to_vec()).collect()
        };
        replicas.iter().for_each(|replica| replica.retire());
        let ended = async {
            for replica in &replicas {
                replica.lines_ended().await;
            }
        };
        if tokio::time::timeout(limit, ended).await.is_err() {
            tracing::warn!("calls to other groups were still unanswered when their time was up");
        }
    }

    fn group(&self, name: &str) -> Arc<Group> {
        let mut groups = self.0.groups.write().unwrap_or_else(PoisonError::into_inner);
        let group = groups.entry(name.to_owned()).or_insert_with(|| {
            Arc::new(Group {
                name: name.to_owned(),
                replicas: RwLock::new(Arc::new([])),
                next: AtomicUsize::new(0),
                contracts: RwLock::default(),
            })
        });
        group.clone()
    }
}

impl Drop for Known {
    fn drop(&mut self) {
        let groups = self.groups.get_mut().unwrap_or_else(PoisonError::into_inner);
        groups.values().for_each(|group| group.replicas().iter().for_each(|replica| replica.retire()));
    }
}

impl Group {
    fn replicas(&self) -> Arc<[Arc<Replica>]> {
        self.replicas.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Chooses who is asked: in turn among those that are up, where one whose line has just broken off comes last, then among those
    /// that are going away.
    ///
    /// This is the place for two random choices weighed by latency and failures: everything it needs is in [`Replica`].
    fn choose(&self) -> Result<Arc<Replica>, Breakdown> {
        let replicas = self.replicas.read().unwrap_or_else(PoisonError::into_inner);
        if let [only] = &**replicas {
            return only.state().accepts().map(|()| only.clone()).inspect_err(|_| line::probe(only));
        }
        let from = self.next.fetch_add(1, Relaxed);
        let in_turn = || (0..replicas.len()).map(|step| &replicas[(from.wrapping_add(step)) % replicas.len()]);
        let up = |replica: &Arc<Replica>| replica.state() == PeerState::Up;
        let found = in_turn()
            .find(|replica| up(replica) && !replica.is_cut_off())
            .or_else(|| in_turn().find(|replica| up(replica)))
            .or_else(|| in_turn().find(|replica| replica.state() == PeerState::Draining));
        if let Some(found) = found {
            return Ok(found.clone());
        }
        in_turn().for_each(line::probe);
        let refused = in_turn().any(|replica| matches!(replica.state(), PeerState::Refusing | PeerState::Distrusted));
        Err(if refused { Breakdown::Denied } else { Breakdown::not_there() })
    }
}

/// Carries calls to the replicas of one group.
struct GroupCarrier {
    group: Arc<Group>,
    /// Keeps the lines alive as long as anybody can ask.
    known: Arc<Known>,
}

impl fmt::Debug for GroupCarrier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "GroupCarrier({})", self.group.name)
    }
}

impl Carrier for GroupCarrier {
    fn carry<'a>(
        &'a self,
        question: Question<'a>,
    ) -> Pin<Box<dyn Future<Output = Result<Reply, Breakdown>> + Send + 'a>> {
        Box::pin(async move {
            let plain_only = self.known.options.carried_by == CarriedBy::Plain;
            loop {
                let replica = self.group.choose()?;
                if plain_only || replica.takes_plain_only() {
                    return ask_plainly(&replica, &question).await;
                }
                let settled = match line::push(&replica, &question).await? {
                    Push::Waiting(waiting) => waiting.await,
                    Push::TooLarge => Settlement::AskPlainly,
                };
                match settled {
                    Settlement::Reply(reply) => return Ok(reply),
                    Settlement::Breakdown(breakdown) => return Err(breakdown),
                    Settlement::AskElsewhere => {}
                    Settlement::AskPlainly => return ask_plainly(&replica, &question).await,
                }
            }
        })
    }

    fn will_ask(&self, contract: &'static Descriptor) {
        let mut contracts = self.group.contracts.write().unwrap_or_else(PoisonError::into_inner);
        if !contracts.contains(&contract) {
            contracts.push(contract);
            self.group.replicas().iter().for_each(|replica| replica.will_ask(contract));
        }
    }
}

/// Boxed apart, because a plain POST takes thousands of bytes of state and most calls never need them.
fn ask_plainly<'a>(
    replica: &'a Replica,
    question: &'a Question<'a>,
) -> Pin<Box<dyn Future<Output = Result<Reply, Breakdown>> + Send + 'a>> {
    Box::pin(async move { guarded(question.call.deadline(), plain::ask(replica, question)).await? })
}
