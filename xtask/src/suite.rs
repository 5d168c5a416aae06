//! All that CI runs, in an order that fails early and builds the dependencies once per profile.

use std::time::Instant;

use anyhow::{Result, bail};

use crate::{check, new_module, step::Step};

/// One selection of features for all tests: each further one would compile half of the workspace again.
const EVERYTHING: &str = "test --workspace --features cleave/lab --no-fail-fast";

/// Runs the checks, the tests, the single modules and the skeleton of a new one.
pub(crate) fn test() -> Result<()> {
    let began = Instant::now();
    check::check()?;
    let mut tally = Tally::default();
    let tested = Step::cargo("run every test of every crate, journeys in every topology included", EVERYTHING)
        .run_and_see(|line| tally.count(line));
    if tested.is_err() || tally.failed > 0 {
        tally.print(began);
        bail!("tests failed; each is named above under `failures:`");
    }
    check::single_modules()?;
    new_module::prove()?;
    tally.print(began);
    Ok(())
}

/// What all test binaries together said.
#[derive(Debug, Default)]
struct Tally {
    binaries: u32,
    passed: u32,
    failed: u32,
    ignored: u32,
}

impl Tally {
    /// Reads `test result: ok. 3 passed; 0 failed; 0 ignored; ...`.
    fn count(&mut self, line: &str) {
        let Some((_, counts)) = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". ")) else {
            return;
        };
        self.binaries += 1;
        for part in counts.split(';') {
            let mut words = part.split_whitespace();
            let count = words.next().and_then(|number| number.parse::<u32>().ok());
            match (count, words.next()) {
                (Some(count), Some("passed")) => self.passed += count,
                (Some(count), Some("failed")) => self.failed += count,
                (Some(count), Some("ignored")) => self.ignored += count,
                _ => {}
            }
        }
    }

    fn print(&self, began: Instant) {
        let Self { binaries, passed, failed, ignored } = self;
        let result = if *failed == 0 { "ok" } else { "FAILED" };
        let minutes = began.elapsed().as_secs_f64() / 60.0;
        println!("\n== all in all, in {binaries} test binaries and {minutes:.1} minutes");
        println!("test result: {result}. {passed} passed; {failed} failed; {ignored} ignored");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tally_adds_up_what_cargo_prints() {
        let mut tally = Tally::default();
        for line in [
            "running 2 tests",
            "test result: ok. 11 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 2.71s",
            "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
        ] {
            tally.count(line);
        }

        assert_eq!((tally.binaries, tally.passed, tally.failed, tally.ignored), (2, 14, 2, 1));
    }
}
