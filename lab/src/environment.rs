//! The machine and the program, as far as a reader needs them to judge the figures.

use std::path::Path;
use std::process::Command;

use anyhow::Context;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::side::Counting;

/// Where a run took place, and with what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// SHA-256 of the program's file.
    pub binary_sha256: String,
    /// Its size, bytes.
    pub binary_bytes: u64,
    /// The compiler that built it, as the file itself says.
    pub rustc: Option<String>,
    /// The commit of the work tree, with a mark when it was changed since.
    pub commit: Option<String>,
    /// Name and version of the operating system's kernel.
    pub kernel: String,
    /// The CPU.
    pub cpu_model: String,
    /// How many CPUs are online.
    pub cores: usize,
    /// How the kernel sets the CPU's frequency; virtual machines often do not say.
    pub governor: Option<String>,
    /// The memory of the machine, bytes.
    pub memory_bytes: u64,
    /// Whether a hypervisor is underneath.
    pub virtualised: bool,
    /// How CPU and memory of the sides were counted.
    #[serde(default)]
    pub counting: Counting,
    /// The load averages of the machine when the run began.
    pub load_average: String,
}

impl Environment {
    /// Looks at the machine and the program.
    pub fn look(executable: &Path) -> anyhow::Result<Self> {
        let binary = std::fs::read(executable).with_context(|| format!("{} cannot be read", executable.display()))?;
        let cpu_info = read("/proc/cpuinfo");
        Ok(Self {
            binary_sha256: hex(&Sha256::digest(&binary)),
            binary_bytes: binary.len() as u64,
            rustc: compiler_of(&binary),
            commit: commit(),
            kernel: format!("{} {}", read("/proc/sys/kernel/ostype").trim(), read("/proc/sys/kernel/osrelease").trim()),
            cpu_model: field(&cpu_info, "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            cores: std::thread::available_parallelism().map_or(1, usize::from).max(count(&cpu_info, "processor")),
            governor: Some(read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").trim().to_owned())
                .filter(|governor| !governor.is_empty()),
            memory_bytes: field(&read("/proc/meminfo"), "MemTotal")
                .and_then(|text| text.trim_end_matches("kB").trim().parse::<u64>().ok())
                .map_or(0, |kibibytes| kibibytes * 1024),
            virtualised: field(&cpu_info, "flags")
                .is_some_and(|flags| flags.split(' ').any(|flag| flag == "hypervisor")),
            counting: Counting::default(),
            load_average: read("/proc/loadavg").split(' ').take(3).collect::<Vec<_>>().join(" "),
        })
    }
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

fn field(text: &str, name: &str) -> Option<String> {
    let line = text.lines().find(|line| line.split(':').next().is_some_and(|key| key.trim() == name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn count(text: &str, name: &str) -> usize {
    text.lines().filter(|line| line.split(':').next().is_some_and(|key| key.trim() == name)).count()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The compiler writes its name into the file's comment section, which is worth more than asking the one that is installed now.
fn compiler_of(binary: &[u8]) -> Option<String> {
    const MARK: &[u8] = b"rustc version ";
    // The words alone also stand in this very function; the compiler's own entry goes on with a number.
    let is_entry = |at: &usize| binary.get(at + MARK.len()).is_some_and(u8::is_ascii_digit);
    let start = memchr::memmem::find_iter(binary, MARK).find(is_entry)?;
    let text = &binary[start..binary.len().min(start + 120)];
    let end = text.iter().position(|byte| *byte == 0 || *byte == b'\n')?;
    Some(String::from_utf8_lossy(&text[..end]).replace("rustc version ", "rustc "))
}

fn commit() -> Option<String> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let hash = git(&["rev-parse", "--short=10", "HEAD"])?;
    let changed = git(&["status", "--porcelain", "--untracked-files=no"]).is_some_and(|text| !text.is_empty());
    Some(if changed { format!("{hash} with changes") } else { hash })
}

/// What CPUs have done since boot, in clock ticks of 10 ms.
#[derive(Default)]
pub(crate) struct Ticks {
    /// The time that they did not idle, with what is stolen.
    pub busy: u64,
    /// What the host of a virtual machine gave to others while there was something to do.
    pub stolen: u64,
}

/// What these CPUs have done together.
pub(crate) fn ticks(cpus: &[usize]) -> Ticks {
    let text = read("/proc/stat");
    let mut sum = Ticks::default();
    for cpu in cpus {
        let prefix = format!("cpu{cpu} ");
        let Some(line) = text.lines().find(|line| line.starts_with(&prefix)) else { continue };
        let fields: Vec<u64> = line.split_whitespace().skip(1).filter_map(|number| number.parse().ok()).collect();
        // user, nice, system, idle, iowait, irq, softirq, steal
        sum.busy += [0, 1, 2, 5, 6, 7].iter().filter_map(|index| fields.get(*index)).sum::<u64>();
        sum.stolen += fields.get(7).copied().unwrap_or_default();
    }
    sum
}
