//! Whether two sides answer alike: one trace replayed on each, one visitor at a time, bodies compared after a documented normalisation.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Experiment;
use super::load::{Stretch, first_errors};
use crate::archive::Difference;
use crate::generator::{Answer, Think};
use crate::side::RunningSide;
use crate::workload::{Arrivals, Between, Workload};

/// How many differences of a side are kept.
const MOST_DIFFERENCES: usize = 5;

/// An answer as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PlainAnswer {
    request: String,
    status: u16,
    body: String,
}

/// What is replaced before bodies are compared, in words.
pub(super) fn rules(workload: &Workload) -> Vec<String> {
    let mut rules: Vec<String> = [
        "UUIDs",
        "parcel numbers such as AB-1234-567890 or CV-947Z-3E7A-T9",
        "dates such as 2026-11-20 and times such as 12:34:56, together or apart",
        "the address of the side",
    ]
    .map(str::to_owned)
    .to_vec();
    rules.extend(workload.equality.ignore.iter().map(|between| format!("`{}`…`{}`", between.after, between.before)));
    rules
}

impl Experiment {
    /// Replays the sessions meant for this on a side.
    pub(super) fn replay_for_equality(&self, side: &RunningSide) -> anyhow::Result<Vec<PlainAnswer>> {
        let trace = self.trace(0, Arrivals::Closed { sessions: self.workload.equality.sessions });
        let stretch = Stretch {
            think: Think::AfterWrites(Duration::from_millis(self.workload.equality.settle_ms)),
            ..Stretch::one_by_one(&trace, "comparing answers")
        };
        let ignore = &self.workload.equality.ignore;
        let mut answers = Vec::new();
        let measured = self.drive(side, &stretch, &mut |answer: &Answer<'_>| {
            let body = String::from_utf8_lossy(answer.body).replace(&side.target.authority, "{address}");
            answers.push(PlainAnswer {
                request: answer.name.to_owned(),
                status: answer.status,
                body: normalise(&body, ignore),
            });
        })?;
        anyhow::ensure!(
            measured.failed == 0 || self.stop.load(Ordering::Relaxed),
            "before timing, answers were not what the workload expects: {}",
            first_errors(&measured.errors)
        );
        Ok(answers)
    }
}

/// The first differences of a side from the reference.
pub(super) fn differences(side: &str, reference: &[PlainAnswer], answers: &[PlainAnswer]) -> Vec<Difference> {
    let mut found = Vec::new();
    if reference.len() != answers.len() {
        found.push(Difference {
            side: side.to_owned(),
            request: "all".to_owned(),
            detail: format!("{} answers, the first side gave {}", answers.len(), reference.len()),
        });
    }
    for (number, (expected, answer)) in reference.iter().zip(answers).enumerate() {
        if expected == answer {
            continue;
        }
        let detail = if expected.status == answer.status {
            excerpt(&expected.body, &answer.body)
        } else {
            format!("status {}, the first side gave {}", answer.status, expected.status)
        };
        found.push(Difference {
            side: side.to_owned(),
            request: format!("{} (answer {})", answer.request, number + 1),
            detail,
        });
        if found.len() == MOST_DIFFERENCES {
            break;
        }
    }
    found
}

fn excerpt(expected: &str, found: &str) -> String {
    let common = expected.chars().zip(found.chars()).take_while(|(a, b)| a == b).count();
    let around = |text: &str| text.chars().skip(common.saturating_sub(30)).take(100).collect::<String>();
    format!("`{}`, the first side gave `{}`", around(found), around(expected))
}

/// Replaces what may differ between two runs of the same visitors.
fn normalise(body: &str, ignore: &[Between]) -> String {
    let mut text = body.to_owned();
    for between in ignore {
        text = without(&text, between);
    }
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    let mut copied = 0;
    while at < bytes.len() {
        let starts_word = at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
        let matched = if starts_word && bytes[at].is_ascii_alphanumeric() { variable_at(&bytes[at..]) } else { None };
        if let Some((length, mark)) = matched {
            out.push_str(&text[copied..at]);
            out.push_str(mark);
            at += length;
            copied = at;
        } else {
            at += 1;
        }
    }
    out.push_str(&text[copied..]);
    out
}

fn without(text: &str, between: &Between) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(&between.after) {
        let from = start + between.after.len();
        let Some(length) = rest[from..].find(&between.before) else { break };
        out.push_str(&rest[..from]);
        out.push_str("{ignored}");
        rest = &rest[from + length..];
    }
    out.push_str(rest);
    out
}

/// The length of what begins here and may differ, and what replaces it.
fn variable_at(bytes: &[u8]) -> Option<(usize, &'static str)> {
    // In patterns, `x` is a hexadecimal digit and `9` a digit; anything else is itself.
    const PATTERNS: [(&str, &str); 4] = [
        ("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", "{id}"),
        ("9999-99-99", "{date}"),
        ("99:99:99", "{time}"),
        ("99:99", "{time}"),
    ];
    for (pattern, mark) in PATTERNS {
        if !matches_pattern(bytes, pattern.as_bytes()) {
            continue;
        }
        let mut length = pattern.len();
        if mark == "{date}" && bytes.get(length) == Some(&b'T') {
            // 2026-11-20T12:34:56.789Z: the time belongs to the date.
            length += 1 + bytes[length + 1..].iter().take_while(|byte| b"0123456789:.+Z".contains(byte)).count();
        } else if mark == "{time}" && bytes.get(length) == Some(&b'.') {
            length += 1 + bytes[length + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        }
        if !bytes.get(length).is_some_and(u8::is_ascii_alphanumeric) {
            return Some((length, mark));
        }
    }
    parcel_number(bytes).map(|length| (length, "{parcel}"))
}

/// Two capitals and at least two groups of capitals and digits, joined by hyphens, with a digit among them: words are no parcels. Of three
/// groups or more, some are drawn without any digit.
fn parcel_number(bytes: &[u8]) -> Option<usize> {
    let length =
        bytes.iter().take_while(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || **byte == b'-').count();
    let text = &bytes[..length];
    let groups: Vec<&[u8]> = text.split(|byte| *byte == b'-').collect();
    let is_prefix = groups[0].len() == 2 && groups[0].iter().all(u8::is_ascii_uppercase);
    let is_whole = !bytes.get(length).is_some_and(u8::is_ascii_alphanumeric);
    let is_drawn = groups.len() >= 4 || (groups.len() == 3 && text.iter().any(u8::is_ascii_digit));
    (is_prefix && is_drawn && groups.iter().all(|group| group.len() >= 2) && is_whole).then_some(length)
}

fn matches_pattern(bytes: &[u8], pattern: &[u8]) -> bool {
    bytes.len() >= pattern.len()
        && pattern.iter().zip(bytes).all(|(wanted, byte)| match wanted {
            b'x' => byte.is_ascii_hexdigit(),
            b'9' => byte.is_ascii_digit(),
            other => byte == other,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_times_are_replaced_and_prices_are_not() {
        let page = "<a href=\"/orders/019aa0f1-7b4c-7c3e-8000-0123456789ab\">AB-1234-567890</a> CV-947Z-3E7A-T9 CV-DTCF-MTXH-GQ on 2026-11-20 at 09:15, \
                    sent 2026-11-20T09:15:30.123Z, 12.50 EUR, SKU 0PUK6V6EV0, XL-ONE-TWO, 1999-9 and é";
        assert_eq!(
            normalise(page, &[]),
            "<a href=\"/orders/{id}\">{parcel}</a> {parcel} {parcel} on {date} at {time}, sent {date}, 12.50 EUR, SKU 0PUK6V6EV0, XL-ONE-TWO, 1999-9 and é"
        );
    }

    #[test]
    fn a_workload_may_name_what_else_differs() {
        let ignore = [Between { after: "<b id=\"ad\">".to_owned(), before: "</b>".to_owned() }];
        assert_eq!(
            normalise("x<b id=\"ad\">one</b>y<b id=\"ad\">two</b>", &ignore),
            "x<b id=\"ad\">{ignored}</b>y<b id=\"ad\">{ignored}</b>"
        );
    }

    #[test]
    fn a_difference_names_the_request_and_shows_both() {
        let answer =
            |body: &str, status| PlainAnswer { request: "home page".to_owned(), status, body: body.to_owned() };
        let found = differences("services", &[answer("total 5", 200)], &[answer("total 6", 200)]);
        assert_eq!(found[0].request, "home page (answer 1)");
        assert_eq!(found[0].detail, "`total 6`, the first side gave `total 5`");
        assert!(differences("services", &[answer("a", 200)], &[answer("a", 200)]).is_empty());
        assert!(differences("s", &[answer("a", 200)], &[answer("a", 500)])[0].detail.contains("status 500"));
        assert!(differences("s", &[answer("a", 200)], &[])[0].detail.contains("0 answers"));
    }
}
