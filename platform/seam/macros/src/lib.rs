//! The attribute that turns a trait into a contract; see the crate `seam` for what a contract is.

mod expand;
mod read;

use proc_macro::TokenStream;

/// Turns a trait into a contract.
///
/// Every method is written `async fn name(&self, call: &Call, ...owned arguments) -> Result<Answer, Error>` and carries one of
/// `#[read]`, `#[idempotent]` and `#[once]`, which says what may be done with a call that got no answer. All that is wrong with
/// a trait is reported at once, each at its own place.
///
/// For `trait Inventory` it makes:
///
/// - `trait Inventory`: object-safe; callers hold `Arc<dyn Inventory>` and get `Fault<InventoryError>`;
/// - `trait InventoryService`: what a service implements with plain `async fn`, returning `Outcome<Answer, InventoryError>`;
/// - `struct InventoryHere`: a service in this process, as one caller sees it;
/// - under seam's feature `split`: `struct InventoryClient` and `struct InventoryRoutes`.
#[proc_macro_attribute]
pub fn contract(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let contract = match read::contract(arguments.into(), item.into()) {
        Ok(contract) => contract,
        Err(errors) => return errors.into_compile_error().into(),
    };
    expand::contract(&contract).into()
}
