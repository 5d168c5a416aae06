//! The till over the provider's socket: what it answers, and what the ledger says happened.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod races;
mod support;

use std::time::Duration;

use payments_contract::{PaymentStatus, PaymentsError, PaymentsService as _, VoidOutcome};
use payments_provider::{DECLINED_CARD, LOST_ANSWER_CARD, SLOW_CARD};
use payments_service::{PaymentsModule, ProviderSettings, audit};
use seam::Failure;
use support::{AMOUNT, GOOD_CARD, Provider, Shop, call, card, shop, shop_with};
use vocabulary::{Card, Money, OrderId};

async fn status(till: &PaymentsModule, order: OrderId) -> Option<PaymentStatus> {
    till.look_up(&call(), order).await.unwrap().map(|payment| payment.status)
}

/// The domain error of what must have been refused.
fn refusal<T: std::fmt::Debug>(outcome: Result<T, Failure<PaymentsError>>) -> PaymentsError {
    match outcome {
        Err(Failure::Domain(error)) => error,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

#[tokio::test]
async fn a_payment_is_set_aside_taken_and_given_back() {
    let Shop { till, provider, .. } = &shop().await;
    let order = OrderId::generate();

    let authorization = till.authorize(&call(), order, AMOUNT, card(GOOD_CARD)).await.unwrap();
    assert_eq!((authorization.network.as_str(), authorization.last_four.as_str()), ("Visa", "0454"));
    assert_eq!(status(till, order).await, Some(PaymentStatus::Authorized));
    till.capture(&call(), order).await.unwrap();
    assert_eq!(status(till, order).await, Some(PaymentStatus::Captured));
    till.refund(&call(), order).await.unwrap();
    assert_eq!(status(till, order).await, Some(PaymentStatus::Refunded));

    assert_eq!(provider.story(order), "authorized captured refunded");
}

#[tokio::test]
async fn asking_again_changes_nothing() {
    let Shop { till, provider, .. } = &shop().await;
    let order = OrderId::generate();

    let first = till.authorize(&call(), order, AMOUNT, card(GOOD_CARD)).await.unwrap();
    assert_eq!(till.authorize(&call(), order, AMOUNT, card(GOOD_CARD)).await.unwrap(), first);
    till.capture(&call(), order).await.unwrap();
    till.capture(&call(), order).await.unwrap();
    assert_eq!(till.authorize(&call(), order, AMOUNT, card(GOOD_CARD)).await.unwrap(), first, "also when it is taken");
    till.refund(&call(), order).await.unwrap();
    till.refund(&call(), order).await.unwrap();

    assert_eq!(provider.story(order), "authorized captured refunded");
    let other = Money::new(1, AMOUNT.currency);
    let refused = refusal(till.authorize(&call(), order, other, card(GOOD_CARD)).await);
    assert_eq!(refused, PaymentsError::OtherAmount { order });
    assert_eq!(refusal(till.capture(&call(), order).await), PaymentsError::WrongState { order }, "it was given back");
}

#[tokio::test]
async fn a_declined_card_stays_declined() {
    let Shop { till, provider, .. } = &shop().await;
    let order = OrderId::generate();

    for _ in 0..2 {
        let refused = refusal(till.authorize(&call(), order, AMOUNT, card(DECLINED_CARD)).await);
        assert!(matches!(refused, PaymentsError::Declined { .. }), "{refused:?}");
    }
    assert_eq!(refusal(till.capture(&call(), order).await), PaymentsError::WrongState { order });
    assert_eq!(till.void(&call(), order).await.unwrap(), VoidOutcome::Voided);

    assert_eq!(provider.story(order), "declined");
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_under_the_same_key() {
    let Shop { till, provider, .. } = &shop().await;
    let order = OrderId::generate();

    till.authorize(&call(), order, AMOUNT, card(LOST_ANSWER_CARD)).await.unwrap();
    till.capture(&call(), order).await.unwrap();
    till.refund(&call(), order).await.unwrap();

    assert_eq!(provider.story(order), "authorized captured refunded");
}

#[tokio::test]
async fn what_is_given_up_before_it_was_asked_for_can_never_be_asked_for() {
    let Shop { till, provider, database, .. } = &shop().await;
    let order = OrderId::generate();

    assert_eq!(till.void(&call(), order).await.unwrap(), VoidOutcome::Voided);
    let refused = refusal(till.authorize(&call(), order, AMOUNT, card(GOOD_CARD)).await);
    assert_eq!(refused, PaymentsError::Voided { order });
    assert_eq!(refusal(till.capture(&call(), order).await), PaymentsError::Voided { order });
    assert_eq!(till.void(&call(), order).await.unwrap(), VoidOutcome::Voided);

    assert_eq!(till.look_up(&call(), order).await.unwrap(), None, "nothing was ever asked for");
    assert!(audit(database).await.unwrap().payments[&order].is_settled());
    assert_eq!(provider.entries(), [], "the provider need not hear of it");
}

#[tokio::test]
async fn an_authorised_payment_that_is_given_up_cannot_be_taken() {
    let Shop { till, provider, .. } = &shop().await;
    let order = OrderId::generate();

    till.authorize(&call(), order, AMOUNT, card(GOOD_CARD)).await.unwrap();
    assert_eq!(till.void(&call(), order).await.unwrap(), VoidOutcome::Voided);
    assert_eq!(refusal(till.capture(&call(), order).await), PaymentsError::Voided { order });

    assert_eq!(provider.story(order), "authorized voided");
}

#[tokio::test]
async fn a_payment_that_was_taken_is_not_given_up_but_given_back() {
    let Shop { till, provider, .. } = &shop().await;
    let order = OrderId::generate();

    till.authorize(&call(), order, AMOUNT, card(GOOD_CARD)).await.unwrap();
    till.capture(&call(), order).await.unwrap();
    assert_eq!(till.void(&call(), order).await.unwrap(), VoidOutcome::AlreadyCaptured);
    till.refund(&call(), order).await.unwrap();
    assert_eq!(till.void(&call(), order).await.unwrap(), VoidOutcome::Voided, "nothing is taken any more");

    assert_eq!(provider.story(order), "authorized captured refunded");
}

#[tokio::test]
async fn void_settles_an_authorisation_of_unknown_fate() {
    let Shop { till, provider, database, .. } = &shop().await;
    let order = OrderId::generate();

    let impatient = call().within(Duration::from_millis(300));
    let outcome = till.authorize(&impatient, order, AMOUNT, card(SLOW_CARD)).await;
    assert!(matches!(outcome, Err(Failure::Unavailable(_))), "{outcome:?}");
    assert_eq!(status(till, order).await, Some(PaymentStatus::Pending));
    assert_eq!(audit(database).await.unwrap().unsettled().collect::<Vec<_>>(), [order]);

    assert_eq!(till.void(&call(), order).await.unwrap(), VoidOutcome::Voided);
    assert_eq!(status(till, order).await, Some(PaymentStatus::Voided));
    assert_eq!(provider.story(order), "authorized voided");
}

#[tokio::test]
async fn void_finds_a_capture_whose_answer_never_came() {
    let Shop { till, provider, database, .. } =
        &shop_with(|settings| ProviderSettings { attempts: 1, ..settings }).await;
    let order = OrderId::generate();

    assert!(till.authorize(&call(), order, AMOUNT, card(LOST_ANSWER_CARD)).await.is_err(), "the first answer is lost");
    till.authorize(&call(), order, AMOUNT, card(LOST_ANSWER_CARD)).await.unwrap();
    assert!(till.capture(&call(), order).await.is_err(), "the first answer is lost");
    assert_eq!(status(till, order).await, Some(PaymentStatus::Authorized));

    assert_eq!(till.void(&call(), order).await.unwrap(), VoidOutcome::AlreadyCaptured);
    assert_eq!(status(till, order).await, Some(PaymentStatus::Captured));
    assert_eq!(provider.story(order), "authorized captured");
    assert_eq!(audit(database).await.unwrap().payments[&order].kept(), Some(AMOUNT));
}

#[tokio::test]
async fn a_provider_that_is_away_is_asked_again_when_it_is_back() {
    let Shop { till, provider, folder, .. } = shop().await;
    let (before, order) = (OrderId::generate(), OrderId::generate());
    till.authorize(&call(), before, AMOUNT, card(GOOD_CARD)).await.unwrap();

    let address = provider.stop().await;
    let outcome = till.authorize(&call(), order, AMOUNT, card(GOOD_CARD)).await;
    assert!(matches!(outcome, Err(Failure::Unavailable(_))), "{outcome:?}");

    let provider = Provider::start(&folder, &address);
    till.capture(&call(), before).await.unwrap();
    till.authorize(&call(), order, AMOUNT, card(GOOD_CARD)).await.unwrap();
    assert_eq!((provider.story(before), provider.story(order)), ("authorized captured".into(), "authorized".into()));
}

#[tokio::test]
async fn a_connection_that_the_provider_closed_costs_no_command() {
    let Shop { till, provider, folder, .. } = shop().await;
    let order = OrderId::generate();
    till.authorize(&call(), order, AMOUNT, card(GOOD_CARD)).await.unwrap();

    let address = provider.stop().await;
    let provider = Provider::start(&folder, &address);
    till.capture(&call(), order).await.unwrap();
    assert_eq!(provider.story(order), "authorized captured");
}

#[tokio::test]
async fn a_card_that_cannot_be_right_reaches_neither_table_nor_provider() {
    let Shop { till, provider, database, .. } = &shop().await;
    let wrong = [
        (card("4432801561520455"), "credit_card_number"),
        (Card { expiration_month: 13, ..card(GOOD_CARD) }, "credit_card_expiration_month"),
        (Card { expiration_year: 2020, ..card(GOOD_CARD) }, "credit_card_expiration_year"),
        (Card { security_code: "12".to_owned(), ..card(GOOD_CARD) }, "credit_card_cvv"),
    ];
    for (card, expected) in wrong {
        let PaymentsError::Card { field, .. } =
            refusal(till.authorize(&call(), OrderId::generate(), AMOUNT, card).await)
        else {
            panic!("the card was not looked at: {expected}");
        };
        assert_eq!(field, expected);
    }
    assert_eq!((provider.entries().len(), audit(database).await.unwrap().payments.len()), (0, 0));
}

#[tokio::test]
async fn no_card_number_is_in_any_file() {
    let Shop { till, provider, database, folder } = shop().await;
    let order = OrderId::generate();
    till.authorize(&call(), order, AMOUNT, card(GOOD_CARD)).await.unwrap();
    till.capture(&call(), order).await.unwrap();
    provider.stop().await;

    database.close().await.unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let found = bytes.windows(GOOD_CARD.len()).any(|window| window == GOOD_CARD.as_bytes());
        assert!(!found, "{}", path.display());
    }
}
