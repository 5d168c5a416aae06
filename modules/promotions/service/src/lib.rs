//! How the promotions module answers.
