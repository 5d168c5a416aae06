//! A call in this process: through a contract, and through a plain boxed trait.

use std::{future::Future, hint::black_box, pin::Pin, sync::Arc, time::Duration};

use seam::Call;

use crate::{
    Figure, cpu, interleaved,
    load::median,
    shelf::{self, CALLER, ShelfError},
};

/// Calls timed together.
const CALLS: u64 = 2_000_000;

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What one would write without the seam.
trait Plain: Send + Sync {
    fn units<'a>(&'a self, call: &'a Call, number: u64) -> Boxed<'a, Result<u64, ShelfError>>;
}

struct PlainShelf;

impl Plain for PlainShelf {
    fn units<'a>(&'a self, _: &'a Call, number: u64) -> Boxed<'a, Result<u64, ShelfError>> {
        Box::pin(async move { Ok(black_box(number)) })
    }
}

pub(crate) fn measure() -> Vec<Figure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let plain: Arc<dyn Plain> = black_box(Arc::new(PlainShelf));
    let contract = black_box(shelf::here());
    let call = Call::new(CALLER, Duration::from_secs(3_600));
    let (ours, theirs) = interleaved(
        || {
            runtime.block_on(async {
                let began = cpu::of_this_thread();
                for number in 0..CALLS {
                    black_box(contract.units(black_box(&call), number).await).expect("it answers everything");
                }
                nanoseconds(began)
            })
        },
        || {
            runtime.block_on(async {
                let began = cpu::of_this_thread();
                for number in 0..CALLS {
                    black_box(plain.units(black_box(&call), number).await).expect("it answers everything");
                }
                nanoseconds(began)
            })
        },
    );
    let (ours, theirs) = (median(ours.into_iter()), median(theirs.into_iter()));
    let note = format!("{ours:.1} ns through a contract, {theirs:.1} through a plain boxed trait");
    vec![
        Figure { name: "call_here", value: ours / theirs, unit: "ratio", note: note.clone() },
        Figure { name: "call_here_ns", value: ours - theirs, unit: "ns", note },
    ]
}

fn nanoseconds(began: Duration) -> f64 {
    (cpu::of_this_thread() - began).as_nanos() as f64 / CALLS as f64
}
