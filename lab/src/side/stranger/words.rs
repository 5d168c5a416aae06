//! Words of a command with places to fill: `${port}`, `${data}`, `${url}`, `${url.GROUP}`.

use std::collections::BTreeMap;
use std::path::Path;

use super::file::did_you_mean;
use crate::suggest;

/// What can be filled in at a place of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// While the group serves: everything.
    WhileServing,
    /// In the group's own address: its port.
    OwnPort,
    /// Before anything serves and after everything has: the data folder.
    AtRest,
}

/// A word of a command, a value of an environment variable or an address, with places to fill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Port,
    Data,
    Url,
    UrlOf(String),
}

/// What is filled in.
#[derive(Debug)]
pub(super) struct Filling<'a> {
    pub(super) port: u16,
    pub(super) data: &'a Path,
    pub(super) own_url: &'a str,
    pub(super) urls: &'a BTreeMap<String, String>,
}

impl Words {
    /// Reads a word; `$${` stands for `${` itself.
    pub(super) fn parse(text: &str, known: Known, groups: &[&str]) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            if let Some(before) = rest[..at].strip_suffix('$') {
                plain.push_str(before);
                plain.push_str("${");
                rest = &rest[at + 2..];
                continue;
            }
            plain.push_str(&rest[..at]);
            let Some(length) = rest[at..].find('}') else {
                return Err(format!("`{text}` opens ${{ and does not close it"));
            };
            let name = &rest[at + 2..at + length];
            pieces.push(Piece::Text(std::mem::take(&mut plain)));
            pieces.push(Piece::named(name, known, groups)?);
            rest = &rest[at + length + 1..];
        }
        plain.push_str(rest);
        pieces.push(Piece::Text(plain));
        pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
        Ok(Self(pieces))
    }

    /// Whether it can be filled before anything serves.
    pub(super) fn is_known_at_rest(&self) -> bool {
        self.0.iter().all(|piece| matches!(piece, Piece::Text(_) | Piece::Data))
    }

    /// Whether it begins with a text, whatever is filled in.
    pub(super) fn begins_with(&self, text: &str) -> bool {
        matches!(self.0.first(), Some(Piece::Text(first)) if first.starts_with(text))
    }

    /// The groups whose addresses it needs.
    pub(super) fn asks(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::UrlOf(group) => Some(group.as_str()),
            _ => None,
        })
    }

    /// The word as it is used.
    pub(super) fn fill(&self, filling: &Filling<'_>) -> String {
        let fill = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Port => filling.port.to_string(),
            Piece::Data => filling.data.display().to_string(),
            Piece::Url => filling.own_url.to_owned(),
            Piece::UrlOf(group) => filling.urls.get(group).cloned().unwrap_or_default(),
        };
        self.0.iter().map(fill).collect()
    }
}

impl Piece {
    fn named(name: &str, known: Known, groups: &[&str]) -> Result<Self, String> {
        let allowed: &[&str] = match known {
            Known::WhileServing => &["port", "data", "url", "url.GROUP"],
            Known::OwnPort => &["port"],
            Known::AtRest => &["data"],
        };
        let refused = || {
            let hint = suggest::did_you_mean(name, allowed.iter().copied());
            Err(format!("${{{name}}} cannot be filled in here; expected ${{{}}}{hint}", allowed.join("}, ${")))
        };
        match name {
            "port" if known != Known::AtRest => Ok(Self::Port),
            "data" if known != Known::OwnPort => Ok(Self::Data),
            "url" if known == Known::WhileServing => Ok(Self::Url),
            _ => match name.strip_prefix("url.").filter(|_| known == Known::WhileServing) {
                Some(group) if groups.contains(&group) => Ok(Self::UrlOf(group.to_owned())),
                Some(group) => Err(format!("${{{name}}}: there is no group `{group}`{}", did_you_mean(group, groups))),
                None => refused(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> String {
        let urls = BTreeMap::from([("stock".to_owned(), "http://127.0.0.1:2".to_owned())]);
        let filling = Filling { port: 1, data: Path::new("/tmp/data"), own_url: "http://127.0.0.1:1", urls: &urls };
        Words::parse(text, Known::WhileServing, &["shop", "stock"]).unwrap().fill(&filling)
    }

    #[test]
    fn places_are_filled_and_a_doubled_dollar_is_left_to_the_shell() {
        assert_eq!(filled("--port=${port} --data=${data}/x"), "--port=1 --data=/tmp/data/x");
        assert_eq!(filled("${url}/a?from=${url.stock}"), "http://127.0.0.1:1/a?from=http://127.0.0.1:2");
        assert_eq!(filled("echo $${HOME} $1 }"), "echo ${HOME} $1 }");
    }

    #[test]
    fn a_place_that_cannot_be_filled_is_refused_with_the_nearest_that_can() {
        let refused = |text: &str, known| Words::parse(text, known, &["shop", "stock"]).unwrap_err();
        assert!(refused("${prot}", Known::WhileServing).contains("did you mean `port`?"));
        assert!(refused("${url.stok}", Known::WhileServing).contains("did you mean `stock`?"));
        assert!(refused("${port}", Known::AtRest).contains("expected ${data}"));
        assert!(refused("${port", Known::WhileServing).contains("does not close it"));
    }
}
