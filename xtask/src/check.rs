//! What needs no running shop: format, lints of every build, licences.

use anyhow::{Result, bail};

use crate::{
    house,
    step::{Step, cargo_has},
};

/// Everything at once first, then the smaller builds, which share what the first has compiled.
const BUILDS: &[(&str, &str)] = &[
    ("lint everything, tests included", "--workspace --all-targets --features cleave/lab"),
    ("lint the pure monolith, which has no remote half", "-p cleave"),
    ("lint the shop that can be split, without the lab", "-p cleave --features split"),
];

/// Runs every check, and stops at the first that fails.
pub(crate) fn check() -> Result<()> {
    for component in ["fmt", "clippy"] {
        if !cargo_has(component) {
            let name = if component == "fmt" { "rustfmt" } else { component };
            bail!("`cargo {component}` is missing here: run `rustup component add {name}` and try again");
        }
    }
    Step::cargo("compare the format with rustfmt's", "fmt --all --check").run()?;
    for (says, selection) in BUILDS {
        Step::cargo(says, &format!("clippy --quiet {selection} -- --deny warnings")).run()?;
    }
    licences()
}

/// A binary with any single module builds, with the remote half that gives it a place in a topology.
pub(crate) fn single_modules() -> Result<()> {
    for module in house::modules()? {
        let says = format!("build a shop of {module} alone");
        let arguments = format!("check --quiet -p cleave --bins --no-default-features --features {module},split");
        Step::cargo(&says, &arguments).run()?;
    }
    Ok(())
}

/// `cargo-deny` takes minutes to build, so CI installs it ready-made and other machines may do without.
fn licences() -> Result<()> {
    if cargo_has("deny") {
        return Step::cargo("check licences, sources and advisories", "deny --all-features check").run();
    }
    println!("\n== licences, sources and advisories were NOT checked: `cargo deny` is missing here");
    println!("   `cargo install --locked cargo-deny` brings it; CI has it");
    Ok(())
}
