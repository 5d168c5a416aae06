//! Turns the tables of a workload file into a workload that can be driven, or says what is wrong and where.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use toml::Spanned;

use super::file::{
    ArrivalsWord, CaptureTable, FormWord, JourneyTable, LoadTable, StepTable, VariableTable, WorkloadFile, place,
};
use super::template::{Template, TemplateError};
use super::{
    ArrivalProcess, Between, Body, Capture, Equality, Expect, Journey, Load, LoadForm, Recording, SessionShape, Source,
    Step, Variable, Workload,
};
use crate::{UsageError, suggest};

/// The value that every session has without naming it: a number of its own within the run.
const BUILT_IN_SLOT: &str = "session";
/// A trace id has 16 bits for the name of a request.
const MOST_REQUEST_NAMES: usize = 1 << 16;

/// Checks the tables and resolves every name in them.
pub(super) fn check(raw: WorkloadFile, text: &str, origin: &str) -> Result<Workload, UsageError> {
    let at = Position { text, origin };
    if raw.journeys.is_empty() {
        return Err(at.error(None, "a workload needs at least one `[[journeys]]`"));
    }
    let mut slots = vec![BUILT_IN_SLOT.to_owned()];
    let variables = check_variables(&raw.variables, &mut slots, &at)?;
    for journey in &raw.journeys {
        for (name, _) in journey.get_ref().steps.iter().flat_map(|step| &step.get_ref().capture) {
            if !slots.contains(name) {
                slots.push(name.clone());
            }
        }
    }
    let mut journeys: Vec<Journey> =
        raw.journeys.iter().map(|journey| check_journey(journey, &slots, &at)).collect::<Result<_, _>>()?;
    let requests = number_requests(&mut journeys);
    if requests.len() > MOST_REQUEST_NAMES {
        return Err(at.error(None, &format!("a workload has at most {} names of requests", MOST_REQUEST_NAMES / 2)));
    }
    if journeys.iter().map(|journey| journey.weight).sum::<f64>() <= 0.0 {
        return Err(at.error(None, "the weights of all journeys are 0: at least one must be more"));
    }
    let first = match &raw.session.first {
        None => None,
        Some(name) => Some(journeys.iter().position(|journey| journey.name == *name.get_ref()).ok_or_else(|| {
            let hint = suggest::did_you_mean(name.get_ref(), journeys.iter().map(|journey| journey.name.as_str()));
            at.error(Some(name.span()), &format!("`first` names no journey of this file: `{}`{hint}", name.get_ref()))
        })?),
    };
    let (fewest, most) = *raw.session.journeys.get_ref();
    if fewest > most || (most == 0 && first.is_none()) {
        return Err(
            at.error(Some(raw.session.journeys.span()), "`journeys` is [fewest, most], and a session needs one")
        );
    }
    let think_us = check_think(*raw.session.think_ms.get_ref(), raw.session.think_ms.span(), &at)?;
    if !(raw.objective.p99_ms > 0.0 && raw.objective.p99_ms <= 60_000.0) {
        return Err(at.error(None, "`objective.p99_ms` is a number of milliseconds, more than 0, at most 60000"));
    }
    let load = check_load(raw.load.as_ref(), &at)?;
    let workload = Workload {
        name: raw.name,
        description: raw.description,
        text: text.to_owned(),
        load,
        session: SessionShape { first, journeys: (fewest, most), think_us },
        objective_p99_ms: raw.objective.p99_ms,
        equality: Equality {
            sessions: raw.equality.sessions,
            settle_ms: raw.equality.settle_ms,
            ignore: raw
                .equality
                .ignore
                .into_iter()
                .map(|table| Between { after: table.after, before: table.before })
                .collect(),
        },
        variables,
        journeys,
        slots,
        requests,
    };
    if let ArrivalProcess::Recorded(recording) = &workload.load.arrivals {
        recording.check(&workload)?;
    }
    Ok(workload)
}

fn check_load(table: Option<&Spanned<LoadTable>>, at: &Position<'_>) -> Result<Load, UsageError> {
    let Some(spanned) = table else { return Ok(Load::default()) };
    let (table, wrong) = (spanned.get_ref(), |message: &str| Err(at.error(Some(spanned.span()), message)));
    let form = match (table.form, table.visitors) {
        (FormWord::Closed, Some(visitors)) if visitors > 0 => LoadForm::Closed { visitors },
        (FormWord::Closed, _) => {
            return wrong("a closed load needs `visitors`, 1 or more: how many there are at 100 %");
        }
        (_, Some(_)) => {
            return wrong("`visitors` belongs to a closed load; in the others they arrive at the rate offered");
        }
        (FormWord::PartlyOpen, None) => LoadForm::PartlyOpen,
        (FormWord::Open, None) => LoadForm::Open,
    };
    if table.form == FormWord::Closed && (table.arrivals.is_some() || table.recording.is_some()) {
        return wrong(
            "visitors of a closed load come back when they have left: it has no `arrivals` and no `recording`",
        );
    }
    let arrivals = match (table.arrivals, &table.recording) {
        (Some(ArrivalsWord::Recorded) | None, Some(file)) => {
            // Beside the workload, so that the two can be passed on together.
            let folder = Path::new(at.origin).parent().unwrap_or_else(|| Path::new(""));
            let recording = Recording::load(&folder.join(file))
                .map_err(|error| at.error(Some(spanned.span()), &error.to_string()))?;
            ArrivalProcess::Recorded(Arc::new(recording))
        }
        (Some(ArrivalsWord::Recorded), None) => {
            return wrong("recorded arrivals need `recording`, the file they are in");
        }
        (_, Some(_)) => return wrong("`recording` belongs to `arrivals = \"recorded\"`"),
        (Some(ArrivalsWord::Constant), None) => ArrivalProcess::Constant,
        (Some(ArrivalsWord::Poisson) | None, None) => ArrivalProcess::Poisson,
    };
    Ok(Load { form, arrivals })
}

/// Gives steps of one name the same two places: one for the request, one for the redirects that are followed from it.
fn number_requests(journeys: &mut [Journey]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for step in journeys.iter_mut().flat_map(|journey| &mut journey.steps) {
        step.request = names.iter().position(|name| *name == step.name).unwrap_or_else(|| {
            names.push(step.name.clone());
            names.push(format!("{} → followed", step.name));
            names.len() - 2
        });
    }
    names
}

/// Milliseconds as a file says them, in microseconds.
fn check_think(
    (shortest, longest): (f64, f64),
    span: Range<usize>,
    at: &Position<'_>,
) -> Result<(u64, u64), UsageError> {
    if !(0.0..=longest).contains(&shortest) || longest > 60_000.0 {
        return Err(at.error(Some(span), "`think_ms` is [shortest, longest], from 0 to 60000"));
    }
    Ok(((shortest * 1000.0) as u64, (longest * 1000.0) as u64))
}

struct Position<'t> {
    text: &'t str,
    origin: &'t str,
}

impl Position<'_> {
    fn error(&self, span: Option<Range<usize>>, message: &str) -> UsageError {
        UsageError::new(format!("{}: {message}", place(self.text, self.origin, span)))
    }

    fn template(&self, text: &str, slots: &[String], span: Range<usize>) -> Result<Template, UsageError> {
        Template::parse(text, slots).map_err(|error| match error {
            TemplateError::Unclosed => self.error(Some(span), &format!("`${{` without `}}` in `{text}`")),
            TemplateError::Unknown(name) => {
                let hint = suggest::did_you_mean(&name, slots.iter().map(String::as_str));
                self.error(
                    Some(span),
                    &format!(
                        "`${{{name}}}` is neither a variable nor captured; expected one of {}{hint}",
                        slots.join(", ")
                    ),
                )
            }
        })
    }
}

/// Variables made of text may use those drawn before them, so plain ones come first and texts follow by name.
fn check_variables(
    tables: &BTreeMap<String, Spanned<VariableTable>>,
    slots: &mut Vec<String>,
    at: &Position<'_>,
) -> Result<Vec<Variable>, UsageError> {
    let (texts, plain): (Vec<_>, Vec<_>) = tables.iter().partition(|(_, table)| table.get_ref().text.is_some());
    let mut variables = Vec::new();
    for (name, table) in plain.into_iter().chain(texts) {
        if name == BUILT_IN_SLOT {
            return Err(at.error(Some(table.span()), "`session` is given: it is the number of the session"));
        }
        let source = check_source(name, table, slots, at)?;
        slots.push(name.clone());
        variables.push(Variable { name: name.clone(), source });
    }
    Ok(variables)
}

fn check_source(
    name: &str,
    table: &Spanned<VariableTable>,
    slots: &[String],
    at: &Position<'_>,
) -> Result<Source, UsageError> {
    let wrong = |message: String| Err(at.error(Some(table.span()), &message));
    let variable = table.get_ref();
    match (&variable.one_of, variable.range, &variable.text) {
        (Some(values), None, None) => {
            let values: Vec<String> = values.iter().map(plain_value).collect();
            let weights = match (&variable.weights, variable.zipf) {
                (Some(_), Some(_)) => return wrong(format!("variable `{name}` has both `weights` and `zipf`")),
                (Some(weights), None) if weights.len() != values.len() => {
                    return wrong(format!(
                        "variable `{name}` has {} values and {} weights",
                        values.len(),
                        weights.len()
                    ));
                }
                (Some(weights), None) => weights.clone(),
                // Zipf's law: the k-th most popular value is drawn in proportion to k^-s.
                (None, Some(skew)) => (1..=values.len()).map(|rank| (rank as f64).powf(-skew)).collect(),
                (None, None) => vec![1.0; values.len()],
            };
            if values.is_empty() || weights.iter().any(|weight| !weight.is_finite() || *weight < 0.0) {
                return wrong(format!("variable `{name}` needs values, and weights that are not negative"));
            }
            let cumulative = weights
                .iter()
                .scan(0.0, |sum, weight| {
                    *sum += weight;
                    Some(*sum)
                })
                .collect();
            Ok(Source::OneOf { values, cumulative })
        }
        (None, Some((low, high)), None) if low <= high => Ok(Source::Range(low, high)),
        (None, Some(_), None) => wrong(format!("variable `{name}`: `range` is [lowest, highest]")),
        (None, None, Some(text)) => Ok(Source::Text(at.template(text, slots, table.span())?)),
        _ => wrong(format!("variable `{name}` needs exactly one of `one_of`, `range`, `text`")),
    }
}

fn plain_value(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn check_journey(journey: &Spanned<JourneyTable>, slots: &[String], at: &Position<'_>) -> Result<Journey, UsageError> {
    let table = journey.get_ref();
    if !table.weight.is_finite() || table.weight < 0.0 {
        return Err(at.error(Some(journey.span()), &format!("the weight of `{}` must be 0 or more", table.name)));
    }
    if table.steps.is_empty() {
        return Err(at.error(Some(journey.span()), &format!("journey `{}` has no steps", table.name)));
    }
    let steps = table.steps.iter().map(|step| check_step(step, &table.name, slots, at)).collect::<Result<_, _>>()?;
    Ok(Journey { name: table.name.clone(), weight: table.weight, steps })
}

fn check_step(
    step: &Spanned<StepTable>,
    journey: &str,
    slots: &[String],
    at: &Position<'_>,
) -> Result<Step, UsageError> {
    let table = step.get_ref();
    let methods = [
        ("GET", &table.get),
        ("POST", &table.post),
        ("PUT", &table.put),
        ("PATCH", &table.patch),
        ("DELETE", &table.delete),
    ];
    let named: Vec<_> = methods.iter().filter_map(|(method, path)| path.as_ref().map(|path| (*method, path))).collect();
    let [(method, path)] = named[..] else {
        return Err(at.error(
            Some(step.span()),
            &format!("a step of `{journey}` needs exactly one of `get`, `post`, `put`, `patch`, `delete`"),
        ));
    };
    if !path.starts_with('/') && !path.starts_with("${") {
        return Err(at.error(Some(step.span()), &format!("the path `{path}` must begin with `/`")));
    }
    let template = |text: &str| at.template(text, slots, step.span());
    let body = match (&table.form, &table.json, &table.body) {
        (None, None, None) => Body::None,
        (Some(fields), None, None) => Body::Form(
            fields
                .iter()
                .map(|(name, value)| Ok((name.clone(), template(&plain_value(value))?)))
                .collect::<Result<_, UsageError>>()?,
        ),
        (None, Some(json), None) => Body::Text(template(json)?, "application/json".to_owned()),
        (None, None, Some(text)) => Body::Text(template(text)?, "text/plain; charset=utf-8".to_owned()),
        _ => return Err(at.error(Some(step.span()), "a step has at most one of `form`, `json`, `body`")),
    };
    if method == "GET" && !matches!(body, Body::None) {
        return Err(at.error(Some(step.span()), "a `get` has no body; write the values into the path"));
    }
    let templates = |texts: &[String]| texts.iter().map(|text| template(text)).collect::<Result<Vec<_>, _>>();
    Ok(Step {
        name: table.name.clone().unwrap_or_else(|| journey.to_owned()),
        request: 0,
        think_us: table.think_ms.map(|range| check_think(range, step.span(), at)).transpose()?,
        method,
        path: template(path)?,
        body,
        headers: table
            .headers
            .iter()
            .map(|(name, value)| Ok((name.clone(), template(value)?)))
            .collect::<Result<_, UsageError>>()?,
        expect: Expect {
            status: table.expect.status.unwrap_or(200),
            contains: templates(&table.expect.contains)?,
            lacks: templates(&table.expect.lacks)?,
            redirect: table.expect.redirect.as_deref().map(template).transpose()?,
        },
        captures: table
            .capture
            .iter()
            .map(|(name, capture)| Ok((slot_of(name, slots), check_capture(name, capture, at)?)))
            .collect::<Result<_, UsageError>>()?,
    })
}

fn slot_of(name: &str, slots: &[String]) -> usize {
    slots.iter().position(|slot| slot == name).expect("every captured name was given a slot before its step is checked")
}

fn check_capture(name: &str, capture: &Spanned<CaptureTable>, at: &Position<'_>) -> Result<Capture, UsageError> {
    let table = capture.get_ref();
    match (&table.after, &table.before, table.location) {
        (Some(after), Some(before), None) if !after.is_empty() && !before.is_empty() => {
            Ok(Capture::Body(Between { after: after.clone(), before: before.clone() }))
        }
        (None, None, Some(true)) => Ok(Capture::Location),
        _ => Err(at.error(
            Some(capture.span()),
            &format!("capture `{name}` needs `after` and `before` (text around the value), or `location = true`"),
        )),
    }
}
