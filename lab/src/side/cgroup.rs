//! Counting by control groups of version 2, where the account may make them.
//!
//! A group counts what its processes use together, those that came and went between two looks too, and how much memory they had at most;
//! the clocks of the processes that live cannot tell either. The group only counts: which CPUs a side has is said by affinity, so that a
//! machine without groups measures the same.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How CPU and memory of a run were counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counting {
    /// Whether a side's CPU time is its group's (`cpu.stat`); otherwise it is the sum of its processes' clocks.
    pub cpu_by_group: bool,
    /// Whether the most memory that a side had is its group's (`memory.peak`); proportional set sizes are there either way.
    pub memory_by_group: bool,
    /// Why not, where something is not.
    pub reason: Option<String>,
}

/// Whether a comparison of this process has gone to groups: a process is in one group, so two at a time would count each other.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The folder below which every side gets a group of its own.
#[derive(Debug)]
pub(crate) struct Groups {
    /// The group in which the lab was started, to which it returns at the end.
    home: PathBuf,
    folder: PathBuf,
    counting: Counting,
    /// How many sides were born so far.
    born: Cell<u32>,
    /// Whether the memory controller of `home` was passed on by us, which ends with us.
    home_passes_on: bool,
}

/// The group of one side while it runs.
#[derive(Debug)]
pub(crate) struct SideGroup {
    folder: PathBuf,
}

impl Counting {
    /// What a reader must know of it.
    pub fn in_words(&self) -> String {
        let cpu = if self.cpu_by_group {
            "CPU is what the control group of a side used (version 2, `cpu.stat`: processes that came and went included), less the clocks of \
             the processes that are counted apart"
        } else {
            "CPU comes from the kernel's process clocks (nanoseconds, ended threads included), over all processes of a side"
        };
        let memory = if self.memory_by_group {
            "memory is the proportional set size (PSS) after the headline load, and beside it the most that the group had (`memory.peak`)"
        } else {
            "memory is the proportional set size (PSS) after the headline load"
        };
        let reason = self.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        format!("{cpu}; {memory}{reason}")
    }
}

impl Groups {
    /// Makes the folder; says why not where that is not possible.
    pub(crate) fn make() -> Result<Self, String> {
        if TAKEN.swap(true, Ordering::Relaxed) {
            return Err("another comparison of the same process counts by groups".to_owned());
        }
        Self::at_home().inspect_err(|_| TAKEN.store(false, Ordering::Relaxed))
    }

    fn at_home() -> Result<Self, String> {
        let mounts = read(Path::new("/proc/self/mountinfo"))?;
        let mount = mount_point(&mounts).ok_or("no control groups of version 2 are mounted")?;
        let groups = read(Path::new("/proc/self/cgroup"))?;
        let own = own_group(&groups).ok_or("this process has no group of version 2")?;
        Self::below(&match own.trim_matches('/') {
            "" => mount,
            below => mount.join(below),
        })
    }

    fn below(home: &Path) -> Result<Self, String> {
        remove_those_of_the_dead(home);
        let folder = home.join(format!("cleave-lab-{}", std::process::id()));
        std::fs::create_dir(&folder).map_err(|error| format!("{} cannot be made: {error}", folder.display()))?;
        let mut groups = Self {
            home: home.to_owned(),
            folder,
            counting: Counting::default(),
            born: Cell::new(0),
            home_passes_on: false,
        };
        std::fs::create_dir(groups.of_the_lab())
            .and_then(|()| move_to(&groups.of_the_lab()))
            .map_err(|error| format!("this process may not go to {}: {error}", groups.of_the_lab().display()))?;
        groups.counting.cpu_by_group = usage_ns(&read(&groups.folder.join("cpu.stat"))?).is_some();
        match groups.pass_memory_on() {
            Ok(()) => groups.counting.memory_by_group = true,
            Err(reason) => groups.counting.reason = Some(reason),
        }
        Ok(groups)
    }

    /// How this run counts.
    pub(crate) fn counting(&self) -> &Counting {
        &self.counting
    }

    /// The lab's own group: only a group without processes of its own may pass controllers on to those below it.
    fn of_the_lab(&self) -> PathBuf {
        self.folder.join("lab")
    }

    /// Lets the groups of the sides count memory, which both folders above them have to allow.
    fn pass_memory_on(&mut self) -> Result<(), String> {
        let controllers = read(&self.home.join("cgroup.controllers"))?;
        if !controllers.split_whitespace().any(|controller| controller == "memory") {
            return Err(format!(
                "most memory is not known: {} has no memory controller, which is where version 1 has it",
                self.home.display()
            ));
        }
        for folder in [&self.home, &self.folder] {
            let file = folder.join("cgroup.subtree_control");
            if read(&file)?.split_whitespace().any(|controller| controller == "memory") {
                continue;
            }
            std::fs::write(&file, "+memory").map_err(|error| {
                format!(
                    "most memory is not known: {} does not pass its memory controller on ({error}), which needs a group of the lab's own, as `systemd-run --scope -p Delegate=yes` makes one",
                    folder.display()
                )
            })?;
            self.home_passes_on |= folder == &self.home;
        }
        Ok(())
    }

    /// Runs something whose child processes are born in a group of their own.
    ///
    /// A child is born where its parent is, so the lab itself goes there for that moment: setting the group between fork and exec would
    /// need unsafe code, and moving the child afterwards would leave its memory on the lab's account.
    pub(crate) fn born_apart<T>(&self, start: impl FnOnce() -> T) -> std::io::Result<(T, SideGroup)> {
        self.born.set(self.born.get() + 1);
        let group = SideGroup { folder: self.folder.join(format!("side-{}", self.born.get())) };
        std::fs::create_dir(&group.folder)?;
        move_to(&group.folder)?;
        let started = start();
        move_to(&self.of_the_lab())?;
        Ok((started, group))
    }
}

impl Drop for Groups {
    fn drop(&mut self) {
        if self.home_passes_on {
            let _ = std::fs::write(self.home.join("cgroup.subtree_control"), "-memory");
        }
        let _ = move_to(&self.home);
        // Groups whose processes took their time to go are empty by now.
        for entry in std::fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            remove(&entry.path());
        }
        remove(&self.folder);
        TAKEN.store(false, Ordering::Relaxed);
    }
}

impl SideGroup {
    /// The CPU time of everything that was ever in it, nanoseconds.
    pub(crate) fn cpu_ns(&self) -> Option<u64> {
        usage_ns(&read(&self.folder.join("cpu.stat")).ok()?)
    }

    /// The most memory that it had, bytes.
    pub(crate) fn peak_bytes(&self) -> Option<u64> {
        read(&self.folder.join("memory.peak")).ok()?.trim().parse().ok()
    }
}

impl Drop for SideGroup {
    fn drop(&mut self) {
        remove(&self.folder);
    }
}

/// Removes what a lab left behind that was killed.
fn remove_those_of_the_dead(home: &Path) {
    for entry in std::fs::read_dir(home).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.strip_prefix("cleave-lab-"));
        if owner.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            remove_with_all_below(&entry.path());
        }
    }
}

fn remove_with_all_below(folder: &Path) {
    for group in std::fs::read_dir(folder).into_iter().flatten().flatten().filter(|entry| entry.path().is_dir()) {
        remove_with_all_below(&group.path());
    }
    remove(folder);
}

/// Takes this process to a group.
fn move_to(group: &Path) -> std::io::Result<()> {
    std::fs::write(group.join("cgroup.procs"), std::process::id().to_string())
}

/// A group can be removed when its last process has gone, which a killed one has not at once.
fn remove(folder: &Path) {
    for _ in 0..20 {
        match std::fs::remove_dir(folder) {
            Err(error) if error.kind() == std::io::ErrorKind::ResourceBusy => {
                std::thread::sleep(Duration::from_millis(5));
            }
            _ => return,
        }
    }
}

fn read(file: &Path) -> Result<String, String> {
    std::fs::read_to_string(file).map_err(|error| format!("{} cannot be read: {error}", file.display()))
}

/// Where groups of version 2 are mounted, from `/proc/PID/mountinfo`.
fn mount_point(mountinfo: &str) -> Option<PathBuf> {
    let line = mountinfo.lines().find(|line| {
        // The type follows a separator, behind a number of optional fields.
        line.split_once(" - ").is_some_and(|(_, behind)| behind.split(' ').next() == Some("cgroup2"))
    })?;
    line.split(' ').nth(4).map(PathBuf::from)
}

/// The group of version 2 of a process, from `/proc/PID/cgroup`.
fn own_group(text: &str) -> Option<&str> {
    text.lines().find_map(|line| line.strip_prefix("0::"))
}

/// The CPU time in `cpu.stat`, which has it in microseconds.
fn usage_ns(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("usage_usec "))?;
    Some(line.trim().parse::<u64>().ok()? * 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mount_is_found_behind_optional_fields_and_beside_version_1() {
        let text = "25 21 0:22 / /sys/fs/cgroup ro,nosuid shared:9 - tmpfs tmpfs ro,mode=755\n\
                    26 25 0:23 / /sys/fs/cgroup/memory rw shared:10 master:2 - cgroup cgroup rw,memory\n\
                    27 25 0:24 / /sys/fs/cgroup/unified rw,nosuid shared:11 - cgroup2 cgroup2 rw\n";
        assert_eq!(mount_point(text).unwrap(), Path::new("/sys/fs/cgroup/unified"));
        assert_eq!(mount_point("26 25 0:23 / /a rw - cgroup cgroup rw,memory\n"), None);
    }

    #[test]
    fn the_own_group_is_the_one_without_a_hierarchy_of_version_1() {
        let text = "4:memory:/user\n1:cpu:/\n0::/user.slice/session-2.scope\n";
        assert_eq!(own_group(text), Some("/user.slice/session-2.scope"));
        assert_eq!(own_group("4:memory:/user\n"), None);
    }

    #[test]
    fn cpu_time_is_read_in_nanoseconds_whatever_else_the_file_holds() {
        let text = "usage_usec 1234567\nuser_usec 1000000\nsystem_usec 234567\nnr_periods 0\n";
        assert_eq!(usage_ns(text), Some(1_234_567_000));
        assert_eq!(usage_ns("user_usec 5\n"), None);
    }
}
