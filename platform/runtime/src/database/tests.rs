//! The promises of [`Database`](super::Database), on real files.
