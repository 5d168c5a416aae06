//! The pages and the public API.
