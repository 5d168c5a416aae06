//! What people say, and what nobody may say.

use reviews_contract::{NewReview, Review};

use super::{late, numbered, sku};
use crate::{
    parity::{Place, call, transcript::Transcript},
    support::visitor::{MUG, WATCH},
};

pub(crate) async fn ask(place: &Place, told: &mut Transcript) {
    let reviews = place.ask(|seats| &seats.reviews);
    let summary = async || reviews.summary_many(&call(), vec![sku(MUG), sku(WATCH), sku("NONE")]).await;
    let post = async |review| reviews.post(&call(), review).await.map(without_time);
    let list = async |limit| {
        let listed = reviews.list(&call(), sku(MUG), limit).await;
        listed.map(|listed| listed.into_iter().map(without_time).collect::<Vec<_>>())
    };

    told.answer("ratings", summary().await);
    told.answer("a review", post(review()).await);
    told.answer("another in its place", post(NewReview { stars: 2, ..review() }).await);
    told.refusal("Stars", post(NewReview { stars: 6, ..review() }).await);
    told.refusal("Text", post(NewReview { text: String::new(), ..review() }).await);
    told.refusal("Name", post(NewReview { name: String::new(), ..review() }).await);
    told.answer("the latest", list(100).await);
    told.refusal("Limit", list(0).await);
    told.answer("ratings after", summary().await);
    told.too_late(reviews.post(&late(), review()).await);
}

fn review() -> NewReview {
    NewReview {
        sku: sku(MUG),
        author: numbered(1),
        name: "Zoë".to_owned(),
        stars: 5,
        text: "Holds tea.\nAnd \"coffee\".".to_owned(),
    }
}

/// Those the shop opens with were posted when the data was made, which is the same everywhere.
fn without_time(review: Review) -> Review {
    assert!(review.posted_at > 0);
    match review.name.as_str() {
        "Zoë" => Review { posted_at: 0, ..review },
        _ => review,
    }
}
