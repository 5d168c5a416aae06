//! The TOML shape of a stranger's file, and what must be right in it.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use super::words::{Known, Words};
use super::{Group, Ready, Stranger};
use crate::{UsageError, suggest, written};

/// How long a group may take until it answers, where its file does not say.
const READY_WITHIN_S: f64 = 60.0;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StrangerFile {
    #[serde(default)]
    known_deltas: bool,
    groups: BTreeMap<String, Spanned<GroupTable>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupTable {
    command: Spanned<Vec<String>>,
    #[serde(default)]
    env: BTreeMap<String, Spanned<String>>,
    url: Option<Spanned<String>>,
    ready: Option<Spanned<ReadyTable>>,
    ready_within_s: Option<Spanned<f64>>,
    #[serde(default)]
    public: bool,
    #[serde(default)]
    apart: bool,
    seed: Option<Spanned<Vec<String>>>,
    verify: Option<Spanned<Vec<String>>>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected a path such as \"/healthz\", or { line = \"text of a line on stdout\" }")]
enum ReadyTable {
    Path(String),
    Line(LineTable),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LineTable {
    line: String,
}

/// Whether a file describes somebody else's program: none of its groups names modules, which only the program under test has.
///
/// A file that cannot be read at all is left to the program under test, which may know it by other means.
pub(super) fn is_stranger(text: &str) -> bool {
    let Ok(file) = text.parse::<toml::Table>() else { return false };
    let Some(groups) = file.get("groups").and_then(toml::Value::as_table) else { return false };
    let names = |group: &toml::Value, key: &str| group.as_table().is_some_and(|group| group.contains_key(key));
    !groups.is_empty() && !groups.values().any(|group| names(group, "modules"))
}

/// Reads the text of a stranger's file.
pub(super) fn read(path: &Path, text: &str) -> Result<Stranger, UsageError> {
    let origin = path.display().to_string();
    let file: StrangerFile = written::read(text, &origin)?;
    let reader = Reader { text, origin: &origin, names: file.groups.keys().map(String::as_str).collect() };
    let mut groups = Vec::new();
    for (name, table) in &file.groups {
        groups.push(reader.group(name, table)?);
    }
    let public = reader.public(&file.groups)?;
    reader.urls(&file.groups, &groups, public)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = folder.canonicalize().map_err(|error| UsageError::new(format!("{}: {error}", folder.display())))?;
    Ok(Stranger { folder, text: text.to_owned(), known_deltas: file.known_deltas, groups, public })
}

struct Reader<'f> {
    text: &'f str,
    origin: &'f str,
    names: Vec<&'f str>,
}

impl Reader<'_> {
    fn wrong<T>(&self, at: &Spanned<T>, message: impl std::fmt::Display) -> UsageError {
        UsageError::new(format!("{}: {message}", written::place(self.text, self.origin, Some(at.span()))))
    }

    fn words(&self, written: &Spanned<String>, known: Known) -> Result<Words, UsageError> {
        Words::parse(written.get_ref(), known, &self.names).map_err(|message| self.wrong(written, message))
    }

    fn command(&self, written: &Spanned<Vec<String>>, known: Known) -> Result<Vec<Words>, UsageError> {
        if written.get_ref().is_empty() {
            return Err(self.wrong(written, "a command has one word at least: the program"));
        }
        let words = written.get_ref().iter().map(|word| Words::parse(word, known, &self.names));
        words.collect::<Result<_, _>>().map_err(|message| self.wrong(written, message))
    }

    fn group(&self, name: &str, written: &Spanned<GroupTable>) -> Result<Group, UsageError> {
        let table = written.get_ref();
        let env = table.env.iter().map(|(key, value)| Ok((key.clone(), self.words(value, Known::WhileServing)?)));
        let once = |command: &Option<Spanned<Vec<String>>>| {
            command.as_ref().map(|command| self.command(command, Known::AtRest)).transpose()
        };
        Ok(Group {
            name: name.to_owned(),
            command: self.command(&table.command, Known::WhileServing)?,
            env: env.collect::<Result<_, UsageError>>()?,
            url: table.url.as_ref().map(|url| self.words(url, Known::OwnPort)).transpose()?,
            ready: self.ready(table)?,
            ready_within: self.ready_within(table)?,
            apart: table.apart,
            seed: once(&table.seed)?,
            verify: once(&table.verify)?,
        })
    }

    fn ready(&self, table: &GroupTable) -> Result<Ready, UsageError> {
        match &table.ready {
            None if table.url.is_some() => Ok(Ready::Accepts),
            None => Ok(Ready::AtOnce),
            Some(ready) => match ready.get_ref() {
                ReadyTable::Line(line) => Ok(Ready::Line(line.line.clone())),
                ReadyTable::Path(path) if !path.starts_with('/') => Err(self.wrong(
                    ready,
                    format!("`{path}` is not a path: it begins with /; for a line on stdout write ready = {{ line = \"{path}\" }}"),
                )),
                ReadyTable::Path(_) if table.url.is_none() => {
                    Err(self.wrong(ready, "a path can be asked for only where the group has a `url`"))
                }
                ReadyTable::Path(path) => Ok(Ready::Path(path.clone())),
            },
        }
    }

    fn ready_within(&self, table: &GroupTable) -> Result<Duration, UsageError> {
        let Some(written) = &table.ready_within_s else { return Ok(Duration::from_secs_f64(READY_WITHIN_S)) };
        let seconds = *written.get_ref();
        if !(0.1..=3600.0).contains(&seconds) {
            return Err(self.wrong(written, format!("ready_within_s is {seconds}: expected 0.1 to 3600 seconds")));
        }
        Ok(Duration::from_secs_f64(seconds))
    }

    /// The group that visitors come to: the one that says so, or the only one.
    fn public(&self, groups: &BTreeMap<String, Spanned<GroupTable>>) -> Result<usize, UsageError> {
        let public: Vec<usize> = groups
            .values()
            .enumerate()
            .filter_map(|(index, group)| (group.get_ref().public || groups.len() == 1).then_some(index))
            .collect();
        match public[..] {
            [one] => Ok(one),
            [] => Err(UsageError::new(format!(
                "{}: no group says `public = true`, so nobody knows where visitors go: the groups are {}",
                self.origin,
                self.names.join(", ")
            ))),
            [_, second, ..] => {
                let (name, group) = groups.iter().nth(second).expect("it was found among them");
                Err(self.wrong(group, format!("`{name}` is public, and so is another group: visitors go to one")))
            }
        }
    }

    /// Addresses that are needed must be there.
    fn urls(
        &self,
        tables: &BTreeMap<String, Spanned<GroupTable>>,
        groups: &[Group],
        public: usize,
    ) -> Result<(), UsageError> {
        for (group, table) in groups.iter().zip(tables.values()) {
            for other in group.asks() {
                let there = groups.iter().any(|known| known.name == other && known.url.is_some());
                if !there {
                    let message =
                        format!("`{}` needs ${{url.{other}}}, but the group `{other}` has no `url`", group.name);
                    return Err(self.wrong(&table.get_ref().command, message));
                }
            }
        }
        let (name, table) = tables.iter().nth(public).expect("it was found among them");
        match &groups[public].url {
            Some(url) if url.begins_with("http://") => Ok(()),
            Some(_) => Err(self.wrong(table, format!("the url of `{name}` must begin with http://"))),
            None => Err(self.wrong(
                table,
                format!("the public group `{name}` has no `url`: write url = \"http://127.0.0.1:${{port}}\""),
            )),
        }
    }
}

/// The nearest of the names of groups.
pub(super) fn did_you_mean(wrong: &str, names: &[&str]) -> String {
    suggest::did_you_mean(wrong, names.iter().copied())
}
