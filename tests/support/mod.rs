//! What the tests of this binary stand on.

pub(crate) mod environment;
