//! Which orders this process is working on at the moment, so that no two tasks work on one.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;
use vocabulary::OrderId;

/// The orders in hand. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct InHand(Arc<Hands>);

#[derive(Debug, Default)]
struct Hands {
    orders: Mutex<HashSet<OrderId>>,
    /// How many there are, for whoever waits until there is none.
    count: watch::Sender<usize>,
}

/// An order in hand; it is let go when this is dropped, also by a panic.
#[derive(Debug)]
pub(crate) struct Held {
    hands: InHand,
    order: OrderId,
}

impl InHand {
    /// Takes an order, unless somebody else has it.
    pub(crate) fn take(&self, order: OrderId) -> Option<Held> {
        let mut orders = self.orders();
        if !orders.insert(order) {
            return None;
        }
        self.0.count.send_replace(orders.len());
        drop(orders);
        Some(Held { hands: self.clone(), order })
    }

    /// Waits until there is none.
    pub(crate) async fn none_left(&self) {
        let mut count = self.0.count.subscribe();
        // The sender lives in `self`, so the wait cannot fail.
        let _ = count.wait_for(|count| *count == 0).await;
    }

    fn orders(&self) -> MutexGuard<'_, HashSet<OrderId>> {
        self.0.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut orders = self.hands.orders();
        orders.remove(&self.order);
        self.hands.0.count.send_replace(orders.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_order_is_in_one_hand_at_a_time_and_let_go_by_a_panic() {
        let (hands, order) = (InHand::default(), OrderId::generate());
        let held = hands.take(order);
        assert!(held.is_some());
        assert!(hands.take(order).is_none());
        let panicked = tokio::spawn(async move {
            let _held = held;
            panic!("while it was in hand");
        });
        assert!(panicked.await.is_err());
        hands.none_left().await;
        assert!(hands.take(order).is_some());
    }
}
