//! Processes seen from outside: their children and their memory, read from `/proc`.

use std::fs;

/// The proportional set size of a process in KiB: its own pages, and its share of those it shares. `None` when it has gone.
#[must_use]
pub fn pss_kib(pid: u32) -> Option<u64> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let line = rollup.lines().find(|line| line.starts_with("Pss:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// The children of a process, their children, and so on: parents before children.
#[must_use]
pub fn descendants(pid: u32) -> Vec<u32> {
    let parents: Vec<(u32, u32)> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(|child| Some((child, parent(child)?)))
        .collect();
    let mut found = vec![pid];
    let mut next = 0;
    while let Some(&of) = found.get(next) {
        found.extend(parents.iter().filter(|(_, parent)| *parent == of).map(|(child, _)| *child));
        next += 1;
    }
    found.split_off(1)
}

/// The second field after the command, which stands in brackets and may itself hold brackets and blanks.
fn parent(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, after_command) = stat.rsplit_once(')')?;
    after_command.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::process::{Command, id};

    use super::*;

    #[test]
    fn a_child_and_its_memory_are_found() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();

        assert!(descendants(id()).contains(&child.id()));
        assert!(pss_kib(id()).unwrap() > 0);

        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(pss_kib(child.id()), None);
    }
}
