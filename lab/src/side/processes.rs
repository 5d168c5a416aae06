//! The processes of a side, found in `/proc`, and what each has used.
//!
//! CPU comes from the process clocks of the kernel (`clock_getcpuclockid`), in nanoseconds and with the threads that have ended; the
//! 10 ms ticks of `/proc/PID/stat` would round a block away. Memory is the proportional set size, which counts shared pages once.

use std::collections::{BTreeMap, HashMap};

use nix::time::{ClockId, clock_gettime};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

/// On whose account a process is booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Serves the visitors: counted for the side.
    Side,
    /// The root of the tree when it has children: it starts and watches the others and serves nobody. Shown apart.
    Supervisor,
    /// The payment provider's stand-in: somebody else's system in real life. Shown apart.
    Provider,
    /// A network with a delay, which an experiment puts between the processes of a side. Shown apart.
    Network,
}

/// One process of a side.
#[derive(Debug, Clone)]
pub struct Process {
    /// Its number.
    pub pid: i32,
    /// On whose account it is booked.
    pub role: Role,
    /// Its arguments, without the program's own path.
    pub command: String,
    /// The group it belongs to: what follows `--group` in its arguments, or the group of a stranger's file.
    pub group: Option<String>,
}

/// What one process has used so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// CPU time of all its threads, ended ones too, nanoseconds.
    pub cpu_ns: u64,
    /// Times that its living threads gave up or lost the CPU.
    pub switches: u64,
}

/// The processes of a side at one moment.
#[derive(Debug, Clone)]
pub struct Census {
    /// The processes with what they had used.
    pub processes: Vec<(Process, Usage)>,
    /// What the control group of the side had used, all roles together, where it has one; nanoseconds.
    pub group_cpu_ns: Option<u64>,
}

impl Census {
    /// Takes the census of the tree under `root`, itself included.
    pub fn take(root: i32) -> Self {
        Self::of(tree(root))
    }

    /// Takes the census of these processes.
    pub(super) fn of(members: Vec<Process>) -> Self {
        let mut processes = Vec::new();
        for process in members {
            // A process that ended between the two looks is absent; the next census tells.
            if let Some(usage) = usage(process.pid) {
                processes.push((process, usage));
            }
        }
        Self { processes, group_cpu_ns: None }
    }

    /// Sums what was used since an earlier census, by role; also names the processes that came or went in between.
    pub fn since(&self, earlier: &Self) -> (BTreeMap<Role, Usage>, Vec<String>) {
        let before: HashMap<i32, &(Process, Usage)> =
            earlier.processes.iter().map(|entry| (entry.0.pid, entry)).collect();
        let mut used: BTreeMap<Role, Usage> = BTreeMap::new();
        let mut changes = Vec::new();
        for (process, now) in &self.processes {
            let then = match before.get(&process.pid) {
                Some((_, usage)) => *usage,
                None => {
                    changes.push(format!("process {} appeared", process.command));
                    Usage::default()
                }
            };
            let entry = used.entry(process.role).or_default();
            entry.cpu_ns += now.cpu_ns.saturating_sub(then.cpu_ns);
            entry.switches += now.switches.saturating_sub(then.switches);
        }
        for (process, _) in &earlier.processes {
            if !self.processes.iter().any(|(now, _)| now.pid == process.pid) {
                changes.push(format!("process {} ended", process.command));
            }
        }
        if let (Some(before), Some(now)) = (earlier.group_cpu_ns, self.group_cpu_ns) {
            // The group knows what every process used, and not for whom; what is not the side's is known by its clocks.
            let apart: u64 = used.iter().filter(|(role, _)| **role != Role::Side).map(|(_, usage)| usage.cpu_ns).sum();
            used.entry(Role::Side).or_default().cpu_ns = now.saturating_sub(before).saturating_sub(apart);
        }
        (used, changes)
    }
}

/// The proportional set size of a process, bytes.
pub(crate) fn pss_bytes(pid: i32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kibibytes * 1024)
}

fn usage(pid: i32) -> Option<Usage> {
    let clock = ClockId::pid_cpu_clock_id(Pid::from_raw(pid)).ok()?;
    let time = clock_gettime(clock).ok()?;
    Some(Usage { cpu_ns: time.tv_sec() as u64 * 1_000_000_000 + time.tv_nsec() as u64, switches: switches(pid) })
}

fn switches(pid: i32) -> u64 {
    let Ok(tasks) = std::fs::read_dir(format!("/proc/{pid}/task")) else { return 0 };
    let count = |task: std::fs::DirEntry| -> u64 {
        let text = std::fs::read_to_string(task.path().join("status")).unwrap_or_default();
        let fields = text.lines().filter_map(|line| line.split_once("ctxt_switches:"));
        fields.filter_map(|(_, number)| number.trim().parse::<u64>().ok()).sum()
    };
    tasks.flatten().map(count).sum()
}

/// The tree under `root`, itself first.
pub(super) fn tree(root: i32) -> Vec<Process> {
    let mut children: HashMap<i32, Vec<i32>> = HashMap::new();
    for pid in all_processes() {
        if let Some(kin) = kin(pid) {
            children.entry(kin.parent).or_default().push(pid);
        }
    }
    let mut found = Vec::new();
    let mut waiting = vec![root];
    while let Some(pid) = waiting.pop() {
        found.extend(look_at(pid));
        if let Some(below) = children.get(&pid) {
            waiting.extend(below.iter().rev());
        }
    }
    // A root that has children of the side beneath it only starts and watches them; alone, it is the side.
    let serves_itself = !found.iter().any(|process| process.pid != root && process.role == Role::Side);
    if let Some(first) = found.first_mut().filter(|process| process.pid == root && !serves_itself) {
        first.role = Role::Supervisor;
    }
    found
}

/// The members of a process group, whoever their parents are.
pub(super) fn process_group(leader: i32) -> Vec<Process> {
    all_processes().filter(|pid| kin(*pid).is_some_and(|kin| kin.process_group == leader)).filter_map(look_at).collect()
}

/// Whether a process runs: one that has ended and waits for its parent to notice does not.
pub(super) fn is_alive(pid: i32) -> bool {
    kin(pid).is_some_and(|kin| !kin.is_over)
}

fn all_processes() -> impl Iterator<Item = i32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// What can be seen of a living process.
fn look_at(pid: i32) -> Option<Process> {
    let arguments = arguments_of(pid)?;
    let role = role_of(&arguments);
    let group = arguments.iter().skip_while(|argument| *argument != "--group").nth(1).cloned();
    Some(Process { pid, role, command: arguments.join(" "), group })
}

/// Where a process comes from, and where it belongs.
struct Kin {
    /// It has ended and waits for its parent to notice.
    is_over: bool,
    parent: i32,
    process_group: i32,
}

fn kin(pid: i32) -> Option<Kin> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name stands in brackets and may hold anything, brackets and spaces included.
    let after_name = &text[text.rfind(')')? + 1..];
    let mut fields = after_name.split_whitespace();
    Some(Kin {
        is_over: matches!(fields.next()?, "Z" | "X"),
        parent: fields.next()?.parse().ok()?,
        process_group: fields.next()?.parse().ok()?,
    })
}

/// The arguments of a process without the program's path; none for a process that has ended or is a zombie.
fn arguments_of(pid: i32) -> Option<Vec<String>> {
    let bytes = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    if bytes.is_empty() {
        return None;
    }
    let text = String::from_utf8_lossy(&bytes);
    Some(text.trim_end_matches('\0').split('\0').skip(1).map(str::to_owned).collect())
}

/// The role that the subcommand tells; the path of a script before it, as interpreters have it, is passed over.
fn role_of(arguments: &[String]) -> Role {
    let mut words = arguments.iter().filter(|argument| !argument.starts_with('-'));
    match words.find(|word| !word.contains(['/', '.'])).map(String::as_str) {
        Some("provider") => Role::Provider,
        Some("delay") => Role::Network,
        _ => Role::Side,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn provider_and_network_are_known_by_their_subcommands_and_not_by_values_that_mention_them() {
        assert_eq!(role_of(&words("provider --listen 127.0.0.1:0")), Role::Provider);
        assert_eq!(role_of(&words("shop.py provider --data x")), Role::Provider);
        assert_eq!(role_of(&words("delay --round-trip-us 200 127.0.0.1:4242")), Role::Network);
        assert_eq!(role_of(&words("serve --group payments --provider-url http://x")), Role::Side);
        assert_eq!(role_of(&words("serve --group provider --delay 3")), Role::Side);
    }

    #[test]
    fn what_a_group_counted_is_the_sides_but_for_what_is_counted_apart() {
        let entry = |pid, role, cpu_ns| {
            let process = Process { pid, role, command: String::new(), group: None };
            (process, Usage { cpu_ns, switches: 0 })
        };
        let census = |side, provider, group_cpu_ns| Census {
            processes: vec![entry(1, Role::Side, side), entry(2, Role::Provider, provider)],
            group_cpu_ns,
        };
        let (used, _) = census(150, 30, Some(1_250)).since(&census(100, 10, Some(1_000)));
        assert_eq!(
            (used[&Role::Side].cpu_ns, used[&Role::Provider].cpu_ns),
            (230, 20),
            "250 in the group, 20 of them apart"
        );
        let (used, _) = census(150, 30, None).since(&census(100, 10, Some(1_000)));
        assert_eq!(used[&Role::Side].cpu_ns, 50, "without the group's figure the clocks count");
    }

    #[test]
    fn a_process_alone_is_its_own_side_and_its_clock_moves_while_it_works() {
        let me = std::process::id() as i32;
        let before = Census::take(me);
        assert_eq!(before.processes[0].0.role, Role::Side);
        let started = std::time::Instant::now();
        let mut sum = 0_u64;
        while started.elapsed().as_millis() < 30 {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        let (used, changes) = Census::take(me).since(&before);
        assert!(changes.is_empty(), "{changes:?}");
        assert!(used[&Role::Side].cpu_ns > 5_000_000, "{used:?}");
        assert!(pss_bytes(me).unwrap() > 100_000);
    }
}
