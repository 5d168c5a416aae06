//! Which line a call takes: each thread with a runtime of its own owns its lines, so that its callers never cross threads; all
//! others (workers of a multi-threaded runtime, threads without one) share the lines of one thread that is started for them.

use std::{
    cell::RefCell,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use tokio::runtime::{Builder, Handle, Id, RuntimeFlavor};

use super::{Line, driver::drive};
use crate::wire::peers::Replica;

/// The lines of one thread, few enough to look through.
type Lines = Vec<Arc<Line>>;

#[derive(Default)]
struct Owned {
    /// A thread may run several runtimes one after the other; lines end with theirs.
    runtime: Option<Id>,
    lines: Lines,
}

thread_local! {
    static OWNED: RefCell<Owned> = const { RefCell::new(Owned { runtime: None, lines: Vec::new() }) };
}

/// The line to a replica that callers on this thread use. Made when there is none.
pub(super) fn of_this_thread(replica: &Arc<Replica>) -> Arc<Line> {
    with_lines(|lines, handle| match lines.iter().find(|line| line.replica.index == replica.index) {
        Some(line) => line.clone(),
        None => start(lines, replica, handle),
    })
}

/// A new line in the place of one that takes no calls any more.
pub(super) fn instead_of(ended: &Arc<Line>) -> Arc<Line> {
    with_lines(|lines, handle| {
        lines.retain(|line| !Arc::ptr_eq(line, ended));
        match lines.iter().find(|line| line.replica.index == ended.replica.index) {
            // Another caller has been here before.
            Some(line) => line.clone(),
            None => start(lines, &ended.replica, handle),
        }
    })
}

fn with_lines<T>(with: impl FnOnce(&mut Lines, &Handle) -> T) -> T {
    match Handle::try_current() {
        Ok(handle) if handle.runtime_flavor() == RuntimeFlavor::CurrentThread => OWNED.with_borrow_mut(|owned| {
            let runtime = Some(handle.id());
            if owned.runtime != runtime {
                *owned = Owned { runtime, lines: Vec::new() };
            }
            with(&mut owned.lines, &handle)
        }),
        _ => {
            static SHARED: Mutex<Lines> = Mutex::new(Vec::new());
            with(&mut SHARED.lock().unwrap_or_else(PoisonError::into_inner), on_the_shared_thread())
        }
    }
}

fn start(lines: &mut Lines, replica: &Arc<Replica>, handle: &Handle) -> Arc<Line> {
    lines.retain(|line| line.takes_calls());
    let line = Line::new(replica.clone());
    if replica.is_retired() {
        // Nobody will drive it; the caller learns that the peer is not there.
        line.end();
        replica.remove_line(&line);
    } else {
        lines.push(line.clone());
        handle.spawn(drive(line.clone()));
    }
    line
}

/// The runtime of the thread that makes calls for threads without a runtime of their own.
pub(crate) fn on_the_shared_thread() -> &'static Handle {
    static HANDLE: OnceLock<Handle> = OnceLock::new();
    HANDLE.get_or_init(|| {
        let runtime =
            Builder::new_current_thread().enable_all().build().expect("a runtime needs a few descriptors only");
        let handle = runtime.handle().clone();
        std::thread::Builder::new()
            .name("seam-lines".to_owned())
            .spawn(move || runtime.block_on(std::future::pending::<()>()))
            .expect("one more thread can be started");
        handle
    })
}
