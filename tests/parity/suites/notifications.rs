//! Mails: written when an order is placed or taken back.
//!
//! Nothing is refused: the contract's error has no variant.

use notifications_contract::{Mail, MailKind};
use orders_contract::Order;
use seam::ModuleName;
use testkit::eventually;

use super::{check_out, late, order, sku};
use crate::{
    parity::{Place, call, transcript::Transcript},
    support::visitor::MUG,
};

pub(crate) async fn ask(place: &Place, told: &mut Transcript) {
    let notifications = place.ask(|seats| &seats.notifications);
    let (carts, orders) = (place.ask(|seats| &seats.cart), place.ask(|seats| &seats.orders));
    let wanted = check_out(1);

    told.answer("no mail", notifications.sent_to(&call(), wanted.session).await);
    carts.add(&call(), wanted.cart, sku(MUG), 2).await.unwrap();
    let bought = orders.check_out(&call(), wanted.clone()).await.unwrap();
    orders.cancel(&call(), wanted.session, bought.id).await.unwrap();
    // Looked for under another name, whose questions are not counted: how often one has to look is a matter of time.
    let watching = place.ask_as(ModuleName::new("watcher"), |seats| &seats.notifications);
    let both_are_sent = async || watching.sent_to(&call(), wanted.session).await.is_ok_and(|mails| mails.len() == 2);
    eventually("both mails are sent", both_are_sent).await;
    let mails = notifications.sent_to(&call(), wanted.session).await;
    let mails = mails.map(|mails| mails.into_iter().map(|mail| without_ids(mail, &bought)).collect::<Vec<_>>());
    let mails = told.answer("both mails", mails);
    let kinds: Vec<_> = mails.iter().map(|mail| mail.kind).collect();
    assert_eq!(kinds, [MailKind::OrderCancelled, MailKind::OrderConfirmation]);
    told.too_late(notifications.sent_to(&late(), wanted.session).await);
}

fn without_ids(mail: Mail, about: &Order) -> Mail {
    assert!(mail.order == about.id && mail.sent_at > 0);
    let (id, parcel) = (about.id.to_string(), about.tracking_id.as_deref().expect("it was sent"));
    let plain = |text: &str| text.replace(&id, "ORDER").replace(parcel, "PARCEL");
    Mail { order: order(0), html: plain(&mail.html), text: plain(&mail.text), sent_at: 0, ..mail }
}
