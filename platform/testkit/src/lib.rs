//! What tests stand on: folders, ports, processes, waiting and a small HTTP client; nothing of the shop.
//!
//! Whatever cannot go on panics with a message that says what was expected and what the process under test wrote: a test has
//! nobody to return an error to.

mod browser;
mod folder;
mod memory;
mod port;
mod process;
mod waiting;

pub use browser::{Browser, Page};
pub use folder::Folder;
pub use memory::{descendants, pss_kib};
pub use port::free_port;
pub use process::Process;
pub use waiting::{PATIENCE, eventually, eventually_within};
