//! How the currency module answers.
