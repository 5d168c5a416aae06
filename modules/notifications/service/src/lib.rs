//! How the notifications module answers.
