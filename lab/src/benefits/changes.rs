//! How a module is changed and built in a copy of a checkout: `config/changes.toml` says it, so that the lab need not know.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use anyhow::Context;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use serde::Deserialize;

use crate::UsageError;
use crate::side::{Census, Role, pss_bytes};

/// Where a checkout says how it is changed.
const FILE: &str = "config/changes.toml";
/// How long a program that was started may take to be ready.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// How long it may take to end.
const ENDS_WITHIN: Duration = Duration::from_secs(15);

/// The checkout, and what its file says.
#[derive(Debug, Clone)]
pub(crate) struct Changes {
    checkout: PathBuf,
    pub(crate) written: Written,
}

/// `config/changes.toml`. In all words, `{module}` stands for the module, `{program}` for what was built, `{data}` for a data folder, and
/// `{number}` for a number that is new each time.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written {
    /// What is appended to a file to change it.
    pub(crate) append: String,
    /// The file of each part of a module, by the name of the part.
    pub(crate) parts: BTreeMap<String, String>,
    /// The modules that have another file for a part, or, with an empty name, none.
    #[serde(default)]
    pub(crate) except: BTreeMap<String, BTreeMap<String, String>>,
    /// The modules that are changed when there is no time for all.
    pub(crate) quick: Vec<String>,
    /// The parts that others are built from as well: after a change of one, everything is built again.
    pub(crate) shared: Vec<String>,
    /// The shapes in which it is built, by name.
    pub(crate) shapes: BTreeMap<String, Shape>,
}

/// One way of building and starting.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Shape {
    /// What it is called in the report.
    pub(crate) name: String,
    /// The command that builds; with `{module}` in it, there is one program for each module.
    pub(crate) build: Vec<String>,
    /// What it builds, below the copy.
    pub(crate) program: String,
    /// The command that starts it; its line `ready` ends the wait.
    pub(crate) start: Vec<String>,
}

/// A part of a module that can be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) module: String,
    pub(crate) part: String,
    pub(crate) file: String,
}

/// What was seen of a program that was started.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Begun {
    /// From its start to its `ready` line.
    pub(crate) ready: Duration,
    /// The proportional set size of its processes then, bytes.
    pub(crate) pss_bytes: u64,
}

/// A copy of the checkout, and a folder for what is built of it.
#[derive(Debug)]
pub(crate) struct Copy<'c> {
    changes: &'c Changes,
    folder: PathBuf,
    /// Makes each change a new one.
    number: u32,
}

impl Changes {
    /// Reads what a checkout says.
    ///
    /// # Errors
    /// With a [`UsageError`] when it says nothing, or nothing that can be read.
    pub(crate) fn read(checkout: &Path) -> anyhow::Result<Self> {
        let file = checkout.join(FILE);
        let text = std::fs::read_to_string(&file).map_err(|error| {
            UsageError::new(format!(
                "{} cannot be read ({error}): --changes needs a checkout that says in {FILE} how its modules are built",
                file.display()
            ))
        })?;
        let written = toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
            UsageError::new(format!("{}:{line}: {}", file.display(), error.message()))
        })?;
        Ok(Self { checkout: checkout.to_owned(), written })
    }

    /// The parts of a module, in the order of their names.
    pub(crate) fn targets(&self, module: &str) -> Vec<Target> {
        let file = |part: &String, usual: &String| {
            let exception = self.written.except.get(module).and_then(|parts| parts.get(part));
            exception.unwrap_or(usual).replace("{module}", module)
        };
        let parts = self.written.parts.iter().map(|(part, usual)| Target {
            module: module.to_owned(),
            part: part.clone(),
            file: file(part, usual),
        });
        parts.filter(|target| !target.file.is_empty()).collect()
    }

    /// Copies what the checkout tracks.
    pub(crate) fn copy(&self, folder: &Path) -> anyhow::Result<Copy<'_>> {
        let listed = Command::new("git").arg("-C").arg(&self.checkout).args(["ls-files", "-z"]).output();
        let listed = listed.context("git cannot be started")?;
        anyhow::ensure!(listed.status.success(), "{} is not a checkout that git knows", self.checkout.display());
        let names = String::from_utf8(listed.stdout).context("a tracked file has a name that is not text")?;
        for name in names.split('\0').filter(|name| !name.is_empty()) {
            let (from, to) = (self.checkout.join(name), folder.join(name));
            // A tracked file that is deleted and not committed is not there.
            if !from.is_file() {
                continue;
            }
            if let Some(parent) = to.parent() {
                std::fs::create_dir_all(parent)?;
            }
            std::fs::copy(&from, &to).with_context(|| format!("{} cannot be copied", from.display()))?;
        }
        Ok(Copy { changes: self, folder: folder.to_owned(), number: 0 })
    }
}

impl Shape {
    /// Whether each module has a program of its own.
    pub(crate) fn is_per_module(&self) -> bool {
        self.build.iter().any(|word| word.contains("{module}"))
    }
}

impl Copy<'_> {
    /// Changes one part of a module.
    pub(crate) fn change(&mut self, target: &Target) -> anyhow::Result<()> {
        self.number += 1;
        let file = self.folder.join(&target.file);
        let mut text =
            std::fs::read_to_string(&file).with_context(|| format!("{} cannot be changed", file.display()))?;
        text.push_str(&self.changes.written.append.replace("{number}", &self.number.to_string()));
        std::fs::write(&file, text)?;
        Ok(())
    }

    /// Builds a shape for these modules; returns how many programs are other than before, and how long it took.
    pub(crate) fn build(&self, shape: &Shape, modules: &[&str]) -> anyhow::Result<(u32, Duration)> {
        let mut renewed = 0;
        let commands: Vec<Option<&str>> =
            if shape.is_per_module() { modules.iter().copied().map(Some).collect() } else { vec![None] };
        let mut took = Duration::ZERO;
        for module in commands {
            let started = Instant::now();
            self.run_build(shape, module)?;
            took += started.elapsed();
            // Kept beside: the next module's program has the same name. Copying is the lab's doing and not counted.
            let (built, kept) = (self.folder.join(&shape.program), self.program(shape, module));
            let bytes = std::fs::read(&built).with_context(|| format!("{} was not built", built.display()))?;
            if std::fs::read(&kept).ok().as_deref() != Some(&bytes) {
                renewed += 1;
                // Another file rather than other contents: the old one may be running.
                let _ = std::fs::remove_file(&kept);
                std::fs::copy(&built, &kept)?;
            }
        }
        Ok((renewed, took))
    }

    fn run_build(&self, shape: &Shape, module: Option<&str>) -> anyhow::Result<()> {
        let words: Vec<String> = shape.build.iter().map(|word| filled(word, module, &[])).collect();
        let output = self.command(&words)?.output().with_context(|| format!("`{}` cannot be started", words[0]))?;
        anyhow::ensure!(
            output.status.success(),
            "`{}` failed ({}): {}",
            words.join(" "),
            output.status,
            last_lines(&output.stderr)
        );
        Ok(())
    }

    /// Starts what was built, waits for its `ready` line, looks at it and ends it.
    pub(crate) fn start(&self, shape: &Shape, module: &str, data: &Path) -> anyhow::Result<Begun> {
        let module = shape.is_per_module().then_some(module);
        let program = self.program(shape, module).to_string_lossy().into_owned();
        let values = [("{program}", program), ("{data}", data.to_string_lossy().into_owned())];
        let words: Vec<String> = shape.start.iter().map(|word| filled(word, module, &values)).collect();
        let mut command = self.command(&words)?;
        command.stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
        let began = Instant::now();
        let child = command.spawn().with_context(|| format!("`{}` cannot be started", words[0]))?;
        let mut started = Started(child);
        let stdout = started.0.stdout.take().context("its output was piped")?;
        let (sender, receiver) = channel();
        // Reads on after the ready line, so that a program that says more does not wait for a reader.
        std::thread::spawn(move || {
            let lines = BufReader::new(stdout).lines().map_while(Result::ok);
            for _ in lines.filter(|line| line.starts_with("ready ")) {
                // Nobody waits for it any more when it comes twice or too late.
                let _ = sender.send(began.elapsed());
            }
        });
        let ready = receiver.recv_timeout(READY_WITHIN);
        let ready = ready.with_context(|| format!("`{}` did not become ready", words.join(" ")))?;
        let census = Census::take(started.0.id() as i32);
        let serving = census.processes.iter().filter(|(process, _)| process.role == Role::Side);
        let pss_bytes = serving.filter_map(|(process, _)| pss_bytes(process.pid)).sum();
        Ok(Begun { ready, pss_bytes })
    }

    /// The size of a program, bytes.
    pub(crate) fn program_bytes(&self, shape: &Shape, module: &str) -> Option<u64> {
        let module = shape.is_per_module().then_some(module);
        std::fs::metadata(self.program(shape, module)).ok().map(|file| file.len())
    }

    fn program(&self, shape: &Shape, module: Option<&str>) -> PathBuf {
        let name = shape.name.replace(' ', "-");
        self.folder.join(format!(".built-{name}-{}", module.unwrap_or("all")))
    }

    /// A command in the copy, with a target folder of its own and without what the lab's own build has left in the environment.
    fn command(&self, words: &[String]) -> anyhow::Result<Command> {
        let (program, arguments) = words.split_first().context("a command without words")?;
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&self.folder).stdin(Stdio::null()).stderr(Stdio::piped());
        command.env("CARGO_TARGET_DIR", self.folder.join("target"));
        Ok(command)
    }
}

/// A program that was started to see when it is ready; ended when that is known.
struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        let pid = Pid::from_raw(self.0.id() as i32);
        let _ = kill(pid, Signal::SIGTERM);
        let until = Instant::now() + ENDS_WITHIN;
        while matches!(self.0.try_wait(), Ok(None)) && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = killpg(pid, Signal::SIGKILL);
        let _ = self.0.wait();
    }
}

fn filled(word: &str, module: Option<&str>, values: &[(&str, String)]) -> String {
    let word = module.map_or_else(|| word.to_owned(), |module| word.replace("{module}", module));
    values.iter().fold(word, |word, (mark, value)| word.replace(mark, value))
}

fn last_lines(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(12)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A checkout in which building is copying, so that the test needs no compiler.
    const WRITTEN: &str = r##"
append = "# change {number}\n"
quick = ["tea"]
shared = ["contract"]
[parts]
service = "{module}/service.sh"
contract = "{module}/contract.sh"
[except.milk]
contract = ""
[shapes.apart]
name = "one binary per module"
build = ["sh", "-c", "cat {module}/*.sh > built"]
program = "built"
start = ["sh", "-c", "echo starting; echo ready http://here; exec sleep 60", "{program}", "{data}"]
"##;

    fn checkout() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let file = folder.path().join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        };
        write(FILE, WRITTEN);
        for module in ["tea", "milk"] {
            write(&format!("{module}/service.sh"), "# service\n");
        }
        write("tea/contract.sh", "# contract\n");
        for arguments in [&["init", "-q"][..], &["add", "."]] {
            assert!(Command::new("git").arg("-C").arg(folder.path()).args(arguments).status().unwrap().success());
        }
        write("untracked", "stays behind");
        folder
    }

    #[test]
    fn a_change_is_built_into_the_programs_that_hold_it_and_into_no_other() {
        let checkout = checkout();
        let changes = Changes::read(checkout.path()).unwrap();
        let parts: Vec<String> = changes.targets("milk").into_iter().map(|target| target.file).collect();
        assert_eq!(parts, ["milk/service.sh"], "the exception has no contract");
        let folder = tempfile::tempdir().unwrap();
        let mut copy = changes.copy(folder.path()).unwrap();
        assert!(!folder.path().join("untracked").exists());
        let shape = &changes.written.shapes["apart"];
        assert_eq!(copy.build(shape, &["tea", "milk"]).unwrap().0, 2);
        assert_eq!(copy.build(shape, &["tea", "milk"]).unwrap().0, 0, "nothing has changed");
        copy.change(&changes.targets("tea")[1]).unwrap();
        assert_eq!(copy.build(shape, &["tea", "milk"]).unwrap().0, 1);
        assert!(copy.start(shape, "tea", folder.path()).unwrap().ready < Duration::from_secs(10));
        let untouched = std::fs::read_to_string(checkout.path().join("tea/service.sh")).unwrap();
        assert_eq!(untouched, "# service\n", "the checkout itself is never changed");
    }

    #[test]
    fn what_this_checkout_says_names_files_that_are_there() {
        let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let changes = Changes::read(&checkout).unwrap();
        let modules = std::fs::read_dir(checkout.join("modules")).unwrap();
        let mut targets = 0;
        for module in modules.map(|module| module.unwrap().file_name().into_string().unwrap()) {
            for target in changes.targets(&module) {
                assert!(checkout.join(&target.file).is_file(), "{target:?}");
                targets += 1;
            }
        }
        assert!(targets > changes.written.quick.len() * 2, "{targets}");
        assert!(changes.written.shapes.values().any(Shape::is_per_module));
        let parts = |part: &String| changes.written.parts.contains_key(part);
        assert!(changes.written.shared.iter().all(parts));
    }

    #[test]
    fn a_checkout_that_says_nothing_and_a_wrong_key_are_told_by_file_and_line() {
        let folder = tempfile::tempdir().unwrap();
        let told = |folder: &Path| Changes::read(folder).unwrap_err().downcast::<UsageError>().unwrap().to_string();
        assert!(told(folder.path()).contains(FILE), "{}", told(folder.path()));
        std::fs::create_dir(folder.path().join("config")).unwrap();
        std::fs::write(folder.path().join(FILE), "append = \"x\"\nqick = []\n").unwrap();
        let told = told(folder.path());
        assert!(told.contains(&format!("{FILE}:2")) && told.contains("qick"), "{told}");
    }
}
