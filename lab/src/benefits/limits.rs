//! A limit on the memory of one process, so that a leak meets it long before it meets the machine's.

use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};

/// Lets a process take this many bytes more than it has now; whoever asks for more gets nothing and, as most programs do, dies of it.
///
/// The limit is on private writable memory (`RLIMIT_DATA`): what a program has only reserved does not count. It is gone with the process.
pub(super) fn allow_more(pid: i32, bytes: u64) -> bool {
    let (Some(process), Some(now)) = (Pid::from_raw(pid), data_bytes(pid)) else { return false };
    prlimit(Some(process), Resource::Data, Rlimit { current: Some(now + bytes), maximum: hard_limit() }).is_ok()
}

/// Takes the limit back.
pub(super) fn lift(pid: i32) {
    let Some(process) = Pid::from_raw(pid) else { return };
    // A process that has gone needs no limit.
    let _ = prlimit(Some(process), Resource::Data, Rlimit { current: hard_limit(), maximum: hard_limit() });
}

/// The hard limit, which is never touched: children have the lab's own, and a soft limit can be taken back without privileges.
fn hard_limit() -> Option<u64> {
    getrlimit(Resource::Data).maximum
}

/// The private writable memory of a process, bytes.
fn data_bytes(pid: i32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmData:"))?;
    let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_process_that_takes_more_than_it_is_allowed_dies_and_others_do_not_notice() {
        let hungry =
            "import sys, time\nsys.stdin.readline()\ntaken = []\nwhile True:\n    taken.append(bytearray(1 << 20))";
        let Ok(mut child) =
            Command::new("python3").args(["-c", hungry]).stdin(Stdio::piped()).stderr(Stdio::null()).spawn()
        else {
            return; // Without Python nothing is shown here; the tests of the shop show it on the shop.
        };
        assert!(allow_more(child.id() as i32, 64 << 20));
        drop(child.stdin.take());
        assert!(!child.wait().unwrap().success(), "it ended because it got no memory");
    }
}
