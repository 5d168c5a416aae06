//! The same question gets the same answer in every place: in this process, through a codec, over this process's own address,
//! and from another process.

mod cases;
mod places;

use std::{collections::BTreeSet, fmt::Debug, future::Future, sync::Arc, time::Duration};

use seam::{Breakdown, Call, Contract, Fault, MayHaveExecuted, ModuleName, Seat};

pub(crate) use self::places::{Places, Way};

const CALLER: ModuleName = ModuleName::new("storefront");

fn call() -> Call {
    Call::new(CALLER, Duration::from_secs(20))
}

#[actix_web::test]
async fn every_contract_answers_the_same_in_every_place() {
    let places = Places::open().await;
    let mut parity = Parity { places: &places, asked: BTreeSet::new(), differences: Vec::new() };

    cases::ask_everything(&mut parity).await;

    let Parity { asked, differences, .. } = parity;
    assert!(differences.is_empty(), "{} answers differ by place:\n{}", differences.len(), differences.join("\n"));
    let forgotten: Vec<_> = cleave::compose::modules()
        .map(ModuleName::as_str)
        .filter(|module| *module != cleave::compose::STOREFRONT.as_str() && !asked.contains(module))
        .collect();
    assert!(forgotten.is_empty(), "nobody compares the contracts of {forgotten:?}: add them to tests/parity/cases.rs");
    places.close().await;
}

/// Questions asked in every place, and the differences found.
pub(crate) struct Parity<'a> {
    places: &'a Places,
    asked: BTreeSet<&'static str>,
    differences: Vec<String>,
}

impl Parity<'_> {
    /// Asks in every place; the answers must be equal, and of the kind that is meant.
    async fn ask<C, T, E, F>(
        &mut self,
        seat: &Seat<C>,
        what: &str,
        is_meant: fn(&Result<T, Fault<E>>) -> bool,
        question: impl Fn(Arc<C>, Call) -> F,
    ) where
        C: Contract + ?Sized,
        T: Debug + PartialEq,
        E: Debug + PartialEq,
        F: Future<Output = Result<T, Fault<E>>>,
    {
        let module = C::DESCRIPTOR.module;
        self.asked.insert(module);
        let mut expected = None;
        for (place, contract) in self.places.of(seat) {
            let answer = question(contract, call()).await;
            if !is_meant(&answer) {
                self.differences
                    .push(format!("  {module}, {what}, {place}: not what was meant to be compared: {answer:?}"));
            }
            match &expected {
                None => expected = Some(answer),
                Some(expected) if *expected != answer => self
                    .differences
                    .push(format!("  {module}, {what}, {place}:\n      {answer:?}\n    here:\n      {expected:?}")),
                Some(_) => {}
            }
        }
    }

    /// Asks with no time left, which is the same breakdown everywhere: nothing was begun.
    async fn ask_too_late<C, T, E, F>(&mut self, seat: &Seat<C>, question: impl Fn(Arc<C>, Call) -> F)
    where
        C: Contract + ?Sized,
        T: Debug,
        E: Debug,
        F: Future<Output = Result<T, Fault<E>>>,
    {
        for (place, contract) in self.places.of(seat) {
            let answer = question(contract, call().within(Duration::ZERO)).await;
            let late = Breakdown::DeadlineExceeded { executed: MayHaveExecuted::No };
            if !matches!(&answer, Err(Fault::Breakdown(breakdown)) if *breakdown == late) {
                let module = C::DESCRIPTOR.module;
                self.differences.push(format!("  {module}, asked too late, {place}: {answer:?}"));
            }
        }
    }
}

/// The answer is one.
fn answered<T, E>(answer: &Result<T, Fault<E>>) -> bool {
    answer.is_ok()
}

/// The module understood and refused.
fn refused<T, E>(answer: &Result<T, Fault<E>>) -> bool {
    matches!(answer, Err(Fault::Domain(_)))
}
