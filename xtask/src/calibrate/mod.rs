//! Whether the lab finds a cost that is known: minutes on a machine that does nothing else, so no test.

mod repeat;

use std::process::Command;

use anyhow::{Context as _, Result, ensure};

pub(crate) use repeat::repeat;

use crate::{house, step::Step};

/// What the stand-in's `services` cost more than its `monolith` lies between these.
const AT_LEAST: &str = "cpu_per_request > 1.2";
const NOT_AS_MUCH_AS: &str = "cpu_per_request > 2.0";

/// Compares the two shapes of the lab's stand-in, and holds the report against what is known of them.
pub(crate) fn calibrate() -> Result<()> {
    Step::cargo("build the lab and its stand-in", "build --release -p lab --examples").run()?;
    let examples = house::target().join("release/examples");
    let (measure, standin) = (examples.join("measure"), examples.join("standin"));
    let folder = tempfile::tempdir()?;
    let run = folder.path().join("run");

    println!("\n== compare the stand-in's shapes, of which one costs a known amount more");
    let compared = Command::new(&measure).arg("quick").arg(&standin).arg(&run).args(["monolith", "services"]).status();
    let code = compared.with_context(|| format!("cannot start {}", measure.display()))?.code();
    ensure!(matches!(code, Some(0 | 3)), "the comparison failed: its exit code is {code:?}");
    if code == Some(3) {
        println!("   the trust panel does not trust this machine: the figures may be off");
    }

    // A report leaves with 1 when the expression is true of the run, with 0 when it is false.
    for (expression, expected) in [(AT_LEAST, 1), (NOT_AS_MUCH_AS, 0)] {
        let held = Command::new(&measure).arg("report").arg(&run).arg(expression).status()?.code();
        ensure!(
            held == Some(expected),
            "`{expression}` left with {held:?}, not {expected}: the known cost was not found"
        );
    }
    println!("   the known cost was found, at the right size");
    Ok(())
}
