//! What goes with what.

use super::{late, sku};
use crate::{
    parity::{Place, call, transcript::Transcript},
    support::visitor::{MUG, WATCH},
};

pub(crate) async fn ask(place: &Place, told: &mut Transcript) {
    let recommendations = place.ask(|seats| &seats.recommendations);

    let suggested = recommendations.for_products(&call(), vec![sku(MUG), sku(WATCH)], 4).await;
    let suggested = told.answer("suggestions", suggested);
    assert_eq!(suggested.len(), 4);
    told.answer("for nothing", recommendations.for_products(&call(), Vec::new(), 20).await);
    told.refusal("Limit", recommendations.for_products(&call(), vec![sku(MUG)], 21).await);
    told.too_late(recommendations.for_products(&late(), Vec::new(), 1).await);
}
