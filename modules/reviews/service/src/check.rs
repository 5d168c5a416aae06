//! What a review must be like.

use reviews_contract::{NewReview, ReviewsError};

/// Checks how many reviews are asked for.
pub(crate) fn limit(limit: u32) -> Result<(), ReviewsError> {
    if (1..=100).contains(&limit) { Ok(()) } else { Err(ReviewsError::Limit) }
}

/// Checks a review, and takes the blanks around its words away.
pub(crate) fn check(review: NewReview) -> Result<NewReview, ReviewsError> {
    let name = review.name.trim().to_owned();
    let text = review.text.trim().to_owned();
    if !(1..=5).contains(&review.stars) {
        return Err(ReviewsError::Stars);
    }
    if name.is_empty() || name.chars().count() > 60 || name.chars().any(char::is_control) {
        return Err(ReviewsError::Name);
    }
    if text.is_empty() || text.chars().count() > 2_000 {
        return Err(ReviewsError::Text);
    }
    Ok(NewReview { name, text, ..review })
}

#[cfg(test)]
mod tests {
    use vocabulary::SessionId;

    use super::*;

    fn review(name: &str, stars: u8, text: &str) -> NewReview {
        NewReview {
            sku: "MUG".parse().unwrap(),
            author: SessionId::generate(),
            name: name.to_owned(),
            stars,
            text: text.to_owned(),
        }
    }

    #[test]
    fn a_review_as_people_write_it_is_taken_without_the_blanks_around() {
        let taken = check(review(" Ann ", 5, "Good.\nVery good. \n")).unwrap();
        assert_eq!((taken.name.as_str(), taken.text.as_str()), ("Ann", "Good.\nVery good."));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let wrong = [
            (review("Ann", 0, "Good."), ReviewsError::Stars),
            (review("Ann", 6, "Good."), ReviewsError::Stars),
            (review("  ", 5, "Good."), ReviewsError::Name),
            (review(&"x".repeat(61), 5, "Good."), ReviewsError::Name),
            (review("Ann\nB.", 5, "Good."), ReviewsError::Name),
            (review("Ann", 5, " "), ReviewsError::Text),
            (review("Ann", 5, &"x".repeat(2_001)), ReviewsError::Text),
        ];
        for (review, error) in wrong {
            assert_eq!(check(review), Err(error));
        }
    }
}
