//! How the orders module answers.
