//! A data folder that is filled once per run of the tests and copied for each shop, since filling takes longer than copying.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, id},
    sync::OnceLock,
};

/// Few, so that a shop starts quickly in a build that is not optimised; enough for every category.
const PRODUCTS: &str = "60";

/// Copies the filled folder to `to`, which must not exist yet.
pub(crate) fn copy_to(to: &Path) {
    static TEMPLATE: OnceLock<PathBuf> = OnceLock::new();
    copy(TEMPLATE.get_or_init(fill), to);
}

/// The binary under test, with no setting from this process's environment.
pub(crate) fn cleave() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cleave"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CLEAVE_") {
            command.env_remove(name);
        }
    }
    command.env("CLEAVE__LOG__FILTER", "warn");
    command
}

fn fill() -> PathBuf {
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR"));
    remove_those_of_the_dead(scratch);
    let folder = scratch.join(format!("seeded-{}", id()));
    // The working folder is one without `config/`, so that a developer's settings change no test.
    let output = cleave()
        .args(["seed", "--products", PRODUCTS, "--data"])
        .arg(&folder)
        .current_dir(scratch)
        .output()
        .expect("cargo has built the binary");
    assert!(output.status.success(), "`cleave seed` failed:\n{}", String::from_utf8_lossy(&output.stderr));
    folder
}

/// Nothing is run at the end of a test binary, so the next one clears up.
fn remove_those_of_the_dead(scratch: &Path) {
    for entry in fs::read_dir(scratch).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let owner = name.strip_prefix("seeded-").and_then(|pid| pid.parse::<u32>().ok());
        if owner.is_some_and(|pid| !Path::new(&format!("/proc/{pid}")).exists()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the test's folder can be written");
    for entry in fs::read_dir(from).expect("the template was just made") {
        let entry = entry.expect("the template was just made");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).expect("the test's folder can be written");
        }
    }
}
