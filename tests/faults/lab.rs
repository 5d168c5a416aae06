//! Faults that the lab asks for: one module hangs, is slow, spins or leaks, and what does not need it goes on.

use std::{fs, path::Path, time::Duration};

use testkit::{Folder, PATIENCE, eventually, eventually_within};

use crate::support::{
    page::Shows as _,
    shop::{Data, Shop},
    visitor::{CheckOut, MUG, SUNGLASSES},
};

/// How long a hang is waited for in these tests; long enough for a build that is not optimised.
const WAITED_FOR_MS: &str = "2000";
/// What a page may take in all: so much more that a page which waits for a hanging part to the end is told from one that does not.
const PAGE_MS: &str = "30000";
const FAR_LESS: Duration = Duration::from_secs(15);

/// A shop whose modules can be broken by files in a folder.
struct Breakable {
    shop: Shop,
    folder: Folder,
}

impl Breakable {
    async fn open(topology: &str) -> Self {
        let folder = Folder::new();
        let settings = [
            ("CLEAVE__LAB__FAULTS", folder.path().to_str().unwrap()),
            ("CLEAVE__STOREFRONT__REQUEST_DEADLINE_MS", PAGE_MS),
            ("CLEAVE__STOREFRONT__PART_DEADLINE_MS", WAITED_FOR_MS),
            ("CLEAVE__STOREFRONT__CHECK_OUT_DEADLINE_MS", WAITED_FOR_MS),
        ];
        let shop = Data::fresh(topology).open_with(&settings).await;
        Self { shop, folder }
    }

    /// Breaks a module, and waits until its process says that it obeys.
    async fn breaks(&self, module: &str, words: &str) {
        fs::write(self.file(module), words).unwrap();
        let obeyed = self.folder.path().join(format!("{module}.obeyed"));
        eventually(&format!("{module} obeys"), || async { reads(&obeyed) == words }).await;
    }

    async fn mends(&self, module: &str) {
        fs::remove_file(self.file(module)).unwrap();
        let obeyed = self.folder.path().join(format!("{module}.obeyed"));
        eventually(&format!("{module} is well again"), || async { !obeyed.exists() }).await;
    }

    fn file(&self, module: &str) -> std::path::PathBuf {
        self.folder.path().join(module)
    }
}

fn reads(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_default()
}

const TOPOLOGIES: [&str; 2] = ["monolith", "services"];

#[tokio::test]
async fn a_hang_in_reviews_leaves_the_product_page_answering_without_them() {
    for topology in TOPOLOGIES {
        let breakable = Breakable::open(topology).await;
        let visitor = breakable.shop.visitor();
        visitor.looks_at(SUNGLASSES).await.shows_no("Not shown right now");

        breakable.breaks("reviews", "hang").await;
        let page = tokio::time::timeout(FAR_LESS, visitor.looks_at(SUNGLASSES)).await;
        page.expect("the page does not wait to the end for what it can do without").shows("Not shown right now");

        breakable.mends("reviews").await;
        visitor.looks_at(SUNGLASSES).await.shows_no("Not shown right now");
        breakable.shop.close_and_verify().await;
    }
}

#[tokio::test]
async fn a_hang_in_orders_fails_the_check_out_and_nothing_else() {
    for topology in TOPOLOGIES {
        let breakable = Breakable::open(topology).await;
        let visitor = breakable.shop.visitor();
        visitor.adds(MUG, 1).await;

        breakable.breaks("orders", "hang").await;
        let refused = visitor.tries_to_check_out(CheckOut::default()).await;
        assert!([503, 504].contains(&refused.status.as_u16()), "{}", refused.text());
        refused.shows("it is the same order");
        visitor.opens("/").await.shows_page("home");
        visitor.looks_at(SUNGLASSES).await;
        visitor.looks_at_the_cart().await.shows(MUG);

        breakable.mends("orders").await;
        visitor.checks_out().await;
        breakable.shop.close_and_verify().await;
    }
}

#[tokio::test]
async fn a_slow_or_spinning_module_still_answers_and_a_hanging_storefront_does_not() {
    let breakable = Breakable::open("monolith").await;
    let visitor = breakable.shop.visitor();
    breakable.breaks("catalog", "slow 100ms").await;
    visitor.opens("/").await.shows_page("home");
    breakable.mends("catalog").await;
    breakable.breaks("catalog", "spin 1").await;
    visitor.opens("/").await.shows_page("home");
    breakable.mends("catalog").await;

    breakable.breaks("storefront", "hang").await;
    let unanswered = tokio::time::timeout(Duration::from_millis(300), visitor.opens("/")).await;
    assert!(unanswered.is_err(), "a storefront that hangs answers nobody");
    breakable.mends("storefront").await;
    visitor.opens("/").await.shows_page("home");
    breakable.shop.close_and_verify().await;
}

#[tokio::test]
async fn a_leak_ends_the_process_at_its_limit_and_the_shop_is_back() {
    let breakable = Breakable::open("extract:reviews").await;
    let visitor = breakable.shop.visitor();
    let leaking = breakable.shop.processes_with("reviews");
    let [leaking] = leaking[..] else { panic!("one process has reviews: {leaking:?}") };
    limit_memory(leaking);

    breakable.breaks("reviews", "leak 256MiB/s").await;
    eventually_within(PATIENCE * 2, "the process has met its limit", || async {
        !breakable.shop.processes_with("reviews").contains(&leaking)
    })
    .await;
    visitor.looks_at(SUNGLASSES).await;

    // The next process leaks as well, up to where the program itself ends a leak, until the file goes.
    breakable.mends("reviews").await;
    eventually_within(PATIENCE * 2, "reviews are shown again", || async {
        !visitor.looks_at(SUNGLASSES).await.text().contains("Not shown right now")
    })
    .await;
    breakable.shop.close_and_verify().await;
}

/// Lets a process have little more memory than it has: `prlimit` of util-linux, so that the test needs no unsafe code.
fn limit_memory(pid: u32) {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmData:")).unwrap();
    let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse().unwrap();
    let limit = format!("--data={}:", (kibibytes + 64 * 1024) * 1024);
    let limited = std::process::Command::new("prlimit").args(["--pid", &pid.to_string(), &limit]).status().unwrap();
    assert!(limited.success());
}
