//! Which line a call takes: each thread with a runtime of its own owns its lines, so that its callers never cross threads; all
//! others (workers of a multi-threaded runtime, threads without one) share the lines of one thread that is started for them.

use std::{
    cell::RefCell,
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use tokio::runtime::{Builder, Handle, Id, RuntimeFlavor};

use super::{Line, driver::drive};
use crate::wire::peers::Replica;

#[derive(Default)]
struct Owned {
    /// A thread may run several runtimes one after the other; lines end with theirs.
    runtime: Option<Id>,
    lines: HashMap<usize, Arc<Line>>,
}

thread_local! {
    static OWNED: RefCell<Owned> = RefCell::default();
}

/// The line to a replica that callers on this thread use. Made when there is none.
pub(super) fn of_this_thread(replica: &Arc<Replica>) -> Arc<Line> {
    match Handle::try_current() {
        Ok(handle) if handle.runtime_flavor() == RuntimeFlavor::CurrentThread => OWNED.with_borrow_mut(|owned| {
            let runtime = Some(handle.id());
            if owned.runtime != runtime {
                *owned = Owned { runtime, lines: HashMap::new() };
            }
            line_among(&mut owned.lines, replica, &handle)
        }),
        _ => {
            static SHARED: Mutex<Option<HashMap<usize, Arc<Line>>>> = Mutex::new(None);
            let mut lines = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
            line_among(lines.get_or_insert_default(), replica, on_the_shared_thread())
        }
    }
}

fn line_among(lines: &mut HashMap<usize, Arc<Line>>, replica: &Arc<Replica>, handle: &Handle) -> Arc<Line> {
    if let Some(line) = lines.get(&replica.index)
        && line.takes_calls()
    {
        return line.clone();
    }
    lines.retain(|_, line| line.takes_calls());
    let line = Line::new(replica.clone());
    if replica.is_retired() {
        // Nobody will drive it; the caller learns that the peer is not there.
        line.end();
        replica.remove_line(&line);
    } else {
        lines.insert(replica.index, line.clone());
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
