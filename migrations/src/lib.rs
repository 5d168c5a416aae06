//! The schema of every module, apart from its service so that tools can bring a database up to date without it.
//!
//! One folder per module with a [`Migrator`](catalog::Migrator) of its own, which records what it applied in a table of
//! its own. A module's tables are written here and read in its service, and nowhere else.
//!
//! A migration that has been released is never edited: a change is the next file.

#![expect(
    elided_lifetimes_in_paths,
    reason = "`async_trait` makes the lifetime of a written `SchemaManager<'_>` early-bound, which sea-orm's trait is not"
)]

pub mod standard;

pub mod accounts;
pub mod cart;
pub mod catalog;
pub mod currency;
pub mod inventory;
pub mod notifications;
pub mod orders;
pub mod payments;
pub mod promotions;
pub mod recommendations;
pub mod reviews;
pub mod shipping;

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    #[test]
    fn every_folder_is_a_module_of_the_crate() {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let declared = fs::read_to_string(source.join("lib.rs")).unwrap();
        let forgotten: Vec<String> = fs::read_dir(&source)
            .unwrap()
            .map(|entry| entry.unwrap())
            .filter(|entry| entry.path().is_dir())
            .map(|entry| entry.file_name().into_string().unwrap())
            .filter(|folder| !declared.contains(&format!("pub mod {folder};")))
            .collect();

        assert!(forgotten.is_empty(), "these folders have no `pub mod` in lib.rs: {forgotten:?}");
    }
}
