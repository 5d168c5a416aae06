//! How the payments module answers.
