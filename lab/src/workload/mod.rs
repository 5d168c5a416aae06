//! What visitors do: journeys, their weights, the values they use and what the answers must hold.

mod check;
mod file;
mod load;
mod recording;
mod template;
mod trace;

use std::path::Path;

pub use load::{ArrivalProcess, Load, LoadForm};
pub use recording::Recording;
pub use template::{Template, Values};
pub use trace::{Arrivals, PlannedJourney, PlannedSession, Trace, TraceOptions};

use crate::{UsageError, suggest};

/// The workloads that come with the binary.
const BUILT_IN: [(&str, &str); 3] = [
    ("boutique", include_str!("../../../workloads/boutique.toml")),
    ("browse", include_str!("../../../workloads/browse.toml")),
    ("sale-day", include_str!("../../../workloads/sale-day.toml")),
];

/// A workload that has been checked and can be driven.
#[derive(Debug, Clone)]
pub struct Workload {
    /// Its name, as printed in the report.
    pub name: String,
    /// What it stands for.
    pub description: String,
    /// The text of its file, kept with the run so that the run explains itself.
    pub text: String,
    /// Who decides when the next request comes.
    pub load: Load,
    /// How long sessions are and how fast visitors read.
    pub session: SessionShape,
    /// The p99 that defines capacity, milliseconds.
    pub objective_p99_ms: f64,
    /// How answers are compared between sides.
    pub equality: Equality,
    /// The variables, in the order in which they can be drawn.
    pub variables: Vec<Variable>,
    /// The journeys; [`SessionShape::first`] and the weights pick among them.
    pub journeys: Vec<Journey>,
    /// The names of all values, variables first, then what journeys capture.
    pub slots: Vec<String>,
    /// The names under which the figures of requests are kept; see [`Step::request`].
    pub requests: Vec<String>,
}

/// The shape of a session.
#[derive(Debug, Clone)]
pub struct SessionShape {
    /// The journey that every session begins with.
    pub first: Option<usize>,
    /// How many journeys follow, drawn evenly from this range.
    pub journeys: (u64, u64),
    /// The pause before each next journey, microseconds, drawn evenly from this range.
    pub think_us: (u64, u64),
}

/// How the bodies of two sides are compared before anything is timed.
#[derive(Debug, Clone)]
pub struct Equality {
    /// How many sessions are replayed.
    pub sessions: usize,
    /// The pause after a step that writes, so that what events feed has settled, milliseconds.
    pub settle_ms: u64,
    /// Further stretches of a page that may differ, beside ids and times.
    pub ignore: Vec<Between>,
}

/// A stretch of text, named by what stands on both sides of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Between {
    /// The text before it.
    pub after: String,
    /// The text that ends it.
    pub before: String,
}

impl Between {
    /// Finds the first such stretch.
    pub fn find<'t>(&self, text: &'t str) -> Option<&'t str> {
        let start = text.find(&self.after)? + self.after.len();
        let length = text[start..].find(&self.before)?;
        Some(&text[start..start + length])
    }
}

/// A value that is drawn anew for each journey.
#[derive(Debug, Clone)]
pub struct Variable {
    /// Its name, used as `${name}`.
    pub name: String,
    /// Where its values come from.
    pub source: Source,
}

/// Where a variable's values come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// One of several, by cumulative weights.
    OneOf {
        /// The values.
        values: Vec<String>,
        /// The running sum of their weights.
        cumulative: Vec<f64>,
    },
    /// A whole number of a range.
    Range(u64, u64),
    /// Text made of other variables.
    Text(Template),
}

/// One thing that a visitor does: a few requests in a row.
#[derive(Debug, Clone)]
pub struct Journey {
    /// Its name.
    pub name: String,
    /// Its share of the mix, against the sum of all weights.
    pub weight: f64,
    /// Its requests.
    pub steps: Vec<Step>,
}

/// One request and what its answer must be.
#[derive(Debug, Clone)]
pub struct Step {
    /// The name under which its figures are kept.
    pub name: String,
    /// The place of that name in [`Workload::requests`]; the one after it is for the redirects that are followed from here. Steps of
    /// one name share them.
    pub request: usize,
    /// The pause before it within its journey, microseconds, drawn evenly from this range.
    pub think_us: Option<(u64, u64)>,
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: &'static str,
    /// The path and query.
    pub path: Template,
    /// The body.
    pub body: Body,
    /// Further headers.
    pub headers: Vec<(String, Template)>,
    /// What the answer must be.
    pub expect: Expect,
    /// What is kept of the answer for later steps of the session: slot and place.
    pub captures: Vec<(usize, Capture)>,
}

impl Step {
    /// Whether the step may change the state of the side.
    pub fn writes(&self) -> bool {
        self.method != "GET"
    }
}

/// The body of a request.
#[derive(Debug, Clone)]
pub enum Body {
    /// No body.
    None,
    /// Form fields, encoded.
    Form(Vec<(String, Template)>),
    /// Any other text with its content type.
    Text(Template, String),
}

/// What an answer must be to count as right.
#[derive(Debug, Clone)]
pub struct Expect {
    /// The status of the last answer, after redirects.
    pub status: u16,
    /// What the last answer's body must hold.
    pub contains: Vec<Template>,
    /// What the last answer's body must not hold.
    pub lacks: Vec<Template>,
    /// The beginning of the `Location` that a redirect must name; the redirect is then counted as a request.
    pub redirect: Option<Template>,
}

/// Where a captured value stands in an answer.
#[derive(Debug, Clone)]
pub enum Capture {
    /// In the body of the last answer.
    Body(Between),
    /// The path that the step was redirected to.
    Location,
}

impl Workload {
    /// Loads a built-in workload by its name, or a file by its path.
    pub fn load(name_or_file: &str) -> anyhow::Result<Self> {
        if let Some((name, text)) = BUILT_IN.iter().find(|(name, _)| *name == name_or_file) {
            return Self::parse(text, &format!("workloads/{name}.toml"));
        }
        let path = Path::new(name_or_file);
        if !path.exists() {
            let names: Vec<&str> = BUILT_IN.iter().map(|(name, _)| *name).collect();
            let hint = suggest::did_you_mean(name_or_file, names.iter().copied());
            return Err(UsageError::new(format!(
                "there is no workload `{name_or_file}`: expected a file or one of the built-in ones ({}){hint}",
                names.join(", ")
            ))
            .into());
        }
        let text = std::fs::read_to_string(path)
            .map_err(|error| UsageError::new(format!("the workload {name_or_file} cannot be read: {error}")))?;
        Self::parse(&text, name_or_file)
    }

    /// Reads a workload from text; `origin` is the file that errors name.
    pub fn parse(text: &str, origin: &str) -> anyhow::Result<Self> {
        let raw = file::read(text, origin)?;
        Ok(check::check(raw, text, origin)?)
    }

    /// The number of requests in a journey, redirects counted.
    fn requests_of(journey: &Journey) -> f64 {
        journey.steps.iter().map(|step| 1.0 + f64::from(u8::from(step.expect.redirect.is_some()))).sum()
    }

    /// The mean number of requests in a session, redirects counted.
    pub fn requests_per_session(&self) -> f64 {
        let first = self.session.first.map_or(0.0, |first| Self::requests_of(&self.journeys[first]));
        let following = (self.session.journeys.0 + self.session.journeys.1) as f64 / 2.0;
        first + following * self.requests_per_journey()
    }

    /// The mean number of requests in a journey of the mix, redirects counted.
    pub fn requests_per_journey(&self) -> f64 {
        let weights: f64 = self.journeys.iter().map(|journey| journey.weight).sum();
        self.journeys.iter().map(|journey| journey.weight / weights * Self::requests_of(journey)).sum()
    }

    /// The longest that a session lasts when answers take no time, microseconds.
    pub fn longest_session_us(&self) -> u64 {
        let within =
            |journey: &Journey| journey.steps.iter().filter_map(|step| step.think_us).map(|(_, most)| most).sum();
        let first: u64 = self.session.first.map_or(0, |first| within(&self.journeys[first]));
        let longest: u64 = self.journeys.iter().map(within).max().unwrap_or_default();
        first + self.session.journeys.1 * (self.session.think_us.1 + longest)
    }

    /// A line that says what is sent: journeys with their weights.
    pub fn mix(&self) -> String {
        let parts: Vec<String> =
            self.journeys.iter().map(|journey| format!("{} {}", journey.name, journey.weight)).collect();
        parts.join(", ")
    }
}
