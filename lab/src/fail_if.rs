//! The gate for CI: an expression over a run, such as `cpu_per_request>1.05 or services.p99 > 20`.

use crate::analysis::{Analysis, Metric, absolute};
use crate::archive::Run;
use crate::predict::{median_error, outcomes};
use crate::report::survival_of_any_death;
use crate::{UsageError, suggest};

/// A parsed expression: alternatives, each of which is a list of comparisons that must all be true.
#[derive(Debug, Clone, PartialEq)]
pub struct FailIf {
    alternatives: Vec<Vec<Comparison>>,
}

#[derive(Debug, Clone, PartialEq)]
struct Comparison {
    name: String,
    operator: Operator,
    number: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Above,
    AtLeast,
    Below,
    AtMost,
    Equal,
    Unequal,
}

/// Longer signs first, so that `>=` is not read as `>`.
const OPERATORS: [(&str, Operator); 6] = [
    (">=", Operator::AtLeast),
    ("<=", Operator::AtMost),
    ("==", Operator::Equal),
    ("!=", Operator::Unequal),
    (">", Operator::Above),
    ("<", Operator::Below),
];

impl FailIf {
    /// Reads an expression; `and` binds tighter than `or`.
    pub fn parse(text: &str) -> Result<Self, UsageError> {
        let alternatives = split_words(text, "or")
            .into_iter()
            .map(|part| split_words(&part, "and").iter().map(|part| Comparison::parse(part)).collect())
            .collect::<Result<_, _>>()?;
        Ok(Self { alternatives })
    }

    /// Whether the expression is true of a run; an unknown name is an error even where the rest would decide.
    pub fn is_true_of(&self, run: &Run, analysis: &Analysis) -> Result<bool, UsageError> {
        let values = named_values(run, analysis);
        let mut any = false;
        for alternative in &self.alternatives {
            let mut all = true;
            for comparison in alternative {
                all &= comparison.is_true(&values)?;
            }
            any |= all;
        }
        Ok(any)
    }
}

/// Splits at a word that stands alone.
fn split_words(text: &str, separator: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    for word in text.split_whitespace() {
        if word.eq_ignore_ascii_case(separator) {
            parts.push(String::new());
        } else {
            let part = parts.last_mut().expect("it starts with one part and only grows");
            part.push_str(word);
            part.push(' ');
        }
    }
    parts
}

impl Comparison {
    fn parse(text: &str) -> Result<Self, UsageError> {
        let found = OPERATORS.iter().filter_map(|(sign, operator)| Some((text.find(sign)?, *sign, *operator)));
        // The earliest sign counts, and of two at the same place the longer one.
        let Some((at, sign, operator)) = found.min_by_key(|(at, sign, _)| (*at, usize::MAX - sign.len())) else {
            return Err(UsageError::new(format!(
                "`{}` is no condition: expected NAME OPERATOR NUMBER, for example cpu_per_request>1.05 (operators: > >= < <= == !=)",
                text.trim()
            )));
        };
        let name = text[..at].trim().to_owned();
        let number = text[at + sign.len()..].trim();
        if name.is_empty() {
            return Err(UsageError::new(format!("`{}` names no metric before `{sign}`", text.trim())));
        }
        let number = number
            .parse::<f64>()
            .ok()
            .filter(|number| number.is_finite())
            .ok_or_else(|| UsageError::new(format!("`{number}` is not a number (in `{}`)", text.trim())))?;
        Ok(Self { name, operator, number })
    }

    fn is_true(&self, values: &[(String, Option<f64>)]) -> Result<bool, UsageError> {
        let Some((_, value)) = values.iter().find(|(name, _)| *name == self.name) else {
            let names = values.iter().map(|(name, _)| name.as_str());
            let hint = suggest::did_you_mean(&self.name, names);
            let headlines: Vec<&str> =
                values.iter().map(|(name, _)| name.as_str()).filter(|name| !name.contains(['@', '.'])).collect();
            return Err(UsageError::new(format!(
                "the run has no figure `{}`{hint} Expected {}, one of them at a load (p50@25), or a side's own value ({})",
                self.name,
                headlines.join(", "),
                values.iter().map(|(name, _)| name.as_str()).find(|name| name.contains('.')).unwrap_or("SIDE.p50")
            )));
        };
        let Some(value) = *value else {
            return Err(UsageError::new(format!("`{}` was not measured in this run", self.name)));
        };
        Ok(match self.operator {
            Operator::Above => value > self.number,
            Operator::AtLeast => value >= self.number,
            Operator::Below => value < self.number,
            Operator::AtMost => value <= self.number,
            Operator::Equal => value == self.number,
            Operator::Unequal => value != self.number,
        })
    }
}

/// Every name that an expression may use: a metric is the ratio of the second side to the first, `SIDE/FIRST.metric` that of any
/// other side, and `SIDE.metric` a side's own value.
fn named_values(run: &Run, analysis: &Analysis) -> Vec<(String, Option<f64>)> {
    let mut values = Vec::new();
    let second = run.compared().nth(1).map(|side| side.name.as_str());
    for verdict in &analysis.verdicts {
        if Some(verdict.b.as_str()) == second {
            values.push((verdict.metric.clone(), verdict.ratio));
        }
        values.push((format!("{}/{}.{}", verdict.b, verdict.a, verdict.metric), verdict.ratio));
    }
    for side in &run.sides {
        for metric in Metric::all(&run.protocol) {
            let value = absolute(run, &metric, &side.name).map(|(mean, _)| mean);
            values.push((format!("{}.{}", side.name, metric.name()), value));
        }
    }
    values.extend(beyond_the_blocks(run));
    values
}

/// What else a run may hold: `SIDE.survival` is the share of journeys that survive the death of a module, `TOPOLOGY.METRIC.error` the
/// error of a prediction as a fraction, and `prediction_error.METRIC` what half of these errors stay below.
fn beyond_the_blocks(run: &Run) -> Vec<(String, Option<f64>)> {
    let mut values: Vec<(String, Option<f64>)> = run
        .compared()
        .map(|side| (format!("{}.survival", side.name), survival_of_any_death(run, &side.name)))
        .collect();
    let mut metrics: Vec<String> = Vec::new();
    for outcome in outcomes(run) {
        let known = |value: f64| Some(value).filter(|value| value.is_finite());
        let name = format!("{}.{}", outcome.topology, outcome.metric);
        values.push((format!("{name}.predicted"), known(outcome.predicted)));
        values.push((format!("{name}.error"), known(outcome.error)));
        if !metrics.contains(&outcome.metric) {
            metrics.push(outcome.metric);
        }
    }
    values.extend(metrics.iter().map(|metric| (format!("prediction_error.{metric}"), median_error(run, metric))));
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read_with_and_without_spaces() {
        for text in ["cpu_per_request>1.05", " cpu_per_request > 1.05 "] {
            let parsed = FailIf::parse(text).unwrap();
            let expected = Comparison { name: "cpu_per_request".to_owned(), operator: Operator::Above, number: 1.05 };
            assert_eq!(parsed.alternatives, [[expected]], "{text}");
        }
        let parsed = FailIf::parse("p50>=2 and p99@25 < 3 or extract:a+b.memory_pss<=4").unwrap();
        assert_eq!(parsed.alternatives.len(), 2);
        assert_eq!(parsed.alternatives[0][1].name, "p99@25");
        assert_eq!(parsed.alternatives[1][0].operator, Operator::AtMost);
        assert_eq!(parsed.alternatives[1][0].name, "extract:a+b.memory_pss");
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let message = |text: &str| FailIf::parse(text).unwrap_err().to_string();
        assert!(message("cpu_per_request").contains("operators"));
        assert!(message("> 1").contains("names no metric"));
        assert!(message("p50 > fast").contains("`fast` is not a number"));
        assert!(message("p50 > 1 and").contains("no condition"));
    }
}
