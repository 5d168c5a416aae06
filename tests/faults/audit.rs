//! An audit that has never been seen to fail is no audit: books that do not agree are noticed, each by its invariant.

use std::path::Path;

use sea_orm::{ConnectionTrait as _, Database};

use crate::support::{
    page::Shows as _,
    shop::{Data, Shop},
    visitor::MUG,
};

/// How the books of a closed shop are falsified, and the line that must say so.
struct Forgery {
    invariant: &'static str,
    about: &'static str,
    database: &'static str,
    sql: &'static str,
}

const FORGERIES: &[Forgery] = &[
    Forgery {
        invariant: "I1",
        about: "a unit that appeared from nowhere; the database's own check is switched off for it",
        database: "inventory",
        sql: "PRAGMA ignore_check_constraints = 1; UPDATE stock SET on_hand = on_hand + 1 WHERE sku = '6E92ZMYYFZ'",
    },
    Forgery {
        invariant: "I2",
        about: "a unit that was sold to nobody",
        database: "inventory",
        sql: "INSERT INTO holds VALUES ('01939a5e-0000-7000-8000-000000000001', 'committed', 0);
              INSERT INTO hold_lines VALUES ('01939a5e-0000-7000-8000-000000000001', '1YMWWN1N4O', 1);
              UPDATE stock SET on_hand = on_hand - 1, sold = sold + 1 WHERE sku = '1YMWWN1N4O'",
    },
    Forgery {
        invariant: "I3",
        about: "an order that was paid and is gone",
        database: "orders",
        sql: "DELETE FROM orders",
    },
    Forgery {
        invariant: "I4",
        about: "two orders of one check-out; the index that forbids it is dropped for it",
        database: "orders",
        sql: "DROP INDEX orders_session_key;
              CREATE TEMP TABLE twin AS SELECT * FROM orders;
              UPDATE twin SET id = '01939a5e-0000-7000-8000-000000000001';
              INSERT INTO orders SELECT * FROM twin",
    },
    Forgery {
        invariant: "I6",
        about: "a check-out that was never finished",
        database: "orders",
        sql: "UPDATE orders SET status = 'pending'",
    },
    Forgery {
        invariant: "I7",
        about: "a consumer that has forgotten what it did",
        database: "notifications",
        sql: "DELETE FROM inbox",
    },
    Forgery {
        invariant: "I8",
        about: "a gap in what happened to an order",
        database: "orders",
        sql: "UPDATE outbox SET sequence = sequence + 1",
    },
];

#[tokio::test]
async fn forged_books_are_noticed() {
    for forgery in FORGERIES {
        let data = a_day_in_the_shop().await;
        falsify(&data.path().join(format!("{}.db", forgery.database)), forgery.sql).await;

        let output = data.try_verify();

        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(1), "{} went unnoticed:\n{said}", forgery.about);
        let line = said.lines().find(|line| line.starts_with(forgery.invariant)).unwrap_or_default();
        assert!(
            !line.is_empty() && !line.contains(" holds"),
            "{} is a matter of {}:\n{said}",
            forgery.about,
            forgery.invariant
        );
    }
}

#[tokio::test]
async fn a_ledger_that_disagrees_is_noticed() {
    let data = a_day_in_the_shop().await;
    let ledger = data.path().join("provider-ledger.jsonl");
    let files: Vec<_> = std::fs::read_dir(data.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(ledger.exists(), "the provider's ledger is not among {files:?}");
    std::fs::write(&ledger, "").unwrap();

    let output = data.try_verify();

    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "a provider that knows of no payment went unnoticed:\n{said}");
    assert!(said.contains("I5 BROKEN"), "what the provider knows is a matter of I5:\n{said}");
}

/// A shop in which something was sold, closed, with books that agree.
async fn a_day_in_the_shop() -> Data {
    let shop = Shop::open("monolith").await;
    let visitor = shop.visitor();
    let order = visitor.buys(MUG, 2).await;
    visitor.opens(&order).await.shows_page("order");
    shop.close_and_verify().await
}

async fn falsify(file: &Path, sql: &str) {
    let database = Database::connect(format!("sqlite://{}", file.display())).await.unwrap();
    database.execute_unprepared(sql).await.unwrap();
    database.close().await.unwrap();
}
