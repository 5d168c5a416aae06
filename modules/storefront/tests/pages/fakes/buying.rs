//! What a purchase needs: cart, shelf, parcel, order.

use std::collections::BTreeMap;

use cart_contract::{CartContents, CartError, CartLine, CartService};
use inventory_contract::{Hold, InventoryError, InventoryService, StockLine};
use orders_contract::{CheckOut, Order, OrderLine, OrderStatus, OrdersError, OrdersService};
use seam::{Call, Outcome};
use shipping_contract::{Quote, Shipment, ShippingError, ShippingLine, ShippingService};
use vocabulary::{Address, CartId, Currency, Money, OrderId, SessionId, Sku};

use super::{FakeShop, NOW};

impl CartService for FakeShop {
    async fn get(&self, _: &Call, cart: CartId) -> Outcome<CartContents, CartError> {
        Ok(self.answering("cart")?.carts.get(&cart).cloned().unwrap_or_default())
    }

    async fn add(&self, _: &Call, cart: CartId, sku: Sku, quantity: u32) -> Outcome<CartContents, CartError> {
        let mut state = self.answering("cart")?;
        if quantity == 0 || quantity > 1_000_000 {
            return Err(CartError::Quantity.into());
        }
        let contents = state.carts.entry(cart).or_default();
        contents.version += 1;
        match contents.lines.iter_mut().find(|line| line.sku == sku) {
            Some(line) => line.quantity += quantity,
            None => contents.lines.push(CartLine { sku, quantity }),
        }
        Ok(contents.clone())
    }

    async fn set(&self, _: &Call, cart: CartId, sku: Sku, quantity: u32) -> Outcome<CartContents, CartError> {
        let mut state = self.answering("cart")?;
        let contents = state.carts.entry(cart).or_default();
        contents.version += 1;
        contents.lines.retain_mut(|line| {
            if line.sku == sku {
                line.quantity = quantity;
            }
            line.quantity > 0
        });
        Ok(contents.clone())
    }

    async fn clear(&self, _: &Call, cart: CartId, _: Option<u64>) -> Outcome<(), CartError> {
        self.answering("cart")?.carts.remove(&cart);
        Ok(())
    }

    async fn merge(&self, _: &Call, from: CartId, into: CartId) -> Outcome<CartContents, CartError> {
        let mut state = self.answering("cart")?;
        let moved = state.carts.remove(&from).unwrap_or_default();
        let contents = state.carts.entry(into).or_default();
        contents.lines.extend(moved.lines);
        Ok(contents.clone())
    }
}

impl InventoryService for FakeShop {
    async fn available(&self, _: &Call, skus: Vec<Sku>) -> Outcome<BTreeMap<Sku, u32>, InventoryError> {
        let state = self.answering("inventory")?;
        Ok(skus.into_iter().filter_map(|sku| state.stock.get(&sku).copied().map(|units| (sku, units))).collect())
    }

    async fn reserve(&self, _: &Call, order: OrderId, _: Vec<StockLine>) -> Outcome<Hold, InventoryError> {
        Err(InventoryError::NoHold { order }.into())
    }

    async fn commit(&self, _: &Call, order: OrderId) -> Outcome<(), InventoryError> {
        Err(InventoryError::NoHold { order }.into())
    }

    async fn release(&self, _: &Call, _: OrderId) -> Outcome<(), InventoryError> {
        Ok(())
    }

    async fn restock(&self, _: &Call, _: String, _: Vec<StockLine>) -> Outcome<(), InventoryError> {
        Ok(())
    }
}

impl ShippingService for FakeShop {
    async fn quote(&self, _: &Call, _: Option<Address>, units: u64) -> Outcome<Quote, ShippingError> {
        let _state = self.answering("shipping")?;
        Ok(Quote { cost: Money::new(499 + 50 * i64::try_from(units.min(100)).unwrap(), Currency::USD), days: 4 })
    }

    async fn ship(&self, _: &Call, _: OrderId, _: Address, _: Vec<ShippingLine>) -> Outcome<Shipment, ShippingError> {
        Err(ShippingError::Nothing.into())
    }

    async fn track(&self, _: &Call, _: OrderId) -> Outcome<Option<Shipment>, ShippingError> {
        Ok(None)
    }

    async fn call_back(&self, _: &Call, _: OrderId) -> Outcome<(), ShippingError> {
        Ok(())
    }
}

impl OrdersService for FakeShop {
    async fn check_out(&self, call: &Call, wanted: CheckOut) -> Outcome<Order, OrdersError> {
        let mut state = self.answering("orders")?;
        assert_eq!(call.criticality(), seam::Criticality::Critical, "money hangs on a check-out");
        if let Some(error) = state.refuse_next_check_out.take() {
            return Err(error.into());
        }
        if let Some((_, _, order)) = state.orders.iter().find(|(_, key, _)| *key == wanted.key) {
            return if order.email == wanted.email { Ok(order.clone()) } else { Err(OrdersError::KeyReused.into()) };
        }
        let contents = state.carts.remove(&wanted.cart).filter(|cart| !cart.lines.is_empty());
        let contents = contents.ok_or(OrdersError::EmptyCart)?;
        let mut lines = Vec::new();
        for line in contents.lines {
            let product = self.product(&line.sku).ok_or(OrdersError::Gone { sku: line.sku.clone() })?;
            let (name, price) = (product.name.clone(), Money::new(product.price.minor, wanted.currency));
            lines.push(OrderLine { sku: line.sku, name, quantity: line.quantity, price });
        }
        let sums = lines.iter().map(|line| line.price.times(line.quantity).unwrap());
        let items = Money::sum(wanted.currency, sums).unwrap();
        let shipping = Money::new(599, wanted.currency);
        let order = Order {
            id: OrderId::generate(),
            status: OrderStatus::Confirmed,
            placed_at: NOW,
            lines,
            items,
            shipping,
            discount: Money::zero(wanted.currency),
            total: items.plus(shipping).unwrap(),
            email: wanted.email,
            address: wanted.address,
            tracking_id: Some("CV-8F3K-22M9-Q1".to_owned()),
            paid_with: Some("Visa ending in 0454".to_owned()),
        };
        state.orders.push((wanted.session, wanted.key, order.clone()));
        Ok(order)
    }

    async fn get(&self, _: &Call, session: SessionId, order: OrderId) -> Outcome<Order, OrdersError> {
        let state = self.answering("orders")?;
        let found = state.orders.iter().find(|(owner, _, known)| *owner == session && known.id == order);
        Ok(found.map(|(_, _, order)| order.clone()).ok_or(OrdersError::NotFound)?)
    }

    async fn history(&self, _: &Call, session: SessionId) -> Outcome<Vec<Order>, OrdersError> {
        let state = self.answering("orders")?;
        let own = state.orders.iter().rev().filter(|(owner, _, _)| *owner == session);
        Ok(own.map(|(_, _, order)| order.clone()).collect())
    }

    async fn cancel(&self, _: &Call, session: SessionId, order: OrderId) -> Outcome<Order, OrdersError> {
        let mut state = self.answering("orders")?;
        let found = state.orders.iter_mut().find(|(owner, _, known)| *owner == session && known.id == order);
        let (_, _, order) = found.ok_or(OrdersError::NotFound)?;
        order.status = OrderStatus::Cancelled;
        Ok(order.clone())
    }
}
