//! How the catalog module answers.
