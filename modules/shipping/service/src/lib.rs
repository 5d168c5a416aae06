//! How the shipping module answers.
