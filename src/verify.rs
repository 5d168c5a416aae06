//! Checks what must be true of a quiet shop, whatever went wrong before: the invariants I1 to I9.

use std::{collections::BTreeMap, time::Duration};

use orders_contract::OrderStatus;
use runtime::{DataFolder, Runtime, Shutdown};
use vocabulary::OrderId;

use crate::{
    cli::{self, DataOptions, Ending, UsageError},
    compose::{self, Books},
    settings::{self, Flags},
};

/// How many examples of a broken invariant are printed.
const EXAMPLES: usize = 5;

/// An invariant and what breaks it.
struct Finding {
    name: &'static str,
    says: &'static str,
    broken_by: Vec<String>,
}

/// Checks the databases and the provider's ledger of a quiet shop; leaves with 1 when an invariant does not hold.
///
/// # Errors
/// When the folder is not there or cannot be read.
pub fn run(options: &DataOptions) -> anyhow::Result<Ending> {
    let settings = settings::load(&Flags { data: options.data.as_deref(), ..Flags::default() })?.value;
    runtime::telemetry::start(&settings.log.filter, settings.log.format)?;
    if !settings.data.join("orders.db").exists() {
        return Err(UsageError::NoShop(settings.data).into());
    }
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let books = tokio.block_on(async {
        // No lock is taken: a quiet shop may go on running.
        let runtime = Runtime::new(DataFolder::make(&settings.data)?, Shutdown::by_hand(Duration::from_secs(5)));
        compose::books(&runtime).await
    })?;

    let findings = check(&books);
    for finding in &findings {
        cli::print(&finding.to_string());
    }
    let all_hold = findings.iter().all(|finding| finding.broken_by.is_empty());
    let (confirmed, _) = books.orders.by_status(OrderStatus::Confirmed);
    let verdict = if all_hold { "all invariants hold" } else { "NOT all invariants hold" };
    cli::print(&format!("{} orders, {confirmed} confirmed: {verdict}", books.orders.orders.len()));
    Ok(Ending::Answered(u8::from(!all_hold)))
}

impl std::fmt::Display for Finding {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, says, broken_by } = self;
        if broken_by.is_empty() {
            return write!(formatter, "{name} holds: {says}");
        }
        write!(formatter, "{name} BROKEN {} times: {says}", broken_by.len())?;
        for example in broken_by.iter().take(EXAMPLES) {
            write!(formatter, "\n     {example}")?;
        }
        Ok(())
    }
}

fn check(books: &Books) -> Vec<Finding> {
    let finding = |name, says, broken_by| Finding { name, says, broken_by };
    vec![
        finding("I1", "every unit is on the shelf, held or sold, and none is missing", stock(books)),
        finding("I2", "what is sold was ordered, and what was ordered is sold", sales(books)),
        finding("I3", "every confirmed order is paid and sent, every captured payment has its order", payments(books)),
        finding("I4", "one order per key", keys(books)),
        finding("I5", "the provider captured each paid order once, and holds nothing of the others", ledger(books)),
        finding("I6", "no check-out is unfinished, nothing is held without an owner", unfinished(books)),
        finding("I7", "every event has been done once by each of its consumers", books.undelivered.clone()),
        finding("I8", "the events of each order are in order and without gaps", books.disorder.clone()),
        finding("I9", "one mail per order and kind", books.mails.clone()),
    ]
}

fn stock(books: &Books) -> Vec<String> {
    books.inventory.imbalances.iter().map(|imbalance| format!("{}: {}", imbalance.sku, imbalance.what)).collect()
}

fn sales(books: &Books) -> Vec<String> {
    let mut broken = Vec::new();
    for (order, audited) in &books.orders.orders {
        let mut ordered: BTreeMap<_, i64> = BTreeMap::new();
        for (sku, quantity) in &audited.lines {
            *ordered.entry(sku.clone()).or_default() += i64::from(*quantity);
        }
        let sold = books.inventory.sold_to.get(order);
        let right = match audited.status {
            OrderStatus::Confirmed => sold == Some(&ordered),
            _ => sold.is_none(),
        };
        if !right {
            broken.push(format!("order {order} is {:?} with {ordered:?}, but {sold:?} was sold to it", audited.status));
        }
    }
    let strangers = books.inventory.sold_to.keys().filter(|order| !books.orders.orders.contains_key(order));
    broken.extend(strangers.map(|order| format!("units were sold to order {order}, which is not there")));
    broken
}

fn payments(books: &Books) -> Vec<String> {
    let mut broken = Vec::new();
    for (order, audited) in &books.orders.orders {
        let kept = if let Some(payment) = books.payments.payments.get(order) { payment.kept() } else { None };
        let owed = (audited.status == OrderStatus::Confirmed).then_some(audited.total).filter(|total| total.minor != 0);
        if kept.filter(|money| money.minor != 0) != owed {
            broken.push(format!(
                "order {order} is {:?} over {}, but the till has {kept:?}",
                audited.status, audited.total
            ));
        }
        if audited.status == OrderStatus::Confirmed && !audited.sent {
            broken.push(format!("order {order} is confirmed and was not sent"));
        }
    }
    let kept = books.payments.payments.iter().filter(|(_, payment)| payment.kept().is_some());
    let strangers = kept.filter(|(order, _)| !books.orders.orders.contains_key(order));
    broken.extend(strangers.map(|(order, _)| format!("order {order} was paid and is not there")));
    broken
}

fn keys(books: &Books) -> Vec<String> {
    let twice = books.orders.duplicate_keys.iter();
    twice.map(|(session, key)| format!("session {session} has several orders with the key {key:?}")).collect()
}

fn ledger(books: &Books) -> Vec<String> {
    let mut broken = Vec::new();
    for (order, account) in &books.ledger {
        if account.captures > 1 {
            broken.push(format!("order {order} was captured {} times", account.captures));
        }
        let audited = books.orders.orders.get(order);
        let owed =
            audited.filter(|audited| audited.status == OrderStatus::Confirmed).map(|audited| audited.total.minor);
        let has = account.kept();
        if has != owed.unwrap_or(0) || account.mixed_currencies {
            broken
                .push(format!("the provider has {has} minor units of order {order}, which owes {}", owed.unwrap_or(0)));
        }
    }
    let unknown = |order: &OrderId| !books.ledger.contains_key(order);
    let confirmed = books
        .orders
        .orders
        .iter()
        .filter(|(_, order)| order.status == OrderStatus::Confirmed && order.total.minor != 0);
    broken.extend(
        confirmed
            .filter(|(order, _)| unknown(order))
            .map(|(order, _)| format!("the provider never heard of order {order}")),
    );
    broken
}

fn unfinished(books: &Books) -> Vec<String> {
    let orders =
        books.orders.unsettled.iter().map(|order| format!("order {order} is neither confirmed nor taken back"));
    let holds = books.inventory.open_holds.iter().map(|hold| format!("units are held for order {}", hold.order));
    let payments = books.payments.unsettled().map(|order| format!("the payment of order {order} is not settled"));
    orders.chain(holds).chain(payments).collect()
}
