//! Carts: filled, changed, moved and emptied.

use vocabulary::CartId;

use super::{late, numbered, sku};
use crate::{
    parity::{Place, call, transcript::Transcript},
    support::visitor::{MUG, WATCH},
};

/// How many different products a cart holds.
const MOST_LINES: usize = 200;

pub(crate) async fn ask(place: &Place, told: &mut Transcript) {
    let carts = place.ask(|seats| &seats.cart);
    let (hers, his, full): (CartId, CartId, CartId) = (numbered(1), numbered(2), numbered(3));

    told.answer("an empty cart", carts.get(&call(), hers).await);
    told.answer("two mugs", carts.add(&call(), hers, sku(MUG), 2).await);
    told.answer("a third", carts.add(&call(), hers, sku(MUG), 1).await);
    let filled = told.answer("five instead", carts.set(&call(), hers, sku(MUG), 5).await);
    told.refusal("Quantity", carts.add(&call(), hers, sku(MUG), 0).await);
    told.refusal("Quantity", carts.set(&call(), hers, sku(MUG), u32::MAX).await);
    told.answer("his watch", carts.add(&call(), his, sku(WATCH), 1).await);
    told.answer("both in hers", carts.merge(&call(), his, hers).await);
    told.answer("what was there before is out", carts.clear(&call(), hers, Some(filled.version)).await);
    told.answer("and the watch stayed", carts.get(&call(), hers).await);
    told.answer("all is out", carts.clear(&call(), hers, None).await);

    for number in 0..MOST_LINES {
        let put = carts.set(&call(), full, sku(&format!("P-{number}")), 1).await;
        assert!(put.is_ok(), "{}: {put:?}", place.way);
    }
    told.refusal("Full", carts.set(&call(), full, sku(MUG), 1).await);
    told.answer("a full cart", carts.get(&call(), full).await);
    told.too_late(carts.add(&late(), hers, sku(MUG), 1).await);
    told.answer("nothing came in too late", carts.get(&call(), hers).await);
}
