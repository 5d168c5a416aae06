//! How the reviews module answers.
