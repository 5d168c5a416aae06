//! The modules that the order desk asks, as their contracts describe them: in memory, and honest about what they know.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use cart_contract::{CartContents, CartLine};
use catalog_contract::{Picture, Product};
use inventory_contract::{Hold, InventoryError, StockLine};
use payments_contract::{Authorization, PaymentsError, VoidOutcome};
use promotions_contract::{Discount, PromotionsError};
use shipping_contract::{Shipment, ShipmentStatus, ShippingError};
use vocabulary::{Card, CartId, Currency, Money, OrderId, Sku};

pub(crate) const DECLINED_CARD: &str = "4000000000000002";
pub(crate) const COUPON: &str = "WELCOME";
pub(crate) const UNITS: u32 = 6;

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) carts: BTreeMap<CartId, CartContents>,
    pub(crate) products: Vec<Arc<Product>>,
    pub(crate) shelf: BTreeMap<Sku, u32>,
    pub(crate) holds: BTreeMap<OrderId, (HoldState, Vec<StockLine>)>,
    pub(crate) payments: BTreeMap<OrderId, Payment>,
    pub(crate) shipments: BTreeMap<OrderId, ShipmentStatus>,
    pub(crate) redeemed: BTreeMap<OrderId, Discount>,
    pub(crate) given_back: BTreeSet<OrderId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HoldState {
    Held,
    Committed,
    Released,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Payment {
    pub(crate) amount: Option<Money>,
    pub(crate) declined: bool,
    pub(crate) voided: bool,
    pub(crate) captures: u32,
    pub(crate) refunds: u32,
}

pub(crate) fn sku(number: usize) -> Sku {
    format!("SKU-{number}").parse().unwrap()
}

impl World {
    pub(crate) fn new() -> Self {
        let product = |number: usize| {
            Arc::new(Product {
                sku: sku(number),
                name: format!("Product {number}"),
                description: String::new(),
                price: Money::new(1_000 + number as i64, Currency::USD),
                categories: vec!["all".to_owned()],
                picture: Picture { shape: "mug".to_owned(), hue: 0, variant: 0 },
            })
        };
        Self {
            carts: BTreeMap::new(),
            products: (0..2).map(product).collect(),
            shelf: (0..2).map(|number| (sku(number), UNITS)).collect(),
            holds: BTreeMap::new(),
            payments: BTreeMap::new(),
            shipments: BTreeMap::new(),
            redeemed: BTreeMap::new(),
            given_back: BTreeSet::new(),
        }
    }

    pub(crate) fn put(&mut self, cart: CartId, number: usize, quantity: u32) {
        let contents = self.carts.entry(cart).or_default();
        contents.lines = vec![CartLine { sku: sku(number), quantity }];
        contents.version += 1;
    }

    pub(crate) fn in_cart(&self, cart: CartId) -> u64 {
        self.carts[&cart].units()
    }

    pub(crate) fn clear(&mut self, cart: CartId, version: Option<u64>) {
        let contents = self.carts.entry(cart).or_default();
        if version.is_none_or(|version| version == contents.version) {
            contents.lines.clear();
            contents.version += 1;
        }
    }

    pub(crate) fn reserve(&mut self, order: OrderId, lines: Vec<StockLine>) -> Result<Hold, InventoryError> {
        match self.holds.get(&order) {
            Some((HoldState::Released, _)) => return Err(InventoryError::Released { order }),
            Some(_) => return Ok(Hold { order, expires_at: i64::MAX }),
            None => {}
        }
        for line in &lines {
            let available = *self.shelf.get(&line.sku).ok_or(InventoryError::UnknownSku { sku: line.sku.clone() })?;
            if available < line.quantity {
                let (sku, requested) = (line.sku.clone(), line.quantity);
                return Err(InventoryError::OutOfStock { sku, requested, available });
            }
        }
        for line in &lines {
            *self.shelf.get_mut(&line.sku).unwrap() -= line.quantity;
        }
        self.holds.insert(order, (HoldState::Held, lines));
        Ok(Hold { order, expires_at: i64::MAX })
    }

    pub(crate) fn commit(&mut self, order: OrderId) -> Result<(), InventoryError> {
        let (state, _) = self.holds.get_mut(&order).ok_or(InventoryError::NoHold { order })?;
        if *state == HoldState::Released {
            return Err(InventoryError::Released { order });
        }
        *state = HoldState::Committed;
        Ok(())
    }

    pub(crate) fn release(&mut self, order: OrderId) {
        let (state, lines) = self.holds.entry(order).or_insert((HoldState::Released, Vec::new()));
        if *state != HoldState::Released {
            *state = HoldState::Released;
            for line in lines {
                *self.shelf.get_mut(&line.sku).unwrap() += line.quantity;
            }
        }
    }

    /// What is held and not sold goes back on the shelf: its time is over.
    pub(crate) fn let_holds_run_out(&mut self) {
        let held = self.holds.iter().filter(|(_, (state, _))| *state == HoldState::Held).map(|(order, _)| *order);
        held.collect::<Vec<_>>().into_iter().for_each(|order| self.release(order));
    }

    pub(crate) fn authorize(
        &mut self,
        order: OrderId,
        amount: Money,
        card: &Card,
    ) -> Result<Authorization, PaymentsError> {
        let payment = self.payments.entry(order).or_default();
        if payment.voided {
            return Err(PaymentsError::Voided { order });
        }
        if payment.amount.is_some_and(|before| before != amount) {
            return Err(PaymentsError::OtherAmount { order });
        }
        payment.amount = Some(amount);
        if card.number == DECLINED_CARD {
            payment.declined = true;
            return Err(PaymentsError::Declined { reason: "the bank refused".to_owned() });
        }
        Ok(Authorization { reference: "pay-1".to_owned(), network: "Visa".to_owned(), last_four: "1111".to_owned() })
    }

    pub(crate) fn capture(&mut self, order: OrderId) -> Result<(), PaymentsError> {
        let payment = self.payments.get_mut(&order).ok_or(PaymentsError::WrongState { order })?;
        if payment.voided {
            return Err(PaymentsError::Voided { order });
        }
        if payment.amount.is_none() || payment.declined || payment.refunds > 0 {
            return Err(PaymentsError::WrongState { order });
        }
        payment.captures = 1;
        Ok(())
    }

    pub(crate) fn void(&mut self, order: OrderId) -> VoidOutcome {
        let payment = self.payments.entry(order).or_default();
        if payment.captures > payment.refunds {
            return VoidOutcome::AlreadyCaptured;
        }
        payment.voided = true;
        VoidOutcome::Voided
    }

    pub(crate) fn refund(&mut self, order: OrderId) -> Result<(), PaymentsError> {
        let payment = self.payments.get_mut(&order).ok_or(PaymentsError::WrongState { order })?;
        if payment.captures == 0 {
            return Err(PaymentsError::WrongState { order });
        }
        payment.refunds = 1;
        Ok(())
    }

    pub(crate) fn ship(&mut self, order: OrderId) -> Result<Shipment, ShippingError> {
        match self.shipments.entry(order).or_insert(ShipmentStatus::Sent) {
            ShipmentStatus::CalledBack => Err(ShippingError::CalledBack { order }),
            status => Ok(Shipment { order, tracking_id: format!("CV-{order}"), status: *status, sent_at: 0 }),
        }
    }

    pub(crate) fn redeem(&mut self, order: OrderId, code: &str, sum: Money) -> Result<Discount, PromotionsError> {
        if code != COUPON {
            return Err(PromotionsError::UnknownCoupon { code: code.to_owned() });
        }
        if self.given_back.contains(&order) {
            return Err(PromotionsError::UsedUp { code: code.to_owned() });
        }
        let discount = Discount { code: code.to_owned(), amount: sum.percent(10).unwrap() };
        Ok(self.redeemed.entry(order).or_insert(discount).clone())
    }

    pub(crate) fn give_back(&mut self, order: OrderId) {
        self.redeemed.remove(&order);
        self.given_back.insert(order);
    }

    /// Units held and sold of a product.
    pub(crate) fn units(&self, sku: &Sku) -> (u32, u32) {
        let of = |wanted: HoldState| {
            let holds = self.holds.values().filter(|(state, _)| *state == wanted);
            holds.flat_map(|(_, lines)| lines).filter(|line| line.sku == *sku).map(|line| line.quantity).sum()
        };
        (of(HoldState::Held), of(HoldState::Committed))
    }
}
