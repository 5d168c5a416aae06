//! How the recommendations module answers.
