//! What a module said in one place, for comparison with what it said in another.

use std::{any::Any, fmt::Debug};

use seam::{Breakdown, EdgeFigures, Fault, MayHaveExecuted};

use super::Way;

/// The answers of one conversation in their order.
pub(crate) struct Transcript {
    way: Way,
    entries: Vec<(String, Box<dyn Value>)>,
}

/// Anything that can be compared and shown.
trait Value: Any + Debug {
    fn equals(&self, other: &dyn Value) -> bool;
}

impl<T: Any + Debug + PartialEq> Value for T {
    fn equals(&self, other: &dyn Value) -> bool {
        (other as &dyn Any).downcast_ref::<T>() == Some(self)
    }
}

impl Transcript {
    pub(super) fn of(way: Way) -> Self {
        Self { way, entries: Vec::new() }
    }

    /// Notes an answer, which must be one, and gives it back for the questions that follow.
    #[track_caller]
    pub(crate) fn answer<T, E>(&mut self, what: &str, answer: Result<T, Fault<E>>) -> T
    where
        T: Any + Debug + PartialEq + Clone,
        E: Debug,
    {
        match answer {
            Ok(answer) => {
                self.note(what, answer.clone());
                answer
            }
            Err(fault) => panic!("{}: {what}: not answered: {fault:?}", self.way),
        }
    }

    /// Notes a refusal, which must be of this variant of the contract's error.
    #[track_caller]
    pub(crate) fn refusal<T, E>(&mut self, variant: &str, answer: Result<T, Fault<E>>)
    where
        T: Debug,
        E: Any + Debug + PartialEq,
    {
        match answer {
            Err(Fault::Domain(error)) if is_variant(&error, variant) => self.note(variant, error),
            answer => panic!("{}: not refused with {variant}: {answer:?}", self.way),
        }
    }

    /// Asserts that a call whose time was over was not made.
    #[track_caller]
    pub(crate) fn too_late<T: Debug, E: Debug>(&self, answer: Result<T, Fault<E>>) {
        let late = Breakdown::DeadlineExceeded { executed: MayHaveExecuted::No };
        let is_late = matches!(&answer, Err(Fault::Breakdown(breakdown)) if *breakdown == late);
        assert!(is_late, "{}: asked too late, and got {answer:?}", self.way);
    }

    /// Notes how often each method was asked and refused; each must have been asked.
    pub(super) fn close(&mut self, figures: &EdgeFigures) {
        for (method, figures) in figures.contract.methods.iter().zip(&figures.methods) {
            assert!(figures.calls > 0, "nobody compares `{}`: ask it in tests/parity/suites", method.name);
            let counted = (figures.calls, figures.refusals, figures.breakdowns);
            self.note(&format!("{} was asked, refused, broke down", method.name), counted);
        }
    }

    /// Where this transcript says something else than the other, one paragraph each.
    pub(super) fn differences_from(&self, other: &Self) -> Vec<String> {
        let mut differences = Vec::new();
        if self.entries.len() != other.entries.len() {
            let (length, others) = (self.entries.len(), other.entries.len());
            differences.push(format!("  {} has {length} answers, {} has {others}", self.way, other.way));
        }
        for ((what, value), (others_what, others)) in self.entries.iter().zip(&other.entries) {
            if what != others_what || !value.equals(others.as_ref()) {
                let (way, other) = (self.way, other.way);
                differences.push(format!("  {what}\n    {way}: {value:?}\n    {other}, {others_what}: {others:?}"));
            }
        }
        differences
    }

    fn note(&mut self, what: &str, value: impl Any + Debug + PartialEq) {
        self.entries.push((what.to_owned(), Box::new(value)));
    }
}

/// Whether the value's text starts with this word.
fn is_variant(value: &impl Debug, word: &str) -> bool {
    let text = format!("{value:?}");
    let rest = text.strip_prefix(word);
    rest.is_some_and(|rest| !rest.starts_with(|letter: char| letter.is_alphanumeric()))
}

#[test]
fn another_field_another_answer_and_another_count_are_differences() {
    let told = |count: u8, pair: (u8, &'static str)| {
        let mut told = Transcript::of(Way::Here);
        for _ in 0..count {
            told.answer("a pair", Ok::<_, Fault<()>>(pair));
        }
        told
    };
    let here = told(2, (1, "one"));

    assert!(told(2, (1, "one")).differences_from(&here).is_empty());
    assert_eq!(told(2, (1, "two")).differences_from(&here).len(), 2);
    assert_eq!(told(1, (1, "one")).differences_from(&here).len(), 1);
}
