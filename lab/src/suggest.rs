//! The nearest right word, for messages to people.
//!
//! The settings of the shop have a function like it. It stays there: the lab measures programs that share nothing with the shop, and a
//! dependency on its platform would bring a database along.

/// Finds the candidate that a wrong word was most likely meant to be.
pub(crate) fn nearest<'c>(wrong: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&wrong.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= 2.max(candidate.len() / 3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Writes ` (did you mean `x`?)`, or nothing when no candidate is near.
pub(crate) fn did_you_mean<'c>(wrong: &str, candidates: impl IntoIterator<Item = &'c str>) -> String {
    nearest(wrong, candidates).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_word_and_nonsense_finds_none() {
        assert_eq!(nearest("wieght", ["name", "weight", "steps"]), Some("weight"));
        assert_eq!(nearest("xyzzy", ["name", "weight", "steps"]), None);
        assert_eq!(did_you_mean("Boutiqe", ["boutique"]), "; did you mean `boutique`?");
    }
}
