//! How the inventory module answers.
