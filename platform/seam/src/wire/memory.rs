//! The codec rung: everything a hop does to a call, except leaving the process.

use std::{future::Future, pin::Pin, sync::Arc};

use super::{Carrier, Codec, Question, Reply, Routes};
use crate::{Breakdown, MayHaveExecuted, guarded, spans::Moment};

/// A carrier that writes the call, hands the bytes to the routes in this process, and reads the reply.
pub struct InMemory {
    routes: Arc<dyn Routes>,
    codec: Codec,
}

impl InMemory {
    /// Carries calls to `routes`, written with `codec`.
    pub fn new(routes: Arc<dyn Routes>, codec: Codec) -> Self {
        Self { routes, codec }
    }
}

impl Carrier for InMemory {
    fn carry<'a>(
        &'a self,
        question: Question<'a>,
    ) -> Pin<Box<dyn Future<Output = Result<Reply, Breakdown>> + Send + 'a>> {
        Box::pin(async move {
            let mut written = Vec::with_capacity(256);
            question
                .arguments
                .encode_into(self.codec, &mut written)
                .map_err(|what| Breakdown::Broken { what, executed: MayHaveExecuted::No })?;
            if let Some(recording) = question.recording {
                recording.note(Moment::Serialised);
                recording.note_question(written.len());
            }
            let answer = self.routes.answer(question.method, question.call.clone(), self.codec, &written);
            guarded(question.call.deadline(), answer).await
        })
    }
}
