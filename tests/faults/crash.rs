//! Processes killed at random under load, as one process and as many: what was promised is kept, and the books agree.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use testkit::{PATIENCE, eventually_within};

use super::load::{History, Load};
use crate::{
    environment,
    support::{
        random::Random,
        shop::{Data, REPLICATED, Shop},
    },
};

/// A few in every run of the tests; `cargo xtask crash` sets more.
const ROUNDS: u64 = 2;
const VISITORS: u64 = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_monolith_that_is_killed_loses_nothing() {
    rounds("monolith", &["serve"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_that_are_killed_lose_nothing() {
    rounds("services", &["orders", "inventory", "payments"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_that_are_killed_lose_nothing() {
    rounds(REPLICATED, &["shop", "storefront", "catalog"]).await;
}

/// Each round: load, a kill at a random moment, a little more load, quiet, and the audit. `victims` are words of the command
/// lines of the processes that may be killed.
async fn rounds(topology: &str, victims: &[&str]) {
    let seed = number("CLEAVE_CRASH_SEED").unwrap_or(1);
    let rounds = number("CLEAVE_CRASH_ROUNDS").unwrap_or(ROUNDS);
    eprintln!("{topology}: {rounds} rounds, seed {seed}");
    let mut random = Random::seeded(seed);
    let history = Arc::new(History::default());
    let mut data = Data::fresh(topology);
    // Always at the same address, so that yesterday's visitors find what they were promised.
    let mut address = SocketAddr::from(([127, 0, 0, 1], 0));
    for round in 1..=rounds {
        let shop = data.open_at(address).await;
        address = shop.address();
        let scarce = vec![shop.visitor().finds_something_rare().await];
        let before = history.promises();
        let load = Load::start(shop.site(), VISITORS, random.number(), &scarce, &history);
        moment(&history, before, 1 + random.below(20)).await;

        let victim = *random.one_of(victims);
        let down = kill_one(&shop, victim).await;
        moment(&history, history.promises(), 3).await;
        load.stop().await;
        history.assert_kept().await;

        eprintln!(
            "{topology}, round {round}: {victim} was killed and back after {} ms; {}",
            down.as_millis(),
            history.figures()
        );
        data = shop.close_and_verify().await;
    }
}

/// The number that an environment variable holds, if it is set.
fn number(name: &str) -> Option<u64> {
    let text = environment::text(name)?;
    Some(text.trim().parse().unwrap_or_else(|_| panic!("{name} must be a whole number, and is {text:?}")))
}

/// Waits until so many more orders have been acknowledged: a moment of the load, not of the clock.
async fn moment(history: &History, before: usize, more: u64) {
    let more = usize::try_from(more).expect("a few");
    eventually_within(PATIENCE * 6, "visitors buy", || async { history.promises() >= before + more }).await;
}

/// Kills a process, waits until another has taken its place and a page is shown again, and says how long that took.
async fn kill_one(shop: &Shop, word: &str) -> Duration {
    let before = shop.processes_with(word);
    let victim = before.first().copied().unwrap_or_else(|| panic!("no process of {} is {word}", shop.topology()));
    let began = Instant::now();
    kill(Pid::from_raw(i32::try_from(victim).unwrap()), Signal::SIGKILL).unwrap();
    eventually_within(PATIENCE * 3, "another process takes its place", || async {
        shop.processes_with(word).iter().any(|pid| !before.contains(pid))
    })
    .await;
    let passer_by = testkit::Browser::at(shop.site());
    eventually_within(PATIENCE * 3, "the shop shows its pages again", || async {
        let home = passer_by.try_get("/").await;
        home.is_ok_and(|page| page.status == 200 && !page.text().contains("Not shown right now"))
    })
    .await;
    began.elapsed()
}
