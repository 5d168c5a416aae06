//! How the cart module answers.
