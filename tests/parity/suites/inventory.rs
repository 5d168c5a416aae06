//! Stock: held, sold, given back and filled up.

use inventory_contract::{Hold, StockLine};

use super::{late, order, sku};
use crate::{
    parity::{Place, call, transcript::Transcript},
    support::visitor::{MUG, WATCH},
};

pub(crate) async fn ask(place: &Place, told: &mut Transcript) {
    let inventory = place.ask(|seats| &seats.inventory);
    let available = async || inventory.available(&call(), vec![sku(MUG), sku(WATCH), sku("NONE"), sku("NEW-1")]).await;
    let reserve = async |number, text: &str, quantity| {
        inventory.reserve(&call(), order(number), lines(text, quantity)).await.map(without_time)
    };

    told.answer("what there is", available().await);
    told.answer("a hold", reserve(1, MUG, 2).await);
    told.answer("the same hold", reserve(1, MUG, 2).await);
    told.refusal("UnknownSku", reserve(2, "NONE", 1).await);
    told.refusal("OutOfStock", reserve(2, MUG, 1_000_000_000).await);
    told.refusal("Nothing", reserve(2, MUG, 0).await);
    told.answer("sold", inventory.commit(&call(), order(1)).await);
    told.refusal("NoHold", inventory.commit(&call(), order(2)).await);
    told.answer("another hold", reserve(3, WATCH, 1).await);
    told.answer("given back", inventory.release(&call(), order(3)).await);
    told.refusal("Released", inventory.commit(&call(), order(3)).await);
    told.refusal("Released", reserve(3, WATCH, 1).await);
    told.answer("a delivery", inventory.restock(&call(), "D-1".to_owned(), lines("NEW-1", 7)).await);
    told.answer("the same delivery", inventory.restock(&call(), "D-1".to_owned(), lines("NEW-1", 7)).await);
    told.answer("what is left", available().await);
    told.too_late(inventory.release(&late(), order(1)).await);
}

fn lines(text: &str, quantity: u32) -> Vec<StockLine> {
    vec![StockLine { sku: sku(text), quantity }]
}

fn without_time(hold: Hold) -> Hold {
    assert!(hold.expires_at > 0);
    Hold { expires_at: 0, ..hold }
}
