//! The one normalisation after which pages of the same journey must be equal in all topologies.
//!
//! Three things are made during a run and are different each time, whatever the topology:
//! - ids: every UUID (orders, check-out keys) becomes `ID1`, `ID2`, ... in the order of its first appearance, so that two
//!   pages that name the same order still do;
//! - parcel numbers, which are derived from order ids, become `PARCEL`;
//! - times: what stands in a `<time>` element becomes `TIME`.
//!
//! Nothing else is touched: another price, order, suggestion, mail, header of a section or missing part is a difference.

use testkit::Page;

/// Normalises the pages of one journey; ids are counted over all of them.
#[derive(Debug, Default)]
pub(crate) struct Normaliser {
    ids: Vec<String>,
}

impl Normaliser {
    /// Status, address and body of a page, without what differs from run to run.
    pub(crate) fn normal(&mut self, page: &Page) -> String {
        let whole = format!("{} {}\n{}", page.status.as_u16(), page.path, page.text());
        let whole = self.without_ids(&whole);
        let whole = replace_between(&whole, "<time", "</time>", "TIME");
        without_parcels(&whole)
    }

    fn without_ids(&mut self, text: &str) -> String {
        let mut normal = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.char_indices().map(|(at, _)| at).find(|at| is_uuid(&rest.as_bytes()[*at..])) {
            let id = &rest[at..at + UUID_LENGTH];
            let number = self.ids.iter().position(|known| known == id).unwrap_or_else(|| {
                self.ids.push(id.to_owned());
                self.ids.len() - 1
            });
            normal += &rest[..at];
            normal += &format!("ID{}", number + 1);
            rest = &rest[at + UUID_LENGTH..];
        }
        normal + rest
    }
}

const UUID_LENGTH: usize = 36;

fn is_uuid(bytes: &[u8]) -> bool {
    bytes.len() >= UUID_LENGTH
        && bytes[..UUID_LENGTH].iter().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(byte),
        })
}

fn replace_between(text: &str, before: &str, after: &str, by: &str) -> String {
    let mut parts = text.split(before);
    let mut normal = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.split_once(after).map_or(part, |(_, rest)| rest);
        normal += &format!("{by}{rest}");
    }
    normal
}

/// Such as `CV-8F3K-22M9-Q1`.
fn without_parcels(text: &str) -> String {
    const SHAPE: &[u8] = b"CV-XXXX-XXXX-XX";
    let is_number = |rest: &[u8]| {
        rest.len() >= SHAPE.len()
            && SHAPE.iter().zip(rest).all(|(shape, byte)| match shape {
                b'X' => byte.is_ascii_digit() || byte.is_ascii_uppercase(),
                sign => sign == byte,
            })
    };
    let mut normal = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.char_indices().map(|(at, _)| at).find(|at| is_number(&rest.as_bytes()[*at..])) {
        normal += &rest[..at];
        normal += "PARCEL";
        rest = &rest[at + SHAPE.len()..];
    }
    normal + rest
}

#[test]
fn ids_are_counted_and_times_and_parcels_are_hidden() {
    let mut normaliser = Normaliser::default();
    let text = "order 01939a5e-0000-7000-8000-000000000001 and 01939a5e-0000-7000-8000-000000000002, \
                again 01939a5e-0000-7000-8000-000000000001 in CV-8F3K-22M9-Q1 for 5 EUR";

    let normal = without_parcels(&normaliser.without_ids(text));

    assert_eq!(normal, "order ID1 and ID2, again ID1 in PARCEL for 5 EUR");
    assert_eq!(replace_between("a <time>now</time> b <time>x</time>", "<time", "</time>", "TIME"), "a TIME b TIME");
}
