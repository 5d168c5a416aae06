//! Parcels: priced, sent, found and called back.

use shipping_contract::{Shipment, ShippingLine};
use vocabulary::Address;

use super::{address, address_without_city, late, order, sku};
use crate::{
    parity::{Place, call, transcript::Transcript},
    support::visitor::MUG,
};

pub(crate) async fn ask(place: &Place, told: &mut Transcript) {
    let shipping = place.ask(|seats| &seats.shipping);
    let quote = async |address: Option<Address>, units| shipping.quote(&call(), address, units).await;
    let ship = async |number, address, quantity| {
        let lines = vec![ShippingLine { sku: sku(MUG), quantity }];
        shipping.ship(&call(), order(number), address, lines).await.map(without_time)
    };
    let track = async |number| shipping.track(&call(), order(number)).await.map(|sent| sent.map(without_time));

    told.answer("a quote", quote(Some(address()), 3).await);
    told.answer("a quote for anywhere", quote(None, 1).await);
    told.refusal("Nothing", quote(None, 0).await);
    told.refusal("Address", quote(Some(address_without_city()), 1).await);
    told.answer("not sent", track(1).await);
    told.answer("a parcel", ship(1, address(), 2).await);
    told.answer("the same parcel", ship(1, address(), 2).await);
    told.refusal("Nothing", ship(2, address(), 0).await);
    told.refusal("Address", ship(2, address_without_city(), 1).await);
    told.answer("on its way", track(1).await);
    told.answer("called back", shipping.call_back(&call(), order(1)).await);
    told.answer("on its way back", track(1).await);
    told.refusal("CalledBack", ship(1, address(), 2).await);
    told.too_late(shipping.call_back(&late(), order(1)).await);
}

fn without_time(parcel: Shipment) -> Shipment {
    assert!(parcel.sent_at > 0);
    Shipment { sent_at: 0, ..parcel }
}
