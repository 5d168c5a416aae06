//! Every fault of a signature, in one build.

struct Call;
struct Sku;

#[seam_macros::contract(version = 2)]
trait Wrong<T>: Clone {
    const LIMIT: u32;

    #[read]
    fn not_async(&self, call: &Call) -> Result<(), Sku>;

    #[read]
    async fn generic<U>(&self, call: &Call, value: U) -> Result<(), Sku>;

    #[read]
    async fn with_a_body(&self, call: &Call) -> Result<(), Sku> {
        Ok(())
    }

    async fn no_retry_rule(&self, call: &Call) -> Result<(), Sku>;

    #[read]
    #[once]
    async fn two_retry_rules(&self, call: &Call) -> Result<(), Sku>;

    #[read]
    async fn no_self(call: &Call) -> Result<(), Sku>;

    #[read]
    async fn exclusive(&mut self, call: &Call) -> Result<(), Sku>;

    #[read]
    async fn no_call(&self) -> Result<(), Sku>;

    #[read]
    async fn call_by_value(&self, call: Call) -> Result<(), Sku>;

    #[read]
    async fn borrowed(&self, call: &Call, sku: &str) -> Result<(), Sku>;

    #[read]
    async fn unnamed_type(&self, call: &Call, sku: impl Into<String>) -> Result<(), Sku>;

    #[read]
    async fn pattern(&self, call: &Call, (a, b): (u8, u8)) -> Result<(), Sku>;

    #[read]
    async fn no_result(&self, call: &Call) -> Sku;

    #[read]
    async fn nothing_at_all(&self, call: &Call);

    #[read]
    async fn alias(&self, call: &Call) -> std::io::Result<()>;

    #[read]
    async fn borrowed_answer(&self, call: &Call) -> Result<&str, Sku>;
}

fn main() {}
