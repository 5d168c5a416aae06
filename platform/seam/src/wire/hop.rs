//! An edge that leaves the process: counts, retries and bounds what a carrier carries.

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use serde::{Serialize, de::DeserializeOwned};

use super::{Carrier, Question, Reply, method_number};
use crate::{
    Breakdown, Call, Edge, Fault, MayHaveExecuted, Repeat,
    spans::{Moment, Recording},
};

/// What a generated client holds: the edge it counts on and the carrier it asks over.
#[derive(Clone)]
pub struct Hop {
    carrier: Arc<dyn Carrier>,
    edge: Edge,
    numbers: Arc<[u32]>,
}

impl fmt::Debug for Hop {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Hop({:?})", self.edge)
    }
}

impl Hop {
    /// The hop of one edge over a carrier.
    pub fn new(carrier: Arc<dyn Carrier>, edge: Edge) -> Self {
        let contract = edge.contract();
        carrier.will_ask(contract);
        let numbers = contract.methods.iter().map(|method| method_number(contract.module, method.name)).collect();
        Self { carrier, edge, numbers }
    }

    /// Asks the `method`-th method, with one retry where the contract allows it.
    pub async fn ask<A, T, E>(&self, method: usize, call: &Call, arguments: A) -> Result<T, Fault<E>>
    where
        A: Serialize + Sync,
        T: DeserializeOwned,
        E: DeserializeOwned,
    {
        let visit =
            if call.trace.sampled { self.edge.enter_sampled(method, call)? } else { self.edge.enter(method, call)? };
        let (seen, recording) = (visit.call(call), visit.recording());
        let reply = match self.attempt(method, seen, &arguments, recording).await {
            Err(breakdown) if self.may_repeat(method, &breakdown) && !call.deadline().has_passed() => {
                self.edge.count_retry(method);
                if let Some(recording) = recording {
                    recording.note_retry();
                }
                self.attempt(method, &seen.clone().with_attempt(2), &arguments, recording).await
            }
            first => first,
        };
        let answer = match reply {
            Ok(reply) => {
                if let Some(recording) = recording {
                    recording.note(Moment::Woken);
                    recording.note_answer(reply.body.len());
                }
                reply.read()
            }
            Err(breakdown) => Err(Fault::Breakdown(breakdown)),
        };
        self.edge.end(method, visit, answer)
    }

    fn attempt<'a, A: Serialize + Sync>(
        &'a self,
        method: usize,
        call: &'a Call,
        arguments: &'a A,
        recording: Option<&'a Arc<Recording>>,
    ) -> Pin<Box<dyn Future<Output = Result<Reply, Breakdown>> + Send + 'a>> {
        let (contract, number) = (self.edge.contract(), self.numbers[method]);
        if let Some(recording) = recording {
            recording.note(Moment::Asked);
        }
        self.carrier.carry(Question { contract, method, number, call, arguments, recording })
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
