//! How the accounts module answers.
