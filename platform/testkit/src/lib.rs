//! What tests stand on: folders, ports, processes, waiting and a small HTTP client; nothing of the shop.

mod folder;

pub use folder::Folder;
