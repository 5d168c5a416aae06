//! The calls of one line: which are waiting to be sent, which have left, and who waits for their answers.

use std::{
    mem,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use super::Settlement;
use crate::{
    Breakdown, MayHaveExecuted, ModuleName,
    clock::Deadline,
    spans::{Moment, Recording},
    wire::{Codec, Question, frame},
};

/// The calls of one line.
///
/// A call has a slot, whose index is its number on the line, from when it is written until its answer has come *and* its caller has
/// taken it or is gone. Until then the number is not used again, so an answer can never reach the wrong caller.
#[derive(Debug, Default)]
pub(super) struct Calls {
    slots: Vec<Slot>,
    free: Vec<u32>,
    /// Frames that no connection has taken yet.
    unsent: Vec<u8>,
    /// Calls with a smaller serial number have left.
    sent_before: u64,
    next_serial: u64,
    /// Calls that nobody wants any more and that need not leave.
    withdrawn: usize,
    /// Spans of the calls that wait to be sent, where they are recorded.
    unsent_spans: Vec<Arc<Recording>>,
    callers: Vec<ModuleName>,
}

#[derive(Debug)]
struct Slot {
    serial: u64,
    deadline: Deadline,
    /// Whether an answer may still come.
    owed: bool,
    withdrawn: bool,
    waiter: Waiter,
    recording: Option<Arc<Recording>>,
}

#[derive(Debug)]
enum Waiter {
    Waits(Option<Waker>),
    Settled(Settlement),
    Gone,
}

/// What became of a call that should be written.
pub(super) enum Written {
    /// It waits to be sent, under this number.
    Call(u32),
    /// It is too large for a line.
    TooLarge,
}

impl Calls {
    /// Writes a call behind those that wait.
    pub(super) fn write(
        &mut self,
        question: &Question<'_>,
        codec: Codec,
        largest: usize,
        waker: &Waker,
    ) -> Result<Written, Breakdown> {
        let broken = |what| Breakdown::Broken { what, executed: MayHaveExecuted::No };
        let number = match self.free.last() {
            Some(number) => *number,
            None => u32::try_from(self.slots.len()).map_err(|_| broken("too many calls".to_owned()))?,
        };
        let caller = self.caller(question.call.caller()).map_err(broken)?;
        let mut frame = Unfinished { start: self.unsent.len(), frames: &mut self.unsent, finished: false };
        let arguments =
            frame::write_call(number, question.number, codec, caller, question.call, question.arguments, frame.frames)
                .map_err(broken)?;
        if frame.frames.len() - frame.start > largest {
            return Ok(Written::TooLarge);
        }
        frame.finished = true;
        drop(frame);
        if let Some(recording) = question.recording {
            recording.note(Moment::Serialised);
            recording.note_question(arguments);
            self.unsent_spans.push(recording.clone());
        }
        let slot = Slot {
            serial: self.next_serial,
            deadline: question.call.deadline(),
            owed: true,
            withdrawn: false,
            waiter: Waiter::Waits(Some(waker.clone())),
            recording: question.recording.cloned(),
        };
        self.next_serial += 1;
        match self.free.pop() {
            Some(_) => self.slots[number as usize] = slot,
            None => self.slots.push(slot),
        }
        Ok(Written::Call(number))
    }

    /// The number of a caller on this line, introduced when it is new.
    fn caller(&mut self, name: ModuleName) -> Result<u8, String> {
        if let Some(number) = self.callers.iter().position(|known| *known == name) {
            return Ok(u8::try_from(number).expect("numbers are given out below 256"));
        }
        let number = u8::try_from(self.callers.len()).map_err(|_| "more than 256 callers on one line".to_owned())?;
        frame::write_caller(number, name.as_str(), &mut self.unsent);
        self.callers.push(name);
        Ok(number)
    }

    /// Names of all callers so far, in the order of their numbers.
    pub(super) fn callers(&self) -> impl Iterator<Item = ModuleName> {
        self.callers.iter().copied()
    }

    /// How many calls have a slot.
    pub(super) fn outstanding(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Bytes that wait to be sent.
    pub(super) fn unsent_bytes(&self) -> usize {
        self.unsent.len()
    }

    /// Takes all that waits to be sent; from here on these calls may have executed.
    pub(super) fn take_unsent(&mut self) -> Option<Vec<u8>> {
        if self.withdrawn > 0 {
            self.sort_out(false);
        }
        self.sent_before = self.next_serial;
        self.unsent_spans.drain(..).for_each(|recording| recording.note(Moment::Sent));
        if self.unsent.is_empty() {
            return None;
        }
        // The next round is likely to be as large as this one.
        let room = Vec::with_capacity(self.unsent.len());
        Some(mem::replace(&mut self.unsent, room))
    }

    /// Prepares what waited for a connection: withdrawn calls do not leave, and the others say how much time is left *now*.
    pub(super) fn refresh_unsent(&mut self) {
        self.sort_out(true);
    }

    fn sort_out(&mut self, patch: bool) {
        self.withdrawn = 0;
        let mut unsent = mem::take(&mut self.unsent);
        let (mut kept, mut rest) = (Vec::with_capacity(unsent.len()), &mut unsent[..]);
        while let Some((whole, after)) = frame::split_frame(rest) {
            rest = after;
            match frame::number_of_call(whole) {
                Some(number) if self.slots[number as usize].withdrawn => {
                    self.slots[number as usize].owed = false;
                    self.release(number);
                    continue;
                }
                Some(number) if patch => frame::patch_time_left(whole, self.slots[number as usize].deadline),
                _ => {}
            }
            kept.extend_from_slice(whole);
        }
        self.unsent = kept;
    }

    /// Whether the call with this number has been settled; otherwise its caller is woken when it is.
    pub(super) fn poll(&mut self, number: u32, context: &Context<'_>) -> Poll<Settlement> {
        let slot = &mut self.slots[number as usize];
        if let Waiter::Waits(waker) = &mut slot.waiter {
            match waker {
                Some(known) if known.will_wake(context.waker()) => {}
                _ => *waker = Some(context.waker().clone()),
            }
            return Poll::Pending;
        }
        match mem::replace(&mut slot.waiter, Waiter::Gone) {
            Waiter::Settled(settlement) => {
                self.release(number);
                Poll::Ready(settlement)
            }
            Waiter::Waits(_) | Waiter::Gone => unreachable!("a caller that is gone does not ask"),
        }
    }

    /// Nobody waits for this call any more.
    pub(super) fn abandon(&mut self, number: u32) {
        let slot = &mut self.slots[number as usize];
        slot.waiter = Waiter::Gone;
        self.withdraw_unsent(number);
        self.release(number);
    }

    /// Settles a call with what came for it. Answers to calls that are not there are passed over.
    pub(super) fn settle(&mut self, number: u32, settlement: Settlement) -> Option<Waker> {
        let slot = self.slots.get_mut(number as usize).filter(|slot| slot.owed)?;
        slot.owed = false;
        if let Some(recording) = slot.recording.take() {
            recording.note(Moment::Arrived);
        }
        let waker = slot.settle(settlement);
        self.release(number);
        waker
    }

    /// Ends the wait of callers whose deadline has come, and says whether an answer is overdue by more than `patience`.
    pub(super) fn sweep(&mut self, patience: Duration, wake: &mut Vec<Waker>) -> bool {
        let mut hung = false;
        for number in 0..self.slots.len() {
            let slot = &mut self.slots[number];
            if !slot.owed || !slot.deadline.has_passed() {
                continue;
            }
            let sent = slot.serial < self.sent_before;
            hung |= sent && slot.deadline.has_passed_by(patience);
            if let Waiter::Waits(_) = slot.waiter {
                let executed = if sent { MayHaveExecuted::Maybe } else { MayHaveExecuted::No };
                wake.extend(slot.settle(Settlement::Breakdown(Breakdown::DeadlineExceeded { executed })));
                self.withdraw_unsent(number as u32);
            }
        }
        hung
    }

    /// Settles all calls that have left and got no answer: their line is lost.
    pub(super) fn lose_sent(&mut self, wake: &mut Vec<Waker>) -> usize {
        let mut lost = 0;
        for number in 0..self.slots.len() {
            let slot = &mut self.slots[number];
            if slot.owed && slot.serial < self.sent_before {
                lost += 1;
                wake.extend(self.settle(number as u32, Settlement::Breakdown(Breakdown::lost())));
            }
        }
        lost
    }

    /// Settles all calls that have not left, and forgets their frames.
    pub(super) fn settle_unsent(&mut self, settlement: impl Fn() -> Settlement, wake: &mut Vec<Waker>) {
        for number in 0..self.slots.len() {
            let slot = &mut self.slots[number];
            if slot.owed && slot.serial >= self.sent_before {
                wake.extend(self.settle(number as u32, settlement()));
            }
        }
        self.unsent.clear();
        self.unsent_spans.clear();
        self.withdrawn = 0;
    }

    fn withdraw_unsent(&mut self, number: u32) {
        let slot = &mut self.slots[number as usize];
        if slot.owed && slot.serial >= self.sent_before && !slot.withdrawn {
            slot.withdrawn = true;
            self.withdrawn += 1;
        }
    }

    fn release(&mut self, number: u32) {
        let slot = &self.slots[number as usize];
        if !slot.owed && matches!(slot.waiter, Waiter::Gone) {
            self.free.push(number);
        }
    }
}

impl Slot {
    /// The first settlement counts; one that nobody waits for is dropped.
    fn settle(&mut self, settlement: Settlement) -> Option<Waker> {
        match &mut self.waiter {
            Waiter::Waits(waker) => {
                let waker = waker.take();
                self.waiter = Waiter::Settled(settlement);
                waker
            }
            Waiter::Settled(_) | Waiter::Gone => None,
        }
    }
}

/// A frame that is being written: taken back when writing fails or panics.
struct Unfinished<'a> {
    frames: &'a mut Vec<u8>,
    start: usize,
    finished: bool,
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if !self.finished {
            self.frames.truncate(self.start);
        }
    }
}
