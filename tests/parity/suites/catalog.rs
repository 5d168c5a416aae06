//! Products: listed, found, and changed by those who may.

use std::sync::Arc;

use catalog_contract::{Listing, Picture, Product};
use seam::{Call, Principal};
use vocabulary::{Currency, Money};

use super::{late, sku};
use crate::{
    parity::{Place, call, transcript::Transcript},
    support::visitor::{MUG, WATCH},
};

pub(crate) async fn ask(place: &Place, told: &mut Transcript) {
    let catalog = place.ask(|seats| &seats.catalog);
    let list = async |category: Option<&str>, limit| {
        let wanted = Listing { category: category.map(str::to_owned), offset: 2, limit };
        catalog.list(&call(), wanted).await
    };

    told.answer("everything", list(None, 100).await);
    told.answer("a shelf", list(Some("kitchen"), 3).await);
    told.refusal("UnknownCategory", list(Some("nowhere"), 3).await);
    told.refusal("Limit", list(None, 0).await);
    told.answer("two of three", catalog.get_many(&call(), vec![sku(WATCH), sku("NONE"), sku(MUG)]).await);
    told.answer("the shelves", catalog.categories(&call()).await);
    told.answer("mugs", catalog.search(&call(), "mug".to_owned(), 5).await);
    told.refusal("Limit", catalog.search(&call(), "mug".to_owned(), 101).await);

    // Who asks on whose behalf must arrive, or a merchant is turned away.
    told.refusal("NotAllowed", catalog.upsert(&call(), teapot()).await);
    told.refusal("NotAllowed", catalog.upsert(&by("customer"), teapot()).await);
    told.answer("a merchant's product", catalog.upsert(&by("merchant"), teapot()).await);
    told.refusal("Product", catalog.upsert(&by("merchant"), Product { name: String::new(), ..teapot() }).await);
    told.answer("the new product", catalog.get_many(&call(), vec![teapot().sku]).await);
    told.answer("the new product, found", catalog.search(&call(), "teapot".to_owned(), 1).await);
    told.too_late(catalog.categories(&late()).await);
}

/// A question on behalf of somebody with this role.
fn by(role: &str) -> Call {
    let principal = Principal { subject: "zoë".to_owned(), roles: vec![role.to_owned()] };
    call().on_behalf_of(Arc::new(principal))
}

fn teapot() -> Product {
    Product {
        sku: sku("TEAPOT-1"),
        name: "Théière \u{1fad6} “teapot”".to_owned(),
        description: "Pours where it is told to.".to_owned(),
        price: Money::new(2_350, Currency::USD),
        categories: vec!["kitchen".to_owned()],
        picture: Picture { shape: "mug".to_owned(), hue: 359, variant: u16::MAX },
    }
}
