//! What tests stand on: folders, ports, processes, waiting and a small HTTP client; nothing of the shop.

mod folder;
mod waiting;

pub use folder::Folder;
pub use waiting::{PATIENCE, eventually, eventually_within};
