//! All violations at once, each with its place and what to do.

use std::fmt;

/// What the rules found.
#[derive(Debug, Default)]
pub(crate) struct Report {
    rule: &'static str,
    pub(crate) violations: Vec<Violation>,
    pub(crate) warnings: Vec<String>,
}

/// One breach of one rule.
#[derive(Debug)]
pub(crate) struct Violation {
    pub(crate) rule: &'static str,
    pub(crate) place: String,
    pub(crate) what: String,
    pub(crate) remedy: String,
}

impl Report {
    /// What is added from now on is of this rule.
    pub(crate) fn begin(&mut self, rule: &'static str) {
        self.rule = rule;
    }

    pub(crate) fn add(&mut self, place: &str, what: impl Into<String>, remedy: impl Into<String>) {
        let place = if place.is_empty() { "the root" } else { place }.to_owned();
        self.violations.push(Violation { rule: self.rule, place, what: what.into(), remedy: remedy.into() });
    }

    pub(crate) fn warn(&mut self, text: String) {
        self.warnings.push(text);
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rule = "";
        for violation in &self.violations {
            if violation.rule != rule {
                rule = violation.rule;
                writeln!(formatter, "\n{rule}")?;
            }
            writeln!(formatter, "  {}: {}\n      -> {}", violation.place, violation.what, violation.remedy)?;
        }
        Ok(())
    }
}
