//! Spans as the lab's README has them: of each traced page, and of the one call that it makes.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

/// Nanoseconds of the clock that all processes share.
pub(crate) fn now() -> u64 {
    Duration::from(clock_gettime(ClockId::CLOCK_MONOTONIC).unwrap()).as_nanos() as u64
}

/// Writes a page that has just been made, when somebody wants to know: in its first half it has asked the stock, whose own work was the
/// second quarter of the page's; `is_hop` tells whether the stock is another process.
pub(crate) fn write(traceparent: &str, began: u64, is_hop: bool) {
    static FILE: OnceLock<Option<File>> = OnceLock::new();
    static NEXT: AtomicU64 = AtomicU64::new(1 << 40);
    let file = FILE.get_or_init(|| {
        let name = format!("{}.jsonl", std::process::id());
        let path = Path::new(&std::env::var_os("CLEAVE__LAB__SPANS")?).join(name);
        Some(OpenOptions::new().create(true).append(true).open(path).unwrap())
    });
    let Some(mut file) = file.as_ref() else { return };
    let parts: Vec<&str> = traceparent.trim().split('-').collect();
    let &[_, trace, page, _] = parts.as_slice() else { return };
    let (ended, call) = (now(), NEXT.fetch_add(1, Ordering::Relaxed));
    let quarter = (ended - began) / 4;
    let (asked, answered) = (began + quarter, began + 2 * quarter);
    let start = if is_hop { began } else { asked };
    let hop = if is_hop { format!(r#""serialised":{began},"sent":{began},"#) } else { String::new() };
    let lines = format!(
        r#"{{"trace":"{trace}","span":"{page}","callee":"pages","handler_start":{began},"handler_end":{ended}}}
{{"trace":"{trace}","span":"{call:016x}","parent":"{page}","caller":"pages","callee":"stock","method":"units","start":{start},{hop}"handler_start":{asked},"handler_end":{answered},"end":{answered},"question_bytes":24,"answer_bytes":6,"attempts":1}}
"#
    );
    file.write_all(lines.as_bytes()).unwrap();
}
