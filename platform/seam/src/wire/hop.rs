//! An edge that leaves the process: counts, retries and bounds what a carrier carries.

use std::{fmt, sync::Arc};

use serde::{Serialize, de::DeserializeOwned};

use super::{Carrier, Question, Reply};
use crate::{Breakdown, Call, Edge, Fault, MayHaveExecuted, Repeat, guarded};

/// What a generated client holds: the edge it counts on and the carrier it asks over.
#[derive(Clone)]
pub struct Hop {
    carrier: Arc<dyn Carrier>,
    edge: Edge,
}

impl fmt::Debug for Hop {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Hop({:?})", self.edge)
    }
}

impl Hop {
    /// The hop of one edge over a carrier.
    pub fn new(carrier: Arc<dyn Carrier>, edge: Edge) -> Self {
        Self { carrier, edge }
    }

    /// Asks the `method`-th method, with one retry where the contract allows it.
    pub async fn ask<A, T, E>(&self, method: usize, call: &Call, arguments: A) -> Result<T, Fault<E>>
    where
        A: Serialize + Sync,
        T: DeserializeOwned,
        E: DeserializeOwned,
    {
        let visit = self.edge.enter(method, call)?;
        let reply = match self.attempt(method, visit.call(), &arguments).await {
            Err(breakdown) if self.may_repeat(method, &breakdown) && !call.deadline().has_passed() => {
                visit.count_retry();
                self.attempt(method, &visit.call().clone().with_attempt(2), &arguments).await
            }
            first => first,
        };
        visit.end(match reply {
            Ok(reply) => reply.read(),
            Err(breakdown) => Err(Fault::Breakdown(breakdown)),
        })
    }

    async fn attempt<A: Serialize + Sync>(
        &self,
        method: usize,
        call: &Call,
        arguments: &A,
    ) -> Result<Reply, Breakdown> {
        let question = Question { contract: self.edge.contract(), method, call, arguments };
        guarded(call.deadline(), self.carrier.carry(question)).await?
    }

    /// Only what the network lost is worth another attempt: an overloaded callee would only get more to do.
    fn may_repeat(&self, method: usize, breakdown: &Breakdown) -> bool {
        let Breakdown::Unavailable { executed } = breakdown else { return false };
        match self.edge.contract().methods[method].repeat {
            Repeat::Read | Repeat::Idempotent => true,
            Repeat::Once => *executed == MayHaveExecuted::No,
        }
    }
}
